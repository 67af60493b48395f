"""Some measurements take minutes: they are made once, by a script that is here, and shipped as small arrays beside it.

sweeps/NAME.py has `measure()`, which makes all of them, and `cell(...)`, which makes one again; `python -m skiplab.sweeps NAME` writes
sweeps/NAME.npz, with the date and the settings in it. A test makes a few cells anew, and so can a reader.
"""

import functools
import json
import time
from pathlib import Path

import numpy as np

from skiplab.base.errors import need_choice

HERE = Path(__file__).parent


@functools.cache
def load(name):
    """The arrays of a sweep, and under "about" its date and settings: a dict of name -> array."""
    need_choice("name", name, sorted(path.stem for path in HERE.glob("*.npz")))
    with np.load(HERE / f"{name}.npz", allow_pickle=False) as file:
        found = {key: file[key] for key in file.files}
    for array in found.values():
        array.flags.writeable = False
    return {**found, "about": json.loads(str(found["about"]))}


def store(name, arrays, settings, folder=HERE):
    """Write the arrays of a sweep; settings, a dict that JSON can hold, gets the day added."""
    about = json.dumps({"date": time.strftime("%Y-%m-%d"), **settings}, ensure_ascii=False)
    path = Path(folder) / f"{name}.npz"
    np.savez_compressed(path, about=about, **arrays)
    return path
