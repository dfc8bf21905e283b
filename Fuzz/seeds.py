"""Makes the seeds that are not text: small IDX and CIFAR files, shards, packed folders. `python3 Fuzz/seeds.py`"""

import gzip
import io
import pathlib
import struct
import tarfile
import zipfile

HERE = pathlib.Path(__file__).parent / "seeds"


def write(name: str, data: bytes) -> None:
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def idx(shape: tuple[int, ...]) -> bytes:
    count = 1
    for extent in shape:
        count *= extent
    header = struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)
    return header + bytes(n % 251 for n in range(count))


def tar(members: dict[str, bytes], form: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    whole = out.getvalue()
    # Without the zeros that fill a record.
    return whole[: len(whole.rstrip(b"\0")) // 512 * 512 + 512 + 1024]


def archive(members: dict[str, bytes], method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as packed:
        for name, data in members.items():
            packed.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return out.getvalue()


write("idx/pictures", idx((3, 4, 5)))
write("idx/labels", idx((3,)))
write("idx/pictures.gz", gzip.compress(idx((2, 2, 2)), mtime=0))
write("cifar/ten.bin", bytes([7]) + bytes(3072))
write("cifar/hundred.bin", bytes([3, 99]) + bytes(3072))
shard = {
    "a/0.jpg": b"picture", "a/0.cls": b"1", "a/1.jpg": b"other", "a/1.cls": b"0",
    "a/1.json": b'{"label": 0, "class_name": "cat", "split": "val", "weight": 0.5, "group": "g"}',
}
write("tar/shard.tar", tar(shard, tarfile.USTAR_FORMAT))
folders = {"train/cat/é.png": b"one", "train/dog/2.png": b"two", "val/cat/3.png": b"three", "readme.txt": b"text"}
write("tar/packed.tar", tar(folders, tarfile.PAX_FORMAT))
write("tar/long.tar", tar({"cat/" + "x" * 120 + ".png": b"one", "dog/2.png": b"two"}, tarfile.GNU_FORMAT))
write("tar/packed.tar.gz", gzip.compress(tar(folders, tarfile.USTAR_FORMAT), mtime=0))
write("zip/deflated.zip", archive({**folders, "dog/big.png": b"ab" * 500}, zipfile.ZIP_DEFLATED))
write("zip/stored.zip", archive(folders, zipfile.ZIP_STORED))


def field(number: int, content: bytes | int) -> bytes:
    """A field of a protobuf message of less than 128 bytes."""
    if isinstance(content, int):
        return bytes([number << 3, content])
    return bytes([number << 3 | 2, len(content)]) + content


def onnx(*tensors: bytes) -> bytes:
    return field(1, 7) + field(7, b"".join(field(5, tensor) for tensor in tensors))


named = field(1, 2) + field(1, 3) + field(2, 1) + field(8, b"fc.weight")
write("onnx/raw", onnx(named + field(9, bytes(24))))
write("onnx/packed", onnx(named + field(4, bytes(24)), field(1, b"\2") + field(2, 10) + field(8, b"b") + field(9, bytes(4))))
write("onnx/elsewhere", onnx(named + field(14, 1)))
