"""Writes networks/FAMILY.golden: what every original network answers, and of one of each family its gradients.

    python3 Tests/Golden/networks.py [FAMILY ...]

Weights and pictures are drawn by a formula that the tests have too (`draw`), so that a golden holds results alone, in
double precision: `NAME/logits` (BATCH, CLASSES) in inference and, for the networks in GRADIENTS, in training with dropout
left out: `NAME/loss`, `NAME/trained` (logits), and of every parameter's gradient g and every new running statistic two
numbers, `NAME/digest/PARAMETER`: its length, and its product with a tensor drawn under the name `probe/PARAMETER`.
"""

import json
import sys
import warnings
from pathlib import Path

from drawn import draw, uniform, write
from originals import FAMILIES, build, parameters, torch

BATCH, CLASSES = 2, 10
GRADIENTS = ["alexnet", "vgg11", "squeezenet1_1", "googlenet", "resnext50_32x4d", "densenet121",
             "mobilenet_v2_050", "resnet20", "mobilenet_v3_small", "shufflenet_v2_x0_5", "efficientnet_b0",
             "efficientnet_v2_s", "regnet_y_400mf", "convnext_tiny", "test_efficientnet", "tf_efficientnet_b0", "test_resnet"]
warnings.simplefilter("ignore")


def size_of(name):
    # Odd, so that "same" padding differs from side to side, and above 64: below, Fovea gives some networks other stems.
    return 32 if name in FAMILIES["CIFARResNet"] else 65


def prepare(name):
    network = build(name, CLASSES)
    state = {key: draw(key, tuple(value.shape)) for key, value in parameters(network).items()}
    network.load_state_dict(state, strict=False)
    for module in network.modules():
        for number in ("eps", "momentum"):  # Fovea keeps both in f32.
            if isinstance(getattr(module, number, None), float):
                setattr(module, number, torch.tensor(getattr(module, number)).item())
    return network.double()


def digest(name, tensor):
    tensor = tensor.detach().double().flatten()
    probe = torch.from_numpy(uniform(f"probe/{name}", tensor.numel()))
    return torch.stack([tensor.norm(), tensor @ probe])


def run(name):
    network, size = prepare(name).eval(), size_of(name)
    x = torch.from_numpy(uniform("x", BATCH * 3 * size * size).reshape(BATCH, 3, size, size))
    with torch.no_grad():
        yield "logits", network(x)
    if name not in GRADIENTS:
        return
    for module in network.modules():
        # Dropout and stochastic depth stay off; norms learn.
        module.training = not any(word in type(module).__name__ for word in ("Drop", "Stochastic"))
    logits = network(x)
    loss = torch.nn.functional.cross_entropy(logits, torch.arange(BATCH) * 3 % CLASSES)
    loss.backward()
    yield "loss", loss
    yield "trained", logits
    for key, parameter in network.named_parameters():
        yield f"digest/{key}", digest(key, parameter.grad)
    for key, buffer in network.named_buffers():
        if key.endswith(("running_mean", "running_var")):
            yield f"digest/{key}", digest(key, buffer)


folder = Path(__file__).parent / "networks"
folder.mkdir(exist_ok=True)
torch.set_num_threads(2)
for family in sys.argv[1:] or FAMILIES:
    tensors = {f"{name}/{key}": tensor for name in FAMILIES[family] for key, tensor in run(name)}
    sizes = json.dumps({name: size_of(name) for name in FAMILIES[family]})
    write(folder / f"{family}.golden", tensors, {"sizes": sizes})
    print(family, flush=True)
