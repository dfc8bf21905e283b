"""A PyTorch twin of `fovea train`: a torchvision network from scratch on a folder of pictures, the recipe as flags.

DATA holds train, validation (or val, valid) and, where there is one, test; each holds one folder a class. Prints one
JSON object a line: one for each epoch, then the accuracies and seconds of the whole run. As Fovea does, it keeps the
weights of the epoch that was best on validation.

    python train_folder.py DATA --network resnet18 --epochs 20 --size 160 --batch 32 --lr 0.1 --precision bf16
"""

import argparse
import json
import time

import torch
from folder_training import accuracy, data_sets, loaders_of, parameter_groups, seed, train
from vision import torchvision


def train_from_scratch(arguments: argparse.Namespace) -> None:
    seed(arguments)
    sets = data_sets(arguments)
    loaders = loaders_of(sets, arguments)
    network = torchvision.models.get_model(arguments.network, num_classes=len(sets["train"].classes))
    network = network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(
        parameter_groups(network, arguments.weight_decay),
        lr=arguments.lr,
        momentum=arguments.momentum,
        nesterov=arguments.nesterov,
        fused=True,
    )
    start = time.perf_counter()
    train(network, loaders, optimizer, arguments, start)
    seconds = round(time.perf_counter() - start, 1)
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
    train_from_scratch(arguments)


if __name__ == "__main__":
    main()
