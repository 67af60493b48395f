"""One run is an anecdote: train many seeds at once, and look at all of them.

`fit` stacks the weights of S networks and trains them together, each from its own seed, by torch.func.vmap. Arrays that come
back have the seeds first.
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch.func import functional_call, grad_and_value, stack_module_state, vmap

from skiplab.claims import first_seed
from skiplab.device import device
from skiplab.errors import need_choice, need_number, need_whole

OPTIMISERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}


@dataclass(frozen=True)
class Run:
    """losses (S, steps + 1), before each step and after the last; the trained networks' stacked parameters; one network as a mould."""

    losses: np.ndarray
    params: dict
    mould: torch.nn.Module

    def steps_to(self, loss):
        """The first step at which each seed's loss is below `loss`, or the number of steps if it never is: (S,)."""
        below = self.losses < loss
        return np.where(below.any(1), below.argmax(1), self.losses.shape[1] - 1)

    def outputs(self, x):
        """What every network makes of x: (B, ...) -> (S, B, ...)."""
        with torch.no_grad():
            return vmap(lambda params: functional_call(self.mould, params, (x,)))(self.params)


def fit(make, x, y, seeds=8, steps=200, lr=0.01, optimiser="adam"):
    """Train S networks `make()` on all of (x, y) by mean squared error, and return a `Run`.

    x (B, ...), y (B, ...) tensors; seed s builds its network after torch.manual_seed(first_seed() + s). The networks may hold
    parameters only: no running statistics. Runs on `skiplab.device.device()`.
    """
    need_whole("seeds", seeds, 1, 1024)
    need_whole("steps", steps, 0, 1_000_000)
    need_number("lr", lr, above=0)
    need_choice("optimiser", optimiser, tuple(OPTIMISERS))
    place = device()
    x, y = _tensor("x", x).to(place), _tensor("y", y).to(place)
    params, mould = _networks(make, seeds, place)
    step = vmap(grad_and_value(lambda p: _loss(mould, p, x, y)))
    rule = OPTIMISERS[optimiser](list(params.values()), lr=lr)
    losses = []
    for _ in range(steps):
        gradients, loss = step(params)
        for name, gradient in gradients.items():
            params[name].grad = gradient
        rule.step()
        losses.append(loss.detach())
    losses.append(step(params)[1])
    return Run(torch.stack(losses, 1).detach().cpu().numpy(), {name: p.detach() for name, p in params.items()}, mould)


def normal_inputs(count, width):
    """Standard normal inputs, the same ones each time: (count, width) on `device()`."""
    need_whole("count", count, 1, 1_000_000)
    need_whole("width", width, 1, 100_000)
    return torch.randn(count, width, generator=torch.Generator().manual_seed(first_seed())).to(device())


def _networks(make, seeds, place):
    """Stacked parameters, each (S, ...), and one network without weights that knows how to use them."""
    nets = []
    with torch.random.fork_rng(devices=[]):
        for seed in range(first_seed(), first_seed() + seeds):
            torch.manual_seed(seed)
            nets.append(make().to(place))
    params, buffers = stack_module_state(nets)
    if buffers:
        raise ValueError(f"make: expected networks without buffers, got {', '.join(buffers)}.")
    return params, copy.deepcopy(nets[0]).to("meta")


def _loss(mould, params, x, y):
    out = functional_call(mould, params, (x,))
    if out.shape != y.shape:
        raise ValueError(f"y: expected the shape of the network's output {tuple(out.shape)}, got {tuple(y.shape)}.")
    return ((out - y) ** 2).mean()


def _tensor(name, value):
    if not isinstance(value, torch.Tensor) or not value.is_floating_point():
        raise TypeError(f"{name}: expected a tensor of floating point numbers, got {type(value).__name__}.")
    if not torch.isfinite(value).all():
        raise ValueError(f"{name}: expected finite numbers, got NaN or infinity.")
    return value
