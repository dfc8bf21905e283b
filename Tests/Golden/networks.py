"""Writes networks/FAMILY.golden: what every original network answers, and of one of each family its gradients.

    python3 Tests/Golden/networks.py [FAMILY ...]

Weights and pictures are drawn by a formula that the tests have too (`draw`), so that a golden holds results alone, in
double precision: `NAME/logits` (BATCH, CLASSES) in inference and, for the networks in GRADIENTS, in training with dropout
left out: `NAME/loss`, `NAME/trained` (logits), and of every parameter's gradient g and every new running statistic two
numbers, `NAME/digest/PARAMETER`: its length, and its product with a tensor drawn under the name `probe/PARAMETER`.
"""

import json
import struct
import sys
import warnings
from pathlib import Path

import numpy
from originals import FAMILIES, build, parameters, torch

BATCH, CLASSES = 2, 10
GRADIENTS = ["alexnet", "vgg11", "squeezenet1_1", "googlenet", "resnext50_32x4d", "densenet121",
             "mobilenet_v2_050", "resnet20", "mobilenet_v3_small", "shufflenet_v2_x0_5", "efficientnet_b0",
             "efficientnet_v2_s", "regnet_y_400mf", "convnext_tiny", "test_efficientnet", "tf_efficientnet_b0"]
warnings.simplefilter("ignore")


def size_of(name):
    # Odd, so that "same" padding differs from side to side, and above 64: below, Fovea gives some networks other stems.
    return 32 if name in FAMILIES["CIFARResNet"] else 65


def uniform(name, count):
    """-1 ..< 1, exact in f32: a hash of the name, of FNV-1a, mixed with the index as MurmurHash3 ends."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = (seed ^ byte) * 0x01000193 & 0xFFFFFFFF
    x = numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(0x9E3779B9) + numpy.uint32(seed)
    x ^= x >> 16
    x *= numpy.uint32(0x85EBCA6B)
    x ^= x >> 13
    x *= numpy.uint32(0xC2B2AE35)
    x ^= x >> 16
    return (x >> 8).astype(numpy.float64) * 2.0 ** -23 - 1


def draw(name, shape):
    """A parameter, exact in f32: filters that keep the variance, scales and variances around 1, biases and means around 0."""
    u = uniform(name, int(numpy.prod(shape)))
    if name.endswith(("bias", "running_mean")):
        values = u * 0.2
    elif len(shape) == 1 or name.endswith(("gamma", "layer_scale")):
        values = 1 + u * 0.5
    else:
        values = u * (3 / (numpy.prod(shape[1:]))) ** 0.5
    return torch.from_numpy(values.astype(numpy.float32).reshape(shape))


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


def write(path, tensors, metadata):
    index, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        raw = tensor.detach().contiguous().numpy().astype("<f8").tobytes()
        index[name] = {"dtype": "F64", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    head = json.dumps(index).encode()
    path.write_bytes(struct.pack("<Q", len(head)) + head + data)
    assert path.stat().st_size <= 200_000, f"{path} is too large"


folder = Path(__file__).parent / "networks"
folder.mkdir(exist_ok=True)
torch.set_num_threads(2)
for family in sys.argv[1:] or FAMILIES:
    tensors = {f"{name}/{key}": tensor for name in FAMILIES[family] for key, tensor in run(name)}
    sizes = json.dumps({name: size_of(name) for name in FAMILIES[family]})
    write(folder / f"{family}.golden", tensors, {"sizes": sizes})
    print(family, flush=True)
