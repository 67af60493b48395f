"""Look at the tokens on their way through a Transformer: how large they are, how far apart, and which of their frequencies survive.

A probe's network has S seeds, each a stack of blocks of its own, in float64: tokens that grow alike reach float32's round-off in
three blocks. Legend: T tokens, d the width, X (T, d) the tokens after a block, x̄ their mean, P strengths λ, L the depth.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from skiplab.base.device import exact
from skiplab.base.errors import need_choice, need_kind, need_number, need_whole, need_wholes
from skiplab.base.imports import load
from skiplab.base.rng import normal
from skiplab.base.seeds import first_seed
from skiplab.base.settings import as_taught
from skiplab.base.shapes import need_tensor
from skiplab.nets.transformer import NORMS, Attention, EncoderDecoder, block
from skiplab.skip import Add
from skiplab.train.ensemble import build

INITS = ("default", "xavier")
BRANCHES = ("both", "attention")
LOWEST = -30.0  # log10 of what counts as nothing


@dataclass(frozen=True)
class Config:
    """What a stack is made of: `norm` "pre", "post" or "none"; λ the strength of its skips, a number, or a tuple of several at once.

    init "default" is torch's for nn.Linear, of gain 1/√3; "xavier" has gain 1 and no biases. branches "attention" leaves out the MLPs.
    """

    norm: str = "pre"
    lam: float | tuple = 1.0
    init: str = "default"
    branches: str = "both"

    def __post_init__(self):
        need_choice("norm", self.norm, NORMS)
        if not self.strengths:
            raise ValueError("lam: expected a number or a tuple of at least one, got ().")
        for lam in self.strengths:
            need_number("lam", lam, 0, 10)
        need_choice("init", self.init, INITS)
        need_choice("branches", self.branches, BRANCHES)

    @property
    def strengths(self):
        """Every λ, a tuple of P numbers."""
        return self.lam if isinstance(self.lam, tuple) else (self.lam,)


@dataclass(frozen=True)
class Stream:
    """What happens to the tokens: norm, residual (S, P, L + 1), block 0 being the input; value, query (S, P, N, L).

    norm and residual are powers of ten: of the tokens' size relative to the input's, and of ‖X − 1 x̄ᵀ‖ / ‖X‖ (Dong and others 2021).
    flat (S, P, L + 1, T, 2) is the first two numbers of each token, a plane in which they can be seen. value and query are powers of ten
    of the gradients of a random linear head on a stack of each of N depths, with respect to each block's W_V and W_Q, relative to the
    last block's W_V; NaN beyond a stack's end.
    """

    norm: np.ndarray
    residual: np.ndarray
    flat: np.ndarray
    value: np.ndarray
    query: np.ndarray


@as_taught()
def stream(setting, depths, seeds=8, width=32, tokens=16):
    """The `Stream` of stacks of all `depths`; those of one seed share their weights, whatever the setting."""
    depths, found = need_wholes("depths", depths, 1, 1000), []
    load("torch.fx.experimental.symbolic_shapes")
    for blocks, x in stacks(setting, depths[-1], seeds, width, tokens):
        states = [x.expand(len(setting.strengths), -1, -1)]  # (P, T, d) each
        with torch.no_grad():
            for each in blocks:
                states.append(each(states[-1]))
        sizes, away = (torch.stack([of(x) for x in states], -1) for of in (size, residual))
        flat = torch.stack([state[..., :2] for state in states], 1)
        found.append([_log(sizes / sizes[:, :1]), _log(away), flat, *_gradients(blocks, states, depths)])
    return Stream(*(torch.stack(rows).cpu().numpy() for rows in zip(*found, strict=True)))


def size(x):
    """Root mean square of the entries: (..., T, d) -> (...)."""
    return _tokens(x).square().mean((-2, -1)).sqrt()


def residual(x):
    """How far the tokens are from being all the same, ‖X − 1 x̄ᵀ‖ / ‖X‖, 0 for rank one: (..., T, d) -> (...)."""
    return (_tokens(x) - x.mean(-2, keepdim=True)).norm(dim=(-2, -1)) / x.norm(dim=(-2, -1))


def gain(before, after):
    """How large each token frequency is behind a path, relative to before it: (B, ..., T, d) twice -> (..., T // 2 + 1), mean first.

    The root of a ratio of powers. Attention is no filter that acts on each frequency alone, so for it this is no transfer function.
    """
    if _tokens(before, "before").shape != _tokens(after, "after").shape:
        raise ValueError(f"after: expected the shape {tuple(before.shape)} of before, got {tuple(after.shape)}.")
    power = [torch.fft.rfft(x, dim=-2).abs().square().sum((0, -1)) for x in (before, after)]
    return (power[1] / power[0]).sqrt()


@as_taught()
def filters(blocks, x):
    """The `gain` of each block's first half on the tokens that come to it: x (B, ..., T, d) -> dict of (L, ..., T // 2 + 1).

    "skip" what the shortcut hands on, "attention" what the branch adds, "sum" both together. The biases of values and output are left
    out: they add the same to every token, and so to the mean alone, whatever comes in.
    """
    several = isinstance(blocks, (list, tuple, nn.Sequential)) and len(blocks)
    if not several or not all(isinstance(each, nn.Sequential) for each in blocks):
        raise TypeError(f"blocks: expected a list of blocks of norm 'pre' or 'none', got {blocks!r}.")
    if _tokens(x).shape[-1] != (width := next(blocks[0].parameters()).shape[-1]):
        raise ValueError(f"x: expected tokens of width {width}, as the blocks take them, got shape {tuple(x.shape)}.")
    found = {"skip": [], "attention": [], "sum": []}
    with torch.no_grad():
        for each in blocks:
            merge, branch = each[0].merge, each[0].branch
            attention = [m for m in branch.modules() if isinstance(m, Attention)][-1]
            added = branch(x) - attention.out(attention.value.bias)
            for name, y in (("skip", merge(x, 0 * added)), ("attention", added), ("sum", merge(x, added))):
                found[name].append(gain(x, y))
            x = each(x)
    return {name: torch.stack(rows).cpu().numpy() for name, rows in found.items()}


@as_taught()
def by_distance(net, symbols):
    """The gradient that a written place sends to the symbol it has to repeat, for the reversal, by recurrent steps 1, 3 … 2T - 1: (T,).

    net is an `EncoderDecoder`, symbols (B, T); the root mean square over examples, of a random linear head on the logits.
    """
    many, (wanted, _) = need_kind("net", net, EncoderDecoder).embed.num_embeddings, net.place.shape
    length = need_tensor("symbols", symbols, "B, T").shape[1]
    if length != wanted or symbols.dtype != torch.int64 or not 0 <= symbols.min() <= symbols.max() < many:
        raise ValueError(f"symbols: expected whole numbers from 0 to {many - 1}, {wanted} a row, got {symbols!r}.")
    places = torch.arange(length, device=symbols.device).repeat_interleave(len(symbols))  # one copy of the batch a place
    x = net.stream(symbols).detach().repeat(length, 1, 1).requires_grad_()  # (T B, T, d)
    logits = net.answer(x)[torch.arange(len(x)), :, places]  # (T B, symbols)
    head = normal(first_seed(), logits.shape[1], dtype=torch.float32).to(logits)
    (slope,) = torch.autograd.grad((logits @ head).sum(), x)
    aligned = slope[torch.arange(len(x)), length - 1 - places]  # (T B, d)
    return aligned.square().view(length, -1).mean(1).sqrt().cpu().numpy()


def stacks(setting, depth, seeds=8, width=32, tokens=16):
    """For each seed its blocks, (..., P, T, d) -> (..., P, T, d), and standard normal tokens (T, d)."""
    need_kind("setting", setting, Config)
    need_whole("depth", depth, 1, 1000)
    need_whole("seeds", seeds, 1, 1024)
    need_whole("tokens", tokens, 2, 4096)
    for seed in range(seeds):
        yield _stack(setting, depth, width, seed), normal(2**32 + first_seed() + seed, tokens, width).to(exact())


@as_taught()
def _stack(setting, depth, width, seed):
    """The blocks of one seed."""
    strength = torch.tensor(setting.strengths, dtype=torch.float64, device=exact()).view(-1, 1, 1)
    (blocks,) = build(lambda: nn.ModuleList([block(width, 2, setting.norm, Add(strength)) for _ in range(depth)]), {}, [seed])
    blocks.double().to(exact())
    for each in blocks if setting.init == "xavier" else ():
        _xavier(each)
    return [each if setting.branches == "both" else each[: len(each) // 2] for each in blocks]


def _xavier(net):
    """Bring torch's uniform draws to the gain of Glorot and Bengio (2010), and the biases to 0."""
    for layer in (m for m in net.modules() if isinstance(m, nn.Linear)):
        layer.weight.data *= (6 * layer.in_features / (layer.in_features + layer.out_features)) ** 0.5
        nn.init.zeros_(layer.bias)


def _gradients(blocks, states, depths):
    """log10 of the gradients of W_V and W_Q for the stack of each depth, relative to its last W_V: two of (P, N, L)."""
    logs = torch.full((2, len(states[0]), len(depths), len(blocks)), np.nan, dtype=torch.float64, device=states[0].device)
    head = normal(first_seed(), *states[0].shape[1:]).to(logs.device)
    flow = head.new_zeros(0, *states[0].shape)  # of the stacks that have begun, the deepest first: (n, P, T, d)
    for at in range(len(blocks), 0, -1):
        if at in depths:
            flow = torch.cat([flow, head.expand(1, *states[0].shape)])
        flow, norms = _pull(blocks[at - 1], states[at - 1], flow)
        logs[:, :, len(depths) - len(flow) :, at - 1] = _log(norms.flip(1)).transpose(1, 2)
    last = logs[0].gather(-1, torch.tensor(depths, device=logs.device).sub(1).expand(len(states[0]), -1).unsqueeze(-1))  # (P, N, 1)
    return logs - last


def _pull(net, x, flow):
    """A gradient `flow` (n, P, T, d) pulled back through one block at x (P, T, d), and the norms of dW_V and dW_Q: (2, n, P)."""
    attention = next(m for m in net.modules() if isinstance(m, Attention))
    seen, x = {}, x.expand(flow.shape).clone().requires_grad_()
    layers = attention.value, attention.query
    hooks = [layer.register_forward_hook(lambda m, args, out: seen.update({m: (args[0], out)})) for layer in layers]
    y = net(x)
    for hook in hooks:
        hook.remove()
    (came, *_), outs = zip(*(seen[layer] for layer in layers), strict=True)  # both get the same tokens
    back, *slopes = torch.autograd.grad(y, (x, *outs), flow)
    with torch.no_grad():
        return back, torch.stack([(came.mT @ slope).norm(dim=(-2, -1)) for slope in slopes])


def _tokens(x, name="x"):
    """x, where it is floating point tokens (..., T, d)."""
    if not need_tensor(name, x, "..., T, d").is_floating_point():
        raise TypeError(f"{name}: expected a tensor of fractions, got {x.dtype}.")
    return x


def _log(x):
    """log10, but nothing lower than LOWEST."""
    return x.clamp_min(10**LOWEST).log10()
