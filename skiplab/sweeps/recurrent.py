"""One budget is one budget: recurrent nets on both tasks of notebook 06, after the few steps of the lesson and after many.

Array of the sweep: `wrong` (task, cell, budget, seeds): the mean squared error of adding, the share of wrong answers of recall, each on
512 sequences that were not trained on.
"""

import numpy as np

from skiplab import sweeps, train
from skiplab.base.errors import need_choice
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
SETTINGS = {"axes": {"task": list(BUDGETS), "cell": CELLS, "budget": BUDGETS, "seeds": SEEDS},
            "training": {"width": 16, "length": 20, "batch": BATCH, "Adam": "lr as above", "clip": CLIP, "first seed": 0}}  # fmt: skip


def cell(task, name, budget="few", seeds=SEEDS):
    """Train one cell anew: what `wrong` holds for each of its seeds, (S,)."""
    make, count, inputs, outputs, loss = TASKS[task]
    steps, rate = BUDGETS[task][budget]
    run = train.fit(lambda: recurrent.net(inputs=inputs, outputs=outputs, **CELLS[name]), *make(count), seeds, steps, rate,
                    loss=loss, batch=BATCH, clip=CLIP)  # fmt: skip
    x, y = make(512, seed=1)
    return run.error(x, y) if loss == "cross_entropy" else (run.outputs(x) - y).square().mean((1, 2)).cpu().numpy()


def stored(task, name, budget="many"):
    """The shipped numbers of one cell, one for each seed: (S,)."""
    places = (list(BUDGETS).index(need_choice("task", task, tuple(BUDGETS))), list(CELLS).index(need_choice("name", name, tuple(CELLS))))
    return sweeps.load("recurrent")["wrong"][(*places, ("few", "many").index(need_choice("budget", budget, ("few", "many"))))].astype(float)


def measure(report):
    """All cells; `report(done, of)` is called after each."""
    wrong, done = np.zeros((len(BUDGETS), len(CELLS), 2, SEEDS), np.float32), 0
    for t, task in enumerate(BUDGETS):
        for c, name in enumerate(CELLS):
            wrong[t, c] = [cell(task, name, budget) for budget in BUDGETS[task]]
            report(done := done + 1, len(BUDGETS) * len(CELLS))
    return {"wrong": wrong}
