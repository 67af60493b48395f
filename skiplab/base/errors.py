"""A good error names the argument, says what came, and says what is allowed.

Each `need_` function returns the value it was given, or raises: TypeError for a wrong type, ValueError for a wrong value.
"""

import math
import numbers
import operator

import numpy as np


def need_number(name, value, least=None, most=None, above=None):
    """A finite real number, `least <= value <= most`, and greater than `above`."""
    every = (("at least", least, operator.ge), ("at most", most, operator.le), ("greater than", above, operator.gt))
    limits = [limit for limit in every if limit[1] is not None]
    allowed = ", ".join(["a finite number", *(f"{words} {limit}" for words, limit, _ in limits)])
    if least is not None and most is not None:
        allowed = f"a finite number from {least} to {most}"

    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError(f"{name}: expected {allowed}, and none of so many digits without a point, got {_show(value)}.")

    def fits(number):
        return math.isfinite(number) and all(holds(number, limit) for _, limit, holds in limits)

    return _need(name, value, allowed, (int, float, np.integer, np.floating), fits)


def need_whole(name, value, least, most):
    """A whole number from `least` to `most`."""
    allowed = f"a whole number from {least} to {most}"
    return _need(name, value, allowed, numbers.Integral, lambda number: least <= number <= most)


def need_wholes(name, value, least, most):
    """One whole number or several from `least` to `most`: a sorted list, each once."""
    values = value.tolist() if hasattr(value, "tolist") else value
    values = values if isinstance(values, (list, tuple, range, set)) else [values]
    if not len(values):
        raise ValueError(f"{name}: expected at least one whole number from {least} to {most}, got {_show(value)}.")
    return sorted({need_whole(name, each, least, most) for each in values})


def need_choice(name, value, choices):
    """One of `choices`."""
    return _need(name, value, f"one of {', '.join(map(repr, choices))}", str, lambda text: text in choices)


def need_flag(name, value):
    """True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: expected True or False, got {_show(value)}.")
    return value


def need_kind(name, value, kind):
    """An instance of the class `kind`."""
    named = f"{kind.__module__.rpartition('.')[-1]}.{kind.__name__}".removeprefix("builtins.")
    return _need(name, value, f"a {named}", kind, lambda value: True)


def need_array(name, value, shape, allowed=None):
    """Finite numbers of the given shape, returned as a float64 array."""
    allowed = allowed or (f"{shape[0]} finite numbers" if len(shape) == 1 else f"finite numbers of shape {shape}")
    array = as_floats(name, value, allowed)
    if array.shape != shape:
        raise ValueError(f"{name}: expected {allowed}, got shape {array.shape}.")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: expected {allowed}, got {_show(value)}.")
    return array


def as_rows(name, value, length, what="numbers"):
    """`length` numbers on the last axis, and any axes before it, as a float64 array (..., length)."""
    allowed = f"{length} {what} on the last axis"
    array = as_floats(name, value, allowed)
    if array.shape[-1:] != (length,):
        raise ValueError(f"{name}: expected {allowed}, got shape {array.shape}.")
    return array


def as_floats(name, value, allowed):
    """Numbers of any shape as a float64 array."""
    try:
        array = np.asarray(bare(value))
        if array.dtype.kind not in "buif" and not (array.dtype.kind == "O" and all(isinstance(v, int) for v in array.flat)):
            raise TypeError
        return array.astype(float)
    except OverflowError:
        raise ValueError(f"{name}: expected {allowed}, got {_show(value)}.") from None
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name}: expected {allowed}, got {_show(value)}.") from None


def bare(value):
    """What torch's tensors hold, on any device and also within lists and tuples, for NumPy to read; anything else as it is."""
    if hasattr(value, "detach") and hasattr(value, "tolist"):
        return value.tolist()
    return [bare(part) for part in value] if isinstance(value, (list, tuple)) else value


def _need(name, value, allowed, kind, fits):
    if isinstance(value, bool) or not isinstance(value, kind):
        raise TypeError(f"{name}: expected {allowed}, got {_show(value)}.")
    if not fits(value):
        raise ValueError(f"{name}: expected {allowed}, got {_show(value)}.")
    return value


def _show(value):
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"
