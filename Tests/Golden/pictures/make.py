"""Writes the goldens of Pictures and Preprocessing: what Pillow and torchvision make of synthesised pictures.

    pip install numpy==2.4.6 pillow==13.0.0 torch==2.13.0+cpu && pip install --no-deps torchvision==0.28.0
    python3 Tests/Golden/pictures/make.py

Pictures are PNG (lossless), tensors raw little-endian floats in (C, H, W); cases.json lists what each is.
"""
import json
import math
import pathlib
import random

import numpy
import torch
from PIL import Image

# torchvision built for another torch lacks these operators; they are not used here.
library = torch.library.Library("torchvision", "FRAGMENT")
for operator in ("nms", "qnms"):
    try:
        library.define(operator + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    except RuntimeError:
        pass
from torchvision import transforms  # noqa: E402
from torchvision.transforms import functional  # noqa: E402

folder = pathlib.Path(__file__).parent
generator = numpy.random.default_rng(7)
cases = {"resize": [], "decode": [], "orientation": [], "evaluation": [], "geometry": [], "resizedCrop": []}
FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


def synthesise(width, height, channels):
    """Smooth waves with noise and hard edges: every kind of neighbourhood, no symmetry."""
    y, x = numpy.mgrid[0:height, 0:width].astype(float)
    planes = []
    for c in range(channels):
        wave = 127 + 90 * numpy.sin(x / (5 + 3 * c) + y / (9 - 2 * c)) + generator.normal(0, 25, (height, width))
        wave[height // 3 : height // 2, width // 4 : width // 2] = 255 if c != 1 else 0
        planes.append(wave)
    pixels = numpy.clip(numpy.stack(planes, -1), 0, 255).astype(numpy.uint8)
    return Image.fromarray(pixels[..., 0] if channels == 1 else pixels)


def save(picture, name):
    picture.save(folder / name, optimize=True)
    return name


sources = {"colour.png": synthesise(97, 61, 3), "gray.png": synthesise(53, 40, 1), "tall.png": synthesise(37, 90, 3)}
for name, picture in sources.items():
    save(picture, name)

# Resizing: smaller, larger, one side only, to one pixel, regions with fractions.
sizes = [(32, 32, None), (40, 61, None), (97, 20, None), (150, 100, None), (1, 1, None), (13, 90, None),
         (24, 24, (10.0, 5.0, 40.0, 35.0)), (31, 17, (3.25, 1.5, 30.75, 38.125)), (20, 25, (0.0, 0.0, 20.0, 25.0))]
for source in ("colour.png", "gray.png"):
    for kernel, resample in FILTERS.items():
        for number, (width, height, box) in enumerate(sizes):
            result = sources[source].resize((width, height), resample, box=box)
            name = save(result, f"resize-{source[:-4]}-{kernel}-{number}.png")
            cases["resize"].append(dict(source=source, kernel=kernel, width=width, height=height, box=box, golden=name))

# Decoding: what each kind of file becomes over a coloured and over a gray background.
colour, gray = sources["colour.png"], sources["gray.png"]
alpha = Image.fromarray(generator.integers(0, 256, (61, 97)).astype(numpy.uint8))
gray_alpha = Image.fromarray(generator.integers(0, 256, (40, 53)).astype(numpy.uint8))
transparent = colour.copy()
transparent.putalpha(alpha)
transparent_gray = Image.merge("LA", (gray, gray_alpha))
palette = colour.quantize(23, dither=Image.Dither.NONE)
deep = Image.fromarray((numpy.asarray(gray).astype(numpy.uint16) << 8) + 200)
inks = Image.merge("CMYK", [colour.getchannel(0), colour.getchannel(1), colour.getchannel(2),
                            synthesise(97, 61, 1)])
files = {
    "decode-baseline.jpg": (colour, dict(quality=90)),
    "decode-progressive.jpg": (colour, dict(quality=80, progressive=True)),
    "decode-444.jpg": (colour, dict(quality=95, subsampling=0)),
    "decode-gray.jpg": (gray, dict(quality=90)),
    "decode-cmyk.jpg": (inks, dict(quality=90)),
    "decode-rgb.png": (colour, {}),
    "decode-rgba.png": (transparent, {}),
    "decode-gray.png": (gray, {}),
    "decode-gray-alpha.png": (transparent_gray, {}),
    "decode-palette.png": (palette, {}),
    "decode-palette-trns.png": (palette, dict(transparency=bytes(range(0, 230, 10)))),
    "decode-one-bit.png": (gray.convert("1"), {}),
    "decode-sixteen-bit.png": (deep, {}),
    "decode-lossy.webp": (colour, dict(quality=80)),
    "decode-lossless.webp": (colour, dict(lossless=True)),
    "decode-lossless-alpha.webp": (transparent, dict(lossless=True, exact=True)),
    "decode-lossy-alpha.webp": (transparent, dict(quality=80)),
    "decode-animated.webp": (colour, dict(save_all=True, append_images=[colour.transpose(Image.Transpose.ROTATE_180)],
                                          lossless=True)),
}
for name, (picture, options) in files.items():
    picture.save(folder / name, **options)
    for background in ((10, 200, 30), (128, 128, 128)):
        opened = Image.open(folder / name)
        if opened.mode.startswith("I;16"):
            result = Image.fromarray((numpy.asarray(opened) >> 8).astype(numpy.uint8))
        elif "A" in opened.mode or "transparency" in opened.info:
            full = opened.convert("RGBA")
            result = Image.new("RGB", full.size, background)
            result.paste(full.convert("RGB"), mask=full.getchannel("A"))
            if opened.mode == "LA" and background[0] == background[1] == background[2]:
                result = result.getchannel(0)
        else:
            result = opened.convert("L" if opened.mode in ("L", "1") else "RGB")
        golden = save(result, f"{name.replace('.', '-')}-{background[0]}.png")
        cases["decode"].append(dict(file=name, background=background, golden=golden))

# Orientation: the same picture stored in all eight ways, as PNG, WebP and (blocks of one colour) JPEG.
Exif = Image.Exif
for value in range(1, 9):
    inverse = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[value]  # Image.Transpose of the turn back
    small = gray.crop((0, 0, 16, 8))
    stored = small if inverse is None else small.transpose(Image.Transpose(inverse))
    exif = Exif()
    exif[0x0112] = value
    for suffix, options in (("png", {}), ("webp", dict(lossless=True)), ("jpg", dict(quality=100))):
        name = f"orientation-{value}.{suffix}"
        stored.save(folder / name, exif=exif, **options)
        cases["orientation"].append(dict(file=name))
save(gray.crop((0, 0, 16, 8)), "orientation-upright.png")

# Evaluation: Resize, CenterCrop, ToTensor, Normalize, and the squashing form.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
MODES = {"bilinear": transforms.InterpolationMode.BILINEAR, "bicubic": transforms.InterpolationMode.BICUBIC}
for source in sources:
    for size, fraction in ((32, 0.875), (28, 1.0), (24, 24 / 27)):
        for kernel, mode in MODES.items():
            for squash in (False, True):
                if squash and fraction != 0.875:
                    continue
                target = (size, size) if squash else round(size / fraction)
                result = transforms.Compose([
                    transforms.Resize(target, mode), transforms.CenterCrop(size), transforms.ToTensor(),
                    transforms.Normalize(MEAN, DEVIATION)])(sources[source].convert("RGB"))
                name = f"evaluation-{source[:-4]}-{size}-{kernel}{'-squash' if squash else ''}.f32"
                result.numpy().astype("<f4").tofile(folder / name)
                cases["evaluation"].append(dict(source=source, size=size, fraction=fraction, kernel=kernel,
                                                squash=squash, golden=name))
luma = transforms.Compose([transforms.Lambda(lambda p: p.convert("L")), transforms.Resize(32), transforms.CenterCrop(28),
                           transforms.ToTensor(), transforms.Normalize((0.3,), (0.2,))])(colour)
luma.numpy().astype("<f4").tofile(folder / "evaluation-luma.f32")
colour.convert("L").save(folder / "luma.png")

# Geometry: sizes and corners for many pictures.
random.seed(3)
for _ in range(300):
    width, height = random.randint(1, 3000), random.randint(1, 3000)
    size, resized = random.choice([(224, 256), (224, 232), (28, 28), (299, 342), (64, 73), (97, 101)])
    new = functional._compute_resized_output_size((height, width), [resized], None, False)
    cases["geometry"].append(dict(width=width, height=height, size=size, resized=resized, newHeight=new[0],
                                  newWidth=new[1], top=int(round((new[0] - size) / 2.0)),
                                  left=int(round((new[1] - size) / 2.0))))

# RandomResizedCrop: the region that torchvision takes when its ten tries fail.
for width, height in ((100, 10), (10, 100), (1000, 3), (3, 1000), (40, 30), (1, 1), (7, 1)):
    top, left, tall, wide = transforms.RandomResizedCrop.get_params(
        torch.empty(1, height, width), [50.0, 60.0], [3 / 4, 4 / 3])
    cases["resizedCrop"].append(dict(width=width, height=height, x=left, y=top, cropWidth=wide, cropHeight=tall))

(folder / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")
