"""Names and shapes of torchvision's parameters, in its order: what the networks of the same name must have.

    python torchvision-parameters.py > torchvision-parameters.json

Made with torchvision 0.28.0 on PyTorch 2.13.0; `Benchmarks/peers` says how to install the two beside each other.
`num_batches_tracked` is left out: Fovea does not count batches.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "Benchmarks" / "peers"))
from vision import torchvision  # noqa: E402

golden = {}
for name in ("resnet18", "resnet34", "resnet50", "vgg11_bn", "mobilenet_v2"):
    network = getattr(torchvision.models, name)()
    golden[name] = [
        f"{key} {tuple(value.shape)}".replace(",)", ")")
        for key, value in network.state_dict().items()
        if not key.endswith("num_batches_tracked")
    ]
print(json.dumps(golden, indent=1))
