"""Fine-tunes the same weights with Fovea and with its PyTorch twin (peers/fine_tune.py), seed by seed and in turn, and
says how they differ: pictures answered right on validation and test together, paired picture by picture, and time.

    python3 Benchmarks/fine_tuning.py clothing --weights mobilenet_v2.safetensors --network mobilenet_v2

Every run that has ended is kept in FOLDER (.bench/fine-tuning) and not run again; other data, weights or settings want another
FOLDER. A whole comparison takes three times the time of both; nothing else may run meanwhile, or the times are worth
nothing (the answers still are).
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SPLITS = ("validation", "test")


def run(command: list[str], log: Path) -> float:
    """Seconds that a command took; what it said stands in the file."""
    start = time.perf_counter()
    with log.open("w") as output:
        status = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT).returncode
    if status:
        sys.exit(f"{command[0]} failed: see {log}")
    return time.perf_counter() - start


def fovea(arguments: argparse.Namespace, seed: int, name: str) -> dict:
    """One training of Fovea's, then whether each picture of both splits was answered right."""
    model = arguments.folder / f"{name}.fovea"
    model.unlink(missing_ok=True)
    command = [arguments.program, "train", arguments.data, "--model", arguments.weights, "--fine-tune", "full"]
    command += ["--epochs", str(arguments.epochs), "--precision", arguments.precision, "--seed", str(seed), "-o", str(model)]
    seconds = run(command, arguments.folder / f"{name}.log")
    right = {}
    for split in SPLITS:
        folder = Path(arguments.data) / split
        found = subprocess.run(
            [arguments.program, "predict", str(model), str(folder), "--top", "1", "--jsonl", "--quiet"],
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for line in found.splitlines():
            record = json.loads(line)
            path = Path(os.path.relpath(record["path"], arguments.data))
            right[path.as_posix()] = record["predictions"][0]["class"] == path.parts[1]
    return {"seconds": seconds, "right": right}


def pytorch(arguments: argparse.Namespace, seed: int, name: str) -> dict:
    answers = arguments.folder / f"{name}.answers.json"
    command = [arguments.python, str(HERE / "peers" / "fine_tune.py"), arguments.data, "--weights", arguments.weights]
    command += ["--network", arguments.network, "--way", "full", "--norms", "batch", "--epochs", str(arguments.epochs)]
    command += ["--precision", arguments.precision, "--seed", str(seed), "--answers", str(answers)]
    seconds = run(command, arguments.folder / f"{name}.log")
    return {"seconds": seconds, "right": json.loads(answers.read_text())}


def pairs(arguments: argparse.Namespace) -> list[tuple[dict, dict]]:
    """Both results of every seed; Fovea goes first."""
    settings = {key: getattr(arguments, key) for key in ("data", "weights", "network", "epochs", "precision")}
    results = []
    for seed in arguments.seeds:
        pair = []
        for who, train in (("fovea", fovea), ("pytorch", pytorch)):
            kept = arguments.folder / f"{who}-{seed}.json"
            if not kept.exists():
                kept.write_text(json.dumps({"settings": settings} | train(arguments, seed, kept.stem)))
            result = json.loads(kept.read_text())
            if result["settings"] != settings:
                sys.exit(f"{kept} is of {result['settings']}: give another --folder")
            pair.append(result)
        if pair[0]["right"].keys() != pair[1]["right"].keys():
            sys.exit(f"the two answered other pictures with seed {seed}: see {arguments.folder}")
        results.append(tuple(pair))
    return results


def percent(values: list[float]) -> str:
    return f"{100 * statistics.mean(values):.2f} %"


def report(arguments: argparse.Namespace, results: list[tuple[dict, dict]]) -> None:
    print("| seed | Fovea validation | PyTorch | Fovea test | PyTorch | Fovea time | PyTorch | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for seed, pair in zip(arguments.seeds, results):
        cells = [
            percent([right for path, right in own["right"].items() if path.startswith(f"{split}/")])
            for split in SPLITS
            for own in pair
        ]
        seconds = [own["seconds"] for own in pair]
        print(f"| {seed} | {' | '.join(cells)} | {seconds[0]:.0f} s | {seconds[1]:.0f} s | {seconds[0] / seconds[1]:.2f} |")
    # A picture's answers under several seeds are not independent: the pictures are the sample, not the answers.
    differences = [
        statistics.mean(ours["right"][path] - theirs["right"][path] for ours, theirs in results)
        for path in results[0][0]["right"]
    ]
    half = 1.96 * statistics.stdev(differences) / math.sqrt(len(differences))
    both = [percent([right for pair in results for right in pair[own]["right"].values()]) for own in (0, 1)]
    print(
        f"\nPooled over seeds and both splits, {len(differences)} pictures: Fovea {both[0]}, PyTorch {both[1]}; "
        f"difference {100 * statistics.mean(differences):+.2f} points (95 % interval of pairs: +-{100 * half:.2f})."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="a folder with train, validation and test, each with a folder a class")
    parser.add_argument("--weights", required=True, help="a file with torchvision's names")
    parser.add_argument("--network", default="mobilenet_v2", help="torchvision's name of the network")
    parser.add_argument("--program", default=".build/release/fovea")
    parser.add_argument("--python", default=".venv-peers/bin/python")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--precision", choices=("f32", "bf16"), default="bf16")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folder", type=Path, default=Path(".bench/fine-tuning"))
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    report(arguments, pairs(arguments))


if __name__ == "__main__":
    main()
