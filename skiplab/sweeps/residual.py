"""How training goes at every depth, with every merge, init, norm and rate: one cause at a time, on the digits.

`conv_train` and `conv_test` are those of convolutional nets, `control_train` those of two nets that an expert would hold against the
others, with He's init and unscaled branches: a head that starts at zero, and one LayerNorm before the head.
"""

import itertools

import numpy as np
from torch import nn

from skiplab import data, sweeps, train
from skiplab.base.errors import need_choice
from skiplab.base.settings import as_taught
from skiplab.nets import residual
from skiplab.probe.stack import GAMMAS
from skiplab.skip import Add

SEEDS, STEPS, EVERY, WIDTH, BATCH = 8, 300, 75, 32, 64
CONV_WIDTH, CONV_HOW = 4, {"steps": 150, "every": 50, "flat": False}
LRS = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
ADDS = {"add": "1", "add 1/√L": "1/√L", "add 1/L": "1/L"}  # and the scale γ of the branch, where L is the number of blocks
ENDS = {"lr": LRS, "seeds": range(SEEDS), "steps": range(0, STEPS + 1, EVERY)}
AXES = {
    "depth": (8, 20, 56),
    "merge": ("none", *ADDS, "gate"),
    "init": residual.INITS,
    "norm": ("none", "batch"),
    **ENDS,
}
CONV_AXES = {"depth": (8, 20, 32), "merge": ("none", "add"), **ENDS, "steps": range(0, 151, 50)}
CONTROLS = ("zero head", "norm before the head")
CONTROL_AXES = {"control": CONTROLS, "depth": (20, 56), "merge": ("none", "add"), "norm": ("none", "batch"), **ENDS}
ABOUT = {"data": "digits, 1200 and 597", "width": WIDTH, "conv_width": CONV_WIDTH, "batch": BATCH, "optimizer": "Adam",
         "first seed": 0}  # fmt: skip
WHAT = {
    "train": "share of the 1200 training digits labelled wrong",
    "test": "share of the 597 test digits labelled wrong",
}
WHAT |= {f"conv_{name}": what for name, what in WHAT.items()} | {"control_train": WHAT["train"]}
WHERE = dict.fromkeys(WHAT, AXES) | {"conv_train": CONV_AXES, "conv_test": CONV_AXES, "control_train": CONTROL_AXES}


def cell(depth, merge, init="he", norm="none", lr=1e-3, **how):
    """Train one cell, 8 seeds: the `Run`, its errors (S, looks). `how` goes to `train.fit`, such as steps or watch."""
    return trained(lambda: net(depth, merge, init, norm), lr, **how)


def net(depth, merge, init="he", norm="none"):
    """The network of one cell."""
    need_choice("merge", merge, AXES["merge"])
    scaled = Add(gamma=GAMMAS[ADDS[merge]]((depth - 2) // 2)) if merge in ADDS else merge
    return residual.mlp(64, 10, depth, WIDTH, scaled, init, norm)


def control(control, depth, merge, norm):
    """The network of one control, He's init: its head starts at zero, or has one LayerNorm before it."""
    made = net(depth, merge, norm=norm)
    if need_choice("control", control, CONTROLS) == "zero head":
        nn.init.zeros_(made.head.weight)
    else:
        made.head = nn.Sequential(nn.LayerNorm(WIDTH), made.head)
    return made


def conv(depth, merge):
    """The convolutional network of one cell."""
    return residual.small_resnet(depth, merge=merge, width=CONV_WIDTH)


@as_taught()
def trained(make, lr, steps=STEPS, every=EVERY, flat=True, **how):
    """Train networks on the digits as all here are: a `Run`, with several rates `Rates`. `how` goes to `train.fit`."""
    digits = data.digits(flat=flat)
    how |= {"loss": "cross_entropy", "batch": BATCH, "test": (digits.x_test, digits.y_test), "every": every, "minutes": 60}
    return train.fit(make, digits.x, digits.y, SEEDS, steps, lr, **how)


def share(errors):
    """Errors (S, looks) as they are shipped: a network whose numbers overflow labels all digits wrong."""
    return np.nan_to_num(errors, nan=1.0).astype(np.float32)


def measure(report):
    """Every cell; `report(done, of)` is called after each training."""
    return sweeps.gather(WHAT, WHERE, _cells(report))


def _cells(report):
    for done, (names, make, how, settings) in enumerate(plans := _plans(), 1):
        for (name, lr), run in trained(make, LRS, settings=settings, **how).items():
            yield settings[name] | {"lr": lr}, dict(zip(names, map(share, (run.train_error, run.test_error)), strict=False))
        report(done, len(plans))


def _plans():
    """(what is measured, network, how, settings) of each training; its settings share one stack where they can."""
    plans = []
    for depth, merge, norm in itertools.product(*(AXES[name] for name in ("depth", "merge", "norm"))):
        where = {"depth": depth, "merge": merge, "norm": norm}
        plans.append((("train", "test"), net, {}, {init: where | {"init": init} for init in AXES["init"]}))
    for depth, merge, norm in itertools.product(*(CONTROL_AXES[name] for name in ("depth", "merge", "norm"))):
        where = {"depth": depth, "merge": merge, "norm": norm}
        plans.append((("control_train",), control, {}, {name: where | {"control": name} for name in CONTROLS}))
    for depth, merge in itertools.product(CONV_AXES["depth"], CONV_AXES["merge"]):
        plans.append((("conv_train", "conv_test"), conv, CONV_HOW, {"conv": {"depth": depth, "merge": merge}}))
    return plans
