"""The networks of Fovea's zoo as their authors wrote them: torchvision's, timm's and, for CIFAR, Idelbayev's.

Wants torchvision, and timm for the networks under its names (`pip install timm`). `FAMILIES` says which there are, by the
file of the zoo; `build(name, classes)` makes one. Shared by parameters.py and networks.py.
"""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "Benchmarks" / "peers"))
from cifar_resnet import CIFARResNet  # noqa: E402
from vision import torchvision  # noqa: E402

FAMILIES = {
    "AlexNet": ["alexnet"],
    "VGG": [f"vgg{layers}{norm}" for layers in (11, 13, 16, 19) for norm in ("", "_bn")],
    "SqueezeNet": ["squeezenet1_0", "squeezenet1_1"],
    "GoogLeNet": ["googlenet"],
    "ResNet": ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "wide_resnet50_2", "resnext50_32x4d"],
    "ResNetD": ["test_resnet", "resnet18d", "resnet26d", "resnet34d", "resnet50d"],
    "DenseNet": ["densenet121", "densenet169"],
    "MobileNetV2": ["mobilenet_v2_035", "mobilenet_v2_050", "mobilenet_v2_075", "mobilenet_v2", "mobilenet_v2_140"],
    "MobileNetV3": ["mobilenet_v3_small", "mobilenet_v3_large"],
    "ShuffleNetV2": [f"shufflenet_v2_x{width}" for width in ("0_5", "1_0", "1_5", "2_0")],
    "EfficientNet": [f"efficientnet_b{size}" for size in range(5)] + ["efficientnet_v2_s"],
    "RegNet": ["regnet_y_400mf", "regnet_y_800mf", "regnet_y_1_6gf"],
    "ConvNeXt": ["convnext_tiny", "convnext_small", "timm_convnext_tiny", "timm_convnext_small"],
    "TimmEfficientNet": ["test_efficientnet"] + [f"tf_efficientnet_b{size}" for size in range(5)]
    + ["tf_efficientnetv2_b0", "tf_efficientnetv2_s", "timm_efficientnet_b0"]
    + ["mobilenetv2_050", "mobilenetv2_100", "mobilenetv2_140"]
    + [f"tf_mobilenetv2_{width}" for width in ("035", "050", "075", "100", "140")],
    "CIFARResNet": ["resnet20", "resnet32", "resnet44", "resnet56"],
}


def build(name, classes=1000):
    if name in FAMILIES["CIFARResNet"]:
        return CIFARResNet(int(name[6:]), classes=classes)
    if name in [*FAMILIES["TimmEfficientNet"], *FAMILIES["ResNetD"]] or name.startswith("timm_"):
        import timm  # noqa: PLC0415

        if name.startswith("tf_mobilenet"):  # Of this timm has no form of its own, but all its parts.
            return timm.create_model(name.removeprefix("tf_"), num_classes=classes, pad_type="same", bn_eps=1e-3)
        return timm.create_model(name.removeprefix("timm_"), num_classes=classes)
    if name.startswith("mobilenet_v2_"):
        return torchvision.models.mobilenet_v2(num_classes=classes, width_mult=int(name[-3:]) / 100)
    if name == "googlenet":
        return torchvision.models.googlenet(num_classes=classes, aux_logits=False, init_weights=False)
    return torchvision.models.get_model(name, num_classes=classes)


def parameters(network):
    """What a checkpoint holds, in order; Fovea does not count batches."""
    return {k: v for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}


__all__ = ["FAMILIES", "build", "parameters", "torch"]
