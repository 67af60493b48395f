"""What `fit` is given is looked at before anything is done with it: tensors, and functions that can be called."""

import torch

from skiplab.base.errors import need_number


def need_examples(name, value):
    """A tensor of numbers, with one example a row."""
    if not isinstance(value, torch.Tensor):
        hint = "; torch.as_tensor makes one of it" if type(value).__module__ == "numpy" else ""
        raise TypeError(f"{name}: expected a tensor with one example a row, got {type(value).__name__}{hint}.")
    if not value.ndim:
        raise TypeError(f"{name}: expected a tensor with one example a row, got a single number, of shape ().")
    return value


def need_function(name, value, says=""):
    """A function; `says` names its arguments. Whether it takes them is said by Python when it is called."""
    wanted = f"a function ({says})" if says else "a function without arguments"
    if isinstance(value, torch.nn.Module) and not says:
        raise TypeError(f"{name}: expected {wanted}, got a network; write lambda: … before it.")
    if isinstance(value, type) and says:
        raise TypeError(f"{name}: expected {wanted}, got the class {value.__name__}; write {value.__name__}().")
    if not callable(value):
        raise TypeError(f"{name}: expected {wanted}, got {value!r}.")
    return value


def need_rates(lr, steps):
    """Step sizes or functions of the step, one or several: a list of them, and for each a list of its numbers, step by step."""
    lrs = [*lr] if isinstance(lr, (list, tuple)) else [lr]
    rates = [_by_step(each, steps) for each in lrs]
    if not rates or len(set(lrs)) < len(rates):
        raise ValueError(f"lr: expected one step size or several, each once, got {lr!r}.")
    return lrs, rates


def _by_step(lr, steps):
    """The numbers of one step size, or of a function of the step."""
    if callable(lr):
        return [float(need_number(f"lr at step {step}", lr(step), above=0)) for step in range(steps)]
    return [float(need_number("lr", lr, above=0))] * steps
