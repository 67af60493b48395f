"""A skeleton is a network without weights: put one copy's weights in, and it is that copy again."""

import contextlib
import copy

import torch
from torch import nn

_COMMON = set(vars(nn.Module()))
_PLAIN = (bool, int, float, str, type(None))


def to_meta(net):
    """The network with all its parameters and buffers on the device "meta", where they take no memory; what is tied stays tied."""
    memo = {id(p): nn.Parameter(p.detach().to("meta"), p.requires_grad) for p in net.parameters()}
    memo |= {id(b): b.to("meta") for b in net.buffers()}
    return copy.deepcopy(net, memo)


def materialise(skeleton, values):
    """A network of its own, with a copy of the values (name -> tensor) in the places of the skeleton's parameters and buffers."""
    memo = {id(p): nn.Parameter(values[name].clone(), p.requires_grad) for name, p in skeleton.named_parameters()}
    memo |= {id(b): values[name].clone() for name, b in skeleton.named_buffers()}
    return copy.deepcopy(skeleton, memo)


def places(skeleton):
    """Where each value belongs: name -> list of (a module's parameters or buffers, name there), more than one if it is tied."""
    names, found = {}, {}
    for where, module in skeleton.named_modules():
        for held in (module._parameters, module._buffers):
            for name, value in held.items():
                if value is not None:
                    first = names.setdefault(id(value), f"{where}.{name}" if where else name)
                    found.setdefault(first, []).append((held, name))
    return found


@contextlib.contextmanager
def swapped_in(places, values):
    """Inside, the skeleton with these places holds the values (name -> tensor) themselves; quicker than torch.func.functional_call."""
    spots = [(held, name, held[name], value) for key, value in values.items() for held, name in places[key]]
    try:
        for held, name, _, value in spots:
            held[name] = value
        yield
    finally:
        for held, name, empty, _ in spots:
            held[name] = empty


def is_random(net):
    """Whether a pass through the network draws random numbers, as dropout does."""
    chances = [getattr(m, "p", 0) if isinstance(m, nn.modules.dropout._DropoutNd) else getattr(m, "dropout", 0) for m in net.modules()]
    return any(isinstance(chance, float) and chance > 0 for chance in chances)


def signature(net):
    """Equal for two living networks only if they differ in nothing but the numbers in their parameters and buffers."""
    held = tuple((where, name, _key(value)) for where, module in net.named_modules() for name, value in constants(module))
    return repr(net), tuple(map(type, net.modules())), _shapes(net), held


def constants(module):
    """(name, value) of all that a module holds besides parameters, buffers and modules; of what every module has, only hooks."""
    return [(name, value) for name, value in vars(module).items() if name not in _COMMON or ("hook" in name and value)]


def need_alike(nets):
    """Raise ValueError unless the networks of all seeds are one network with other numbers in its parameters and buffers."""
    if len(set(map(id, nets))) < len(nets):
        raise ValueError("make: expected a new network for every seed, it gave the same one again.")
    for seed, net in enumerate(nets):
        if list(map(type, net.modules())) != list(map(type, nets[0].modules())) or _shapes(net) != _shapes(nets[0]):
            raise ValueError(f"make: expected networks of one shape, but number {seed} differs from the first: {_differ(net, nets[0])}.")
        for (where, module), first in zip(net.named_modules(), nets[0].modules(), strict=True):
            for (name, value), (_, theirs) in zip(constants(module), constants(first), strict=True):
                if not _same(value, theirs):
                    raise ValueError(
                        f"make: expected networks that differ in parameters and buffers only, but {'.'.join(filter(None, (where, name)))} "
                        "is not the same for every seed; register it as a buffer."
                    )


def _shapes(net):
    state = (*net.named_parameters(remove_duplicate=False), *net.named_buffers(remove_duplicate=False))
    return tuple((name, tuple(v.shape), v.dtype, v.requires_grad) for name, v in state)


def _differ(net, first):
    """The first parameter or buffer in which they are not alike, in words."""
    for ours, theirs in zip(_shapes(net), _shapes(first), strict=False):
        if ours != theirs:
            return f"{ours[0]} {ours[1]} and {theirs[0]} {theirs[1]}"
    return f"{len(list(net.modules()))} and {len(list(first.modules()))} modules"


def _key(value):
    """A plain value as it is, anything else by identity."""
    if isinstance(value, (list, tuple)):
        return tuple(map(_key, value))
    if isinstance(value, dict):
        return tuple((key, _key(held)) for key, held in value.items())
    return repr(value) if isinstance(value, _PLAIN) else id(value)


def _same(a, b):
    """Whether two constants are equal, as far as can be told: functions by their code and what they close over."""
    if type(a) is not type(b):
        return False
    if isinstance(a, nn.Parameter):
        return True  # a list of the module's own
    if isinstance(a, torch.Tensor):
        return a.shape == b.shape and torch.equal(a, b)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if hasattr(a, "__code__"):
        return a.__code__ == b.__code__ and _same(_closed(a), _closed(b))
    return repr(a) == repr(b) if isinstance(a, _PLAIN) else True


def _closed(function):
    return [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
