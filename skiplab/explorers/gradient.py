"""Send a gradient down a hundred blocks, and find which setting makes it vanish, explode or arrive."""

import numpy as np

from skiplab.base.merges import CHOICES, MERGES
from skiplab.explore.dials import Choice, Ladder
from skiplab.explore.table import Table, along
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.parts import axis, band, line, panel, picture
from skiplab.theory import bounds

DEPTHS = (*range(1, 21), *range(22, 41, 2), *range(45, 101, 5))
STRENGTHS = (0.25, 0.5, 0.75, 0.9, 1.0)
RHOS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 0.9, 1.0, 1.2, 1.5)
SEEDS, STEADY = 8, 2  # a gradient that keeps its size within a factor of 100 is called steady
FAR = 30  # decades from the chosen merge, beyond which the others leave the picture

_CAUSE = [
    "{activation_no:ReLU|tanh|linear} branches, ",
    {"by": "init_no", "of": ["torch's default init", "He init", "orthogonal init", "init ρ = {rho:.2f} times a rotation"]},
    ", {norm_no:no norm|layer norm|batch norm}{gamma_no:|, γ = 1/√L|, γ = 1/L|, γ = 0}",
]
_NAME = {"by": "merge_no", "of": [MERGES[name].word for name in CHOICES]}
_FINDING = "{verdict:vanishes|arrives|explodes}"
_BOUNDS = {
    "by": "bounded",
    "of": [
        "No bound is known for this merge or norm.",
        "The bound with ρ = {rho_max:.2f} allows at most {upper:.2p}.",
        "The bounds with ρ = {rho_max:.2f} allow {lower:.2p} to {upper:.2p}.",
        "The bound with ρ = {rho_max:.2f} allows at most {upper:.2p}; with ρ ≥ λ there is no lower bound.",
    ],
}


def _others(kind):
    """The medians of all merges, thin, behind the chosen one."""
    return [line("@block", f"@{name}_{kind}", merge.color, dash=merge.dash, width=1.8, label=name) for name, merge in MERGES.items()]


_EDGE = {"color": "muted", "dash": "dash", "width": 1.6, "when": "@bounded"}
_GRADIENT = [
    band("@block", "@low", "@high", "@colour"),
    line("@ends", "@upper_line", **_EDGE, label="bound"), line("@ends", "@lower_line", **_EDGE),
    *_others("gradient"), line("@block", "@middle", "@colour", width=4),
]
_ACTIVATION = [*_others("activation"), line("@block", "@size", "@colour", width=4)]


class GradientExplorer(TableExplorer):
    """Sizes of the gradient and of the activations at each block of a stack, for 8 seeds; the merges share their weights."""

    dials = (
        Choice("merge", "Merge", CHOICES),
        Ladder("depth", "L depth", 20, DEPTHS),
        Ladder("lam", "λ strength", 1.0, STRENGTHS, only={"merge": ("add",)}),
        Choice("activation", "Activation", {"relu": "ReLU", "tanh": "tanh", "linear": "linear"}),
        Choice("init", "Init", {"default": "torch default", "he": "He", "orthogonal": "orthogonal", "haar": "ρ × rotation"}),
        Choice("norm", "Norm", {"none": "none", "layer": "layer", "batch": "batch"}),
        Choice("gamma", "Scale γ", {"1": "1", "1/√L": "1/√L", "1/L": "1/L", "0": "0"}, only={"merge": ("add",)}),
        Ladder("rho", "ρ of the init", 0.1, RHOS, only={"init": ("haar",)}),
    )
    slow = ("activation", "init", "norm", "gamma", "rho")
    tips = (
        ("No skip, torch's default init: the famous vanishing gradient.", {"merge": "none", "init": "default", "depth": 20}),
        ("The same without skip, He init: it does not vanish.", {"merge": "none", "init": "he", "depth": 20}),
        ("He init with a skip: it explodes.", {"merge": "add", "init": "he", "gamma": "1", "norm": "none", "depth": 50}),
        ("Tame it: γ = 1/L.", {"merge": "add", "init": "he", "gamma": "1/L", "norm": "none", "depth": 50}),
        ("Batch norm without a skip explodes too.", {"merge": "none", "init": "he", "norm": "batch", "depth": 50}),
        ("The textbook case: L = 24, ρ = 0.1.",
         {"merge": "add", "init": "haar", "rho": 0.1, "activation": "linear", "norm": "none", "gamma": "1", "depth": 24, "lam": 1.0}),
        ("Obstruct the highway: λ = 0.9 leaves λᴸ.", {"merge": "add", "lam": 0.9, "init": "haar", "rho": 0.1, "depth": 100}),
    )  # fmt: skip
    sentence = [
        "{depth:d} {many:block|blocks}, ", _NAME, "; ", _CAUSE, ". From the output to the input the gradient ",
        "changes by a factor of {factor:.2p} (8 seeds: {least:.2p} to {most:.2p}): it ", _FINDING, ". ", _BOUNDS,
    ]  # fmt: skip
    scene = picture(
        520,
        panel(
            [0, 0, 1, 0.6], ["The gradient ", _FINDING, ": × {factor:.2p} over {depth:d} {many:block|blocks}"],
            _GRADIENT, grid=True, legend="above", x=axis([0, "@depth"], "block (0 is the input)", whole=True),
            y=axis(["@floor", "@ceiling"], "|gradient|", power=True),
        ),
        panel(
            [0, 0.6, 1, 1], "Size of the activations", _ACTIVATION, grid=True,
            x=axis([0, "@depth"], "block", whole=True), y=axis(["@size_floor", "@size_ceiling"], "|h|", power=True),
        ),
    )  # fmt: skip

    @classmethod
    def table(cls, **slow):
        """All merges, strengths and depths for one setting of the slow dials."""
        from skiplab.probe.stack import GAMMAS, Config, branch_norms, sizes

        grids = along({"ends": [[0, depth] for depth in DEPTHS], "many": np.array(DEPTHS) > 1}, depth=DEPTHS)
        gammas = np.array([GAMMAS[slow["gamma"]](depth) for depth in DEPTHS])
        for merge in MERGES:
            configs = [Config(merge, lam, **slow) for lam in (STRENGTHS if merge == "add" else (1.0,))]
            rho = branch_norms(configs[-1], DEPTHS[-1], SEEDS).max() if merge in ("none", "add") else np.nan
            grids |= _named(merge, _curves([sizes(config, DEPTHS, SEEDS) for config in configs]))
            grids |= _named(merge, _bounds(merge, rho * (gammas if merge == "add" else np.ones(len(DEPTHS)))))
        for merge in MERGES:
            grids |= _ranges(merge, grids)
        words = {f"{name}_colour": merge.color for name, merge in MERGES.items()}
        return Table(cls.dials, {**grids, "block": np.arange(DEPTHS[-1] + 1)}, _PICKS, words)


_PICKS = {name: f"{{merge}}_{name}" for name in (
    "low", "high", "factor", "least", "most", "verdict", "bounded", "rho_max", "upper", "lower", "upper_line", "lower_line", "colour",
    "floor", "ceiling", "size_floor", "size_ceiling",
)} | {"middle": "{merge}_gradient", "size": "{merge}_activation"}  # fmt: skip


def _named(merge, arrays):
    """Arrays (strengths, depths, ...) of one merge as Grids that bear its name; add alone has strengths."""
    if merge == "add":
        return along({f"add_{name}": array for name, array in arrays.items()}, lam=STRENGTHS, depth=DEPTHS)
    return along({f"{merge}_{name}": array[0] for name, array in arrays.items()}, depth=DEPTHS)


def _curves(results):
    """Median, range and verdict of one merge at each strength and depth."""
    gradient = np.maximum(np.stack([each.gradient for each in results]), -300)  # (strengths, S, depths, blocks)
    middle, low, high = np.median(gradient, 1), gradient.min(1), gradient.max(1)
    activation = np.median(np.stack([each.activation for each in results]), 1)
    factor = middle[..., 0]
    verdict = np.where(factor < -STEADY, 0, np.where(factor > STEADY, 2, 1))
    return {"gradient": middle, "low": low, "high": high, "activation": activation, "factor": factor, "verdict": verdict,
            "least": low[..., 0], "most": high[..., 0]}  # fmt: skip


def _bounds(merge, rho):
    """The bounds from ρ = max ||γ J|| at each depth, where there are any: `bounded` is 0 none, 1 upper only, 2 both, 3 no lower one
    as ρ >= λ."""
    strengths = STRENGTHS if merge == "add" else (0.0,)
    pairs = np.full((len(strengths), len(DEPTHS), 2), np.nan)  # lower, upper
    if np.isfinite(rho).all():
        pairs[:] = [[bounds.skip_bounds(r, d, lam) for r, d in zip(rho, DEPTHS, strict=True)] for lam in strengths]
    lower, upper = np.where(np.isinf(pairs), np.nan, pairs)[..., 0], pairs[..., 1]
    known = 0 if np.isnan(rho).any() else 1 if merge == "none" else np.where(np.isnan(lower), 3, 2)
    return {"lower": lower, "upper": upper, "bounded": np.broadcast_to(known, upper.shape), "rho_max": np.broadcast_to(rho, upper.shape),
            "lower_line": np.stack([lower, 0 * lower], -1), "upper_line": np.stack([upper, 0 * upper], -1)}  # fmt: skip


def _ranges(merge, grids):
    """Both vertical axes for one chosen merge: it fits with its bounds, and so do the others, but for what is ever so far away."""

    def ends(names, merges):
        shape = (len(STRENGTHS), len(DEPTHS), DEPTHS[-1] + 1)
        curves = [np.broadcast_to(grids[f"{m}_{name}"], shape) for m in merges for name in names]
        return np.nanmin(curves, (0, 3)), np.nanmax(curves, (0, 3))

    ranges = {}
    for names, floor, ceiling in ((("gradient", "low", "high"), "floor", "ceiling"), (("activation",), "size_floor", "size_ceiling")):
        (low, high), (lowest, highest) = ends(names, [merge]), ends(names, MERGES)
        ranges[f"{merge}_{floor}"] = np.floor(np.maximum(lowest, low - FAR)) - 1
        ranges[f"{merge}_{ceiling}"] = np.ceil(np.minimum(highest, high + FAR)) + 1
    return along(ranges, lam=STRENGTHS, depth=DEPTHS)
