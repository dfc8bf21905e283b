"""Writes the goldens of augmentation and of the newer ways to resize: what Pillow, torchvision and timm make of two
synthesised pictures.

    pip install numpy==2.4.6 pillow==13.0.0 torch==2.13.0+cpu && pip install --no-deps torchvision==0.28.0 timm==1.0.31 \
        pyyaml==6.0.4 huggingface_hub==2.4.0 safetensors==0.8.0 tqdm requests packaging httpx
    python3 Tests/Golden/augmentation/make.py

`*.u8` holds samples of all results one after the other, (H, W, C) each, `*.f32` little-endian floats, (C, H, W);
`cases.json` says what each is and where it begins.
"""
import json
import math
import pathlib

import numpy
import torch
from PIL import Image, ImageOps

# torchvision built for another torch lacks these operators; they are not used here.
library = torch.library.Library("torchvision", "FRAGMENT")
for operator in ("nms", "qnms"):
    try:
        library.define(operator + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    except RuntimeError:
        pass
from torchvision import transforms  # noqa: E402
from torchvision.transforms import autoaugment  # noqa: E402
from torchvision.transforms import functional  # noqa: E402
from torchvision.transforms import v2  # noqa: E402

folder = pathlib.Path(__file__).parent
generator = numpy.random.default_rng(11)
BILINEAR = transforms.InterpolationMode.BILINEAR


def synthesise(width, height, channels):
    """Waves, noise, hard edges and flat parts, not over the whole scale."""
    y, x = numpy.mgrid[0:height, 0:width].astype(float)
    planes = []
    for c in range(channels):
        wave = 120 + 70 * numpy.sin(x / (3 + 2 * c) + y / (7 - 2 * c)) + generator.normal(0, 12, (height, width))
        wave[height // 3 : height // 2, width // 4 : width // 2] = 240 if c != 1 else 15
        wave[: height // 5, width // 2 :] = 90
        planes.append(wave)
    pixels = numpy.clip(numpy.stack(planes, -1), 12, 243).astype(numpy.uint8)
    return Image.fromarray(pixels[..., 0] if channels == 1 else pixels)


def affine(picture, **parameters):
    full = dict(angle=0.0, translate=[0, 0], scale=1.0, shear=[0.0, 0.0]) | parameters
    return functional.affine(picture, **full, interpolation=BILINEAR, fill=0)


def blur(picture, sigma):
    radius = min(math.ceil(3 * numpy.float32(sigma)), min(picture.size) - 1)
    return functional.gaussian_blur(picture, 2 * radius + 1, sigma)


def perspective(picture, end):
    width, height = picture.size
    start = [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]]
    return functional.perspective(picture, start, end, BILINEAR, 0)


f = functional
pictures = {"colour": synthesise(26, 19, 3), "gray": synthesise(17, 22, 1)}
operations = []
for factor in (0.0, 0.4, 1.0, 1.3, 2.5):
    operations += [("brightness", factor, lambda p, v: f.adjust_brightness(p, v)),
                   ("contrast", factor, lambda p, v: f.adjust_contrast(p, v)),
                   ("saturation", factor, lambda p, v: f.adjust_saturation(p, v)),
                   ("sharpness", factor, lambda p, v: f.adjust_sharpness(p, v))]
operations += [("hue", v, lambda p, v: f.adjust_hue(p, v)) for v in (-0.5, -0.2, 0.0, 0.05, 0.37)]
operations += [("posterise", v, lambda p, v: f.posterize(p, v)) for v in (1, 3, 4, 7, 8)]
operations += [("solarise", v, lambda p, v: f.solarize(p, v)) for v in (0, 100, 200, 256)]
operations += [("blur", v, blur) for v in (0.1, 0.7, 1.5, 4.0)]
operations += [("upend", None, lambda p, v: f.vflip(p)), ("equalise", None, lambda p, v: f.equalize(p)),
               ("autocontrast", None, lambda p, v: f.autocontrast(p)),
               ("gray", None, lambda p, v: f.rgb_to_grayscale(p, 3 if p.mode == "RGB" else 1))]
operations += [("rotation", v, lambda p, v: f.rotate(p, v, BILINEAR, fill=0)) for v in (0.0, 11.3, -37.0, 90.0, 135.0)]
operations += [("affine", v, lambda p, v: affine(p, angle=v[0], translate=[v[1], v[2]], scale=v[3], shear=[v[4], v[5]]))
               for v in ([10.0, 3, -2, 1.2, 5.0, 0.0], [-25.5, 0, 0, 0.7, 0.0, 0.0], [0.0, 5, 4, 1.0, 0.0, 0.0],
                         [0.0, 0, 0, 1.0, 20.0, 0.0], [170.0, 1, 1, 0.9, -12.0, 8.0], [0.0, 0, 0, 1.0, 0.0, 0.0])]
operations += [("perspective", v, perspective) for v in (
    [[2, 1], [14, 3], [12, 17], [1, 15]], [[0, 0], [16, 0], [16, 18], [0, 18]], [[5, 4], [15, 0], [11, 12], [0, 17]])]

cases = {"operations": [], "evaluation": [], "pad": [], "mixtures": []}
samples = bytearray()


def keep(picture):
    start = len(samples)
    samples.extend(numpy.asarray(picture).tobytes())
    return start


for source, picture in pictures.items():
    for name, value, function in operations:
        if source == "gray" and name in ("hue", "saturation"):
            continue
        fixed = value if isinstance(value, list) else [] if value is None else [value]
        if name == "perspective":
            fixed = [number for point in value for number in point]
        cases["operations"].append(dict(source=source, name=name, values=[float(v) for v in fixed],
                                        start=keep(function(picture, value))))
(folder / "operations.u8").write_bytes(samples)
for source, picture in pictures.items():
    picture.save(folder / f"{source}.png", optimize=True)

# The strengths of the automatic lists, as torchvision's classes state them.
cases["strengths"] = {
    "rand": {name: [round(float(v), 6) for v in values.expand(31)] + [bool(signed)] for name, (values, signed) in
             autoaugment.RandAugment()._augmentation_space(31, (19, 26)).items()},
    "trivial": {name: [round(float(v), 6) for v in values.expand(31)] + [bool(signed)] for name, (values, signed) in
                autoaugment.TrivialAugmentWide()._augmentation_space(31).items()},
}

# Resizing with the newer kernels, and Pillow's pad.
samples = bytearray()
cases["resize"] = []
for kernel, resample in (("nearest", Image.Resampling.NEAREST), ("lanczos", Image.Resampling.LANCZOS)):
    for source, picture in pictures.items():
        for width, height in ((13, 9), (40, 31), (26, 7), (7, 22), (1, 1), (17, 17)):
            cases["resize"].append(dict(source=source, kernel=kernel, width=width, height=height,
                                        start=keep(picture.resize((width, height), resample))))
for source, picture in pictures.items():
    for width, height in ((24, 24), (30, 12), (11, 33), (26, 19), (5, 2)):
        for kernel, resample in (("bilinear", Image.Resampling.BILINEAR), ("lanczos", Image.Resampling.LANCZOS)):
            colour = (200, 100, 50) if picture.mode == "RGB" else 77
            cases["pad"].append(dict(source=source, kernel=kernel, width=width, height=height, start=keep(
                ImageOps.pad(picture, (width, height), resample, color=colour))))
(folder / "resizing.u8").write_bytes(samples)

# Whole evaluation transforms: timm's, by its own factory, and torchvision's presets for classification.
from timm.data import create_transform  # noqa: E402
from torchvision.transforms._presets import ImageClassification  # noqa: E402

floats = bytearray()
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
large = synthesise(90, 67, 3)
large.save(folder / "large.png", optimize=True)
for size, percentage, kernel, mode in ((24, 0.875, "bicubic", "center"), (25, 0.9, "bicubic", "center"),
                                       (28, 0.95, "bilinear", "center"), (28, 1.0, "bicubic", "squash"),
                                       (31, 0.96, "bicubic", "center"), (24, 0.85, "lanczos", "center")):
    transform = create_transform((3, size, size), interpolation=kernel, crop_pct=percentage, crop_mode=mode,
                                 mean=MEAN, std=DEVIATION)
    start = len(floats)
    floats.extend(transform(large).numpy().astype("<f4").tobytes())
    cases["evaluation"].append(dict(peer="timm", size=size, fraction=percentage, kernel=kernel, mode=mode, start=start))
for size, resized, kernel in ((28, 32, "bilinear"), (24, 26, "bicubic")):
    mode = transforms.InterpolationMode.BILINEAR if kernel == "bilinear" else transforms.InterpolationMode.BICUBIC
    start = len(floats)
    result = ImageClassification(crop_size=size, resize_size=resized, interpolation=mode)(large)
    floats.extend(result.numpy().astype("<f4").tobytes())
    cases["evaluation"].append(dict(peer="torchvision", size=size, fraction=size / resized, kernel=kernel, mode="center",
                                    start=start))
(folder / "evaluation.f32").write_bytes(floats)

# MixUp and CutMix of one batch, with torchvision's own transform and parameters that are given.
floats = bytearray()
batch = torch.arange(4 * 2 * 5 * 6, dtype=torch.float32).reshape(4, 2, 5, 6) / 7
labels = torch.tensor([2, 0, 1, 2])
for name, parameters in (("mixup", dict(lam=0.25)), ("mixup", dict(lam=0.9)),
                         ("cutmix", dict(box=(1, 2, 5, 4), lam_adjusted=1 - 8 / 30)),
                         ("cutmix", dict(box=(0, 0, 6, 5), lam_adjusted=0.0))):
    transform = v2.MixUp(num_classes=3) if name == "mixup" else v2.CutMix(num_classes=3)
    parameters = parameters | dict(labels=labels, batch_size=4)
    mixed = transform.transform(batch, parameters)
    targets = transform._mixup_label(labels, lam=parameters.get("lam", parameters.get("lam_adjusted")))
    cases["mixtures"].append(dict(name=name, share=parameters.get("lam"), box=parameters.get("box"), start=len(floats)))
    floats.extend(mixed.numpy().astype("<f4").tobytes() + targets.numpy().astype("<f4").tobytes())
(folder / "mixtures.f32").write_bytes(floats)
(folder / "cases.json").write_text(json.dumps(cases) + "\n")
