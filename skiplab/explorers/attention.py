"""Attention draws skips through time: see them appear while a network learns to say eight symbols backwards."""

import numpy as np

from skiplab import sweeps
from skiplab.base.grid import Grid
from skiplab.explore.dials import Choice, Slider
from skiplab.explore.table import Table, along, spread
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.ends import spaced
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import arc, arcs, arrow, axis, band, cells, line, panel, picture, points, text

LOOKS, RIGHT = (sweeps.load("attention")[name].rename("seeds", "seed", range(1, 9)) for name in ("looks", "right"))
MODELS = RIGHT.axes["model"]  # "context" and "attention"
LENGTH, SEEDS, STEPS = (LOOKS.axes[name][-1] for name in ("read", "seed", "steps"))
EVERY = LOOKS.axes["steps"][1]  # training steps between two maps
FAINT = 0.02  # a weight of the chosen symbol below this is not drawn
CLEAR = 0.5  # of the other symbols: a skip that stands out
WIDEST = 12  # px, an arc of weight 1

_NUMBERS = list(range(1, LENGTH + 1))  # the places that are read
_WRITTEN = [LENGTH + number for number in _NUMBERS]
_FROM, _TO = LENGTH * _NUMBERS, [place for place in _WRITTEN for _ in _NUMBERS]  # row by row, as the map stands
_LIFT = [0.25 * (end - start) for start, end in zip(_FROM, _TO, strict=True)]
_ROW, _DOWN = [0.5, LENGTH + 0.5], [LENGTH + 0.5, 0.5]  # what is written first stands on top
_DOING = "{task_no:backwards|as they came|with their halves swapped}"
_WAY = "{eighths:d} of 8 right {model_no:with attention|by way of one vector} after {steps:d} steps"
_TIME = [
    arcs(start=_FROM, end=_TO, y=0.35, lift=_LIFT, widths="@widths", color="pale", head=False),
    *(arc([n, 0.35], ["@end", 0.35], f"@lift{n}", LOOK["attention"].color, width=f"@width{n}", head=False, when=f"@width{n}")
      for n in _NUMBERS),
    line([0.4, 2 * LENGTH + 0.6], [0, 0], "@chain", width="@chain_width"),
    points(_NUMBERS, LENGTH * [0], **LOOK["station"].points, size=26),
    points(_WRITTEN, LENGTH * [0], "@chain", size=26),
    points(["@end"], [0], LOOK["attention"].color, size=32, when="@looks"),
    text((LENGTH + 1) / 2, -0.85, "read, one a step"),
    text((3 * LENGTH + 1) / 2, -0.85, "{model_no:written: click one|written, one a step}"),
    text(LENGTH + 0.5, 1.5, "all that was read has to pass here", when="@model_no"),
    arrow([LENGTH + 0.5, 1.2], [LENGTH + 0.5, 0.25], "ink", width=2, when="@model_no"),
    *(text(x, 0, str((x - 1) % LENGTH + 1), color="paper", bold=True) for x in _NUMBERS + _WRITTEN),
]
_STEP = list(LOOKS.axes["steps"])
_ENDS = {"attention": "attention", "one vector": "context"}
_SHARE = [
    band(_STEP, "@attention_right_low", "@attention_right_high", LOOK["attention"].color),
    band(_STEP, "@context_right_low", "@context_right_high", LOOK["one vector"].color),
    line([0, STEPS], [1 / LENGTH, 1 / LENGTH], **LOOK["guessing"].line, width=1.2),
    line(_STEP, "@attention_right", **LOOK["attention"].line, width=3),
    line(_STEP, "@context_right", **LOOK["one vector"].line, width=3),
    text(STEPS + 4, 1 / LENGTH, "guessing", LOOK["guessing"].color, align="left"),
    *(text("@label_x", f"@{y}_label", name, LOOK[name].color, align="left", bold=True) for name, y in _ENDS.items()),
    points(["@steps"], ["@right_now"], **LOOK["here"].points, size=12),
]


class AttentionExplorer(TableExplorer):
    """Two GRUs, one that reads and one that writes, after every few steps of training: where the writer looks, and what it gets right."""

    dials = (
        Choice("task", "Write it", {"reverse": "backwards", "copy": "as they came", "swap halves": "halves swapped"}),
        Choice("model", "By way of", {"attention": "attention", "context": "one vector"}),
        Slider("steps", "Training steps", 0, 0, STEPS, EVERY),
        Slider("written", "Written symbol", 1, 1, LENGTH, 1, only={"model": ("attention",)}, at=(0, "written_x", "written_y")),
        Slider("seed", "Network", 1, 1, SEEDS, 1),
    )
    tips = (
        ("Where does the first written symbol look before training?", {"steps": 0}),
        ("35 steps: is there a skip yet?", {"steps": 35}),
        ("100 steps: how many are right?", {"steps": STEPS}),
        ("The same without attention?", {"model": "context", "steps": STEPS}),
        ("To copy: which skips will it draw?", {"task": "copy", "steps": STEPS}),
        ("Halves swapped: how many bundles?", {"task": "swap halves", "steps": STEPS}),
    )
    play = "steps"
    sentence = [
        "Eight symbols are to be written ", _DOING, ". After {steps:d} training steps network {seed:d} gets {right_now:.2f} of them right ",
        {"by": "model_no", "of": [
            "with attention. Written symbol {written:d} gives {most:.2f} of its weight to place {where:d}.",
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
        rows = {**maps.axes, "place": maps.axes["written"]}  # for the map; the written symbol of a row is a dial
        del rows["written"]
        rows = {name: rows[name] for name in (*RIGHT.axes, "place", "read")}
        widths = np.where(weights < CLEAR, 0, WIDEST * weights)
        grids = {"map": Grid(maps.array, **rows), "widths": Grid(widths, **rows), "right_now": RIGHT, "eighths": np.rint(LENGTH * RIGHT)}
        grids |= along({"chain_width": [8, 2], "looks": [0, 1]}, model=MODELS) | along({"end": np.array(_WRITTEN)}, written=_NUMBERS)
        grids |= {"written_x": np.array(_WRITTEN), "written_y": np.zeros(LENGTH)}
        axes = {name: values for name, values in maps.axes.items() if name != "read"}
        grids |= along({"most": weights.max(-1), "where": weights.argmax(-1) + 1}, **axes)
        for place in _NUMBERS:
            own = weights[..., place - 1]
            grids |= along({f"width{place}": np.where(own < FAINT, 0, WIDEST * own)}, **axes)
            grids |= along({f"lift{place}": 0.25 * (np.array(_WRITTEN) - place)}, written=_NUMBERS)
        return Table(cls.dials, grids | _shares(), {"chain": ("model", ["muted", LOOK["one vector"].color])})


def _shares():
    """What is right step by step, as far as the dial has gone, and where the names of the lines stand."""
    grids, ends = along({"label_x": np.array(_STEP) + 4}, steps=_STEP), {}
    for name in MODELS:
        right = RIGHT.at(model=name)
        grids[f"{name}_now"] = ends[name] = right.median("seed")
        for part, grid in spread(f"{name}_right", right, "seed").items():
            so_far = np.where(np.tri(len(_STEP), dtype=bool), grid.array[:, None], np.nan)  # (tasks, steps, step)
            grids[part] = Grid(so_far, **grid.axes, step=_STEP)
    labels = zip(_ENDS.values(), spaced([ends[name].array for name in _ENDS.values()], 0.12, 0.22, 0.98), strict=True)
    return grids | along({f"{name}_label": row for name, row in labels}, **ends["context"].axes)
