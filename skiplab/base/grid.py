"""A number is asked for by what it is and not by where it stands: the axes of a Grid have names and values.

    errors = Grid(array, merge=("none", "add"), depth=(8, 20, 56), seeds=range(8))
    errors.at(merge="add", depth=56).median("seeds")
"""

import json
import time
from types import MappingProxyType

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class Grid(NDArrayOperatorsMixin):
    """Numbers at every combination of some settings; nothing in it can be changed.

    array    the numbers, one axis for each name in `axes`, read-only
    axes     name -> its values, numbers or texts, in the order of the array's axes
    what     what the numbers are, with their unit, in words

    NumPy takes a Grid for its array. Arithmetic and comparisons go place by place, with a number or with a Grid
    of the same axes, and give a Grid: `100 * errors` is in per cent. Where the last axis goes, a number is left.
    """

    def __init__(self, array, what="", **axes):
        axes = {name: tuple(_plain(value) for value in values) for name, values in axes.items()}
        array = np.asarray(array).view()
        if array.shape != tuple(map(len, axes.values())):
            raise ValueError(f"array: expected an axis for each of {_said(axes)}, got shape {array.shape}.")
        array.flags.writeable = False
        self.array, self.axes, self.what = array, MappingProxyType(axes), what

    def at(self, **where):
        """What stands at these values: one value takes its axis away, a list of them keeps it, in that order."""
        array, axes = self.array, dict(self.axes)
        for name, value in where.items():
            number = list(axes).index(self._need_axis(name))
            several = isinstance(value, (list, tuple, range, np.ndarray))
            places = [self._place(name, each) for each in (value if several else [value])]
            array = np.take(array, places if several else places[0], number)
            axes = {**axes, name: value} if several else _less(axes, name)
        return self._with(array, axes)

    def median(self, axis):
        """The median over one axis, which goes."""
        return self._without(axis, np.median)

    def low(self, axis):
        """The least over one axis, which goes."""
        return self._without(axis, np.min)

    def high(self, axis):
        """The largest over one axis, which goes."""
        return self._without(axis, np.max)

    def rename(self, old, new, values=None):
        """The same numbers, with another name for one axis and, if need be, other values along it."""
        self._need_axis(old)
        axes = {name: values or own if name == old else own for name, own in self.axes.items()}
        return self._with(self.array, {new if name == old else name: own for name, own in axes.items()})

    def __array__(self, dtype=None, copy=None):
        return np.array(self.array, dtype, copy=copy)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        grids = [each for each in inputs if isinstance(each, Grid)]
        if any(list(each.axes.items()) != list(self.axes.items()) for each in grids):
            axes = " and ".join(_said(each.axes) for each in grids)
            raise ValueError(f"Expected grids with the same axes, got {axes}.")
        arrays = [each.array if isinstance(each, Grid) else each for each in inputs]
        numbers = getattr(ufunc, method)(*arrays, **options)
        return Grid(numbers, **self.axes) if np.shape(numbers) == self.array.shape else numbers

    def __bool__(self):
        return bool(self.array)

    def __repr__(self):
        return f"Grid of {_said(self.axes)}{self.what and ': ' + self.what}"

    def _with(self, array, axes):
        return Grid(array, self.what, **axes) if axes else array[()]

    def _without(self, axis, function):
        number = list(self.axes).index(self._need_axis(axis))
        return self._with(function(self.array, number), _less(self.axes, axis))

    def _need_axis(self, name):
        if name not in self.axes:
            raise ValueError(f"{name}: expected one of the axes {', '.join(self.axes)}.")
        return name

    def _place(self, name, value):
        if _plain(value) not in self.axes[name]:
            shown = [*map(repr, self.axes[name])]
            shown = shown if len(shown) <= 12 else [*shown[:3], "…", shown[-1]]
            raise ValueError(f"{name}: expected one of {', '.join(shown)}, got {value!r}.")
        return self.axes[name].index(value)


def save(path, grids, about):
    """Write Grids, name -> Grid, to one .npz; `about`, a dict that JSON can hold, gets today's date."""
    about = {"date": time.strftime("%Y-%m-%d"), **about}
    axes = {name: {"what": grid.what, "axes": dict(grid.axes)} for name, grid in grids.items()}
    texts = {name: json.dumps(text, ensure_ascii=False) for name, text in (("about", about), ("axes", axes))}
    np.savez_compressed(path, **texts, **{name: grid.array for name, grid in grids.items()})


def load(path):
    """What `save` wrote: (name -> Grid, about). Fractions come as float64, whatever they were written as."""
    grids = {}
    with np.load(path, allow_pickle=False) as file:
        about, kept = (json.loads(str(file[name])) for name in ("about", "axes"))
        for name, one in kept.items():
            array = file[name]
            array = array.astype(float) if array.dtype.kind == "f" else array
            grids[name] = Grid(array, one["what"], **one["axes"])
    return grids, about


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value


def _less(axes, name):
    return {other: values for other, values in axes.items() if other != name}


def _said(axes):
    return " × ".join(f"{name} ({len(values)})" for name, values in axes.items())
