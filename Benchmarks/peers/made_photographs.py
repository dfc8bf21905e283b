"""Two classes of JPEGs of 533 x 400: `made_photographs.py FOLDER`. They only have to be pictures, with something in them."""

import pathlib
import sys

import numpy
from PIL import Image

random = numpy.random.default_rng(0)
for index in range(40):
    coarse = random.integers(0, 255, (12, 16, 3), numpy.uint8)
    picture = Image.fromarray(coarse).resize((533, 400), Image.BICUBIC)
    folder = pathlib.Path(sys.argv[1]) / ("coarse" if index % 2 else "noisy")
    folder.mkdir(parents=True, exist_ok=True)
    if index % 2 == 0:
        noise = random.integers(-40, 40, (400, 533, 3))
        picture = Image.fromarray(numpy.clip(numpy.asarray(picture) + noise, 0, 255).astype(numpy.uint8))
    picture.save(folder / f"{index:02}.jpg", quality=85)
