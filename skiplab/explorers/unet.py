"""Cut a long skip of a U-Net, at any level, before or after training, and see which part of the mask it carried."""

import numpy as np

from skiplab import sweeps
from skiplab.base.grid import Grid
from skiplab.explore.button import Button
from skiplab.explore.dials import Choice
from skiplab.explore.table import Table, along, spread
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import arrow, axis, box, cells, line, panel, picture, points, text

LEVELS = ("finest", "middle", "coarsest")
SHIPPED = sweeps.load("unet")
DATA, MUTED, _MERGES = (SHIPPED["iou"].axes[name] for name in ("data", "muted", "finest"))
MERGES = tuple(merge for merge in LOOK if merge in _MERGES)
SIDE, GAP, F1_AT = 64, 4, 1.15  # px of a picture, and between two of them; where the second scale begins
LIVE_SEEDS = 2
_SAID = ("right", "missed", "added")
ERRORS = {"colors": ["soft", *(LOOK[name].color for name in _SAID)], "levels": 4, "range": [0, 4], "dotted": 3}  # soft: outside both
_LOOKS = {**{name: LOOK[name].points for name in MERGES},
          "without": {"color": "paper", "edge": "ink"}, "here": LOOK["here"].points}  # the rows, from the lowest  # fmt: skip
_NAMES = {"none": ["no skips"], "add": ["all add"], "concat": ["all concat"], "without": ["without", "trained"], "here": ["this net"]}
_APART = np.array([0, 5, 2, 7, 4, 1, 6, 3]) / 11 - 7 / 22  # how far each seed stands above its row, so that equal ones can be seen
_GRADES = (0.1, 0.4, 0.65, 0.9)  # of the IoU
_CUT = ["", ", {muted_no:|the finest|the middle one|the coarsest|all} muted after training",
        ", with no skip to mute {muted_no:|at the finest level|at the middle level|at the coarsest level|at any level}"]  # fmt: skip
_MASK = "Mask: {grade:hardly anything right|mostly wrong|half right|mostly right|nearly all right} (IoU {iou:.2f})"
_MEDIANS = "IoU {iou:.2f}, boundary F1 {f1:.2f} (medians)"
_SCORES = [_MEDIANS, "IoU: muted {iou:.2f}, trained without {iou_retrained:.2f}", _MEDIANS]


def _square(place, name, z, **look):
    left = place * (SIDE + GAP)
    yield cells(z, SIDE, x=[left, left + SIDE], y=[0, SIDE], **look)
    yield text(left, SIDE + 4, name, align="left")


def key(left, y, em):
    """What the colours of ERRORS are, from `left` on, `em` wide a letter's height."""
    for at, name in zip((0, 3.85, 9.05), _SAID, strict=True):
        yield points([left + (at + 0.4) * em], [y], **LOOK[name].points, size=11)
        yield text(left + (at + 1.1) * em, y, name, align="left")
    yield points([left + (at + 0.4) * em], [y], "black", size=4)


_SEEN = [
    *_square(0, "picture", "@picture", colors="grey", range=[0, 1]),
    *_square(1, "truth", "@found", colors=["black", "white", "white", "black"], levels=4, range=[0, 4]),
]
_FOUND = [
    *_square(0, "found", "@found", colors=["black", "white", "black", "white"], levels=4, range=[0, 4]),
    *_square(1, "", "@found", **ERRORS), *key(left=57, y=SIDE + 4, em=5.6),
]
_PAIR = {"axes": False, "equal": True, "x": axis([0, 2 * SIDE + GAP]), "y": axis([0, SIDE + 8])}


def u_boxes(down, up, bottom):
    """The U: a box for each state on the way down and up, finest first, with what is written in it, and the arrows from box to box."""
    look = {"w": 1.6, "h": 1, "fill": "soft", "color": "ink", "width": 1.5}
    for i, texts in enumerate(zip(down, up, strict=True)):
        (left, right), y = across(i), 6.2 - 1.9 * i
        for x, name in zip((left - 1.6, right), texts, strict=True):
            yield box(x, y, text=name, **look)
        yield arrow([left - 0.4, y], [left, y - 0.9], "ink", width=1.5)
        yield arrow([right, y - 0.9], [right + 0.4, y], "ink", width=1.5)
    yield box(4.2, 0.5, text=bottom, **look)


def across(level):
    """From where to where the long skip of a level goes, in x; it starts at the height 6.55 - 1.9 level."""
    return 1.9 + 1.1 * level, 8.1 - 1.1 * level


def _u():
    yield from u_boxes(*2 * [["32", "16", "8"]], "4")
    for i, level in enumerate(LEVELS):
        (left, right), y = across(i), 6.55 - 1.9 * i
        yield arrow([left, y], [right, y], f"@{level}_colour", width=3.5, when=f"@{level}_open")
        yield arrow([left, y], [right, y], **LOOK["muted"].line, width=1.5, when=f"@{level}_mute")
        name = f"{{{level}}}{{{level}_mute:|, muted}}"
        yield text(5, y + 0.95, name, color=f"@{level}_colour", bold=True)


def _scales():
    """Two scales from 0 to 1, and a row of seeds for each net on both."""
    for at, name in ((0, "IoU"), (F1_AT, "boundary F1")):
        yield text(at + 0.5, "@head", name, bold=True)
        for tick in (0, 0.25, 0.5, 0.75, 1):
            yield line([at + tick] * 2, [-0.45, "@grid_top"], "grid", width=1)
        for tick in (0, 0.5, 1):
            yield text(at + tick, -0.75, f"{tick:g}", color="muted")
    yield text(-0.1, -0.75, "bar: median", color="muted", align="right", size=0.9)
    for net, look in _LOOKS.items():
        yield from _row(net, look)
    for score in ("iou", "f1"):
        yield points(f"@live_{score}", "@live_y", **LOOK["trained here"].points, size=10, when="@live")


def _row(net, look):
    when = f"@{net}_on"
    for i, name in enumerate(_NAMES[net]):
        yield text(-0.08, f"@{net}_name{i}", name, bold=net == "here", align="right", when=when)
    for score in ("iou", "f1"):
        middle = f"@{net}_{score}"
        yield line([middle, middle], f"@{net}_bar", look.get("edge", look["color"]), width=2.5, when=when)
        yield points(f"@{net}_{score}_x", f"@{net}_y", size=7.5, when=when, **look)


class UnetExplorer(TableExplorer):
    """All 27 choices of three long skips on four data sets, each retrained with 8 seeds, or muted at test."""

    dials = (
        Choice("data", "Pictures", dict(zip(DATA, DATA, strict=True))),
        Choice("muted", "Muted", dict(zip(MUTED, MUTED, strict=True))),
        *(Choice(level, level.title(), {merge: merge for merge in MERGES}, start="concat") for level in LEVELS),
    )
    tips = (
        ("No long skip at all: blobs where the lines were.", dict.fromkeys(LEVELS, "none")),
        ("Keep the finest only.", {"middle": "none", "coarsest": "none"}),
        ("Keep the coarsest only.", {"finest": "none", "middle": "none"}),
        ("A page without skips: rows of text, and no letter.", {"data": "page", **dict.fromkeys(LEVELS, "none")}),
        ("Coins without skips: a good mask with a bad edge.", {"data": "coins", **dict.fromkeys(LEVELS, "none")}),
        ("Mute the finest after training: worse than never having had it.", {"muted": "finest"}),
        ("Add instead of concat.", dict.fromkeys(LEVELS, "add")),
    )
    button = Button("Train this one now", extras={"live": 0, "live_iou": [], "live_f1": [], "live_y": []})
    sentence = [
        "{data_no:Thin shapes|A page of text|Coins|A cell}. Long skips, from the finest: {finest}, {middle}, {coarsest}",
        {"by": "cut", "of": _CUT},
        ". IoU {iou:.2f} ({iou_low:.2f} to {iou_high:.2f}), boundary F1 {f1:.2f} ({f1_low:.2f} to {f1_high:.2f}), 8 seeds.",
        {"by": "cut", "of": ["", " Trained without those skips, nets reach IoU {iou_retrained:.2f}.", ""]},
    ]  # fmt: skip
    scene = picture(
        580,
        panel([0, 0, 0.5, 0.47], "What the net sees, and should mark", _SEEN, **_PAIR),
        panel([0.5, 0, 1, 0.47], _MASK, _FOUND, **_PAIR, stage=[0, 0, 0.68, 1]),
        panel([0, 0.47, 0.36, 1], "Long skips (sides in px)", _u(), axes=False, stage=[0.69, 0, 1, 1], x=axis([0, 10]), y=axis([0.2, 7.8])),
        panel(
            [0.36, 0.47, 1, 1], {"by": "cut", "of": _SCORES}, _scales(), axes=False,
            x=axis([-0.78, F1_AT + 1.05]), y=axis([-1.05, "@top"]),
        ),
    )  # fmt: skip

    @classmethod
    def table(cls):
        """Every position of the dials, from the shipped sweep."""
        grids = _views() | _places()
        for score, at in (("iou", 0), ("f1", F1_AT)):
            here, without = SHIPPED[score], _retrained(SHIPPED[score])
            nets = {merge: here.at(**dict.fromkeys(LEVELS, merge), muted="nothing") for merge in MERGES}
            for net, seeds in {**nets, "without": without, "here": here}.items():
                grids |= {f"{net}_{score}_x": at + seeds, f"{net}_{score}": at + seeds.median("seeds")}
            grids |= spread(score, here) | {f"{score}_retrained": without.median("seeds")}
        grids["grade"] = Grid(np.digitize(grids["iou"], _GRADES), **grids["iou"].axes)
        colours = [LOOK[merge].color for merge in MERGES]
        return Table(cls.dials, grids, {f"{level}_colour": (level, colours) for level in LEVELS})

    def act(self, values, tell, stopped):
        """Train the net of these dials once more, with the sweep's first two seeds."""
        from skiplab.sweeps import unet

        def watch(now):
            tell(f"training {LIVE_SEEDS} seeds, step {now.step} of {now.steps}")
            return stopped()

        run = unet.cell(values["data"], [values[level] for level in LEVELS], seeds=LIVE_SEEDS, watch=watch)
        if run.stopped:
            return tell("stopped")
        iou, f1 = unet.scores(run, values["data"], unet.MUTED[values["muted"]])
        numbers = {"live": 1, "live_iou": iou, "live_f1": F1_AT + f1, "live_y": self.frame(**values)["here_y"][:LIVE_SEEDS]}
        return tell(f"{LIVE_SEEDS} seeds trained here: the crosses", **numbers)


def _views():
    """What is looked at: the picture, and for each pixel 0 outside, 1 in both masks, 2 missed, 3 added."""
    from skiplab.data import pictures

    views, masks = [pictures.view(name) for name in DATA], SHIPPED["masks"]
    true = np.stack([y.cpu().numpy().reshape(SIDE, SIDE) for _, y in views])[:, None, None, None, None] > 0
    codes = np.where(true, np.where(masks, 1, 2), np.where(masks, 3, 0))
    return along({"picture": np.stack([x.cpu().numpy() for x, _ in views])}, data=DATA) | {"found": Grid(codes, **masks.axes)}


def _retrained(scores):
    """Of nets trained without the skips that are muted: a Grid as `scores`."""
    rows = []
    for muted in MUTED:
        without = [level for level in LEVELS if muted in (level, "all")]
        rows.append(scores.at(muted="nothing", **{level: 3 * ["none"] for level in without}))
    return Grid(np.stack(rows, -2), **scores.axes)


def _places():
    """Which skips are open or muted, and where the rows stand: no net twice, one trained without only beside a muted one.

    `cut` is 0 where nothing is to be muted, 1 where a skip is, 2 where there is none to mute.
    """
    none, chosen = MERGES.index("none"), np.moveaxis(np.indices((3, 3, 3)), 0, -1)[..., None, :]  # (3, 3, 3, 1, level)
    muted = np.array([[0, 0, 0], *np.eye(3), [1, 1, 1]]) > 0  # (muted, level)
    mute, kept = muted & (chosen != none), np.where(muted, none, chosen)  # (3, 3, 3, muted, level)
    cut = np.where(muted.any(-1), np.where(mute.any(-1), 1, 2), 0)  # (3, 3, 3, muted)
    rows, y = {"cut": cut}, np.zeros(cut.shape)
    for i, level in enumerate(LEVELS):
        rows |= {f"{level}_open": kept[..., i] != none, f"{level}_mute": mute[..., i]}
    on = {merge: (kept != i).any(-1) for i, merge in enumerate(MERGES)} | {"without": cut == 1, "here": cut >= 0}
    for net, names in _NAMES.items():
        rows |= {f"{net}_on": on[net], f"{net}_y": y[..., None] + _APART, f"{net}_bar": y[..., None] + [-0.42, 0.42]}
        rows |= {f"{net}_name{i}": y + 0.4 * i - 0.2 * (len(names) - 1) for i in range(len(names))}
        y = y + on[net]
    rows |= {"top": y, "head": y - 0.2, "grid_top": y - 0.55}
    return along(rows, **dict.fromkeys(LEVELS, MERGES), muted=MUTED)
