"""How training goes at every depth, with every merge, scale γ, init and norm: one cause at a time, on the digits.

gamma is "1" for none and gate; `conv_train` and `conv_test` are those of convolutional nets.
"""

import itertools

from skiplab import data, sweeps, train
from skiplab.base.errors import need_choice
from skiplab.base.settings import as_taught
from skiplab.nets import residual
from skiplab.probe.stack import GAMMAS
from skiplab.skip import Add

SEEDS, STEPS, EVERY, WIDTH, BATCH, LR = 8, 120, 15, 32, 64, 1e-3
CONV_WIDTH, CONV_STEPS, CONV_EVERY = 4, 60, 10
AXES = {
    "depth": (8, 20, 32, 56),
    "merge": ("none", "add", "gate"),
    "gamma": ("1", "1/√L", "1/L"),  # L is the number of blocks
    "init": residual.INITS,
    "norm": ("none", "batch"),
    "seeds": range(SEEDS),
    "steps": range(0, STEPS + 1, EVERY),
}
CONV_AXES = {
    "depth": (8, 20, 32),
    "merge": ("none", "add"),
    "seeds": range(SEEDS),
    "steps": range(0, CONV_STEPS + 1, CONV_EVERY),
}
ABOUT = {"data": "digits, 1200 and 597", "width": WIDTH, "conv_width": CONV_WIDTH, "batch": BATCH, "Adam lr": LR,
         "first seed": 0}  # fmt: skip
WHAT = {
    "train": "share of the 1200 training digits labelled wrong",
    "test": "share of the 597 test digits labelled wrong",
}
WHAT |= {f"conv_{name}": what for name, what in WHAT.items()}


def cell(depth, merge, gamma, init, norm, steps=STEPS, **how):
    """Train one cell, 8 seeds: the `Run`, its errors (S, looks). `how` goes to `train.fit`, such as watch."""
    return _fit(lambda: net(depth, merge, gamma, init, norm), data.digits(), steps, EVERY, **how)


def net(depth, merge, gamma, init, norm):
    """The network of one cell."""
    need_choice("merge", merge, AXES["merge"])
    need_choice("gamma", gamma, AXES["gamma"] if merge == "add" else ("1",))
    scaled = merge if gamma == "1" else Add(gamma=GAMMAS[gamma]((depth - 2) // 2))
    return residual.mlp(64, 10, depth, WIDTH, scaled, init, norm)


def conv_cell(depth, merge, **how):
    """Train one convolutional cell, 8 seeds: the `Run`, its errors (S, looks)."""
    make = lambda: residual.small_resnet(depth, merge=merge, width=CONV_WIDTH)  # noqa: E731
    return _fit(make, data.digits(flat=False), CONV_STEPS, CONV_EVERY, **how)


def measure(report):
    """Every cell; `report(done, of)` is called after each training."""
    return sweeps.gather(WHAT, {name: CONV_AXES if "conv" in name else AXES for name in WHAT}, _cells(report))


def _cells(report):
    plans = [*itertools.product(AXES["depth"], AXES["merge"], AXES["gamma"], AXES["norm"])]
    plans = [plan for plan in plans if plan[1] == "add" or plan[2] == "1"]
    conv_plans = [*itertools.product(CONV_AXES["depth"], CONV_AXES["merge"])]
    for done, (depth, merge, gamma, norm) in enumerate(plans, 1):
        where = {"depth": depth, "merge": merge, "gamma": gamma, "norm": norm}
        wheres = {init: where | {"init": init} for init in AXES["init"]}
        for init, run in _fit(net, data.digits(), STEPS, EVERY, settings=wheres).items():
            yield wheres[init], {"train": run.train_error, "test": run.test_error}
        report(done, len(plans) + len(conv_plans))
    for done, (depth, merge) in enumerate(conv_plans, len(plans) + 1):
        run = conv_cell(depth, merge)
        yield {"depth": depth, "merge": merge}, {"conv_train": run.train_error, "conv_test": run.test_error}
        report(done, len(plans) + len(conv_plans))


@as_taught()
def _fit(make, digits, steps, every, **how):
    test = (digits.x_test, digits.y_test)
    return train.fit(make, digits.x, digits.y, SEEDS, steps, LR, loss="cross_entropy", batch=BATCH, test=test, every=every, **how)
