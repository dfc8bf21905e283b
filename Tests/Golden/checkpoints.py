"""Checkpoints as PyTorch writes them, and files that only look like some. Element i of the tensor number n is (i + n - 5) / 8,
which every float type holds exactly. Writes into Tests/Golden/checkpoints; needs torch (Tests/requirements.txt).

The hostile files are made with pickle alone: writing them runs nothing, and nothing of ours ever loads them in Python.
"""

import collections
import io
import os
import pathlib
import pickle
import zipfile

import torch

folder = pathlib.Path(__file__).parent / "checkpoints"
folder.mkdir(exist_ok=True)


def tensor(number, *shape, dtype=torch.float32):
    count = 1
    for extent in shape:
        count *= extent
    return ((torch.arange(count, dtype=torch.float32) + number - 5) / 8).reshape(shape).to(dtype)


def weights(dtype=torch.float32, prefix=""):
    return collections.OrderedDict(
        [
            (prefix + "conv1.weight", tensor(0, 4, 3, 3, 3, dtype=dtype)),
            (prefix + "bn1.weight", tensor(1, 4, dtype=dtype)),
            (prefix + "bn1.num_batches_tracked", torch.tensor(7)),
            (prefix + "fc.weight", tensor(2, 5, 4, dtype=dtype)),
            (prefix + "fc.bias", tensor(3, 5, dtype=dtype)),
        ]
    )


def save(name, value, **options):
    torch.save(value, folder / name, **options)


save("zip.pth", weights())
save("legacy.th", weights(), _use_new_zipfile_serialization=False)
for protocol in (3, 4, 5):
    save(f"protocol-{protocol}.pth", weights(), pickle_protocol=protocol)
save("half.pth", weights(torch.float16))
save("bfloat16.pth", weights(torch.bfloat16))
save("double.th", weights(torch.float64), _use_new_zipfile_serialization=False)
save("parallel.pth", {"state_dict": weights(prefix="module."), "epoch": 3, "best": 0.5, "done": True, "name": "run"})
save("compiled.pth", {"model": weights(prefix="_orig_mod.module.")})
averaged = weights()
for name in averaged:
    averaged[name] = averaged[name] * 0 - 1
save("two-sets.pth", {"state_dict": averaged, "state_dict_ema": weights(), "arch": "smallcnn", "args": None})
save("both-ema.pth", {"model": averaged, "ema": {"module": weights()}})
parameters = weights()
for name in ("conv1.weight", "fc.weight"):
    parameters[name] = torch.nn.Parameter(parameters[name])
save("parameters.pth", {"model_state_dict": parameters, "optimizer": {"state": {}, "param_groups": [{"lr": 0.1}]}})

# Elements that do not lie in order, and tensors that share what they lie in.
strided = weights()
strided["conv1.weight"] = strided["conv1.weight"].to(memory_format=torch.channels_last)
whole = torch.cat([torch.zeros(3), strided["fc.weight"].t().reshape(-1), strided["fc.bias"]])
strided["fc.weight"] = whole[3:23].reshape(4, 5).t()
strided["fc.bias"] = whole[23:]
save("strided.pth", strided)
save("strided.th", strided, _use_new_zipfile_serialization=False)

# A big-endian machine's file: the same archive with its elements' bytes turned round.
with zipfile.ZipFile(folder / "zip.pth") as source, zipfile.ZipFile(folder / "big-endian.pth", "w") as target:
    for member in source.namelist():
        content = source.read(member)
        if member.endswith("/byteorder"):
            content = b"big"
        elif "/data/" in member and len(content) != 8:
            content = b"".join(content[i : i + 4][::-1] for i in range(0, len(content), 4))
        target.writestr(member, content)

# What is data, but no weights to start from.
with torch.no_grad():
    save("quantized.pth", {"fc.weight": torch.quantize_per_tensor(tensor(2, 5, 4), 0.125, 0, torch.qint8)})
save("whole-module.pth", torch.nn.Linear(4, 5))
program = io.BytesIO()
torch.jit.save(torch.jit.script(torch.nn.Sequential(torch.nn.Linear(4, 5))), program)
with zipfile.ZipFile(program) as source, zipfile.ZipFile(folder / "program.pt", "w") as target:
    for member in source.namelist():
        # Without the notes for debuggers, which name folders of the machine.
        if not member.endswith(".debug_pkl"):
            target.writestr(member, source.read(member))


class Call:
    """A pickle that calls something when Python loads it."""

    def __init__(self, what, *arguments):
        self.what, self.arguments = what, arguments

    def __reduce__(self):
        return self.what, self.arguments


command = "touch fovea-was-here"
hostile = {
    "os-system": Call(os.system, command),
    "eval": Call(eval, f"__import__('os').system({command!r})"),
    "nested": {"state_dict": {"fc.weight": [Call(getattr, Call(__import__, "os"), "system")]}},
    "inner": collections.OrderedDict([("fc.weight", tensor(0, 2)), ("hook", Call(exec, "import os"))]),
}
for name, value in hostile.items():
    for protocol in (0, 2, 4):
        (folder / f"{name}-{protocol}.bin").write_bytes(pickle.dumps(value, protocol=protocol)) if name != "inner" else None
    save(f"{name}.pth", value)
    save(f"{name}.th", value, _use_new_zipfile_serialization=False)


def archive(name, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(folder / name, "w", compression) as target:
        for path, content in members.items():
            target.writestr(path, content)


# A megabyte of zeros in a kilobyte.
archive("bomb.pth", {"a/data.pkl": pickle.dumps(None, 2), "a/data/0": bytes(1 << 20)}, zipfile.ZIP_DEFLATED)


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        return value.identifier if isinstance(value, Storage) else None


class Storage:
    def __init__(self, key, count):
        self.identifier = ("storage", torch.FloatStorage, key, "cpu", count)


class Rebuilt:
    def __init__(self, *arguments):
        self.arguments = arguments

    def __reduce__(self):
        return torch._utils._rebuild_tensor_v2, self.arguments


def pickled(value):
    out = io.BytesIO()
    Pickler(out, protocol=2).dump(value)
    return out.getvalue()


none = collections.OrderedDict()
archive(
    "expanded.pth",
    {"a/data.pkl": pickled({"w": Rebuilt(Storage("0", 1), 0, (1 << 20, 1 << 20), (0, 0), False, none)}), "a/data/0": bytes(4)},
)
archive(
    "claimed.pth",
    {"a/data.pkl": pickled({"w": Rebuilt(Storage("0", 1 << 34), 0, (1 << 34,), (0,), False, none)}), "a/data/0": bytes(4)},
)
archive(
    "beyond.pth",
    {"a/data.pkl": pickled({"w": Rebuilt(Storage("0", 4), 2, (4,), (1,), False, none)}), "a/data/0": bytes(16)},
)
archive(
    "short.pth",
    {"a/data.pkl": pickled({"w": Rebuilt(Storage("0", 4), 0, (4,), (1,), False, none)}), "a/data/0": bytes(8)},
)
archive(
    "missing.pth",
    {"a/data.pkl": pickled({"w": Rebuilt(Storage("7", 4), 0, (4,), (1,), False, none)}), "a/data/0": bytes(16)},
)
archive("no-weights.pth", {"a/data.pkl": pickle.dumps({"epoch": 3}, 2)})
