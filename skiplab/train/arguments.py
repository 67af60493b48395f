"""What `fit` is given is looked at before anything is done with it: tensors, and functions that can be called."""

import inspect

import torch
from torch.nn.parameter import is_lazy


def need_examples(name, value):
    """A tensor of numbers, with one example a row."""
    found = _unfit(value)
    if found:
        raise TypeError(f"{name}: expected a tensor with one example a row, got {found}.")
    return value


def _unfit(value):
    """What is wrong with a tensor of examples, or ""."""
    if not isinstance(value, torch.Tensor):
        return type(value).__name__ + ("; torch.as_tensor makes one of it" if type(value).__module__ == "numpy" else "")
    return hollow(value) or ("one of complex numbers" if value.is_complex() else "" if value.ndim else "a single number, of shape ()")


def hollow(tensor):
    """In words why there are no numbers in a tensor that can be worked with, or ""."""
    if is_lazy(tensor):
        return "a lazy one, whose shape is not known yet"
    if tensor.is_meta:
        return 'one on the device "meta", which holds no numbers'
    return "" if tensor.layout == torch.strided else f"a sparse one ({tensor.layout}); use .to_dense()"


def need_function(name, function, says, /, *given, **named):
    """A function that can be called in this way; `says` names its arguments. What cannot be told beforehand passes."""
    wanted = f"a function ({says})" if says else "a function without arguments"
    if not callable(function):
        raise TypeError(f"{name}: expected {wanted}, got {function!r}.")
    try:
        takes = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        takes.bind(*given, **named)
    except TypeError as problem:
        called = getattr(function, "__name__", type(function).__name__)
        shown = takes.replace(return_annotation=inspect.Signature.empty)
        raise TypeError(f"{name}: expected {wanted}, got {called}{shown}: {problem}.") from None
