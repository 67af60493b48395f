"""Send a gradient back through a pipe of a hundred blocks, and find which setting makes it vanish, explode or arrive."""

import numpy as np

from skiplab.base.grid import Grid
from skiplab.base.merges import MERGES
from skiplab.explore.dials import Choice, Ladder
from skiplab.explore.table import Table, along, spread
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import arrow, axis, band, box, line, panel, picture, text
from skiplab.scene.template import number
from skiplab.theory import bounds

DEPTHS = (*range(1, 21), *range(22, 41, 2), *range(45, 101, 5))
STRENGTHS = (0.25, 0.5, 0.75, 0.9, 1.0)
RHOS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 0.9, 1.0, 1.2, 1.5)
SEEDS, STEADY = 8, 2  # a gradient that keeps its size within a factor of 100 is called steady
FAR = 6  # decades from the chosen merge, beyond which the others leave the curves
DECADES, HALF, WIDEST, HAIR = 8, 0.2, 0.47, 0.012  # after which a pipe is a hair; half its width at the loss, and from most to least
LEFT, LOSS = -0.74, 1.05  # where the picture begins, and where the loss stands

_CAUSE = [
    "{activation_no:ReLU|tanh|linear} branches, ",
    {"by": "init_no", "of": ["torch's default init", "He init", "orthogonal init", "init ρ = {rho:.2f} times a rotation"]},
    ", {norm_no:no norm|layer norm|batch norm}{gamma_no:|, γ = 1/√L|, γ = 1/L|, γ = 0}",
]
_NAME = {"by": "merge_no", "of": [merge.word for merge in MERGES.values()]}
_FINDING = "{verdict:vanishes|arrives|explodes}"
_BOUNDS = {"by": "bounded", "of": [
    "No bound is known for this merge or norm.",
    "The bound with ρ = {rho_max:.2f} allows at most {upper:.2p}.",
    "The bounds with γρ = {rho_max:.2f} allow {lower:.2p} to {upper:.2p}.",
    "The bound with γρ = {rho_max:.2f} allows at most {upper:.2p}; with γρ ≥ λ there is no lower bound.",
]}  # fmt: skip


def _pipes():
    """One row a merge: as wide as the logarithm of the gradient says, block by block, and at the input what is left, in digits."""
    for row, name in enumerate(reversed(MERGES)):
        look = LOOK[name].color
        yield band("@along", f"@{name}_under", f"@{name}_over", look, alpha=f"@{name}_alpha")
        yield arrow([LOSS, row], [1.005, row], look, width=3)
        yield arrow([-0.005, row], [-0.05, row], look, width=3)
        yield text(LEFT / 2 - 0.04, row + 0.37, name, color=look, bold=True)
        left = {"text": f"{{{name}_factor:.1t}}", "ink": look, "size": f"@{name}_size", "bold": True}
        yield box(LEFT, row - 0.2, -LEFT - 0.07, 0.4, **left)


def _medians(kind):
    """The medians of all merges, that of the chosen one thick."""
    return [line("@block", f"@{name}_{kind}", **LOOK[name].line, width=f"@{name}_width") for name in MERGES]


_TOP = len(MERGES) - 0.28
_PIPES = [
    *_pipes(),
    line("@cut_x", "@cut_y", "paper", width="@cut_width"),
    arrow([1, _TOP], [0, _TOP], "muted", width=2), text(0.5, _TOP + 0.17, "back through {depth:d} {many:block|blocks}"),
    box(LOSS, -0.5, 0.17, len(MERGES), fill="soft", color="muted", text="loss"), text(LEFT / 2 - 0.04, _TOP, "input"),
    text(0.5, -0.68, f"a hair: {number(-DECADES, '.1t')} or less", color="muted"),
]  # fmt: skip
_EDGE = {**LOOK["bound"].line, "width": 1.6, "when": "@bounded"}
_GRADIENT = [
    band("@block", "@gradient_low", "@gradient_high", "@colour"),
    line([0, "@depth"], ["@upper", 0], **_EDGE, label="bound"), line([0, "@depth"], ["@lower", 0], **_EDGE),
    *_medians("gradient"),
]  # fmt: skip


class GradientExplorer(TableExplorer):
    """Sizes of the gradient and of the activations at each block of a stack, for 8 seeds; the merges share their weights."""

    dials = (
        Choice("merge", "Merge", {merge: merge for merge in MERGES}, start="none"),
        Ladder("depth", "Depth L", 2, DEPTHS),
        Ladder("lam", "Strength λ", 1.0, STRENGTHS, only={"merge": ("add",)}),
        Choice("activation", "Activation", {"relu": "ReLU", "tanh": "tanh", "linear": "linear"}),
        Choice("init", "Init", {"default": "torch default", "he": "He", "orthogonal": "orthogonal", "haar": "ρ × rotation"}),
        Choice("norm", "Norm", {"none": "none", "layer": "layer", "batch": "batch"}),
        Choice("gamma", "Scale γ", {"1": "1", "1/√L": "1/√L", "1/L": "1/L", "0": "0"}, only={"merge": ("add",)}),
        Ladder("rho", "ρ of the init", 0.1, RHOS, only={"init": ("haar",)}),
    )
    slow = ("activation", "init", "norm", "gamma", "rho")
    tips = (
        ("No skip, torch's default init, 20 blocks: what is left?", {"merge": "none", "depth": 20}),
        ("The same stack, drawn by He's init: does it vanish?", {"merge": "none", "init": "he", "depth": 20}),
        ("He init and a skip, 50 blocks: better?", {"merge": "add", "init": "he", "depth": 50}),
        ("Scale the branches by 1/L: what changes?", {"merge": "add", "init": "he", "gamma": "1/L", "depth": 50}),
        ("Batch norm and no skip: healthy?", {"merge": "none", "init": "he", "norm": "batch", "depth": 50}),
        ("The textbook case, L = 24 and ρ = 0.1: which rows are left?",
         {"merge": "add", "init": "haar", "rho": 0.1, "activation": "linear", "depth": 24}),
        ("Weaken each skip by a tenth: what is left of it after 100?",
         {"merge": "add", "lam": 0.9, "init": "haar", "rho": 0.1, "activation": "linear", "depth": 100}),
    )  # fmt: skip
    play = "depth"
    sentence = [
        "{depth:d} {many:block|blocks}, ", _NAME, "; ", _CAUSE, ". From the output to the input the gradient ",
        "changes by a factor of {factor:.2p} (8 seeds: {factor_low:.2p} to {factor_high:.2p}): it ",
        _FINDING, ". ", _BOUNDS,
    ]  # fmt: skip
    scene = picture(
        560,
        panel(
            [0, 0, 0.7, 1], ["{depth:d} {many:block|blocks}, ", _NAME, ": the gradient ", _FINDING], _PIPES, axes=False,
            stage=[0, 0, 1, 1], x=axis([LEFT, LOSS + 0.18]), y=axis([-0.85, len(MERGES)]),
        ),
        panel(
            [0.7, 0, 1, 0.56], "Measured: {factor:.2p}", _GRADIENT, grid=True, legend="bottom right",
            x=axis([0, "@depth"], "block (0 is the input)", whole=True), y=axis(["@floor", "@ceiling"], "|gradient|", power=True),
        ),
        panel(
            [0.7, 0.56, 1, 1], "Size of the activations", _medians("activation"), grid=True,
            x=axis([0, "@depth"], "block", whole=True), y=axis(["@size_floor", "@size_ceiling"], "|h|", power=True),
        ),
    )  # fmt: skip

    @classmethod
    def table(cls, **slow):
        """All merges, strengths and depths for one setting of the slow dials."""
        from skiplab.probe.stack import GAMMAS, Config, branch_norms, sizes

        grids = along({"many": np.array(DEPTHS) > 1}, depth=DEPTHS) | {"block": np.arange(DEPTHS[-1] + 1)}
        gammas = np.array([GAMMAS[slow["gamma"]](depth) for depth in DEPTHS])
        for merge in MERGES:
            strengths = STRENGTHS if merge == "add" else (1.0,)
            configs = [Config(merge, lam, **slow) for lam in strengths]
            rho = branch_norms(configs[-1], DEPTHS[-1], SEEDS).max() if merge in ("none", "add") else np.nan
            named = _curves([sizes(config, DEPTHS, SEEDS) for config in configs], strengths)
            named |= _bounds(merge, rho * (gammas if merge == "add" else np.ones(len(DEPTHS))), strengths)
            grids |= {f"{merge}_{name}": grid if merge == "add" else grid.at(lam=1.0) for name, grid in named.items()}
        for merge, chosen in zip(MERGES, np.eye(len(MERGES)), strict=True):
            looks = {"width": 1.8 + 2.2 * chosen, "alpha": 0.32 + 0.63 * chosen, "size": 1.3 + 0.75 * chosen}
            grids |= along({f"{merge}_{name}": look for name, look in looks.items()}, merge=MERGES)
        colours = [merge.color for merge in MERGES.values()]
        return Table(cls.dials, grids | _pipe(grids) | _ranges(grids), {"colour": ("merge", colours)}, by="merge")


def _curves(results, strengths):
    """Median, range and verdict of one merge at each strength and depth."""
    axes = {"lam": strengths, "seeds": range(SEEDS), "depth": DEPTHS, "block": range(DEPTHS[-1] + 1)}
    gradient = Grid(np.maximum([each.gradient for each in results], -300), **axes)
    activation = Grid([each.activation for each in results], **axes).median("seeds")
    curves = spread("gradient", gradient) | spread("factor", gradient.at(block=0)) | {"activation": activation}
    return curves | along({"verdict": np.digitize(curves["factor"], [-STEADY, STEADY])}, lam=strengths, depth=DEPTHS)


def _bounds(merge, rho, strengths):
    """The bounds from γρ = max ||γ J|| at each depth, where there are any: `bounded` is 0 none, 1 upper only, 2 both, 3 no lower one
    as γρ >= λ."""
    lower, upper = np.full((2, len(strengths), len(DEPTHS)), np.nan)
    if np.isfinite(rho).all():
        lam = np.array(strengths)[:, None] if merge == "add" else [[0.0]]
        lower, upper = np.vectorize(bounds.skip_bounds)(rho, DEPTHS, lam)
    lower = np.where(np.isinf(lower), np.nan, lower)
    bounded = np.where(np.isnan(upper), 0, 1 if merge == "none" else np.where(np.isnan(lower), 3, 2))
    numbers = {"lower": lower, "upper": upper, "bounded": bounded, "rho_max": np.broadcast_to(rho, upper.shape)}
    return along(numbers, lam=strengths, depth=DEPTHS)


def _pipe(grids):
    """Where the pipes' walls are, each block as long as the depth makes it, and the cuts between the blocks."""
    depths, block = np.array(DEPTHS)[:, None], np.arange(DEPTHS[-1] + 1)
    cuts = np.repeat(block[1:-1] / np.where(block[1:-1] < depths, depths, np.nan), 3, -1)  # down, and a gap
    ends = np.tile([-0.5, len(MERGES) - 0.5, np.nan], DEPTHS[-1] - 1)
    walls = along({"along": np.minimum(block / depths, 1), "cut_x": cuts, "cut_width": np.minimum(1.8, 60 / depths[:, 0])}, depth=DEPTHS)
    for row, merge in enumerate(reversed(MERGES)):
        gradient = grids[f"{merge}_gradient"]
        half = np.clip(HALF * (1 + gradient.array / DECADES), HAIR, WIDEST)
        axes = {name: gradient.axes[name] for name in ("lam", "depth") if name in gradient.axes}
        walls |= along({f"{merge}_under": row - half, f"{merge}_over": row + half}, **axes)
    return walls | {"cut_y": ends}


def _ranges(grids):
    """Both vertical axes for each chosen merge: it fits with its bounds, and so do the others, but for what is ever so far away."""
    ranges = {}
    for prefix, low, high in (("", "gradient_low", "gradient_high"), ("size_", "activation", "activation")):
        lows, highs = _ends(grids, low, np.nanmin), _ends(grids, high, np.nanmax)
        for merge, least, most in zip(MERGES, lows, highs, strict=True):
            ranges[f"{merge}_{prefix}floor"] = np.floor(np.maximum(lows.min(0), least - FAR)) - 1
            ranges[f"{merge}_{prefix}ceiling"] = np.ceil(np.minimum(highs.max(0), most + FAR)) + 1
    return along(ranges, lam=STRENGTHS, depth=DEPTHS)


def _ends(grids, name, end):
    """The lowest or highest value of a curve of every merge: (merges, strengths, depths)."""
    shape = len(STRENGTHS), len(DEPTHS)
    return np.stack([np.broadcast_to(end(grids[f"{merge}_{name}"].array, -1), shape) for merge in MERGES])
