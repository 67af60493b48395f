"""What is left of a training can be used, and what was saved of it goes on as if nothing had been."""

import numpy as np
import pytest
import torch
from alone import NETS, data, digits, linear
from torch import nn

from skiplab.train import fit, loop
from skiplab.train.runs import Run, wrong

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
    assert wrong(out, torch.tensor([[[1, 1], [1, 0]]])).tolist() == [0.25, 0.75]
    assert wrong(out.index_fill(0, torch.tensor([0]), torch.nan), torch.ones(1, 2, 2)).isnan().tolist() == [True, False]


@pytest.mark.parametrize("y", [torch.zeros(24, 1), torch.zeros(23), torch.zeros(2, 24)])
def test_labels_of_another_shape_are_refused(y):
    run = fit(linear, *digits(), steps=0, **CLASSES)
    with pytest.raises(ValueError, match=r"y: the output of each network is \(24, 3\); expected labels for it, got"):
        run.error(digits()[0], y.long())


def made(losses, **how):
    return Run(np.array(losses), None, **how)


def test_the_step_at_which_a_loss_is_reached():
    run = made([[3.0, 2.0, 1.0, 2.0], [3.0, np.nan, 0.5, 0.1], [9.0, 9.0, 9.0, 9.0]])
    assert run.steps_to(2.0).tolist() == [2, 2, 3]
    assert run.steps_to(100).tolist() == [0, 0, 0]


def test_the_step_at_which_a_seed_was_lost():
    assert made([[1.0, 2.0], [np.nan, np.nan], [1.0, np.inf]]).diverged.tolist() == [-1, 0, 1]


def test_a_run_in_words():
    assert str(made([[1.0, 0.5], [1.0, 0.2]])) == "2 networks, 1 steps"
    lost = made([[1.0, 0.5], [1.0, np.inf]], stopped="cancelled")
    assert str(lost) == "2 networks, 1 steps, cancelled, seed 1 diverged at step 1"


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


@pytest.mark.parametrize("optimiser", ["adam", "momentum"])
@pytest.mark.parametrize("make", [linear, dropping])
@pytest.mark.parametrize("at", [13, 14])
def test_what_was_stopped_goes_on_bit_for_bit(make, optimiser, at, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "TICK", 0)
    how = HOW | {"optimiser": optimiser}
    whole = fit(make, *digits(), steps=30, **how)
    part = fit(make, *digits(), steps=30, checkpoint=tmp_path / "run", watch=lambda step, *told: step >= at, **how)
    assert part.losses.shape[1] == at + 1
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
