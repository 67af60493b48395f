"""Where a network is a chain of matrices, all its copies are one batched product a layer; torch.func takes about twice as long.

This holds only for networks of known parts, whose every operation leaves the axis of copies alone: see `carries`.
"""

import torch
from torch import nn
from torch.func import functional_call
from torch.overrides import TorchFunctionMode

from skiplab.skip import Add, Concat, Gate, Plain, Skip

POINTWISE = (nn.ReLU, nn.Tanh, nn.Sigmoid, nn.GELU, nn.SiLU, nn.Identity)


def carries(net, x):
    """Whether the network can carry an axis of copies by itself, given inputs x (B, features)."""
    tied = len(list(net.parameters())) < len(list(net.named_parameters(remove_duplicate=False)))
    return x.ndim == 2 and x.is_floating_point() and not tied and all(_known(module) for module in net.modules())


def outputs(mould, params, buffers, x):
    """What each copy makes of its inputs x (C, B, features): (C, B, ...)."""
    with _EveryCopy():
        return functional_call(mould, (params, buffers), (x,), tie_weights=False)


def _known(module):
    kind = type(module)
    if kind in (nn.Sequential, nn.Linear, nn.LayerNorm, Plain, *POINTWISE):
        return True
    if kind is nn.BatchNorm1d:
        return not module.track_running_stats
    if kind is Skip:
        return isinstance(module.branch, nn.Module) and isinstance(module.shortcut, nn.Module)
    if kind is Concat:
        return module.dim in (None, -1)
    if kind is Add:
        return isinstance(module.lam, float) and isinstance(module.gamma, float)
    return kind is Gate and all(isinstance(v, (float, nn.Module, type(None))) for v in (module.gate, module.carry))


class _EveryCopy(TorchFunctionMode):
    """While it is on, layers whose weights have an axis of copies first work on all copies."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        every = _EVERY.get(function)
        return every(*args, **(kwargs or {})) if every else function(*args, **(kwargs or {}))


def _linear(x, weight, bias=None):
    """x (C, B, in), weight (C, out, in), bias (C, out) -> (C, B, out)."""
    return torch.bmm(x, weight.mT) if bias is None else torch.baddbmm(bias.unsqueeze(1), x, weight.mT)


def _batch_norm(x, mean, var, weight=None, bias=None, training=True, momentum=0.1, eps=1e-5):
    """Batch statistics of each copy and channel: C · W channels at once."""
    flat = x.transpose(0, 1).flatten(1)  # (B, C * W)
    scale, shift = (None if v is None else v.flatten() for v in (weight, bias))
    return torch.batch_norm(flat, scale, shift, None, None, True, momentum, eps, False).unflatten(1, (len(x), -1)).transpose(0, 1)


def _layer_norm(x, shape, weight=None, bias=None, eps=1e-5):
    y = torch.layer_norm(x, shape, None, None, eps)
    y = y if weight is None else y * weight.unsqueeze(1)
    return y if bias is None else y + bias.unsqueeze(1)


_EVERY = {nn.functional.linear: _linear, nn.functional.batch_norm: _batch_norm, nn.functional.layer_norm: _layer_norm}
