"""Networks as files for the other runtimes, made once: `python export.py NETWORK FOLDER [int8-openvino | int8-onnxruntime]`.

Writes FOLDER/NETWORK.onnx (batch left open) and FOLDER/NETWORK.pt, or one of the quantised forms: NETWORK-int8.xml by NNCF
with its defaults, NETWORK-int8.onnx by ONNX Runtime (QDQ, a scale for each channel). Ranges come from random pictures:
what a runtime does with them is the same work.
"""

import pathlib
import sys

import numpy

SIZE, CLASSES, PICTURES = 224, 1000, 16


def pictures():
    random = numpy.random.default_rng(0)
    return [random.standard_normal((1, 3, SIZE, SIZE), numpy.float32) for _ in range(PICTURES)]


def floats(name: str, folder: pathlib.Path) -> None:
    import torch
    from networks import build

    network = build(name, SIZE, 3, CLASSES).eval()
    torch.save(network.state_dict(), folder / f"{name}.pt")
    torch.onnx.export(
        network, torch.randn(1, 3, SIZE, SIZE), folder / f"{name}.onnx", dynamo=False, input_names=["x"],
        output_names=["y"], dynamic_axes={"x": {0: "n"}, "y": {0: "n"}},
    )  # fmt: skip


def openvino(name: str, folder: pathlib.Path) -> None:
    import nncf
    import openvino

    network = openvino.Core().read_model(folder / f"{name}.onnx")
    network.reshape([-1, 3, SIZE, SIZE])
    quantized = nncf.quantize(network, nncf.Dataset(pictures()), subset_size=PICTURES)
    openvino.save_model(quantized, folder / f"{name}-int8.xml", compress_to_fp16=False)


def onnxruntime(name: str, folder: pathlib.Path) -> None:
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(quantization.CalibrationDataReader):
        def __init__(self) -> None:
            self.left = iter(pictures())

        def get_next(self):
            picture = next(self.left, None)
            return None if picture is None else {"x": picture}

    prepared = folder / f"{name}-prepared.onnx"
    quant_pre_process(str(folder / f"{name}.onnx"), str(prepared))
    quantization.quantize_static(
        str(prepared), str(folder / f"{name}-int8.onnx"), Reader(), quant_format=quantization.QuantFormat.QDQ,
        per_channel=True, activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8,
    )  # fmt: skip
    prepared.unlink()


if __name__ == "__main__":
    name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    {"int8-openvino": openvino, "int8-onnxruntime": onnxruntime}.get((sys.argv + [""])[3], floats)(name, folder)
