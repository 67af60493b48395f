"""What concat, add and no skip reach with how many parameters, and what the concat nets read once they are trained.

Two blocks with a transition between them, on the digits. Arrays: `train` and `test` (way, layers, growth, seeds), how many of the 1200
and 597 digits are labelled wrong; `narrow` (seeds), the test digits that nets with `narrow_head` label wrong; `weights` and `cut`
(θ, layers, growth, seeds, block, reader, source), see `skiplab.probe.densenet`.
"""

import itertools

import numpy as np
from torch import nn

from skiplab import data, sweeps, train
from skiplab.base.errors import need_choice
from skiplab.nets import densenet
from skiplab.probe import densenet as reuse

WAYS = {  # merge and compression θ of the transition
    "concat, θ = ½": {"merge": "concat", "compression": 0.5},
    "add": {"merge": "add", "compression": 1.0},
    "none": {"merge": "none", "compression": 1.0},
    "concat, θ = 1": {"merge": "concat", "compression": 1.0},
}
CONCAT = tuple(way for way in WAYS if "concat" in way)
LAYERS, GROWTHS = (1, 2, 4, 6), (2, 4, 8)  # of each block; of each layer
HEAD = ("concat, θ = ½", 4, 2)  # the cell that is trained again with a narrow head
SEEDS, STEPS, BATCH, LR, SHOWN = 8, 100, 64, 0.01, 128  # SHOWN test digits are shown to a net whose connections are cut
SETTINGS = {
    "axes": {"way": list(WAYS), "layers": LAYERS, "growth": GROWTHS, "seeds": SEEDS},
    "training": {"data": "digits, 1200 and 597", "steps": STEPS, "batch": BATCH, "Adam lr": LR, "first seed": 0, "cut": SHOWN},
}


def plan(way, layers, growth):
    """The settings of `densenet` for one cell: the stem makes 2 k channels, and so does each layer of "add" and "none"."""
    need_choice("way", way, tuple(WAYS))
    return {"blocks": (layers, layers), "growth": growth, "stem": 2 * growth, **WAYS[way]}


def errors(way, layers, growth):
    """The shipped share of wrong labels among the test digits in one cell: (S,)."""
    place = [axis.index(value) for axis, value in ((tuple(WAYS), way), (LAYERS, layers), (GROWTHS, growth))]
    return sweeps.load("densenet")["test"][tuple(place)] / 597


def narrow_head(reads=4):
    """The dense net of HEAD, whose head reads 14 channels, with one that reads `reads` mixtures of them: 4, as in "add" and "none"."""
    net = densenet.densenet(**plan(*HEAD))
    net.head = nn.Sequential(nn.Linear(net.head.in_features, reads), nn.Linear(reads, net.head.out_features))
    return net


def stored_narrow():
    """The shipped share of wrong labels among the test digits of the nets with a narrow head: (S,)."""
    return sweeps.load("densenet")["narrow"] / 597


def cell(way, layers, growth, seeds=SEEDS, **how):
    """Train one cell: the `Run`. `how` goes to `train.fit`, such as watch."""
    return trained(lambda: densenet.densenet(**plan(way, layers, growth)), seeds, **how)


def trained(make, seeds=SEEDS, **how):
    """Train the nets that make() gives, in the way of all cells: the `Run`."""
    digits = data.digits(flat=False)
    test = (digits.x_test, digits.y_test)
    return train.fit(make, digits.x, digits.y, seeds, STEPS, LR, loss="cross_entropy", batch=BATCH, test=test, **how)


def read(run, seed):
    """(weights, cut) of one trained net, each (block, reader, source), NaN beyond its layers."""
    digits, net = data.digits(flat=False), run.net(seed)
    found = np.full((2, 2, LAYERS[-1] + 1, LAYERS[-1] + 1), np.nan)
    for number in (1, 2):
        matrices = reuse.weights(net, number), reuse.cut(net, digits.x_test[:SHOWN], digits.y_test[:SHOWN], number)
        for kind, matrix in enumerate(matrices):
            found[kind, number - 1, : len(matrix), : len(matrix)] = matrix
    return found


def measure(report):
    """Every cell; `report(done, of)` is called after each."""
    shape, of = (len(WAYS), len(LAYERS), len(GROWTHS)), len(WAYS) * len(LAYERS) * len(GROWTHS)
    wrong = {name: np.zeros((*shape, SEEDS), np.uint16) for name in ("train", "test")}
    side = LAYERS[-1] + 1
    matrices = {name: np.full((len(CONCAT), *shape[1:], SEEDS, 2, side, side), np.nan, np.float16) for name in ("weights", "cut")}
    cells = itertools.product(enumerate(WAYS), enumerate(LAYERS), enumerate(GROWTHS))
    for done, ((i, way), (j, layers), (k, growth)) in enumerate(cells, 1):
        run = cell(way, layers, growth)
        wrong["train"][i, j, k], wrong["test"][i, j, k] = np.round(1200 * run.train_error[:, -1]), np.round(597 * run.test_error[:, -1])
        for seed in range(SEEDS if way in CONCAT else 0):
            where = (CONCAT.index(way), j, k, seed)
            matrices["weights"][where], matrices["cut"][where] = read(run, seed)
        report(done, of)
    wrong["narrow"] = np.round(597 * trained(narrow_head).test_error[:, -1]).astype(np.uint16)
    return wrong | matrices
