"""Mark two numbers of a sequence, and watch the gates of a GRU that has learned to add them open for the marks."""

import numpy as np

from skiplab.explore.dials import Choice, Slider
from skiplab.explore.table import Table, along
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import axis, band, bars, box, cells, line, panel, picture, points, text

LENGTH, HALF, NETS, UNITS = 20, 10, 8, 16
STEPS = list(range(1, LENGTH + 1))
HEED = 0.1  # a gate that is this much further open at the marks than elsewhere opens for them
_PAIRS = {"first": range(1, HALF + 1), "second": range(HALF + 1, LENGTH + 1)}
_STATES = ("after", "before")
_MARKS = ("first", "second")
_MARKED = [box(f"@{mark}_edge", -2, 1, 30, fill="ink", alpha=0.12) for mark in _MARKS]
_ABOVE = [box(f"@{mark}_edge", 0.5, 1, -2, fill="ink", alpha=0.4) for mark in _MARKS]  # where the numbers that are marked come in
_CELLS = {"y": [UNITS + 0.5, 0.5], "range": [0, 1], "colors": ["paper", LOOK["gate"].color]}
_KEY = [
    cells(list(np.linspace(1, 0, UNITS)), 1, x=[21.2, 22], **_CELLS),
    box(21.2, 0.5, 0.8, UNITS, color="muted", width=1),
    *(text(22.3, y, name, align="left") for y, name in ((1, "1"), (UNITS / 2 + 0.5, "z"), (UNITS, "0"))),
]


def _time(label):
    return axis([0.5, LENGTH + 0.5], label, whole=True)


class GateExplorer(TableExplorer):
    """The update gate z over one sequence of the adding problem, before and after training, for 8 networks stored with the package."""

    dials = (
        Slider("first", "First mark", 8, 1, HALF, 1),
        Slider("second", "Second mark", 14, HALF + 1, LENGTH, 1),
        Slider("net", "Network", 1, 1, NETS, 1),
        Choice("state", "Training", {"after": "after it", "before": "before it"}),
    )
    tips = (
        ("Marks side by side: the gate stays open for both steps.", {"first": 10, "second": 11}),
        ("Marks as far apart as can be.", {"first": 1, "second": 20}),
        ("Network 4: gate 1 hardly opens for the second mark (0.28).", {"net": 4}),
        ("The first network before its training.", {"state": "before"}),
    )
    sentence = [
        "Network {net:d} {state_no:after|before} its training, with marks at steps {first:d} and {second:d}: the gate that opens most for "
        "marks is at {open:.2f} there and {shut:.2f} elsewhere (median of 8 networks: {opens:.2f} and {shuts:.2f}). "
        "Of its 16 gates {heed:d} open for marks, by 0.1 or more. "
        "After the last step the network answers {said:.2f}; the sum is {sum:.2f}.",
    ]  # fmt: skip
    scene = picture(
        560,
        panel(
            [0, 0, 0.5, 0.46], "What is read: 20 numbers, two of them marked",
            [*_MARKED, bars(0.6, 0, "@values", 1, "muted")], grid=True, x=_time("step t"), y=axis([0, 1.05], "number"),
        ),
        panel(
            [0, 0.46, 0.5, 1], "Gate 1: {open:.2f} at the marks, {shut:.2f} elsewhere",
            [
                *_MARKED, band(STEPS, "@low", "@high", LOOK["gate"].color), line(STEPS, "@z", **LOOK["gate"].line, width=3),
                points(STEPS, "@z", **LOOK["gate"].points, size=8),
            ],
            grid=True, stage=[0, 0, 0.55, 1], x=_time("step t (shaded: the range of 8 networks)"),
            y=axis([0, 1.03], "z (1: open for the new)"),
        ),
        panel(
            [0.5, 0, 1, 0.46], "16 gates: {heed:d} open for the marks",
            [
                *_ABOVE, cells("@units", LENGTH, x=[0.5, LENGTH + 0.5], **_CELLS), *_KEY,
                box(0.5, 0.5, LENGTH, 1, color="ink", width=2),
            ],
            stage=[0.55, 0, 1, 1],
            x=axis([0.5, 23.5], "step t", ticks=[5, 10, 15, 20]),
            y=axis([UNITS + 0.5, -0.6], "gate (1 opens most)", ticks=[1, 4, 8, 12, 16]),
        ),
        panel(
            [0.5, 0.46, 1, 1], "What it would answer: {said:.2f} at the end",
            [*_MARKED, line(STEPS, "@guess", **LOOK["predicted"].line), line(STEPS, "@answer", **LOOK["gate"].line, width=3)], grid=True,
            x=_time("step t (dashed: marked, + ½ for each to come)"), y=axis([-0.2, 2.2], "answer"),
        ),
    )  # fmt: skip

    @classmethod
    def table(cls):
        """Every pair of marks, for every network before and after its training."""
        from skiplab.sweeps import adding

        x = _sequences()
        watched = [[_watched(net, x) for net in adding.nets(state == "after")] for state in _STATES]
        z, answer = (np.array([[net[i] for net in nets] for nets in watched]) for i in (0, 1))  # (states, net, first, second, ...)
        values, marked, best = x[0, 0, :, 0].numpy(), x[..., 1].numpy() > 0, z[..., 0]
        opened = (z * marked[..., None]).sum(-2) / 2  # (states, net, first, second, unit)
        shut = (z * ~marked[..., None]).sum(-2) / (LENGTH - 2)
        guess = np.cumsum(values * marked, -1) + (2 - np.cumsum(marked, -1)) / 2  # a number still to come is 1/2 on average
        units = z.swapaxes(-1, -2).round(2)  # row by row from the top, gate 1 to gate 16
        net = {"z": best, "units": units, "answer": answer, "said": answer[..., -1],
               "open": opened[..., 0], "shut": shut[..., 0], "heed": (opened - shut > HEED).sum(-1)}  # fmt: skip
        nets = {"low": best.min(1), "high": best.max(1)}
        nets |= {"opens": np.median(net["open"], 1), "shuts": np.median(net["shut"], 1)}
        grids = along(net, state=_STATES, net=range(1, NETS + 1), **_PAIRS) | along(nets, state=_STATES, **_PAIRS)
        grids |= along({"guess": guess, "sum": guess[..., -1]}, **_PAIRS) | {"values": values}
        for mark, steps in _PAIRS.items():
            grids |= along({f"{mark}_edge": np.subtract(steps, 0.5)}, **{mark: steps})
        return Table(cls.dials, grids)


def _sequences():
    """The same 20 numbers with every pair of marks: (first, second, step, 2)."""
    import torch

    values = torch.rand(LENGTH, generator=torch.Generator().manual_seed(2)).round(decimals=2)
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
