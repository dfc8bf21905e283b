"""What the twins of `fovea train` share: folders of pictures as data sets, the learning rate of a step, and the epochs."""

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


def answers(network: nn.Module, loader, precision: str) -> list[bool]:
    """Picture by picture, in the loader's order: whether the answer was right."""
    right = []
    network.eval()
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
        for pictures, labels in loader:
            found = network(pictures.contiguous(memory_format=torch.channels_last)).argmax(1)
            right += (found == labels).tolist()
    return right


def accuracy(network: nn.Module, loader, precision: str) -> float:
    right = answers(network, loader, precision)
    return sum(right) / len(right)


def loaders_of(sets: dict, arguments: argparse.Namespace, learning: bool = True) -> dict[str, torch.utils.data.DataLoader]:
    """Batches of every split; where the pictures of `train` are learnt from, in another order in every epoch."""
    return {
        split: torch.utils.data.DataLoader(
            pictures,
            batch_size=arguments.batch,
            shuffle=split == "train" and learning,
            drop_last=split == "train" and learning and len(pictures) > 10 * arguments.batch,
            num_workers=arguments.workers,
            persistent_workers=split == "train" and arguments.workers > 0,
        )
        for split, pictures in sets.items()
    }


def seed(arguments: argparse.Namespace) -> None:
    random.seed(arguments.seed)
    torch.manual_seed(arguments.seed)


def train(
    network: nn.Module,
    loaders: dict,
    optimizer: torch.optim.Optimizer,
    arguments: argparse.Namespace,
    start: float,
    fixed_norms: bool = False,
) -> None:
    """All epochs, a line for each; leaves the weights of the epoch that was best on validation, as Fovea does."""
    loss = nn.CrossEntropyLoss(label_smoothing=arguments.label_smoothing)
    forward = torch.compile(network) if arguments.compile else network
    steps, step = arguments.epochs * len(loaders["train"]), 0
    best, kept = -1.0, None
    for epoch in range(1, arguments.epochs + 1):
        network.train()
        for part in network.modules() if fixed_norms else ():
            if isinstance(part, nn.BatchNorm2d):
                part.eval()
        total, count = torch.zeros(()), 0
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
            measured = accuracy(network, loaders["validation"], arguments.precision)
            line["validation"] = round(measured, 4)
            if measured > best:
                best, kept = measured, copy.deepcopy(network.state_dict())
        print(json.dumps(line | {"seconds": round(time.perf_counter() - start, 1)}), flush=True)
    if kept is not None:
        network.load_state_dict(kept)
