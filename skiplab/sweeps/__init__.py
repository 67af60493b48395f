"""Some measurements take minutes: they are made once, by a script that is here, and shipped as Grids beside it.

    shipped = sweeps.load("residual")
    shipped["train"].at(depth=56, merge="add", gamma="1/√L", init="he", norm="none", steps=75).median("seeds")

sweeps/NAME.py has `measure(report)`, which makes all of them, and `cell(...)`, which makes one again; `python -m skiplab.sweeps NAME`
writes sweeps/NAME.npz, with the date and the module's ABOUT in it. A test makes a few cells anew, and so can a reader.
"""

import functools
from pathlib import Path

import numpy as np

from skiplab.base import grid
from skiplab.base.errors import need_choice

HERE = Path(__file__).parent


def load(name):
    """The Grids of a sweep: name -> Grid."""
    return dict(_read(name)[0])


def about(name):
    """When and how a sweep was measured: a dict."""
    return dict(_read(name)[1])


def gather(what, axes, cells):
    """Grids from what was measured cell by cell: NaN, or False of a mask, where no cell stands.

    what     name -> what the numbers of the Grid are, in words
    axes     name -> the axes of the Grid, a dict of name -> values
    cells    pairs of dicts: where a cell stands, axis -> value, and what was measured there, name -> array of the other axes
    """
    arrays = {}
    for where, measured in cells:
        for name, numbers in measured.items():
            if name not in arrays:
                blank, shape = np.nan if numbers.dtype.kind == "f" else 0, [len(values) for values in axes[name].values()]
                arrays[name] = np.full(shape, blank, numbers.dtype)
            place = [list(values).index(where[axis]) if axis in where else slice(None) for axis, values in axes[name].items()]
            arrays[name][tuple(place)] = numbers
    return {name: grid.Grid(array, what[name], **axes[name]) for name, array in arrays.items()}


def store(name, grids, about, folder=HERE):
    """Write the Grids of a sweep, and when and how they were measured: the path."""
    path = Path(folder) / f"{name}.npz"
    grid.save(path, grids, about)
    return path


@functools.cache
def _read(name):
    need_choice("name", name, sorted(path.stem for path in HERE.glob("*.npz")))
    return grid.load(HERE / f"{name}.npz")
