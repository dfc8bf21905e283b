"""ONNX Runtime, inference on its CPU provider. See serving.py for how it is driven.

MODE: network, size, batch, precision (f32, int8), models (folder). Its CPU provider has no bf16 on this kind of processor.
"""

import numpy
import onnxruntime
from serving import mode, serve, threads


def main() -> None:
    settings = mode()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    kind = "-int8.onnx" if settings["precision"] == "int8" else ".onnx"
    session = onnxruntime.InferenceSession(
        f"{settings['models']}/{settings['network']}{kind}", options, providers=["CPUExecutionProvider"]
    )
    shape = (settings["batch"], 3, settings["size"], settings["size"])
    pictures = numpy.random.default_rng(0).standard_normal(shape, numpy.float32)
    serve(settings, {"onnxruntime": onnxruntime.__version__}, lambda: session.run(None, {"x": pictures}))


if __name__ == "__main__":
    main()
