"""What Pillow makes of files, for PillowAgreementTests, which holds the decoder to it on files that are not in the
repository.

    decode.py FOLDER FILE...

writes FOLDER/NAME.pixels for each file that Pillow reads: a line "width height channels", then the samples, upright, over
black; over white in FOLDER/NAME.white where there is transparency. 16-bit samples give their high byte.
"""
import pathlib
import sys

import numpy
from PIL import Image, ImageFile, ImageOps

assert not ImageFile.LOAD_TRUNCATED_IMAGES
folder = pathlib.Path(sys.argv[1])


def write(path, picture):
    pixels = numpy.asarray(picture)
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    path.write_bytes(b"%d %d %d\n" % (picture.width, picture.height, channels) + pixels.tobytes())


for name in sys.argv[2:]:
    path = pathlib.Path(name)
    try:
        opened = Image.open(path)
        opened.load()
        # EXIF alone counts; Pillow would take an orientation from XMP text as well.
        picture = ImageOps.exif_transpose(opened) if "exif" in opened.info else opened
    except Exception as problem:  # noqa: BLE001  whatever Pillow says of a broken file
        print(f"{path.name}: {type(problem).__name__}")
        continue
    if picture.mode.startswith("I;16"):
        write(folder / (path.name + ".pixels"), Image.fromarray((numpy.asarray(picture) >> 8).astype(numpy.uint8)))
    elif "A" in picture.mode or "transparency" in picture.info:
        full = picture.convert("RGBA")
        for suffix, colour in ((".pixels", (0, 0, 0)), (".white", (255, 255, 255))):
            result = Image.new("RGB", full.size, colour)
            result.paste(full.convert("RGB"), mask=full.getchannel("A"))
            write(folder / (path.name + suffix), result)
    else:
        write(folder / (path.name + ".pixels"), picture.convert("L" if picture.mode in ("L", "1") else "RGB"))
