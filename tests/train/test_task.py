"""What is asked of a training is checked, and its minibatches are each seed's own and every setting's alike."""

import itertools
import time

import pytest
import torch
from alone import data, task
from torch import nn

from skiplab.train import fit

X, Y = torch.zeros(8, 4), torch.zeros(8, 4)
LABELS = torch.arange(8) % 3


def linear():
    return nn.Linear(4, 4)


BAD = {
    "seeds": ({"seeds": 0}, ValueError, "seeds: expected a whole number from 1 to 1024, got 0"),
    "half seeds": ({"seeds": 2.0}, TypeError, "seeds: .*2.0"),
    "steps": ({"steps": -1}, ValueError, "steps: .*-1"),
    "lr": ({"lr": float("nan")}, ValueError, "lr: .*nan"),
    "lr 0": ({"lr": 0}, ValueError, "lr: expected a finite number, greater than 0, got 0"),
    "lr later": ({"lr": lambda step: 2 - step, "steps": 5}, ValueError, "lr at step 2: expected a finite number, greater than 0, got 0"),
    "lr none": ({"lr": lambda step: None}, TypeError, "lr at step 0: .*None"),
    "optimizer": ({"optimizer": "lion"}, ValueError, "optimizer: expected one of 'sgd', 'momentum', 'adam', got 'lion'"),
    "loss": ({"loss": "mae"}, ValueError, "loss: expected one of 'mse', 'cross_entropy', got 'mae'"),
    "no loss": ({"loss": None}, TypeError, "loss: .*None"),
    "precision": ({"precision": "float16"}, ValueError, "precision: expected one of 'float32', 'bfloat16', got 'float16'"),
    "batch": ({"batch": 9}, ValueError, "batch: expected a whole number from 1 to 8, got 9"),
    "clip": ({"clip": 0}, ValueError, "clip: .*greater than 0, got 0"),
    "minutes": ({"minutes": 0}, ValueError, "minutes: .*got 0"),
    "make": ({"make": 3}, TypeError, "make: expected a function, got int"),
    "penalty": ({"penalty": 0.1}, TypeError, "penalty: expected a function, got float"),
    "watch": ({"watch": 3}, TypeError, "watch: expected a function .*, got 3"),
    "no watch": ({"watch": lambda: None}, TypeError, r"watch: expected a function \(step, steps, losses\), got <lambda>\(\): too many"),
    "lr of nothing": ({"lr": lambda: 1}, TypeError, r"lr: expected a function \(step\), got <lambda>\(\): too many positional"),
    "lr of two": ({"lr": lambda a, b: 1}, TypeError, r"lr: expected a function \(step\), got <lambda>\(a, b\): missing .* 'b'"),
    "loss of one": ({"loss": lambda out: out.sum()}, TypeError, r"loss: expected a function \(out, y\), got <lambda>\(out\): too many"),
    "loss class": ({"loss": nn.MSELoss}, TypeError, r"loss: .* got the class MSELoss; write MSELoss\(\)"),
    "penalty of nothing": ({"penalty": lambda: 0}, TypeError, r"penalty: expected a function \(parameters\), got <lambda>\(\)"),
    "make of one": ({"make": lambda width: nn.Linear(4, width)}, TypeError, r"make: .* without arguments, got <lambda>\(width\): missing"),
    "setting": ({"settings": {"a": {"width": 3}}}, TypeError, r"make: expected a function \(width\), got linear\(\): .* 'width'"),
    "a number as a name": ({"settings": {"a": {3: 1}}}, TypeError, "settings: expected a dict of name -> keyword arguments"),
    "device": ({"device": "cuda"}, TypeError, r"device: fit has no such argument\. .* seeds, .* batch, .*chosen by SKIPLAB_DEVICE"),
    "optimiser": ({"optimiser": "adam"}, TypeError, r"optimiser: fit has no such argument\. Did you mean optimizer\?"),
    "no checkpoint": ({"checkpoint": ""}, TypeError, "checkpoint: expected the name of a file, got ''"),
    "root": ({"checkpoint": "/"}, TypeError, "checkpoint: expected the name of a file, got '/'"),
    "checkpoint": ({"checkpoint": 3}, TypeError, "checkpoint: expected the name of a file, got 3"),
    "x list": ({"x": [[1.0]]}, TypeError, "x: expected a tensor .*, got list"),
    "x array": ({"x": X.numpy()}, TypeError, "x: .*, got ndarray; torch.as_tensor makes one of it"),
    "x sparse": ({"x": X.to_sparse()}, TypeError, r"x: .*, got a sparse one \(torch.sparse_coo\); use .to_dense\(\)"),
    "y meta": ({"y": Y.to("meta")}, TypeError, 'y: .*, got one on the device "meta", which holds no numbers'),
    "x lazy": ({"x": nn.LazyLinear(4).weight}, TypeError, "x: .*, got a lazy one, whose shape is not known yet"),
    "x NaN": ({"x": torch.full((8, 4), torch.nan)}, ValueError, "x: expected finite numbers, got NaN or infinity"),
    "y infinite": ({"y": torch.full((8, 4), torch.inf)}, ValueError, "y: expected finite numbers"),
    "x complex": ({"x": X + 1j}, TypeError, "x: expected a tensor .*, got one of complex numbers"),
    "x alone": ({"x": torch.tensor(1.0)}, TypeError, r"x: expected a tensor .*, got a single number, of shape \(\)"),
    "y shorter": ({"y": Y[:7]}, ValueError, "y: expected as many examples as x has, 8 and at least one, got 7"),
    "nothing": ({"x": X[:0], "y": Y[:0]}, ValueError, "y: .*at least one, got 0"),
    "float labels": ({"loss": "cross_entropy"}, TypeError, "y: expected labels, whole numbers .int64., .* got torch.float32"),
    "int32 labels": ({"loss": "cross_entropy", "y": LABELS.int()}, TypeError, "y: expected labels, .* got torch.int32"),
    "test of mse": ({"test": (X, Y)}, ValueError, "test: only the loss 'cross_entropy'"),
    "every of mse": ({"every": 2}, ValueError, "every: only the loss 'cross_entropy'"),
    "every": ({"loss": "cross_entropy", "y": LABELS, "every": 0}, ValueError, "every: .*got 0"),
    "test": ({"loss": "cross_entropy", "y": LABELS, "test": X}, TypeError, r"test: expected \(x, y\), got Tensor"),
    "test x": ({"loss": "cross_entropy", "y": LABELS, "test": (X[:, :3], LABELS)}, ValueError, r"test x: .*\(N, 4\).*got \(N, 3\)"),
    "test x64": ({"loss": "cross_entropy", "y": LABELS, "test": (X.double(), LABELS)}, ValueError, "test x: .*got .*float64"),
    "test y": ({"loss": "cross_entropy", "y": LABELS, "test": (X, LABELS[:5])}, ValueError, "test y: expected as many .* 8 .* got 5"),
    "test labels": ({"loss": "cross_entropy", "y": LABELS, "test": (X, Y)}, TypeError, "test y: expected labels"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    change, kind, words = BAD[case]
    with pytest.raises(kind, match=words):
        fit(**({"make": linear, "x": X, "y": Y, "seeds": 2, "steps": 1} | change))


class Rows:
    """As much of `Ensemble` as minibatches need."""

    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count


def numbered(batch, ensemble=6, seeds=3, step=0, count=10, steps=7):
    """The numbers of the examples in each minibatch: (steps, C, B)."""
    x = torch.arange(float(count)).view(-1, 1)
    batches = task(linear, x, x + 100, seeds=seeds, batch=batch).batches(Rows(ensemble), step)
    found = list(itertools.islice(batches, steps))
    assert all(torch.equal(y, x + 100) for x, y in found)
    return torch.stack([x[..., 0] for x, _ in found])


def test_without_batch_every_step_has_all_examples_in_order():
    assert torch.equal(numbered(None), torch.arange(10.0).expand(7, 6, 10))


def test_each_seed_shuffles_its_own_way_the_same_in_every_setting():
    found = numbered(3)
    assert found.shape == (7, 6, 3)
    assert torch.equal(found[:, :3], found[:, 3:])
    assert not any(torch.equal(found[:, a], found[:, b]) for a, b in ((0, 1), (0, 2), (1, 2)))


def test_an_epoch_has_no_example_twice_and_the_next_is_in_another_order():
    first, second = (numbered(3, steps=6)[at : at + 3].transpose(0, 1).flatten(1) for at in (0, 3))
    for epoch in (first, second):
        assert all(len(set(row.tolist())) == 9 for row in epoch)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("step", [1, 3, 4, 8])
def test_minibatches_go_on_from_any_step(step):
    assert torch.equal(numbered(3, step=step, steps=5), numbered(3, steps=step + 5)[step:])


def test_minibatches_come_from_the_seeds(monkeypatch):
    before = numbered(3)
    monkeypatch.setenv("SKIPLAB_FIRST_SEED", "1")
    assert torch.equal(numbered(3)[:, :2], before[:, 1:3])


def test_a_loss_in_half_precision_is_taken_in_full():
    out, y = torch.full((2, 4), 1.0, dtype=torch.bfloat16), torch.full((2, 4), 1.001)
    value = task(linear, X, Y).objective({}, out, y)
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(1e-6, rel=1e-3)


WAYS = {
    "batched": lambda: nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4), nn.Linear(4, 4)),
    "vmap": lambda: nn.Sequential(nn.Linear(4, 4), nn.Softmax(-1), nn.Linear(4, 4)),
    "loop": lambda: nn.Sequential(nn.Unflatten(1, (1, 4)), nn.Conv1d(1, 2, 3, padding=1), nn.LayerNorm(4), nn.Flatten(), nn.Linear(8, 4)),
}


@pytest.mark.parametrize("backend", WAYS)
def test_bfloat16_works_for_each_way(backend):
    x, y = (v.float() for v in data())
    half, full = (fit(WAYS[backend], x, y, seeds=2, steps=20, lr=0.05, precision=precision) for precision in ("bfloat16", "float32"))
    assert half.ensemble.backend == full.ensemble.backend == backend
    assert half.losses.dtype == full.losses.dtype == "float32"
    assert half.losses == pytest.approx(full.losses, rel=0.05)
    assert abs(half.losses - full.losses).max() > 1e-6
    assert all(p.dtype == torch.float32 for p in half.params.values())


def test_the_time_of_a_step_is_the_second_of_two_and_moves_nothing(monkeypatch):
    asked = task(linear, *(v.float() for v in data()))

    class Slow(Rows):
        random, first = False, True

        def gradients(self, loss, x, y):
            time.sleep(0.3 if self.first else 0.1)
            self.first = False
            return torch.zeros(3)

    assert 0.1 <= asked.seconds_a_step(Slow(3), 0.2) < 0.25


def penalty_of(strength):
    return lambda p: strength * p["weight"].square().sum()


def described(make=linear, x=X, y=Y, **how):
    run = fit(make, x, y, seeds=2, steps=0, **{k: v for k, v in how.items() if k not in ("every", "test")})
    return task(make, x, y, **how).described([run.ensemble])


CHANGES = {
    "lr": ({"lr": 0.06}, "lr"),
    "a schedule": ({"lr": lambda step: 0.05}, "lr"),
    "optimizer": ({"optimizer": "adam"}, "optimizer"),
    "batch": ({"batch": 4}, "batch"),
    "clip": ({"clip": 1.0}, "clip"),
    "loss": ({"loss": nn.functional.l1_loss}, "loss"),
    "penalty": ({"penalty": penalty_of(0.1)}, "penalty"),
    "one number of x": ({"x": X + torch.eye(8, 4) * 1e-6}, "data"),
    "the order": ({"make": lambda: nn.Linear(4, 4, bias=False)}, "networks"),
    "where it starts": ({"make": lambda: nn.init.zeros_((net := nn.Linear(4, 4)).bias) is None or net}, "weights at the start"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_another_training_is_described_in_other_words(case):
    change, name = CHANGES[case]
    before, now = described(), described(**change)
    assert before == described()
    assert name in [key for key in before if before[key] != now[key]]
    assert case in ("the order", "where it starts") or [key for key in before if before[key] != now[key]] == [name]


def test_the_strength_of_a_penalty_is_described():
    assert described(penalty=penalty_of(0.1)) != described(penalty=penalty_of(0.2))
