"""Training many seeds at once is training each of them alone."""

import numpy as np
import pytest
import torch
from torch import nn

from skiplab import Skip
from skiplab.train import fit, normal_inputs


def make():
    return Skip(nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 4)), "add")


def alone(seed, x, y, steps, rule):
    """The plain loop of every tutorial: losses before each step and after the last."""
    torch.manual_seed(seed)
    net = make()
    optimiser, losses = rule(net.parameters(), lr=0.05), []
    for _ in range(steps):
        loss = ((net(x) - y) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return [*losses, ((net(x) - y) ** 2).mean().item()]


@pytest.mark.parametrize(("name", "rule"), [("sgd", torch.optim.SGD), ("adam", torch.optim.Adam)])
def test_each_seed_is_trained_as_if_alone(name, rule):
    x = normal_inputs(32, 4)
    run = fit(make, x, -x, seeds=3, steps=20, lr=0.05, optimiser=name)
    assert run.losses.shape == (3, 21)
    for seed in range(3):
        assert run.losses[seed] == pytest.approx(alone(seed, x, -x, 20, rule), rel=1e-3)


def test_a_run_is_repeated_exactly_and_leaves_torchs_own_seed_alone():
    x = normal_inputs(8, 4)
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    first, second = (fit(make, x, x, seeds=2, steps=5).losses for _ in range(2))
    assert np.array_equal(first, second)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_fresh_seeds_are_other_seeds(monkeypatch):
    x = normal_inputs(8, 4)
    old = fit(make, x, x, seeds=2, steps=1).losses
    monkeypatch.setenv("SKIPLAB_FIRST_SEED", "1")
    new = fit(make, x, x, seeds=2, steps=1).losses
    assert new[0] == pytest.approx(old[1])
    assert not torch.equal(normal_inputs(8, 4), x)


def test_outputs_and_steps():
    x = normal_inputs(8, 4)
    run = fit(make, x, x, seeds=2, steps=60, lr=0.02)
    assert run.outputs(x).shape == (2, 8, 4)
    assert ((run.outputs(x) - x) ** 2).mean((1, 2)).numpy() == pytest.approx(run.losses[:, -1], rel=1e-4)
    assert (run.steps_to(np.inf) == 0).all()
    assert (run.steps_to(0.0) == 60).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seeds": 0}, ["seeds", "0"]),
        ({"steps": -1}, ["steps", "-1"]),
        ({"lr": float("nan")}, ["lr", "nan"]),
        ({"optimiser": "lion"}, ["optimiser", "'lion'", "'adam'"]),
        ({"x": [[1.0]]}, ["x", "list"]),
        ({"x": torch.full((8, 4), torch.nan)}, ["x", "NaN"]),
        ({"y": torch.zeros(8, 3)}, ["y", "(8, 4)", "(8, 3)"]),
        ({"make": lambda: nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))}, ["make", "running_mean"]),
    ],
)
def test_bad_input_is_named(change, words):
    with pytest.raises((TypeError, ValueError)) as problem:
        fit(**({"make": make, "x": torch.zeros(8, 4), "y": torch.zeros(8, 4), "seeds": 2, "steps": 1} | change))
    for word in words:
        assert word in str(problem.value)


@pytest.mark.gpu
def test_the_same_cells_run_on_cuda(monkeypatch):
    monkeypatch.setenv("SKIPLAB_DEVICE", "cuda")
    x = normal_inputs(32, 4)
    run = fit(make, x, -x, seeds=3, steps=20, lr=0.05)
    assert x.device.type == "cuda"
    assert run.losses[0] == pytest.approx(alone(0, x.cpu(), -x.cpu(), 20, torch.optim.Adam), rel=1e-2)
