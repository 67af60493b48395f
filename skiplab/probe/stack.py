"""Look inside a deep stack: activations and gradients at each depth, with each cause as a setting of its own.

A stack is a list of `Skip`s. Its layers carry S seeds at once on their first axis (copies axis), and nets of N depths on the
second: h is (S, N, B, width), S seeds, N nets, B examples. Every net of one seed has the same weights: only its depth and its merge differ.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from skiplab.base.device import exact
from skiplab.base.errors import need_choice, need_kind, need_number, need_whole, need_wholes
from skiplab.base.merges import MERGES
from skiplab.base.rng import normal
from skiplab.base.seeds import first_seed
from skiplab.base.settings import as_taught
from skiplab.skip import Add, Concat, Gate, Skip, merge_of

ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "linear": lambda z: z}
INITS = ("default", "he", "orthogonal", "haar")
NORMS = ("none", "layer", "batch")
GAMMAS = {"1": lambda depth: 1.0, "1/√L": lambda depth: depth**-0.5, "1/L": lambda depth: 1 / depth, "0": lambda depth: 0.0}
BLOCKS_AT_ONCE = 250  # in one pass, to bound the memory
GROWTH = 4  # channels that one concat block adds


@dataclass(frozen=True)
class Config:
    """What a stack is made of; the causes that are often mixed up are apart.

    init "default" is torch's (uniform, gain 1/√3), "he" √(2/width) (He and others 2015), "orthogonal" a random rotation, "haar" `rho`
    times one. norm acts after the matrix. gamma is γ before the branch, which may depend on the depth L.
    """

    merge: str = "add"
    lam: float = 1.0
    activation: str = "relu"
    init: str = "default"
    rho: float = 0.1
    norm: str = "none"
    gamma: str = "1"

    def __post_init__(self):
        need_choice("merge", self.merge, tuple(MERGES))
        need_number("lam", self.lam, 0, 10)
        need_choice("activation", self.activation, tuple(ACTIVATIONS))
        need_choice("init", self.init, INITS)
        need_number("rho", self.rho, 0, 10)
        need_choice("norm", self.norm, NORMS)
        need_choice("gamma", self.gamma, tuple(GAMMAS))


@dataclass(frozen=True)
class Sizes:
    """log10 of norms at each depth, NaN beyond a net's end: gradient and activation (S, N, 1 + max depth); depths (N,)."""

    depths: np.ndarray
    gradient: np.ndarray  # relative to the gradient at the output
    activation: np.ndarray  # relative to the input


class Branch(nn.Module):
    """F(h) = activation(norm(W h)) for S seeds at once: (S, N, B, width) -> (S, N, B, out)."""

    def __init__(self, weight, setting):
        super().__init__()
        self.weight, self.setting = nn.Parameter(weight, requires_grad=False), setting  # (S, out, width)
        self.frozen = False  # whether a norm's statistics count as constants in gradients

    def forward(self, h):
        z = torch.bmm(h.flatten(1, 2), self.weight.mT).unflatten(1, h.shape[1:3])
        if self.setting.norm != "none":
            axis = -1 if self.setting.norm == "layer" else -2
            mean, spread = z.mean(axis, keepdim=True), (z.var(axis, keepdim=True, unbiased=False) + 1e-5).sqrt()
            z = (z - mean.detach()) / spread.detach() if self.frozen else (z - mean) / spread
        return ACTIVATIONS[self.setting.activation](z)


@as_taught()
def sizes(setting, depths, seeds=8, width=64, batch=8):
    """`Sizes` of gradients and activations for nets of all `depths` at once, in float64.

    The gradient is that of a random linear head on the output. Raises for depths that are not whole numbers from 1 to 1000.
    """
    depths = np.array(need_wholes("depths", depths, 1, 1000))
    x = inputs(seeds, width, batch).unsqueeze(1)  # (S, 1, B, width)
    parts = np.split(depths, 1 + np.flatnonzero(np.diff((depths.cumsum() - 1) // BLOCKS_AT_ONCE)))
    found = []
    for part in parts:
        pad = (0, 0), (0, 0), (0, depths[-1] - part[-1])
        found.append([np.pad(logs, pad, constant_values=np.nan) for logs in _sizes(setting, part, x)])
    return Sizes(depths, *(np.concatenate(logs, 1) for logs in zip(*found, strict=True)))


def _sizes(setting, depths, x):
    """Gradient and activation of the nets of `depths`, each (S, N, 1 + max depth)."""
    seeds, _, _, width = x.shape
    states = [x.expand(-1, len(depths), -1, -1).requires_grad_()]  # states[l] belongs to the nets of depth l and more
    for block in stack(setting, depths, seeds, width):
        alive = int((depths >= len(states)).sum())
        states.append(block(states[-1][:, -alive:]))
    ends = [states[depth][:, 0] for depth in depths]  # (S, B, width)
    gradients = torch.autograd.grad(sum((end * _heads(end)).sum() for end in ends), states)
    return _relative(gradients, depths, last=True), _relative(states, depths, last=False)


@as_taught()
def branch_norms(setting, depth, seeds=8, width=64):
    """||J_l||, each branch's largest singular value at one input a seed: (S, depth); NaN with batch norm, which mixes inputs."""
    blocks = stack(setting, np.array([need_whole("depth", depth, 1, 1000)]), seeds, width)
    if setting.norm == "batch":
        return np.full((seeds, depth), np.nan)
    need_choice("setting.merge", setting.merge, ("none", "add", "gate"))
    h, norms = inputs(seeds, width, 1).unsqueeze(1), []  # (S, 1, 1, width)
    for block in blocks:
        norms.append(torch.linalg.matrix_norm(_jacobian(block.branch, h), 2))  # (S,)
        h = block(h)
    return torch.stack(norms, 1).cpu().numpy()


@as_taught()
def singular_values(setting, depth, seeds=8, width=64):
    """Singular values of the whole stack's Jacobian at one input a seed, largest first: (S, width)."""
    need_choice("setting.norm", need_kind("setting", setting, Config).norm, ("none", "layer"))
    blocks = stack(setting, np.array([need_whole("depth", depth, 1, 1000)]), seeds, width)
    return torch.linalg.svdvals(_jacobian(nn.Sequential(*blocks), inputs(seeds, width, 1).unsqueeze(1))).cpu().numpy()


def drop_a_block(setting, depth, seeds=8, width=64, batch=16):
    """By how much the output changes when one block is left out, relative to its norm: (S, depth) (Veit and others 2016)."""
    need_choice("setting.merge", need_kind("setting", setting, Config).merge, ("none", "add", "gate"))
    blocks = stack(setting, np.array([need_whole("depth", depth, 2, 1000)]), seeds, width)
    x, changes = inputs(seeds, width, batch).unsqueeze(1), []
    with torch.no_grad():
        whole = nn.Sequential(*blocks)(x)
        for i in range(depth):
            without = nn.Sequential(*blocks[:i], *blocks[i + 1 :])(x)
            changes.append((without - whole).flatten(1).norm(dim=-1) / whole.flatten(1).norm(dim=-1))
    return torch.stack(changes, 1).cpu().numpy()


@as_taught()
def shattering(setting, depth, lag=5, seeds=8, width=64, points=256):
    """How alike the gradients at nearby inputs are: their autocorrelation at `lag` of `points` along a line, (S,).

    1 for a straight function, 0 for white noise: shattered (Balduzzi and others 2017). Batch statistics count as constants.
    """
    need_whole("lag", lag, 1, need_whole("points", points, 3, 100_000) - 2)
    blocks = stack(setting, np.array([need_whole("depth", depth, 1, 1000)]), seeds, width)
    for block in blocks:
        block.branch.frozen = True
    start, along = inputs(seeds, width, 2).unbind(1)  # each (S, width)
    steps = torch.linspace(-2, 2, points, dtype=start.dtype, device=start.device)
    x = (start[:, None] + steps[:, None] * along[:, None] / along.norm(dim=-1)[:, None, None]).unsqueeze(1)  # (S, 1, points, width)
    states = [x]
    with torch.no_grad():
        for block in blocks:
            states.append(block(states[-1]))
    end = states.pop()
    slope = _heads(end)[:, None].expand_as(end)
    for block, state in zip(reversed(blocks), reversed(states), strict=True):  # one block's graph at a time, to bound the memory
        (slope,) = torch.autograd.grad((block(state.requires_grad_()) * slope).sum(), state)
    g = (slope[:, 0] * along[:, None]).sum(-1)  # the derivative along the line, (S, points)
    return ((g[:, lag:] * g[:, :-lag]).mean(1) / g.square().mean(1)).cpu().numpy()


def _jacobian(function, h):
    """Of a function of (S, 1, 1, width) that keeps seeds and examples apart: (S, out, width)."""
    out = function(h).shape[-1]
    ensemble = h.detach().expand(-1, -1, out, -1).clone().requires_grad_()  # one copy for each row
    (rows,) = torch.autograd.grad(function(ensemble).diagonal(dim1=-2, dim2=-1).sum(), ensemble)
    return rows[:, 0]


def stack(setting, depths, seeds=8, width=64):
    """The blocks for nets of these depths, a list of max(depths) `Skip`s on (S, N, B, width); block l holds the nets deeper than l."""
    need_kind("setting", setting, Config)
    _check_sizes(seeds, width)
    depths, blocks = np.array(need_wholes("depths", depths, 1, 1000)), []
    for block in range(depths[-1]):
        joined = MERGES[setting.merge].joined
        wide = width + GROWTH * block if joined else width
        weight = _weight(setting.init, block, seeds, GROWTH if joined else width, wide, first_seed())
        gate = _weight("default", block, seeds, width, width, first_seed(), stream=1) if setting.merge == "gate" else None
        branch = Branch(weight * setting.rho if setting.init == "haar" else weight, setting)
        blocks.append(Skip(branch, _merge(setting, depths[depths > block], gate)))
    return blocks


def inputs(seeds=8, width=64, batch=16):
    """Standard normal inputs, other ones for each seed: (S, B, width) in float64."""
    _check_sizes(seeds, width)
    need_whole("batch", batch, 1, 100_000)
    return normal(first_seed() + 1, seeds, batch, width).to(exact())


def _heads(state):
    """A random linear head for each seed, on a state's last axis: (S, 1, width)."""
    return normal(first_seed() + 3, len(state), 1, state.shape[-1]).to(state)


def _merge(setting, depths, gate):
    """The merge of one block, for the nets of `depths` that pass it; `gate` is the gate's weight (S, width, width)."""
    if setting.merge == "add":
        if setting.gamma == "1":
            return Add(setting.lam)
        gamma = torch.tensor([GAMMAS[setting.gamma](int(d)) for d in depths], dtype=torch.float64, device=exact())
        return Add(setting.lam, gamma[:, None, None])
    if setting.merge == "gate":
        return Gate(lambda h, *_: torch.sigmoid(torch.bmm(h.flatten(1, 2), gate.mT).unflatten(1, h.shape[1:3]) - 2))
    return Concat(dim=-1) if setting.merge == "concat" else merge_of(setting.merge, None)


@functools.lru_cache(maxsize=256)
def _weight(init, block, seeds, out, wide, first, stream=0):
    """The matrix of one block, (S, out, wide) in float64: the same for every merge that keeps the width."""
    return _draw(init, normal((2 * first + stream) * 10_000 + block, seeds, out, wide)).to(exact())


def _draw(init, normal):
    """A matrix of the given init from a standard normal one: (S, out, in)."""
    wide = normal.shape[-1]
    if init == "default":
        return torch.special.ndtr(normal).mul(2).sub(1) / math.sqrt(wide)  # uniform, as torch.nn.Linear draws it
    if init == "he":
        return normal * math.sqrt(2 / wide)
    q, r = torch.linalg.qr(normal.mT)
    return (q * r.diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2)).mT  # without the signs it is not uniform (Mezzadri 2007)


def _relative(states, depths, last):
    """log10 of each state's norm over that of the net's first or last state: (S, N, 1 + max depth), NaN where there is no state."""
    logs = np.full((states[0].shape[0], len(depths), len(states)), np.nan)
    for block, state in enumerate(states):
        alive = state.shape[1]
        logs[:, len(depths) - alive :, block] = state.detach().flatten(2).norm(dim=-1).log10().cpu().numpy()
    base = np.take_along_axis(logs, depths[None, :, None], -1) if last else logs[..., :1]
    return logs - base


def _check_sizes(seeds, width):
    need_whole("seeds", seeds, 1, 1024)
    need_whole("width", width, 1, 4096)
