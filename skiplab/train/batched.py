"""Where a network is made of known parts, all its copies are one batched product a layer; torch.func takes up to twice as long.

This holds only for networks whose every operation leaves the axis of copies alone: see `carries`.
"""

import copy
import functools

import torch
from torch import nn

from skiplab.skip import Add, Concat, Gate, Plain, Sequential, Skip
from skiplab.train.skeleton import constants

POINTWISE = (nn.ReLU, nn.Tanh, nn.Sigmoid, nn.GELU, nn.SiLU, nn.Identity)


def carries(net, x):
    """Whether the network can carry an axis of copies by itself, given inputs x: (B, features), or sequences where it says so."""
    tied = len(list(net.parameters())) < len(list(net.named_parameters(remove_duplicate=False)))
    flat = x.ndim == 2 and x.is_floating_point()
    return (flat or _says(net)) and not tied and all(_known(module, flat) for module in net.modules())


def for_copies(skeleton):
    """The skeleton of a network that makes of each copy's inputs x (C, B, ...) its outputs (C, B, ...)."""
    net = copy.deepcopy(skeleton)
    for module in net.modules():
        module.__class__ = _for_copies(type(module))
    return net


@functools.cache
def _for_copies(kind):
    """The class whose weights have the axis of copies: its own one, or the same with another `product`."""
    return _EVERY.get(kind) or (type(kind.__name__, (kind,), {"product": staticmethod(_product)}) if hasattr(kind, "product") else kind)


def _says(module):
    """Whether a module's own class, and not one that it inherits from, says that it leaves all axes before its own alone."""
    return vars(type(module)).get("batched", False)


def _known(module, flat):
    """Whether a module works on all copies as on one: its kind is known, and it holds only what that kind holds."""
    kind, held = type(module), dict(constants(module))
    if not all(map(_plain, held.values())) or held.get("inplace"):
        return False
    if kind is nn.BatchNorm1d:
        return flat and not module.track_running_stats
    if kind is nn.LayerNorm:
        return len(module.normalized_shape) == 1
    if kind is nn.Embedding:
        return not any((module.max_norm, module.scale_grad_by_freq, module.padding_idx is not None))
    if kind is Concat:
        return module.dim == -1 or (flat and module.dim is None)
    if kind in (nn.Sequential, Sequential, Skip, Plain, Add, Gate, *POINTWISE):
        return not module._parameters and not module._buffers
    return kind is nn.Linear or (not flat and _says(module))


def _plain(value):
    return isinstance(value, (bool, int, float, str, tuple, type(None))) or value is torch.tanh or value is torch.sigmoid


def _product(x, weight, bias=None):
    """x (C, ..., in), weight (C, out, in), bias (C, out) -> (C, ..., out)."""
    rows = x.flatten(1, -2) if x.ndim > 3 else x  # (C, N, in)
    y = torch.bmm(rows, weight.mT) if bias is None else torch.baddbmm(bias.unsqueeze(1), rows, weight.mT)
    return y.unflatten(1, x.shape[1:-1]) if x.ndim > 3 else y


class _Linears(nn.Linear):
    def forward(self, x):
        return _product(x, self.weight, self.bias)


class _BatchNorms(nn.BatchNorm1d):
    def forward(self, x):
        """Batch statistics of each copy and channel: C · W channels at once."""
        if x.shape[1] == 1:
            raise ValueError("Expected more than 1 value per channel.")  # as torch says it
        flat = x.transpose(0, 1).flatten(1)  # (B, C * W)
        scale, shift = (None if v is None else v.flatten() for v in (self.weight, self.bias))
        y = torch.batch_norm(flat, scale, shift, None, None, True, 0.0, self.eps, False)
        return y.unflatten(1, (len(x), -1)).transpose(0, 1)


class _LayerNorms(nn.LayerNorm):
    def forward(self, x):
        y, shape = torch.layer_norm(x, self.normalized_shape, None, None, self.eps), (len(x), *[1] * (x.ndim - 2), -1)
        y = y if self.weight is None else y * self.weight.view(shape)
        return y if self.bias is None else y + self.bias.view(shape)


class _Embeddings(nn.Embedding):
    def forward(self, x):
        """One table with the rows of all copies: x (C, ...) -> (C, ..., width)."""
        first = torch.arange(len(x), device=x.device).view(-1, *[1] * (x.ndim - 1)) * self.num_embeddings
        return nn.functional.embedding(x + first, self.weight.flatten(0, 1))


_EVERY = {nn.Linear: _Linears, nn.BatchNorm1d: _BatchNorms, nn.LayerNorm: _LayerNorms, nn.Embedding: _Embeddings}
