"""Send a gradient back through time, and find which cell, which gate bias and which gain let it arrive."""

from functools import partial

import numpy as np

from skiplab.base.grid import Grid
from skiplab.explore.dials import Choice, Ladder, Slider
from skiplab.explore.table import Table, along, spread
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import arrow, axis, band, box, cells, line, panel, picture, points, text

CELLS = ("rnn", "lag", "add", "irnn", "gru", "lstm")
BIASES = (-6.0, -5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0)
GAINS = (0.5, 0.7, 1.0, 1.4, 2.0)  # each √2 times the one before
HOPS = (2, 3, 5, 10)
LENGTH, WIDTH, SEEDS = 60, 32, 8
LIMITS = (-2, -1, 1, 2)  # log10 of what is left: it vanishes below the first, arrives from the second to the third, explodes above the last
LABEL = {"rnn": "RNN", "lag": "RNN + skip", "add": "RNN + add", "irnn": "IRNN", "gru": "GRU", "lstm": "LSTM"}
GATED = ("gru", "lstm")
PLAIN = ("rnn", "lag", "add")
AXES = {
    "rnn": {"gain": GAINS},
    "lag": {"match": ("matched", "added"), "gain": GAINS, "k": HOPS},
    "add": {"gain": GAINS, "k": HOPS},
    "irnn": {},
    "gru": {"bias": BIASES},
    "lstm": {"bias": BIASES},
}  # the dials that change a cell
TALL, FAINT, STEEP = 0.5, -3, 2  # of a belt: its height, the log10 at which a cell is empty, that at which the red on it is a belt high
LEFT, RIGHT = -92, 37  # steps: what the panel of belts shows

_FINDING = "{verdict:vanishes|fades|arrives|grows|explodes}"
_CELL = f"{{cell_no:{'|'.join(LABEL.values())}}}"
_BACK = "{back:d} {many:step|steps} back"
_HOW = {"by": "cell_no", "of": [
    "no skip, total gain {gain:.1f}",
    "a skip over {k:d} steps through a matrix, {match_no:total gain|two matrices, each of gain} {gain:.1f}",
    "h from {k:d} steps before added, gain {gain:.1f}",
    "ReLU, and the identity as its recurrent matrix",
    "bias {bias:.0f} of the update gate",
    "bias {keeps:.0f} of the forget gate (the gradient is that of c)",
]}  # fmt: skip


def _lines(names, x, y, when=None):
    """One line a cell, in its own colour and dashes; the chosen one is thick."""
    looks = {cell: {**LOOK[LABEL[cell]].line, "width": f"@{cell}_width", "label": LABEL[cell]} for cell in names}
    return [line(x, f"@{cell}_{y}", when=when, **look) for cell, look in looks.items()]


def _belt(row, cell):
    """60 steps of one cell: bright where the gradient arrives, empty where it is gone, red on top where it has grown; what is left."""
    y, color = len(CELLS) - 1 - row, LOOK[LABEL[cell]].color
    look = {"x": [0.5 - LENGTH, 0.5], "y": [y, y + TALL], "colors": ["grid", color], "range": [FAINT, 0]}
    return [
        cells(f"@{cell}_middle", LENGTH, **look), band("@times", [y + TALL] * LENGTH, f"@{cell}_over", LOOK["explodes"].color, alpha=1),
        box(0.5 - LENGTH, y, "@hidden", 0.95, fill="paper"),
        box(0.5 - LENGTH, y, LENGTH, TALL, color=color, width=f"@{cell}_edge"),
        text(1.5, y + TALL / 2, LABEL[cell], color=color, align="left", bold=True),
        text("@tip", y + TALL / 2, f"{{{cell}_factor:.2p}}", color=color, align="right", bold=True),
    ]  # fmt: skip


def _key(x, what, **look):
    """A sample of a belt's cell with its meaning."""
    return [box(x, -0.95, 2, 0.4, **look), text(x + 2.8, -0.75, what, align="left", color="muted")]


_BELTS = [
    *(mark for row, cell in enumerate(CELLS) for mark in _belt(row, cell)),
    arrow([0.5, 5.85], ["@head", 5.85], "ink", width=3),
    line(["@head", "@head"], [-0.15, 6.05], "ink", width=1.6),
    *_key(-59.5, "it arrives", fill=LOOK["GRU"].color), *_key(-32, "it is gone", fill="grid"),
    *_key(-3, "it grows", fill=LOOK["explodes"].color),
]
_LAGS = [
    box(1 - LENGTH, LIMITS[0] - 40, LENGTH - 1, 40, fill="grid", alpha=0.7),
    box(1 - LENGTH, LIMITS[-1], LENGTH - 1, 40, fill=LOOK["explodes"].color, alpha=0.15),
    band("@times", "@middle_low", "@middle_high", "@colour"), *_lines(CELLS, "@times", "middle"),
    box(0.5 - LENGTH, -60, "@hidden", 120, fill="paper"),
    line(["@head", "@head"], ["@floor", "@ceiling"], "muted", width=1.6),
    points(["@here_at"], ["@factor"], **LOOK["here"].points, size=11),
]
_STEPS = [
    line(["@left", "@right"], [1, 1], "muted", width=1), text("@left", 0.9, " the identity", align="left", color="muted"),
    line("@biases", "@open", **LOOK["predicted"].line, when="@gated"),
    text(-6, 0.1, " dashed: σ(−bias)", align="left", color="muted", when="@gated"),
    *_lines(GATED, "@biases", "steps", when="@gated"),
    *_lines(PLAIN, "@gains", "steps", when="@plain"),
    points(["@here"], ["@step"], **LOOK["here"].points, size=11),
]


class LagExplorer(TableExplorer):
    """How much of a gradient is left after each step back in time, for six cells and 8 seeds; the cells of a seed share what they can."""

    dials = (
        Choice("cell", "Cell", dict(LABEL)),
        Slider("back", "Steps back", 1, 1, LENGTH - 1, 1),
        Ladder("bias", "Gate bias", 0.0, BIASES, only={"cell": GATED}),
        Ladder("gain", "Gain", 1.0, GAINS, only={"cell": PLAIN}),
        Choice("match", "Skip's gain", {"matched": "total matched", "added": "added on top"}, only={"cell": ("lag",)}),
        Ladder("k", "Skip's reach k", 2, HOPS, only={"cell": ("lag", "add")}),
        Choice("init", "Init", {"default": "torch default", "orthogonal": "orthogonal"}),
    )
    slow = ("init",)
    tips = (
        ("The GRU as torch makes it: does a gradient arrive 20 steps back?", {"cell": "gru", "back": 20}),
        ("Shut its gate a little: how far does the gradient get now?", {"cell": "gru", "bias": -2.0, "back": 20}),
        ("No gate at all, U = I and a ReLU: how far does it get?", {"cell": "irnn", "back": 59}),
        ("A skip over two steps in a plain RNN: does it help?", {"cell": "lag", "match": "added", "back": 20}),
        ("The same gain without the skip: was it the path?", {"cell": "rnn", "gain": 1.4, "back": 20}),
        ("No skip, but an orthogonal matrix?", {"cell": "rnn", "init": "orthogonal", "back": 20}),
        ("The old state added outside the tanh: what happens at 59 steps?", {"cell": "add", "back": 59}),
    )
    play = "back"
    sentence = [
        _CELL, ", ", _HOW, ", {init_no:torch's default init|orthogonal init}. ", _BACK,
        " the gradient is multiplied by {factor:.2p} (8 seeds: {factor_low:.2p} to {factor_high:.2p}): it ", _FINDING,
        ". That is a factor of {step:.2f} a step.",
    ]  # fmt: skip
    scene = picture(
        560,
        panel(
            [0, 0, 1, 0.6], [_BACK, " the gradient of this ", _CELL, " is × {factor:.2p}: it ", _FINDING],
            _BELTS, axis([LEFT, RIGHT]), axis([-1.1, 6]), axes=False, stage=[0, 0, 1, 1],
        ),
        panel(
            [0, 0.6, 0.64, 1], "Grey zone: it vanishes. Red zone: it explodes", _LAGS, grid=True,
            x=axis([1 - LENGTH, 0], "steps before the last", whole=True), y=axis(["@floor", "@ceiling"], "gradient", power=True),
        ),
        panel(
            [0.64, 0.6, 1, 1], "Each step back: × {step:.2f}", _STEPS, grid=True,
            x=axis(["@left", "@right"], "{gated:gain of the recurrent matrices|gate bias}"),
            y=axis([0, 1.2], "factor a step"),
        ),
    )  # fmt: skip

    @classmethod
    def table(cls, init):
        """All cells at all biases, gains and lags, for one init of the recurrent matrices."""
        biases = np.array(BIASES)
        grids = {"times": np.arange(1 - LENGTH, 1), "biases": biases, "gains": GAINS, "open": 1 / (1 + np.exp(biases))}
        back = np.arange(1, LENGTH)
        heads = {"many": back > 1, "here_at": -back, "head": -back - 0.5, "tip": -back - 1.2, "hidden": LENGTH - 1 - back}
        grids |= along({"keeps": -biases}, bias=BIASES) | along(heads, back=back.tolist())
        for cell in CELLS:
            chosen = np.array(CELLS) == cell
            grids |= along({f"{cell}_width": np.where(chosen, 4, 1.8), f"{cell}_edge": np.where(chosen, 4, 1)}, cell=CELLS)
        for cell in CELLS:
            grids |= {f"{cell}_{name}": grid for name, grid in _curves(cell, _measured(cell, init)).items()}
        return Table(cls.dials, grids, {"colour": ("cell", [LOOK[word].color for word in LABEL.values()])}, by="cell")


def _measured(cell, init):
    """log10 of |∂h_T/∂h_t|: (AXES of the cell ..., S, lags)."""
    gains = 2 ** (np.arange(-2, len(GAINS) - 1) / 2)  # one more, for what is added on top
    if cell in GATED:
        return _logs(cell, [{"init": init, "bias": bias} for bias in BIASES])
    if cell == "irnn":
        return _logs(cell, [{"init": init}])[0]
    if cell == "rnn":
        return _logs(cell, [{"init": init, "gain": gain} for gain in gains[:-1]])
    logs = np.stack([_logs(cell, [{"init": init, "gain": gain, "lag": k} for gain in gains]) for k in HOPS], 1)  # (gains, k, S, lags)
    return np.stack([logs[:-1], logs[1:]]) if cell == "lag" else logs[:-1]


def _logs(cell, settings):
    """Cells that differ only in their numbers are measured together: (settings, S, lags)."""
    from skiplab.nets.recurrent import CELLS as MAKE
    from skiplab.probe import recurrent as lags

    x = lags.noise(length=LENGTH)
    cells = [one for setting in settings for one in lags.draw(partial(MAKE[cell], x.shape[-1], WIDTH), SEEDS, **setting)]
    return lags.by_lag(cells, x).reshape(len(settings), SEEDS, LENGTH)


def _curves(cell, logs):
    """What is drawn and said of one cell, from its logs (AXES of the cell ..., S, lags)."""
    from skiplab.probe.recurrent import a_step

    axes = {**AXES[cell], "seeds": range(SEEDS)}
    logs, step = Grid(logs, **axes, lag=range(LENGTH)), Grid(a_step(logs), **axes).median("seeds")
    grids = spread("middle", logs.at(lag=range(LENGTH)[::-1])) | spread("factor", logs.at(lag=range(1, LENGTH)).rename("lag", "back"))
    foot = len(CELLS) - 1 - CELLS.index(cell) + TALL  # of the red on a belt
    grids |= {"step": step, "over": foot + TALL * np.minimum(np.maximum(grids["middle"] / STEEP, 0), 0.8)}
    grids["floor"] = np.minimum(-16, np.floor(grids["middle_low"].low("lag")))
    grids["ceiling"] = np.maximum(4, np.ceil(grids["middle_high"].high("lag")))
    grids["verdict"] = Grid(np.digitize(grids["factor"], LIMITS), **grids["factor"].axes)
    gated = cell in GATED
    places = BIASES if gated else GAINS
    grids |= {"gated": gated, "plain": not gated, "left": places[0], "right": places[-1]}
    if cell == "irnn":  # no dial changes it
        return grids | {"here": 1.0}
    dial = "bias" if gated else "gain"
    return grids | {"steps": step.rename(dial, "steps")} | along({"here": places}, **{dial: places})
