"""Writes transformers.golden: what transformers' own classes answer with drawn weights, and the files they would save.

    pip install transformers && python3 Tests/Golden/transformers_networks.py

Weights are drawn by the formula of drawn.py under transformers' names, so that the golden holds results alone, in double
precision: `NAME/logits` (BATCH, CLASSES) for pictures of SIZE, and as text, by NAME, `config` (config.json as it is
saved) and `parameters` (names and shapes in the order of the file). Written with transformers 5.24.
"""

import json
from pathlib import Path

import torch
import transformers
from drawn import draw, uniform, write

BATCH, CLASSES, SIZE = 2, 10, 65
NETWORKS = {
    "resnet18": ("ResNet", {"depths": [2, 2, 2, 2], "hidden_sizes": [64, 128, 256, 512], "layer_type": "basic"}),
    "resnet50": ("ResNet", {}),
    "regnet_y_400mf": ("RegNet", {"embedding_size": 32, "hidden_sizes": [48, 104, 208, 440], "depths": [1, 3, 6, 6],
                                  "groups_width": 8}),
    "timm_convnext_tiny": ("ConvNext", {}),
}


def prepare(kind, changes):
    configuration = getattr(transformers, kind + "Config")(num_labels=CLASSES, **changes)
    network = getattr(transformers, kind + "ForImageClassification")(configuration)
    state = {key: draw(key, tuple(value.shape)) for key, value in network.state_dict().items() if value.dim() > 0}
    network.load_state_dict(state, strict=False)
    return network.double().eval()


tensors, texts = {}, {}
x = torch.from_numpy(uniform("x", BATCH * 3 * SIZE * SIZE).reshape(BATCH, 3, SIZE, SIZE))
for name, (kind, changes) in NETWORKS.items():
    network = prepare(kind, changes)
    with torch.no_grad():
        tensors[f"{name}/logits"] = network(x).logits
    configuration = network.config.to_diff_dict() | {"architectures": [type(network).__name__]}
    shapes = [[key, list(value.shape)] for key, value in network.state_dict().items()]
    texts[name] = json.dumps({"config": configuration, "parameters": shapes})
write(Path(__file__).parent / "transformers.golden", tensors, texts)
