"""The networks of Fovea's zoo as their authors wrote them: torchvision's, timm's and, for CIFAR, Idelbayev's.

Wants torchvision, and timm for the networks under its names (`pip install timm`). `FAMILIES` says which there are, by the
file of the zoo; `build(name, classes)` makes one. Shared by parameters.py and networks.py.
"""

import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parents[2] / "Benchmarks" / "peers"))
from vision import torchvision  # noqa: E402

FAMILIES = {
    "AlexNet": ["alexnet"],
    "VGG": [f"vgg{layers}{norm}" for layers in (11, 13, 16, 19) for norm in ("", "_bn")],
    "SqueezeNet": ["squeezenet1_0", "squeezenet1_1"],
    "GoogLeNet": ["googlenet"],
    "ResNet": ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "wide_resnet50_2", "resnext50_32x4d"],
    "DenseNet": ["densenet121", "densenet169"],
    "MobileNetV2": ["mobilenet_v2_035", "mobilenet_v2_050", "mobilenet_v2_075", "mobilenet_v2", "mobilenet_v2_140"],
    "MobileNetV3": ["mobilenet_v3_small", "mobilenet_v3_large"],
    "ShuffleNetV2": [f"shufflenet_v2_x{width}" for width in ("0_5", "1_0", "1_5", "2_0")],
    "EfficientNet": [f"efficientnet_b{size}" for size in range(5)] + ["efficientnet_v2_s"],
    "RegNet": ["regnet_y_400mf", "regnet_y_800mf", "regnet_y_1_6gf"],
    "ConvNeXt": ["convnext_tiny", "convnext_small", "timm_convnext_tiny", "timm_convnext_small"],
    "TimmEfficientNet": ["test_efficientnet"] + [f"tf_efficientnet_b{size}" for size in range(5)]
    + ["tf_efficientnetv2_b0", "tf_efficientnetv2_s", "timm_efficientnet_b0"]
    + ["mobilenetv2_050", "mobilenetv2_100", "mobilenetv2_140"],
    "CIFARResNet": ["resnet20", "resnet32", "resnet44", "resnet56"],
}


class CIFARBlock(nn.Module):
    """He et al. 2015, figure 2, with the shortcut of option A, as in Idelbayev's pytorch_resnet_cifar10."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.added = outputs - inputs

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.added:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.added // 2, self.added // 2))
        return F.relu(y + x)


class CIFARResNet(nn.Module):
    def __init__(self, blocks, classes):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
        for stage, (inputs, outputs, stride) in enumerate([(16, 16, 1), (16, 32, 2), (32, 64, 2)]):
            layers = [CIFARBlock(inputs, outputs, stride)]
            layers += [CIFARBlock(outputs, outputs, 1) for _ in range(blocks - 1)]
            self.add_module(f"layer{stage + 1}", nn.Sequential(*layers))
        self.linear = nn.Linear(64, classes)

    def forward(self, x):
        y = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.linear(y.mean((2, 3)))


def build(name, classes=1000):
    if name in FAMILIES["CIFARResNet"]:
        return CIFARResNet((int(name[6:]) - 2) // 6, classes)
    if name in FAMILIES["TimmEfficientNet"] or name.startswith("timm_"):
        import timm  # noqa: PLC0415

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
