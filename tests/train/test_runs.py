"""What is left of a training can be used, and what was saved of it goes on as if nothing had been."""

import numpy as np
import pytest
import torch
from alone import NETS, data, digits, linear
from torch import nn

from skiplab.train import TooMuch, fit, loop
from skiplab.train.runs import Run, error_rate

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


@pytest.mark.parametrize("y", [torch.zeros(24, 1), torch.zeros(23), torch.zeros(2, 24)])
def test_labels_of_another_shape_are_refused(y):
    run = fit(linear, *digits(), steps=0, **CLASSES)
    with pytest.raises(ValueError, match=r"y: the output of each network is \(24, 3\); expected labels for it, got"):
        run.error(digits()[0], y.long())


def made(losses, steps=None, **how):
    return Run(np.array(losses), None, len(losses[0]) - 1 if steps is None else steps, **how)


def test_the_step_at_which_a_loss_is_reached():
    run = made([[3.0, 2.0, 1.0, 2.0], [3.0, np.nan, 0.5, 0.1], [9.0, 9.0, 9.0, 9.0]])
    assert run.steps_to(2.0).tolist() == [2, 2, 3]
    assert run.steps_to(100).tolist() == [0, 0, 0]


@pytest.mark.parametrize("stopped", ["cancelled", "interrupted"])
def test_nobody_knows_when_a_stopped_training_would_have_reached_a_loss(stopped):
    run = made([[3.0, 1.0, np.nan], [3.0, 2.0, np.nan]], steps=1, stopped=stopped)
    assert np.array_equal(run.steps_to(2.0), [1, np.nan], equal_nan=True)
    assert made([[3.0, np.nan, np.nan]], steps=1, stopped="diverged").steps_to(2.0).tolist() == [2]


@pytest.mark.parametrize(("loss", "kind"), [("low", TypeError), (None, TypeError), (np.nan, ValueError), ([1.0, 2.0], TypeError)])
def test_a_loss_to_reach_is_a_number(loss, kind):
    with pytest.raises(kind, match="loss: expected a finite number, got"):
        made([[3.0, 2.0]]).steps_to(loss)


def test_the_step_at_which_a_seed_was_lost():
    assert made([[1.0, 2.0], [np.nan, np.nan], [1.0, np.inf]]).diverged.tolist() == [-1, 0, 1]
    assert made([[1.0, np.nan, np.nan]], steps=1, stopped="diverged").diverged.tolist() == [1]
    assert made([[1.0, np.nan]], steps=0, stopped="cancelled").diverged.tolist() == [-1]


LOST = [[1.0, np.nan, np.nan]] * 5 + [[1.0, 0.5, 0.25]]
IN_WORDS = {
    "<Run: 2 seeds, 1 step, median loss 0.35>": made([[1.0, 0.5], [1.0, 0.2]]),
    "<Run: 1 seed, 0 steps, median loss 2>": made([[2.0]]),
    "<Run: 2 seeds, 1 of 3 steps, median loss 0.5, seed 1 diverged at step 1>": made(
        [[1.0, 0.5, np.nan, np.nan], [1.0, np.inf, np.nan, np.nan]], steps=1, stopped="cancelled"
    ),
    "<Run: 6 seeds, 2 steps, median loss 0.25, seed 0 diverged at step 1, seed 1 diverged at step 1, seed 2 diverged at step 1, "
    "2 more diverged>": made(LOST),
    "<Run: 1 seed, 2 steps, no loss is finite, seed 0 diverged at step 1>": made(LOST[:1], steps=1, stopped="diverged"),
}


@pytest.mark.parametrize("words", IN_WORDS)
def test_a_run_in_words(words):
    assert repr(IN_WORDS[words]) == str(IN_WORDS[words]) == words


def test_a_real_run_in_words_is_short():
    runs = fit(linear, *digits(), steps=30, settings={"a": {}, "b": {"scale": 2.0}}, **CLASSES)
    assert repr(runs).count("<Run: 2 seeds, 30 steps, median loss 0.") == 2
    assert len(repr(runs)) < 200


WRONG_INPUTS = {
    "array": (np.zeros((3, 4), np.float32), TypeError, "x: expected a tensor with one example a row, got ndarray; torch.as_tensor makes"),
    "nothing": (None, TypeError, "x: expected a tensor with one example a row, got NoneType"),
    "a number": (torch.tensor(1.0), TypeError, r"x: .*got a single number, of shape \(\)"),
    "float64": (torch.zeros(3, 4).double(), TypeError, r"x: .* weights are torch.float32, got .*float64; use x.to\(torch.float32"),
    "width": (torch.zeros(3, 9), ValueError, r"x: the networks do not take inputs \(3, 9\) of torch.float32: "),
    "whole": (torch.zeros(3, 4).long(), ValueError, r"x: the networks do not take inputs \(3, 4\) of torch.int64: "),
}


@pytest.mark.parametrize("case", WRONG_INPUTS)
@pytest.mark.parametrize("make", [linear, NETS["tied"]], ids=["batched", "vmap"])
def test_inputs_that_are_none_are_named(case, make):
    x, kind, words = WRONG_INPUTS[case]
    run = fit(make, digits()[0], torch.zeros(24, dtype=torch.long), seeds=2, steps=0, loss="cross_entropy")
    for use in (run.outputs, lambda x: run.error(x, torch.zeros(3).long())):
        with pytest.raises(kind, match=words):
            use(x)


@pytest.mark.parametrize("y", [np.zeros(24, int), [0] * 24, None])
def test_labels_that_are_no_tensor_are_named(y):
    with pytest.raises(TypeError, match="y: expected a tensor with one example a row, got"):
        fit(linear, *digits(), steps=0, **CLASSES).error(digits()[0], y)


def test_outputs_that_no_memory_can_hold_are_refused(monkeypatch):
    run = fit(linear, *digits(), steps=0, **CLASSES)
    with pytest.raises(TooMuch, match="There is not enough memory for this"):
        run.outputs(torch.zeros(1, 4).expand(10**13, 4))


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
    part = fit(make, *digits(), steps=30, checkpoint=tmp_path / "run", watch=lambda step, *told: step >= at, **how)
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
    fit(make, *digits(), checkpoint=tmp_path / "run", watch=lambda step, *told: step >= 11, **how)
    runs = fit(make, *digits(), checkpoint=tmp_path / "run", watch=lambda step, *told: seen.append(step), **how)
    assert seen == [8, *range(11, 17)]
    for name, run in fit(make, *digits(), **how).items():
        same(runs[name], run)


RATE = {"at all": 0.1}
RATES = {
    "its own list": lambda rate: lambda step, rates=[rate] * 9: rates[step],
    "a dict": lambda rate: lambda step, held={"at all": rate}: held["at all"],
    "a global": lambda rate: RATE.update({"at all": rate}) or (lambda step: RATE["at all"]),
}


@pytest.mark.parametrize("kind", RATES)
def test_a_checkpoint_knows_the_values_of_a_schedule(kind, tmp_path):
    how = HOW | {"steps": 3, "checkpoint": tmp_path / "run"}
    fit(linear, *digits(), **(how | {"lr": RATES[kind](0.1)}))
    before = (tmp_path / "run").read_bytes()
    with pytest.raises(ValueError, match=r"run belongs to another training: lr was \[0.1, .* and is \[0.2"):
        fit(linear, *digits(), **(how | {"steps": 5, "lr": RATES[kind](0.2)}))
    assert (tmp_path / "run").read_bytes() == before
    same(fit(linear, *digits(), **(how | {"steps": 5, "lr": lambda step: 0.1})), fit(linear, *digits(), **(HOW | {"steps": 5})))


def test_a_schedule_that_differs_later_is_another_training(tmp_path):
    how = HOW | {"steps": 6, "checkpoint": tmp_path / "run"}
    fit(linear, *digits(), **(how | {"lr": lambda step: 0.1, "watch": lambda step, *told: True}))
    with pytest.raises(ValueError, match=r"lr was .*0.1\] and is .*0.1, 0.3, 0.3\]"):
        fit(linear, *digits(), **(how | {"lr": lambda step: 0.1 if step < 4 else 0.3}))


OTHERS = {
    "lr": ({"lr": 0.2}, "lr was 0.1 and is 0.2"),
    "seeds": ({"seeds": 3}, "seeds was 2 and is 3"),
    "clip": ({"clip": 1.0}, "clip was None and is 1.0"),
    "data": ({"x": digits(24, 5)[0]}, r"data was .*\(24, 4\) [0-9a-f]{12}, .* and is"),
    "test": ({"test": digits(9, 2)}, "data was"),
    "network": ({"make": dropping}, "networks was .*Linear.* and is .*Sequential"),
    "start": ({"make": lambda: linear(0.5)}, "weights at the start was [0-9a-f]{12} and is"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_a_checkpoint_of_another_training_is_refused(case, tmp_path):
    change, words = OTHERS[case]
    given = HOW | {"make": linear, "x": digits()[0], "y": digits()[1], "steps": 3, "checkpoint": tmp_path / "run"}
    fit(**given)
    before = (tmp_path / "run").read_bytes()
    with pytest.raises(ValueError, match=f"checkpoint: .*run belongs to another training: .*{words}.*Give another name"):
        fit(**(given | change))
    assert (tmp_path / "run").read_bytes() == before


def test_fewer_steps_than_are_saved_are_refused(tmp_path):
    fit(linear, *digits(), steps=5, checkpoint=tmp_path / "run", **HOW)
    with pytest.raises(ValueError, match=r"steps: .*run has already 5 steps behind it, got 4"):
        fit(linear, *digits(), steps=4, checkpoint=tmp_path / "run", **HOW)


def test_other_seeds_are_another_training(tmp_path, monkeypatch):
    fit(linear, *digits(), steps=3, checkpoint=tmp_path / "run", **HOW)
    monkeypatch.setenv("SKIPLAB_FIRST_SEED", "2")
    with pytest.raises(ValueError, match="first seed was 0 and is 2"):
        fit(linear, *digits(), steps=3, checkpoint=tmp_path / "run", **HOW)
