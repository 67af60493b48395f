"""Some measurements take minutes: each is made once, by a script that is here, and shipped as Grids beside it.

    error = sweeps.load("residual")["train"].at(init="he", norm="none", steps=75)
    error.at(depth=56, merge="add", gamma="1/√L").median("seeds")

sweeps/NAME.py has `measure(report)`, which makes all, and `cell(...)`, which makes one cell again;
`python -m skiplab.sweeps NAME` writes sweeps/NAME.npz, with the date and the module's ABOUT in it.
A test makes a few cells anew, and so can a reader.
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
    cells    pairs of dicts: where a cell stands, axis -> value; what was measured there, name -> array of the
             other axes
    """
    arrays = {}
    for where, measured in cells:
        for name, numbers in measured.items():
            if name not in arrays:
                blank = np.nan if numbers.dtype.kind == "f" else 0
                arrays[name] = np.full([len(values) for values in axes[name].values()], blank, numbers.dtype)
            places = {axis: list(values).index(where[axis]) for axis, values in axes[name].items() if axis in where}
            arrays[name][tuple(places.get(axis, slice(None)) for axis in axes[name])] = numbers
    return {name: grid.Grid(array, what[name], **axes[name]) for name, array in arrays.items()}


@functools.cache
def _read(name):
    need_choice("name", name, sorted(path.stem for path in HERE.glob("*.npz")))
    return grid.load(HERE / f"{name}.npz")
