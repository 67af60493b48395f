"""A skeleton is a network without weights: put one copy's weights in, and it is that copy again."""

import copy
from itertools import zip_longest

import torch
from torch import nn

_COMMON = set(vars(nn.Module()))
_PLAIN = (bool, int, float, str, type(None))


def to_meta(net):
    """The network with all its parameters and buffers on the device "meta", where they take no memory."""
    state = (*net.named_parameters(), *net.named_buffers())
    return materialise(net, {name: v.detach().to("meta") for name, v in state})


def materialise(net, values):
    """A copy of the network with copies of the values (name -> tensor) in it; what is tied stays tied."""
    memo = {id(p): nn.Parameter(values[name].clone(), p.requires_grad) for name, p in net.named_parameters()}
    memo |= {id(b): values[name].clone() for name, b in net.named_buffers()}
    return copy.deepcopy(net, memo)


def places(net):
    """Where each value belongs: name -> list of (a module's parameters or buffers, name there), more than one if it is tied."""
    names = {id(v): name for name, v in (*net.named_parameters(), *net.named_buffers())}
    found = {name: [] for name in names.values()}
    for module in net.modules():
        for held in (module._parameters, module._buffers):
            for name, value in held.items():
                if value is not None:
                    found[names[id(value)]].append((held, name))
    return found


def signature(net, other=id):
    """What a network is but for the numbers in its parameters and buffers, as pairs (name, what); an object is its `other`."""
    kinds = [(name, type(module)) for name, module in net.named_modules()]
    state = (*net.named_parameters(remove_duplicate=False), *net.named_buffers(remove_duplicate=False))
    shapes = [(name, (tuple(v.shape), v.dtype, v.requires_grad)) for name, v in state]
    held = [(f"{where}.{name}".lstrip("."), _key(value, other)) for where, m in net.named_modules() for name, value in constants(m)]
    return (*kinds, *shapes, *held)


def constants(module):
    """(name, value) of all that a module holds besides parameters, buffers and modules; of what every module has, only hooks."""
    return [(name, value) for name, value in vars(module).items() if name not in _COMMON or ("hook" in name and value)]


def need_alike(nets):
    """Raise ValueError unless the networks of all seeds are one network with other numbers in its parameters and buffers.

    Of functions and objects that they hold nobody can tell; numbers, texts and tensors must be equal.
    """
    if len(set(map(id, nets))) < len(nets):
        raise ValueError("make: expected a new network for every seed, it gave the same one again.")
    first = signature(nets[0], type)
    for seed, net in enumerate(nets):
        for (name, what), (_, theirs) in zip_longest(signature(net, type), first, fillvalue=("", None)):
            if what != theirs:
                raise ValueError(
                    "make: expected networks that differ in the numbers of their parameters and buffers only, but of seed "
                    f"{seed} {name or 'the network'} is another one than of the first; what a seed draws must be a buffer."
                )


def _key(value, other):
    """A number, text or tensor by its value, anything else by its `other`."""
    if isinstance(value, torch.Tensor) and not isinstance(value, nn.Parameter):
        return tuple(value.shape), value.dtype, value.detach().cpu().numpy().tobytes()
    if isinstance(value, (list, tuple)):
        return tuple(_key(each, other) for each in value)
    return repr(value) if isinstance(value, _PLAIN) else other(value)
