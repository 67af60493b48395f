"""Send a gradient back through time, and find which cell, which gate bias and which gain let it arrive."""

from functools import partial

import numpy as np

from skiplab.base.grid import Grid
from skiplab.explore.dials import Choice, Ladder, Slider
from skiplab.explore.table import Table, along, spread
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import axis, band, box, line, panel, picture, points, text

CELLS = ("rnn", "lag", "add", "gru", "lstm")
BIASES = (-6.0, -5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0)
GAINS = (0.5, 0.7, 1.0, 1.4, 2.0)  # each √2 times the one before
HOPS = (2, 3, 5, 10)
LENGTH, WIDTH, SEEDS = 60, 32, 8
LIMITS = (-2, -1, 1, 2)  # log10 of what is left: it vanishes below the first, arrives from the second to the third, explodes above the last
LABEL = {"rnn": "RNN", "lag": "RNN + skip", "add": "RNN + add", "gru": "GRU", "lstm": "LSTM"}
GATED = ("gru", "lstm")
AXES = {
    "rnn": {"gain": GAINS},
    "lag": {"match": ("matched", "added"), "gain": GAINS, "k": HOPS},
    "add": {"gain": GAINS, "k": HOPS},
    "gru": {"bias": BIASES},
    "lstm": {"bias": BIASES},
}  # the dials that change a cell

_FINDING = "{verdict:vanishes|fades|arrives|grows|explodes}"
_BACK = "{back:d} {many:step|steps} back"
_HOW = {"by": "cell_no", "of": [
    "no skip, total gain {gain:.1f}",
    "a skip over {k:d} steps through a matrix, {match_no:total gain|two matrices, each of gain} {gain:.1f}",
    "h from {k:d} steps before added, gain {gain:.1f}",
    "bias {bias:.0f} of the update gate",
    "bias {keeps:.0f} of the forget gate (the gradient is that of c)",
]}  # fmt: skip


def _lines(names, x, y, named=False, when=None):
    """One line a cell, in its own colour and dashes; the chosen one is thick."""
    looks = {cell: {**LOOK[LABEL[cell]].line, "width": f"@{cell}_width", "label": LABEL[cell] if named else None} for cell in names}
    return [line(x, f"@{cell}_{y}", when=when, **look) for cell, look in looks.items()]


_LAGS = [
    box(0, LIMITS[0] - 40, LENGTH - 1, 40, fill="muted", alpha=0.12, label="vanishes, explodes"),
    box(0, LIMITS[-1], LENGTH - 1, 40, fill="muted", alpha=0.12),
    band("@lags", "@middle_low", "@middle_high", "@colour"),
    *_lines(CELLS, "@lags", "middle", named=True),
    line(["@back", "@back"], ["@floor", "@ceiling"], "muted", width=1.6),
    points(["@back"], ["@factor"], **LOOK["here"].points, size=11),
]
_STEPS = [
    line(["@left", "@right"], [1, 1], "muted", width=1), text("@right", 1.05, "the identity ", align="right", color="muted"),
    line("@biases", "@open", **LOOK["predicted"].line, label="σ(−bias)", when="@gated"),
    *_lines(GATED, "@biases", "steps", when="@gated"),
    *_lines([cell for cell in CELLS if cell not in GATED], "@gains", "steps", when="@plain"),
    points(["@here"], ["@step"], **LOOK["here"].points, size=11),
]


class LagExplorer(TableExplorer):
    """How much of a gradient is left after each step back in time, for five cells and 8 seeds; the cells of a seed share what they can."""

    dials = (
        Choice("cell", "Cell", dict(LABEL)),
        Slider("back", "Steps back", 20, 1, LENGTH - 1, 1),
        Ladder("bias", "Gate bias", 0.0, BIASES, only={"cell": GATED}),
        Ladder("gain", "Gain", 1.0, GAINS, only={"cell": ("rnn", "lag", "add")}),
        Choice("match", "Skip's gain", {"matched": "total matched", "added": "added on top"}, only={"cell": ("lag",)}),
        Ladder("k", "Skip's reach k", 2, HOPS, only={"cell": ("lag", "add")}),
        Choice("init", "Init", {"default": "torch default", "orthogonal": "orthogonal"}),
    )
    slow = ("init",)
    tips = (
        ("The GRU as torch makes it: it vanishes.", {"cell": "gru"}),
        ("Shut its gate a little: 0.11 arrives.", {"cell": "gru", "bias": -2.0}),
        ("A skip over two steps: 0.023 is left, not 5.5×10⁻⁶.", {"cell": "lag", "match": "added"}),
        ("How much of that was gain? Matched, 0.00038 is left.", {"cell": "lag", "match": "matched"}),
        ("The same gain without a skip: 0.0025, with it 0.023.", {"cell": "rnn", "gain": 1.4}),
        ("No skip, orthogonal: 0.091.", {"cell": "rnn", "init": "orthogonal"}),
        ("Adding the old state: × 100 in 59 steps.", {"cell": "add", "back": 59}),
    )
    play = "back"
    sentence = [
        "{cell_no:RNN|RNN + skip|RNN + add|GRU|LSTM}, ", _HOW, ", {init_no:torch's default init|orthogonal init}. ", _BACK,
        " the gradient is multiplied by {factor:.2p} (8 seeds: {factor_low:.2p} to {factor_high:.2p}): it ", _FINDING,
        ". That is a factor of {step:.2f} a step.",
    ]  # fmt: skip
    scene = picture(
        400,
        panel(
            [0, 0, 0.64, 1], [_BACK, " the gradient is × {factor:.2p}: it ", _FINDING], _LAGS, grid=True,
            legend="bottom left", stage=[0, 0, 1, 1], x=axis([0, LENGTH - 1], "lag T − t (steps back in time)", whole=True),
            y=axis(["@floor", "@ceiling"], "gradient, relative to the last step", power=True),
        ),
        panel(
            [0.64, 0, 1, 1], "Each step back: × {step:.2f}", _STEPS, grid=True, legend="bottom left",
            x=axis(["@left", "@right"], "{gated:gain of the recurrent matrices|gate bias}"),
            y=axis([0, 1.2], "factor a step"),
        ),
    )  # fmt: skip

    @classmethod
    def table(cls, init):
        """All cells at all biases, gains and lags, for one init of the recurrent matrices."""
        biases = np.array(BIASES)
        grids = {"lags": np.arange(LENGTH), "biases": biases, "gains": GAINS, "open": 1 / (1 + np.exp(biases))}
        grids |= along({"keeps": -biases}, bias=BIASES) | along({"many": np.arange(1, LENGTH) > 1}, back=range(1, LENGTH))
        grids |= along({f"{cell}_width": np.where(np.array(CELLS) == cell, 4, 1.8) for cell in CELLS}, cell=CELLS)
        for cell in CELLS:
            grids |= {f"{cell}_{name}": grid for name, grid in _curves(cell, _measured(cell, init)).items()}
        return Table(cls.dials, grids, {"colour": ("cell", [LOOK[word].color for word in LABEL.values()])}, by="cell")


def _measured(cell, init):
    """log10 of |∂h_T/∂h_t|: (AXES of the cell ..., S, lags)."""
    gains = 2 ** (np.arange(-2, len(GAINS) - 1) / 2)  # one more, for what is added on top
    if cell in GATED:
        return _logs(cell, [{"init": init, "bias": bias} for bias in BIASES])
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

    dial, axes = "bias" if cell in GATED else "gain", {**AXES[cell], "seeds": range(SEEDS)}
    logs, step = Grid(logs, **axes, lag=range(LENGTH)), Grid(a_step(logs), **axes).median("seeds")
    grids = spread("middle", logs) | spread("factor", logs.at(lag=range(1, LENGTH)).rename("lag", "back"))
    grids |= {"step": step, "steps": step.rename(dial, "steps")}
    grids["floor"] = np.minimum(-16, np.floor(grids["middle_low"].low("lag")))
    grids["ceiling"] = np.maximum(4, np.ceil(grids["middle_high"].high("lag")))
    grids["verdict"] = Grid(np.digitize(grids["factor"], LIMITS), **grids["factor"].axes)
    places = AXES[cell][dial]
    look = {"gated": cell in GATED, "plain": cell not in GATED, "left": places[0], "right": places[-1]}
    return grids | look | along({"here": places}, **{dial: places})
