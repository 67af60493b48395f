"""Mark two numbers of a sequence, let it ride past, and watch the gates of a GRU that has learned to add open for the marks."""

import numpy as np

from skiplab.explore.dials import Choice, Slider
from skiplab.explore.table import Table, along
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import axis, band, bars, box, cells, line, panel, picture, points, text

LENGTH, HALF, NETS, UNITS = 20, 10, 8, 16
STEPS = list(range(1, LENGTH + 1))
VALUES = (0.61, 0.38, 0.64, 0.47, 0.71, 0.62, 0.44, 0.1, 0.61, 0.06, 0.57, 0.53, 0.39, 0.91, 0.53, 0.71, 0.71, 0.21, 0.31, 0.98)
HEED = 0.1  # a gate that is this much further open at the marks than elsewhere opens for them
FOOT, LID, BELT, MOST = 1, 2.1, 2.4, 2.0  # of the picture: where valves begin and end, on what the memory stands, how high it may be
_PAIRS = {"first": range(1, HALF + 1), "second": range(HALF + 1, LENGTH + 1)}
_STATES = ("after", "before")
_GATE = LOOK["gate"].color
_CELLS = {"y": [UNITS + 0.5, 0.5], "range": [0, 1], "colors": ["paper", _GATE]}
_ENDED = "{is_marked:|, marked}: gate 1 is {z_now:.2f} open, the memory says {answer_now:.2f}"
_LAST = ["{state_no:Trained|Untrained}: gate 1 is {open:.2f} open at the marks, {shut:.2f} elsewhere"]


def _later(low, high):
    """Covers what comes after the step of the dial."""
    return box("@ahead", low, "@hidden", high - low, fill="paper")


def _numbers():
    """The belt of numbers, the two that are marked in the colour of the gate, and a frame where the sequence stands."""
    belt = [box(step - 0.46, 0, 0.92, 0.84, fill="soft") for step in STEPS]
    marked = [box(f"@{mark}_left", 0, 0.92, 0.84, fill=_GATE, alpha=0.45) for mark in _PAIRS]
    here = [box("@here_left", -0.08, 1.04, 1, color="ink", width=4), text("@at", -0.42, "{value_now:.2f}", bold=True)]
    return [*belt, *marked, bars(0.6, 0, [0.8 * value for value in VALUES], 1, "ink", label="read"), *here]


def _valves():
    """Each number's way up: as wide as gate 1 is open."""
    pipes = [[step - 0.46, step - 0.46, step + 0.46, step + 0.46] for step in STEPS]
    high = [FOOT, LID, LID, FOOT] * LENGTH
    low = [FOOT] * (4 * LENGTH)
    return [
        band([x for pipe in pipes for x in pipe], low, high, "grid", alpha=0.9), band("@valve", low, high, _GATE, alpha=1),
        _later(FOOT - 0.05, LID + 0.05),
    ]  # fmt: skip


def _memory():
    """What the head would answer after each step, and dashed what one could expect."""
    return [
        bars(0.6, BELT, "@held", 1, _GATE, label="memory"), line(STEPS, "@awaited", **LOOK["predicted"].line),
        _later(BELT - 0.05, BELT + MOST),
        line([0.5, LENGTH + 0.5], [BELT, BELT], "ink", width=4),
        text("@at", BELT + 2.35, "{answer_now:.2f}", color=_GATE, size=1.8, bold=True),
    ]


_NAMES = [text(0.3, y, name, align="right", color="muted") for y, name in ((0.4, "read"), (1.55, "valve"), (BELT + 0.5, "memory"))]
_KEY = [
    cells(list(np.linspace(1, 0, UNITS)), 1, x=[21.2, 22], **_CELLS), box(21.2, 0.5, 0.8, UNITS, color="muted", width=1),
    *(text(22.3, y, name, align="left") for y, name in ((1, "1"), (UNITS / 2 + 0.5, "z"), (UNITS, "0"))),
]


class GateExplorer(TableExplorer):
    """The update gate z over one sequence of the adding problem, before and after training, for 8 networks stored with the package."""

    dials = (
        Slider("step", "Step", 1, 1, LENGTH, 1),
        Slider("first", "First mark", 8, 1, HALF, 1),
        Slider("second", "Second mark", 14, HALF + 1, LENGTH, 1),
        Slider("net", "Network", 1, 1, NETS, 1),
        Choice("state", "Training", {"after": "after it", "before": "before it"}),
    )
    tips = (
        ("Let the whole sequence ride past: when does the valve open?", {"step": 20}),
        ("Marks side by side: does it shut between them?", {"first": 10, "second": 11, "step": 20}),
        ("Marks as far apart as can be: is the first number kept?", {"first": 1, "second": 20, "step": 20}),
        ("Network 4: does its gate 1 open for both marks?", {"net": 4, "step": 20}),
        ("Before the training: does the valve know the marks?", {"state": "before", "step": 20}),
    )
    play = "step"
    sentence = [
        "Network {net:d} {state_no:after|before} its training, with marks at steps {first:d} and {second:d}. ", {"by": "ended", "of": [
            "At step {step:d} it reads {value_now:.2f}, {is_marked:not marked|marked}. Gate 1 is {z_now:.2f} open. "
            "If it had to answer now, it would say {answer_now:.2f}.",
            "The gate that opens most for marks is at {open:.2f} there and {shut:.2f} elsewhere "
            "(median of 8 networks: {opens:.2f} and {shuts:.2f}). Of its 16 gates {heed:d} open for marks, by 0.1 or more. "
            "After the last step the network answers {said:.2f}; the sum is {sum:.2f}.",
        ]},
    ]  # fmt: skip
    scene = picture(
        520,
        panel(
            [0, 0, 0.72, 1], {"by": "ended", "of": [["Step {step:d}", _ENDED], _LAST]},
            [*_valves(), *_numbers(), *_memory(), *_NAMES],
            axis([-4.4, LENGTH + 2.6]), axis([-0.7, BELT + 2.7]), axes=False, stage=[0, 0, 1, 1],
        ),
        panel(
            [0.72, 0, 1, 0.52], "All 16 gates",
            [cells("@units", LENGTH, x=[0.5, LENGTH + 0.5], **_CELLS), _later(0.4, UNITS + 0.6), *_KEY,
             box(0.5, 0.5, LENGTH, 1, color="ink", width=2)],
            x=axis([0.5, 23.5], "step", ticks=[5, 10, 15, 20]), y=axis([UNITS + 0.5, 0.4], "gate", ticks=[1, 8, 16]),
        ),
        panel(
            [0.72, 0.52, 1, 1], "Gate 1 in 8 networks",
            [band(STEPS, "@low", "@high", _GATE), line(STEPS, "@z", **LOOK["gate"].line, width=3),
             points(STEPS, "@z", **LOOK["gate"].points, size=6), _later(-1, 3)],
            grid=True, x=axis([0.5, LENGTH + 0.5], "step", whole=True), y=axis([0, 1.03], "z"),
        ),
    )  # fmt: skip

    @classmethod
    def table(cls):
        """Every pair of marks, for every network before and after its training."""
        from skiplab.sweeps import adding

        x = _sequences()
        watched = [[_watched(net, x) for net in adding.nets(state == "after")] for state in _STATES]
        z, answer = (np.array([[net[i] for net in nets] for nets in watched]) for i in (0, 1))  # (states, net, first, second, ...)
        values, marked, best = np.array(VALUES), x[..., 1].numpy() > 0, z[..., 0]
        opened = (z * marked[..., None]).sum(-2) / 2  # (states, net, first, second, unit)
        shut = (z * ~marked[..., None]).sum(-2) / (LENGTH - 2)
        guess = np.cumsum(values * marked, -1) + (2 - np.cumsum(marked, -1)) / 2  # a number still to come is 1/2 on average
        units = z.swapaxes(-1, -2).round(2)  # row by row from the top, gate 1 to gate 16
        net = {"z": best, "units": units, "answer": answer, "said": answer[..., -1],
               "open": opened[..., 0], "shut": shut[..., 0], "heed": (opened - shut > HEED).sum(-1)}  # fmt: skip
        nets = {"low": best.min(1), "high": best.max(1)}
        nets |= {"opens": np.median(net["open"], 1), "shuts": np.median(net["shut"], 1)}
        own = {"state": _STATES, "net": range(1, NETS + 1), **_PAIRS}
        grids = along(net, **own) | along(nets, state=_STATES, **_PAIRS) | along({"z_now": best, "answer_now": answer}, **own, step=STEPS)
        grids |= along({"valve": _opened(best), "held": answer.clip(0, MOST)}, **own)
        grids |= along({"guess": guess, "awaited": BELT + guess, "sum": guess[..., -1]}, **_PAIRS) | {"values": values}
        grids |= along({"is_marked": marked}, **_PAIRS, step=STEPS) | _places()
        for mark, steps in _PAIRS.items():
            grids |= along({f"{mark}_left": np.array(steps) - 0.46}, **{mark: steps})
        return Table(cls.dials, grids)


def _places():
    """What the dial of the step moves."""
    at = np.array(STEPS)
    where = {"at": at, "here_left": at - 0.52, "ahead": at + 0.5, "hidden": LENGTH - at, "ended": at == LENGTH, "value_now": VALUES}
    return along(where, step=STEPS)


def _opened(z):
    """The outlines of the valves, from the left: z (..., step) -> x (..., 4 a step)."""
    sides = np.stack([-z, -z, z, z], -1) * 0.46
    return (sides + np.array(STEPS)[:, None]).reshape(*z.shape[:-1], -1)


def _sequences():
    """The same 20 numbers with every pair of marks: (first, second, step, 2)."""
    import torch

    values = torch.tensor(VALUES)
    eye = torch.eye(LENGTH)
    marks = eye[:HALF, None] + eye[HALF:]
    return torch.stack([values.expand_as(marks), marks], -1)


def _watched(net, x):
    """z (first, second, step, unit), the unit first that opens most for marks, and the head's answer at each step (first, second, step)."""
    import torch

    from skiplab.nets.recurrent import unroll
    from skiplab.probe import recurrent as lags

    pairs, marked = x.flatten(0, 1), x[..., 1].numpy() > 0
    z = lags.gates(net.cell, pairs).reshape(*marked.shape, UNITS)
    order = np.argsort(z[~marked].mean(0) - z[marked].mean(0))
    with torch.no_grad():
        answer = net.head(unroll(net.cell, pairs)).reshape(marked.shape).numpy()
    return z[..., order], answer
