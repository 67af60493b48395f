"""One learning rate for all is fair to none: each arm stands for itself at the best of several.

The rule is the same for numbers just measured and for shipped ones: the best rate of an arm has the smallest median over the seeds.
"""

import numpy as np

from skiplab.base.errors import need_kind, need_number
from skiplab.base.grid import Grid


def best_lr(scores):
    """The rate with the smallest median over the seeds, for a `Grid` (lr, seeds), or arm -> rate for a Grid with an axis of arms too."""
    return _of_each(scores, lambda lrs, medians: lrs[int(np.argmin(medians))])


def window(scores, within):
    """(lowest, highest) of the rates round the best whose median is at most `within` above its own, without a gap; or for each arm."""
    need_number("within", within, 0)
    return _of_each(scores, lambda lrs, medians: tuple(lrs[int(place)] for place in good_places(medians, within)))


def good_places(medians, within):
    """The first and the last of the places round the smallest number that are at most `within` above it: (..., R) -> (...), (...)."""
    medians, places = np.asarray(medians), np.arange(np.shape(medians)[-1])
    best = np.argmin(medians, -1)[..., None]
    bad = medians > np.take_along_axis(medians, best, -1) + within
    first = np.where(bad & (places < best), places + 1, 0).max(-1)
    return first, np.where(bad & (places > best), places - 1, len(places) - 1).min(-1)


def arms(scores):
    """The name of the axis of arms of a `Grid` of lr, seeds and at most one axis besides, or None."""
    names = need_kind("scores", scores, Grid).axes.keys()
    others = [*names - {"lr", "seeds"}]
    if len(others) > 1 or not {"lr", "seeds"} <= names:
        raise ValueError(f"scores: expected a Grid of lr, seeds and at most one axis of arms, got {scores!r}.")
    return others[0] if others else None


def _of_each(scores, function):
    """function(rates in order, their medians) of the rates of each arm."""
    axis, lrs = arms(scores), sorted(scores.axes["lr"])
    if axis is None:
        return function(lrs, scores.at(lr=lrs).median("seeds").array)
    return {arm: function(lrs, scores.at(**{axis: arm}, lr=lrs).median("seeds").array) for arm in scores.axes[axis]}
