"""A line is named where it ends, in its own colour, so that no one has to look up a legend; no name lies on another."""

import numpy as np


def spaced(places, apart, low, high):
    """The places (N, ...) along the first axis, moved so that they stand at least `apart` from one another, between low and high.

    They keep their order. Where there are too many for the room, the lowest go below `low`.
    """
    places = np.clip(places, low, high)
    steps = np.expand_dims(apart * np.arange(len(places), dtype=float), tuple(range(1, places.ndim)))
    order = np.argsort(places, 0, kind="stable")
    risen = np.maximum.accumulate(np.take_along_axis(places, order, 0) - steps, 0)
    moved = np.empty_like(risen)
    np.put_along_axis(moved, order, np.minimum(risen, high - steps[-1]) + steps, 0)
    return moved
