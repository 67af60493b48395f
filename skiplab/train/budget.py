"""Before a long training starts, reckon what it will cost, and say so if that is more than there is."""

import math

import torch

from skiplab import device

SPARE = 0.8  # the share of the free memory that a training may fill
ADVICE = "Ask for fewer seeds, a smaller batch, fewer steps or a smaller network"


class TooMuch(RuntimeError):
    """A training that would not fit into the memory or the minutes there are; nothing was started."""


def activations(mould, x, y, loss):
    """Bytes that one step of one network keeps for its backward pass; reckoned without any memory, on the device "meta"."""
    seen = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        seen[id(storage)] = (storage, storage.nbytes())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss(dict(mould.named_parameters()), mould(x.to("meta")), y.to("meta"))
    return sum(size for _, size in seen.values())


def weights(mould):
    """Bytes of one network's parameters and buffers."""
    return sum(v.numel() * v.element_size() for v in (*mould.parameters(), *mould.buffers()))


def at_once(per_copy, place):
    """How many copies go through torch together, so that their activations take an eighth of the free memory at most."""
    return max(1, int(free(place) / 8 // max(1, per_copy)))


def free(place):
    """Free memory of the device in bytes, a container's limit counted in."""
    return torch.cuda.mem_get_info()[0] if place == "cuda" else device.memory()[0]


def need_memory(weights, kept, place):
    """Raise `TooMuch` if networks of so many bytes, with gradients, two moments, and activations `kept` twice, do not fit."""
    needed, there = 4 * weights + 2 * kept, SPARE * free(place)
    if needed > there:
        raise TooMuch(f"This training needs about {_size(needed)} of memory, and {_size(there)} may be used. {ADVICE}.")


def need_time(seconds, minutes):
    """Raise `TooMuch` if a training reckoned to take `seconds` is longer than `minutes`."""
    if seconds > 60 * minutes:
        raise TooMuch(
            f"This would take about {seconds / 60:.0f} minutes, and minutes={minutes:g} are allowed. {ADVICE}, or allow it: "
            f"minutes={math.ceil(seconds / 60 * 1.2)}."
        )


def _size(count):
    return f"{count / 2**30:.1f} GB" if count >= 2**30 else f"{count / 2**20:.0f} MB"
