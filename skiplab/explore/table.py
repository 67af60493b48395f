"""A table holds every position of the fast dials, so that the browser can look a picture up instead of waiting for it."""

import zlib
from dataclasses import dataclass, field

import numpy as np

from skiplab.scene.template import fill

ROUNDING = 3  # decimals kept: logarithms need no more, and rounded numbers pack well


@dataclass(frozen=True)
class Table:
    """arrays: name -> (dials, array), the first axes of the array being those dials' positions, the rest what is drawn.

    picks: name -> template of an array's name, such as {"middle": "{merge}_middle"}; words: texts that every frame holds.
    """

    arrays: dict
    picks: dict = field(default_factory=dict)
    words: dict = field(default_factory=dict)

    def __post_init__(self):
        for name, (dials, array) in self.arrays.items():
            self.arrays[name] = (dials, np.round(np.asarray(array, dtype=np.float32), ROUNDING))

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
