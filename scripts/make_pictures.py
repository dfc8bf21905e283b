"""Small PNG files for the demonstration and the examples, with Python's standard library alone.

make_pictures.py idx IMAGES COUNT FOLDER    the first pictures of a gzipped IDX file, as FOLDER/0000.png and so on
make_pictures.py stripes FOLDER             two classes that a small network tells apart: FOLDER/{across,along}/00.png
"""

import gzip
import pathlib
import random
import struct
import sys
import zlib


def write_png(path: pathlib.Path, rows: list[bytes]) -> None:
    """Rows of grey bytes as an 8-bit grey PNG (PNG specification, sections 5 and 11.2)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))


def idx(images: str, count: int, folder: pathlib.Path) -> None:
    with gzip.open(images) as file:
        magic, _, height, width = struct.unpack(">IIII", file.read(16))
        if magic != 2051:
            raise SystemExit(f"{images} is not an IDX file of pictures")
        for index in range(count):
            write_png(folder / f"{index:04}.png", [file.read(width) for _ in range(height)])


def stripes(folder: pathlib.Path, count: int = 60, size: int = 28) -> None:
    draw = random.Random(0)
    for index in range(count):
        period, shift = draw.uniform(4, 8), draw.uniform(0, 8)
        line = [255 if (place + shift) % period < period / 2 else 0 for place in range(size)]
        grey = lambda value: min(255, max(0, int(value * 0.6 + draw.uniform(0, 100))))  # noqa: E731
        across = [bytes(grey(line[row]) for _ in range(size)) for row in range(size)]
        along = [bytes(grey(line[column]) for column in range(size)) for _ in range(size)]
        write_png(folder / "across" / f"{index:02}.png", across)
        write_png(folder / "along" / f"{index:02}.png", along)


def main() -> None:
    match sys.argv[1:]:
        case ["idx", images, count, folder]:
            idx(images, int(count), pathlib.Path(folder))
        case ["stripes", folder]:
            stripes(pathlib.Path(folder))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
