"""Which cell learns what, and how soon: nine recurrent cells on three tasks, at five rates and after 50 to 1600 steps."""

import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from skiplab import sweeps, train
from skiplab.base.errors import need_choice
from skiplab.base.settings import as_taught
from skiplab.data import sequences
from skiplab.nets import recurrent

CELLS = {
    "RNN": {"cell": "rnn"},
    "RNN, orthogonal": {"cell": "rnn", "init": "orthogonal"},
    "RNN + skip": {"cell": "lag"},
    "RNN + add": {"cell": "add", "lag": 1},
    "IRNN": {"cell": "irnn"},
    "GRU": {"cell": "gru"},
    "GRU, bias −2": {"cell": "gru", "bias": -2.0},
    "LSTM": {"cell": "lstm"},
    "LSTM, bias −2": {"cell": "lstm", "bias": -2.0},  # of the forget gate: 2
}
LRS = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
STEPS = (50, 100, 200, 400, 800, 1600)
SEEDS, COUNT, BATCH, CLIP = 8, 4096, 16, 1.0
TASKS = {  # what makes its sequences, the inputs and outputs of a network, its loss
    "adding": (sequences.adding, 2, 1, "mse"),
    "recall": (sequences.recall, 5, 4, "cross_entropy"),
    "latest": (sequences.latest, 5, 4, "cross_entropy"),
}
AXES = {"task": tuple(TASKS), "cell": tuple(CELLS), "lr": LRS, "steps": STEPS, "seeds": range(SEEDS)}
WHAT = {
    "validation": "512 sequences by which a rate is chosen; adding: mean squared error; recall, latest: share of wrong answers",
    "test": "512 other sequences; adding: mean squared error; recall, latest: share of wrong answers",
}
PARTS = {"test": 1, "validation": 2}  # the seed of the sequences
ABOUT = {"cell": CELLS, "width": 16, "length": 20, "sequences": COUNT, "batch": BATCH, "optimizer": "Adam", "clip": CLIP,
         "first seed": 0}  # fmt: skip


def cell(task, cell, lr=1e-2, steps=100, **how):
    """Train one cell at one rate, 8 seeds: the `Run`. `how` goes to `train.fit`, such as watch."""
    return trained(task, [need_choice("cell", cell, AXES["cell"])], lr, steps, **how)[cell]


@as_taught()
def trained(task, cells, lr, steps, **how):
    """Train some of the cells on a task as all here are: cell -> `Run`, with several rates `Rates`. `how` goes to `train.fit`."""
    make, inputs, outputs, loss = TASKS[need_choice("task", task, AXES["task"])]
    settings = {name: CELLS[name] for name in cells}
    net = partial(recurrent.net, inputs=inputs, outputs=outputs)
    how |= {"loss": loss, "batch": BATCH, "clip": CLIP, "settings": settings, "minutes": 60}
    return train.fit(net, *make(COUNT), SEEDS, steps, lr, **how)


@as_taught()
def error(task, run, part="test"):
    """What the Grids hold of the networks of a run, on sequences that were not trained on: (S,); a number that overflows is infinite."""
    make, _, _, loss = TASKS[need_choice("task", task, AXES["task"])]
    x, y = make(512, seed=PARTS[need_choice("part", part, tuple(PARTS))])
    wrong = run.error(x, y) if loss == "cross_entropy" else (run.outputs(x) - y).square().mean((1, 2)).cpu().numpy()
    return np.nan_to_num(wrong, nan=1.0 if loss == "cross_entropy" else np.inf).astype(np.float32)


def measure(report):
    """All cells; `report(done, of)` is called after each look at a task."""
    return sweeps.gather(WHAT, dict.fromkeys(WHAT, AXES), _cells(report))


def _cells(report):
    for number, task in enumerate(TASKS):
        with tempfile.TemporaryDirectory() as folder:
            for done, steps in enumerate(STEPS, 1):  # one training, that stops for each look
                runs = trained(task, CELLS, LRS, steps, checkpoint=Path(folder) / "recurrent")
                for (cell, lr), run in runs.items():
                    where = {"task": task, "cell": cell, "lr": lr, "steps": steps}
                    yield where, {part: error(task, run, part) for part in WHAT}
                report(number * len(STEPS) + done, len(TASKS) * len(STEPS))
