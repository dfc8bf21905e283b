"""The networks that Fovea is compared on, as PyTorch modules with random weights.

Those of torchvision are torchvision's own; the others are written here layer for layer as Fovea's registry has them. Names
are Fovea's. Pictures of up to 64 px get the forms that Fovea gives them.
"""

import torch
from cifar_resnet import CIFARResNet
from torch import nn


def plaincnn(channels: int, classes: int) -> nn.Module:
    """Three convolutions, 32-64-128, with norms, pooling and one fully connected layer; for 28 px."""

    def block(inputs: int, outputs: int) -> list[nn.Module]:
        convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        return [convolution, nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]

    layers = block(channels, 32) + block(32, 64) + block(64, 128)
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(128 * 3 * 3, classes))


class SmallCNN(nn.Module):
    """Fovea's default for small pictures: a stem, then two stages of a convolution and a residual one."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()

        def block(inputs: int, outputs: int) -> nn.Sequential:
            convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
            return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())

        self.stem = nn.Sequential(block(channels, 32), nn.MaxPool2d(2))
        self.widen = nn.ModuleList([block(32, 64), block(64, 128)])
        self.refine = nn.ModuleList([block(64, 64), block(128, 128)])
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Linear(128, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.widen[0](self.stem(x))
        y = self.widen[1](self.pool(y + self.refine[0](y)))
        y = y + self.refine[1](y)
        return self.head(y.mean((2, 3)))


def build(name: str, size: int, channels: int, classes: int) -> nn.Module:
    torch.manual_seed(0)
    if name == "plaincnn":
        return plaincnn(channels, classes)
    if name == "smallcnn":
        return SmallCNN(channels, classes)
    if name in ("resnet20", "resnet32", "resnet44", "resnet56"):
        return CIFARResNet(int(name[6:]), channels, classes)
    from vision import torchvision

    more = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    network = torchvision.models.get_model(name, num_classes=classes, **more)
    if name.startswith("resnet") and size <= 64:
        # A 3 x 3 stem of stride 1, no pooling behind it.
        network.conv1 = nn.Conv2d(channels, 64, 3, stride=1, padding=1, bias=False)
        network.maxpool = nn.Identity()
    elif size <= 64 or channels != 3:
        raise SystemExit(f"networks.py has no {name} for {channels} channels of {size} px")
    return network
