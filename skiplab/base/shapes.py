"""What is said of shapes that do not fit, and which layer on the shortcut would bring x to the shape of the branch."""

import math


def advice(x, new):
    """What to do where the shortcut gives the shape x and the branch the shape new, in words.

    That is a convolution where the axes after the channels are places, else a linear layer.
    """
    sides = [*zip(x[2:], new[2:], strict=False)]
    strides = tuple(max(1, round(a / max(1, b))) for a, b in sides)
    stride = "" if set(strides) <= {1} else f", stride={strides[0] if len(set(strides)) == 1 else strides}"
    alike = len(x) == len(new) and x[:1] == new[:1]
    places = alike and len(x) in (3, 4, 5) and all(math.ceil(a / s) == b for (a, b), s in zip(sides, strides, strict=True))
    features = alike and not (places and len(x) > 3) and x[:-1] == new[:-1]
    layers = [f"nn.Linear({x[-1]}, {new[-1]})"] * features
    layers += [f"nn.Conv{len(x) - 2}d({x[1]}, {new[1]}, 1{stride})"] * places
    if places and features:
        return f"use shortcut={layers[0]} if the last axis holds features, or shortcut={layers[1]} if it holds places"
    concat = ", or merge='concat'" if not stride and (places or len(x) < 4) else ""
    return f"use shortcut={layers[0]}{concat}" if layers else "give a shortcut that brings x to the branch's shape"


def fits(shape, whole):
    """Whether values of this shape, times those of the whole, have the shape of the whole."""
    return len(shape) <= len(whole) and all(few in (1, many) for few, many in zip(reversed(shape), reversed(whole), strict=False))


def joins(x, new, dim):
    """Whether tensors of these shapes can be joined along the axis dim: all others are equal."""
    there = len(x) == len(new) and -len(x) <= dim < len(x)
    return there and (x[:dim], x[dim:][1:]) == (new[:dim], new[dim:][1:])


def need_tensor(name, value, axes):
    """A tensor with the named axes, such as "B, T, inputs", after any others where the first is "..."; else TypeError."""
    names = axes.split(", ")
    fits = hasattr(value, "detach") and (value.ndim == len(names) or (names[0] == "..." and value.ndim >= len(names) - 1))
    if not fits:
        given = tuple(value.shape) if hasattr(value, "detach") else type(value).__name__
        raise TypeError(f"{name}: expected a tensor ({axes.removeprefix('..., ')}), got {given}.")
    return value
