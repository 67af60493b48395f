"""How attention learns where to look: its map after every few steps of training, and what is achieved with it and without it.

Arrays, for each task of TASKS, each number of steps of STEPS and each seed: looks (tasks, steps, seeds, T, T), the mean map of
attention, rows the written symbols; right (tasks, 2, steps, seeds), the share of right symbols without and with attention.
"""

import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import torch

from skiplab import sweeps, train
from skiplab.data import sequences
from skiplab.nets.transformer import EncoderDecoder

LENGTH, SYMBOLS, SEEDS, COUNT, BATCH, LR, CLIP, TESTS = 8, 8, 8, 4096, 24, 0.01, 1.0, 256
STEPS = tuple(range(0, 101, 5))
TASKS = {  # which symbol is to be written at each place
    "reverse": tuple(range(LENGTH))[::-1],
    "copy": tuple(range(LENGTH)),
    "swap halves": (*range(LENGTH // 2, LENGTH), *range(LENGTH // 2)),
}
SETTINGS = {"task": f"{COUNT} sequences of {LENGTH} out of {SYMBOLS} symbols", "width": 24, "batch": BATCH, "Adam lr": LR, "clip": CLIP,
            "seeds": SEEDS, "first seed": 0}  # fmt: skip


def cell(task, attention, steps, **how):
    """Train the eight networks on one task for so many steps: a `Run`. `how` goes to `train.fit`, such as checkpoint."""
    x, _ = sequences.reversal(COUNT, LENGTH, SYMBOLS)
    make = partial(EncoderDecoder, SYMBOLS, LENGTH, attention=attention)
    return train.fit(make, x, x[:, TASKS[task]], SEEDS, steps, LR, loss="cross_entropy", batch=BATCH, clip=CLIP, **how)


def looked_at(run, task):
    """(maps (seeds, T, T) or None, share right (seeds,)) of a run on symbols that it has not seen."""
    x, _ = sequences.reversal(TESTS, LENGTH, SYMBOLS, seed=1)
    nets = [run.net(seed) for seed in range(SEEDS)]
    with torch.no_grad():
        maps = np.stack([net.attention(x).mean(0).numpy() for net in nets]) if nets[0].look is not None else None
    return maps, 1 - run.error(x, x[:, TASKS[task]])


def measure(report):
    """All maps and shares; each training goes on from where the last one stopped."""
    looks = np.zeros((len(TASKS), len(STEPS), SEEDS, LENGTH, LENGTH), np.float16)
    right, done = np.zeros((len(TASKS), 2, len(STEPS), SEEDS), np.float16), 0
    for t, task in enumerate(TASKS):
        for attention in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                for s, steps in enumerate(STEPS):
                    run = cell(task, attention, steps, checkpoint=Path(folder) / "run")
                    maps, right[t, int(attention), s] = looked_at(run, task)
                    if attention:
                        looks[t, s] = maps
            done += 1
            report(done, 2 * len(TASKS))
    return {"looks": looks, "right": right}


def load():
    """The stored arrays."""
    return sweeps.load("attention")
