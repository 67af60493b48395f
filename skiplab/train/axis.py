"""Where a network is a chain of matrices, all its copies are one batched product a layer; torch.func takes about twice as long.

This holds only for networks of known parts, whose every operation leaves the axis of copies alone: see `carries`.
"""

import copy

import torch
from torch import nn

from skiplab.skip import Add, Concat, Gate, Plain, Skip
from skiplab.train.moulds import constants

POINTWISE = (nn.ReLU, nn.Tanh, nn.Sigmoid, nn.GELU, nn.SiLU, nn.Identity)


def carries(net, x):
    """Whether the network can carry an axis of copies by itself, given inputs x (B, features)."""
    tied = len(list(net.parameters())) < len(list(net.named_parameters(remove_duplicate=False)))
    return x.ndim == 2 and x.is_floating_point() and not tied and all(_known(module) for module in net.modules())


def for_copies(mould):
    """The mould of a network that makes of each copy's inputs x (C, B, features) its outputs (C, B, ...)."""
    net = copy.deepcopy(mould)
    for module in net.modules():
        module.__class__ = _EVERY.get(type(module), type(module))
    return net


def _known(module):
    """Whether a module works on all copies as on one: its kind is known, and it holds only what that kind holds."""
    kind, held = type(module), dict(constants(module))
    if not all(isinstance(value, (bool, int, float, str, tuple, type(None))) for value in held.values()) or held.get("inplace"):
        return False
    if kind is nn.BatchNorm1d:
        return not module.track_running_stats
    if kind is nn.LayerNorm:
        return len(module.normalized_shape) == 1
    if kind is Concat:
        return module.dim in (None, -1)
    if kind in (nn.Sequential, Skip, Plain, Add, Gate, *POINTWISE):
        return not module._parameters and not module._buffers
    return kind is nn.Linear


class _Linears(nn.Linear):
    def forward(self, x):
        """x (C, B, in), weight (C, out, in), bias (C, out) -> (C, B, out)."""
        weight = self.weight.mT
        return torch.bmm(x, weight) if self.bias is None else torch.baddbmm(self.bias.unsqueeze(1), x, weight)


class _BatchNorms(nn.BatchNorm1d):
    def forward(self, x):
        """Batch statistics of each copy and channel: C · W channels at once."""
        flat = x.transpose(0, 1).flatten(1)  # (B, C * W)
        scale, shift = (None if v is None else v.flatten() for v in (self.weight, self.bias))
        y = torch.batch_norm(flat, scale, shift, None, None, True, 0.0, self.eps, False)
        return y.unflatten(1, (len(x), -1)).transpose(0, 1)


class _LayerNorms(nn.LayerNorm):
    def forward(self, x):
        y = torch.layer_norm(x, self.normalized_shape, None, None, self.eps)
        y = y if self.weight is None else y * self.weight.unsqueeze(1)
        return y if self.bias is None else y + self.bias.unsqueeze(1)


_EVERY = {nn.Linear: _Linears, nn.BatchNorm1d: _BatchNorms, nn.LayerNorm: _LayerNorms}
