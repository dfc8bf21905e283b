"""The rows of the table, and the modes in which a peer could be at its best on each. Data alone; nothing runs here.

A mode is what a peer's script is told (see peers/), with `peer`, the script, and `tcmalloc`, whether it runs on Google's
allocator. The bars are ratios of the peer's time to ours unless they say otherwise.
"""

import dataclasses
import fnmatch

SMALL = {"size": 28, "channels": 1, "classes": 10, "batch": 128}
LARGE = {"size": 224, "channels": 3, "classes": 1000}
TITLES = {
    "resnet18": "ResNet-18", "resnet50": "ResNet-50", "mobilenet_v2": "MobileNetV2", "plaincnn": "three convolutions",
    "smallcnn": "smallcnn", "alexnet": "AlexNet", "vgg11_bn": "VGG-11", "squeezenet1_1": "SqueezeNet 1.1",
    "googlenet": "GoogLeNet", "resnet20": "ResNet-20", "wide_resnet50_2": "Wide-ResNet-50-2",
    "resnext50_32x4d": "ResNeXt-50", "densenet121": "DenseNet-121", "mobilenet_v3_small": "MobileNetV3 small",
    "mobilenet_v3_large": "MobileNetV3 large", "shufflenet_v2_x1_0": "ShuffleNetV2 1.0",
    "efficientnet_b0": "EfficientNet-B0", "efficientnet_v2_s": "EfficientNetV2-S", "regnet_y_400mf": "RegNetY-400MF",
    "convnext_tiny": "ConvNeXt tiny",
}  # fmt: skip
#: One of each family of the zoo, with its batch in training: what the table of families compares with PyTorch.
FAMILIES = {
    "alexnet": 32, "vgg11_bn": 16, "squeezenet1_1": 32, "googlenet": 32, "resnet18": 32, "resnet20": 128,
    "wide_resnet50_2": 16, "resnext50_32x4d": 16, "densenet121": 16, "mobilenet_v2": 32, "mobilenet_v3_small": 32,
    "mobilenet_v3_large": 32, "shufflenet_v2_x1_0": 32, "efficientnet_b0": 32, "efficientnet_v2_s": 16,
    "regnet_y_400mf": 32, "convnext_tiny": 16,
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    #: training, inference, predict, memory or start
    work: str
    network: str
    #: f32, bf16, int8 or best: of f32 and bf16 what is faster, for each side by itself
    precision: str
    bar: float | None = None
    size: int = 224
    channels: int = 3
    classes: int = 1000
    batch: int = 32
    #: whether both sides are held to AVX2
    avx2: bool = False
    #: whether PyTorch is the only peer
    only_torch: bool = False

    @property
    def title(self) -> str:
        name = TITLES[self.network]
        match self.work:
            case "predict":
                peer = self.name.rsplit("-", 1)[1].replace("torch", "PyTorch").replace("onnxruntime", "ONNX Runtime")
                return f"`fovea predict`, {name}, one JPEG, whole process, against a script with {peer}"
            case "memory":
                return f"{name} training step, {self.size} px, batch {self.batch}, {self.precision}: peak memory"
            case "start":
                return f"{name}, {self.size} px, batch {self.batch}, {self.precision}: to the end of the first step"
        limit = ", held to AVX2" if self.avx2 else ""
        precision = "best precision" if self.precision == "best" else self.precision
        return f"{name} {self.work}, {self.size} px, batch {self.batch}, {precision}{limit}"

    @property
    def precisions(self) -> list[str]:
        return ["f32", "bf16"] if self.precision == "best" else [self.precision]

    @property
    def settings(self) -> dict:
        """What a peer's script needs to know of the row."""
        keys = ("work", "network", "size", "channels", "classes", "batch")
        return {key: getattr(self, key) for key in keys}


def every_row() -> list[Row]:
    def training(name: str, network: str, precision: str, bar: float, **more) -> Row:
        return Row(f"train-{name}-{precision}", "training", network, precision, bar, **more)

    rows = [
        training("resnet18", "resnet18", "f32", 1.4),
        training("resnet18", "resnet18", "bf16", 1.3),
        training("resnet18-32px", "resnet18", "bf16", 1.3, size=32, classes=10, batch=128),
        training("resnet50", "resnet50", "bf16", 1.3),
        training("mobilenet_v2", "mobilenet_v2", "bf16", 2.5),
        training("plaincnn", "plaincnn", "best", 2.5, **SMALL),
        training("smallcnn", "smallcnn", "best", 2.5, **SMALL),
    ]
    rows += family_rows()
    networks = ("resnet18", "mobilenet_v2", "resnet50")
    for network in networks:
        for batch in (1, 32):
            for precision in ("f32", "bf16", "int8"):
                name = f"infer-{network}-b{batch}-{precision}"
                rows.append(Row(name, "inference", network, precision, 1.0, batch=batch))
    rows += [
        Row("memory-resnet18-bf16", "memory", "resnet18", "bf16", 1 / 0.7),
        Row("predict-torch", "predict", "resnet18", "f32", 40, batch=1),
        Row("predict-onnxruntime", "predict", "resnet18", "f32", 3, batch=1),
        Row("start-resnet50-bf16", "start", "resnet50", "bf16"),
    ]
    for row in [row for row in rows if row.work == "training" and row.precision != "f32" and not row.only_torch]:
        name = row.name.rsplit("-", 1)[0] + "-f32"
        rows.append(dataclasses.replace(row, name=f"avx2-{name}", precision="f32", bar=1.2, avx2=True))
    for row in [row for row in rows if row.work == "inference" and row.precision == "f32" and not row.only_torch]:
        rows.append(dataclasses.replace(row, name=f"avx2-{row.name}", bar=None, avx2=True))
    return rows


def family_rows() -> list[Row]:
    """Training, and inference of many pictures and of one, of one of each family in bf16."""
    rows = []
    for network, batch in FAMILIES.items():
        small = {"size": 32, "classes": 10} if network == "resnet20" else {}
        many = 128 if network == "resnet20" else 32
        for kind, count in (("train", batch), ("infer-many", many), ("infer-one", 1)):
            work = "training" if kind == "train" else "inference"
            name = f"family-{kind}-{network}"
            rows.append(Row(name, work, network, "bf16", 1.2, batch=count, only_torch=True, **small))
    return rows


def chosen(patterns: list[str]) -> list[Row]:
    """The rows whose names match one of the patterns, in the order of the patterns; all without a pattern."""
    rows = every_row()
    if not patterns:
        return rows
    found = []
    for pattern in patterns:
        matching = [row for row in rows if fnmatch.fnmatch(row.name, pattern)]
        if not matching:
            raise SystemExit(f"no row is called {pattern}; there are: {' '.join(row.name for row in rows)}")
        found += [row for row in matching if row not in found]
    return found


def modes(row: Row) -> list[dict]:
    """What the scout of a row tries: all of these, and from the best one of PyTorch's on what `variations` says."""
    found = []
    if row.work == "inference" and not row.only_torch:
        for precision in row.precisions:
            base = {"precision": precision, "tcmalloc": False}
            found += openvino_modes(row, base)
            # ONNX Runtime has no kernels for bf16, and cannot be held to AVX2.
            if precision != "bf16" and not row.avx2:
                found.append(base | {"peer": "onnxruntime"})
    if row.precision != "int8":
        compilers = {"start": (None,), "memory": (None, "default")}.get(row.work, (None, "default", "max-autotune"))
        # What almost always helps PyTorch is there from the start, and is left out afterwards to see.
        base = {"precision": row.precisions[-1], "tcmalloc": True, "peer": "torch", "channels_last": True}
        # In inference, weights in bf16 beat autocast, which has to convert them each time.
        converted = row.work == "inference" and base["precision"] == "bf16"
        found += [base | {"compile": compiler, "converted": converted} for compiler in compilers]
    return found


def variations(row: Row) -> list[tuple[str, list]]:
    """PyTorch's settings that are tried one after the other, each with the best found before it."""
    found: list[tuple[str, list]] = [("channels_last", [False, True]), ("tcmalloc", [False, True])]
    if row.work == "inference" and row.precision == "bf16":
        found.append(("converted", [False, True]))
    if len(row.precisions) > 1:
        # The other precision may like another compiler best.
        found.insert(0, ("precision", row.precisions))
        found.insert(1, ("compile", [None, "default", "max-autotune"]))
    return found


def openvino_modes(row: Row, base: dict) -> list[dict]:
    base = base | {"peer": "openvino"}
    found = [base | {"hint": "LATENCY", "requests": "one", "picture_batch": row.batch}]
    if row.batch == 1:
        # One picture after the other: latency is what counts.
        return found + [base | {"hint": "THROUGHPUT", "requests": "one", "picture_batch": 1}]
    return found + [
        base | {"hint": "THROUGHPUT", "requests": "queue", "picture_batch": batch} for batch in (row.batch, 1)
    ]


def described(mode: dict) -> str:
    """A mode in words, with every setting that was chosen."""
    words = {"torch": "PyTorch", "openvino": "OpenVINO", "onnxruntime": "ONNX Runtime"}[mode["peer"]]
    words += " " + mode["precision"]
    if mode["peer"] == "torch":
        if mode["precision"] == "bf16":
            words += " weights" if mode["converted"] else " autocast"
        words += f", torch.compile {mode['compile']}" if mode["compile"] else ", eager"
        words += ", channels_last" if mode["channels_last"] else ""
    if mode["peer"] == "openvino":
        words += f", {mode['hint'].lower()} hint"
        if mode["requests"] == "queue":
            words += f", asynchronous requests of {mode['picture_batch']}"
    return words + (", tcmalloc" if mode["tcmalloc"] else "")
