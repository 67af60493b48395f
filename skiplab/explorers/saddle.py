"""Move the target, add a skip, drop a ball: see where the saddle goes and how long the descent stays beside it."""

import numpy as np

from skiplab.explore.dials import Choice, Ladder, Slider
from skiplab.explore.explorer import Explorer
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import axis, contour, heat, line, panel, picture, points
from skiplab.theory import saddle

STEPS = 400  # steps of every descent
REACH, SIDE = 2.5, 121  # the map shows -2.5 … 2.5 in 121 x 121 places
RATES = (*(round(m * 10.0**p, 4) for p in (-3, -2, -1) for m in (1, 1.5, 2, 3, 5, 7)), 1.0)
FLOOR, CEILING = 1e-8, 1e2  # the loss axis
_LAST = "{length:||w₂|w₃|w₄|w₅|w₆|w₇|w₈}"  # the last weight

_FORMULA = {"by": "form_no", "of": [
    {"by": "longer", "of": ["ŷ = w₁w₂ x", f"ŷ = w₁w₂ ⋯ {_LAST} x"]},
    {"by": "longer", "of": ["ŷ = (λ + w₁w₂) x", f"ŷ = (λ + w₁w₂ ⋯ {_LAST}) x"]},
    {"by": "longer", "of": ["ŷ = (λ + w₁w₂) x", "ŷ = (λ + w₁w₂)(λ + w₃w₄) ⋯ x"]},
    {"by": "longer", "of": ["ŷ = (λ + w₁)(λ + w₂) x", f"ŷ = (λ + w₁) ⋯ (λ + {_LAST}) x"]},
]}  # fmt: skip
_KIND = "The origin is {kind:a slope, not a saddle|a minimum|a flat minimum|a saddle|a saddle without curvature}"
_OUTCOME = {"by": "outcome", "of": [
    "escaped in {escape:d} {once:steps|step}",
    "not escaped after {last:d} steps, loss {final:.2g}",
    "diverged after {last:d} {once:steps|step}",
    "no saddle to leave, loss {final:.2g}",
]}  # fmt: skip
_FREE = "{uphill:top left|top right}"  # the corner of the map that no valley passes
_WHO = "{optimizer_no:Gradient descent|Momentum|Adam|Noisy descent}"
_GUESS = {"by": "guessed", "of": ["", ", {predicted:.0f} predicted"]}
_MAP = [
    heat("@height", x=[-REACH, REACH], y=[-REACH, REACH], range=[-2.2, 1.8], levels=24),
    contour("@miss", 0, x=[-REACH, REACH], y=[-REACH, REACH], color="white", width=3),
    contour("@miss", "@rim", x=[-REACH, REACH], y=[-REACH, REACH], color="black", width=1.2, when="@stands"),
    line("@path_a", "@path_b", **LOOK["descent"].line, width=2.5, halo="white"),
    points(["@at"], ["@at"], **LOOK["saddle"].points, size=13, edge="white", label="saddle", when="@stands"),
    points(["@at"], ["@at"], **LOOK["minimum"].points, size=10, edge="white", label="minimum", when="@rests"),
    points(["@w1"], ["@w2"], **LOOK["start"].points, size=10, edge="black", label="start"),
    points(["@here_a"], ["@here_b"], **LOOK["descent"].points, size=12, edge="white", label="step {step_now:d}"),
]  # fmt: skip
_LOSS = [
    line(
        ["@predicted", "@predicted"], [FLOOR, CEILING], **LOOK["predicted"].line, label="predicted escape", when="@guessed",
    ),
    line("@step", "@losses", **LOOK["descent"].line, width=2.5, label="loss"),
    points(["@step_now"], ["@loss_now"], **LOOK["descent"].points, size=11),
]


class SaddleExplorer(Explorer):
    """The loss of the toy network over two weights, with a descent on it; every dial of `skiplab.theory.saddle` can be moved.

    For more than two weights the axes are a = w1 = w3 = … and b = w2 = w4 = …, a plane that descent never leaves.
    """

    dials = (
        Choice("form", "Skip", {"plain": "none", "block": "round all", "pair": "round each pair", "weight": "round each weight"}),
        Choice("optimizer", "Optimiser", {"gd": "descent", "momentum": "momentum", "adam": "Adam", "noisy": "noisy"}),
        Slider("alpha", "Target α", 1.5, -2, 3, 0.05),
        Slider("lam", "Strength λ", 1.0, 0, 1.5, 0.05, only={"form": ("block", "pair", "weight")}),
        Slider("w1", "Start a", 0.02, -REACH, REACH, 0.01),
        Slider("w2", "Start b", -0.01, -REACH, REACH, 0.01),
        Slider("length", "Weights L", 2, 2, 8, 1),
        Ladder("lr", "Step size", 0.02, RATES),
        Slider("sigma", "Noise σ", 0.2, 0, 1, 0.05, only={"optimizer": ("noisy",)}),
        Slider("shown", "Steps shown", STEPS, 0, STEPS, 1),
    )
    tips = (
        ("Put a skip round all: the map is the plain one with α lower by 1.", {"form": "block", "alpha": 2.5}),
        ("With α = 1 the skip makes the origin a flat minimum: slow.", {"form": "block", "alpha": 1.0, "w1": 0.8, "w2": 0.8}),
        ("A skip round each weight, α = −1: from 0 descent runs into the saddle.", {"form": "weight", "alpha": -1.0, "w1": 0.0, "w2": 0.0}),
        ("Four weights, no skip: 323 steps from a start of 0.2.", {"form": "plain", "length": 4, "alpha": 1.0, "w1": 0.2, "w2": 0.2}),
        ("A long step jumps to a flatter minimum.", {"form": "plain", "alpha": 1.0, "length": 2, "w1": 2.4, "w2": 0.1, "lr": 0.2}),
    )
    source = "closed"
    constants = {
        "steps": STEPS, "reach": REACH, "side": SIDE,
        "noise": np.random.default_rng(0).standard_normal((STEPS, 2)).ravel().tolist(),
    }  # fmt: skip
    pad = {"panel": 0, "x": "w1", "y": "w2", "label": "Map of the loss. Arrow keys move the start, with Shift ten times as far."}
    play = "shown"
    sentence = [
        "For the target α = {alpha:.2f} and ", _FORMULA, " the Hessian at the origin has eigenvalues from {eig_lo:.2f} to {eig_hi:.2f}: ",
        "it is {kind:no critical point|a minimum|a flat minimum|a strict saddle|a flat saddle}. ",
        _WHO, " from ({w1:.2f}, {w2:.2f}) with step size {lr:.2g}: ",
        _OUTCOME, _GUESS, ". At step {step_now:d} the loss is {spent:|below }{loss_now:.2g}.",
    ]  # fmt: skip
    scene = picture(
        430,
        panel(
            [0, 0, 0.42, 1], _KIND, _MAP, equal=True, legend=_FREE, stage=[0, 0, 0.5, 1],
            x=axis([-REACH, REACH], "{longer:w₁|a = w₁ = w₃ = …}"),
            y=axis([-REACH, REACH], "{longer:w₂|b = w₂ = w₄ = …}"),
        ),
        panel(
            [0.42, 0, 1, 1], [_WHO, ": ", _OUTCOME, _GUESS], _LOSS, legend="top right", grid=True, stage=[0.5, 0, 1, 1],
            x=axis([0, STEPS], "step"), y=axis([FLOOR, CEILING], "loss (ŷ − αx)²", log=True),
        ),
    )  # fmt: skip

    @classmethod
    def check(cls, **v):
        """Refuse an odd number of weights in pairs."""
        saddle.Toy(v["alpha"], v["form"], v["lam"], v["length"])

    @classmethod
    def frame(cls, **v):
        """Every number of the picture: see `scene` and `sentence` for what each one is."""
        toy = saddle.Toy(v["alpha"], v["form"], v["lam"], v["length"])
        start = saddle.tie([v["w1"], v["w2"]], toy.length)
        path = saddle.descend(toy, start, STEPS, v["lr"], v["optimizer"], v["sigma"])
        path = path[np.isfinite(path[:, 0])]  # (steps lived, L)
        stands = saddle.kind(toy, saddle.saddle_point(toy)) in ("strict saddle", "flat saddle")
        return {**v, **_about(toy, v, stands), **_fields(toy), **_descent(toy, path, v, stands)}


def _fields(toy):
    """The map: log10 of the loss and m - alpha, row by row from the bottom, each (SIDE * SIDE,)."""
    axis = np.linspace(-REACH, REACH, SIDE)
    plane = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    miss = saddle.multiplier(toy, saddle.tie(plane, toy.length)) - toy.alpha
    return {"miss": miss, "height": np.log10(miss**2 + 1e-12)}


def _about(toy, v, stands):
    """What stands at the origin and where the saddle is."""
    low, high = saddle.eigenvalues(toy, np.zeros(toy.length))[[0, -1]]
    at = float(saddle.saddle_point(toy)[0])
    rim = float(saddle.multiplier(toy, saddle.saddle_point(toy)) - toy.alpha)
    guess = saddle.predicted_escape(toy, [v["w1"], v["w2"]], v["lr"])
    guess = np.nan if guess is None else guess
    return {
        "form_no": saddle.FORMS.index(v["form"]), "optimizer_no": saddle.OPTIMIZERS.index(v["optimizer"]), "longer": int(toy.length > 2),
        "kind": saddle.KINDS.index(saddle.kind(toy, np.zeros(toy.length))), "eig_lo": low, "eig_hi": high, "at": at,
        "predicted": guess, "guessed": int(np.isfinite(guess) and v["optimizer"] == "gd"),
        "stands": int(stands), "rests": int(not stands), "rim": rim, "uphill": int(rim > 0),
    }  # fmt: skip


def _descent(toy, path, v, stands):
    """The path and its loss up to the step that is shown, and how the descent ended."""
    shown, last = min(int(v["shown"]), len(path) - 1), len(path) - 1
    losses = saddle.loss(toy, path)
    escape = saddle.escape_steps(toy, path)
    return {
        "path_a": path[: shown + 1, 0], "path_b": path[: shown + 1, 1],
        "here_a": path[shown, 0], "here_b": path[shown, 1], "step_now": shown, "last": last,
        "step": np.arange(shown + 1), "losses": np.maximum(losses[: shown + 1], 1e-12),
        "loss_now": max(losses[shown], 1e-12), "spent": int(losses[shown] <= 1e-12), "final": max(losses[-1], 1e-12),
        "outcome": 2 if last < STEPS else 3 if not stands else 1 if escape is None else 0,
        "escape": -1 if escape is None else escape, "once": int((last if last < STEPS else escape) == 1),
    }  # fmt: skip
