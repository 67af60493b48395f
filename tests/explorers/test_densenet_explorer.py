"""The DenseNet explorer counts what the real nets have, and shows what the sweep measured."""

import numpy as np
import pytest

from skiplab import DenseNetExplorer, sweeps
from skiplab.explorers.densenet_table import IDLE, LAYERS, MERGES, RANGES
from skiplab.nets import densenet
from skiplab.scene.template import fill
from skiplab.sweeps import densenet as sweep

STARTS = {dial.name: dial.start for dial in DenseNetExplorer.dials}
CELLS = [("concat", 4, 4, 0.5), ("concat", 6, 8, 1.0), ("concat", 1, 2, 0.5), ("add", 2, 8, 1.0), ("none", 6, 2, 0.5)]
WAY = {tuple(how.values()): way for way, how in sweep.WAYS.items()}  # merge and theta -> way


def frame(**moved):
    return DenseNetExplorer.frame(**(STARTS | moved))


@pytest.mark.parametrize(("merge", "layers", "growth", "theta"), CELLS)
def test_counts_and_errors_are_those_of_the_net(merge, layers, growth, theta):
    shown = frame(merge=merge, layers=layers, growth=growth, theta=theta)
    way = WAY[merge, theta if merge == "concat" else 1.0]
    plan = sweep.plan(way, layers, growth)
    net = densenet.densenet(**plan)
    assert shown["parameters"] == sum(p.numel() for p in net.parameters())
    assert (shown["stored"], shown["new"]) == (densenet.stored(8, **plan), densenet.new_features(8, **plan))
    errors = 100 * sweeps.load("densenet")["test"].at(**sweep.WAYS[way], layers=layers, growth=growth)
    expected = errors.median("seeds"), errors.low("seeds"), errors.high("seeds")
    assert (shown["error"], shown["error_low"], shown["error_high"]) == pytest.approx(expected, abs=1e-3)
    reads = [part.branch[0].num_features for part in [*net.block1, *net.block2]]
    shown_reads = [shown[f"reads_{n}"] for n in range(1, 2 * layers + 3) if n != layers + 1]
    assert shown_reads == [*reads, net.head.in_features]
    assert shown["reads_" + str(layers + 1)] == net.transition1[0].num_features


@pytest.mark.parametrize("layers", LAYERS)
def test_each_layer_is_reached_by_all_before_it(layers):
    shown = frame(layers=layers)
    for number, base in enumerate((0, layers + 1), 1):
        arcs = set(zip(shown["into_from"], shown["into_to"], strict=True)) | set(zip(shown["next_from"], shown["next_to"], strict=True))
        assert {(base + a, base + b) for b in range(1, layers + 2) for a in range(b)} <= arcs
        matrix = np.reshape(shown[f"map_{number}"], (7, 7))
        assert np.isfinite(matrix).sum() == (layers + 1) * (layers + 2) / 2
    assert np.isfinite(shown["into_from"]).sum() == layers * (layers + 1)


def test_adding_reads_all_before_and_no_skip_the_one_before():
    add, none = (np.isfinite(np.reshape(frame(merge=merge, layers=4)["wiring"], (7, 7))) for merge in ("add", "none"))
    assert (add[:5, :5] == np.tri(5)).all()
    assert (none[:5, :5] == np.eye(5)).all()
    assert not np.concatenate([add, none])[[5, 6, 12, 13]].any()


@pytest.mark.parametrize("shows", RANGES)
def test_arcs_are_as_wide_as_the_matrix_says(shows):
    shown = frame(layers=4, shows=shows)
    middle = sweeps.load("densenet")[shows].at(theta=0.5, layers=4, growth=4).median("seeds").array  # (block, reader, source)
    low, high = RANGES[shows]
    assert (shown["shade_low"], shown["shade_high"]) == pytest.approx((low, high))
    assert (shown["least"], shown["most"]) == pytest.approx((np.nanmin(middle), np.nanmax(middle)), abs=1e-3)
    assert np.isfinite(middle).sum() == shown["total"]
    if shows == "cut":
        assert shown["idle"] == (middle < IDLE).sum()
    for number in (1, 2):
        ends = np.nanmin(middle[number - 1]), np.nanmax(middle[number - 1])
        assert (shown[f"least_{number}"], shown[f"most_{number}"]) == pytest.approx(ends, abs=1e-3)
    for kind in ("into", "next"):
        for start, end, width in zip(shown[f"{kind}_from"], shown[f"{kind}_to"], shown[f"{kind}_width"], strict=True):
            if np.isnan(start):
                assert width == 0
                continue
            block = int(end > 5)
            value = middle[block, int(end) - 5 * block - 1, int(start) - 5 * block]
            assert width == pytest.approx(0.4 + 4.6 * min(1, max(0, (value - low) / (high - low))), abs=5e-3)


def test_what_is_said_of_the_head_is_the_matrix():
    head = {"theta": 0.5, "layers": 6, "growth": 4, "block": 2, "reader": 6}
    weights, cut = (sweeps.load("densenet")[name].at(**head) for name in ("weights", "cut"))
    shown = frame(layers=6)
    assert shown["ratio"] == pytest.approx((weights.at(source=6) / weights.at(source=0)).median("seeds"), abs=1e-3)
    assert (shown["newest"], shown["oldest"]) == pytest.approx([cut.at(source=at).median("seeds") for at in (6, 0)], abs=1e-3)


@pytest.mark.parametrize(("moved", "title"), [
    ({}, "Each layer reads all earlier ones, about evenly: weights 0.8 to 1.2 (1 is even)"),
    ({"shows": "cut", "layers": 6, "growth": 2}, "Cut one of the 56 connections: 30 of them cost less than 0.05 nats"),
    ({"merge": "add"}, "Each layer reads the sum of all earlier ones"),
    ({"merge": "none"}, "Each layer reads the one before it"),
])  # fmt: skip
def test_the_title_says_what_is_read(moved, title):
    assert fill(DenseNetExplorer.scene["panels"][0]["title"], frame(**moved)) == title


@pytest.mark.parametrize("merge", MERGES)
def test_the_chosen_merge_alone_is_thick_and_has_a_range(merge):
    shown, marks = frame(merge=merge), DenseNetExplorer.scene["panels"][-1]["marks"]
    assert [mark["label"] for mark in marks if mark["kind"] == "line" and shown[mark["width"][1:]] == 4] == [merge]
    assert [mark["low"] for mark in marks if mark["kind"] == "band" and shown[mark["when"][1:]]] == [f"@{merge}_low"]
    assert shown["none_chosen"] == (merge == "none")


@pytest.mark.parametrize(("moved", "said"), [
    ({}, "Trained, the head reads its newest layer"),
    ({"shows": "cut"}, "Without its newest layer the head's loss grows by"),
    ({"merge": "add"}, "A layer reads the sum of all before it"),
    ({"merge": "none", "layers": 1}, "two blocks of 1 layer, each 8 channels wide"),
])  # fmt: skip
def test_it_says_what_it_shows(moved, said):
    explorer = DenseNetExplorer(**moved)
    assert said in explorer.snapshot()[0]
    assert len(explorer._block) < 50_000
