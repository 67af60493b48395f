"""Attention draws skips through time: see them appear while a network learns to say eight symbols backwards."""

import numpy as np

from skiplab import sweeps
from skiplab.explore.dials import Choice, Slider
from skiplab.explore.table import Table
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.parts import arcs, arrow, axis, band, cells, line, panel, picture, points, text

TASKS = ("reverse", "copy", "swap halves")  # as in skiplab/sweeps/attention.py, which needs torch
MODELS = ("attention", "context")
LENGTH, STEPS, SEEDS = 8, 100, 8
EVERY = 5  # training steps between two maps
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
        found = sweeps.load("attention")
        looks = found["looks"].astype(float)  # (tasks, steps, seeds, T, T)
        right = found["right"].astype(float)[:, ::-1]  # (tasks, models, steps, seeds), attention first
        maps = np.stack([looks, np.full_like(looks, np.nan)], 1)  # (tasks, models, steps, seeds, T, T)
        along, middle = ("task", "model", "steps", "seed"), np.median(right, -1)
        arrays = {
            "map": (along, maps.reshape(*maps.shape[:4], -1)), "widths": (along, _widths(maps)),
            "sharpest": (along, np.nan_to_num(maps).max(-1).mean(-1)), "right_now": (along, right), "here": (along, right),
            "step": ((), np.arange(0, STEPS + 1, EVERY)), "from": ((), [a for a, _ in _PAIRS]), "to": ((), [b for _, b in _PAIRS]),
            "lift": ((), [0.25 * (b - a) for a, b in _PAIRS]), "read": ((), _READ), "written": ((), _WRITTEN), "zero": ((), 0 * _READ),
            "chain_width": (("model",), [2, 8]), "narrow": (("model",), [0, 1]),
        }  # fmt: skip
        for m, name in enumerate(MODELS):
            arrays |= {f"{name}_right": (("task",), middle[:, m]), f"{name}_now": (("task", "steps"), middle[:, m]),
                       f"{name}_end": (("task",), middle[:, m, -1]),
                       f"{name}_low": (("task",), right[:, m].min(-1)), f"{name}_high": (("task",), right[:, m].max(-1))}  # fmt: skip
        return Table(arrays, {"chain": "chain_{model}"}, {"chain_attention": "muted", "chain_context": "plain"})


def _widths(maps):
    """How wide each arc is drawn, in px: (..., T, T) -> (..., T * T)."""
    weights = np.nan_to_num(maps).reshape(*maps.shape[:-2], -1)
    return np.where(weights < FAINT, 0, WIDEST * weights)
