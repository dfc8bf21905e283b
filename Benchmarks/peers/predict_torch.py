"""One picture through ResNet-18 with PyTorch and torchvision, as a script: `predict_torch.py WEIGHTS.pt PICTURE.jpg`."""

import sys

import torch
from PIL import Image
from vision import torchvision

transforms = torchvision.transforms
network = torchvision.models.resnet18()
network.load_state_dict(torch.load(sys.argv[1], weights_only=True))
network.eval()
prepare = transforms.Compose([
    transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(),
    transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
])  # fmt: skip
with torch.inference_mode():
    answers = network(prepare(Image.open(sys.argv[2]).convert("RGB"))[None]).softmax(1)[0]
for probability, index in zip(*answers.topk(5)):
    print(f"{int(index)} {float(probability):.4f}")
