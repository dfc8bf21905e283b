"""One picture through ResNet-18 with ONNX Runtime and Pillow: `predict_onnxruntime.py NETWORK.onnx PICTURE.jpg`."""

import sys

import numpy
import onnxruntime
from PIL import Image

picture = Image.open(sys.argv[2]).convert("RGB")
scale = 256 / min(picture.size)
picture = picture.resize([round(side * scale) for side in picture.size], Image.BILINEAR)
left, top = (picture.width - 224) // 2, (picture.height - 224) // 2
pixels = numpy.asarray(picture.crop((left, top, left + 224, top + 224)), numpy.float32) / 255
pixels = (pixels - numpy.float32([0.485, 0.456, 0.406])) / numpy.float32([0.229, 0.224, 0.225])
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
logits = session.run(None, {"x": pixels.transpose(2, 0, 1)[None]})[0][0]
answers = numpy.exp(logits - logits.max())
answers /= answers.sum()
for index in answers.argsort()[::-1][:5]:
    print(f"{index} {answers[index]:.4f}")
