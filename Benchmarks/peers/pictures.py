"""What a photograph costs one thread on its way into a batch: the twin of `fovea bench-pictures`.

    python pictures.py FOLDER [--size 224] [--limit 200] [--rounds 3]
    python pictures.py FOLDER --enlarge LARGE --limit 12    # makes 12-megapixel JPEGs: Pillow, bicubic, quality 90

crop: torchvision's RandomResizedCrop, RandomHorizontalFlip, ToTensor and Normalize on Pillow's picture; evaluate: Resize,
CenterCrop, ToTensor and Normalize; draft: the same after Pillow's draft(); opencv: the same from OpenCV's reduced reading
(a half, a quarter or an eighth, never below the size needed), resized with INTER_AREA. Files are read beforehand.
"""
import argparse
import io
import pathlib
import statistics
import time

import cv2
import numpy
import torch
from PIL import Image

from vision import torchvision

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("--size", type=int, default=224)
parser.add_argument("--limit", type=int, default=200)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--enlarge", type=pathlib.Path)
arguments = parser.parse_args()
paths = sorted(p for p in arguments.folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg"))[: arguments.limit]

if arguments.enlarge:
    arguments.enlarge.mkdir(exist_ok=True)
    for path in paths:
        picture = Image.open(path).convert("RGB")
        size = (4000, 3000) if picture.width > picture.height else (3000, 4000)
        picture.resize(size, Image.Resampling.BICUBIC).save(arguments.enlarge / path.name, quality=90)
    raise SystemExit

torch.set_num_threads(1)
cv2.setNumThreads(1)
files = [path.read_bytes() for path in paths]
size = arguments.size
short = round(size / 0.875)
transforms = torchvision.transforms
finish = [transforms.ToTensor(), transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))]
crop = transforms.Compose([transforms.RandomResizedCrop(size), transforms.RandomHorizontalFlip(), *finish])
evaluate = transforms.Compose([transforms.Resize(short), transforms.CenterCrop(size), *finish])


def draft(content):
    picture = Image.open(io.BytesIO(content))
    picture.draft("RGB", (short, short))
    return evaluate(picture.convert("RGB"))


def opencv(content):
    width, height = Image.open(io.BytesIO(content)).size
    scale = next((s for s in (8, 4, 2) if min(width, height) >= s * short), 1)
    flag = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4, 2: cv2.IMREAD_REDUCED_COLOR_2,
            1: cv2.IMREAD_COLOR}[scale]
    picture = cv2.imdecode(numpy.frombuffer(content, numpy.uint8), flag)
    height, width = picture.shape[:2]
    factor = short / min(width, height)
    picture = cv2.resize(picture, (round(width * factor), round(height * factor)), interpolation=cv2.INTER_AREA)
    top, left = (picture.shape[0] - size) // 2, (picture.shape[1] - size) // 2
    picture = cv2.cvtColor(picture[top:top + size, left:left + size], cv2.COLOR_BGR2RGB)
    return finish[1](torch.from_numpy(picture).permute(2, 0, 1).float().div(255))


def opened(content):
    return Image.open(io.BytesIO(content)).convert("RGB")


work = {"decode": lambda c: opened(c).load(), "crop": lambda c: crop(opened(c)), "evaluate": lambda c: evaluate(opened(c)),
        "draft": draft, "opencv": opencv}
seconds = {name: [] for name in work}
for _ in range(arguments.rounds):
    for name, run in work.items():
        start = time.perf_counter()
        for content in files:
            run(content)
        seconds[name].append(time.perf_counter() - start)
print(f"{len(files)} pictures, {size} px, one thread, medians of {arguments.rounds}")
for name, times in seconds.items():
    print(f"{name}: {len(files) / statistics.median(times):.0f} pictures/s")
