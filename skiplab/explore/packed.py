"""Numbers travel as one block of float64, so that NaN stays NaN and nothing is written out in digits; texts travel beside it."""

import numpy as np


def pack(frame):
    """A frame for packed.js: `sizes`, [name, how many numbers] each, -1 for a single one; `block`, all of them; `texts`, the others."""
    sizes, numbers, texts = [], [np.zeros(0)], {}
    for name, value in frame.items():
        array = np.asarray(value)
        if array.dtype.kind in "buif":
            sizes.append([name, array.size if array.ndim else -1])
            numbers.append(array.ravel())
        else:
            texts[name] = value
    return {"sizes": sizes, "texts": texts, "block": np.concatenate(numbers).astype("<f8").tobytes()}


def to_json(sent, explorer):
    """How a trait with `numbers` in it goes to the browser."""
    return {**sent, "numbers": pack(sent["numbers"])} if sent else sent
