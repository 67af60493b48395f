"""How training goes at every depth, with every merge, scale γ, init, norm and learning rate: one cause at a time, on the digits.

Grids of the sweep: `train` and `test` (depth, merge, gamma, init, norm, lr, seeds, steps), the share of wrong labels after
so many steps of Adam; `conv_train` and `conv_test` (depth, merge, lr, seeds, steps), the same for convolutional nets. gamma
is "1" for none and gate.
"""

import itertools

import numpy as np

from skiplab import data, sweeps, train
from skiplab.base.errors import need_choice
from skiplab.nets import residual
from skiplab.probe.stack import GAMMAS
from skiplab.skip import Add

SEEDS, EVERY, WIDTH, CONV_WIDTH, BATCH = 8, 25, 32, 4, 64
LRS = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
LOOKS, CONV_LOOKS = (0, 25, 50, 75, 100, 150, 200, 300), (0, 25, 50, 100, 150)  # steps
AXES = {
    "depth": (8, 20, 32, 56),
    "merge": ("none", "add", "gate"),
    "gamma": ("1", "1/√L", "1/L"),  # L is the number of blocks
    "init": residual.INITS,
    "norm": ("none", "batch"),
    "lr": LRS,
    "seeds": range(SEEDS),
    "steps": LOOKS,
}
CONV_AXES = {
    "depth": (8, 20, 32),
    "merge": ("none", "add"),
    "lr": LRS,
    "seeds": range(SEEDS),
    "steps": CONV_LOOKS,
}
ABOUT = {"data": "digits, 1200 and 597", "width": WIDTH, "conv_width": CONV_WIDTH, "batch": BATCH, "optimizer": "Adam",
         "first seed": 0}  # fmt: skip
WHAT = {
    "train": "share of the 1200 training digits labelled wrong",
    "test": "share of the 597 test digits labelled wrong",
}
WHAT |= {f"conv_{name}": what for name, what in WHAT.items()}


def cell(depth, merge, gamma, init, norm, lr=1e-3, steps=LOOKS[-1], **how):
    """Train one cell, 8 seeds: the `Run`, with its errors (S, looks) every 25 steps. `how` goes to `train.fit`, such as watch."""
    return _fit(lambda: net(depth, merge, gamma, init, norm), data.digits(), lr, steps, **how)


def net(depth, merge, gamma, init, norm):
    """The network of one cell."""
    need_choice("merge", merge, AXES["merge"])
    need_choice("gamma", gamma, AXES["gamma"] if merge == "add" else ("1",))
    scaled = merge if gamma == "1" else Add(gamma=GAMMAS[gamma]((depth - 2) // 2))
    return residual.mlp(64, 10, depth, WIDTH, scaled, init, norm)


def conv_cell(depth, merge, lr=1e-3, steps=CONV_LOOKS[-1], **how):
    """Train one convolutional cell, 8 seeds: the `Run`, with its errors (S, looks) every 25 steps."""
    make = lambda: residual.small_resnet(depth, merge=merge, width=CONV_WIDTH)  # noqa: E731
    return _fit(make, data.digits(flat=False), lr, steps, **how)


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
        for (init, lr), run in _fit(net, data.digits(), LRS, LOOKS[-1], settings=wheres).items():
            yield wheres[init] | {"lr": lr}, _errors(run, LOOKS)
        report(done, len(plans) + len(conv_plans))
    for done, (depth, merge) in enumerate(conv_plans, len(plans) + 1):
        for lr, run in conv_cell(depth, merge, LRS).items():
            yield {"depth": depth, "merge": merge, "lr": lr}, {f"conv_{name}": wrong for name, wrong in _errors(run, CONV_LOOKS).items()}
        report(done, len(plans) + len(conv_plans))


def _errors(run, looks):
    """Both errors of a `Run` at these looks, (S, looks) each."""
    places = np.searchsorted(run.steps_at, looks)
    return {"train": run.train_error[:, places], "test": run.test_error[:, places]}


def _fit(make, digits, lr, steps, **how):
    how = {"loss": "cross_entropy", "batch": BATCH, "test": (digits.x_test, digits.y_test), "every": EVERY, "minutes": 60} | how
    return train.fit(make, digits.x, digits.y, SEEDS, steps, lr, **how)
