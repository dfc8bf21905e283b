"""Writes schedules.json: the learning rates of PyTorch's schedulers, stepped once a training step.

    pip install torch==2.13.0+cpu && python3 Tests/Golden/schedules.py
"""
import json
import pathlib
import warnings

import torch
from torch.optim import lr_scheduler as schedulers

warnings.simplefilter("ignore")


def rates(total, make, peak=0.1):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=peak)
    scheduler = make(optimizer)
    values = [optimizer.param_groups[0]["lr"]]
    for _ in range(total - 1):
        optimizer.step()
        scheduler.step()
        values.append(optimizer.param_groups[0]["lr"])
    return values


def warmed(warmup, make):
    """torchvision's reference training: a LinearLR from 1 %, then the scheduler itself."""
    def build(optimizer):
        linear = schedulers.LinearLR(optimizer, start_factor=0.01, total_iters=warmup)
        return schedulers.SequentialLR(optimizer, [linear, make(optimizer)], milestones=[warmup])
    return build


def warm_lambda(warmup):
    return lambda o: schedulers.LambdaLR(o, lambda step: min(1, 0.01 + 0.99 * step / warmup))


cases = [
    {"name": "LambdaLR, constant after a warm-up", "decay": "constant", "warmup": 7, "rates": rates(40, warm_lambda(7))},
    {"name": "ConstantLR", "decay": "constant", "warmup": 0, "rates": rates(10, lambda o: schedulers.LambdaLR(o, lambda _: 1))},
    {"name": "StepLR", "decay": "step", "every": 9, "factor": 0.3, "warmup": 0,
     "rates": rates(50, lambda o: schedulers.StepLR(o, 9, 0.3))},
    {"name": "StepLR after a warm-up", "decay": "step", "every": 9, "factor": 0.3, "warmup": 5,
     "rates": rates(50, warmed(5, lambda o: schedulers.StepLR(o, 9, 0.3)))},
    {"name": "CosineAnnealingLR", "decay": "cosine", "floor": 0.0, "warmup": 0,
     "rates": rates(100, lambda o: schedulers.CosineAnnealingLR(o, 100))},
    {"name": "CosineAnnealingLR to a floor", "decay": "cosine", "floor": 0.003, "warmup": 0,
     "rates": rates(33, lambda o: schedulers.CosineAnnealingLR(o, 33, 0.003))},
    {"name": "CosineAnnealingLR after a warm-up", "decay": "cosine", "floor": 0.003, "warmup": 12,
     "rates": rates(60, warmed(12, lambda o: schedulers.CosineAnnealingLR(o, 48, 0.003)))},
]
for total in (100, 37, 7, 4):
    cases.append({"name": f"OneCycleLR of {total} steps", "decay": "oneCycle", "warmup": 0, "rates": rates(
        total, lambda o: schedulers.OneCycleLR(o, 0.1, total_steps=total))})
cases.append({"name": "OneCycleLR with a rise of 12 of 60 steps", "decay": "oneCycle", "warmup": 12, "rates": rates(
    60, lambda o: schedulers.OneCycleLR(o, 0.1, total_steps=60, pct_start=12 / 60))})

target = pathlib.Path(__file__).with_suffix(".json")
target.write_text(json.dumps(cases))
print(target.name, target.stat().st_size, "bytes")
