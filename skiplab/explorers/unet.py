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
SIDE = 64  # px of a picture
SIZES, STEP = (26, 18, 12), 9  # of the U: the sides of its pictures, the finest first, and how far each stands from the one above
FLOORS, BOTTOM = (50, 27, 10), (46, 0, 8)  # where these stand, and the last one: left, foot, side
LIVE_SEEDS = 2
_SAID = ("right", "missed", "added")
ERRORS = {"colors": ["soft", *(LOOK[name].color for name in _SAID)], "levels": 4, "range": [0, 4], "dotted": 3}  # soft: outside both
_LOOKS = {**{name: LOOK[name].points for name in MERGES},
          "without": {"color": "paper", "edge": "ink"}, "here": LOOK["this net"].points}  # the rows, from the lowest  # fmt: skip
_NAMES = {"none": "no skips", "add": "all add", "concat": "all concat", "without": "never had", "here": "this net"}
_APART = np.array([0, 5, 2, 7, 4, 1, 6, 3]) / 11 - 7 / 22  # how far each seed stands above its row, so that equal ones can be seen
_GRADES = (0.1, 0.4, 0.65, 0.9)  # of the IoU and of the boundary F1
_SCORES = ["IoU of the 8 seeds: {iou:.2f} (bar: median)", "IoU: muted {iou:.2f}, never had {iou_retrained:.2f}",
           "IoU of the 8 seeds: {iou:.2f} (bar: median)"]  # fmt: skip
_CUT = ["", ", {muted_no:|the finest|the middle one|the coarsest|all} muted after training",
        ", with no skip to mute {muted_no:|at the finest level|at the middle level|at the coarsest level|at any level}"]  # fmt: skip
_MASK = [
    "Mask {grade:hardly there|mostly wrong|half right|mostly right|nearly all right}, ",
    "its edge {edge:lost|mostly wrong|half right|mostly right|nearly all right}",
]


def key(left, y, em):
    """What the colours of ERRORS are, from `left` on, `em` wide a letter's height."""
    for at, name in zip((0, 3.85, 9.05), _SAID, strict=True):
        yield points([left + (at + 0.4) * em], [y], **LOOK[name].points, size=11)
        yield text(left + (at + 1.1) * em, y, name, align="left")
    yield points([left + (at + 0.4) * em], [y], "black", size=4)


_FOUND = [cells("@found", SIDE, x=[0, SIDE], y=[0, SIDE], **ERRORS), *key(left=0, y=SIDE + 2.5, em=3.2)]


def _u():
    """On the way down the picture as each level has it, then a box for each state on the way up; between them the long skips."""
    for i, (size, floor) in enumerate(zip(SIZES, FLOORS, strict=True)):
        left, right = STEP * i, 100 - STEP * i - size
        side = SIDE >> i
        yield cells(f"@picture{i}", side, x=[left, left + size], y=[floor, floor + size], colors="grey", range=[0, 1])
        yield box(right, floor, size, size, fill="soft", color="ink", width=1.5, text=f"{side}")
        below = [STEP * (i + 1) + SIZES[i + 1] / 2, FLOORS[i + 1] + SIZES[i + 1]] if i < 2 else [BOTTOM[0] - 0.8, BOTTOM[2] / 2]
        start = [below[0] if i < 2 else left + size / 2, floor - 0.8]
        yield arrow(start, [below[0], below[1] + 0.8 * (i < 2)], "ink", width=1.5)
        yield arrow([100 - below[0], below[1]], [100 - start[0], floor - 0.8], "ink", width=1.5)
        yield from _skip(LEVELS[i], [left + size + 1, right - 1], floor + size / 2)
    left, floor, size = BOTTOM
    yield cells("@picture3", SIDE >> 3, x=[left, left + size], y=[floor, floor + size], colors="grey", range=[0, 1])
    yield text(left + size / 2, floor - 4, f"{SIDE >> 3}")


def _skip(level, ends, y):
    """The long skip of a level, in the colour of its merge, dotted where it is muted; where there is none the word alone."""
    (left, right), colour = ends, f"@{level}_colour"
    yield arrow([left, y], [right, y], colour, width=4, when=f"@{level}_open")
    yield arrow([left, y], [right, y], **LOOK["muted"].line, width=2, when=f"@{level}_mute")
    yield text((left + right) / 2, y + 3.4, {"by": f"{level}_mute", "of": [f"{{{level}}}", "muted"]}, color=colour, bold=True)


def _spots():
    """Where a click means a skip: along it, as wide as it is."""
    for i, (size, floor) in enumerate(zip(SIZES, FLOORS, strict=True)):
        ends = STEP * i + size + 3, 100 - STEP * i - size - 3
        yield LEVELS[i], np.linspace(*ends, 12), np.full(12, floor + size / 2)


def _scale():
    """A scale from 0 to 1, and a row of seeds for each net on it."""
    for tick in (0, 0.25, 0.5, 0.75, 1):
        yield line([tick] * 2, [-0.45, "@grid_top"], "grid", width=1)
    for tick in (0, 0.5, 1):
        yield text(tick, -0.75, f"{tick:g}", color="muted")
    for net, look in _LOOKS.items():
        yield from _row(net, look)
    yield points("@live_iou", "@live_y", **LOOK["trained here"].points, size=10, when="@live")


def _row(net, look):
    when = f"@{net}_on"
    yield text(-0.04, f"@{net}_name", _NAMES[net], bold=net == "here", align="right", when=when)
    yield line([f"@{net}_iou"] * 2, f"@{net}_bar", look.get("edge", look["color"]), width=2.5, when=when)
    yield points(f"@{net}_iou_x", f"@{net}_y", size=7.5, label=_NAMES[net], when=when, **look)


def _level(name):
    return Choice(name, name.title(), {merge: merge for merge in MERGES}, start="concat", at=(1, f"{name}_spot_x", f"{name}_spot_y"))


class UnetExplorer(TableExplorer):
    """All 27 choices of three long skips on four data sets, each retrained with 8 seeds, or muted at test."""

    dials = (
        Choice("data", "Pictures", dict(zip(DATA, DATA, strict=True))),
        Choice("muted", "Muted", dict(zip(MUTED, MUTED, strict=True))),
        *(_level(level) for level in LEVELS),
    )
    tips = (
        ("Thin lines, no long skip at all: what is left of them?", dict.fromkeys(LEVELS, "none")),
        ("Keep the finest skip alone: is that enough?", {"middle": "none", "coarsest": "none"}),
        ("Or the coarsest alone?", {"finest": "none", "middle": "none"}),
        ("A page of text without skips: rows, words or letters?", {"data": "page", **dict.fromkeys(LEVELS, "none")}),
        ("Coins without skips: the middle, the rim, or both?", {"data": "coins", **dict.fromkeys(LEVELS, "none")}),
        ("Mute the finest after training: is that the same as never having had it?", {"muted": "finest"}),
        ("Add in place of concat: is there a difference to see, this early in training?", dict.fromkeys(LEVELS, "add")),
    )
    button = Button("Train this one now", extras={"live": 0, "live_iou": [], "live_y": []})
    sentence = [
        "{data_no:Thin shapes|A page of text|Coins|A cell}. Long skips, from the finest: {finest}, {middle}, {coarsest}",
        {"by": "cut", "of": _CUT},
        ". IoU {iou:.2f} ({iou_low:.2f} to {iou_high:.2f}), boundary F1 {f1:.2f} ({f1_low:.2f} to {f1_high:.2f}), 8 seeds.",
        {"by": "cut", "of": ["", " Trained without those skips, nets reach IoU {iou_retrained:.2f}.", ""]},
    ]  # fmt: skip
    scene = picture(
        500,
        panel([0.55, 0, 1, 1], _MASK, _FOUND, axes=False, equal=True, stage=[0, 0, 0.46, 1], x=axis([0, SIDE]), y=axis([0, SIDE + 5])),
        panel(
            [0, 0, 0.53, 0.69], "The picture at each level (px); click a skip", _u(), axes=False, equal=True,
            stage=[0.47, 0, 1, 0.6], x=axis([0, 100]), y=axis([-8, 77]),
        ),
        panel(
            [0, 0.69, 0.53, 1], {"by": "cut", "of": _SCORES}, _scale(), axes=False, stage=[0.47, 0.6, 1, 1],
            x=axis([-0.36, 1.04], "seed"), y=axis([-1.05, "@top"]),
        ),
    )  # fmt: skip

    @classmethod
    def table(cls):
        """Every position of the dials, from the shipped sweep."""
        here, without = SHIPPED["iou"], _retrained(SHIPPED["iou"])
        nets = {merge: here.at(**dict.fromkeys(LEVELS, merge), muted="nothing") for merge in MERGES}
        grids = _views() | _places() | spread("iou", here) | spread("f1", SHIPPED["f1"]) | {"iou_retrained": without.median("seeds")}
        for net, seeds in {**nets, "without": without, "here": here}.items():
            grids |= {f"{net}_iou_x": seeds, f"{net}_iou": seeds.median("seeds")}
        for name, score in (("grade", "iou"), ("edge", "f1")):
            grids[name] = Grid(np.digitize(grids[score], _GRADES), **grids[score].axes)
        for level, x, y in _spots():
            grids |= {f"{level}_spot_x": x, f"{level}_spot_y": y}
        colours = [LOOK[merge].color for merge in MERGES]
        return Table(cls.dials, grids, {f"{level}_colour": (level, colours) for level in LEVELS})

    def act(self, values, tell, stopped):
        """Train the net of these dials once more, with the sweep's first two seeds."""
        from skiplab.sweeps import unet

        def watch(now):
            tell(f"training {LIVE_SEEDS} seeds, step {now.step} of {now.steps}")
            return stopped()

        run = unet.cell(values["data"], {"merges": [values[level] for level in LEVELS]}, seeds=LIVE_SEEDS, watch=watch)
        if run.stopped:
            return tell("stopped")
        iou, _ = unet.scores(run, values["data"], unet.MUTED[values["muted"]])
        numbers = {"live": 1, "live_iou": iou, "live_y": self.frame(**values)["here_y"][:LIVE_SEEDS]}
        return tell(f"{LIVE_SEEDS} seeds trained here: the crosses", **numbers)


def _views():
    """What is looked at: the picture at each level, and for each pixel 0 outside, 1 in both masks, 2 missed, 3 added."""
    from skiplab.data import pictures

    views, masks = [pictures.view(name) for name in DATA], SHIPPED["masks"]
    true = np.stack([y.cpu().numpy().reshape(SIDE, SIDE) for _, y in views])[:, None, None, None, None] > 0
    codes = np.where(true, np.where(masks, 1, 2), np.where(masks, 3, 0))
    pictures_of = np.stack([x.cpu().numpy().reshape(SIDE, SIDE) for x, _ in views])
    halved = {f"picture{i}": _halved(pictures_of, 2**i) for i in range(len(LEVELS) + 1)}
    return along(halved, data=DATA) | {"found": Grid(codes, **masks.axes)}


def _halved(x, by):
    """Means over squares of `by` px: (N, H, W) -> (N, H / by, W / by)."""
    return x.reshape(len(x), SIDE // by, by, SIDE // by, by).mean((2, 4))


def _retrained(scores):
    """Of nets trained without the skips that are muted: a Grid as `scores`."""
    rows = []
    for muted in MUTED:
        without = [level for level in LEVELS if muted in (level, "all")]
        rows.append(scores.at(muted="nothing", **{level: 3 * ["none"] for level in without}))
    return Grid(np.stack(rows, -2), **scores.axes)


def _places():
    """Which skips are open or muted, and where the rows stand: no net twice, one trained without only beside a muted one.

    So as not to answer what was not asked, the nets of no skips and of all add stand only beside one that has such a level too.

    `cut` is 0 where nothing is to be muted, 1 where a skip is, 2 where there is none to mute.
    """
    none, chosen = MERGES.index("none"), np.moveaxis(np.indices((3, 3, 3)), 0, -1)[..., None, :]  # (3, 3, 3, 1, level)
    muted = np.array([[0, 0, 0], *np.eye(3), [1, 1, 1]]) > 0  # (muted, level)
    mute, kept = muted & (chosen != none), np.where(muted, none, chosen)  # (3, 3, 3, muted, level)
    cut = np.where(muted.any(-1), np.where(mute.any(-1), 1, 2), 0)  # (3, 3, 3, muted)
    rows, y = {"cut": cut}, np.zeros(cut.shape)
    for i, level in enumerate(LEVELS):
        rows |= {f"{level}_open": kept[..., i] != none, f"{level}_mute": mute[..., i]}
    on = {merge: (kept == i).any(-1) & (kept != i).any(-1) for i, merge in enumerate(MERGES)}
    on |= {"concat": (kept != MERGES.index("concat")).any(-1), "without": cut == 1, "here": cut >= 0}
    for net in _NAMES:
        rows |= {f"{net}_on": on[net], f"{net}_y": y[..., None] + _APART, f"{net}_bar": y[..., None] + [-0.42, 0.42], f"{net}_name": y}
        y = y + on[net]
    rows |= {"top": y, "grid_top": y - 0.55}
    return along(rows, **dict.fromkeys(LEVELS, MERGES), muted=MUTED)
