"""Weights and pictures that are drawn by a formula, which the tests have too (Tests/TestSupport/Drawn.swift): goldens of whole
networks then hold results alone. Shared by networks.py and transformers_networks.py.
"""

import json
import struct

import numpy
import torch


def uniform(name, count):
    """-1 ..< 1, exact in f32: a hash of the name, of FNV-1a, mixed with the index as MurmurHash3 ends."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = (seed ^ byte) * 0x01000193 & 0xFFFFFFFF
    x = numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(0x9E3779B9) + numpy.uint32(seed)
    x ^= x >> 16
    x *= numpy.uint32(0x85EBCA6B)
    x ^= x >> 13
    x *= numpy.uint32(0xC2B2AE35)
    x ^= x >> 16
    return (x >> 8).astype(numpy.float64) * 2.0 ** -23 - 1


def draw(name, shape):
    """A parameter, exact in f32: filters that keep the variance, scales and variances around 1, biases and means around 0."""
    u = uniform(name, int(numpy.prod(shape)))
    if name.endswith(("bias", "running_mean")):
        values = u * 0.2
    elif len(shape) == 1 or name.endswith(("gamma", "layer_scale")):
        values = 1 + u * 0.5
    else:
        values = u * (3 / (numpy.prod(shape[1:]))) ** 0.5
    return torch.from_numpy(values.astype(numpy.float32).reshape(shape))


def write(path, tensors, metadata):
    index, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        raw = tensor.detach().contiguous().numpy().astype("<f8").tobytes()
        index[name] = {"dtype": "F64", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    head = json.dumps(index).encode()
    path.write_bytes(struct.pack("<Q", len(head)) + head + data)
    assert path.stat().st_size <= 200_000, f"{path} is too large"
