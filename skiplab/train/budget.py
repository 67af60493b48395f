"""Before a long training starts, reckon what it will cost, and say so if that is more than there is."""

import math
import time

import torch

from skiplab.base.device import memory

SPARE = 0.8  # the share of the free memory that a training may fill
LESS = "Ask for fewer seeds, a smaller batch or a smaller network"


class TooMuch(RuntimeError):
    """A training that does not fit into the memory or the minutes there are; as a rule said before it starts."""


def weights(skeleton):
    """Bytes of one network's parameters and buffers."""
    return sum(v.numel() * v.element_size() for v in (*skeleton.parameters(), *skeleton.buffers()))


def at_once(per_copy, device):
    """How many copies go through torch together, so that their activations take an eighth of the free memory at most."""
    return max(1, int(free(device) / 8 // max(1, per_copy)))


def free(device):
    """Free memory of the device in bytes, a container's limit counted in."""
    return torch.cuda.mem_get_info()[0] if device == "cuda" else memory()[0]


def needed(weights, kept):
    """Bytes that a training takes: the networks, gradients and two moments; three times what a step keeps (measured: 2 to 4)."""
    return 4 * weights + 3 * kept


def need_memory(weights, kept, device, noted=0):
    """Raise `TooMuch` if networks of so many bytes, a step of which keeps so many, do not fit; `noted`: bytes of what is noted beside."""
    there, wanted = SPARE * free(device), needed(weights, kept) + noted
    if wanted > there:
        raise TooMuch(f"This training needs about {_size(wanted)} of memory, and {_size(there)} may be used. {LESS}.")


def timed(act, enough):
    """(what act gives, seconds it took), the second time of two where the first, which warms up, is not quick `enough`."""
    for _ in range(2):
        began = time.perf_counter()
        given = act()
        if (spent := time.perf_counter() - began) < enough:
            break
    return given, spent


def need_time(seconds, minutes):
    """Raise `TooMuch` if a training reckoned to take `seconds` is longer than `minutes`."""
    if seconds > 60 * minutes:
        about = f"{seconds / 60:.0f} minutes" if seconds > 90 else f"{seconds:.2g} s"
        advice = f"{LESS}, for fewer steps, or allow it: minutes={math.ceil(seconds / 60 * 1.2)}."
        raise TooMuch(f"This would take about {about}, and minutes={minutes:g} are allowed. {advice}")


def _size(count):
    return f"{count / 2**30:.1f} GB" if count >= 2**30 else f"{count / 2**20:.0f} MB"
