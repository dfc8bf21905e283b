"""Writes transformers.golden: what transformers' own classes answer with drawn weights, and the files they would save.

    pip install transformers && python3 Tests/Golden/transformers_networks.py

Weights are drawn by the formula of drawn.py under transformers' names, so that the golden holds results alone, in double
precision: `NAME/logits` (BATCH, CLASSES), and as text, by NAME, `size` of the pictures, `config` (config.json as it is
saved) and `parameters` (names and shapes in the order of the file). Written with transformers 5.24.
"""

import json
from pathlib import Path

import torch
import transformers
from drawn import draw, uniform, write

BATCH, CLASSES = 2, 10
# An odd size shows how a network pads; of EfficientNets transformers pads an even number of pixels right, at every stride.
SIZES = {"tf_efficientnet_b0": 64, "tf_efficientnet_b2": 64}
NETWORKS = {
    "resnet18": ("ResNet", {"depths": [2, 2, 2, 2], "hidden_sizes": [64, 128, 256, 512], "layer_type": "basic"}),
    "resnet50": ("ResNet", {}),
    "regnet_y_400mf": ("RegNet", {"embedding_size": 32, "hidden_sizes": [48, 104, 208, 440], "depths": [1, 3, 6, 6],
                                  "groups_width": 8}),
    "timm_convnext_tiny": ("ConvNext", {}),
    "tf_efficientnet_b0": ("EfficientNet", {"width_coefficient": 1.0, "depth_coefficient": 1.0, "hidden_dim": 1280}),
    "tf_efficientnet_b2": ("EfficientNet", {"width_coefficient": 1.1, "depth_coefficient": 1.2, "hidden_dim": 1408}),
    "tf_mobilenetv2_100": ("MobileNetV2", {}),
}


def prepare(kind, changes):
    configuration = getattr(transformers, kind + "Config")(num_labels=CLASSES, **changes)
    network = getattr(transformers, kind + "ForImageClassification")(configuration)
    state = {key: draw(key, tuple(value.shape)) for key, value in network.state_dict().items() if value.dim() > 0}
    network.load_state_dict(state, strict=False)
    return network.double().eval()


tensors, texts = {}, {}
for name, (kind, changes) in NETWORKS.items():
    network, size = prepare(kind, changes), SIZES.get(name, 65)
    x = torch.from_numpy(uniform("x", BATCH * 3 * size * size).reshape(BATCH, 3, size, size))
    with torch.no_grad():
        tensors[f"{name}/logits"] = network(x).logits
    configuration = network.config.to_diff_dict() | {"architectures": [type(network).__name__]}
    shapes = [[key, list(value.shape)] for key, value in network.state_dict().items()]
    texts[name] = json.dumps({"size": size, "config": configuration, "parameters": shapes}, separators=(",", ":"))
write(Path(__file__).parent / "transformers.golden", tensors, texts)
