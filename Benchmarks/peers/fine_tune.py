"""A PyTorch twin of `fovea train --model WEIGHTS --fine-tune head|full`: a torchvision network from trained weights.

`head` runs the backbone once over the pictures, without augmentation, and fits a logistic regression on what comes out
(L-BFGS) for a row of decays, of which the validation pictures choose one.
`full` trains everything with AdamW and one cycle. DATA and the lines that are printed are those of train_folder.py.

    python fine_tune.py DATA --weights mobilenet_v2.safetensors --network mobilenet_v2 --way head
    python fine_tune.py DATA --weights mobilenet_v2.safetensors --network mobilenet_v2 --way full --epochs 8 --lr 1e-3
"""

import argparse
import copy
import json
import struct
import time
from pathlib import Path

import torch
from folder_training import answers, data_sets, loaders_of, parameter_groups, seed, train
from torch import nn
from vision import torchvision

DECAYS = [1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5]
TYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64}


def read_weights(path: str) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors file, or of a checkpoint of PyTorch."""
    if not path.endswith(".safetensors"):
        return torch.load(path, map_location="cpu", weights_only=True)
    content = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    tensors = {}
    for name, entry in json.loads(content[8 : 8 + length]).items():
        if name != "__metadata__":
            first, last = (8 + length + offset for offset in entry["data_offsets"])
            values = torch.frombuffer(bytearray(content[first:last]), dtype=TYPES[entry["dtype"]])
            tensors[name] = values.reshape(entry["shape"])
    return tensors


def network_of(arguments: argparse.Namespace, classes: int) -> nn.Module:
    """The network with these weights and a new last layer."""
    network = torchvision.models.get_model(arguments.network)
    network.load_state_dict(read_weights(arguments.weights), strict=False)
    name, last = [(name, part) for name, part in network.named_modules() if isinstance(part, nn.Linear)][-1]
    owner, _, key = name.rpartition(".")
    setattr(network.get_submodule(owner), key, nn.Linear(last.in_features, classes))
    return network.to(memory_format=torch.channels_last)


def head_of(network: nn.Module) -> nn.Linear:
    return [part for part in network.modules() if isinstance(part, nn.Linear)][-1]


def features(network: nn.Module, loader, precision: str) -> tuple[torch.Tensor, torch.Tensor]:
    """What enters the last layer, and the labels."""
    found = []
    hook = head_of(network).register_forward_pre_hook(lambda _, inputs: found.append(inputs[0].float()))
    labels = []
    network.eval()
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
        for pictures, own in loader:
            network(pictures.contiguous(memory_format=torch.channels_last))
            labels.append(own)
    hook.remove()
    return torch.cat(found).clone(), torch.cat(labels).clone()


def fit_head(network: nn.Module, loaders: dict, arguments: argparse.Namespace) -> dict:
    x, y = features(network, loaders["train"], arguments.precision)
    u, v = features(network, loaders["validation"], arguments.precision)
    head = nn.Linear(x.shape[1], int(y.max()) + 1)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    best = (float("inf"), None, None)
    for decay in DECAYS:
        rule = torch.optim.LBFGS(head.parameters(), max_iter=200, line_search_fn="strong_wolfe")

        def objective() -> torch.Tensor:
            rule.zero_grad()
            value = nn.functional.cross_entropy(head(x), y) + decay / 2 * head.weight.square().sum()
            value.backward()
            return value

        rule.step(objective)
        with torch.no_grad():
            judged = float(nn.functional.cross_entropy(head(u), v))
        if judged < best[0]:
            best = (judged, decay, copy.deepcopy(head.state_dict()))
    head_of(network).load_state_dict(best[2])
    return {"decay": best[1], "validation_loss": round(best[0], 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--weights", required=True, help="a safetensors file or a checkpoint with torchvision's names")
    parser.add_argument("--network", default="mobilenet_v2")
    parser.add_argument("--way", choices=("head", "full"), default="full")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1e-3, help="the highest rate")
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--schedule", choices=("one-cycle", "cosine"), default="one-cycle")
    parser.add_argument("--warm-up", type=float, default=0.3, help="part of all steps")
    parser.add_argument("--label-smoothing", type=float, default=0.1)
    parser.add_argument("--norms", choices=("fixed", "batch"), default="batch")
    parser.add_argument("--crop-scale", type=float, default=0.35, help="smallest area of a random crop")
    parser.add_argument("--crop-fraction", type=float, default=0.875, help="crop of the resized picture when measuring")
    parser.add_argument("--flip", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--precision", choices=("f32", "bf16"), default="bf16")
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, default=False)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--answers", help="a JSON file: each picture of validation and test, and whether it was answered right")
    arguments = parser.parse_args()
    start = time.perf_counter()
    seed(arguments)
    sets = data_sets(arguments)
    if arguments.way == "head":  # the backbone sees what evaluation sees
        sets["train"].transform = sets["validation"].transform
    loaders = loaders_of(sets, arguments, learning=arguments.way == "full")
    network = network_of(arguments, len(sets["train"].classes))
    if arguments.way == "head":
        extra = fit_head(network, loaders, arguments)
    else:
        groups = parameter_groups(network, arguments.weight_decay)
        optimizer = torch.optim.AdamW(groups, lr=arguments.lr, betas=(0.9, 0.999), fused=True)
        train(network, loaders, optimizer, arguments, start, fixed_norms=arguments.norms == "fixed")
        extra = {}
    result = {"network": arguments.network, "way": arguments.way, "seconds": round(time.perf_counter() - start, 1)} | extra
    right = {split: answers(network, loaders[split], arguments.precision) for split in ("validation", "test")}
    result |= {split: round(sum(own) / len(own), 4) for split, own in right.items()}
    if arguments.answers:
        named = {path: own for split in right for (path, _), own in zip(sets[split].samples, right[split])}
        named = {Path(path).relative_to(arguments.data).as_posix(): own for path, own in named.items()}
        Path(arguments.answers).write_text(json.dumps(named))
    print(json.dumps(result | {"recipe": vars(arguments)}), flush=True)


if __name__ == "__main__":
    main()
