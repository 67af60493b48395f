"""The saddle explorer draws the numbers of skiplab.theory.saddle, and says what they are."""

import numpy as np
import pytest

from skiplab.explorers import saddle as room
from skiplab.explorers.saddle import SaddleExplorer
from skiplab.theory import saddle
from skiplab.theory.saddle import FORMS, KINDS, OPTIMIZERS, Toy

GRID = [
    {"form": form, "length": length, "alpha": alpha, "optimizer": optimizer, "w1": 0.25, "w2": w2, "lam": lam, "lr": lr}
    for i, form in enumerate(FORMS)
    for j, length in enumerate((2, 3, 4, 8))
    for k, alpha in enumerate((-1.0, 0.5, 1.0, 2.5))
    for lam in (0.7, 1.0)
    for optimizer, w2, lr in [[("gd", -0.1, 0.05), ("momentum", 0.25, 0.01), ("adam", -0.25, 0.02), ("noisy", 0.5, 0.1)][(i + j + k) % 4]]
    if form != "pair" or length % 2 == 0
]


def setting(**values):
    return {**{dial.name: dial.start for dial in SaddleExplorer.dials}, **values}


def toy_of(v):
    return Toy(v["alpha"], v["form"], v["lam"], v["length"])


def test_the_frame_holds_the_numbers_of_the_toy():
    for values in GRID:
        the_frame_is_that_of_the_toy(setting(**values))


def the_frame_is_that_of_the_toy(v):
    frame, toy = SaddleExplorer.frame(**v), toy_of(v)
    origin = np.zeros(toy.length)
    assert (frame["eig_lo"], frame["eig_hi"]) == tuple(saddle.eigenvalues(toy, origin)[[0, -1]])
    assert KINDS[frame["kind"]] == saddle.kind(toy, origin)
    assert (FORMS[frame["form_no"]], OPTIMIZERS[frame["optimizer_no"]]) == (v["form"], v["optimizer"])
    path = saddle.descend(toy, saddle.tie([v["w1"], v["w2"]], toy.length), room.STEPS, v["lr"], v["optimizer"], v["sigma"])
    lived = np.isfinite(path).all(-1).sum()
    np.testing.assert_array_equal(frame["path_a"], path[:lived, 0])
    np.testing.assert_array_equal(frame["path_b"], path[:lived, 1])
    np.testing.assert_allclose(frame["losses"], np.maximum(saddle.loss(toy, path[:lived]), 1e-12), rtol=1e-12)
    measured = saddle.escape_steps(toy, path)
    assert frame["escape"] == (-1 if measured is None else measured)
    assert frame["final"] == frame["losses"][-1] == frame["loss_now"]
    guess = saddle.predicted_escape(toy, [v["w1"], v["w2"]], v["lr"])
    assert frame["guessed"] == int(guess is not None and v["optimizer"] == "gd")
    assert frame["predicted"] == guess or (guess is None and np.isnan(frame["predicted"]))


def test_the_map_shows_the_loss_where_it_is():
    for values in GRID[::3]:
        the_map_is_that_of_the_toy(setting(**values))


def the_map_is_that_of_the_toy(v):
    frame, toy = SaddleExplorer.frame(**v), toy_of(v)
    miss, height = (np.reshape(frame[name], (room.SIDE, room.SIDE)) for name in ("miss", "height"))
    axis = np.linspace(-room.REACH, room.REACH, room.SIDE)
    for row, column in ((0, 0), (0, room.SIDE - 1), (room.SIDE // 2, room.SIDE // 2), (17, 80)):
        w = saddle.tie([axis[column], axis[row]], toy.length)  # a runs along a row, b up the columns
        assert miss[row, column] == pytest.approx(saddle.multiplier(toy, w) - toy.alpha, rel=1e-12, abs=1e-12)
        assert 10 ** height[row, column] == pytest.approx(saddle.loss(toy, w), rel=1e-6, abs=2e-12)
    assert axis[room.SIDE // 2] == 0
    if v["form"] == "block":
        assert miss[60, 60] == pytest.approx(v["lam"] - v["alpha"])
    if v["form"] == "plain":
        assert miss[60, 60] == -v["alpha"]


def test_the_picture_marks_the_saddle_and_a_flat_minimum_is_no_saddle():
    def frame(**values):
        return SaddleExplorer.frame(**setting(**values))

    weight = frame(form="weight", lam=0.8)
    assert (weight["at"], weight["stands"], weight["rests"]) == (-0.8, 1, 0)
    block = frame(form="block", alpha=1.0)
    assert KINDS[block["kind"]] == "flat minimum"
    assert (block["at"], block["stands"], block["rests"], block["outcome"]) == (0.0, 0, 1, 3)
    plain = frame(form="plain", alpha=1.0)
    assert (plain["at"], plain["stands"], plain["rim"]) == (0.0, 1, -1.0)
    assert KINDS[frame(form="plain", length=3)["kind"]] == "flat saddle"


@pytest.mark.parametrize(
    ("values", "outcome", "said"),
    [
        ({"alpha": 1.0, "w1": 0.1, "w2": 0.1}, 0, "escaped in"),
        ({"alpha": 1.0, "w1": 0.5, "w2": -0.5}, 1, "not escaped after 400 steps, loss 1."),
        ({"alpha": 1.0, "w1": 2.5, "w2": 2.0, "lr": 0.5}, 2, "diverged after"),
        ({"alpha": 1.5, "w1": 1.1, "w2": 1.1, "lr": 0.1}, 0, "escaped in 1 step."),
        ({"alpha": 1.5, "w1": 2.5, "w2": 2.5, "lr": 1.0, "length": 3}, 2, "diverged after 1 step."),
        ({"alpha": 1.0, "form": "block"}, 3, "no saddle to leave"),
        ({"alpha": -1.0, "form": "weight", "w1": 0.0, "w2": 0.0, "lr": 0.05}, 1, "not escaped after 400 steps, loss 1."),
    ],
)
def test_each_outcome_is_said(values, outcome, said):
    explorer = SaddleExplorer(**values)
    assert SaddleExplorer.frame(**explorer.values)["outcome"] == outcome
    assert said in explorer.snapshot()[0]


@pytest.mark.parametrize("shown", [0, 1, 57, 400])
def test_the_shown_step_cuts_path_and_loss_alone(shown):
    whole, cut = (SaddleExplorer.frame(**setting(shown=n)) for n in (400, shown))
    assert len(cut["path_a"]) == len(cut["losses"]) == shown + 1
    assert cut["step_now"] == shown
    assert cut["loss_now"] == whole["losses"][shown]
    assert (cut["here_a"], cut["here_b"]) == (whole["path_a"][shown], whole["path_b"][shown])
    assert all(cut[name] == whole[name] for name in ("escape", "final", "last", "outcome"))


def test_a_descent_that_diverges_is_shown_as_long_as_it_lives():
    frame = SaddleExplorer.frame(**setting(alpha=1.0, w1=2.5, w2=2.0, lr=0.5))
    assert frame["last"] < 400
    assert len(frame["path_a"]) == frame["last"] + 1
    assert np.isfinite(frame["losses"]).all()


def test_an_odd_number_of_weights_in_pairs_is_refused_and_moves_nothing():
    explorer = SaddleExplorer(length=3)
    before = explorer.values
    with pytest.raises(ValueError, match=r"^length: form 'pair' needs an even number of weights, got 3"):
        explorer.set(form="pair", alpha=0.5)
    with pytest.raises(ValueError, match=r"^length: "):
        SaddleExplorer(form="pair", length=5)
    assert explorer.values == before
    assert explorer.set(form="pair", length=4).values["form"] == "pair"


def test_an_odd_number_that_the_browser_sets_is_said_and_not_drawn():
    explorer = SaddleExplorer(form="pair", length=4)
    explorer.set_state({"length": 5})  # as the browser does
    said, figure = explorer.snapshot()
    assert said == "length: form 'pair' needs an even number of weights, got 5."
    assert figure is None
    bundle, _ = explorer._repr_mimebundle_()
    assert bundle["text/plain"] == said
    assert bundle.keys().isdisjoint({"text/html", "image/png"})
    assert explorer.set(length=6).snapshot()[1] is not None


@pytest.mark.parametrize("length", [2, 4, 8])
def test_a_start_beside_the_line_that_never_escapes_can_be_said(length):
    explorer = SaddleExplorer(w1=0.1 + 0.2, w2=-0.3, length=length, alpha=1.0)  # a + b = 5e-17, as sliders give it
    said, figure = explorer.snapshot()
    assert "Gradient descent" in said
    assert figure is not None


def test_the_noise_of_the_browser_is_that_of_python():
    table = np.reshape(SaddleExplorer.constants["noise"], (room.STEPS, 2))
    assert (saddle.noise_table(room.STEPS, 4) == saddle.tie(table, 4)).all()


@pytest.mark.parametrize(
    ("tip", "said"),
    [
        ("round all", "escaped in 112 steps, 113 predicted"),
        ("flat minimum", "it is a flat minimum"),
        ("runs into the saddle", "not escaped after 400 steps, loss 1"),
        ("323 steps", "escaped in 323 steps"),
        ("flatter minimum", "escaped in 5 steps"),
    ],
)
def test_what_a_tip_says_is_what_it_shows(tip, said):
    (values,) = (values for text, values in SaddleExplorer.tips if tip in text and (tip != "flat minimum" or "α = 1" in text))
    assert said in SaddleExplorer(**values).snapshot()[0]


def test_the_long_step_of_the_tip_ends_in_a_minimum_half_as_sharp():
    (values,) = (values for text, values in SaddleExplorer.tips if "flatter" in text)
    toy, start = saddle.Toy(1.0), [values["w1"], values["w2"]]
    long, short = (saddle.eigenvalues(toy, saddle.descend(toy, start, 400, lr)[-1])[-1] for lr in (values["lr"], 0.02))
    assert long < 0.6 * short
