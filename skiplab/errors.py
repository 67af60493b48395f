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
    if not math.isfinite(value) or _outside(value, least, most) or (above is not None and value <= above):
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


def need_choice(name, value, choices):
    """One of `choices`."""
    if not isinstance(value, str) or value not in choices:
        kind = ValueError if isinstance(value, str) else TypeError
        raise kind(f"{name}: expected one of {', '.join(map(repr, choices))}, got {_show(value)}.")
    return value


def need_vector(name, value, length):
    """`length` finite numbers, returned as a float64 array (length,)."""
    allowed = f"{length} finite numbers"
    try:
        vector = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(f"{name}: expected {allowed}, got {_show(value)}.") from None
    if vector.shape != (length,):
        raise ValueError(f"{name}: expected {allowed}, got shape {vector.shape}.")
    if not np.isfinite(vector).all():
        raise ValueError(f"{name}: expected {allowed}, got {_show(value)}.")
    return vector


def _outside(value, least, most):
    return (least is not None and value < least) or (most is not None and value > most)


def _range_text(text, least, most, above):
    if least is not None and most is not None:
        return f"{text} from {least} to {most}"
    if least is not None:
        return f"{text}, at least {least}"
    return text if above is None else f"{text} greater than {above}"


def _show(value):
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"
