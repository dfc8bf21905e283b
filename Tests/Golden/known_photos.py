"""What PyTorch answers about photographs with the weights of a file.

    python3 Tests/Golden/known_photos.py NETWORK WEIGHTS FOLDER OUT.json

NETWORK is torchvision's name. Pictures as the weights were measured with: Pillow, shorter side to 256 by bilinear
interpolation, centre of 224 x 224, ImageNet's mean and deviation. OUT.json maps each file's name to 1000 probabilities.
Tests/ProgramTests/KnownPhotosTests.swift runs it: the weights and the pictures are too large to be committed.
"""

import json
import sys
from pathlib import Path

import numpy
import torch
from PIL import Image
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parents[2] / "Benchmarks" / "peers"))
from vision import torchvision  # noqa: E402

network, weights, folder, out = sys.argv[1:5]
model = getattr(torchvision.models, network)(weights=None)
model.load_state_dict(load_file(weights), strict=True)
model.eval()
mean, deviation = numpy.float32([0.485, 0.456, 0.406]), numpy.float32([0.229, 0.224, 0.225])
answers = {}
for path in sorted(Path(folder).iterdir()):
    if path.suffix not in (".jpg", ".bmp"):
        continue
    picture = Image.open(path).convert("RGB")
    width, height = picture.size
    short = min(width, height)
    size = (256 * width // short, 256 * height // short)
    picture = picture.resize(size, Image.Resampling.BILINEAR)
    left, top = round((size[0] - 224) / 2), round((size[1] - 224) / 2)
    picture = picture.crop((left, top, left + 224, top + 224))
    x = (numpy.asarray(picture, dtype=numpy.float32) / 255 - mean) / deviation
    with torch.inference_mode():
        y = model(torch.from_numpy(x).permute(2, 0, 1)[None]).softmax(1)[0]
    answers[path.name] = y.tolist()
Path(out).write_text(json.dumps(answers))
