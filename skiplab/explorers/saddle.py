"""Move the target, add a skip, drop a ball: see where the saddle goes, and how long descent stays beside it with the skip and without."""

import numpy as np

from skiplab.explore.dials import Choice, Ladder, Slider
from skiplab.explore.explorer import Explorer
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import axis, contour, heat, line, panel, picture, points, text
from skiplab.theory import saddle

STEPS, SIGMA = 400, 0.2  # steps of every descent, and the size of the noise
REACH, SIDE = 2.5, 121  # the maps show -2.5 … 2.5 in 121 x 121 places
RATES = (*(round(m * 10.0**p, 4) for p in (-3, -2, -1) for m in (1, 1.5, 2, 3, 5, 7)), 1.0)
FLOOR, CEILING = 1e-8, 1e2  # the loss axis
LEAST, MOST = -2, 3  # of the target
STEEPEST, CLEAR = 8, (0.7, 7.4)  # the curvature axis, and from where to where a label has room on it
FORMS = saddle.FORMS[1:]
_LAST = "{length:||w₂|w₃|w₄|w₅|w₆|w₇|w₈}"  # the last weight

_PLAIN = {"by": "longer", "of": ["ŷ = w₁w₂ x", f"ŷ = w₁w₂ ⋯ {_LAST} x"]}
_SKIP = {"by": "form_no", "of": [
    {"by": "longer", "of": ["ŷ = (λ + w₁w₂) x", f"ŷ = (λ + w₁w₂ ⋯ {_LAST}) x"]},
    {"by": "longer", "of": ["ŷ = (λ + w₁w₂) x", "ŷ = (λ + w₁w₂)(λ + w₃w₄) ⋯ x"]},
    {"by": "longer", "of": ["ŷ = (λ + w₁)(λ + w₂) x", f"ŷ = (λ + w₁) ⋯ (λ + {_LAST}) x"]},
]}  # fmt: skip
_CURVED = "curvature {skip_curve:.2f}, without the skip {plain_curve:.2f}"
_VERDICT = {"by": "verdict", "of": [
    f"The skip flattens the saddle: {_CURVED}",
    f"The skip makes the saddle steeper: {_CURVED}",
    "Both saddles are equally steep: curvature {skip_curve:.2f}",
    "Both saddles are flat: no curvature leads down",
    "At this target the skip leaves no saddle; without it the curvature is {plain_curve:.2f}",
    "Without a skip there is no saddle at this target; the skip makes one, of curvature {skip_curve:.2f}",
    "At this target there is no saddle, without the skip or with it",
]}  # fmt: skip
_WHO = "{optimizer_no:Gradient descent|Momentum|Adam|Noisy descent}"


def _has(arm):
    """What stands there, for the sentence."""
    kinds = ["a slope", "a minimum", "a flat minimum", f"a strict saddle of curvature {{{arm}_curve:.2f}}", "a flat saddle"]
    return {"by": f"{arm}_kind", "of": kinds}


def _outcome(arm):
    """How the descent ended."""
    return {"by": f"{arm}_outcome", "of": [
        f"escaped in {{{arm}_escape:d}} {{{arm}_once:steps|step}}",
        f"not escaped after {{{arm}_last:d}} steps, loss {{{arm}_final:.2g}}",
        f"diverged after {{{arm}_last:d}} {{{arm}_once:steps|step}}",
        f"no saddle to leave, loss {{{arm}_final:.2g}}",
    ]}  # fmt: skip


def _predicted(arm):
    return {"by": f"{arm}_guessed", "of": ["", f", {{{arm}_predicted:.0f}} predicted"]}


def _curvature():
    """Curvature by target, a V for either net, each named where it ends; and where the target is now."""
    marks = [line(["@alpha", "@alpha"], [0, STEEPEST], "muted", width=1.4)]
    for arm, name, width in (("plain", "no skip", 5), ("skip", "skip", 3)):  # so that both are seen where one lies on the other
        marks += [line(f"@{arm}_targets", f"@{arm}_curves", **LOOK[name].line, width=width, label=name),
                  points(["@alpha"], [f"@{arm}_curve"], **LOOK[name].points, size=14)]  # fmt: skip
    first = text(LEAST - 0.07, "@plain_from", "no skip", color=LOOK["no skip"].color, align="right", bold=True)
    return [*marks, first, text(MOST + 0.07, "@skip_to", "skip", color=LOOK["skip"].color, align="left", bold=True)]


def _key():
    """What the points of the maps mean."""
    names = [("saddle", "saddle", 13, "white"), ("start", "start", 10, "black"), ("descent", "step {shown:d}", 12, "white"),
             ("minimum", "minimum", 10, "white")]  # fmt: skip
    marks = [points([0.1], [3 - i], **LOOK[name].points, size=size, edge=edge) for i, (name, _, size, edge) in enumerate(names)]
    return [*marks, *(text(0.22, 3 - i, words, align="left") for i, (_, words, _, _) in enumerate(names))]


def _map(arm):
    """The loss over the two weights, and the descent on it."""
    here = {"x": [-REACH, REACH], "y": [-REACH, REACH]}
    return [
        heat(f"@{arm}_height", **here, range=[-2.2, 1.8], levels=96),
        contour(f"@{arm}_miss", 0, **here, color="white", width=3),
        contour(f"@{arm}_miss", f"@{arm}_rim", **here, color="black", width=1.2, when=f"@{arm}_stands"),
        line(f"@{arm}_path_a", f"@{arm}_path_b", **LOOK["descent"].line, width=2.5, halo="white"),
        points([f"@{arm}_at"], [f"@{arm}_at"], **LOOK["saddle"].points, size=13, edge="white", label="saddle", when=f"@{arm}_stands"),
        points([f"@{arm}_at"], [f"@{arm}_at"], **LOOK["minimum"].points, size=10, edge="white", label="minimum", when=f"@{arm}_rests"),
        points(["@w1"], ["@w2"], **LOOK["start"].points, size=10, edge="black", label="start"),
        points([f"@{arm}_here_a"], [f"@{arm}_here_b"], **LOOK["descent"].points, size=12, edge="white", label="step {shown:d}"),
    ]


def _losses(arm, look):
    """Loss by step, and where the escape is predicted."""
    guess = [f"@{arm}_predicted"] * 2
    return [
        line(guess, [FLOOR, CEILING], **LOOK["predicted"].line, width=1.4, when=f"@{arm}_guessed"),
        line(f"@{arm}_step", f"@{arm}_losses", **LOOK[look].line, width=2.5, label=look),
        points([f"@{arm}_step_now"], [f"@{arm}_loss_now"], **LOOK[look].points, size=10),
    ]


def _panels():
    """Curvature on top, both maps under it, and the losses beside them; on the stage the maps stand beside the curvature."""
    x, y = axis([-REACH, REACH], "{longer:w₁|a = w₁ = w₃ = …}"), axis([-REACH, REACH], "{longer:w₂|b = w₂ = w₄ = …}")
    maps = [("plain", "No skip: ", [0, 0.36, 0.38, 1], [0.48, 0, 0.74, 1]), ("skip", "Skip: ", [0.38, 0.36, 0.76, 1], [0.74, 0, 1, 1])]
    ticks = range(LEAST, MOST + 1)
    targets = axis([LEAST - 2.5, MOST + 1.3], "target α", ticks=[*ticks], names=[f"{tick}".replace("-", "−") for tick in ticks])
    return [
        panel([0, 0, 0.8, 0.36], _VERDICT, _curvature(), targets, axis([0, STEEPEST], "curvature"), stage=[0, 0, 0.48, 1]),
        *(panel(box, [name, _outcome(arm)], _map(arm), x, y, equal=True, stage=stage) for arm, name, box, stage in maps),
        panel(
            [0.76, 0.36, 1, 1], "Loss", [*_losses("plain", "no skip"), *_losses("skip", "skip")], grid=True,
            x=axis([0, STEPS], "step; dashed: predicted"), y=axis([FLOOR, CEILING], "loss", log=True),
        ),
        panel([0.8, 0.02, 1, 0.3], "", _key(), axis([0, 1]), axis([-0.5, 3.5]), axes=False, stage=[0.56, 0.7, 0.86, 1]),
    ]  # fmt: skip


class SaddleExplorer(Explorer):
    """The loss of the toy network over two weights, without a skip and with one, and a descent on both from the same start.

    For more than two weights the axes are a = w1 = w3 = … and b = w2 = w4 = …, a plane that descent never leaves.
    """

    dials = (
        Choice("form", "Skip", {"block": "round all", "pair": "round each pair", "weight": "round each weight"}),
        Choice("optimizer", "Optimiser", {"gd": "descent", "momentum": "momentum", "adam": "Adam", "noisy": "noisy"}),
        Slider("lam", "Strength λ", 0.0, 0, 1.5, 0.05),
        Slider("alpha", "Target α", 1.5, LEAST, MOST, 0.05),
        Slider("w1", "Start a", 0.02, -REACH, REACH, 0.01),
        Slider("w2", "Start b", -0.01, -REACH, REACH, 0.01),
        Slider("length", "Weights L", 2, 2, 8, 1),
        Ladder("lr", "Step size", 0.02, RATES),
        Slider("shown", "Steps shown", STEPS, 0, STEPS, 1),
    )
    tips = (
        ("A skip round both weights: is the saddle gone?", {"lam": 1.0}),
        ("α = −1: which descent is out first?", {"lam": 1.0, "alpha": -1.0}),
        ("α = λ, nothing left to learn: is that a good place to be?", {"lam": 1.0, "alpha": 1.0, "w1": 0.8, "w2": 0.8}),
        ("A skip round each weight: from 0, is α = −1 reached?", {"form": "weight", "lam": 1.0, "alpha": -1.0, "w1": 0.0, "w2": 0.0}),
        ("Four weights: what do two skips change?", {"form": "pair", "lam": 1.0, "length": 4, "w1": 0.2, "w2": 0.2}),
        ("A long step: where does it land?", {"alpha": 1.0, "w1": 2.4, "w2": 0.1, "lr": 0.2}),
    )
    source = "closed"
    constants = {
        "steps": STEPS, "reach": REACH, "side": SIDE, "sigma": SIGMA, "targets": [LEAST, MOST], "clear": CLEAR,
        "noise": np.random.default_rng(0).standard_normal((STEPS, 2)).ravel().tolist(),
    }  # fmt: skip
    pad = {"panels": [1, 2], "x": "w1", "y": "w2", "label": "Maps of the loss. Arrow keys move the start, with Shift ten times as far."}
    play = "shown"
    sentence = [
        "For the target α = {alpha:.2f} ", _PLAIN, " has ", _has("plain"), ", and ", _SKIP, " with λ = {lam:.2f} ", _has("skip"), ". ",
        _WHO, " from ({w1:.2f}, {w2:.2f}) with step size {lr:.2g}: without the skip ", _outcome("plain"), _predicted("plain"),
        "; with it ", _outcome("skip"), _predicted("skip"),
        ". At step {shown:d} the losses are {plain_spent:|below }{plain_loss_now:.2g} and {skip_spent:|below }{skip_loss_now:.2g}.",
    ]  # fmt: skip
    scene = picture(560, *_panels())

    @classmethod
    def check(cls, **v):
        """Refuse an odd number of weights in pairs."""
        saddle.Toy(v["alpha"], v["form"], v["lam"], v["length"])

    @classmethod
    def frame(cls, **v):
        """Every number of the picture: those of the net without a skip have plain_ before them, those of the other skip_."""
        arms = {"plain": saddle.Toy(v["alpha"], length=v["length"]), "skip": saddle.Toy(v["alpha"], v["form"], v["lam"], v["length"])}
        both = {name: {**_about(toy, v), **_fields(toy), **_descent(toy, v)} for name, toy in arms.items()}
        numbers = {f"{arm}_{name}": number for arm, found in both.items() for name, number in found.items()}
        return {**v, **_shared(v, **both), **numbers}


def _shared(v, plain, skip):
    """What is said of both nets."""
    apart = skip["curve"] - plain["curve"]
    verdict = 2 * (abs(apart) < 1e-9) + (apart >= 1e-9)
    if plain["rests"] or skip["rests"]:
        verdict = 3 + skip["rests"] + 2 * plain["rests"]
    elif verdict == 2 and skip["curve"] < 1e-9:
        verdict = 3
    return {
        "form_no": FORMS.index(v["form"]), "optimizer_no": saddle.OPTIMIZERS.index(v["optimizer"]), "longer": int(v["length"] > 2),
        "verdict": verdict,
    }  # fmt: skip


def _fields(toy):
    """The map: log10 of the loss and m - alpha, row by row from the bottom, each (SIDE * SIDE,)."""
    axis = np.linspace(-REACH, REACH, SIDE)
    plane = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    miss = saddle.multiplier(toy, saddle.tie(plane, toy.length)) - toy.alpha
    return {"miss": miss, "height": np.log10(miss**2 + 1e-12)}


def _about(toy, v):
    """Where the saddle is, what stands there, and its curvature for every target: a V that ends where the saddle is none."""
    place = saddle.saddle_point(toy)
    there, kind = saddle.multiplier(toy, place), saddle.KINDS.index(saddle.kind(toy, place))
    steep = -saddle.eigenvalues(saddle.Toy(there + 1, toy.form, toy.lam, toy.length), place)[0]  # at a distance of 1
    targets = np.clip([LEAST, there, MOST], LEAST, MOST)
    curves = steep * np.abs(targets - there)
    guess = saddle.predicted_escape(toy, [v["w1"], v["w2"]], v["lr"])
    curve = steep * abs(toy.alpha - there)
    first, last = np.clip(curves[[0, -1]], *CLEAR)
    return {
        "at": place[0], "rim": there - toy.alpha, "kind": kind, "stands": int(kind > 2), "rests": int(kind < 3), "curve": curve,
        "targets": targets, "curves": curves, "from": first, "to": last,
        "predicted": np.nan if guess is None else guess, "guessed": int(guess is not None and v["optimizer"] == "gd"),
    }  # fmt: skip


def _descent(toy, v):
    """The path and its loss up to the step that is shown, and how the descent ended."""
    path = saddle.descend(toy, saddle.tie([v["w1"], v["w2"]], toy.length), STEPS, v["lr"], v["optimizer"], SIGMA)
    path = path[np.isfinite(path[:, 0])]  # (steps lived, L)
    shown, last = min(int(v["shown"]), len(path) - 1), len(path) - 1
    losses, escape = saddle.loss(toy, path), saddle.escape_steps(toy, path)
    rests = "saddle" not in saddle.kind(toy, saddle.saddle_point(toy))
    return {
        "path_a": path[: shown + 1, 0], "path_b": path[: shown + 1, 1],
        "here_a": path[shown, 0], "here_b": path[shown, 1], "step_now": shown, "last": last,
        "step": np.arange(shown + 1), "losses": np.maximum(losses[: shown + 1], 1e-12),
        "loss_now": max(losses[shown], 1e-12), "spent": int(losses[shown] <= 1e-12), "final": max(losses[-1], 1e-12),
        "outcome": 2 if last < STEPS else 3 if rests else 1 if escape is None else 0,
        "escape": -1 if escape is None else escape, "once": int((last if last < STEPS else escape) == 1),
    }  # fmt: skip
