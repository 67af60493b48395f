"""What is left of a training can be used, and what was saved of it goes on as if nothing had been."""

import numpy as np
import pytest
import torch
from alone import NETS, data, digits, linear
from torch import nn

from skiplab.train import Run, Runs, fit, loop
from skiplab.train.runs import BySetting, error_rate

CLASSES = {"loss": "cross_entropy", "seeds": 2, "lr": 0.1}


@pytest.mark.parametrize("name", ["skip concat", "tied", "masked"])
def test_the_network_of_a_seed_is_that_network(name):
    x, y = (v.float() for v in data())
    run = fit(NETS[name], x, y, seeds=3, steps=5, lr=0.05)
    for seed in range(3):
        net = run.net(seed)
        assert torch.allclose(net(x), run.outputs(x)[seed], atol=1e-6)
        net(x).sum().backward()
    with pytest.raises(ValueError, match="seed: expected a whole number from 0 to 2, got 3"):
        run.net(3)


def test_a_network_with_dropout_is_used_without():
    x, y = (v.float() for v in data())
    run = fit(lambda: nn.Sequential(nn.Linear(4, 9), nn.Dropout(0.5), nn.Linear(9, 4)), x, y, seeds=2, steps=5)
    assert torch.equal(run.outputs(x), run.outputs(x))
    assert torch.allclose(run.net(1).eval()(x), run.outputs(x)[1], atol=1e-6)


def test_error_is_the_share_of_wrong_labels():
    x, y = digits()
    run = fit(linear, x, y, steps=30, **CLASSES)
    expected = [(run.net(seed)(x).argmax(1) != y).double().mean().item() for seed in range(2)]
    assert run.error(x, y) == pytest.approx(expected)
    assert run.error(x[:5], y[:5]).shape == (2,)


def test_labels_of_every_pixel():
    out = torch.zeros(2, 1, 3, 2, 2)  # two networks, one picture of four pixels, three classes
    out[0, 0, 1], out[1, 0, 2, 0] = 1, 1
    assert error_rate(out, torch.tensor([[[1, 1], [1, 0]]])).tolist() == [0.25, 0.75]
    assert error_rate(out.index_fill(0, torch.tensor([0]), torch.nan), torch.ones(1, 2, 2)).isnan().tolist() == [True, False]


def test_labels_of_another_shape_are_refused():
    run = fit(linear, *digits(), steps=0, **CLASSES)
    for y in (torch.zeros(24, 1), torch.zeros(23), torch.zeros(2, 24)):
        with pytest.raises(ValueError, match=r"y: the output of each network is \(24, 3\); expected labels for it, got"):
            run.error(digits()[0], y.long())


def made(losses, steps=None, **how):
    none = np.zeros((len(losses), 0))
    return Run(np.array(losses), None, len(losses[0]) - 1 if steps is None else steps, np.zeros(0, int), none, none, **how)


def test_the_step_at_which_a_loss_is_reached():
    run = made([[3.0, 2.0, 1.0, 2.0], [3.0, np.nan, 0.5, 0.1], [9.0, 9.0, 9.0, 9.0]])
    assert run.steps_to(2.0).tolist() == [2, 2, 3]
    assert run.steps_to(100).tolist() == [0, 0, 0]


@pytest.mark.parametrize("stopped", ["cancelled", "interrupted"])
def test_nobody_knows_when_a_stopped_training_would_have_reached_a_loss(stopped):
    run = made([[3.0, 1.0, np.nan], [3.0, 2.0, np.nan]], steps=1, stopped=stopped)
    assert np.array_equal(run.steps_to(2.0), [1, np.nan], equal_nan=True)
    assert made([[3.0, np.nan, np.nan]], steps=1, stopped="diverged").steps_to(2.0).tolist() == [2]


def test_a_loss_to_reach_is_a_number():
    for loss, kind in (("low", TypeError), (None, TypeError), (np.nan, ValueError), ([1.0, 2.0], TypeError)):
        with pytest.raises(kind, match="loss: expected a finite number, got"):
            made([[3.0, 2.0]]).steps_to(loss)


def test_the_step_at_which_a_seed_was_lost():
    assert made([[1.0, 2.0], [np.nan, np.nan], [1.0, np.inf]]).diverged.tolist() == [-1, 0, 1]
    assert made([[1.0, np.nan, np.nan]], steps=1, stopped="diverged").diverged.tolist() == [1]
    assert made([[1.0, np.nan]], steps=0, stopped="cancelled").diverged.tolist() == [-1]


def test_a_run_in_words():
    for run, words in (
        (made([[1.0, 0.5], [1.0, 0.2]]), "<Run: 2 seeds, 1 step, median loss 0.35>"),
        (made([[2.0]]), "<Run: 1 seed, 0 steps, median loss 2>"),
        (made([[1.0, 0.5, np.nan], [1.0, np.inf, np.nan]], steps=1, stopped="cancelled"),
         "<Run: 2 seeds, 1 of 2 steps, median loss 0.5, 1 diverged>"),
        (made([[1.0, np.nan, np.nan]], steps=1, stopped="diverged"), "<Run: 1 seed, 2 steps, no loss is finite, 1 diverged>"),
    ):  # fmt: skip
        assert repr(run) == str(run) == words


def test_a_real_run_in_words_is_short():
    runs = fit(linear, *digits(), steps=30, settings={"a": {}, "b": {"scale": 2.0}}, **CLASSES)
    assert repr(runs).count("<Run: 2 seeds, 30 steps, median loss 0.") == 2
    assert len(repr(runs)) < 200


def test_inputs_that_are_none_are_named():
    cannot = r"x: the networks do not take inputs "
    wrong = (
        (np.zeros((3, 4), np.float32), TypeError, "x: expected a tensor with one example a row, got ndarray; torch.as_tensor makes"),
        (None, TypeError, "x: expected a tensor with one example a row, got NoneType"),
        (torch.zeros(3, 4).double(), ValueError, cannot + r"\(3, 4\) of torch.float64: "),
        (torch.zeros(3, 9), ValueError, cannot + r"\(3, 9\) of torch.float32: "),
        (torch.zeros(3, 4).long(), ValueError, cannot + r"\(3, 4\) of torch.int64: "),
    )
    for make in (linear, NETS["tied"]):
        run = fit(make, digits()[0], torch.zeros(24, dtype=torch.long), seeds=2, steps=0, loss="cross_entropy")
        for x, kind, words in wrong:
            with pytest.raises(kind, match=words):
                run.outputs(x)
            with pytest.raises(kind, match=words):
                run.error(x, torch.zeros(3).long())
    for y in (np.zeros(24, int), [0] * 24, None):
        with pytest.raises(TypeError, match="y: expected a tensor with one example a row, got"):
            run.error(digits()[0], y)


def test_some_networks_of_a_run():
    x, y = digits()
    run = fit(linear, x, y, steps=8, test=digits(9, 1), every=4, **CLASSES)
    some = run.only(slice(1, 2))
    for name in ("losses", "train_error", "test_error"):
        assert np.array_equal(getattr(some, name), getattr(run, name)[1:])
    assert np.array_equal(some.steps_at, run.steps_at)
    assert torch.equal(some.outputs(x)[0], run.outputs(x)[1])


def dropping():
    return nn.Sequential(nn.Linear(4, 9), nn.Dropout(0.3), nn.Linear(9, 3))


def same(run, other):
    assert all(np.array_equal(getattr(run, name), getattr(other, name)) for name in ("losses", "steps_at", "train_error", "test_error"))
    assert all(torch.equal(run.params[name], other.params[name]) for name in run.params)


HOW = {**CLASSES, "batch": 5, "every": 7, "test": digits(9, 1)}


@pytest.mark.parametrize("optimizer", ["adam", "momentum"])
@pytest.mark.parametrize("make", [linear, dropping])
@pytest.mark.parametrize("at", [13, 14])
def test_what_was_stopped_goes_on_bit_for_bit(make, optimizer, at, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "TICK", 0)
    how = HOW | {"optimizer": optimizer}
    whole = fit(make, *digits(), steps=30, **how)
    part = fit(make, *digits(), steps=30, checkpoint=tmp_path / "run", watch=lambda now: now.step >= at, **how)
    assert part.steps_made == at
    same(fit(make, *digits(), steps=30, checkpoint=tmp_path / "run", **how), whole)
    same(fit(make, *digits(), steps=30, checkpoint=tmp_path / "run", **how), whole)
    same(fit(make, *digits(), steps=45, checkpoint=str(tmp_path / "run"), **how), fit(make, *digits(), steps=45, **how))


def test_stacks_go_on_where_each_was(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "TICK", 0)
    how = HOW | {"settings": {"a": {"width": 5}, "b": {"width": 6}}, "steps": 8}

    def make(width):
        return nn.Sequential(nn.Linear(4, width), nn.Linear(width, 3))

    seen = []
    fit(make, *digits(), checkpoint=tmp_path / "run", watch=lambda now: now.step >= 11, **how)
    runs = fit(make, *digits(), checkpoint=tmp_path / "run", watch=lambda now: seen.append(now.step), **how)
    assert seen == [8, *range(11, 17)]
    for name, run in fit(make, *digits(), **how).items():
        same(runs[name], run)


def test_a_checkpoint_knows_the_step_sizes_that_were_made(tmp_path):
    how = HOW | {"steps": 3, "checkpoint": tmp_path / "run"}
    fit(linear, *digits(), **(how | {"lr": lambda step: 0.1}))
    before = (tmp_path / "run").read_bytes()
    for lr in (0.2, lambda step: 0.2, lambda step: 0.1 if step < 2 else 0.3):
        with pytest.raises(ValueError, match=r"lr: .*run was trained with another one"):
            fit(linear, *digits(), **(how | {"steps": 5, "lr": lr}))
    assert (tmp_path / "run").read_bytes() == before
    later = {"steps": 5, "lr": lambda step: 0.1 if step < 4 else 0.3}
    same(fit(linear, *digits(), **(how | later)), fit(linear, *digits(), **(HOW | later)))


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    given = HOW | {"make": linear, "x": digits()[0], "y": digits()[1], "steps": 3, "checkpoint": tmp_path / "run"}
    fit(**given)
    before = (tmp_path / "run").read_bytes()
    for change, words in (
        ({"seeds": 3}, "seeds was 2 and is 3"),
        ({"clip": 1.0}, "clip was None and is 1.0"),
        ({"x": digits(24, 5)[0]}, "data was [0-9a-f]{12} and is"),
        ({"test": digits(9, 2)}, "data was"),
        ({"make": dropping}, "networks was"),
        ({"make": lambda: linear(0.5)}, "weights at the start was [0-9a-f]{12} and is"),
        ({"penalty": lambda p: p["weight"].square().sum()}, "loss was [0-9. ]+ and is"),
    ):
        with pytest.raises(ValueError, match=f"checkpoint: .*run belongs to another training: .*{words}.*Give another name"):
            fit(**(given | change))
        assert (tmp_path / "run").read_bytes() == before, words


def test_fewer_steps_than_are_saved_are_refused(tmp_path):
    fit(linear, *digits(), steps=5, checkpoint=tmp_path / "run", **HOW)
    with pytest.raises(ValueError, match=r"steps: .*run has already 5 steps behind it, got 4"):
        fit(linear, *digits(), steps=4, checkpoint=tmp_path / "run", **HOW)


def test_other_seeds_are_another_training(tmp_path, monkeypatch):
    fit(linear, *digits(), steps=3, checkpoint=tmp_path / "run", **HOW)
    monkeypatch.setenv("SKIPLAB_FIRST_SEED", "2")
    with pytest.raises(ValueError, match="first seed was 0 and is 2"):
        fit(linear, *digits(), steps=3, checkpoint=tmp_path / "run", **HOW)


def test_all_settings_at_once_have_what_each_has():
    x, y = digits()
    how = {"steps": 6, "every": 3, "test": digits(9, 1)} | CLASSES
    runs = fit(linear, x, y, settings={"small": {"scale": 0.1}, "large": {"scale": 3.0}}, **how)
    assert isinstance(runs, Runs)
    for name, run in runs.items():
        for what in ("losses", "train_error", "test_error", "diverged"):
            assert np.array_equal(getattr(runs, what)[name], getattr(run, what)), what
        assert np.array_equal(runs.steps_to(1.0)[name], run.steps_to(1.0))
        assert np.array_equal(runs.error(x, y)[name], run.error(x, y))
        assert torch.equal(runs.outputs(x)[name], run.outputs(x))
    assert runs.each(len_of) == {"small": 2, "large": 2}


def len_of(run):
    return len(run.losses)


def test_arrays_by_setting_read_like_a_claim():
    error = BySetting({"plain": np.array([[1.0, 0.5], [1.0, 0.7], [1.0, 0.9]]), "add": np.array([[1.0, 0.1]] * 3)})
    assert error.last["plain"].tolist() == [0.5, 0.7, 0.9]
    assert error.last.median == {"plain": 0.7, "add": 0.1}
    assert error.last.median["plain"] > 2 * error.last.median["add"]
    assert list(error["add", "plain"]) == ["add", "plain"]
    assert error.last["add",] == {"add": pytest.approx([0.1] * 3)}
    assert (1 - 100 * error.last)["plain"].tolist() == [-49, -69, -89]
    assert (error.last - error.last.median)["plain"].tolist() == pytest.approx([-0.2, 0, 0.2])
    more = error.last
    more |= {"guess": np.full(3, 0.9)}
    assert more.median["guess"] == 0.9
    with pytest.raises(KeyError, match="gate"):
        error["plain", "gate"]


def test_a_setting_may_be_called_by_a_tuple():
    error = BySetting({("add", 20): np.ones(2), ("add", 56): np.zeros(2)})
    assert error["add", 20].tolist() == [1, 1]
    assert error.median["add", 56] == 0
