"""OpenVINO, inference, in one mode. See serving.py for how it is driven.

MODE: network, size, batch, precision (f32, bf16, int8: the file that NNCF made), models (folder), hint ("LATENCY",
"THROUGHPUT"), requests ("one": one after the other; "queue": as many at once as OpenVINO thinks best), picture_batch (the
pictures of one request: `batch`, or 1 with a queue, which is how OpenVINO likes its throughput).
"""

import numpy
import openvino
from serving import mode, serve, threads


def main() -> None:
    settings = mode()
    size, batch = settings["size"], settings["picture_batch"]
    kind = "-int8.xml" if settings["precision"] == "int8" else ".onnx"
    core = openvino.Core()
    network = core.read_model(f"{settings['models']}/{settings['network']}{kind}")
    network.reshape([batch, 3, size, size])
    options = {"PERFORMANCE_HINT": settings["hint"], "INFERENCE_NUM_THREADS": threads()}
    if settings["precision"] != "int8":
        options["INFERENCE_PRECISION_HINT"] = settings["precision"]
    elif settings.get("others"):
        options["INFERENCE_PRECISION_HINT"] = settings["others"]
    compiled = core.compile_model(network, "CPU", options)
    pictures = numpy.random.default_rng(0).standard_normal((batch, 3, size, size), numpy.float32)
    versions = {"openvino": openvino.__version__}
    if settings["requests"] == "one":
        request = compiled.create_infer_request()
        request.set_input_tensor(openvino.Tensor(pictures, shared_memory=True))
        serve(settings, versions, request.infer)
        return
    queue = openvino.AsyncInferQueue(compiled)
    for request in queue:
        request.set_input_tensor(openvino.Tensor(pictures.copy(), shared_memory=False))
    # A round is long enough that its ends do not count; what is told is the time of one batch.
    batches = max(2 * len(queue) * batch, 64) // settings["batch"] or 1
    requests = batches * settings["batch"] // batch

    def run() -> None:
        for _ in range(requests):
            queue.start_async()
        queue.wait_all()

    serve(settings, versions, run, runs_each=batches, warm_up=2)


if __name__ == "__main__":
    main()
