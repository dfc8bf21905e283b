"""PyTorch, training or inference, in one mode. See serving.py for how it is driven.

MODE: work, network, size, channels, classes, batch, precision (f32, bf16), compile (null, "default", "max-autotune"),
channels_last, converted (weights in bf16 instead of autocast; inference). A training step is forward, cross entropy,
backward and SGD with Nesterov's momentum and weight decay, on one batch in memory: what Fovea's step is.
"""

import torch
from networks import build
from serving import mode, serve, threads
from torch import nn


def parameter_groups(network: nn.Module) -> list[dict]:
    """Weight decay for matrices and filters alone, as Fovea does."""
    matrices = [parameter for parameter in network.parameters() if parameter.ndim > 1]
    vectors = [parameter for parameter in network.parameters() if parameter.ndim <= 1]
    return [{"params": matrices, "weight_decay": 5e-4}, {"params": vectors, "weight_decay": 0.0}]


def training(settings: dict, network: nn.Module, pictures: torch.Tensor):
    network.train()
    labels = torch.randint(0, settings["classes"], (len(pictures),))
    loss = nn.CrossEntropyLoss(label_smoothing=0.05)
    optimizer = torch.optim.SGD(parameter_groups(network), lr=1e-4, momentum=0.9, nesterov=True, fused=True)

    def forward(pictures: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return loss(network(pictures), labels)

    if settings["compile"]:
        forward = torch.compile(forward, mode=settings["compile"])

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=settings["precision"] == "bf16"):
            value = forward(pictures, labels)
        value.backward()
        optimizer.step()

    return step


def inference(settings: dict, network: nn.Module, pictures: torch.Tensor):
    network.eval()
    half = settings["precision"] == "bf16"
    if half and settings.get("converted"):
        network, pictures, half = network.bfloat16(), pictures.bfloat16(), False
    if settings["compile"]:
        torch._inductor.config.freezing = True
        network = torch.compile(network, mode=settings["compile"])

    def run() -> None:
        with torch.inference_mode(not settings["compile"]), torch.no_grad():
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
                network(pictures)

    return run


def main() -> None:
    settings = mode()
    torch.set_num_threads(threads())
    torch.manual_seed(0)
    layout = torch.channels_last if settings["channels_last"] else torch.contiguous_format
    size, channels = settings["size"], settings["channels"]
    network = build(settings["network"], size, channels, settings["classes"]).to(memory_format=layout)
    pictures = torch.randn(settings["batch"], channels, size, size).contiguous(memory_format=layout)
    work = training if settings["work"] == "training" else inference
    serve(settings, {"torch": torch.__version__}, work(settings, network, pictures))


if __name__ == "__main__":
    main()
