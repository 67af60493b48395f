"""One budget is one budget: recurrent nets on both tasks of notebook 06, after the few steps of the lesson and after many."""

import itertools
from functools import partial

from skiplab import sweeps, train
from skiplab.base.errors import need_choice
from skiplab.base.settings import as_taught
from skiplab.data import sequences
from skiplab.nets import recurrent

CELLS = {
    "RNN": {"cell": "rnn"},
    "RNN, orthogonal": {"cell": "rnn", "init": "orthogonal"},
    "RNN + skip": {"cell": "lag", "gain": 2**0.5},
    "GRU": {"cell": "gru"},
    "LSTM": {"cell": "lstm"},
}
BUDGETS = {"adding": {"few": (300, 0.01), "many": (1500, 0.005)}, "recall": {"few": (100, 0.01), "many": (400, 0.01)}}  # steps, rate
SEEDS, BATCH, CLIP = 8, 16, 1.0
TASKS = {"adding": (sequences.adding, 4096, 2, 1, "mse"), "recall": (sequences.recall, 512, 5, 4, "cross_entropy")}
AXES = {"task": tuple(TASKS), "cell": tuple(CELLS), "budget": ("few", "many"), "seeds": range(SEEDS)}
WHAT = {"error": "adding: mean squared error; recall: share of wrong answers"}
ABOUT = {"cell": CELLS, "budget": BUDGETS, "width": 16, "length": 20, "batch": BATCH, "Adam": "lr as above",
         "clip": CLIP, "first seed": 0}  # fmt: skip


@as_taught()
def cell(task, cell, budget="few", seeds=SEEDS):
    """Train one cell anew: what `error` holds for each of its seeds, (S,), on 512 sequences that were not trained on."""
    for name, value in (("task", task), ("cell", cell), ("budget", budget)):
        need_choice(name, value, AXES[name])
    make, count, inputs, outputs, loss = TASKS[task]
    steps, rate = BUDGETS[task][budget]
    net = partial(recurrent.net, inputs=inputs, outputs=outputs, **CELLS[cell])
    run = train.fit(net, *make(count), seeds, steps, rate, loss=loss, batch=BATCH, clip=CLIP)
    x, y = make(512, seed=1)
    return run.error(x, y) if loss == "cross_entropy" else (run.outputs(x) - y).square().mean((1, 2)).cpu().numpy()


def measure(report):
    """All cells; `report(done, of)` is called after each."""
    return sweeps.gather(WHAT, {"error": AXES}, _cells(report))


def _cells(report):
    places = [*itertools.product(AXES["task"], AXES["cell"], AXES["budget"])]
    for done, place in enumerate(places, 1):
        where = dict(zip(AXES, place, strict=False))
        yield where, {"error": cell(**where)}
        report(done, len(places))
