"""A skip network is a crowd of paths: leave a block out, and half of them are gone; a plain network has one."""

import itertools

import numpy as np

from skiplab.base.grid import Grid
from skiplab.explore.dials import Choice
from skiplab.explore.table import Table, along
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import axis, box, line, panel, picture, text

BLOCKS, RHOS, WIRE = 5, ("1", "0.5", "0.1"), -5  # WIRE: how far below the crowd the plain network is drawn
NAMES = tuple(f"b{block}" for block in range(1, BLOCKS + 1))
STATES = ("in", "out")
TOP = 2**BLOCKS - 1
WIDEST, THINNEST = 6, 0.6  # px, of a path that weighs 1 and of one that weighs next to nothing


def _crowd():
    """Blocks, over them the paths past a branch and those through it, by how many branches they have passed, and the plain wire."""
    for block, name in enumerate(NAMES):
        yield box(block + 0.3, -1, 0.4, TOP + 2, fill="soft", color="muted", width=1.5, when=f"@{name}_in")
        yield text(block + 0.5, TOP + 2.6, f"{block + 1}{{{name}_no:| out}}", color="muted")
        yield box(block + 0.3, WIRE - 1.3, 0.4, 2.6, fill="soft", color="muted", width=1.5, when=f"@{name}_in")
    for k, kind in itertools.product(range(BLOCKS + 1), ("past", "through")):
        if 0 <= k - (kind == "through") < BLOCKS:
            yield line(f"@{kind}{k}_x", f"@{kind}{k}_y", LOOK["add" if kind == "past" else "none"].color, width=f"@width{k}")
    yield line([0, 0.3], [TOP / 2, TOP / 2], "ink", width=WIDEST)
    yield line([0, *range(1, BLOCKS + 1)], "@wire_y", LOOK["plain"].color, width=WIDEST)
    yield text(BLOCKS + 0.15, TOP + 2.6, "left", color="muted", align="left")
    for y, name, word, left in ((TOP / 2, "add", "skips", "{left:d}"), (WIRE, "plain", "plain", "{wire:d}")):
        yield text(-0.55, y + 2.2, word, color=LOOK[name].color, align="left", bold=True)
        yield text(BLOCKS + 0.15, y, left, color=LOOK[name].color, size=2, align="left", bold=True)


class PathsExplorer(TableExplorer):
    """The 32 paths through five blocks with skips, each as thick as its weight ρᵏ where it passes k branches, and the plain wire."""

    dials = (
        *(Choice(name, f"Block {name[1]}", dict(zip(STATES, STATES, strict=True)), at=(0, f"{name}_spot_x", "spot_y")) for name in NAMES),
        Choice("rho", "Size ρ", dict(zip(RHOS, RHOS, strict=True))),
    )
    tips = (
        ("Click out the third block: how many paths are left?", {"b3": "out"}),
        ("The same with small branches, ρ = 0.1: what did the lost paths weigh?", {"b3": "out", "rho": "0.1"}),
        ("Three blocks of five out: which paths are those?", {"b1": "out", "b3": "out", "b5": "out"}),
    )
    sentence = [
        f"{BLOCKS} blocks with skips are {2**BLOCKS} paths, and one through k branches weighs ρᵏ, with ρ = {{rho}}. ",
        {"by": "some", "of": ["No block is left out. ", "{out:d} {several:block is|blocks are} left out: "]},
        "{left:d} paths are there, with {weight:.0f} % of the weight; the plain network has {wire:no path left|its one path}.",
    ]  # fmt: skip
    scene = picture(
        480,
        panel(
            [0, 0, 1, 1], f"{{left:d}} of {2**BLOCKS} paths, {{weight:.0f}} % of their weight; plain: {{wire:none|1}} of 1", list(_crowd()),
            axis([-0.6, BLOCKS + 0.9]), axis([WIRE - 2, TOP + 4]), axes=False, stage=[0, 0, 1, 1],
        ),
    )  # fmt: skip

    @classmethod
    def table(cls):
        """Every choice of blocks that are in and out."""
        cuts = list(itertools.product((0, 1), repeat=BLOCKS))
        axes = dict.fromkeys(NAMES, STATES)
        shape = (len(STATES),) * BLOCKS
        drawn = [_edges(out) for out in cuts]
        named = {name: np.reshape([each[name] for each in drawn], (*shape, -1)) for name in drawn[0]}
        out = np.reshape([sum(cut) for cut in cuts], shape)
        named |= {"out": out, "left": 2 ** (BLOCKS - out), "wire": out == 0, "some": out > 0, "several": out > 1}
        rhos = np.array([float(rho) for rho in RHOS])
        grids = along(named, **axes) | {"weight": Grid(100 / (1 + rhos) ** out[..., None], **axes, rho=RHOS)}
        grids |= along({f"width{k}": np.maximum(WIDEST * rhos**k, THINNEST) for k in range(BLOCKS + 1)}, rho=RHOS)
        for block, name in enumerate(NAMES):
            grids |= along({f"{name}_in": [1, 0]}, **{name: STATES}) | {f"{name}_spot_x": np.full(3, block + 0.5)}
        return Table(cls.dials, grids | {"spot_y": np.array([WIRE, TOP / 4, 3 * TOP / 4])})


def _edges(out):
    """The steps of all paths that are left where `out` says which blocks are not there; x and y by kind and by branches passed."""
    edges = {f"{kind}{k + (kind == 'through')}_{axis}": [] for kind in ("past", "through") for k in range(BLOCKS) for axis in "xy"}
    for block in range(BLOCKS):
        for before, new in itertools.product(itertools.product((0, 1), repeat=block), (0, 1)):
            there = not any(map(min, (*before, new), out[: block + 1]))
            ends = [_height(before), *[_height((*before, new))] * 2]
            key = f"{('past', 'through')[new]}{sum(before) + new}"
            edges[f"{key}_x"] += [block + 0.3, block + 0.7, min(block + 1.3, BLOCKS), np.nan]
            edges[f"{key}_y"] += [*(ends if there else [np.nan] * 3), np.nan]
    first = out.index(1) if any(out) else BLOCKS
    return edges | {"wire_y": [WIRE if end <= first else np.nan for end in range(BLOCKS + 1)]}


def _height(taken):
    """Where a path stands after these choices: in the middle of all that can become of it, those through the branch below."""
    width = 2 ** (BLOCKS - len(taken))
    return TOP - sum(new * 2 ** (BLOCKS - 1 - block) for block, new in enumerate(taken)) - (width - 1) / 2
