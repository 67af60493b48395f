"""A circle of inputs passes 24 blocks: some stacks draw it out to a needle, and some leave it round."""

import colorsys

import numpy as np

from skiplab.base.grid import Grid
from skiplab.explore.dials import Choice, Ladder
from skiplab.explore.table import Table, along, spread
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import axis, band, line, panel, picture, points, text

BLOCKS, POINTS, WIDTH, SEEDS = 24, 200, 64, 8
INITS = {"he": {"init": "he"}, "rotations": {"init": "orthogonal", "activation": "tanh"}}
GAMMAS = ("1", "1/√L", "1/L")
ARMS = {"plain": (0, "no skip"), "skip": (2.4, "skip, γ = {gamma}")}  # where each stands, and how it is called
ARCS = 8  # of the circle, each in a colour of its own, by which one sees where it has gone
HUES = [f"#{''.join(f'{round(255 * part):02x}' for part in colorsys.hsv_to_rgb(arc / ARCS, 0.8, 0.8))}" for arc in range(ARCS)]


def _rings():
    """The points of both stacks, side by side."""
    for arm, (at, name) in ARMS.items():
        yield from (points(f"@{arm}_x{arc}", f"@{arm}_y{arc}", HUES[arc], size=7, edge=HUES[arc]) for arc in range(ARCS))
        yield text(at, -1.28, name, color=LOOK[arm].color, bold=True)


def _roundness():
    """Width over length, block by block."""
    for arm in ARMS:
        yield band("@passed", f"@{arm}_round_low", f"@{arm}_round_high", LOOK[arm].color)
        yield line("@passed", f"@{arm}_round", **LOOK[arm].line, width=3, label=arm)
        yield points(["@block"], [f"@{arm}_now"], LOOK[arm].color, size=11)


class CircleExplorer(TableExplorer):
    """200 inputs on a circle, pushed through a plain stack and through one with a skip, each seen in the plane in which it is largest."""

    dials = (
        Ladder("block", "Blocks passed", 0, tuple(range(BLOCKS + 1))),
        Choice("gamma", "Scale γ", {gamma: gamma for gamma in GAMMAS}),
        Choice("init", "Init", {"he": "He, ReLU", "rotations": "rotations, tanh"}),
    )
    tips = (
        ("24 blocks by He's init: which circle stays rounder?", {"block": BLOCKS}),
        ("Scale the branches by 1/√L: rounder than plain?", {"block": BLOCKS, "gamma": "1/√L"}),
        ("Scale them by 1/L: what is left to be seen?", {"block": BLOCKS, "gamma": "1/L"}),
        ("Rotations and tanh: does the plain stack need a skip?", {"block": BLOCKS, "gamma": "1/L", "init": "rotations"}),
    )
    play = "block"
    sentence = [
        f"A circle of {POINTS} points, behind {{block:d}} of {BLOCKS} blocks, {{init_no:He init with ReLU|rotations with tanh}}. ",
        "Without a skip it is {plain_long:.2g} times as long as wide (8 seeds: {plain_long_low:.2g} to {plain_long_high:.2g}); ",
        "with a skip and γ = {gamma}, {skip_long:.2g} times ({skip_long_low:.2g} to {skip_long_high:.2g}).",
    ]  # fmt: skip
    scene = picture(
        360,
        panel(
            [0, 0, 0.73, 1], "Length to width: plain {plain_long:.2g}, skip {skip_long:.2g}", list(_rings()),
            axis([-1.15, 3.55]), axis([-1.45, 1.1]), equal=True, axes=False, stage=[0, 0, 1, 1],
        ),
        panel(
            [0.73, 0, 1, 1], "Width by length", list(_roundness()), axis([0, BLOCKS], "blocks", whole=True), axis([0.01, 1.1], log=True),
            grid=True, legend="bottom left",
        ),
    )  # fmt: skip

    @classmethod
    def table(cls):
        """Both stacks behind each block, for every init and scale."""
        axes = {"init": tuple(INITS), "gamma": GAMMAS, "block": range(BLOCKS + 1)}
        grids = {"passed": np.arange(BLOCKS + 1)}
        for arm, (at, _) in ARMS.items():
            found = [[_pushed(arm, gamma, **how) for gamma in GAMMAS] for how in INITS.values()]
            long = Grid(np.array([[1 / ratio for _, ratio in row] for row in found]), **axes, seeds=range(SEEDS))
            curve = Grid(1 / long.array, init=axes["init"], gamma=GAMMAS, passed=axes["block"], seeds=range(SEEDS))
            grids |= spread(f"{arm}_long", long) | spread(f"{arm}_round", curve)
            grids[f"{arm}_now"] = Grid(curve.median("seeds").array, **axes)
            arcs = np.array([[np.split(plane, ARCS, 1) for plane, _ in row] for row in found])  # (inits, γ, arcs, blocks, points, 2)
            for arc in range(ARCS):
                x, y = arcs[:, :, arc, ..., 0] + at, arcs[:, :, arc, ..., 1]
                grids |= along({f"{arm}_x{arc}": x, f"{arm}_y{arc}": y}, **axes)
        return Table(cls.dials, grids)


def _pushed(arm, gamma, **how):
    """The circle behind each block: of a seed in the middle (1 + blocks, points, 2), and of all width over length (1 + blocks, seeds)."""
    import torch

    from skiplab.probe.stack import Config, inputs, stack

    plane, _ = torch.linalg.qr(inputs(SEEDS, WIDTH, 2).mT)  # (seeds, width, 2)
    turn = torch.arange(POINTS, dtype=plane.dtype, device=plane.device) * 2 * np.pi / POINTS
    states = [(WIDTH**0.5 * torch.stack([turn.cos(), turn.sin()], -1) @ plane.mT).unsqueeze(1)]  # (seeds, 1, points, width), power 1
    with torch.no_grad():
        for block in stack(Config("none" if arm == "plain" else "add", gamma=gamma, **how), [BLOCKS], SEEDS, WIDTH):
            states.append(block(states[-1]))
    states = torch.cat(states, 1)
    u, s, _ = torch.linalg.svd(states - states.mean(2, keepdim=True), full_matrices=False)  # s (seeds, 1 + blocks, .)
    ratio = (s[..., 1] / s[..., 0]).T.cpu().numpy()
    middle = np.argsort(ratio[-1])[SEEDS // 2]
    return _steady((u[middle, :, :, :2] * s[middle, :, None, :2]).cpu().numpy()), ratio


def _steady(seen):
    """Each picture (points, 2) as large as the frame, and turned so that it stands as the one before: (blocks, points, 2)."""
    shown = []
    for now in seen / np.linalg.norm(seen, axis=-1).max(-1)[:, None, None]:
        if shown:
            u, _, v = np.linalg.svd(now.T @ shown[-1])
            now = now @ u @ v
        shown.append(now)
    return np.array(shown)
