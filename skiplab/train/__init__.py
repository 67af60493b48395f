"""One run is an anecdote: train many seeds at once, and look at all of them.

`fit` stacks the weights of S networks and trains them together, each from its own seed and on its own minibatches. Settings
whose networks differ in nothing but their numbers go into the same stack. What comes back has the seeds first.

    task       what is to be trained            ensemble    many networks as one
    arguments  whether it can be used at all    skeleton    networks without weights
    dry_run    whether it can be trained        batched     the quick way for chains of matrices
    budget     time and memory, beforehand      progress    what is seen of a training while it goes on
    loop       the steps                        interrupt   what is left of one that is stopped
    runs       what is left of a training       checkpoint  a file from which one goes on
"""

import torch

from skiplab.base.device import device
from skiplab.base.errors import need_number, need_whole
from skiplab.base.imports import load
from skiplab.base.rng import normal
from skiplab.base.seeds import first_seed
from skiplab.base.settings import threads
from skiplab.train import budget
from skiplab.train.budget import TooMuch
from skiplab.train.checkpoint import Checkpoint
from skiplab.train.dry_run import trial
from skiplab.train.ensemble import backend_of, build, stacked
from skiplab.train.interrupt import begun, end, last
from skiplab.train.loop import Training, Watch
from skiplab.train.runs import Rates, Run, Runs
from skiplab.train.skeleton import signature
from skiplab.train.task import Task

__all__ = ["Rates", "Run", "Runs", "TooMuch", "fit", "last", "normal_inputs"]


@threads()
@torch.enable_grad()
def fit(
    make, x, y, seeds=8, steps=200, lr=0.01, optimizer="adam", *, loss="mse", batch=None, clip=None, penalty=None, test=None,
    every=None, precision="float32", settings=None, watch=None, checkpoint=None, minutes=10,
):  # fmt: skip
    """Train S networks `make()` on (x, y), and return a `Run`; with `settings`, `Runs`: a dict of setting -> `Run`.

    With several step sizes every setting is trained at each, from the same weights, and `Rates` come back: `best()`, `window()`.

    make        () -> network, built inside `rng.drawing(first_seed() + s)`; or (**setting) -> network
    x, y        tensors (N, ...); y floating point for the loss "mse", labels (N, ...) for "cross_entropy"
    lr          step size, or a function of the step, counted from 0, for a warm-up or a decay; or several of them
    optimizer   "sgd", "momentum" or "adam"
    loss        "mse", "cross_entropy" or a function (out, y) -> a number
    batch       examples a step, each seed shuffling its own way, the same in every setting; None takes all of them
    clip        the largest norm of each network's gradient; None leaves it as it is
    penalty     function of one network's parameters (a dict) -> a number added to its loss
    test        (x, y) on which nothing is trained; every: steps between looks at both errors, None looks at the end only;
                both for "cross_entropy" alone
    precision   "bfloat16" for mixed precision, worth it on CUDA
    settings    dict of name -> keyword arguments for `make`
    watch       function (`Progress`) called about 8 times a second; if it returns True the training stops
    checkpoint  file to which the training is saved, and from which it goes on
    minutes     raise `TooMuch` beforehand if it will take longer; the same if the memory will not do

    A cancelled training returns what it has; an interrupted one raises KeyboardInterrupt, and `last()` returns what it had until
    another one begins.
    On one machine the same seeds give the same numbers. The device is chosen by SKIPLAB_DEVICE.
    """
    need_number("minutes", minutes, above=0)
    with begun():
        load("torch._dynamo")
        task = Task(make, x, y, seeds, steps, lr, optimizer, loss, batch, clip, penalty, test, every, precision, device())
        groups = _groups(task, {None: {}} if settings is None else settings, minutes)
        stacks = [_stack(task, *group) for group in groups]
        watch = Watch(watch, steps * len(stacks), len(stacks))
        saved = Checkpoint(checkpoint, task.described(stacks)) if checkpoint is not None else None
        trainings = [Training(task, ensemble, saved, str(part)) for part, ensemble in enumerate(stacks)]
        _need_time(task, trainings, minutes)
    runs = {}
    with watch.listening():
        for part, ((_, group), training) in enumerate(zip(groups, trainings, strict=True)):
            run = training.go(watch, part * steps)
            names = [(name, rate) for rate in task.lrs for name in group]
            runs |= {name: run.only(slice(k * seeds, (k + 1) * seeds)) for k, name in enumerate(names)}
    trained = _sorted(runs, settings, task.lrs)
    end(watch.reason, trained, steps)
    return trained


def _sorted(runs, settings, lrs):
    """(setting, lr) -> `Run` as `fit` returns it: in the order of the settings, and without a name where there is but one thing."""
    names = [None] if settings is None else [*settings]
    if len(lrs) == 1:
        return runs[None, lrs[0]] if settings is None else Runs({name: runs[name, lrs[0]] for name in names})
    return Rates({(rate if name is None else (name, rate)): runs[name, rate] for name in names for rate in lrs})


def normal_inputs(count, width):
    """Standard normal inputs, the same ones each time: (count, width) on `device()`."""
    need_whole("count", count, 1, 100_000)
    need_whole("width", width, 1, 4096)
    return normal(first_seed(), count, width, dtype=torch.float32).to(device())


def _groups(task, settings, minutes):
    """The settings that can be trained as one stack: a list of (`Trial`, dict of name -> setting)."""
    if not isinstance(settings, dict) or not settings or not all(isinstance(each, dict) for each in settings.values()):
        raise TypeError(f"settings: expected a dict of name -> keyword arguments for make, got {settings!r}.")
    groups, building = {}, 0.0
    for name, setting in settings.items():
        tried = trial(task, setting, 60 * minutes / task.seeds / len(settings))
        building += tried.seconds * task.seeds
        groups.setdefault(signature(tried.net), (tried, {}))[1][name] = setting
    copies = task.seeds * len(task.lrs)
    budget.need_time(building, minutes)
    networks = sum(budget.weights(tried.skeleton) * len(group) * copies for tried, group in groups.values())
    budget.need_memory(networks, 0, task.device, task.noted(copies * len(settings)))
    return list(groups.values())


def _stack(task, tried, group):
    """The copies of one group, rate after rate, in each setting after setting, each with all its seeds."""
    nets = [net for setting in group.values() for net in build(task.make, setting, range(task.seeds))]
    count, backend = len(nets) * len(task.lrs), backend_of(tried.skeleton, task.x, task.device)
    chunk = min(count, budget.at_once(tried.kept, task.device))
    at_once = {"loop": 1, "batched": count, "vmap": chunk}[backend]
    weights = budget.weights(tried.skeleton) * count
    budget.need_memory(weights, tried.kept * at_once, task.device, task.noted(count))
    ensemble = stacked(nets, tried.skeleton, task.device, backend, at_once, tried.random).repeated(len(task.lrs))
    if backend != "loop":
        try:
            x, y = task.example()
            task.gradients(one := ensemble.only(slice(1)), x[None], y[None])
            one.outputs(x)
        except RuntimeError:  # torch.func cannot do it; what cannot be done at all will be said by the loop
            ensemble.backend = "loop"
    return ensemble


def _need_time(task, trainings, minutes):
    """Raise `TooMuch` for a training that takes longer, reckoned from a step of each stack; a few steps are not worth the look."""
    left = [task.steps - training.step for training in trainings]
    if max(left) > 20:
        seconds = [task.seconds_a_step(training.ensemble, 60 * minutes / sum(left)) for training in trainings]
        budget.need_time(sum(steps * each for steps, each in zip(left, seconds, strict=True)), minutes)
