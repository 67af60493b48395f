"""Attention draws skips through time: see them appear while a network learns to say eight symbols backwards."""

import numpy as np

from skiplab import sweeps
from skiplab.base.grid import Grid
from skiplab.explore.dials import Choice, Slider
from skiplab.explore.table import Table, along
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.parts import arcs, arrow, axis, band, cells, line, panel, picture, points, text

LOOKS, RIGHT = (sweeps.load("attention")[name].rename("seeds", "seed", range(1, 9)) for name in ("looks", "right"))
MODELS = ("attention", "context")
LENGTH, SEEDS, STEPS = (LOOKS.axes[name][-1] for name in ("read", "seed", "steps"))
EVERY = LOOKS.axes["steps"][1]  # training steps between two maps
FAINT = 0.05  # a weight below this is not drawn
WIDEST = 9  # px, an arc of weight 1

_PLACES = np.arange(1, 2 * LENGTH + 1)
_READ, _WRITTEN = _PLACES[:LENGTH], _PLACES[LENGTH:]
_PAIRS = [(read, written) for written in _WRITTEN for read in _READ]  # row by row, as the map stands
_ROW, _DOWN = [0.5, LENGTH + 0.5], [LENGTH + 0.5, 0.5]  # what is written first stands on top
_NUMBERS = list(range(1, LENGTH + 1))
_DOING = "{task_no:backwards|as they came|with their halves swapped}"
_WAY = {
    "by": "model_no",
    "of": [
        "Attention: skips from what was read to what is written, as wide as their weight",
        "One context vector: the only way leads along the chain",
    ],
}
_TIME = [
    arcs(start="@from", end="@to", y=0.35, lift="@lift", widths="@widths", color="concat", head=False),
    line([0.4, 2 * LENGTH + 0.6], [0, 0], "@chain", width="@chain_width"),
    points("@read", "@zero", "muted", marker="square", size=24),
    points("@written", "@zero", "@chain", size=24),
    text((LENGTH + 1) / 2, -0.85, "read, one a step"), text((3 * LENGTH + 1) / 2, -0.85, "written, one a step"),
    text(LENGTH + 0.5, 1.5, "all that was read has to pass here", when="@narrow"),
    arrow([LENGTH + 0.5, 1.2], [LENGTH + 0.5, 0.25], "ink", width=2, when="@narrow"),
    *(text(int(x), 0, str((x - 1) % LENGTH + 1), color="paper", bold=True) for x in _PLACES),
]
_ENDS = (("attention", "@attention_end"), ("one vector", "@context_end"), ("guessing", 1 / LENGTH))
_SHARE = [
    *(band("@step", f"@{name}_low", f"@{name}_high", colour) for name, colour in (("attention", "concat"), ("context", "plain"))),
    line([0, STEPS], [1 / LENGTH, 1 / LENGTH], "muted", width=1.2),
    line("@step", "@attention_right", "concat", width=3),
    line("@step", "@context_right", "plain", dash="dash", width=3),
    *(text(STEPS + 5, y, name, align="left") for name, y in _ENDS),
    points(["@steps"], ["@here"], "@chain", size=12),
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
        panel([0, 0, 1, 0.52], _WAY, _TIME, axes=False, x=axis([0.2, 2 * LENGTH + 0.8]), y=axis([-1.2, 4.6])),
        panel(
            [0, 0.52, 0.42, 1], {"by": "model_no", "of": ["The same as a map", "No map: nothing looks back"]},
            [cells("@map", LENGTH, x=_ROW, y=_DOWN, range=[0, 1], colors=["soft", "concat"], gap=1)],
            x=axis(_ROW, "place read", ticks=_NUMBERS),
            y=axis(_DOWN, "place written", ticks=_NUMBERS),
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
        maps = Grid(np.stack([LOOKS, np.full_like(LOOKS, np.nan)]), model=MODELS, **LOOKS.axes)
        sharpest = np.nan_to_num(maps).max(-1).mean(-1)  # (models, tasks, steps, seeds)
        grids = {"map": maps, "widths": _widths(maps), "right_now": RIGHT, "here": RIGHT}
        grids |= along({"sharpest": sharpest}, **{name: maps.axes[name] for name in ("model", "task", "steps", "seed")})
        grids |= along({"chain_width": [2, 8], "narrow": [0, 1]}, model=MODELS)
        grids |= {"step": LOOKS.axes["steps"], "from": [a for a, _ in _PAIRS], "to": [b for _, b in _PAIRS],
                  "lift": [0.25 * (b - a) for a, b in _PAIRS], "read": _READ, "written": _WRITTEN, "zero": 0 * _READ}  # fmt: skip
        for name in MODELS:
            right = RIGHT.at(model=name)
            now, drawn = right.median("seed"), right.rename("steps", "step")
            grids |= {f"{name}_now": now, f"{name}_end": now.at(steps=STEPS), f"{name}_right": drawn.median("seed"),
                      f"{name}_low": drawn.low("seed"), f"{name}_high": drawn.high("seed")}  # fmt: skip
        return Table(cls.dials, grids, {"chain": "chain_{model}"}, {"chain_attention": "muted", "chain_context": "plain"})


def _widths(maps):
    """How wide each arc is drawn, in px: a Grid as `maps`."""
    weights = np.nan_to_num(maps)
    return Grid(np.where(weights < FAINT, 0, WIDEST * weights), **maps.axes)
