"""Train a net of 8 to 56 layers with any merge, scale, init, norm and rate: see whether depth helps, and which rates are good."""

import numpy as np

from skiplab import sweeps
from skiplab.base.grid import Grid
from skiplab.base.rates import good_places
from skiplab.explore.button import Button
from skiplab.explore.dials import Choice, Ladder
from skiplab.explore.table import Table, along, so_far, spread
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.ends import spaced
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import axis, band, line, panel, picture, points, text

TRAIN, TEST = (np.rint(1000 * sweeps.load("residual")[name]) / 10 for name in ("train", "test"))  # in per cent
DEPTHS, LRS, LOOKS = (TRAIN.axes[name] for name in ("depth", "lr", "steps"))
ADDS = {name.removeprefix("add").strip() or "1": name for name in TRAIN.axes["merge"] if name.startswith("add")}  # by their scale γ
MERGES, GAMMAS = ("none", "add", "gate"), tuple(ADDS)
LABEL = {"none": "none", "add": "add, γ = {gamma}", "gate": "gate"}
FEW = 20  # layers: what more of them are compared with
ALL, GUESSING, LITTLE = [0, 105], 90, 85  # %: the axis, wrong by chance, and above which next to nothing is learned
GOOD = 5  # % above the error of the best rate: what still counts as good
APART, FOOT, TOP = 8, 4, 102  # %: between two labels, and where the lowest and the highest one stand at the utmost
STRIPS = {"none": 125, "add": 116, "gate": 107}  # where a merge's good rates are drawn, above the errors

_WHAT = {"by": "merge_no", "of": ["no skip", "a skip with γ = {gamma}", "a gate"]}
_HOW = ["{init_no:He init|torch's default init|fixup init|identity init}", ", {norm_no:no norm|batch norm}"]
_THAN = f"layers train {{verdict:worse than {FEW}|neither better nor worse than {FEW}: the ranges overlap|better than {FEW}"
_VERDICT = {"by": "verdict", "of": [*[f" In this setting {{depth:d}} {_THAN}||}}."] * 3,
                                    f" In this setting {FEW} and {{depth:d}} layers learn next to nothing: they guess.", ""]}  # fmt: skip
_SHORT = f"{{depth:d}} layers train {{verdict:worse than|about like|better than||}} {FEW}"
_TITLE = {"by": "verdict", "of": [*[_SHORT] * 3, f"{FEW} and {{depth:d}} layers learn next to nothing", "Training error by depth"]}


def _medians(kind, x):
    """The chosen merge, thick, and the others, thin, over it, so that lines which lie upon one another are seen."""
    thick = [line(x, f"@{m}_{kind}", **LOOK[m].line, width=5, when=f"@is_{m}") for m in MERGES]
    thin = [line(x, f"@{m}_{kind}", **LOOK[m].line, width=1.8, when=f"@not_{m}") for m in MERGES]
    return [band(x, f"@{kind}_low", f"@{kind}_high", "@colour"), *thick, *thin]


def _by_depth():
    """Error by depth, as far as the dial has gone, each line labelled where it ends."""
    ends = [text("@label_x", f"@{m}_label", LABEL[m], color=LOOK[m].color, align="left", bold=True) for m in MERGES]
    here = points(["@depth"], ["@train_now"], **LOOK["here"].points, size=12)
    guess = [line([6, 58], [GUESSING, GUESSING], **LOOK["guessing"].line, width=1.2),
             text(6.5, GUESSING + 4, f"guessing, {GUESSING} %", color="muted", align="left")]  # fmt: skip
    return [*guess, *_medians("depths", list(DEPTHS)), points(list(DEPTHS), "@depths", "@colour", size=9), *ends, here]


def _by_rate():
    """Error by rate, and above it the rates that are good for each merge."""
    places = list(range(len(LRS)))
    good = [line([f"@{m}_from", f"@{m}_to"], [y, y], LOOK[m].color, width=9) for m, y in STRIPS.items()]
    names = [text(-1.45, y, m, color=LOOK[m].color, align="left", bold=True) for m, y in STRIPS.items()]
    here = [line(["@lr_at", "@lr_at"], ALL, "muted", width=1.4), points(["@lr_at"], ["@train_now"], **LOOK["here"].points, size=12)]
    guess = line([-0.5, 4.5], [GUESSING, GUESSING], **LOOK["guessing"].line, width=1.2)
    return [guess, here[0], *_medians("rates", places), *good, *names, here[1]]


def _by_step():
    """Training and test error of the chosen merge, and what the reader trains now."""
    test = line(list(LOOKS), "@test", **LOOK["test"].line, width=1.8, label="test")
    live = [line("@live_x", f"@live_{kind}", **LOOK[name].line, width=2.5, when="@live")
            for kind, name in (("train", "trained here"), ("test", "tested here"))]  # fmt: skip
    here = line(["@steps", "@steps"], ALL, "muted", width=1.4)
    return [here, *_medians("train", list(LOOKS)), test, *live, points(["@steps"], ["@train_now"], **LOOK["here"].points, size=12)]


class ResidualExplorer(TableExplorer):
    """Error on the digits by depth, by rate and by step: 8 seeds, the same weights and minibatches for every merge."""

    dials = (
        Choice("merge", "Merge", {"none": "none", "add": "add", "gate": "gate"}),
        Ladder("depth", "Layers", 8, DEPTHS),
        Ladder("lr", "Rate", 1e-3, LRS),
        Ladder("steps", "Steps", LOOKS[-1], LOOKS[1:]),
        Choice("gamma", "Scale γ", dict(zip(GAMMAS, GAMMAS, strict=True)), only={"merge": ("add",)}),
        Choice("init", "Init", {"he": "He", "default": "torch default", "fixup": "fixup", "identity": "identity"}),
        Choice("norm", "Norm", {"none": "none", "batch": "batch"}),
    )
    tips = (
        ("56 plain layers: do they train better than 20?", {"depth": 56}),
        ("Add a skip and change nothing else: better now?", {"merge": "add", "depth": 56}),
        ("Scale the branches by 1/√L: what changes?", {"merge": "add", "gamma": "1/√L", "depth": 56}),
        ("Ten times the rate: which nets stand it?", {"merge": "add", "gamma": "1/√L", "depth": 56, "lr": 1e-2}),
        ("Smaller weights, as torch draws them: does the skip need its scale?", {"merge": "add", "init": "default", "depth": 56}),
        ("Batch norm and no skip?", {"norm": "batch", "depth": 56}),
        ("Batch norm and a skip?", {"merge": "add", "norm": "batch", "depth": 56}),
        ("No skip, but every matrix starts as the identity?", {"init": "identity", "depth": 56}),
    )
    button = Button("Train this one now", free=("steps",), extras={"live": 0, "live_x": [], "live_train": [], "live_test": []})
    sentence = [
        "{depth:d} layers, ", _WHAT, ", ", _HOW, ", rate {lr:.1g}",
        ": after {steps:d} steps {train_now:.0f} % of the training digits are labelled wrong ",
        "(8 seeds: {train_now_low:.0f} % to {train_now_high:.0f} %) and {test_now:.0f} % of the test digits.", _VERDICT,
        f" Good rates here: {{good:d}} of {len(LRS)}, which means at most {GOOD} in a hundred above the best one.",
    ]  # fmt: skip
    scene = picture(
        560,
        panel(
            [0, 0, 0.56, 1], _TITLE, _by_depth(), grid=True, stage=[0, 0, 1, 1],
            x=axis([6, 79], "layers, after {steps:d} steps at the rate {lr:.1g}", ticks=list(DEPTHS)), y=axis(ALL, "training error, %"),
        ),
        panel(
            [0.56, 0, 1, 0.56], "Good rates for {depth:d} layers: {good:d} of 5", _by_rate(), grid=True,
            x=axis([-1.5, 4.5], "rate", ticks=list(range(len(LRS))), names=[f"{lr:g}" for lr in LRS]),
            y=axis([0, 132], "error, %", ticks=[0, 25, 50, 75, 100]),
        ),
        panel(
            [0.56, 0.56, 1, 1], "Training error {train_now:.0f} %, test {test_now:.0f} %", _by_step(), grid=True, legend="top right",
            x=axis([0, LOOKS[-1] + 5], "steps"), y=axis(ALL, "error, %"),
        ),
    )  # fmt: skip

    @classmethod
    def table(cls):
        """Medians and ranges of the shipped sweep, in per cent, for every position of the dials."""
        grids = along({"lr_at": np.arange(len(LRS))}, lr=LRS) | along({"label_x": np.array(DEPTHS) + 1.5}, depth=DEPTHS)
        for merge, chosen in zip(MERGES, np.eye(len(MERGES)), strict=True):
            grids |= along({f"is_{merge}": chosen, f"not_{merge}": 1 - chosen}, merge=MERGES)
            grids |= {f"{merge}_{name}": grid for name, grid in _curves(merge).items()}
        return Table(cls.dials, grids | _labels(), {"colour": ("merge", [LOOK[merge].color for merge in MERGES])}, by="merge")

    def act(self, values, tell, stopped):
        """Train the nets of these dials, the sweep's own seeds; the picture grows with each look at the errors."""
        tell("getting ready")
        from skiplab.sweeps import residual

        so_far = {}

        def watch(now):
            train, test = (100 * np.median(wrong, 0) for wrong in (now.train_error, now.test_error))
            so_far.update(live=1, live_x=now.steps_at, live_train=train, live_test=test)
            tell(f"training, {now.step} of {now.steps} steps", **so_far)
            return stopped()

        where = {name: values[name] for name in ("depth", "init", "norm", "lr")}
        merge = ADDS[values["gamma"]] if values["merge"] == "add" else values["merge"]
        run = residual.cell(**where, merge=merge, every=residual.EVERY // 3, watch=watch)
        whole = f"{len(TRAIN.axes['seeds'])} seeds, {LOOKS[-1]} steps: the dashed line"
        return tell(f"stopped after {run.steps_made} steps" if run.stopped else whole, **so_far)


def _of(grid, merge):
    """What was measured of one merge; add alone has a scale γ."""
    return grid.at(merge=[*ADDS.values()]).rename("merge", "gamma", GAMMAS) if merge == "add" else grid.at(merge=merge)


def _curves(merge):
    """What is drawn and said of one merge."""
    train, test = _of(TRAIN, merge), _of(TEST, merge)
    grids = spread("train", train.rename("steps", "look")) | {"test": test.median("seeds").rename("steps", "look")}
    train, test = (wrong.at(steps=LOOKS[1:]) for wrong in (train, test))
    grids |= spread("train_now", train) | {"test_now": test.median("seeds")} | spread("rates", train.rename("lr", "rates"))
    by_depth = train.rename("depth", "depths")
    grids |= {name: so_far(grid, "depths", depth=DEPTHS) for name, grid in spread("depths", by_depth).items()}
    return grids | _good(train) | {"verdict": _verdict(train)}


def _good(wrong):
    """From where to where the rates are good, in places on the axis, and how many they are."""
    others = {name: values for name, values in wrong.axes.items() if name not in ("lr", "seeds")}
    middle = np.moveaxis(wrong.median("seeds").array, [*wrong.axes].index("lr"), -1)  # "seeds" comes after "lr"
    first, last = good_places(middle, GOOD)
    return along({"from": first - 0.3, "to": last + 0.3, "good": last - first + 1}, **others)


def _labels():
    """Where the merges' labels stand at the ends of the lines, so that none lies on another: {merge}_label."""
    middles = [_of(TRAIN, merge).at(steps=LOOKS[1:]).median("seeds") for merge in MERGES]
    axes = middles[MERGES.index("add")].axes  # depth, gamma, and what all have
    places = np.array(np.broadcast_arrays(*(m if "gamma" in m.axes else np.expand_dims(m, 1) for m in middles)))
    return along({f"{merge}_label": place for merge, place in zip(MERGES, spaced(places, APART, FOOT, TOP), strict=True)}, **axes)


def _verdict(wrong):
    """0 where every seed trains worse than any of `FEW` layers, 2 where better, 3 where both guess, 4 where it is not deeper, else 1."""
    few = wrong.at(depth=FEW)
    grids = []
    for depth in DEPTHS:
        many = wrong.at(depth=depth)
        verdict = 1 - 1 * (many.low("seeds") > few.high("seeds")) + 1 * (many.high("seeds") < few.low("seeds"))
        guessing = np.minimum(few.median("seeds"), many.median("seeds")) > LITTLE
        grids.append(np.where((verdict == 1) & guessing, 3, verdict) if depth > FEW else np.full_like(guessing.array, 4, int))
    return Grid(grids, depth=DEPTHS, **verdict.axes)
