"""What does not fit is said before anything is trained, in words that name it."""

import re

import pytest
import torch
from alone import BATCH_ONLY, Masked, data, task
from torch import nn

from skiplab import Skip
from skiplab.train import fit
from skiplab.train.dry_run import trial

X = torch.zeros(8, 4)
LABELS = torch.arange(8) % 3
CLASSES = {"make": lambda: nn.Linear(4, 3), "y": LABELS, "loss": "cross_entropy"}


def running():
    return nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))


def widths():
    return nn.Linear(4, int(torch.randint(3, 9, ())))


class Detached(nn.Linear):
    """Nothing leads from what it gives to its weights."""

    def __init__(self):
        super().__init__(4, 4)

    def forward(self, x):
        return super().forward(x).detach()


def words(*shape):
    return {"make": lambda: nn.Sequential(nn.Embedding(5, 2), nn.Flatten(), nn.Linear(6, 3)), "x": torch.arange(24).view(8, 3) % 6}


REFUSED = {
    "no network": ({"make": lambda: (1, 2)}, TypeError, "make: expected a function that makes a network .*, it made tuple"),
    "no function": ({"make": nn.Linear(4, 4)}, TypeError, "make: expected a function without arguments, got a network; write lambda"),
    "nothing to train": ({"make": lambda: nn.Linear(4, 4).requires_grad_(False)}, TypeError, "make: .* network with parameters to train"),
    "no parameters": ({"make": nn.Identity}, TypeError, "make: .* with parameters to train, it made Identity"),
    "running statistics": ({"make": running}, ValueError, "make: the running_mean of 1 .* track_running_stats=False"),
    "two outputs": ({"make": lambda: nn.GRU(4, 4)}, TypeError, "make: expected a network that gives one tensor, it gives tuple"),
    "widths by seed": ({"make": widths, "loss": lambda out, y: out.sum()}, ValueError, "make: .* of seed 1 weight is another"),
    "in place": ({"make": lambda: nn.Sequential(nn.ReLU(inplace=True), nn.Linear(4, 4))}, ValueError, "make: .*inplace"),
    "x width": ({"x": torch.zeros(8, 3)}, ValueError, r"x: a step with inputs \(8, 3\) and y \(8, 4\) fails: .*8x3 and 4x4"),
    "x float64": ({"x": X.double()}, TypeError, r"x: .*torch.float32, got torch.float64; use x.to\(torch.float32\)"),
    "x whole": ({"x": X.long()}, ValueError, r"x: a step with inputs \(8, 4\)"),
    "y shape": ({"y": torch.zeros(8, 3)}, ValueError, r"y: the network's output is \(8, 4\); expected the same, got \(8, 3\)"),
    "y broadcast": (
        {"make": lambda: nn.Linear(4, 1), "y": torch.zeros(8)},
        ValueError,
        r"output is \(8, 1\); expected the same, got \(8,\)",
    ),
    "y float64": ({"y": X.double()}, TypeError, r"y: .*torch.float32, got torch.float64"),
    "y whole": ({"y": X.long()}, TypeError, r"y: .*torch.float32, got torch.int64"),
    "too many labels": (CLASSES | {"y": LABELS + 1}, ValueError, "y: the network tells 3 classes apart; .* 0 to 2, got 1 to 3"),
    "labels below 0": (CLASSES | {"y": LABELS - 100}, ValueError, "labels from 0 to 2, got -100 to -98"),
    "test labels": (CLASSES | {"test": (X, LABELS + 5)}, ValueError, "test y: the network tells 3 classes apart"),
    "label axis": (
        CLASSES | {"y": LABELS.view(8, 1)},
        ValueError,
        r"y: the network's output is \(8, 3\); .* without the axis of classes, got \(8, 1\)",
    ),
    "no such word": (CLASSES | words(), ValueError, "x: a step with inputs .*index out of range"),
    "merge": ({"make": lambda: Skip(nn.Linear(4, 3))}, ValueError, r"merge 'add' needs equal shapes: .*\(8, 4\).*\(8, 3\)"),
    "loss without mean": ({"loss": lambda out, y: (out - y) ** 2}, TypeError, r"loss: .* one number, .* it gave shape \(8, 4\)"),
    "whole loss": ({"loss": lambda out, y: (out > y).sum()}, ValueError, "loss: expected numbers from which a gradient leads back"),
    "detached loss": (
        {"loss": lambda out, y: (out - y).detach().square().mean()},
        ValueError,
        "loss: expected numbers from which a gradient leads back to the output",
    ),
    "detached network": ({"make": Detached}, ValueError, "make: .* a gradient leads back to its parameters; leave out"),
    "loss as number": ({"loss": lambda out, y: 3.0}, TypeError, "loss: .* it gave float"),
    "penalty": ({"penalty": lambda p: p["weight"].square()}, TypeError, r"penalty: .* it gave shape \(4, 4\)"),
    "batch of one": (
        {"make": lambda: nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4, **BATCH_ONLY)), "batch": 1},
        ValueError,
        "batch: the network's batch norm needs more than one example at a time, also of test, got 1",
    ),
}


def test_what_does_not_fit_is_named_and_nothing_starts():
    failures = []
    for name, (change, kind, words) in REFUSED.items():
        looks, x = [], change.get("x", X).clone()
        given = {"make": lambda: nn.Linear(4, 4), "y": X, "seeds": 4, "steps": 2, "watch": looks.append} | change | {"x": x}
        try:
            fit(**given)
            failures.append(f"{name}: not refused")
        except kind as problem:
            if not re.search(words, str(problem)) or looks or not torch.equal(x, change.get("x", X)):
                failures.append(f"{name}: {problem}")
    assert not failures


def test_a_trial_counts_what_a_step_keeps():
    def make():
        return nn.Sequential(nn.Linear(4, 50), nn.Tanh(), nn.Linear(50, 4))

    x, y = (v.float() for v in data(100))
    kept = trial(task(make, x, y), {}).kept
    weights = 4 * 50  # the second matrix alone is kept, nothing wants the gradient of x
    assert kept == pytest.approx(4 * (x.numel() + 50 * 100 + weights + 2 * y.numel()), rel=0.1)
    assert trial(task(make, x, y, batch=50), {}).kept == pytest.approx(kept / 2, rel=0.1)


def test_a_trial_of_what_cannot_go_without_numbers_counts_the_same():
    weights = torch.ones(4)
    x, y = (v.float() for v in data(100))
    found = [
        trial(task(lambda: nn.Linear(4, 4), x, y, loss=loss), {}).kept
        for loss in (lambda a, b: (a * b).sum(), lambda a, b: (a * b * weights).sum())
    ]
    assert found[0] == pytest.approx(found[1], rel=0.4)


def test_a_penalty_alone_can_be_trained():
    run = fit(
        lambda: nn.Linear(4, 4), X, X, seeds=2, steps=5, loss=lambda out, y: out.sum() * 0, penalty=lambda p: p["weight"].square().sum()
    )
    assert (run.losses[:, -1] < run.losses[:, 0]).all()


def test_a_frozen_matrix_stays_and_the_rest_is_trained():
    x, y = (v.float() for v in data())
    run = fit(Masked, x, y, seeds=2, steps=5, lr=0.1)
    torch.manual_seed(1)
    fresh = Masked()
    assert torch.equal(run.net(1).first.weight, fresh.first.weight)
    assert not torch.equal(run.net(1).last.weight, fresh.last.weight)
    assert torch.allclose(run.net(1)(x), run.outputs(x)[1], atol=1e-6)
