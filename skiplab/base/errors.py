"""A good error names the argument, says what came, and says what is allowed.

Each `need_` function returns the value it was given, or raises: TypeError for a wrong type, ValueError for a wrong value.
"""

import math
import numbers

import numpy as np


def need_number(name, value, least=None, most=None, above=None):
    """A finite real number, `least <= value <= most`, and greater than `above`."""
    allowed = _range_text("a finite number", least, most, above)
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name}: expected {allowed}, got {_show(value)}.")
    if not _finite(value) or _outside(value, least, most) or (above is not None and value <= above):
        raise ValueError(f"{name}: expected {allowed}, got {_show(value)}.")
    return value


def need_whole(name, value, least, most):
    """A whole number from `least` to `most`."""
    allowed = f"a whole number from {least} to {most}"
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name}: expected {allowed}, got {_show(value)}.")
    if _outside(value, least, most):
        raise ValueError(f"{name}: expected {allowed}, got {_show(value)}.")
    return value


def need_wholes(name, value, least, most):
    """One whole number or several from `least` to `most`: a sorted list, each once."""
    values = value.tolist() if hasattr(value, "tolist") else value
    values = values if isinstance(values, (list, tuple, range, set)) else [values]
    if not len(values):
        raise ValueError(f"{name}: expected at least one whole number from {least} to {most}, got {_show(value)}.")
    return sorted({need_whole(name, each, least, most) for each in values})


def need_choice(name, value, choices):
    """One of `choices`."""
    if not isinstance(value, str) or value not in choices:
        kind = ValueError if isinstance(value, str) else TypeError
        raise kind(f"{name}: expected one of {', '.join(map(repr, choices))}, got {_show(value)}.")
    return value


def need_kind(name, value, kind):
    """An instance of the class `kind`."""
    if not isinstance(value, kind):
        raise TypeError(f"{name}: expected a {kind.__module__.rpartition('.')[-1]}.{kind.__name__}, got {_show(value)}.")
    return value


def need_vector(name, value, length):
    """`length` finite numbers, returned as a float64 array (length,)."""
    return need_array(name, value, (length,), f"{length} finite numbers")


def need_array(name, value, shape, allowed=None):
    """Finite numbers of the given shape, returned as a float64 array."""
    allowed = allowed or f"finite numbers of shape {shape}"
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


def _finite(value):
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _outside(value, least, most):
    return (least is not None and value < least) or (most is not None and value > most)


def _range_text(text, least, most, above):
    if least is not None and most is not None:
        return f"{text} from {least} to {most}"
    limits = [("at least", least), ("at most", most), ("greater than", above)]
    return ", ".join([text, *(f"{word} {limit}" for word, limit in limits if limit is not None)])


def _show(value):
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"
