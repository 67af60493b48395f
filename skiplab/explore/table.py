"""A table holds every position of the fast dials, so that the browser can look a picture up instead of waiting for it."""

import zlib

import numpy as np

from skiplab.base.grid import Grid
from skiplab.explore.dials import Pairs, Slider

DIGITS = 4  # decimals that are kept, or digits of a number below 0.1: no picture needs more, and rounded numbers pack well


class Table:
    """Every number that is drawn or said at some position of the dials.

    dials    those of the explorer
    grids    name -> Grid, or numbers that no dial changes; an axis that is named like a dial is looked up, and has
             what the dial may be for values, in any order; what the other axes hold is drawn, row by row
    texts    name -> (a dial, its text for each of what the dial may be), such as a colour
    by       a dial: where each of its options has a grid `{option}_x`, the frame's x is that of the chosen option
    """

    def __init__(self, dials, grids, texts=None, by=None):
        options = {dial.name: _options(dial) for dial in dials}
        self.sets = {dial.name: dial.pairs for dial in dials if isinstance(dial, Pairs)}
        self.arrays = {name: _looked_up(name, grid, options) for name, grid in grids.items()}  # (dials, array) each
        self.texts, self.by, self.chosen = texts or {}, by, _shared(options[by], grids) if by else []

    def frame(self, values, positions):
        """The numbers of one picture: the dials' `values`, and what stands at the fast dials' `positions`."""
        frame = {**values, **{f"{name}_no": at for name, at in positions.items()}}
        frame |= {name: texts[positions[dial]] for name, (dial, texts) in self.texts.items()}
        for name, pairs in self.sets.items():
            chosen = np.array([pair in values[name] for pair in pairs], float)
            frame |= {f"{name}_in": chosen, f"{name}_out": 1 - chosen}
        for name, (dials, array) in self.arrays.items():
            row = array[tuple(positions[dial] for dial in dials)]
            frame[name] = float(row) if row.ndim == 0 else row.astype(float)
        return {**frame, **{name: frame[f"{values[self.by]}_{name}"] for name in self.chosen}}

    def packed(self):
        """(layout, block): where each array stands, and all of them as one deflated block of float32."""
        layout, start = {}, 0
        for name, (dials, array) in self.arrays.items():
            layout[name] = {"dials": list(dials), "shape": list(array.shape), "start": start}
            start += array.size
        block = b"".join(array.astype("<f4").tobytes() for _, array in self.arrays.values())
        return {"arrays": layout, "texts": self.texts, "by": self.by, "chosen": self.chosen}, zlib.compress(block, 7)


def along(arrays, **axes):
    """A Grid of each array, whose first axes are those given and whose others are drawn: name -> Grid."""
    grids = {}
    for name, array in arrays.items():
        array = np.asarray(array)
        drawn = {f"drawn {i}": range(length) for i, length in enumerate(array.shape[len(axes) :])}
        grids[name] = Grid(array, **axes, **drawn)
    return grids


def spread(name, grid, axis="seeds"):
    """Median and range over the seeds, for a line and its band: `name`, `name_low` and `name_high`."""
    return {name: grid.median(axis), f"{name}_low": grid.low(axis), f"{name}_high": grid.high(axis)}


def so_far(grid, axis, **dial):
    """A curve along an axis as far as a dial has gone, NaN beyond it: of a Grid, and a dial with its values, a Grid of both."""
    ((_, values),) = dial.items()
    places = np.reshape(grid.axes[axis], [-1 if name == axis else 1 for name in grid.axes])
    return Grid([np.where(places <= value, grid.array, np.nan) for value in values], **dial, **grid.axes)


def _shared(options, grids):
    """The names x of which there is an `{option}_x` for each option."""
    names = [name.removeprefix(f"{options[0]}_") for name in grids if name.startswith(f"{options[0]}_")]
    return [name for name in names if all(f"{option}_{name}" in grids for option in options)]


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
    array = array.reshape(shape).astype(float)
    powers = np.floor(np.log10(np.abs(array).clip(1e-30, 0.1)))  # -1 from 0.1 on
    scale = 10 ** (DIGITS - 1 - powers)
    return tuple(dials), (np.round(array * scale) / scale).astype(np.float32)


def _options(dial):
    """What a dial may be, in the order of its positions."""
    if isinstance(dial, Slider):
        count = round((dial.most - dial.least) / dial.step) + 1
        return tuple(dial.check(dial.least + i * dial.step) for i in range(count))
    return tuple(dial.sets if isinstance(dial, Pairs) else dial.options)
