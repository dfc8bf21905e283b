"""Writes parameters/FAMILY.json: names and shapes of the originals' parameters, in order, with 1000 classes.

    python3 Tests/Golden/parameters.py

What the networks of the same name must have, so that weights load unchanged.
"""

import json
from pathlib import Path

from originals import FAMILIES, build, parameters

folder = Path(__file__).parent / "parameters"
folder.mkdir(exist_ok=True)
for family, names in FAMILIES.items():
    golden = {}
    for name in names:
        network = build(name)
        golden[name] = [f"{key} {tuple(value.shape)}".replace(",)", ")") for key, value in parameters(network).items()]
    (folder / f"{family}.json").write_text(json.dumps(golden, indent=1) + "\n")
