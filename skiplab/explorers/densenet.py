"""Cut connections of a trained dense block, as many as you like, and see which of them it needs."""

import numpy as np

from skiplab import sweeps
from skiplab.base.grid import Grid
from skiplab.explore.dials import Choice, Pairs
from skiplab.explore.table import Table, along
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import arcs, axis, cells, line, panel, picture, points, text

SHIPPED = sweeps.load("densenet")
MERGES = SHIPPED["cut"].axes["merge"]
STEM, HEAD = 0, 5  # the ends of the row; between them are the layers
CUTS = Pairs("cuts", "Cut", HEAD + 1, at=(0, "node_x", "node_y", "lift"))
CHAIN = tuple(pair for pair in CUTS.pairs if pair[1] - pair[0] == 1)  # from each to the next
FAR = tuple(pair for pair in CUTS.pairs if pair not in CHAIN)
GUESSING, THICK, CHEAP = 90, 5, 3  # % wrong by chance; px; points of error that a cut costs at most which hardly counts

_WIRED = "{many_0:d} connections"
_TITLE = {"by": "cutting", "of": [
    f"All {_WIRED} are there: {{now:.0f}} % wrong", "{many:d} of {many_0:d} connections cut: {before:.0f} % wrong become {now:.0f} %",
]}  # fmt: skip
_READS = ["A layer ", "{merge_no:has weights of its own for all before it|reads the sum of all before it|reads the one before it}"]
_SAYS = {"by": "cutting", "of": [
    f" All {_WIRED} are there.", " Cut after training: {many:d}. With all connections it is {before:.0f} %.",
]}  # fmt: skip


def _row():
    """The stem, the layers and the head in a row, and what reads what above it."""
    ends = {"start": "@from", "end": "@to", "y": 0, "lift": "@lift", "head": False}
    there = [arcs(**ends, widths="@wide", shown="@cuts_out", color=LOOK[m].color, when=f"@is_{m}") for m in MERGES]
    names = {STEM: "stem", HEAD: "head"}
    return [
        *there, arcs(**ends, widths="@thin", shown="@cuts_in", **LOOK["cut"].line),
        points("@node_x", "@node_y", **LOOK["station"].points, size=22),
        *[text(n, -0.62, f"{n} {names[n]}" if n in names else str(n)) for n in range(HEAD + 1)],
        text(6.7, 3.6, "{now:.0f} %", size=2.8, bold=True, align="right"),
        text(6.7, 2.95, "labelled wrong", align="right"),
        text(6.7, 2.6, "{now_low:.0f} % to {now_high:.0f} %", color="muted", align="right"),
    ]  # fmt: skip


def _errors():
    """The error of the whole net, of the net as it is cut, and of one that guesses."""
    def strip(y, name, color):
        return [line([f"@{name}_low", f"@{name}_high"], [y, y], color, width=7), points([f"@{name}"], [y], **LOOK["here"].points, size=13)]

    guess = [line([GUESSING, GUESSING], [0.4, 2.6], **LOOK["guessing"].line, width=1.2)]
    words = text(GUESSING - 1, 1.5, "guessing", color="muted", align="right")
    return [*guess, *strip(2, "before", "@colour"), *strip(1, "now", "@colour"), words]


def _alone():
    """What each connection costs when it alone is cut: rows are readers, columns are sources."""
    shades = {"columns": HEAD, "x": [0, HEAD], "y": [-HEAD, 0], "colors": ["soft", "@colour"], "range": [0, 20], "gap": 1}
    grey = {"color": "muted", "when": "@asked"}
    numbers = [text(i + 0.5, 0.5 - j, f"{{alone_{i}_{j}:.0f}}", when=f"@there_{i}_{j}") for i, j in CUTS.pairs]
    sides = [text(-0.15, 0.5 - n, "head" if n == HEAD else str(n), align="right", **grey) for n in range(1, HEAD + 1)]
    top = [text(n + 0.5, 0.25, "stem" if n == STEM else str(n), **grey) for n in range(HEAD)]
    hint = text(HEAD / 2, -HEAD / 2, "Width of an arc: what its cut costs", color="muted", when="@unasked")
    return [cells("@alone", **shades, when="@asked"), *numbers, *sides, *top, hint]


class DenseNetExplorer(TableExplorer):
    """A block of four layers, trained on the digits: click an arc, and the connection is cut (8 seeds, every set of cuts measured)."""

    dials = (
        Choice("merge", "Merge", {merge: merge for merge in MERGES}, start="concat"),
        Choice("shows", "Width of an arc", {"alike": "all alike", "cost": "what its cut costs"}),
        CUTS,
    )
    tips = (
        ("Cut what the stem tells the head: does the error notice?", {"cuts": ((STEM, HEAD),)}),
        ("Layer 1 has one source: what is it worth?", {"cuts": ((0, 1),)}),
        ("Cut all that skips a layer: is what is left a plain net?", {"cuts": FAR}),
        ("Keep just that and cut the chain: better or worse?", {"cuts": CHAIN}),
        ("The same in a net that adds?", {"merge": "add", "cuts": CHAIN}),
        ("Without skips: how many cuts does it stand?", {"merge": "none", "cuts": ((2, 3),)}),
        ("Which single cut is the dearest?", {"shows": "cost"}),
    )
    sentence = [
        "{merge_no:Concat|Add|No skip}, four layers, about 1000 parameters: ",
        "{now:.0f} % of the test digits are labelled wrong (8 seeds: {now_low:.0f} % to {now_high:.0f} %).", _SAYS,
        {"by": "asked", "of": ["", f" Cut alone, {{idle:d}} of {_WIRED} cost at most {CHEAP} points, and the dearest costs {{most:.0f}}."]},
    ]  # fmt: skip
    scene = picture(
        560,
        panel([0, 0, 1, 0.66], _TITLE, _row(), axes=False, stage=[0, 0, 1, 1], x=axis([-0.8, 6.8]), y=axis([-1, 4.2])),
        panel([0, 0.66, 0.6, 1], _READS, _errors(),
              x=axis([0, 100], "test digits labelled wrong, %"), y=axis([0.4, 2.6], ticks=[1, 2], names=["cut", "whole"])),
        panel([0.62, 0.66, 1, 1], "What each cut alone costs, in points", _alone(), axes=False,
              x=axis([-0.9, HEAD + 0.2]), y=axis([-HEAD, 0.5])),
    )  # fmt: skip

    @classmethod
    def table(cls):
        """The shipped errors of every set of cuts."""
        errors = {"now": "cut", "now_low": "cut_low", "now_high": "cut_high"}
        grids = {name: Grid(SHIPPED[of].array.reshape(len(MERGES), -1), merge=MERGES, cuts=CUTS.sets)
                 for name, of in errors.items()}  # fmt: skip
        grids |= {name.replace("now", "before"): grid.at(cuts=0) for name, grid in grids.items()}
        texts = {"colour": ("merge", [LOOK[merge].color for merge in MERGES])}
        return Table(cls.dials, grids | _arcs() | _many() | _alone_costs(), texts)


def _drawn(merge):
    """1 for each pair that is a connection with this merge, else 0: a layer of a net without skips reads the one before it alone."""
    return np.array([merge != "none" or pair in CHAIN for pair in CUTS.pairs], float)


def _arcs():
    """Where the arcs are, which of them there are, and how wide each is."""
    start, end = np.transpose(CUTS.pairs)
    grids = {"from": start, "to": end, "node_x": np.arange(HEAD + 1), "node_y": np.zeros(HEAD + 1)}
    drawn = np.array([_drawn(merge) for merge in MERGES])
    grids |= along({"lift": drawn * (0.5 + 0.85 * (end - start - 1)), "thin": 3 * drawn}, merge=MERGES)
    for merge, chosen in zip(MERGES, np.eye(len(MERGES)), strict=True):
        grids |= along({f"is_{merge}": chosen}, merge=MERGES)
    cost = drawn * (1 + np.clip(_cost(), 0, 20) / 2)
    return grids | along({"wide": [THICK * drawn, cost]}, shows=("alike", "cost"), merge=MERGES)


def _many():
    """How many connections there are, and how many of them are cut."""
    bits = (np.array(CUTS.sets)[:, None] >> np.arange(len(CUTS.pairs))[::-1]) & 1  # (sets, pairs)
    many = np.array([bits @ _drawn(merge) for merge in MERGES])
    numbers = {"many": many, "cutting": many > 0}
    return along(numbers, merge=MERGES, cuts=CUTS.sets) | along({"many_0": many[:, -1]}, merge=MERGES)


def _cost():
    """By how many points the error grows when a connection alone is cut: (merge, pairs)."""
    errors = SHIPPED["cut"].array.astype(float).reshape(len(MERGES), -1)
    return np.stack([errors[..., CUTS.place((pair,))] - errors[..., 0] for pair in CUTS.pairs], -1)


def _alone_costs():
    """The matrix of what single cuts cost, where it is asked for, and what is said of it."""
    drawn, asked = np.array([_drawn(merge) > 0 for merge in MERGES]), np.array([False, True])
    cost = np.where(drawn, _cost(), np.nan)  # (merge, pairs)
    matrix = np.full((len(MERGES), HEAD, HEAD), np.nan)
    for number, (source, reader) in enumerate(CUTS.pairs):
        matrix[..., reader - 1, source] = cost[..., number]
    grids = along({"alone": matrix}, merge=MERGES) | along({"asked": asked, "unasked": ~asked}, shows=("alike", "cost"))
    grids |= along({"idle": np.sum(cost <= CHEAP, -1), "most": np.nanmax(cost, -1)}, merge=MERGES)
    for number, (i, j) in enumerate(CUTS.pairs):
        grids |= along({f"alone_{i}_{j}": np.nan_to_num(cost[..., number])}, merge=MERGES)
        grids |= along({f"there_{i}_{j}": asked[:, None] & drawn[:, number]}, shows=("alike", "cost"), merge=MERGES)
    return grids

