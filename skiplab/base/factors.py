"""A path through a skip is multiplied by a number, a tensor, or what a function makes of x."""

import numbers

import torch
from torch import nn

from skiplab.base.errors import need_number
from skiplab.base.shapes import fits


def hold(merge, name, value):
    """Give a merge what multiplies a path: a number, function, module or parameter as it is, a tensor as a buffer."""
    if isinstance(value, torch.Tensor) and not isinstance(value, nn.Parameter):
        merge.register_buffer(name, value)
    elif isinstance(value, torch.Tensor) or callable(value):
        setattr(merge, name, value)
    elif isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name}: expected a number, a tensor or a function of x, got {value!r} ({type(value).__name__}).")
    else:
        setattr(merge, name, float(need_number(name, value)))


def value_of(name, factor, x, *context):
    """The factor, or what it makes of x: a number, or a tensor that leaves x's shape as it is."""
    if isinstance(factor, float):
        return factor
    value = factor(x, *context) if callable(factor) else factor
    if isinstance(x, torch.fx.Proxy):
        return value
    if not isinstance(value, (torch.Tensor, numbers.Real)):
        raise TypeError(f"{name}: expected a function that gives a number or a tensor, got {value!r} ({type(value).__name__}).")
    if (shape := getattr(value, "shape", ())) != x.shape and not fits(shape, x.shape):
        raise ValueError(f"{name}: expected a number, or a tensor that keeps the shape {tuple(x.shape)} of x, got shape {tuple(shape)}.")
    return value


def times(name, factor, x, path):
    """factor(x) · path, or the path itself where the factor is one."""
    return path if isinstance(factor, float) and factor == 1 else value_of(name, factor, x) * path


def short(factor):
    """How a merge is printed with this factor."""
    if isinstance(factor, float):
        return f"{factor:g}"
    return "learned" if isinstance(factor, nn.Parameter) else type(factor).__name__
