"""Before anything is trained, one network takes one step's examples: what does not fit is said at once, and its cost is known."""

import math
from dataclasses import dataclass

import torch
from torch import nn

from skiplab.base.rng import generators, seeded
from skiplab.train import budget
from skiplab.train.ensemble import PART, build
from skiplab.train.skeleton import to_meta


@dataclass
class Trial:
    """The first network of a setting, its skeleton, whether a pass draws random numbers, as dropout does, the bytes that a step of
    one network keeps for its backward pass, and the seconds that it took to build one.
    """

    net: nn.Module
    skeleton: nn.Module
    random: bool
    kept: int
    seconds: float


def trial(task, setting, enough=math.inf):
    """The `Trial` of a setting; raises TypeError or ValueError where the network does not fit the data or the loss.

    On the device "meta" a pass takes no memory. Networks and losses that cannot go there, as they look at numbers, make a real one.
    """
    (net,), seconds = budget.timed(lambda: build(task.make, setting, range(1)), enough)
    _need_network(net)
    if task.x.is_floating_point() and task.x.dtype != (kind := next(net.parameters()).dtype):
        raise TypeError(f"x: the network's weights are {kind}, got {task.x.dtype}; use x.to({kind}).")
    budget.need_memory(budget.weights(net) * task.seeds, 0, task.device)
    skeleton = to_meta(net)
    try:
        out, kept = _step(task, skeleton, "meta")
    except (RuntimeError, IndexError, ValueError):
        out, kept = _for_real(task, _step, task, net.to(task.device), task.device)
    if task.classifies:
        _need_labels(task, out.shape[1])
    return Trial(net, skeleton, _draws(task, net.to(task.device)), kept, seconds)


@torch.no_grad()
def _draws(task, net):
    """Whether a pass through the network draws from torch's generators, in training or in use, as dropout does.

    All whole numbers are tried: those that an embedding does not have would be found in another network's.
    """
    with seeded(0):
        before = generators()
        for x in (task.x, *(task.test or ())[:1]):
            parts = x.tensor_split(-(-len(x) // PART))
            for part in parts[:1] if x.is_floating_point() else parts:
                _for_real(task, net.train(), part)
                net.eval()(part)
        return not torch.equal(before, generators())


def _for_real(task, act, *given):
    try:
        return act(*given)
    except (RuntimeError, IndexError, ValueError) as problem:
        if "more than 1 value per channel" in str(problem):
            raise ValueError("batch: the network's batch norm needs more than one example at a time, also of test, got 1.") from None
        if isinstance(problem, ValueError):
            raise
        raise ValueError(f"x: a step with inputs {tuple(task.x.shape)} and y {tuple(task.y.shape)} fails: {problem}") from problem


def _step(task, net, device):
    """(output, bytes kept) of one step on one device."""
    x, y = (value.to(device).clone() for value in task.example())
    version, seen = x._version, {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        seen[storage._cdata] = storage
        return tensor

    with torch.device(device), torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        out = net(x)
        if not isinstance(out, torch.Tensor):
            raise TypeError(f"make: expected a network that gives one tensor, it gives {type(out).__name__}.")
        if x._version != version:
            raise ValueError("make: expected a network that leaves its inputs as they are; the first layer has inplace=True.")
        task.need_fit(out, y)
        _need_slope(task, out, task.objective(dict(net.named_parameters()), out, y))
    return out, sum(storage.nbytes() for storage in seen.values())


def _need_network(net):
    if not isinstance(net, nn.Module) or not any(p.requires_grad for p in net.parameters()):
        raise TypeError(f"make: expected a function that makes a network with parameters to train, it made {type(net).__name__}.")
    if moving := [name for name, m in net.named_modules() if getattr(m, "running_mean", None) is not None]:
        which = f"the running_mean of {', '.join(moving)} would be mixed up between seeds"
        raise ValueError(f"make: {which}; use batch statistics, track_running_stats=False.")


def _need_labels(task, classes):
    for name, y in {"y": task.y, "test y": task.test[1] if task.test else task.y}.items():
        if y.min() < 0 or y.max() >= classes:
            wanted, got = f"labels from 0 to {classes - 1}", f"{y.min()} to {y.max()}"
            raise ValueError(f"{name}: the network tells {classes} classes apart; expected {wanted}, got {got}.")


def _need_slope(task, out, loss):
    """The loss with its penalty is a number, and comes from the parameters."""
    if not isinstance(loss, torch.Tensor) or loss.ndim:
        name = "loss" if task.penalty is None else "loss + penalty"
        shown = f"shape {tuple(loss.shape)}" if isinstance(loss, torch.Tensor) else type(loss).__name__
        raise TypeError(f"{name}: expected a function that gives one number, a tensor without axes, it gave {shown}.")
    if not loss.requires_grad:
        name, of = ("loss", "the output") if out.requires_grad else ("make", "its parameters")
        raise ValueError(f"{name}: expected numbers from which a gradient leads back to {of}; leave out detach() and no_grad().")
