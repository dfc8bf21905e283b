"""Writes operators/NAME.golden: what PyTorch computes for every operator, forward and backward, and ten training steps.

    pip install torch==2.13.0+cpu numpy && python3 Tests/Golden/operators.py

With a folder as argument it writes the large cases there instead; the tests do that themselves and do not commit them.
A golden file is laid out as safetensors: 8 bytes length of the index, JSON index, little-endian f32 data.
Tensors are called CASE/in0 ..., CASE/out0 ..., CASE/dy (gradient of output 0) and CASE/d0 ... (gradients of inputs);
the index's metadata holds the cases with the attributes of their operators.
Gradients come from PyTorch's autograd; dropout's mask from a Philox of its own below, since PyTorch's is another.
"""
import json
import pathlib
import struct
import sys

import numpy
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent / "operators"
MAXIMUM = 200_000
torch.set_num_threads(1)


class Golden:
    """The cases of one file."""

    def __init__(self, name):
        self.name, self.cases, self.tensors = name, [], {}

    def add(self, operator, label, inputs, run, gradients=True, differentiable=None, **attributes):
        """Runs `run` on the inputs and keeps everything; `differentiable` lists the inputs that have a gradient."""
        case = f"{len(self.cases)}"
        self.cases.append({"operator": operator, "label": label, "attributes": attributes})
        chosen = range(len(inputs)) if differentiable is None else differentiable
        inputs = [x.detach().clone().requires_grad_(gradients and k in chosen) for k, x in enumerate(inputs)]
        for k, x in enumerate(inputs):
            self.tensors[f"{case}/in{k}"] = x
        outputs = run(*inputs)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        for k, y in enumerate(outputs):
            self.tensors[f"{case}/out{k}"] = y
        if gradients:
            dy = torch.randn(outputs[0].shape)
            self.tensors[f"{case}/dy"] = dy
            outputs[0].backward(dy)
            for k in chosen:
                self.tensors[f"{case}/d{k}"] = inputs[k].grad

    def write(self, folder, limit=None):
        path = folder / f"{self.name}.golden"
        write(path, self.tensors, {"cases": json.dumps(self.cases)})
        size = path.stat().st_size
        print(f"{path.name}: {len(self.cases)} cases, {size} bytes")
        assert limit is None or size <= limit, f"{path} is larger than {limit} bytes"


def write(path, tensors, metadata):
    index, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        raw = tensor.detach().to(torch.float32).contiguous().numpy().astype("<f4").tobytes()
        index[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    head = json.dumps(index).encode()
    path.write_bytes(struct.pack("<Q", len(head)) + head + data)


def convolution(golden, n, c, o, size, kernel, stride=1, padding=0, dilation=1, groups=1, bias=True):
    height, width = size if isinstance(size, tuple) else (size, size)
    inputs = [torch.randn(n, c, height, width), torch.randn(o, c // groups, kernel, kernel)]
    inputs += [torch.randn(o)] if bias else []

    def run(x, w, b=None):
        return F.conv2d(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)

    golden.add(
        "convolution", f"{n}x{c}x{height}x{width} to {o}, {kernel}x{kernel} s{stride} p{padding} d{dilation} g{groups}",
        inputs, run, kernel=kernel, stride=stride, padding=padding, dilation=dilation, groups=groups, bias=int(bias))


ACTIVATIONS = {"relu": F.relu, "relu6": F.relu6, "silu": F.silu, "hardSwish": F.hardswish}


def norm(golden, n, c, height, width, activation=None, momentum=0.1):
    x = torch.randn(n, c, height, width) * 2 + torch.randn(c)[:, None, None] * 3
    inputs = [x, torch.randn(c), torch.randn(c), torch.randn(c), torch.rand(c) + 0.5]

    def train(x, scale, shift, mean, variance):
        mean, variance = mean.clone(), variance.clone()
        y = F.batch_norm(x, mean, variance, scale, shift, training=True, momentum=momentum, eps=1e-5)
        batch = [x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False), mean, variance]
        return [ACTIVATIONS[activation](y) if activation else y, *batch]

    def infer(x, scale, shift, mean, variance):
        return F.batch_norm(x, mean, variance, scale, shift, training=False, eps=1e-5)

    label = f"{n}x{c}x{height}x{width}"
    golden.add("batch norm training", label + (f" {activation}" if activation else ""), inputs, train,
               differentiable=[0, 1, 2], epsilon=1e-5, momentum=momentum, kind=activation)
    if not activation:
        golden.add("batch norm inference", label, inputs, infer, differentiable=[0, 1, 2], epsilon=1e-5)


def pooling(golden, n, c, height, width, kernel, stride, padding, dilation=1):
    label = f"{n}x{c}x{height}x{width}, {kernel}x{kernel} s{stride} p{padding} d{dilation}"
    # Few distinct values: ties are common, and the first maximum must win.
    ties = torch.randint(-3, 4, (n, c, height, width)).float()

    def largest(x):
        y, indices = F.max_pool2d(x, kernel, stride, padding, dilation, return_indices=True)
        return y, indices.float()

    window = dict(kernel=kernel, stride=stride, padding=padding, dilation=dilation)
    golden.add("max pooling", label, [torch.randn(n, c, height, width)], largest, **window)
    golden.add("max pooling", label + " ties", [ties], largest, **window)
    if dilation > 1:
        return
    for counts in [True, False]:
        golden.add("average pooling", label, [torch.randn(n, c, height, width)],
                   lambda x: F.avg_pool2d(x, kernel, stride, padding, count_include_pad=counts),
                   **window, countsPadding=int(counts))


def adaptive_pooling(golden, n, c, height, width, rows, columns):
    golden.add("adaptive average pooling", f"{n}x{c}x{height}x{width} to {rows}x{columns}",
               [torch.randn(n, c, height, width)], lambda x: F.adaptive_avg_pool2d(x, (rows, columns)),
               rows=rows, columns=columns)


def cross_entropy(golden, n, c, smoothing=0.0, weighted=False, soft=False, scale=3.0):
    """Hard and soft targets; PyTorch knows no sample weights, so those are 1 here and tested in Swift."""
    logits, sample = torch.randn(n, c) * scale, torch.ones(n)
    weights = torch.rand(c) + 0.5 if weighted else None
    if soft:
        targets = torch.rand(n, c)
        targets = given = targets / targets.sum(1, keepdim=True)
    else:
        given = torch.randint(0, c, (n,))
        targets = F.one_hot(given, c).float()
    golden.add("softmax cross entropy", f"{n}x{c} smoothing {smoothing}, weighted {weighted}, soft {soft}",
               [logits, targets, sample],
               lambda z, t, s: [F.cross_entropy(z, given, weight=weights, label_smoothing=smoothing), F.softmax(z, 1)],
               differentiable=[0], labelSmoothing=smoothing, classWeights=weights.tolist() if weighted else None)


def philox(counter, key):
    """Philox 4x32-10, Salmon et al. 2011, written from the paper."""
    c, k = list(counter), list(key)
    for _ in range(10):
        first, second = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [(second >> 32) ^ c[1] ^ k[0], second & 0xFFFFFFFF, (first >> 32) ^ c[3] ^ k[1], first & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def dropout(golden, shape, rate, salt, seed, step):
    count = int(numpy.prod(shape))
    bits = [philox([i // 4, salt, step, 0], [seed, 0x64726F70])[i % 4] for i in range(count)]
    keep = torch.tensor([float((b >> 8) * 2.0 ** -24 >= numpy.float32(rate)) for b in bits]).reshape(shape)
    golden.add("dropout", f"{shape} rate {rate} salt {salt}", [torch.randn(shape), torch.tensor([seed, step]).float()],
               lambda x, random: x * keep / (1 - rate), differentiable=[0], rate=rate, salt=salt)


def sgd(golden, shapes, momentum, nesterov, decay):
    w, g = [torch.randn(s) for s in shapes], [torch.randn(s) for s in shapes]
    m = [torch.randn(s) for s in shapes] if momentum > 0 else []

    def run(*inputs):
        n = len(shapes)
        parameters = [torch.nn.Parameter(x.clone()) for x in inputs[:n]]
        rule = torch.optim.SGD(parameters, lr=float(inputs[-1]), momentum=momentum, nesterov=nesterov, weight_decay=decay)
        for k, parameter in enumerate(parameters):
            parameter.grad = inputs[n + k].clone()
            if momentum > 0:
                rule.state[parameter]["momentum_buffer"] = inputs[2 * n + k].clone()
        rule.step()
        momenta = [rule.state[p]["momentum_buffer"] for p in parameters] if momentum > 0 else []
        return [p.detach() for p in parameters] + momenta

    golden.add("sgd update", f"momentum {momentum}, nesterov {nesterov}, decay {decay}", w + g + m + [torch.tensor(0.1)],
               run, gradients=False, count=len(shapes), momentum=momentum, nesterov=int(nesterov), weightDecay=decay)


def adamw(golden, shapes, betas, epsilon, decay, step):
    w, g, m = ([torch.randn(s) for s in shapes] for _ in range(3))
    v = [torch.rand(s) for s in shapes]

    def run(*inputs):
        n = len(shapes)
        parameters = [torch.nn.Parameter(x.clone()) for x in inputs[:n]]
        rule = torch.optim.AdamW(parameters, lr=float(inputs[-2]), betas=betas, eps=epsilon, weight_decay=decay)
        for k, parameter in enumerate(parameters):
            parameter.grad = inputs[n + k].clone()
            rule.state[parameter].update(step=inputs[-1] - 1, exp_avg=inputs[2 * n + k].clone(),
                                         exp_avg_sq=inputs[3 * n + k].clone())
        rule.step()
        return [p.detach() for p in parameters] + [rule.state[p][name] for name in ("exp_avg", "exp_avg_sq")
                                                   for p in parameters]

    golden.add("adamw update", f"betas {betas}, decay {decay}, step {step}",
               w + g + m + v + [torch.tensor(0.1), torch.tensor(float(step))], run, gradients=False, count=len(shapes),
               beta1=betas[0], beta2=betas[1], epsilon=epsilon, weightDecay=decay)


def small_convolutions(golden):
    for bias in [True, False]:
        convolution(golden, 1, 1, 1, 5, 3, padding=1, bias=bias)
    convolution(golden, 3, 3, 16, 9, 3, stride=2, padding=1)
    convolution(golden, 1, 3, 4, (11, 8), 7, stride=2, padding=3, bias=False)
    convolution(golden, 1, 16, 17, (5, 4), 1)
    convolution(golden, 3, 4, 3, (7, 6), 3, padding=2, dilation=2)
    convolution(golden, 1, 6, 4, (8, 9), 2, stride=3, padding=1, dilation=3)
    convolution(golden, 3, 16, 16, 7, 3, stride=2, padding=1, groups=16)
    convolution(golden, 1, 17, 34, 5, 5, padding=2, groups=17, bias=False)
    convolution(golden, 1, 8, 12, (6, 5), 3, padding=1, groups=4)


def large_convolutions(golden):
    for n, c, o in [(1, 64, 64), (3, 64, 17), (3, 17, 64), (3, 3, 64), (1, 1, 16), (3, 16, 3)]:
        for kernel, stride, padding, dilation in [(1, 1, 0, 1), (3, 1, 1, 1), (3, 2, 1, 1), (5, 2, 2, 1), (3, 1, 2, 2)]:
            convolution(golden, n, c, o, (10, 9), kernel, stride, padding, dilation)
    for n, c in [(1, 64), (3, 17), (3, 16)]:
        for kernel, stride in [(3, 1), (3, 2), (5, 1), (5, 2), (7, 1)]:
            convolution(golden, n, c, c, (13, 10), kernel, stride, kernel // 2, groups=c, bias=False)
    convolution(golden, 3, 64, 64, (13, 10), 3, 1, 1, groups=4)
    convolution(golden, 1, 3, 64, (32, 31), 7, 2, 3, bias=False)


def small_elementwise(golden):
    kinks = torch.tensor([-6.0, -3.0, -0.0, 0.0, 3.0, 6.0, 1e-3, -1e-3, 20.0, -20.0])
    functions = {"relu": F.relu, "relu6": F.relu6, "sigmoid": torch.sigmoid, "silu": F.silu, "gelu": F.gelu,
                 "hardSwish": F.hardswish}
    for kind, function in functions.items():
        golden.add("activation", kind, [torch.cat([kinks, torch.randn(195) * 3]).reshape(1, 5, 41)], function, kind=kind)
    a = torch.randn(3, 17, 4, 5)
    golden.add("add", "same", [a, torch.randn(a.shape)], torch.add)
    golden.add("multiply", "same", [a, torch.randn(a.shape)], torch.mul)
    golden.add("multiply", "one number a channel", [a, torch.randn(3, 17, 1, 1)], torch.mul)
    golden.add("multiply", "rows", [torch.randn(3, 5), torch.randn(3, 5)], torch.mul)


def small_moves(golden):
    parts = [torch.randn(3, c, 3, 4) for c in [1, 16, 17]]
    golden.add("concat", "maps", parts, lambda *x: torch.cat(x, 1))
    golden.add("concat", "rows", [torch.randn(3, 2), torch.randn(3, 5)], lambda *x: torch.cat(x, 1))
    golden.add("concat", "one", [torch.randn(1, 2, 2, 2)], lambda x: torch.cat([x], 1))
    for start, count in [(0, 3), (3, 14), (16, 1), (0, 17)]:
        golden.add("channel slice", f"{start}, {count}", [torch.randn(3, 17, 3, 4)],
                   lambda x: x[:, start:start + count], start=start, count=count)
    golden.add("reshape", "flatten", [torch.randn(3, 17, 2, 5)], lambda x: x.flatten(1), shape=[3, 170])


def small_products(golden):
    for n, c, o in [(1, 1, 1), (3, 16, 17), (3, 17, 3), (1, 64, 10)]:
        golden.add("fully connected", f"{n}x{c} to {o}", [torch.randn(n, c), torch.randn(o, c), torch.randn(o)],
                   F.linear, bias=1)
        golden.add("fully connected", f"{n}x{c} to {o}, no bias", [torch.randn(n, c), torch.randn(o, c)], F.linear,
                   bias=0)


def fold(golden, o, c, kernel, bias):
    w, numbers = torch.randn(o, c, kernel, kernel), [torch.randn(o), torch.randn(o), torch.randn(o), torch.rand(o) + 0.1]

    def run(w, *rest):
        b, (scale, shift, mean, variance) = (rest[0] if bias else None), rest[-4:]
        return torch.nn.utils.fuse_conv_bn_weights(w, b, mean, variance, 1e-3, scale, shift)

    golden.add("fold batch norm", f"{o}x{c} bias {bias}", [w] + ([torch.randn(o)] if bias else []) + numbers, run,
               gradients=False, epsilon=1e-3, bias=int(bias))


def training(path, adamw=False):
    """Ten steps of conv, norm, relu, pool, linear with weight decay on weights and label smoothing, by SGD with momentum
    or by AdamW."""
    torch.manual_seed(7)
    net = torch.nn.Sequential()
    for name, layer in [("conv", torch.nn.Conv2d(3, 8, 3, padding=1, bias=False)), ("bn", torch.nn.BatchNorm2d(8)),
                        ("relu", torch.nn.ReLU()), ("pool", torch.nn.MaxPool2d(3, 2, 1)),
                        ("flatten", torch.nn.Flatten()), ("fc", torch.nn.Linear(8 * 5 * 4, 5))]:
        net.add_module(name, layer)
    tensors = {f"before/{k}": v.clone() for k, v in net.state_dict().items() if v.dim() > 0}
    decayed, others = [net.conv.weight, net.fc.weight], [net.bn.weight, net.bn.bias, net.fc.bias]
    if adamw:
        rate = 0.01
        rule = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0}], lr=rate)
    else:
        rate = 0.1
        rule = torch.optim.SGD([{"params": decayed, "weight_decay": 0.01}, {"params": others}], lr=rate, momentum=0.9,
                               nesterov=True)
    losses = []
    for step in range(10):
        x, labels = torch.randn(6, 3, 9, 8), torch.randint(0, 5, (6,))
        tensors[f"x{step}"], tensors[f"targets{step}"] = x, F.one_hot(labels, 5).float()
        rule.zero_grad()
        loss = F.cross_entropy(net(x), labels, label_smoothing=0.1)
        loss.backward()
        rule.param_groups[0]["lr"] = rule.param_groups[1]["lr"] = rate / (1 + step)
        rule.step()
        losses.append(loss.detach())
    tensors["losses"] = torch.stack(losses)
    tensors.update({f"after/{k}": v for k, v in net.state_dict().items() if v.dim() > 0})
    write(path, tensors, {})
    assert path.stat().st_size <= MAXIMUM


def small():
    HERE.mkdir(exist_ok=True)
    files = {name: Golden(name) for name in ["convolution", "batch-norm", "pooling", "elementwise", "moves",
                                             "fully-connected", "loss", "dropout", "updates", "adaptive-pooling"]}
    small_convolutions(files["convolution"])
    for activation in [None, "relu"]:
        # Of two values a channel dx is the rounding error of a difference that is 0: nothing to compare.
        for shape in [(2, 1, 2, 1), (3, 3, 4, 5), (1, 16, 3, 3), (3, 17, 2, 3)]:
            norm(files["batch-norm"], *shape, activation=activation, momentum=0.1 if shape[0] == 3 else 0.01)
    pool = files["pooling"]
    pooling(pool, 3, 1, 6, 6, 2, 2, 0)
    pooling(pool, 1, 17, 7, 6, 3, 2, 1)
    pooling(pool, 1, 3, 9, 11, 3, 1, 1)
    pooling(pool, 1, 3, 9, 11, 3, 2, 1, dilation=2)
    pooling(pool, 3, 16, 5, 4, 3, 3, 0)
    for shape in [(3, 17, 3, 5), (1, 1, 1, 1), (1, 64, 7, 7)]:
        pool_inputs = [torch.randn(shape)]
        pool.add("global average pooling", f"{shape}", pool_inputs, lambda x: F.adaptive_avg_pool2d(x, 1))
    small_elementwise(files["elementwise"])
    small_moves(files["moves"])
    small_products(files["fully-connected"])
    loss = files["loss"]
    for n, c in [(1, 2), (3, 17), (16, 3)]:
        for smoothing in [0.0, 0.1]:
            cross_entropy(loss, n, c, smoothing)
            cross_entropy(loss, n, c, smoothing, weighted=True)
            cross_entropy(loss, n, c, smoothing, soft=True)
    cross_entropy(loss, 3, 5, scale=200.0)
    loss.add("softmax", "3x17", [torch.randn(3, 17) * 5], lambda x: F.softmax(x, 1), gradients=False)
    loss.add("softmax", "large scores", [torch.randn(2, 3) * 1000], lambda x: F.softmax(x, 1), gradients=False)
    dropout(files["dropout"], (3, 17), 0.5, 0, 12345, 0)
    dropout(files["dropout"], (1, 3, 5, 5), 0.2, 3, 0xFFFFFF, 77777)
    for momentum, nesterov, decay in [(0.9, True, 1e-2), (0.9, False, 1e-4), (0.0, False, 0.0), (0.0, False, 0.1)]:
        sgd(files["updates"], [(3, 2, 3, 3), (17,)], momentum, nesterov, decay)
    for bias in [True, False]:
        fold(files["updates"], 17, 3, 3, bias)
    # Windows that are equal, overlap, or repeat what they cover.
    for n, c, height, width, rows, columns in [
            (3, 3, 14, 7, 7, 7), (1, 17, 10, 9, 7, 7), (3, 16, 3, 2, 7, 7), (1, 1, 1, 1, 6, 6), (2, 3, 13, 4, 6, 5)]:
        adaptive_pooling(files["adaptive-pooling"], n, c, height, width, rows, columns)
    for golden in files.values():
        golden.write(HERE, MAXIMUM)
    training(HERE / "training.golden")
    activated = Golden("batch-norm-activations")
    for activation in ["relu6", "silu", "hardSwish"]:
        for shape in [(3, 1, 4, 3), (3, 3, 4, 5), (1, 16, 3, 3), (3, 17, 2, 3)]:
            norm(activated, *shape, activation=activation)
    activated.write(HERE, MAXIMUM)
    updates = Golden("updates-adamw")
    for betas, epsilon, decay, step in [((0.9, 0.999), 1e-8, 1e-2, 1), ((0.9, 0.95), 1e-6, 0.0, 1000),
                                        ((0.0, 0.5), 1e-3, 0.1, 7)]:
        adamw(updates, [(3, 2, 3, 3), (17,)], betas, epsilon, decay, step)
    updates.write(HERE, MAXIMUM)
    training(HERE / "training-adamw.golden", adamw=True)
    channels()


def channels():
    """What newer networks do to channels: weigh, mix, normalise, leave out."""
    torch.manual_seed(11)
    golden = Golden("channels")
    kinks = torch.tensor([-3.0, 0.0, 3.0, 20.0, -20.0])
    golden.add("activation", "hardSigmoid", [torch.cat([kinks, torch.randn(200) * 3]).reshape(1, 5, 41)], F.hardsigmoid,
               kind="hardSigmoid")
    for n, c, height, width in [(1, 1, 3, 2), (3, 17, 4, 5), (2, 16, 3, 3), (1, 64, 1, 1), (3, 3, 5, 7)]:
        x, shape = torch.randn(n, c, height, width), f"{n}x{c}x{height}x{width}"
        golden.add("multiply", f"{shape}, a number a picture's channel", [x, torch.randn(n, c, 1, 1)], torch.mul)
        golden.add("multiply", f"{shape}, a number a channel", [x, torch.randn(1, c, 1, 1)], torch.mul)
        if c > 1:
            golden.add("layer norm", shape, [x * 2 + 1, torch.randn(c), torch.randn(c)],
                       lambda x, s, b, c=c: F.layer_norm(x.permute(0, 2, 3, 1), (c,), s, b, 1e-6).permute(0, 3, 1, 2),
                       epsilon=1e-6)
    for c, groups in [(4, 2), (16, 4), (34, 2), (64, 8), (3, 3)]:
        golden.add("channel shuffle", f"{c} in {groups}", [torch.randn(2, c, 3, 4)],
                   lambda x, groups=groups: F.channel_shuffle(x, groups), groups=groups)
    for shape, rate, salt, seed, step in [((5, 3, 2, 3), 0.5, 65536, 12345, 0), ((9, 17, 1, 2), 0.2, 3, 0xFFFFFF, 77777)]:
        bits = [philox([n // 4, salt, step, 0], [seed, 0x64726F70])[n % 4] for n in range(shape[0])]
        keep = torch.tensor([float((b >> 8) * 2.0 ** -24 >= numpy.float32(rate)) for b in bits])[:, None, None, None]
        golden.add("stochastic depth", f"{shape} rate {rate}", [torch.randn(shape), torch.tensor([seed, step]).float()],
                   lambda x, random, keep=keep, rate=rate: x * keep / (1 - rate), differentiable=[0], rate=rate, salt=salt)
    golden.write(HERE, MAXIMUM)


def large(folder):
    convolutions, others = Golden("convolution"), Golden("others")
    large_convolutions(convolutions)
    for shape in [(3, 64, 14, 13), (8, 17, 28, 28), (1, 64, 7, 7)]:
        norm(others, *shape)
        for activation in ACTIVATIONS:
            norm(others, *shape, activation=activation)
    for kernel, stride, padding in [(2, 2, 0), (3, 2, 1), (3, 1, 1), (7, 7, 0), (5, 3, 2)]:
        pooling(others, 1, 64, 28, 27, kernel, stride, padding)
    others.add("global average pooling", "3x64x14x13", [torch.randn(3, 64, 14, 13)], lambda x: x.mean((2, 3), keepdim=True))
    for n, c, o in [(32, 512, 1000), (3, 1280, 17)]:
        others.add("fully connected", f"{n}x{c} to {o}", [torch.randn(n, c), torch.randn(o, c), torch.randn(o)], F.linear,
                   bias=1)
    cross_entropy(others, 32, 1000, 0.1)
    cross_entropy(others, 32, 1000, 0.1, weighted=True)
    for height, width, extent in [(28, 14, 7), (16, 15, 7), (13, 5, 6), (2, 3, 7)]:
        adaptive_pooling(others, 3, 64, height, width, extent, extent)
    for golden in [convolutions, others]:
        golden.write(folder)


if __name__ == "__main__":
    torch.manual_seed(1)
    large(pathlib.Path(sys.argv[1])) if len(sys.argv) > 1 else small()
