"""One run is an anecdote: train many seeds at once, and look at all of them.

`fit` stacks the weights of S networks and trains them together, each from its own seed and on its own minibatches. Settings whose
networks differ in nothing but their numbers go into the same stack. What comes back has the seeds first.

    task     what is to be trained           loop       the steps
    copies   many networks as one            axis       the quick way for chains of matrices
    budget   time and memory, beforehand     progress   what is seen of a training while it goes on
    runs     what is left of a training
"""

import torch

from skiplab.claims import first_seed
from skiplab.device import device
from skiplab.errors import need_number, need_whole
from skiplab.train import budget
from skiplab.train.budget import TooMuch
from skiplab.train.copies import build, signature, stacked, way_of
from skiplab.train.loop import Training, Watch
from skiplab.train.runs import File, Run
from skiplab.train.task import Task

__all__ = ["Run", "TooMuch", "fit", "normal_inputs"]


def fit(make, x, y, seeds=8, steps=200, lr=0.01, optimiser="adam", *, settings=None, watch=None, checkpoint=None, minutes=10, **how):
    """Train S networks `make()` on (x, y), and return a `Run`; with `settings`, a dict of setting -> `Run`.

    make        () -> network, built after torch.manual_seed(first_seed() + s); or (**setting) -> network
    x, y        tensors (N, ...); y floating point for the loss "mse", labels (N, ...) for "cross_entropy"
    settings    dict of name -> keyword arguments for `make`
    watch       function (step, steps, losses (C, so far)) called about 8 times a second; if it returns True the training stops
    checkpoint  file to which the training is saved, and from which it goes on
    minutes     raise `TooMuch` beforehand if it will take longer; the same if the memory will not do
    how         loss, batch, clip, penalty, test, every, precision: see `skiplab.train.task.Task`

    A cancelled or interrupted training returns what it has. On one machine the same seeds give the same numbers.
    """
    need_number("minutes", minutes, above=0)
    task = Task(make=make, x=x, y=y, seeds=seeds, steps=steps, lr=lr, optimiser=optimiser, place=device(), **how)
    groups = _groups(task, _settings(settings))
    stacks = [_stack(task, *group) for group in groups]
    file = File(checkpoint, task.described(stacks)) if checkpoint is not None else None
    if steps > 20:
        budget.need_time(steps * sum(task.seconds_a_step(copies) for copies in stacks), minutes)
    watch, runs = Watch(watch, steps * len(stacks)), {}
    with watch.listening():
        for part, ((_, group), copies) in enumerate(zip(groups, stacks, strict=True)):
            run = Training(task, copies, file, str(part)).go(watch, part * steps)
            runs |= {name: run.only(slice(k * seeds, (k + 1) * seeds)) for k, name in enumerate(group)}
    return runs[None] if settings is None else {name: runs[name] for name in settings}


def normal_inputs(count, width):
    """Standard normal inputs, the same ones each time: (count, width) on `device()`."""
    need_whole("count", count, 1, 1_000_000)
    need_whole("width", width, 1, 100_000)
    return torch.randn(count, width, generator=torch.Generator().manual_seed(first_seed())).to(device())


def _settings(settings):
    """name -> keyword arguments of `make`; the one setting of a training without settings is called None."""
    if settings is None:
        return {None: {}}
    if not isinstance(settings, dict) or not settings or not all(isinstance(s, dict) for s in settings.values()):
        raise TypeError(f"settings: expected a dict of name -> keyword arguments for make, got {settings!r}.")
    return settings


def _groups(task, settings):
    """The settings that can be trained as one stack: a list of (one network without weights, dict of name -> setting)."""
    groups, needed = {}, 0
    for name, setting in settings.items():
        net, mould = task.first(setting)
        groups.setdefault(signature(net), (mould, {}))[1][name] = setting
        needed += budget.weights(net) * task.seeds
        budget.need_memory(needed, 0, task.place)
    return list(groups.values())


def _stack(task, mould, group):
    """The copies of one group, setting after setting, each with all its seeds."""
    nets = [net for setting in group.values() for net in build(task.make, setting, range(task.seeds))]
    way, kept = way_of(mould, task.x, task.place), budget.activations(mould, *task.example(), task.value)
    at_once = {"loop": 1, "axis": len(nets), "vmap": min(len(nets), budget.at_once(kept, task.place))}[way]
    budget.need_memory(budget.weights(mould) * len(nets), kept * at_once, task.place)
    return stacked(nets, mould, task.place, way, at_once)
