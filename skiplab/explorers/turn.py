"""Depth turns into time: a ResNet's stack tips over, shares its weights, reads an input at each step, and opens gates: a GRU."""

import numpy as np

from skiplab.base.merges import MERGES
from skiplab.explore.dials import Slider
from skiplab.explore.table import Table, along
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.parts import arrow, axis, box, cells, line, panel, picture, points, text

BLOCKS, FINE = 4, 10  # drawn; positions of the dial in each change
CHANGES = ("tip it over", "share weights", "read inputs", "gate the sum")
GATES = np.array([0.7, 0.2, 0.6, 0.3])  # z of each step, once there are gates
_AT = np.arange(FINE * len(CHANGES) + 1) / FINE  # of the dial
_TITLE = {"by": "stage", "of": [
    "A ResNet: every block has weights of its own", "Tip it over: depth turns into time", "Share the weights: all steps are one block",
    "Read inputs: one enters at each step", "Gate the sums: the unrolled GRU",
]}  # fmt: skip


def _places(done):
    """Where all stands once a share `done` (positions,) of the tipping is over: places (positions, blocks, ..., 2) and lengths."""
    tipped = done**2 * (3 - 2 * done)
    angle, mix = (1 - tipped) * np.pi / 2, lambda upright, flat: upright + tipped * (flat - upright)
    along_it, aside = (np.stack(pair, -1) for pair in ((np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))))  # (positions, 2)
    foot, pitch = np.stack([mix(9.2, 1.5), 0.5 + 2.4 * tipped**2], -1), 1.42 + 2.73 * tipped**3
    start = foot[:, None] + np.arange(BLOCKS)[:, None] * (pitch[:, None] * along_it)[:, None]  # (positions, blocks, 2)
    ahead = (pitch[:, None] * along_it)[:, None]
    middle, merge, over = start + 0.42 * ahead, start + 0.86 * ahead, (mix(1.3, 1.8)[:, None] * aside)[:, None]
    t = np.linspace(0, 1, 25)[:, None]
    ends = [place[:, :, None] for place in (start + 0.05 * ahead, merge, over)]
    bent = ends[0] + (ends[1] - ends[0]) * t**2 * (3 - 2 * t) + ends[2] * 4 * t * (1 - t)
    return {"start": start, "middle": middle, "merge": merge, "bent": bent, "last": start[:, -1] + 1.14 * ahead[:, 0],
            "half": 0.36 + 0.3 * tipped**3, "aside": aside[:, None]}  # fmt: skip


def _block(i):
    """One block: its branch with a matrix of weights, the arc round it, what it reads, and the merge."""
    yield line(f"@bent_x{i}", f"@bent_y{i}", "@colour", width=f"@kept{i}")
    yield line([f"@middle_x{i}", f"@merge_x{i}"], [f"@middle_y{i}", f"@merge_y{i}"], "@colour", width=f"@new{i}")
    yield box(f"@left{i}", f"@low{i}", "@side", "@side", fill="paper")
    yield cells(f"@weights{i}", 3, [f"@left{i}", f"@right{i}"], [f"@low{i}", f"@high{i}"], ["paper", "muted"], [0, 1], gap=2)
    yield box(f"@left{i}", f"@low{i}", "@side", "@side", color="ink", width=3)
    yield arrow([f"@middle_x{i}", f"@from{i}"], [f"@middle_x{i}", f"@low{i}"], "ink", width=3, when="@reads")
    yield text(f"@middle_x{i}", f"@says{i}", f"input {i + 1}", when="@reads")
    yield points([f"@merge_x{i}"], [f"@merge_y{i}"], "@colour", size=28)
    yield text(f"@merge_x{i}", f"@merge_y{i}", "{gated:+|z}", color="paper", bold=True)
    yield text(f"@merge_x{i}", f"@under{i}", f"z = {{z{i}:.1f}}", when="@gated")


def _steps():
    """The four changes, each filled as far as it has come."""
    for i, name in enumerate(CHANGES):
        yield box(0.3 + 4.7 * i, 6.9, 4.3, 0.75, fill="soft")
        yield box(0.3 + 4.7 * i, 6.9, f"@bar{i}", 0.12, fill="ink")
        yield text(2.45 + 4.7 * i, 7.33, f"{i + 1}  {name}")


class TurnExplorer(TableExplorer):
    """A ResNet becomes an unrolled GRU in four changes: it tips over, shares its weights, reads an input a step, and gates its sums."""

    dials = (Slider("turn", "Depth to time", 0.0, 0, len(CHANGES), 1 / FINE),)
    tips = (
        ("Only tip it over: is it another network?", {"turn": 1.0}),
        ("Share the weights: how many matrices are left?", {"turn": 2.0}),
        ("What does each step read now besides the state?", {"turn": 3.0}),
        ("Gates: when the branch opens, what becomes of the arc?", {"turn": 4.0}),
    )
    play = "turn"
    sentence = [
        _TITLE, ". ", {"by": "stage", "of": [
            "The state runs upward through the depth of the net, and each merge adds.",
            "The same network lies on its side: the state runs to the right, and each merge adds.",
            "All steps have the same matrix, so that there may be as many steps as one likes: a recurrent net with x + F(x).",
            "Each step reads its own input and the state before it. Without gates this is an RNN with a skip.",
            "Each merge hands on (1 − z) of the state and z of the branch. A GRU's reset gate is inside the branch.",
        ]},
    ]  # fmt: skip
    scene = picture(
        400,
        panel(
            [0, 0, 1, 1], _TITLE,
            [line(["@foot_x", "@last_x"], ["@foot_y", "@last_y"], "ink", width=3),
             arrow(["@merge_x3", "@merge_y3"], ["@last_x", "@last_y"], "ink", width=3),
             *(mark for i in range(BLOCKS) for mark in _block(i)), *_steps(),
             text("@way_x", "@way_y", "{lies:depth ↑|time →}", size=1.4, bold=True, color="muted")],
            axis([0, 19.4]), axis([0, 7.8]), axes=False,
        ),
    )  # fmt: skip

    @classmethod
    def table(cls):
        """Every position of the dial."""
        bars = np.clip(_AT[:, None] - np.arange(len(CHANGES)), 0, 1)  # (positions, changes): how far each has come
        at = _places(bars[:, 0])
        foot, last = at["start"][:, 0], at["last"]
        way = (foot + last) / 2 + 2.8 * at["aside"][:, 0]
        places = {"foot": foot, "last": last, "way": way}
        whole = {f"{name}_{axis}": place[:, k] for name, place in places.items() for k, axis in enumerate("xy")}
        whole |= {"side": 2 * at["half"], "stage": np.ceil(_AT), "lies": _AT >= 0.5, "reads": _AT > 2, "gated": _AT > 3}
        whole |= {f"{name}{i}": array[:, i] for name, array in _blocks(at, *bars.T[1:, :, None]).items() for i in range(BLOCKS)}
        whole |= {f"bar{i}": 4.3 * bars[:, i] for i in range(len(CHANGES))}
        turn = tuple(cls.dials[0].check(float(value)) for value in _AT)
        return Table(cls.dials, along(whole, turn=turn), {"colour": ("turn", [MERGES["gate" if at > 3 else "add"].color for at in turn])})


def _blocks(at, shared, read, gated):
    """What is drawn of each block: name -> (positions, blocks, ...); how far sharing, reading and gating have come: (positions, 1)."""
    own = np.random.default_rng(3).uniform(0.1, 1, (BLOCKS, 9))
    (x, y), half = np.moveaxis(at["middle"], -1, 0), at["half"][:, None]
    z, start = 1 - gated * (1 - GATES), y - half - 0.35 - 0.95 * read
    return {
        **{f"{name}_{axis}": at[name][..., k] for name in ("middle", "merge", "bent") for k, axis in enumerate("xy")},
        "weights": own + shared[:, :, None] * (own[0] - own), "left": x - half, "right": x + half, "low": y - half, "high": y + half,
        "kept": 1 + 6 * (1 - gated * GATES), "new": 1 + 6 * z, "z": z, "from": start, "says": start - 0.3,
        "under": at["merge"][..., 1] - 0.65,
    }  # fmt: skip
