"""What concat, add and no skip reach with how many parameters, and what the concat nets read once they are trained.

Two blocks with a transition between them, on the digits. theta is the compression θ of the transition; add and none have 1.
"""

import itertools
from functools import partial

import numpy as np
from torch import nn

from skiplab import data, sweeps, train
from skiplab.base.errors import need_choice
from skiplab.base.settings import as_taught
from skiplab.nets import densenet
from skiplab.probe import densenet as reuse

WAYS = {
    "concat, θ = ½": {"merge": "concat", "theta": 0.5},
    "add": {"merge": "add", "theta": 1.0},
    "none": {"merge": "none", "theta": 1.0},
    "concat, θ = 1": {"merge": "concat", "theta": 1.0},
}
HEAD = ("concat, θ = ½", 4, 2)  # the cell that is trained again with a narrow head
SEEDS, STEPS, BATCH, LR, SHOWN = 8, 100, 64, 0.01, 128  # SHOWN test digits are shown to a net whose connections are cut
NETS = {"theta": (0.5, 1.0), "layers": (1, 2, 4, 6), "growth": (2, 4, 8), "seeds": range(SEEDS)}  # layers of a block
ABOUT = {"data": "digits, 1200 and 597", "steps": STEPS, "batch": BATCH, "Adam lr": LR, "first seed": 0,
         "cut": SHOWN}  # fmt: skip
WHAT = {
    "train": "share of the 1200 training digits labelled wrong",
    "test": "share of the 597 test digits labelled wrong",
    "narrow": "share of the 597 test digits labelled wrong, with a narrow head",
    "weights": "how large the weights are by which a reader reads a source, 1 is an even share",
    "cut": "how much the loss grows without one connection, nats",
}


def plan(way, layers, growth):
    """The settings of `densenet` for one cell: the stem makes 2 k channels, and so does each layer of "add" and "none"."""
    how = WAYS[need_choice("way", way, tuple(WAYS))]
    sizes = {"blocks": (layers, layers), "growth": growth, "stem": 2 * growth}
    return sizes | {"merge": how["merge"], "compression": how["theta"]}


def narrow_head(reads=4):
    """The dense net of HEAD, whose head reads 14 channels, with one that reads `reads` mixtures of them: 4, as in "add" and "none"."""
    net = densenet.densenet(**plan(*HEAD))
    net.head = nn.Sequential(nn.Linear(net.head.in_features, reads), nn.Linear(reads, net.head.out_features))
    return net


def cell(way, layers, growth, seeds=SEEDS, **how):
    """Train one cell: the `Run`. `how` goes to `train.fit`, such as watch."""
    return trained(lambda: densenet.densenet(**plan(way, layers, growth)), seeds, **how)


@as_taught()
def trained(make, seeds=SEEDS, **how):
    """Train the nets that make() gives, in the way of all cells: the `Run`."""
    digits = data.digits(flat=False)
    test = (digits.x_test, digits.y_test)
    return train.fit(make, digits.x, digits.y, seeds, STEPS, LR, loss="cross_entropy", batch=BATCH, test=test, **how)


def read(run, seed):
    """weights and cut of one trained net: (block, reader, source) each in float16, NaN beyond its layers."""
    digits, net, side = data.digits(flat=False), run.net(seed), NETS["layers"][-1] + 1
    x, y = digits.x_test[:SHOWN], digits.y_test[:SHOWN]
    weights, cut = ([f(number) for number in (1, 2)] for f in (partial(reuse.weights, net), partial(reuse.cut, net, x, y)))
    pad = {"pad_width": ((0, 0), *2 * [(0, side - len(cut[0]))]), "constant_values": np.nan}
    return {"weights": np.pad(np.float16(weights), **pad), "cut": np.pad(np.float16(cut), **pad)}


def measure(report):
    """Every cell; `report(done, of)` is called after each."""
    side, errors = range(NETS["layers"][-1] + 1), {"merge": ("concat", "add", "none"), **NETS}
    matrices = {**NETS, "block": (1, 2), "reader": side, "source": side}
    axes = {"train": errors, "test": errors, "weights": matrices, "cut": matrices, "narrow": {"seeds": range(SEEDS)}}
    return sweeps.gather(WHAT, axes, _cells(report))


def _cells(report):
    plans = [*itertools.product(WAYS, NETS["layers"], NETS["growth"])]
    for done, (way, layers, growth) in enumerate(plans, 1):
        run, where = cell(way, layers, growth), {**WAYS[way], "layers": layers, "growth": growth}
        yield where, {"train": run.train_error[:, -1], "test": run.test_error[:, -1]}
        for seed in range(SEEDS if where["merge"] == "concat" else 0):
            yield where | {"seeds": seed}, read(run, seed)
        report(done, len(plans))
    yield {}, {"narrow": trained(narrow_head).test_error[:, -1]}
