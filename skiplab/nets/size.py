"""A network that does not fit into memory is refused while it is made, before its weights hold a number.

torch gives memory to a parameter when numbers are written into it, and tells of each parameter before that.
"""

import contextlib
import copy
import functools
import inspect
import threading

import torch
from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from skiplab.base.errors import need_whole
from skiplab.skip import Skip

MOST = 200_000_000  # parameters of a network, 0.8 GB


class _TooLarge(ValueError):
    pass


@contextlib.contextmanager
def at_most(name):
    """Inside, a network is made; ValueError, naming what is too large, beyond `MOST`."""
    thread, count = threading.get_ident(), 0
    refusal = _TooLarge(f"{name}: expected a network of at most {MOST:,} parameters, this one has more.")

    def add(module, parameter_name, parameter):
        nonlocal count
        if parameter is not None and threading.get_ident() == thread:
            count += parameter.numel()
            if count > MOST:
                raise refusal

    hook = register_module_parameter_registration_hook(add)
    try:
        yield
    except (RuntimeError, _TooLarge) as problem:  # of a part, or since one parameter alone is more than there is
        raise (refusal if isinstance(problem, _TooLarge) or "alloc" in str(problem) else problem) from None
    finally:
        hook.remove()


def sized(large, **sizes):
    """Decorates a function that makes a network: what is in `sizes`, name -> most or (least, most), are whole numbers from 1 on.

    `large` names what is too large where the network has more than `MOST` parameters.
    """

    def decorate(make):
        signature = inspect.signature(make)

        @functools.wraps(make)
        def checked(*given, **named):
            values = signature.bind(*given, **named)
            values.apply_defaults()
            for name, limits in sizes.items():
                need_whole(name, values.arguments[name], *(limits if isinstance(limits, tuple) else (1, limits)))
            with at_most(large):
                return make(*given, **named)

        return checked

    return decorate


def pictures(x, least):
    """x, where it is pictures (B, channels, H, W) of at least `least` × `least` px; ValueError where it is not."""
    if isinstance(x, torch.Tensor) and (x.ndim != 4 or min(x.shape[-2:]) < least):
        raise ValueError(f"x: expected pictures (B, channels, H, W) of at least {least} x {least} px, got {tuple(x.shape)}.")
    return x


def he(net):
    """The net, every matrix and kernel of it drawn by He's init (He and others 2015), the biases of matrices 0."""
    for part in net.modules():
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
        if isinstance(part, nn.Linear):
            nn.init.zeros_(part.bias)
    return net


def keeping(branch, merge, shortcut=None):
    """A Skip with a merge of its own, which must keep the width."""
    skip = Skip(branch, merge if isinstance(merge, str) else copy.deepcopy(merge), shortcut)
    if skip.merge.grows:
        raise ValueError(f"merge: expected one that keeps the width ('none', 'add', 'gate' or such as Add(gamma=0.2)), got {merge!r}.")
    return skip
