"""How far back a recurrent cell can learn from: what is left of a gradient after each step back in time, and what its gate does.

The derivatives are total: they take every way from one step to the other.
"""

import copy

import numpy as np
import torch
from torch.func import functional_call, stack_module_state, vmap

from skiplab.base.device import exact
from skiplab.base.errors import need_kind, need_number, need_whole
from skiplab.base.rng import normal
from skiplab.base.seeds import first_seed
from skiplab.base.settings import as_taught
from skiplab.base.shapes import need_tensor
from skiplab.nets.recurrent import GRU, Cell
from skiplab.train.ensemble import build


@as_taught()
def draw(make, seeds=8, **setting):
    """The cells make(**setting) of `seeds` seeds, counted from `first_seed()`: a list."""
    if not callable(make):
        raise TypeError(f"make: expected a function that makes a cell, such as recurrent.GRU, got {make!r}.")
    return build(make, setting, range(need_whole("seeds", seeds, 1, 1024)))


@as_taught()
def by_lag(cells, x):
    """log10 of |∂h_T/∂h_t| for the lags T - t = 0 … T - 1 in float64: S cells of one kind, x (B, T, inputs) -> (S, T).

    The size is the root mean square over directions, so that the identity has 1: over B sequences, each with a random direction at
    its end, the same for all cells. For an LSTM h is the cell state c, which its skip carries.
    """
    cells = _alike(cells)
    x = _sequences(x, cells[0]).double().to(exact())
    cells = [copy.deepcopy(cell).double().to(exact()) for cell in cells]
    params, skeleton = stack_module_state(cells)[0], copy.deepcopy(cells[0]).to("meta")
    step = vmap(lambda p, state, x: functional_call(skeleton, p, (x, state)), in_dims=(0, 0, None))
    state, seen = tuple(zero.expand(len(cells), -1, -1) for zero in skeleton.begin(x)), []
    for x_t in x.unbind(1):
        state = step(params, state, x_t)
        seen.append(state[skeleton.carries])
    ends = normal(first_seed() + 4, *seen[-1].shape[1:]).to(x.device)
    found = torch.stack(torch.autograd.grad((seen[-1] * ends).sum(), seen)[::-1], 1)  # (S, T, B, width)
    return (found.square().mean((2, 3)) / ends.square().mean()).log10().div(2).cpu().numpy()


def a_step(logs, start=10):
    """The factor by which a gradient changes in one step back, from lag `start` to the last: log10 (S, T) -> (S,)."""
    if not isinstance(logs, np.ndarray) or logs.ndim < 1 or logs.shape[-1] < 2:
        raise TypeError(f"logs: expected an array (..., T) with T of at least 2, as `by_lag` gives it, got {logs!r}.")
    steps = logs.shape[-1] - 1 - need_whole("start", start, 0, logs.shape[-1] - 2)
    return 10 ** ((logs[..., -1] - logs[..., start]) / steps)


@as_taught()
def noise(count=4, length=60, inputs=4, size=0.5):
    """Normal noise of standard deviation `size`, the same each time: (count, length, inputs)."""
    need_whole("count", count, 1, 100_000)
    need_whole("length", length, 2, 10_000)
    need_whole("inputs", inputs, 1, 10_000)
    need_number("size", size, 0)
    return size * normal(first_seed() + 5, count, length, inputs, dtype=torch.float32)


@as_taught()
def gates(cell, x):
    """The update gate z of a GRU at every step of the sequences: (B, T, inputs) -> (B, T, width)."""
    if not isinstance(cell, GRU):
        raise TypeError(f"cell: expected a recurrent.GRU, got {type(cell).__name__}.")
    x = _sequences(x, cell).to(next(cell.parameters()))
    state, seen = cell.begin(x), []
    with torch.no_grad():
        for x_t in x.unbind(1):
            seen.append(cell.update(cell.read(x_t), state))
            state = cell(x_t, state)
    return torch.stack(seen, 1).cpu().numpy()


def _alike(cells):
    """A list of cells of one kind and size."""
    cells = list(cells) if isinstance(cells, (list, tuple)) else [cells]
    kinds = {(type(cell).__name__, *(tuple(p.shape) for p in need_kind("cells", cell, Cell).parameters())) for cell in cells}
    if len(kinds) != 1:
        raise ValueError(f"cells: expected a list of cells of one kind and size, got {sorted(kinds) or 'an empty one'}.")
    return cells


def _sequences(x, cell):
    inputs = cell.weight_ih.shape[1]
    if need_tensor("x", x, "B, T, inputs").shape[2] != inputs or not x.numel():
        raise ValueError(f"x: expected sequences (B, T, {inputs}) with at least one step, got shape {tuple(x.shape)}.")
    return x
