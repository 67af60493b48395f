"""Attention draws skips through time: see them appear while a network learns to say eight symbols backwards."""

import numpy as np

from skiplab import sweeps
from skiplab.base.grid import Grid
from skiplab.explore.dials import Choice, Slider
from skiplab.explore.table import Table, along, spread
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import arcs, arrow, axis, band, cells, line, panel, picture, points, text

LOOKS, RIGHT = (sweeps.load("attention")[name].rename("seeds", "seed", range(1, 9)) for name in ("looks", "right"))
MODELS = RIGHT.axes["model"]  # "context" and "attention"
LENGTH, SEEDS, STEPS = (LOOKS.axes[name][-1] for name in ("read", "seed", "steps"))
EVERY = LOOKS.axes["steps"][1]  # training steps between two maps
FAINT = 0.05  # a weight below this is not drawn
WIDEST = 9  # px, an arc of weight 1

_NUMBERS = list(range(1, LENGTH + 1))  # the places that are read
_WRITTEN = [LENGTH + number for number in _NUMBERS]
_FROM, _TO = LENGTH * _NUMBERS, [place for place in _WRITTEN for _ in _NUMBERS]  # row by row, as the map stands
_LIFT = [0.25 * (end - start) for start, end in zip(_FROM, _TO, strict=True)]
_ROW, _DOWN = [0.5, LENGTH + 0.5], [LENGTH + 0.5, 0.5]  # what is written first stands on top
_DOING = "{task_no:backwards|as they came|with their halves swapped}"
_WAY = (
    "{model_no:Attention: skips from what was read to what is written, as wide as their weight"
    "|One context vector: the only way leads along the chain}"
)
_TIME = [
    arcs(start=_FROM, end=_TO, y=0.35, lift=_LIFT, widths="@widths", color=LOOK["attention"].color, head=False),
    line([0.4, 2 * LENGTH + 0.6], [0, 0], "@chain", width="@chain_width"),
    points(_NUMBERS, LENGTH * [0], **LOOK["station"].points, size=24),
    points(_WRITTEN, LENGTH * [0], "@chain", size=24),
    text((LENGTH + 1) / 2, -0.85, "read, one a step"), text((3 * LENGTH + 1) / 2, -0.85, "written, one a step"),
    text(LENGTH + 0.5, 1.5, "all that was read has to pass here", when="@model_no"),
    arrow([LENGTH + 0.5, 1.2], [LENGTH + 0.5, 0.25], "ink", width=2, when="@model_no"),
    *(text(x, 0, str((x - 1) % LENGTH + 1), color="paper", bold=True) for x in _NUMBERS + _WRITTEN),
]
_STEP = list(LOOKS.axes["steps"])
_ENDS = (("attention", "@attention_end"), ("one vector", "@context_end"), ("guessing", 1 / LENGTH))
_SHARE = [
    band(_STEP, "@attention_right_low", "@attention_right_high", LOOK["attention"].color),
    band(_STEP, "@context_right_low", "@context_right_high", LOOK["one vector"].color),
    line([0, STEPS], [1 / LENGTH, 1 / LENGTH], **LOOK["guessing"].line, width=1.2),
    line(_STEP, "@attention_right", **LOOK["attention"].line, width=3),
    line(_STEP, "@context_right", **LOOK["one vector"].line, width=3),
    *(text(STEPS + 5, y, name, align="left") for name, y in _ENDS),
    points(["@steps"], ["@right_now"], **LOOK["here"].points, size=12),
]


class AttentionExplorer(TableExplorer):
    """Two GRUs, one that reads and one that writes, after every few steps of training: where the writer looks, and what it gets right."""

    dials = (
        Choice("task", "Write it", {"reverse": "backwards", "copy": "as they came", "swap halves": "halves swapped"}),
        Choice("model", "By way of", {"attention": "attention", "context": "one vector"}),
        Slider("steps", "Training steps", STEPS, 0, STEPS, EVERY),
        Slider("seed", "Network", 1, 1, SEEDS, 1),
    )
    tips = (
        ("Before training: everything looks everywhere.", {"steps": 0}),
        ("After 35 steps the skips appear.", {"steps": 35}),
        ("Shut attention: all must pass one vector.", {"model": "context"}),
        ("Copy: skips of equal length.", {"task": "copy"}),
        ("Halves swapped: two bundles.", {"task": "swap halves"}),
    )
    play = "steps"
    sentence = [
        "Eight symbols are to be written ", _DOING, ". After {steps:d} training steps network {seed:d} gets {right_now:.2f} of them right ",
        {"by": "model_no", "of": [
            "with attention; each written symbol gives {sharpest:.2f} of its weight to one place, in the mean.",
            "by way of one vector: all that it read has to fit into the last state.",
        ]},
        " The median of 8 networks: {attention_now:.2f} with attention, {context_now:.2f} with one vector.",
    ]  # fmt: skip
    scene = picture(
        560,
        panel([0, 0, 1, 0.52], _WAY, _TIME, axes=False, stage=[0, 0, 1, 1], x=axis([0.2, 2 * LENGTH + 0.8]), y=axis([-1.2, 4.6])),
        panel(
            [0, 0.52, 0.42, 1], "{model_no:The same as a map|No map: nothing looks back}",
            [cells("@map", LENGTH, x=_ROW, y=_DOWN, range=[0, 1], colors=["soft", LOOK["attention"].color], gap=1)],
            x=axis(_ROW, "place read", ticks=_NUMBERS), y=axis(_DOWN, "place written", ticks=_NUMBERS),
        ),
        panel(
            [0.42, 0.52, 1, 1], "Medians: attention {attention_now:.2f}, one vector {context_now:.2f}", _SHARE,
            grid=True, x=axis([0, 1.45 * STEPS], "training step (dot: network {seed:d})", ticks=[0, 25, 50, 75, 100]),
            y=axis([0, 1.05], "share of symbols right"),
        ),
    )  # fmt: skip

    @classmethod
    def table(cls):
        """Every map and share, from the stored measurement."""
        maps = Grid(np.stack([np.full_like(LOOKS, np.nan), LOOKS], 1), **(RIGHT.axes | LOOKS.axes))
        weights = np.nan_to_num(maps)  # (tasks, models, steps, seeds, written, read)
        widths = Grid(np.where(weights < FAINT, 0, WIDEST * weights), **maps.axes)
        grids = {"map": maps, "widths": widths, "right_now": RIGHT} | along({"chain_width": [8, 2]}, model=MODELS)
        grids |= along({"sharpest": weights.max(-1).mean(-1)}, **RIGHT.axes)
        for name in MODELS:
            right = RIGHT.at(model=name)
            now = right.median("seed")
            grids |= {f"{name}_now": now, f"{name}_end": now.at(steps=STEPS)}
            grids |= spread(f"{name}_right", right.rename("steps", "step"), "seed")
        return Table(cls.dials, grids, {"chain": ("model", ["muted", LOOK["one vector"].color])})
