"""Writes what torchvision's ResNet-18 computes from one batch in training, in double precision.

    python3 Tests/Golden/resnet18.py FILE

Tests/ConformanceTests/TorchvisionNetworkTests.swift runs it and deletes FILE afterwards: 130 MB are too many to be
committed. FILE is a safetensors file. In f32, exact in both precisions: `x`, `targets`, and `before/NAME` for
parameters and running statistics. In f64: `logits`, `loss`, `gradient/NAME` and, for running statistics,
`after/NAME`.

A ReLU whose input lies within rounding of 0 may pass in one precision and stop in the other; a single one moves
gradients by 1e-2 of their length, thousands of times what rounding does. Networks and pictures are therefore drawn
until every ReLU's input is at least MARGIN of its deviation away from 0. In f32 these inputs stray by 2e-7 of it in
the first layer and, where few values lie near 0, by 4e-6 in the last (PyTorch's root mean square).
"""

import sys
from itertools import count
from pathlib import Path

import torch
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).parents[2] / "Benchmarks" / "peers"))
from vision import torchvision  # noqa: E402

BATCH, SIZE, CLASSES = 3, 72, 10
MARGIN = 5e-6
FIRST_SEED = 59  # Far enough from 0 where PyTorch draws as it does on x86-64; elsewhere the search goes on.


def draw(seed):
    """A network with norms that are no identities and statistics that are not a new network's, and pictures, all exact
    in f32."""
    torch.manual_seed(seed)
    network = torchvision.models.resnet18(num_classes=CLASSES)
    for name, tensor in network.state_dict().items():
        if "bn" in name or "downsample.1" in name:
            if name.endswith("bias") or name.endswith("running_mean"):
                tensor.uniform_(-0.2, 0.2)
            elif tensor.dim() > 0:
                tensor.uniform_(0.5, 1.5)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):  # Fovea keeps both numbers in f32.
            module.eps, module.momentum = torch.tensor([module.eps, module.momentum]).tolist()
    return network.double().train(), torch.randn(BATCH, 3, SIZE, SIZE).double()


def margin(network, x):
    """The smallest distance of a ReLU's input from 0, in deviations; the network's statistics are left as they were."""
    distances = []

    def look(_, inputs):
        distances.append((inputs[0].abs().min() / inputs[0].std()).item())

    before = {name: value.clone() for name, value in network.state_dict().items()}
    hooks = [m.register_forward_pre_hook(look) for m in network.modules() if isinstance(m, torch.nn.ReLU)]
    with torch.no_grad():
        network(x)
    for hook in hooks:
        hook.remove()
    network.load_state_dict(before)
    return min(distances)


network, x = next((n, x) for n, x in map(draw, count(FIRST_SEED)) if margin(n, x) >= MARGIN)
targets = torch.nn.functional.one_hot(torch.arange(BATCH) * 3 % CLASSES, CLASSES).double()
given = {"x": x, "targets": targets}
given |= {f"before/{name}": value for name, value in network.state_dict().items() if value.dim() > 0}
tensors = {name: value.float() for name, value in given.items()}
logits = network(x)
loss = torch.nn.functional.cross_entropy(logits, targets)
loss.backward()
tensors |= {"logits": logits.detach(), "loss": loss.detach()}
tensors |= {f"gradient/{name}": parameter.grad for name, parameter in network.named_parameters()}
tensors |= {f"after/{name}": buffer for name, buffer in network.named_buffers() if buffer.dim() > 0}
save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, sys.argv[1])
