"""Eight GRUs that have learned the adding problem: their weights, so that one can look at their gates without training them first.

Grids: the parameters of `recurrent.net("gru", 2, 1)` under their names, (training, seeds, rows, columns), where
training is "before" or "after".
"""

from functools import partial

import torch

from skiplab import sweeps, train
from skiplab.base.errors import need_flag
from skiplab.base.grid import Grid
from skiplab.base.settings import as_taught
from skiplab.data import sequences
from skiplab.nets import recurrent

SEEDS, STEPS, COUNT, LENGTH, BATCH, LR, CLIP = 8, 300, 4096, 20, 16, 0.01, 1.0
ABOUT = {"task": f"adding, {COUNT} sequences of {LENGTH}", "width": 16, "steps": STEPS, "batch": BATCH,
         "Adam lr": LR, "clip": CLIP, "seeds": SEEDS, "first seed": 0}  # fmt: skip
make = partial(recurrent.net, "gru", 2, 1)


@as_taught()
def cell(steps=STEPS, **how):
    """Train all eight: a `Run`. `how` goes to `train.fit`, such as watch."""
    x, y = sequences.adding(COUNT, LENGTH)
    return train.fit(make, x, y, SEEDS, steps, LR, batch=BATCH, clip=CLIP, **how)


def measure(report):
    """The weights of all eight; `report(done, of)` is called after each half."""
    runs = []
    for steps in (0, STEPS):
        runs.append(cell(steps))
        report(len(runs), 2)
    weights = {name: torch.stack([run.params[name] for run in runs]).cpu().numpy() for name in runs[0].params}
    return {name: _grid(name, array) for name, array in weights.items()}


@as_taught()
def nets(trained=True):
    """The eight networks, as they are after the training or were before it."""
    where, made = {"training": "after" if need_flag("trained", trained) else "before"}, [make() for _ in range(SEEDS)]
    for seed, net in enumerate(made):
        weights = {name: grid.at(**where, seeds=seed) for name, grid in sweeps.load("adding").items()}
        net.load_state_dict({name: torch.tensor(grid.array) for name, grid in weights.items()})
    return made


def _grid(name, array):
    """(2, seeds, rows) or (2, seeds, rows, columns) as a Grid."""
    sides = {side: range(n) for side, n in zip(("rows", "columns"), array.shape[2:], strict=False)}
    return Grid(array, f"the parameter {name}", training=("before", "after"), seeds=range(SEEDS), **sides)
