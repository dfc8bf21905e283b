"""A PyTorch twin of `fovea train`: a torchvision network from scratch on a folder of pictures, the recipe as flags.

DATA holds train, validation (or val, valid) and, where there is one, test; each holds one folder a class. Prints one
JSON object a line: one for each epoch, then the accuracies and seconds of the whole run. As Fovea does, it keeps the
weights of the epoch that was best on validation.

    python train_folder.py DATA --network resnet18 --epochs 20 --size 160 --batch 32 --lr 0.1 --precision bf16
"""

import argparse
import copy
import json
import math
import random
import time
from pathlib import Path

import torch
from torch import nn
from vision import torchvision

transforms = torchvision.transforms

# Means and deviations of ImageNet's channels, RGB in 0...1 (torchvision's reference training).
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def folder_of(data: Path, *names: str) -> Path | None:
    return next((data / name for name in names if (data / name).is_dir()), None)


def data_sets(arguments: argparse.Namespace) -> dict[str, torchvision.datasets.ImageFolder]:
    size = arguments.size
    augment = [transforms.RandomResizedCrop(size, scale=(arguments.crop_scale, 1.0), antialias=True)]
    if arguments.flip:
        augment.append(transforms.RandomHorizontalFlip())
    finish = [transforms.ToTensor(), transforms.Normalize(MEAN, DEVIATION)]
    # The shorter side a seventh larger than the crop: 256 for 224.
    plain = [transforms.Resize(round(size / arguments.crop_fraction), antialias=True), transforms.CenterCrop(size)]
    data = Path(arguments.data)
    folders = {
        "train": folder_of(data, "train"),
        "validation": folder_of(data, "validation", "valid", "val"),
        "test": folder_of(data, "test"),
    }
    if folders["train"] is None:
        raise SystemExit(f"{data} has no folder train")
    sets = {
        split: torchvision.datasets.ImageFolder(
            str(folder), transforms.Compose((augment if split == "train" else plain) + finish)
        )
        for split, folder in folders.items()
        if folder is not None
    }
    for split, pictures in sets.items():
        if pictures.classes != sets["train"].classes:
            raise SystemExit(f"{split} has the classes {pictures.classes}, train has {sets['train'].classes}")
    return sets


def learning_rate(step: int, steps: int, arguments: argparse.Namespace) -> float:
    """The rate of one step: a warm-up, then half a cosine. One-cycle starts at lr / 25 and ends at lr / 250,000 and
    warms up along a cosine; `cosine` warms up along a line from zero and ends at zero."""
    warm = max(1, round(arguments.warm_up * steps))
    one_cycle = arguments.schedule == "one-cycle"
    low, end = (arguments.lr / 25, arguments.lr / 25 / 1e4) if one_cycle else (0.0, 0.0)
    if step < warm:
        part = step / warm if one_cycle else (step + 1) / warm
        rise = (1 - math.cos(math.pi * part)) / 2 if one_cycle else part
        return low + (arguments.lr - low) * rise
    part = (step - warm) / max(1, steps - warm)
    return end + (arguments.lr - end) * (1 + math.cos(math.pi * part)) / 2


def parameter_groups(network: nn.Module, decay: float) -> list[dict]:
    """Weight decay for matrices and filters alone: norms and biases are vectors."""
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return [
        {"params": [parameter for parameter in parameters if parameter.ndim > 1], "weight_decay": decay},
        {"params": [parameter for parameter in parameters if parameter.ndim <= 1], "weight_decay": 0.0},
    ]


def accuracy(network: nn.Module, loader, precision: str) -> float:
    network.eval()
    right = count = 0
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
        for pictures, labels in loader:
            answers = network(pictures.contiguous(memory_format=torch.channels_last)).argmax(1)
            right += int((answers == labels).sum())
            count += len(labels)
    return right / count


def train(arguments: argparse.Namespace) -> None:
    random.seed(arguments.seed)
    torch.manual_seed(arguments.seed)
    sets = data_sets(arguments)
    loaders = {
        split: torch.utils.data.DataLoader(
            pictures,
            batch_size=arguments.batch,
            shuffle=split == "train",
            drop_last=split == "train" and len(pictures) > 10 * arguments.batch,
            num_workers=arguments.workers,
            persistent_workers=split == "train" and arguments.workers > 0,
        )
        for split, pictures in sets.items()
    }
    network = torchvision.models.get_model(arguments.network, num_classes=len(sets["train"].classes))
    network = network.to(memory_format=torch.channels_last)
    forward = torch.compile(network) if arguments.compile else network
    loss = nn.CrossEntropyLoss(label_smoothing=arguments.label_smoothing)
    optimizer = torch.optim.SGD(
        parameter_groups(network, arguments.weight_decay),
        lr=arguments.lr,
        momentum=arguments.momentum,
        nesterov=arguments.nesterov,
        fused=True,
    )
    steps = arguments.epochs * len(loaders["train"])
    step = 0
    best, kept = 0.0, None
    start = time.perf_counter()
    for epoch in range(1, arguments.epochs + 1):
        network.train()
        total = torch.zeros(())
        count = 0
        for pictures, labels in loaders["train"]:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, steps, arguments)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=arguments.precision == "bf16"):
                value = loss(forward(pictures.contiguous(memory_format=torch.channels_last)), labels)
            optimizer.zero_grad(set_to_none=True)
            value.backward()
            optimizer.step()
            total += value.detach().float() * len(labels)
            count += len(labels)
            step += 1
        line = {"epoch": epoch, "loss": round(float(total) / count, 4)}
        if "validation" in loaders:
            line["validation"] = round(accuracy(network, loaders["validation"], arguments.precision), 4)
            if line["validation"] > best:
                best = line["validation"]
                kept = copy.deepcopy(network.state_dict())
        line["seconds"] = round(time.perf_counter() - start, 1)
        print(json.dumps(line), flush=True)

    seconds = round(time.perf_counter() - start, 1)
    if kept is not None:
        network.load_state_dict(kept)
    result = {"network": arguments.network, "epochs": arguments.epochs, "seconds": seconds}
    for split in ("validation", "test"):
        if split in loaders:
            result[split] = round(accuracy(network, loaders[split], arguments.precision), 4)
    print(json.dumps(result | {"recipe": vars(arguments)}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--network", default="resnet18", help="a name of torchvision.models")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=0.1, help="the highest rate")
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--nesterov", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--weight-decay", type=float, default=5e-4)
    parser.add_argument("--schedule", choices=("one-cycle", "cosine"), default="one-cycle")
    parser.add_argument("--warm-up", type=float, default=0.2, help="part of all steps")
    parser.add_argument("--label-smoothing", type=float, default=0.1)
    parser.add_argument("--crop-scale", type=float, default=0.35, help="smallest area of a random crop")
    parser.add_argument("--crop-fraction", type=float, default=0.875, help="crop of the resized picture when measuring")
    parser.add_argument("--flip", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--precision", choices=("f32", "bf16"), default="bf16")
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, default=False)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    train(arguments)


if __name__ == "__main__":
    main()
