"""The saddle explorer draws the numbers of skiplab.theory.saddle, and says what they are."""

import numpy as np
import pytest

from skiplab.explorers import saddle as room
from skiplab.explorers.saddle import SaddleExplorer
from skiplab.scene.template import fill
from skiplab.theory import saddle
from skiplab.theory.saddle import KINDS, OPTIMIZERS, Toy

GRID = [
    {"form": form, "length": length, "alpha": alpha, "optimizer": optimizer, "w1": 0.25, "w2": w2, "lam": lam, "lr": lr}
    for i, form in enumerate(room.FORMS)
    for j, length in enumerate((2, 3, 4, 8))
    for k, alpha in enumerate((-1.0, 0.5, 1.0, 2.5))
    for lam in (0.7, 1.0)
    for optimizer, w2, lr in [[("gd", -0.1, 0.05), ("momentum", 0.25, 0.01), ("adam", -0.25, 0.02), ("noisy", 0.5, 0.1)][(i + j + k) % 4]]
    if form != "pair" or length % 2 == 0
]


def setting(**values):
    return {**{dial.name: dial.start for dial in SaddleExplorer.dials}, **values}


def toys_of(v):
    return {"plain": Toy(v["alpha"], length=v["length"]), "skip": Toy(v["alpha"], v["form"], v["lam"], v["length"])}


def test_the_frame_holds_the_numbers_of_both_toys():
    for values in GRID:
        v = setting(**values)
        frame = SaddleExplorer.frame(**v)
        assert (room.FORMS[frame["form_no"]], OPTIMIZERS[frame["optimizer_no"]]) == (v["form"], v["optimizer"])
        for arm, toy in toys_of(v).items():
            own = {name.removeprefix(f"{arm}_"): number for name, number in frame.items() if name.startswith(f"{arm}_")}
            the_numbers_are_those_of_the_toy(own, toy, v)


def the_numbers_are_those_of_the_toy(own, toy, v):
    place = saddle.saddle_point(toy)
    assert KINDS[own["kind"]] == saddle.kind(toy, place)
    assert own["curve"] == pytest.approx(-saddle.eigenvalues(toy, place)[0], abs=1e-12)
    path = saddle.descend(toy, saddle.tie([v["w1"], v["w2"]], toy.length), room.STEPS, v["lr"], v["optimizer"], room.SIGMA)
    lived = np.isfinite(path).all(-1).sum()
    np.testing.assert_array_equal(own["path_a"], path[:lived, 0])
    np.testing.assert_array_equal(own["path_b"], path[:lived, 1])
    np.testing.assert_allclose(own["losses"], np.maximum(saddle.loss(toy, path[:lived]), 1e-12), rtol=1e-12)
    measured = saddle.escape_steps(toy, path)
    assert own["escape"] == (-1 if measured is None else measured)
    assert own["final"] == own["losses"][-1] == own["loss_now"]
    guess = saddle.predicted_escape(toy, [v["w1"], v["w2"]], v["lr"])
    assert own["guessed"] == int(guess is not None and v["optimizer"] == "gd")
    assert own["predicted"] == guess or (guess is None and np.isnan(own["predicted"]))


def test_each_v_is_the_curvature_at_the_saddle_for_every_target():
    for values in GRID[::3]:
        v = setting(**values)
        frame = SaddleExplorer.frame(**v)
        for alpha in (room.LEAST, -0.35, 0.5, 1.45, room.MOST):
            for arm, toy in toys_of({**v, "alpha": alpha}).items():
                drawn = np.interp(alpha, frame[f"{arm}_targets"], frame[f"{arm}_curves"])
                assert drawn == pytest.approx(-saddle.eigenvalues(toy, saddle.saddle_point(toy))[0], abs=1e-9), (arm, alpha, v)


def test_the_v_slides_from_nothing_to_the_strength_of_the_skip():
    ends = {lam: SaddleExplorer.frame(**setting(lam=lam)) for lam in (0.0, 0.5, 1.0, 1.5)}
    assert {lam: frame["skip_targets"][1] for lam, frame in ends.items()} == {lam: lam for lam in ends}
    assert {frame["plain_targets"][1] for frame in ends.values()} == {0.0}
    np.testing.assert_array_equal(ends[0.0]["plain_miss"], ends[0.0]["skip_miss"])


def test_the_maps_show_the_loss_where_it_is():
    axis = np.linspace(-room.REACH, room.REACH, room.SIDE)
    assert axis[room.SIDE // 2] == 0
    for values in GRID[::3]:
        v = setting(**values)
        frame = SaddleExplorer.frame(**v)
        for arm, toy in toys_of(v).items():
            miss, height = (np.reshape(frame[f"{arm}_{name}"], (room.SIDE, room.SIDE)) for name in ("miss", "height"))
            for row, column in ((0, 0), (0, room.SIDE - 1), (room.SIDE // 2, room.SIDE // 2), (17, 80)):
                w = saddle.tie([axis[column], axis[row]], toy.length)  # a runs along a row, b up the columns
                assert miss[row, column] == pytest.approx(saddle.multiplier(toy, w) - toy.alpha, rel=1e-12, abs=1e-12)
                assert 10 ** height[row, column] == pytest.approx(saddle.loss(toy, w), rel=1e-6, abs=2e-12)


def test_the_picture_marks_the_saddle_and_a_flat_minimum_is_no_saddle():
    def frame(**values):
        return SaddleExplorer.frame(**setting(**values))

    weight = frame(form="weight", lam=0.8)
    assert (weight["skip_at"], weight["skip_stands"], weight["skip_rests"]) == (-0.8, 1, 0)
    block = frame(form="block", alpha=1.0, lam=1.0)
    assert KINDS[block["skip_kind"]] == "flat minimum"
    assert (block["skip_at"], block["skip_stands"], block["skip_rests"], block["skip_outcome"]) == (0.0, 0, 1, 3)
    assert (block["plain_at"], block["plain_stands"], block["plain_rim"]) == (0.0, 1, -1.0)
    assert KINDS[frame(length=3)["plain_kind"]] == "flat saddle"


@pytest.mark.parametrize(
    ("values", "headline"),
    [
        ({"lam": 1.0}, "The skip flattens the saddle: curvature 1.00, without the skip 3.00"),
        ({"lam": 1.0, "alpha": -1.0}, "The skip makes the saddle steeper: curvature 4.00, without the skip 2.00"),
        ({"lam": 1.0, "alpha": 0.5}, "Both saddles are equally steep: curvature 1.00"),
        ({"lam": 1.0, "length": 4}, "Both saddles are flat: no curvature leads down"),
        ({"lam": 1.0, "alpha": 1.0}, "At this target the skip leaves no saddle; without it the curvature is 2.00"),
        ({"lam": 1.0, "alpha": 0.0}, "Without a skip there is no saddle at this target; the skip makes one, of curvature 2.00"),
        ({"alpha": 0.0}, "At this target there is no saddle, without the skip or with it"),
        ({"lam": 1.0, "alpha": 0.0, "form": "weight"}, "At this target there is no saddle, without the skip or with it"),
    ],
)
def test_each_headline_is_said(values, headline):
    assert fill(SaddleExplorer.scene["panels"][0]["title"], SaddleExplorer.frame(**setting(**values))) == headline


@pytest.mark.parametrize(
    ("values", "outcome", "said"),
    [
        ({"alpha": 1.0, "w1": 0.1, "w2": 0.1}, 0, "with it escaped in"),
        ({"alpha": 2.0, "lam": 1.0, "w1": 0.5, "w2": -0.5}, 1, "with it not escaped after 400 steps, loss 1."),
        ({"alpha": 1.0, "w1": 2.5, "w2": 2.0, "lr": 0.5}, 2, "with it diverged after"),
        ({"alpha": 1.5, "w1": 1.1, "w2": 1.1, "lr": 0.1}, 0, "with it escaped in 1 step."),
        ({"alpha": 1.5, "w1": 2.5, "w2": 2.5, "lr": 1.0, "length": 3}, 2, "with it diverged after 1 step."),
        ({"alpha": 1.0, "lam": 1.0}, 3, "with it no saddle to leave"),
        ({"alpha": 0.0, "lam": 0.05, "form": "pair", "length": 8}, 3, "with it no saddle to leave"),
        ({"alpha": -1.0, "lam": 1.0, "form": "weight", "w1": 0.0, "w2": 0.0}, 1, "with it not escaped after 400 steps, loss 1."),
    ],
)
def test_each_outcome_is_said(values, outcome, said):
    explorer = SaddleExplorer(**values)
    assert SaddleExplorer.frame(**explorer.values)["skip_outcome"] == outcome
    assert said in explorer.snapshot()[0]


@pytest.mark.parametrize("shown", [0, 1, 57, 400])
def test_the_shown_step_cuts_paths_and_losses_alone(shown):
    whole, cut = (SaddleExplorer.frame(**setting(lam=1.0, shown=n)) for n in (400, shown))
    for arm in ("plain_", "skip_"):
        assert len(cut[arm + "path_a"]) == len(cut[arm + "losses"]) == shown + 1
        assert cut[arm + "step_now"] == shown
        assert cut[arm + "loss_now"] == whole[arm + "losses"][shown]
        assert (cut[arm + "here_a"], cut[arm + "here_b"]) == (whole[arm + "path_a"][shown], whole[arm + "path_b"][shown])
        assert all(cut[arm + name] == whole[arm + name] for name in ("escape", "final", "last", "outcome"))


def test_a_descent_that_diverges_is_shown_as_long_as_it_lives():
    frame = SaddleExplorer.frame(**setting(alpha=1.0, w1=2.5, w2=2.0, lr=0.5))
    assert frame["skip_last"] < 400
    assert len(frame["skip_path_a"]) == frame["skip_last"] + 1
    assert np.isfinite(frame["skip_losses"]).all()


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
        ("saddle gone", "without the skip escaped in 112 steps, 113 predicted; with it escaped in 304 steps, 306 predicted"),
        ("out first", "without the skip escaped in 134 steps, 135 predicted; with it escaped in 72 steps, 73 predicted"),
        ("good place", "with it no saddle to leave"),
        ("each weight", "with it not escaped after 400 steps, loss 1"),
        ("two skips", "without the skip escaped in 215 steps, 213 predicted; with it escaped in 80 steps, 81 predicted"),
        ("A long step", "without the skip escaped in 5 steps"),
    ],
)
def test_a_tip_shows_what_answers_it_and_says_nothing_of_it(tip, said):
    ((question, values),) = ((text, values) for text, values in SaddleExplorer.tips if tip in text)
    assert question.endswith("?")
    assert said in SaddleExplorer(**values).snapshot()[0]


def test_it_opens_where_no_skip_is_so_that_nothing_is_given_away():
    opened, tipped = (SaddleExplorer(**values).snapshot()[0] for values in ({}, SaddleExplorer.tips[0][1]))
    assert "without the skip escaped in 112 steps, 113 predicted; with it escaped in 112 steps, 113 predicted" in opened
    assert opened != tipped


def test_the_long_step_of_the_tip_ends_in_a_minimum_half_as_sharp():
    (values,) = (values for text, values in SaddleExplorer.tips if "long step" in text)
    toy, start = saddle.Toy(1.0), [values["w1"], values["w2"]]
    long, short = (saddle.eigenvalues(toy, saddle.descend(toy, start, 400, lr)[-1])[-1] for lr in (values["lr"], 0.02))
    assert long < 0.6 * short
