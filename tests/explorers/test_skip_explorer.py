"""What the drawing of a skip says is what the skip does, for every merge that it offers."""

import numpy as np
import pytest
import torch

import skiplab.skip
from skiplab.base.merges import MERGES
from skiplab.explorers.skip import DRAWN, SkipExplorer
from skiplab.scene.template import fill

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


@pytest.mark.parametrize(
    ("lam", "said"), [(0.0, "closed"), (0.35, "x passes, weakened"), (1.0, "x passes as it is"), (1.5, "x passes, amplified")]
)
def test_the_drawing_says_what_the_shortcut_does_to_x(lam, said):
    template = next(mark["text"] for mark in SkipExplorer.scene["panels"][0]["marks"] if "shortcut" in str(mark.get("text")))
    assert fill(template, SkipExplorer(lam=lam).frame(**{**SkipExplorer().values, "lam": lam})) == f"shortcut: {said}"


@pytest.mark.parametrize(("lam", "gamma", "usual"), [(1.0, 1.0, True), (1.0, 0.35, False), (0.95, 1.0, False), (1.0, 0.0, False)])
def test_only_the_plain_sum_is_that_of_the_resnet(lam, gamma, usual):
    assert ("as in ResNet" in SkipExplorer(lam=lam, gamma=gamma).snapshot()[0]) == usual


def test_no_bar_covers_a_name_or_leaves_the_drawing():
    marks, (low, high) = SkipExplorer.scene["panels"][0]["marks"], SkipExplorer.scene["panels"][0]["y"]["range"]
    names = [mark["y"] for mark in marks if mark.get("text") in ("x", "F(x)", "y")]
    foot = next(mark["y"] for mark in marks if mark["kind"] == "bars")
    for x0 in (-1.0, 0.0, 1.0):
        y = SkipExplorer.frame(merge="add", lam=1.5, gamma=1.5, z=0.3, x0=x0)["y"]
        assert low + 0.1 < max(names) < foot + min(y) - 0.2
        assert foot + max(y) < high


def test_in_a_concatenation_x_and_the_branch_keep_their_colours():
    frame = SkipExplorer(merge="concat").frame(**SkipExplorer(merge="concat").values)
    bars = [mark for mark in SkipExplorer.scene["panels"][0]["marks"] if mark["kind"] == "bars" and frame[mark.get("when", "@wide")[1:]]]
    assert [(mark["values"], mark["color"]) for mark in bars] == [("@x", "ink"), ("@f", "muted")] * 2


def test_y_is_what_x_gives_with_what_the_branch_gives_on_top_of_it(subtests):
    foot = next(mark["y"] for mark in SkipExplorer.scene["panels"][0]["marks"] if mark["kind"] == "bars")
    for name in ("none", "add", "gate"):
        with subtests.test(name):
            frame = SkipExplorer.frame(merge=name, x0=-0.9, **DIALS)
            for i, y in enumerate(frame["y"]):
                assert frame[f"from{i}"] == pytest.approx(foot + frame["kept"][i])
                assert frame[f"from{i}"] + frame[f"more{i}"] == pytest.approx(frame[f"end{i}"]) == pytest.approx(foot + y)


def test_the_pieces_travel_and_are_y_when_they_have_arrived():
    frames = [SkipExplorer.frame(merge="add", x0=0.6, way=way, **DIALS) for way in np.linspace(0, 1, 21)]
    for name in ("skip_x", "branch_x"):
        assert (np.diff([frame[name] for frame in frames]) > 0).all()
    start, end = frames[0], frames[-1]
    assert [frame["arrived"] for frame in frames] == [frame["narrow"] for frame in frames] == [0] * 20 + [1]
    assert {frame["rides"] + frame["passes"] for frame in frames[:-1]} == {2}
    assert end["rides"] + end["passes"] == 0
    np.testing.assert_allclose([*start["riding"], *start["passing"]], [*start["x"], *start["x"]])
    np.testing.assert_allclose(end["riding"] + end["passing"], end["y"])
    shut = SkipExplorer.frame(merge="none", x0=0.6, way=0.5, **DIALS)
    assert (shut["rides"], shut["passes"]) == (0, 1)
