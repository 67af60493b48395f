"""Train a net of 8 to 56 layers with any merge, scale, init and norm, and find what more layers do to the training error."""

import numpy as np

from skiplab import sweeps
from skiplab.base.grid import Grid
from skiplab.explore.button import Button
from skiplab.explore.dials import Choice, Ladder
from skiplab.explore.table import Table, along, spread
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import axis, band, line, panel, picture, points, text

TRAIN, TEST = (100 * sweeps.load("residual")[name] for name in ("train", "test"))  # in per cent
DEPTHS, MERGES, GAMMAS, LOOKS = (TRAIN.axes[name] for name in ("depth", "merge", "gamma", "steps"))
LABEL = {"none": "none", "add": "add, γ = {gamma}", "gate": "gate"}
FEW, MANY = 20, 56  # the depths that the verdict compares
DIALS = {"steps": (LOOKS[1:], [0, LOOKS[-1] + 3], "steps"), "depth": (DEPTHS, [6, 58], "layers")}  # places, ends of the axis, name
HIGH, WORDS = [0, 112], 101.5  # %: the axis has room on top for words
GUESSING, LITTLE = 90, 85  # %: wrong by chance, and above which next to nothing is learned

_WHAT = {"by": "merge_no", "of": ["no skip", "a skip with γ = {gamma}", "a gate"]}
_HOW = ["{init_no:He init|torch's default init|fixup init|identity init}", ", {norm_no:no norm|batch norm}"]
_VERDICT = (
    f"{{verdict:{MANY} layers train worse than {FEW}|{MANY} layers train neither better nor worse than {FEW}: the ranges overlap"
    f"|{MANY} layers train better than {FEW}|{FEW} and {MANY} layers learn next to nothing: they guess}}"
)
_TITLE = f"{{verdict:{MANY} layers train worse than {FEW}|{MANY} layers train about like {FEW}|{MANY} layers train better than {FEW}" + (
    f"|{FEW} and {MANY} layers learn next to nothing}}"
)


def _medians(kind, x):
    """The chosen merge, thick, and the others, thin, over it, so that lines which lie upon one another are seen."""
    thick = [line(x, f"@{m}_{kind}", **LOOK[m].line, width=5, label=LABEL[m], when=f"@is_{m}") for m in MERGES]
    thin = [line(x, f"@{m}_{kind}", **LOOK[m].line, width=1.8, label=LABEL[m], when=f"@not_{m}") for m in MERGES]
    return [*thick, *thin]


def _panel(kind, x, dial):
    """What guessing gives, the range of the chosen merge, all medians, and where the dial stands; the words share the room on top."""
    _, ends, name = DIALS[dial]
    room = 0.015 * (ends[1] - ends[0])
    guess, here = f"guessing, {GUESSING} %", f"{{{dial}:d}} {name}"
    return [
        line([f"@{dial}", f"@{dial}"], HIGH, "muted", width=1.4), band(x, f"@{kind}_low", f"@{kind}_high", "@colour"),
        line(ends, [GUESSING, GUESSING], **LOOK["guessing"].line, width=1.2), *_medians(kind, x),
        text(ends[1] - room, WORDS, guess, color="muted", align="right", when=f"@{dial}_early"),
        text(ends[0] + room, WORDS, guess, color="muted", align="left", when=f"@{dial}_late"),
        text(f"@{dial}_after", WORDS, here, align="left", when=f"@{dial}_right"),
        text(f"@{dial}_before", WORDS, here, align="right", when=f"@{dial}_left"),
    ]


def _by_step(kind):
    live = line("@live_x", f"@live_{kind}", **LOOK["trained here"].line, width=2.5, when="@live")
    x = axis(DIALS["steps"][1], "steps  (median and range of 8 seeds)")
    marks = [*_panel(kind, list(LOOKS), "steps"), live, points(["@steps"], [f"@{kind}_now"], **LOOK["here"].points, size=12)]
    return {"marks": marks, "grid": True, "x": x, "y": axis(HIGH, "error, %")}


_DEPTH = [
    *_panel("depths", list(DEPTHS), "depth"), points(list(DEPTHS), "@depths", "@colour", size=8),
    points(["@depth"], ["@train_now"], **LOOK["here"].points, size=12),
]


class ResidualExplorer(TableExplorer):
    """Training and test error on the digits, by step and by depth: 8 seeds, the same weights and minibatches for every merge."""

    dials = (
        Choice("merge", "Merge", {"none": "none", "add": "add", "gate": "gate"}),
        Ladder("depth", "Layers", 20, DEPTHS),
        Ladder("steps", "Steps", 75, LOOKS[1:]),
        Choice("gamma", "Scale γ", dict(zip(GAMMAS, GAMMAS, strict=True)), only={"merge": ("add",)}),
        Choice("init", "Init", {"he": "He", "default": "torch default", "fixup": "fixup", "identity": "identity"}),
        Choice("norm", "Norm", {"none": "none", "batch": "batch"}),
    )
    tips = (
        ("Plain, 56 layers: they train worse than 20.", {"depth": 56}),
        ("Add a skip, change nothing else: no better.", {"merge": "add", "depth": 56}),
        ("Scale the branches by 1/√L: it trains.", {"merge": "add", "gamma": "1/√L", "depth": 56}),
        ("Or draw all weights smaller, as torch does: the skip alone will do.", {"merge": "add", "init": "default", "depth": 56}),
        ("Batch norm and no skip: worse.", {"norm": "batch", "depth": 56}),
        ("Branches that start at zero, fixup.", {"merge": "add", "init": "fixup", "depth": 56}),
        ("No skip, every matrix starts as the identity: it trains too.", {"init": "identity", "depth": 56}),
        ("A plain net cannot start its branches at zero: nothing passes.", {"init": "fixup"}),
    )
    button = Button("Train this one now", free=("steps",), extras={"live": 0, "live_x": [], "live_train": [], "live_test": []})
    sentence = [
        "{depth:d} layers, ", _WHAT, ", ", _HOW,
        ": after {steps:d} steps {train_now:.0f} % of the training digits are labelled wrong ",
        "(8 seeds: {train_now_low:.0f} % to {train_now_high:.0f} %) and {test_now:.0f} % of the test digits. ",
        "In this setting ", _VERDICT, ".",
    ]  # fmt: skip
    scene = picture(
        560,
        panel([0, 0, 0.5, 0.5], "Training error: {train_now:.0f} % after {steps:d} steps", **_by_step("train")),
        panel([0.5, 0, 1, 0.5], "Test error: {test_now:.0f} %", **_by_step("test")),
        panel(
            [0, 0.5, 1, 1], _TITLE, _DEPTH, grid=True, legend="above",
            x=axis(DIALS["depth"][1], "layers, after {steps:d} steps", ticks=list(DEPTHS)),
            y=axis(HIGH, "training error, %"),
        ),
    )  # fmt: skip

    @classmethod
    def table(cls):
        """Medians and ranges of the shipped sweep, in per cent, for every position of the dials."""
        grids = _places("steps") | _places("depth")
        for merge, chosen in zip(MERGES, np.eye(3), strict=True):
            grids |= along({f"is_{merge}": chosen, f"not_{merge}": 1 - chosen}, merge=MERGES)
            grids |= {f"{merge}_{name}": grid for name, grid in _curves(merge).items()}
        return Table(cls.dials, grids, {"colour": ("merge", [LOOK[merge].color for merge in MERGES])}, by="merge")

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

        where = {name: values[name] for name in ("depth", "merge", "init", "norm")}
        where["gamma"] = values["gamma"] if values["merge"] == "add" else "1"
        run = residual.cell(**where, watch=watch)
        whole = f"{len(TRAIN.axes['seeds'])} seeds, {LOOKS[-1]} steps: the dashed line"
        return tell(f"stopped after {run.steps_made} steps" if run.stopped else whole, **so_far)


def _curves(merge):
    """What is drawn and said of one merge; add alone has more than one γ."""
    where = {"merge": merge} if merge == "add" else {"merge": merge, "gamma": "1"}
    train, test = (wrong.at(**where) for wrong in (TRAIN, TEST))
    grids = spread("train", train.rename("steps", "look")) | spread("test", test.rename("steps", "look"))
    train, test = (wrong.at(steps=LOOKS[1:]) for wrong in (train, test))
    grids |= spread("train_now", train) | {"test_now": test.median("seeds")}
    return grids | spread("depths", train.rename("depth", "depths")) | {"verdict": _verdict(train)}


def _places(dial):
    """Where a dial's name stands, and on which side guessing has room for its own."""
    at, (low, high) = np.array(DIALS[dial][0]), DIALS[dial][1]
    share, room = (at - low) / (high - low), 0.015 * (high - low)
    early, right = share < 0.5, share % 0.5 < 0.25
    places = {"before": at - room, "after": at + room, "early": early, "late": ~early, "left": ~right, "right": right}
    return along({f"{dial}_{name}": value for name, value in places.items()}, **{dial: at})


def _verdict(wrong):
    """0 where every seed with many layers trains worse than any with few, 2 where better, 3 where all guess, else 1."""
    few, many = wrong.at(depth=FEW), wrong.at(depth=MANY)
    verdict = 1 - 1 * (many.low("seeds") > few.high("seeds")) + 1 * (many.high("seeds") < few.low("seeds"))
    guessing = np.minimum(few.median("seeds"), many.median("seeds")) > LITTLE
    return Grid(np.where((verdict == 1) & guessing, 3, verdict), **verdict.axes)
