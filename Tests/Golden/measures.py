"""Writes measures.json: scikit-learn's and SciPy's numbers for random and degenerate evaluations.

    pip install scikit-learn numpy && python3 Tests/Golden/measures.py
"""
import json
import pathlib
import warnings

import numpy
from scipy.stats import binomtest
from sklearn import metrics

warnings.simplefilter("ignore")
draw = numpy.random.default_rng(7)


def softmax(x):
    e = numpy.exp(x - x.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1, keepdims=True)).astype(numpy.float32)


def case(name, labels, p):
    labels, p = numpy.asarray(labels), numpy.asarray(p, dtype=numpy.float32)
    n, c = p.shape
    predicted = p.argmax(axis=1)
    every = list(range(c))

    def means(average):
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(
            labels, predicted, labels=every, average=average, zero_division=0)
        return {"precision": precision, "recall": recall, "f1": f1}

    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        labels, predicted, labels=every, zero_division=0)
    correct = int((predicted == labels).sum())
    interval = binomtest(correct, n).proportion_ci(method="wilson")
    confidence = p.max(axis=1).astype(numpy.float64)
    bins = numpy.clip(numpy.ceil(confidence * 15) - 1, 0, 14).astype(int)
    error = sum(abs((predicted == labels)[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).sum()
                for b in range(15) if (bins == b).any()) / n
    return {
        "name": name, "classCount": c, "labels": labels.tolist(), "probabilities": [float(str(v)) for v in p.ravel()],
        "accuracy": metrics.accuracy_score(labels, predicted), "lower": interval.low, "upper": interval.high,
        "top": [metrics.top_k_accuracy_score(labels, p, k=k, labels=every) for k in (2, 3, 5) if 2 < c > k],
        "loss": metrics.log_loss(labels, p, labels=every), "calibrationError": float(error),
        "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "support": support.tolist(),
        "macro": means("macro"), "micro": means("micro"), "weighted": means("weighted"),
        "confusion": metrics.confusion_matrix(labels, predicted, labels=every).tolist(),
    }


def random(n, c, sharpness=2.0, skill=2.0):
    labels = draw.integers(0, c, n)
    x = draw.normal(size=(n, c)) * sharpness
    x[numpy.arange(n), labels] += skill
    return labels, softmax(x)


cases = [case(f"random {n} x {c}", *random(n, c)) for n, c in [(200, 10), (57, 3), (100, 2), (40, 100), (7, 6), (3, 5)]]
labels, p = random(60, 8)
cases.append(case("three classes never occur", numpy.where(labels > 4, labels - 5, labels), p))
q = p.copy()
q[:, [1, 6]] = 0
cases.append(case("two classes are never predicted", labels, q / q.sum(axis=1, keepdims=True)))
labels, p = random(50, 6)
cases.append(case("one class is always predicted", labels, softmax(numpy.eye(6)[numpy.full(50, 3)] * 4 + draw.normal(size=(50, 6)) * 0.1)))
cases.append(case("one class is all there is", numpy.full(50, 2), p))
cases.append(case("everything is right", labels, softmax(numpy.eye(6)[labels] * 5 + draw.normal(size=(50, 6)) * 0.1)))
cases.append(case("everything is wrong", labels, softmax(numpy.eye(6)[(labels + 1) % 6] * 5 + draw.normal(size=(50, 6)) * 0.1)))
cases.append(case("one picture, right", [1], [[0.25, 0.625, 0.125]]))
cases.append(case("one picture, wrong", [0], [[0.25, 0.625, 0.125]]))
cases.append(case("probabilities of exactly 0 and 1", [0, 1, 1, 0], [[1, 0], [0, 1], [1, 0], [0, 1]]))
cases.append(case("sure and unbalanced", *random(150, 4, sharpness=8.0, skill=12.0)))
labels, p = random(150, 5)
cases.append(case("one class holds most pictures", numpy.where(draw.random(150) < 0.9, 0, labels), p))

target = pathlib.Path(__file__).with_suffix(".json")
target.write_text(json.dumps(cases))
print(target.name, target.stat().st_size, "bytes")
