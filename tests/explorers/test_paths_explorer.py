"""The paths explorer draws the paths that are left, and says what they weigh, as one counts them one by one."""

import itertools

import numpy as np
import pytest

from skiplab import PathsExplorer
from skiplab.explorers.paths import BLOCKS, NAMES, RHOS, STATES, TOP

STARTS = {dial.name: dial.start for dial in PathsExplorer.dials}


def frame(**moved):
    return PathsExplorer.frame(**(STARTS | moved))


def heights(shown):
    """Where paths arrive behind the last block."""
    found = set()
    for kind, k in [*(("past", k) for k in range(BLOCKS)), *(("through", k + 1) for k in range(BLOCKS))]:
        x, y = shown[f"{kind}{k}_x"], shown[f"{kind}{k}_y"]
        found |= set(y[(x == BLOCKS) & np.isfinite(y)])
    return found


def test_what_is_left_is_what_one_counts(subtests):
    paths = list(itertools.product((0, 1), repeat=BLOCKS))
    for cut, rho in itertools.product(itertools.product(STATES, repeat=BLOCKS), RHOS):
        with subtests.test(cut=cut, rho=rho):
            shown = frame(**dict(zip(NAMES, cut, strict=True)), rho=rho)
            left = [path for path in paths if not any(new and state == "out" for new, state in zip(path, cut, strict=True))]
            weight = [sum(float(rho) ** sum(path) for path in those) for those in (left, paths)]
            assert shown["left"] == len(left) == len(heights(shown))
            assert shown["weight"] == pytest.approx(100 * weight[0] / weight[1], abs=1e-3)
            assert shown["wire"] == (cut == ("in",) * BLOCKS) == bool(np.isfinite(shown["wire_y"]).all())
            assert min(heights(shown)) == int("".join(str(1 * (state == "out")) for state in cut), 2)  # the path through all that is in


def test_all_paths_are_apart_and_in_order():
    assert heights(frame()) == set(range(TOP + 1))


def test_the_widths_are_the_weights():
    shown = frame(rho="0.5")
    assert [shown[f"width{k}"] for k in range(3)] == pytest.approx([6, 3, 1.5])


def test_the_sentence_counts_too():
    assert "No block is left out. 32 paths are there, with 100 %" in PathsExplorer().snapshot()[0]
    assert "1 block is left out: 16 paths are there, with 91 %" in PathsExplorer(b3="out", rho="0.1").snapshot()[0]
    assert "2 blocks are left out: 8 paths" in PathsExplorer(b1="out", b3="out").snapshot()[0]
