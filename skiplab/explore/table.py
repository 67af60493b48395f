"""A table holds every position of the fast dials, so that the browser can look a picture up instead of waiting for it."""

import zlib

import numpy as np

from skiplab.base.grid import Grid
from skiplab.explore.dials import Slider
from skiplab.scene.template import fill

ROUNDING = 3  # decimals kept: logarithms need no more, and rounded numbers pack well


class Table:
    """Every number that is drawn or said at some position of the dials.

    dials    those of the explorer
    grids    name -> Grid, or numbers that no dial changes; an axis that is named like a dial is looked up, and has
             what the dial may be for values, in any order; what the other axes hold is drawn, row by row
    picks    name -> template of another name, such as {"middle": "{merge}_middle"}
    words    texts that every frame holds
    """

    def __init__(self, dials, grids, picks=None, words=None):
        options = {dial.name: _options(dial) for dial in dials}
        self.arrays = {name: _looked_up(name, grid, options) for name, grid in grids.items()}  # (dials, array) each
        self.picks, self.words = picks or {}, words or {}

    def frame(self, values, positions):
        """The numbers of one picture: the dials' `values`, and what stands at the fast dials' `positions`."""
        frame = {**values, **{f"{name}_no": at for name, at in positions.items()}, **self.words}
        for name, (dials, array) in self.arrays.items():
            row = array[tuple(positions[dial] for dial in dials)]
            frame[name] = float(row) if row.ndim == 0 else row.astype(float)
        return {**frame, **{name: frame[fill(template, values)] for name, template in self.picks.items()}}

    def packed(self):
        """(layout, block): where each array stands, and all of them as one deflated block of float32."""
        layout, start = {}, 0
        for name, (dials, array) in self.arrays.items():
            layout[name] = {"dials": list(dials), "shape": list(array.shape), "start": start}
            start += array.size
        block = b"".join(array.astype("<f4").tobytes() for _, array in self.arrays.values())
        return {"arrays": layout, "picks": self.picks, "words": self.words}, zlib.compress(block, 9)


def along(arrays, **axes):
    """A Grid of each array, whose first axes are those given and whose others are drawn: name -> Grid."""
    grids = {}
    for name, array in arrays.items():
        array = np.asarray(array)
        drawn = {f"drawn {i}": range(length) for i, length in enumerate(array.shape[len(axes) :])}
        grids[name] = Grid(array, **axes, **drawn)
    return grids


def _looked_up(name, grid, options):
    """The dials of a Grid, and its numbers (a position for each of them ..., what is drawn) in float32."""
    grid = grid if isinstance(grid, Grid) else along({name: grid})[name]
    dials = [axis for axis in grid.axes if axis in options]
    for dial in dials:
        if set(grid.axes[dial]) != set(options[dial]):
            allowed, got = options[dial], grid.axes[dial]
            raise ValueError(f"{name}: expected {dial} to be what its dial may be, {allowed}, got {got}.")
    turned = {dial: options[dial] for dial in dials if grid.axes[dial] != options[dial]}
    array = grid.at(**turned).array if turned else grid.array
    array = np.moveaxis(array, [list(grid.axes).index(dial) for dial in dials], range(len(dials)))
    shape = array.shape[: len(dials)] if len(dials) == array.ndim else (*array.shape[: len(dials)], -1)
    return tuple(dials), np.round(array.reshape(shape).astype(np.float32), ROUNDING)


def _options(dial):
    """What a dial may be, in the order of its positions."""
    if isinstance(dial, Slider):
        count = round((dial.most - dial.least) / dial.step) + 1
        return tuple(dial.least + i * dial.step for i in range(count))
    return tuple(dial.options)
