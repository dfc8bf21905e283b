"""Writes head.json: scikit-learn's logistic regression on random features, fitted to the end.

    pip install scikit-learn numpy && python3 Tests/Golden/head.py
"""
import json
import pathlib
import warnings

import numpy
from sklearn.linear_model import LogisticRegression

warnings.simplefilter("ignore")
draw = numpy.random.default_rng(11)
COUNT, FEATURES, CLASSES = 90, 7, 4

labels = numpy.arange(COUNT) % CLASSES
centres = draw.normal(size=(CLASSES, FEATURES))
# Rounded, so that few digits hold every number exactly enough.
x = numpy.round(centres[labels] + 1.2 * draw.normal(size=(COUNT, FEATURES)), 3)
weights = numpy.round(draw.uniform(0.5, 2, size=COUNT), 2)

cases = []
for decay in [0.1, 1e-3]:
    for sample_weights in [None, weights]:
        total = COUNT if sample_weights is None else sample_weights.sum()
        # The mean loss plus decay / 2 of the squares is 1 / (C total) of what scikit-learn adds up.
        fit = LogisticRegression(C=1 / (decay * total), tol=1e-12, max_iter=100_000).fit(x, labels, sample_weights)
        p = fit.predict_proba(x)
        own = numpy.ones(COUNT) if sample_weights is None else sample_weights
        loss = -(own * numpy.log(p[numpy.arange(COUNT), labels])).sum() / total
        # A bias that is the same for all classes changes nothing: scikit-learn's sum to 0, as a walk from zeros leaves them.
        cases.append({"decay": decay, "isWeighted": sample_weights is not None, "weight": fit.coef_.ravel().tolist(),
                      "bias": fit.intercept_.tolist(), "loss": loss})

path = pathlib.Path(__file__).with_name("head.json")
path.write_text(json.dumps({"features": x.ravel().tolist(), "labels": labels.tolist(), "weights": weights.tolist(),
                            "cases": cases}))
