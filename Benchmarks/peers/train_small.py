"""Training throughput of PyTorch on the networks that Fovea is compared on, in every mode worth trying.

A step is forward, loss, backward and optimizer on one synthetic batch in memory; loading is not measured. All modes of
one network are built first and then take turns, round after round, because a shared machine has slow spells: the
figure is the median over all steps of all rounds. Prints one JSON object a line: each mode, then the best.

    python train_small.py                                   # the small networks, f32
    python train_small.py --networks resnet18 --precision bf16 --rounds 3
    python train_small.py --modes eager compile --seconds 1
"""

import argparse
import json
import statistics
import sys
import time

import torch
from torch import nn


def conv3() -> nn.Module:
    """Three convolutions, 32-64-128, with norms: 92.8 % on Fashion-MNIST in ten epochs."""

    def block(inputs: int, outputs: int) -> list[nn.Module]:
        return [
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]

    layers = block(1, 32) + block(32, 64) + block(64, 128)
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(128 * 3 * 3, 10))


def conv2() -> nn.Module:
    """Two convolutions with biases and norms, and a hidden layer of 128."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 7 * 7, 128), nn.ReLU(), nn.Dropout(0.25), nn.Linear(128, 10),
    )  # fmt: skip


class SmallCNN(nn.Module):
    """Fovea's default for small pictures: a stem, then two stages of a convolution and a residual one."""

    def __init__(self) -> None:
        super().__init__()

        def block(inputs: int, outputs: int) -> nn.Sequential:
            return nn.Sequential(
                nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
            )

        self.stem = nn.Sequential(block(1, 32), nn.MaxPool2d(2))
        self.widen = nn.ModuleList([block(32, 64), block(64, 128)])
        self.refine = nn.ModuleList([block(64, 64), block(128, 128)])
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Linear(128, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.widen[0](self.stem(x))
        y = self.widen[1](self.pool(y + self.refine[0](y)))
        y = y + self.refine[1](y)
        return self.head(y.mean((2, 3)))


def resnet18() -> nn.Module:
    from vision import torchvision

    return torchvision.models.resnet18(num_classes=10)


def resnet18_small() -> nn.Module:
    """The form for pictures of 32 pixels: a 3 x 3 stem of stride 1, no pooling behind it."""
    network = resnet18()
    network.conv1 = nn.Conv2d(3, 64, 3, stride=1, padding=1, bias=False)
    network.maxpool = nn.Identity()
    return network


# name: (constructor, batch, channels, size)
NETWORKS = {
    "conv3": (conv3, 128, 1, 28),
    "smallcnn": (SmallCNN, 128, 1, 28),
    "conv2": (conv2, 128, 1, 28),
    "resnet18": (resnet18, 32, 3, 224),
    "resnet18-32px": (resnet18_small, 128, 3, 32),
}

# name: the `mode` of torch.compile, or None for eager. Each is tried with and without channels_last.
COMPILERS = {"eager": None, "compile": "default", "max-autotune": "max-autotune"}


def build_step(name: str, compiler: str, channels_last: bool, precision: str):
    """A function that makes one training step of a fresh network."""
    torch.manual_seed(0)
    constructor, batch, channels, size = NETWORKS[name]
    layout = torch.channels_last if channels_last else torch.contiguous_format
    network = constructor().to(memory_format=layout).train()
    pictures = torch.randn(batch, channels, size, size).contiguous(memory_format=layout)
    labels = torch.randint(0, 10, (batch,))
    loss = nn.CrossEntropyLoss(label_smoothing=0.05)
    optimizer = torch.optim.SGD(
        network.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4, nesterov=True, fused=True
    )

    def forward(pictures: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return loss(network(pictures), labels)

    if COMPILERS[compiler]:
        forward = torch.compile(forward, mode=COMPILERS[compiler])

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
            value = forward(pictures, labels)
        value.backward()
        optimizer.step()

    return step


def measure(name: str, arguments: argparse.Namespace) -> None:
    batch = NETWORKS[name][1]
    torch._dynamo.reset()
    torch._dynamo.config.cache_size_limit = 64
    modes = {}
    for compiler in arguments.modes:
        for channels_last in (False, True):
            label = compiler + (" channels_last" if channels_last else "")
            start = time.perf_counter()
            try:
                step = build_step(name, compiler, channels_last, arguments.precision)
                for _ in range(3):
                    step()
            except Exception as error:  # A mode that cannot be compiled is a finding, not the end of the others.
                print(json.dumps({"network": name, "mode": label, "error": str(error).split("\n")[0]}), flush=True)
                continue
            modes[label] = (step, [], time.perf_counter() - start)

    for _ in range(arguments.rounds):
        for step, times, _ in modes.values():
            step()  # Brings the caches back to this mode.
            end = time.perf_counter() + arguments.seconds
            while time.perf_counter() < end or not times:
                start = time.perf_counter()
                step()
                times.append(time.perf_counter() - start)

    results = [
        {
            "network": name,
            "mode": label,
            "precision": arguments.precision,
            "batch": batch,
            "threads": torch.get_num_threads(),
            "images_per_second": round(batch / statistics.median(times), 1),
            "milliseconds": round(1000 * statistics.median(times), 3),
            "fastest_milliseconds": round(1000 * min(times), 3),
            "steps": len(times),
            "seconds_to_build": round(built, 1),
        }
        for label, (_, times, built) in modes.items()
    ]
    for result in results:
        print(json.dumps(result), flush=True)
    if results:
        best = max(results, key=lambda result: result["images_per_second"])
        keys = ("mode", "images_per_second", "milliseconds")
        print(json.dumps({"network": name, "best": {key: best[key] for key in keys}}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=["conv3", "conv2"])
    parser.add_argument("--modes", nargs="+", choices=COMPILERS, default=list(COMPILERS))
    parser.add_argument("--precision", choices=("f32", "bf16"), default="f32")
    parser.add_argument("--threads", type=int, default=None, help="kernel threads; PyTorch's choice where not given")
    parser.add_argument("--rounds", type=int, default=5, help="turns that every mode gets")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of one turn")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    print(json.dumps({"torch": torch.__version__, "python": sys.version.split()[0]}), flush=True)
    for name in arguments.networks:
        measure(name, arguments)


if __name__ == "__main__":
    main()
