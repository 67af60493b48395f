"""The DenseNet explorer shows what the real nets do with the connections cut that the reader has cut."""

import itertools

import numpy as np
import pytest

from skiplab import DenseNetExplorer, sweeps
from skiplab.explorers.densenet import CHAIN, CUTS, FAR, HEAD, MERGES
from skiplab.scene.template import fill

STARTS = {dial.name: dial.start for dial in DenseNetExplorer.dials}
SHIPPED = sweeps.load("densenet")


def frame(**moved):
    return DenseNetExplorer.frame(**(STARTS | moved))


def drawn(shown, kind):
    """The connections that are drawn in one way, as pairs."""
    seen = (shown["lift"] > 0) & (shown[f"cuts_{kind}"] > 0)
    return {(int(i), int(j)) for i, j, there in zip(shown["from"], shown["to"], seen, strict=True) if there}


def test_errors_are_those_of_the_sweep_for_sets_taken_at_random():
    rng = np.random.default_rng()
    for merge, number in itertools.product(MERGES, [0, *rng.integers(2**15, size=20)]):
        cuts = tuple(pair for bit, pair in enumerate(CUTS.pairs) if number >> (14 - bit) & 1)
        shown, where = frame(merge=merge, cuts=cuts), {f"{i}–{j}": int((i, j) in cuts) for i, j in CUTS.pairs}
        for name, of in (("now", "cut"), ("now_low", "cut_low"), ("now_high", "cut_high")):
            assert shown[name] == SHIPPED[of].at(merge=merge, **where), (merge, cuts)
        assert shown["before"] == SHIPPED["cut"].at(merge=merge, **dict.fromkeys(where, 0))
        assert shown["now_low"] <= shown["now"] <= shown["now_high"]
        assert shown["many"] == len(set(cuts) & set(CUTS.pairs if merge != "none" else CHAIN))


def test_the_arcs_are_the_connections_and_those_that_are_cut_are_drawn_apart():
    assert set(CHAIN) | set(FAR) == set(CUTS.pairs) == set(itertools.combinations(range(HEAD + 1), 2))
    for merge in MERGES:
        there = set(CHAIN if merge == "none" else CUTS.pairs)
        shown = frame(merge=merge, cuts=((0, 5), (1, 2)))
        assert drawn(shown, "in") == there & {(0, 5), (1, 2)}
        assert drawn(shown, "out") == there - {(0, 5), (1, 2)}
        assert shown["many_0"] == len(there)
        assert [name for name in MERGES if shown[f"is_{name}"]] == [merge]


def test_an_arc_is_as_wide_as_its_cut_alone_is_dear_and_the_matrix_says_by_how_much():
    for merge in MERGES:
        shown, alike = frame(merge=merge, shows="cost"), frame(merge=merge)
        assert len(set(alike["wide"]) - {0}) == 1
        assert not any(alike[f"there_{i}_{j}"] for i, j in CUTS.pairs)
        costs = {pair: frame(merge=merge, cuts=(pair,))["now"] - shown["before"] for pair in drawn(shown, "out")}
        matrix = np.reshape(shown["alone"], (HEAD, HEAD))
        assert np.isfinite(matrix).sum() == len(costs) == sum(shown[f"there_{i}_{j}"] for i, j in CUTS.pairs)
        for (i, j), width in zip(CUTS.pairs, shown["wide"], strict=True):
            if (i, j) in costs:
                assert matrix[j - 1, i] == shown[f"alone_{i}_{j}"] == costs[i, j]
                assert width == pytest.approx(1 + min(20, max(0, costs[i, j])) / 2, abs=1e-3)
        assert (shown["most"], shown["idle"]) == (max(costs.values()), sum(cost <= 3 for cost in costs.values()))


def test_it_opens_whole_and_says_what_it_shows(subtests):
    whole, cut = "All 15 connections are there: {before:.0f} % wrong", "10 of 15 connections cut: {before:.0f} % wrong become {now:.0f} %"
    for moved, title, said in [
        ({}, whole, " All 15 connections are there."),
        ({"cuts": FAR}, cut, " Cut after training: 10. With all connections it is {before:.0f} %."),
        ({"merge": "none", "cuts": FAR}, whole.replace("15", "5"), "No skip, four layers"),
        ({"shows": "cost"}, whole, " Cut alone, {idle:d} of 15 connections cost at most 3 points, and the dearest costs {most:.0f}."),
    ]:
        with subtests.test(str(moved)):
            explorer, numbers = DenseNetExplorer(**moved), frame(**moved)
            assert fill(explorer.scene["panels"][0]["title"], numbers) == fill([title], numbers)
            assert fill([said], numbers) in explorer.snapshot()[0]
            assert len(explorer._block) < 250_000


def test_a_plain_net_does_not_stand_one_cut_and_no_net_stands_all():
    assert all(frame(merge="none", cuts=(pair,))["now"] > 60 for pair in CHAIN)
    assert all(frame(merge=merge, cuts=CUTS.pairs)["now"] > 80 for merge in MERGES)
