"""A network that does not fit into memory is refused while it is made, before its weights hold a number.

torch gives memory to a parameter when numbers are written into it, and tells of each parameter before that.
"""

import contextlib
import copy
import threading

import torch
from torch.nn.modules.module import register_module_parameter_registration_hook

from skiplab.skip import Skip

MOST = 200_000_000  # parameters of a network, 0.8 GB


@contextlib.contextmanager
def at_most(name):
    """Inside, or in a function decorated with it, a network is made; ValueError, naming what is too large, beyond `MOST`."""
    thread, count = threading.get_ident(), 0
    refusal = ValueError(f"{name}: expected a network of at most {MOST:,} parameters, this one has more.")

    def add(module, parameter_name, parameter):
        nonlocal count
        if parameter is not None and threading.get_ident() == thread:
            count += parameter.numel()
            if count > MOST:
                raise refusal

    hook = register_module_parameter_registration_hook(add)
    try:
        yield
    except RuntimeError as problem:
        raise (refusal if "alloc" in str(problem) else problem) from None  # one parameter alone is more than there is
    finally:
        hook.remove()


def pictures(x, least):
    """x, where it is pictures (B, channels, H, W) of at least `least` × `least` px; ValueError where it is not."""
    if isinstance(x, torch.Tensor) and (x.ndim != 4 or min(x.shape[-2:]) < least):
        raise ValueError(f"x: expected pictures (B, channels, H, W) of at least {least} x {least} px, got {tuple(x.shape)}.")
    return x


def keeping(branch, merge, shortcut=None):
    """A Skip with a merge of its own, which must keep the width."""
    skip = Skip(branch, merge if isinstance(merge, str) else copy.deepcopy(merge), shortcut)
    if skip.merge.grows:
        raise ValueError(f"merge: expected one that keeps the width ('none', 'add', 'gate' or such as Add(gamma=0.2)), got {merge!r}.")
    return skip
