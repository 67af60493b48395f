"""How attention learns where to look: its map after every few steps of training, and what is achieved with it and without it."""

import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import torch

from skiplab import sweeps, train
from skiplab.base.errors import need_choice
from skiplab.base.settings import as_taught
from skiplab.data import sequences
from skiplab.nets.transformer import EncoderDecoder

LENGTH, SYMBOLS, SEEDS, COUNT, BATCH, LR, CLIP, TESTS = 8, 8, 8, 4096, 24, 0.01, 1.0, 256
TASKS = {  # which symbol is to be written at each place
    "reverse": tuple(range(LENGTH))[::-1],
    "copy": tuple(range(LENGTH)),
    "swap halves": (*range(LENGTH // 2, LENGTH), *range(LENGTH // 2)),
}
_RUNS, _PLACES = {"steps": range(0, 101, 5), "seeds": range(SEEDS)}, range(1, LENGTH + 1)
AXES = {
    "looks": {"task": tuple(TASKS), **_RUNS, "written": _PLACES, "read": _PLACES},
    "right": {"task": tuple(TASKS), "model": ("context", "attention"), **_RUNS},
}
WHAT = {
    "looks": "weight that a written place gives to a read one, the mean over 256 sequences",
    "right": "share of the symbols of 256 sequences that are right",
}
ABOUT = {"task": f"{COUNT} sequences of {LENGTH} out of {SYMBOLS} symbols", "width": 24, "batch": BATCH,
         "Adam lr": LR, "clip": CLIP, "seeds": SEEDS, "first seed": 0}  # fmt: skip


@as_taught()
def cell(task, model, steps, **how):
    """Train the eight networks on one task for so many steps: a `Run`. `how` goes to `train.fit`, such as checkpoint."""
    x, _ = sequences.reversal(COUNT, LENGTH, SYMBOLS)
    attention = need_choice("model", model, AXES["right"]["model"]) == "attention"
    make, order = partial(EncoderDecoder, SYMBOLS, LENGTH, attention=attention), TASKS[need_choice("task", task, tuple(TASKS))]
    return train.fit(make, x, x[:, order], SEEDS, steps, LR, loss="cross_entropy", batch=BATCH, clip=CLIP, **how)


def looked_at(run, task):
    """Of a run on symbols that it has not seen: right (seeds,), and with attention looks (seeds, T, T), float16."""
    x, _ = sequences.reversal(TESTS, LENGTH, SYMBOLS, seed=1)
    nets, measured = [run.net(seed) for seed in range(SEEDS)], {"right": 1 - run.error(x, x[:, TASKS[task]])}
    if nets[0].look is not None:
        with torch.no_grad():
            measured["looks"] = np.stack([net.attention(x).mean(0).numpy() for net in nets])
    return {name: array.astype(np.float16) for name, array in measured.items()}


def measure(report):
    """All maps and shares; `report(done, of)` is called after each training, which goes on from step to step."""
    return sweeps.gather(WHAT, AXES, _cells(report))


def _cells(report):
    trainings = [(task, model) for task in TASKS for model in AXES["right"]["model"]]
    for done, (task, model) in enumerate(trainings, 1):
        with tempfile.TemporaryDirectory() as folder:
            for steps in AXES["right"]["steps"]:
                run = cell(task, model, steps, checkpoint=Path(folder) / "run")
                yield {"task": task, "model": model, "steps": steps}, looked_at(run, task)
        report(done, len(trainings))
