"""What dense, add and plain nets of equal parameters reach, each at its best rate; and a dense block with any of its connections cut.

`train` and `test` are errors of deep nets on the digits, as rows of 64 numbers ("mlp", no norm) and as pictures ("conv", two blocks with
a transition, batch norm). `cut` is the error of a trained block of four layers, where each of its 15 connections is there (0) or cut (1).
All of it takes about 10 minutes on one core.
"""

import itertools
from functools import partial

import numpy as np
from torch import nn

from skiplab import data, sweeps, train
from skiplab.base.errors import need_choice
from skiplab.base.grid import Grid
from skiplab.base.rates import best_lr
from skiplab.base.settings import as_taught
from skiplab.nets import densenet
from skiplab.nets.size import he
from skiplab.probe import densenet as reuse
from skiplab.skip import Add

SEEDS, STEPS, EVERY, BATCH, LAYERS = 8, 300, 100, 64, 4
LRS = (3e-3, 1e-2, 3e-2, 1e-1)
MLP_LRS = (1e-3, 3e-3, 1e-2, 3e-2)
ARMS = ("dense", "dense, narrow head", "add", "plain", "shallow")  # the shallow one is plain
MERGES = ("concat", "add", "none")
PLANS = (*itertools.product(("block",), MERGES), *itertools.product(("mlp", "conv"), ARMS))
PAIRS = tuple(itertools.combinations(range(LAYERS + 2), 2))  # what comes in is 0, the layers are 1 to 4, the head is 5
ENDS = {"arm": ARMS, "seeds": range(SEEDS), "steps": range(0, STEPS + 1, EVERY)}
WHERE = {f"{kind}_{part}": {**ENDS, "lr": lrs} for kind, lrs in (("mlp", MLP_LRS), ("conv", LRS)) for part in ("train", "test")}
WHERE |= {"block_train": {"merge": MERGES, "lr": MLP_LRS, "seeds": range(SEEDS)}}
WHERE |= {name: {"merge": MERGES} | {f"{i}–{j}": (0, 1) for i, j in PAIRS} for name in ("cut", "cut_low", "cut_high")}
WHAT = {
    "train": "share of the 1200 training digits labelled wrong",
    "test": "share of the 597 test digits labelled wrong",
    "cut": "% of the 597 test digits labelled wrong with these connections cut: median of 8 seeds",
}
ABOUT = {"data": "digits, 1200 and 597", "steps": STEPS, "batch": BATCH, "optimizer": "Adam", "first seed": 0}


def conv(arm):
    """A net of 1300 to 1600 parameters for pictures: two blocks of 4 layers with a transition, or of one layer; batch norm."""
    layers, growth = (1, 4) if need_choice("arm", arm, ARMS) == "shallow" else (4, 2)
    dense = arm.startswith("dense")
    plan = {"merge": "concat"} if dense else {"merge": "add" if arm == "add" else "none", "compression": 1.0}
    net = densenet.densenet(blocks=(layers, layers), growth=growth, stem=2 * growth, **plan)
    return narrow(net, 4) if arm == "dense, narrow head" else net


def mlp(arm):
    """A net of about 3600 parameters for rows of 64 numbers: 20 layers or, the shallow one, 4; no norm. "add" has branches of γ = 1/√L."""
    if need_choice("arm", arm, ARMS).startswith("dense"):
        net = densenet.mlp(64, 10, layers=18, growth=3, stem=12)
        return narrow(net, 12) if arm == "dense, narrow head" else net
    layers, width = (2, 27) if arm == "shallow" else (18, 12)
    net = densenet.mlp(64, 10, layers, stem=width, merge="add" if arm == "add" else "none")
    for skip in net.block1 if arm == "add" else ():
        skip.merge = Add(gamma=layers**-0.5)
    return net


def narrow(net, reads):
    """The dense net with a head that reads only `reads` mixtures of its channels, drawn by He's init as all else is."""
    net.head = he(nn.Sequential(nn.Linear(net.head.in_features, reads), nn.Linear(reads, net.head.out_features)))
    return net


def block(merge, growth=4):
    """The net of the explorer, of about 1000 parameters: a stem that makes 2 k numbers, four layers (ReLU and matrix), and a head."""
    return densenet.mlp(64, 10, LAYERS, growth, 2 * growth, merge)


@as_taught()
def trained(make, lr, flat=True, steps=STEPS, **how):
    """Train nets on the digits as all here are: a `Run`, with several rates `Rates`. `how` goes to `train.fit`."""
    digits = data.digits(flat=flat)
    how = {"test": (digits.x_test, digits.y_test), "every": EVERY, "minutes": 60} | how
    return train.fit(make, digits.x, digits.y, SEEDS, steps, lr, loss="cross_entropy", batch=BATCH, **how)


def every_cut(run):
    """Test errors in % of the nets of a `Run` with every set of connections cut: (seeds, 2, 2, …), an axis a pair of `PAIRS`."""
    digits = data.digits()
    return np.stack([100 * reuse.every_cut(run.net(seed), digits.x_test, digits.y_test) for seed in range(SEEDS)])


def measure(report, plans=PLANS):
    """Every net; `report(done, of)` is called after each training."""
    what = {name: WHAT["cut" if name.startswith("cut") else name.split("_")[-1]] for name in WHERE}
    what |= {f"cut_{end}": what["cut"].replace("median", word) for end, word in (("low", "least"), ("high", "most"))}
    return sweeps.gather(what, WHERE, _cells(report, plans))


def _cells(report, plans):
    for done, (kind, cell) in enumerate(plans, 1):
        yield from _block(cell) if kind == "block" else _net(kind, cell)
        report(done, len(plans))


def _net(kind, arm):
    """The errors of one arm at each rate."""
    make, lrs = (mlp, MLP_LRS) if kind == "mlp" else (conv, LRS)
    for lr, run in trained(partial(make, arm), lrs, flat=kind == "mlp").items():
        errors = {"train": run.train_error, "test": run.test_error}
        yield {"arm": arm, "lr": lr}, {f"{kind}_{part}": np.float32(error) for part, error in errors.items()}


def _block(merge):
    """The errors of one net of the explorer at each rate, and with each cut those of the net at its best rate."""
    rates, where = trained(partial(block, merge), MLP_LRS), {"merge": merge}
    errors = Grid([run.train_error[:, -1] for run in rates.values()], lr=[*rates], seeds=range(SEEDS))
    for lr in rates:
        yield where | {"lr": lr}, {"block_train": np.float32(errors.at(lr=lr))}
    wrong = every_cut(rates[best_lr(errors)])
    ends = {"cut": np.median(wrong, 0), "cut_low": wrong.min(0), "cut_high": wrong.max(0)}
    yield where, {name: np.uint8(np.rint(end)) for name, end in ends.items()}
