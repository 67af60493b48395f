"""Before a long training starts, reckon what it will cost, and say so if that is more than there is."""

import math

import torch

from skiplab import device

SPARE = 0.8  # the share of the free memory that a training may fill
LESS = "Ask for fewer seeds, a smaller batch or a smaller network"


class TooMuch(RuntimeError):
    """A training that would not fit into the memory or the minutes there are; nothing was started."""


def weights(mould):
    """Bytes of one network's parameters and buffers."""
    return sum(v.numel() * v.element_size() for v in (*mould.parameters(), *mould.buffers()))


def at_once(per_copy, place):
    """How many copies go through torch together, so that their activations take an eighth of the free memory at most."""
    return max(1, int(free(place) / 8 // max(1, per_copy)))


def free(place):
    """Free memory of the device in bytes, a container's limit counted in."""
    return torch.cuda.mem_get_info()[0] if place == "cuda" else device.memory()[0]


def needed(weights, kept):
    """Bytes that a training takes: the networks, gradients and two moments; three times what a step keeps (measured: 2 to 4)."""
    return 4 * weights + 3 * kept


def need_memory(weights, kept, place):
    """Raise `TooMuch` if networks of so many bytes, a step of which keeps so many, do not fit."""
    wanted, there = needed(weights, kept), SPARE * free(place)
    if wanted > there:
        raise TooMuch(f"This training needs about {_size(wanted)} of memory, and {_size(there)} may be used. {LESS}.")


def need_time(seconds, minutes):
    """Raise `TooMuch` if a training reckoned to take `seconds` is longer than `minutes`."""
    if seconds > 60 * minutes:
        about = f"{seconds / 60:.0f} minutes" if seconds > 90 else f"{seconds:.2g} s"
        raise TooMuch(
            f"This would take about {about}, and minutes={minutes:g} are allowed. {LESS}, for fewer steps, or allow it: "
            f"minutes={math.ceil(seconds / 60 * 1.2)}."
        )


def _size(count):
    return f"{count / 2**30:.1f} GB" if count >= 2**30 else f"{count / 2**20:.0f} MB"
