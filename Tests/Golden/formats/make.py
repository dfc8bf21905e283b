"""Makes the goldens of Tests/PicturesTests/FormatTests.swift with Pillow: whole pictures of every format and kind of
file, and conversions to sRGB.

    pip install pillow==13.0.0 numpy==2.4.6 pillow-heif==1.8.1
    python3 Tests/Golden/formats/make.py

Golden pictures are PNG. cases.json lists each file, the picture it must become over the background, the largest
difference that is allowed (`most`: the encoders are lossy and Pillow brings other builds of the decoders), the factor by
which it is decoded smaller, and whether its profile is applied.
"""
import io
import json
import pathlib
import struct

import numpy
import pillow_heif
from PIL import Image, ImageCms, features

pillow_heif.register_heif_opener()
assert features.check("avif") and features.check("libtiff")
folder = pathlib.Path(__file__).parent
BACKGROUND = (10, 200, 30)
generator = numpy.random.default_rng(5)
cases = []


def smooth(width, height, noise=6):
    y, x = numpy.mgrid[0:height, 0:width].astype(float)
    planes = [127 + 100 * numpy.sin(x / (7 + 3 * c) + y / (11 - 2 * c)) + generator.normal(0, noise, (height, width))
              for c in range(3)]
    return Image.fromarray(numpy.clip(numpy.stack(planes, -1), 0, 255).astype(numpy.uint8))


colour = smooth(61, 43)
gray = colour.convert("L")
alpha = Image.fromarray(generator.integers(0, 256, (43, 61)).astype(numpy.uint8))
ramp = Image.fromarray(numpy.tile(numpy.linspace(0, 255, 61).astype(numpy.uint8), (43, 1)))
transparent = colour.copy()
transparent.putalpha(ramp)
palette = colour.quantize(200, dither=Image.Dither.NONE)
small_palette = colour.quantize(13, dither=Image.Dither.NONE)
inks = Image.merge("CMYK", [colour.getchannel(0), colour.getchannel(1), colour.getchannel(2), gray])


def flatten(opened):
    """What Pillow makes of an opened file, over the background."""
    if opened.mode.startswith("I;16"):
        return Image.fromarray((numpy.asarray(opened) >> 8).astype(numpy.uint8))
    if "A" in opened.mode or "a" in opened.mode or "transparency" in opened.info:
        full = opened.convert("RGBA")
        result = Image.new("RGB", full.size, BACKGROUND)
        result.paste(full.convert("RGB"), mask=full.getchannel("A"))
        return result
    return opened.convert("L" if opened.mode in ("L", "1") else "RGB")


def case(name, expected=None, most=0, denominator=1, profile=False):
    if expected is None:
        expected = flatten(Image.open(folder / name))
    suffix = ("-icc" if profile else "") + (f"-{denominator}" if denominator > 1 else "")
    golden = name.replace(".", "-") + suffix + ".png"
    expected.save(folder / golden, optimize=True, icc_profile=None)
    cases.append(dict(file=name, golden=golden, most=most, denominator=denominator, profile=profile))


def write(name, content, **keywords):
    (folder / name).write_bytes(content)
    case(name, **keywords)


def save(name, picture, most=0, **options):
    picture.save(folder / name, **options)
    case(name, most=most)


# GIF: palettes, transparency, rows in four passes, later frames.
save("plain.gif", palette, interlace=False)
save("interlaced.gif", palette, interlace=True)
save("few.gif", small_palette, interlace=False)
save("transparent.gif", palette, transparency=7, interlace=False)
save("two-frames.gif", palette, save_all=True, append_images=[palette.transpose(Image.Transpose.ROTATE_180)])
gray.save(folder / "gray.gif", interlace=False)
case("gray.gif", expected=gray.convert("RGB"))

# BMP: what Pillow writes, and by hand what it only reads.
for name, picture in (("one.bmp", gray.convert("1")), ("gray.bmp", gray), ("palette.bmp", palette),
                      ("rgb.bmp", colour), ("rgba.bmp", transparent)):
    picture.save(folder / name)
    opened = Image.open(folder / name)
    case(name, expected=flatten(opened).convert("RGB"))


def bmp(width, height, bits, compression, colours, pixels, masks=b"", header=40):
    table = b"".join(bytes((b, g, r, 0)) for r, g, b in colours)
    offset = 14 + header + len(masks) + len(table)
    info = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(pixels), 2835, 2835,
                       len(colours), 0)
    return b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + info + masks + table + pixels


def runs(indices, literal, pack):
    """Run lengths as BMP has them, rows from the bottom: pairs, and literals where values change."""
    out = bytearray()
    for row in indices[::-1]:
        x = 0
        while x < len(row):
            run = 1
            while x + run < len(row) and run < 255 and row[x + run] == row[x]:
                run += 1
            if run == 1 and literal and x + 3 <= len(row):
                count = min(5, len(row) - x)
                values = pack(row[x:x + count])
                out += bytes((0, count)) + values + b"\0" * (len(values) % 2)
                x += count
            else:
                out += bytes((run, pack([row[x], row[x]])[0]))
                x += run
        out += b"\0\0"
    return bytes(out[:-2]) + b"\0\1"


def halves(values):
    padded = list(values) + [0] * (len(values) % 2)
    return bytes(a << 4 | b for a, b in zip(padded[::2], padded[1::2]))


flat = Image.fromarray(numpy.asarray(small_palette.convert("RGB")))
quantised = numpy.asarray(small_palette)
table = numpy.asarray(small_palette.getpalette()[:39]).reshape(13, 3).tolist()
for name, bits, kind, pack in (("runs-8.bmp", 8, 1, bytes), ("runs-4.bmp", 4, 2, halves)):
    write(name, bmp(61, 43, bits, kind, table, runs(quantised.tolist(), True, pack)), expected=flat)
rows = [halves(row) for row in quantised.tolist()]
write("four.bmp", bmp(61, 43, 4, 0, table, b"".join(r + b"\0" * (-len(r) % 4) for r in rows[::-1])), expected=flat)
write("top-down.bmp", bmp(61, -43, 4, 0, table, b"".join(r + b"\0" * (-len(r) % 4) for r in rows)), expected=flat)
samples = numpy.asarray(colour).astype(numpy.uint32)
for name, depth, masks in (("565.bmp", 16, (0xF800, 0x07E0, 0x1F)), ("555.bmp", 16, (0x7C00, 0x03E0, 0x1F)),
                           ("8888.bmp", 32, (0xFF0000, 0xFF00, 0xFF))):
    packed = numpy.zeros(samples.shape[:2], numpy.uint32)
    for c, mask in enumerate(masks):
        shift = (mask & -mask).bit_length() - 1
        width = (mask >> shift).bit_length()
        packed |= (samples[..., c] >> (8 - width)) << shift
    stored = packed.astype("<u2" if depth == 16 else "<u4")
    pad = b"\0" * (-stored.shape[1] * stored.itemsize % 4)
    pixels = b"".join(row.tobytes() + pad for row in stored[::-1])
    write(name, bmp(61, 43, depth, 3, [], pixels, masks=struct.pack("<III", *masks)))

# TIFF: layouts, compressions, 16 bits, pages.
save("gray.tif", gray, compression="tiff_lzw")
save("one.tif", gray.convert("1"), compression="group4")
save("rgb.tif", colour, compression="tiff_adobe_deflate")
save("packed.tif", colour, compression="packbits")
save("rgba.tif", transparent, compression="tiff_lzw", most=1)
save("palette.tif", palette, compression="tiff_lzw")
save("cmyk.tif", inks, compression="tiff_lzw", most=2)
save("jpeg.tif", colour, compression="jpeg", quality=90, most=2)
save("pages.tif", colour, compression="tiff_lzw", save_all=True, append_images=[gray, transparent])
deep = Image.fromarray((numpy.asarray(gray).astype(numpy.uint16) << 8) + 200)
save("deep.tif", deep)
for value in (3, 6):
    turned = colour.transpose({3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90}[value])
    turned.save(folder / f"turned-{value}.tif", compression="tiff_lzw", tiffinfo={274: value})
    case(f"turned-{value}.tif", expected=colour)

# HEIC and AVIF, upright and turned; how chroma is enlarged differs between decoders, so colours are kept whole here, and
# the picture is even: odd sizes are padded by some encoders.
even = colour.crop((0, 0, 60, 42))
even_transparent = transparent.crop((0, 0, 60, 42))
save("plain.heic", even, quality=90, chroma=444, most=3)
save("transparent.heic", even_transparent, quality=90, chroma=444, most=3)
save("plain.avif", even, quality=90, subsampling="4:4:4", most=3)
save("transparent.avif", even_transparent, quality=90, subsampling="4:4:4", most=3)
save("subsampled.avif", even, quality=90, subsampling="4:2:0", most=20)

# JPEG decoded smaller, as Pillow's draft mode does it.
large = smooth(203, 149)
for name, options in (("large.jpg", dict(quality=90)), ("large-progressive.jpg", dict(quality=85, progressive=True))):
    large.save(folder / name, **options)
    for denominator in (2, 4, 8):
        draft = Image.open(folder / name)
        draft.draft(None, (203 // denominator, 149 // denominator))
        assert draft.size == (-(-203 // denominator), -(-149 // denominator)), draft.size
        case(name, expected=draft.convert("RGB"), most=1, denominator=denominator)

# Profiles: a wide colour space with its own curve, made here; conversion by ImageCms.
SRGB = ImageCms.createProfile("sRGB")


def profile(space, **tags):
    """A version 2 profile with the tags given."""
    entries, data = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        content += b"\0" * (-len(content) % 4)
        entries += name.encode() + struct.pack(">II", start + len(data), len(content))
        data += content
    size = start + len(data)
    head = struct.pack(">I4sI4s4s4s12s4s", size, b"lcms", 0x02400000, b"mntr", space, b"XYZ ", bytes(12), b"acsp")
    head += bytes(28) + struct.pack(">iii", 0xF6D6, 0x10000, 0xD32D)
    return head + bytes(128 - len(head)) + struct.pack(">I", len(tags)) + entries + data


def xyz(*values):
    return b"XYZ \0\0\0\0" + struct.pack(">iii", *(round(v * 65536) for v in values))


def curve(gamma):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


wide = profile(b"RGB ", rXYZ=xyz(0.60974, 0.31111, 0.01947), gXYZ=xyz(0.20528, 0.62567, 0.06087),
               bXYZ=xyz(0.14919, 0.06322, 0.74457), wtpt=xyz(0.9642, 1.0, 0.8249),
               rTRC=curve(2.2), gTRC=curve(2.2), bTRC=curve(2.2))
light = profile(b"GRAY", wtpt=xyz(0.9642, 1.0, 0.8249), kTRC=curve(1.4))


def converted(picture, content):
    return ImageCms.profileToProfile(picture, ImageCms.ImageCmsProfile(io.BytesIO(content)), SRGB, outputMode="RGB")


def with_profile(name, picture, content, most=0, **options):
    picture.save(folder / name, icc_profile=content, **options)
    opened = Image.open(folder / name)
    if opened.mode == "RGBA":
        result = Image.new("RGB", opened.size, BACKGROUND)
        result.paste(converted(opened.convert("RGB"), content), mask=opened.getchannel("A"))
    else:
        result = converted(opened, content)
        result = result.getchannel(1) if opened.mode == "L" else result
    case(name, expected=result, most=most, profile=True)
    case(name, most=most)


with_profile("wide.png", colour, wide)
with_profile("wide-alpha.png", transparent, wide)
with_profile("light.png", gray, light)
with_profile("wide.jpg", colour, wide, quality=95, subsampling=0, most=2)
with_profile("wide.webp", colour, wide, lossless=True)
with_profile("wide.tif", colour, wide, compression="tiff_lzw")
with_profile("wide.avif", even, wide, quality=95, subsampling="4:4:4", most=10)
# The profile of most photographs: converting changes nothing, and is left out.
with_profile("srgb.png", colour, ImageCms.ImageCmsProfile(SRGB).tobytes(), most=1)

(folder / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")
print(len(cases), "cases")
