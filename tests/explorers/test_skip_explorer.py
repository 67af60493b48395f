"""What the drawing of a skip says is what the skip does, for every merge that it offers."""

import numpy as np
import pytest
import torch

import skiplab.skip
from skiplab.base.merges import MERGES
from skiplab.explorers.skip import DRAWN, SkipExplorer

DIALS = {"lam": 0.75, "gamma": 0.4, "z": 0.3}


def made(name):
    """The merge where the dials stand."""
    if name == "gate":
        return skiplab.skip.Gate(lambda *_: torch.full((3,), DIALS["z"], dtype=torch.float64))
    used = {dial: DIALS[dial] for dial in (*MERGES[name].keep, *MERGES[name].scale) if dial in DIALS}
    return getattr(skiplab.skip, MERGES[name].kind)(**used)


def test_y_is_that_of_the_merge(subtests):
    for name in DRAWN:
        with subtests.test(name):
            frame = SkipExplorer.frame(merge=name, x0=-0.9, **DIALS)
            x, f = (torch.tensor(np.array([frame[part]])) for part in "xf")
            assert frame["y"] == pytest.approx(made(name)(x, f)[0].numpy(), abs=1e-6)


def test_the_shortcut_is_drawn_where_it_carries_x():
    frames = {name: SkipExplorer.frame(merge=name, x0=0.5, **DIALS) for name in ("none", "add", "gate")}
    assert [frame["skip_open"] for frame in frames.values()] == [0, 1, 1]
    assert SkipExplorer.frame(merge="add", x0=0.5, lam=0.0, gamma=1.0, z=0.3)["skip_open"] == 0
