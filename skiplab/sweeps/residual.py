"""How training goes at every depth, with every merge, scale, init and norm: one cause at a time, on the digits.

Arrays of the sweep: `train` and `test` (depth, way, init, norm, seeds, looks), how many of the 1200 and 597 digits are labelled wrong
at each look; `conv_train` and `conv_test` (depth, merge, seeds, looks), the same for convolutional nets.
"""

import numpy as np

from skiplab import data, sweeps, train
from skiplab.base.errors import need_choice
from skiplab.nets import residual
from skiplab.skip import Add

DEPTHS = (8, 20, 32, 56)
WAYS = ("none", "add", "add 1/√L", "add 1/L", "gate")  # L is the number of blocks
INITS, NORMS = residual.INITS, ("none", "batch")
SEEDS, STEPS, EVERY, WIDTH, BATCH, LR = 8, 120, 15, 32, 64, 1e-3
CONV_DEPTHS, CONV_MERGES, CONV_WIDTH, CONV_STEPS, CONV_EVERY = (8, 20, 32), ("none", "add"), 4, 60, 10
EXAMPLES = {"train": 1200, "test": 597}
LOOKS, CONV_LOOKS = STEPS // EVERY + 1, CONV_STEPS // CONV_EVERY + 1
SETTINGS = {
    "axes": {"depth": DEPTHS, "way": WAYS, "init": INITS, "norm": NORMS, "seeds": SEEDS, "steps": [0, STEPS, EVERY]},
    "conv_axes": {"depth": CONV_DEPTHS, "merge": CONV_MERGES, "seeds": SEEDS, "steps": [0, CONV_STEPS, CONV_EVERY]},
    "training": {"data": "digits, 1200 and 597", "width": WIDTH, "conv_width": CONV_WIDTH, "batch": BATCH, "Adam lr": LR, "first seed": 0},
}


def errors(depth, way, init="he", norm="none", which="train"):
    """The shipped errors of one cell, shares of wrong labels: (S, looks)."""
    at = _place(depth=(depth, DEPTHS), way=(way, WAYS), init=(init, INITS), norm=(norm, NORMS))
    return sweeps.load("residual")[need_choice("which", which, tuple(EXAMPLES))][at] / EXAMPLES[which]


def at(step):
    """Which look was taken after so many steps."""
    if step not in range(0, STEPS + 1, EVERY):
        raise ValueError(f"step: expected a multiple of {EVERY} up to {STEPS}, got {step!r}.")
    return step // EVERY


def conv_errors(depth, merge, which="train"):
    """The shipped errors of one convolutional cell: (S, looks)."""
    at = _place(depth=(depth, CONV_DEPTHS), merge=(merge, CONV_MERGES))
    return sweeps.load("residual")[f"conv_{need_choice('which', which, tuple(EXAMPLES))}"][at] / EXAMPLES[which]


def cell(depth, way, init, norm, steps=STEPS, **how):
    """Train one cell, 8 seeds: the `Run`, its errors (S, looks). `how` goes to `train.fit`, such as watch."""
    return _fit(lambda: net(depth, way, init, norm), data.digits(), steps, EVERY, **how)


def net(depth, way, init, norm):
    """The network of one cell."""
    scales = {"add 1/√L": lambda blocks: blocks**-0.5, "add 1/L": lambda blocks: 1 / blocks}
    merge = Add(gamma=scales[way]((depth - 2) // 2)) if way in scales else need_choice("way", way, WAYS)
    return residual.mlp(64, 10, depth, WIDTH, merge, init, norm)


def conv_cell(depth, merge, **how):
    """Train one convolutional cell, 8 seeds: the `Run`, its errors (S, looks)."""
    make = lambda: residual.small_resnet(depth, merge=merge, width=CONV_WIDTH)  # noqa: E731
    return _fit(make, data.digits(flat=False), CONV_STEPS, CONV_EVERY, **how)


def measure(report):
    """Every cell; `report(done, of)` is called after each training."""
    of = len(DEPTHS) * len(WAYS) * len(NORMS) + len(CONV_DEPTHS) * 2
    shape, conv_shape = (len(DEPTHS), len(WAYS), len(INITS), len(NORMS), SEEDS, LOOKS), (len(CONV_DEPTHS), 2, SEEDS, CONV_LOOKS)
    found = {name: np.zeros(conv_shape if "conv" in name else shape, np.uint16) for name in ("train", "test", "conv_train", "conv_test")}
    done = 0
    for where in np.ndindex(len(DEPTHS), len(WAYS), len(NORMS)):
        depth, way, norm = DEPTHS[where[0]], WAYS[where[1]], NORMS[where[2]]
        settings = {init: {"depth": depth, "way": way, "init": init, "norm": norm} for init in INITS}
        for i, run in enumerate(_fit(net, data.digits(), STEPS, EVERY, settings=settings).values()):
            found["train"][where[0], where[1], i, where[2]], found["test"][where[0], where[1], i, where[2]] = _counts(run)
        report(done := done + 1, of)
    for where in np.ndindex(len(CONV_DEPTHS), 2):
        found["conv_train"][where], found["conv_test"][where] = _counts(conv_cell(CONV_DEPTHS[where[0]], CONV_MERGES[where[1]]))
        report(done := done + 1, of)
    return found


def _fit(make, digits, steps, every, **how):
    test = (digits.x_test, digits.y_test)
    return train.fit(make, digits.x, digits.y, SEEDS, steps, LR, loss="cross_entropy", batch=BATCH, test=test, every=every, **how)


def _counts(run):
    """How many digits are labelled wrong at each look: two (S, looks)."""
    return [np.round(EXAMPLES[name] * error) for name, error in (("train", run.train_error), ("test", run.test_error))]


def _place(**wanted):
    """Where in the arrays a cell stands."""
    for name, (value, there) in wanted.items():
        if value not in there:
            raise ValueError(f"{name}: expected one of {', '.join(map(repr, there))}, got {value!r}.")
    return tuple(there.index(value) for value, there in wanted.values())
