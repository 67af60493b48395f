"""What is asked of a training is checked, and its minibatches are each seed's own and every setting's alike."""

import itertools
import re
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


def refused(error, words, **given):
    """What is wrong with the refusal of these arguments, in words, or ""."""
    try:
        fit(**({"make": linear, "x": X, "y": Y, "seeds": 2, "steps": 1} | given))
    except error as problem:
        return "" if re.search(words, str(problem)) else f"{given}: {problem}"
    return f"{given}: not refused"


def of_classes(**given):
    return {"loss": "cross_entropy", "y": LABELS} | given


def test_numbers_and_names_that_cannot_be_are_named():
    failures = [
        refused(ValueError, "seeds: expected a whole number from 1 to 1024, got 0", seeds=0),
        refused(TypeError, "seeds: .*2.0", seeds=2.0),
        refused(ValueError, "steps: .*-1", steps=-1),
        refused(ValueError, "lr: .*nan", lr=float("nan")),
        refused(ValueError, "lr: expected a finite number, greater than 0, got 0", lr=0),
        refused(ValueError, "lr at step 2: expected a finite number, greater than 0, got 0", lr=lambda step: 2 - step, steps=5),
        refused(TypeError, "lr at step 0: .*None", lr=lambda step: None),
        refused(ValueError, "optimizer: expected one of 'sgd', 'momentum', 'adam', got 'lion'", optimizer="lion"),
        refused(ValueError, "loss: expected one of 'mse', 'cross_entropy', got 'mae'", loss="mae"),
        refused(ValueError, "precision: expected one of 'float32', 'bfloat16', got 'float16'", precision="float16"),
        refused(ValueError, "batch: expected a whole number from 1 to 8, got 9", batch=9),
        refused(ValueError, "clip: .*greater than 0, got 0", clip=0),
        refused(ValueError, "minutes: .*got 0", minutes=0),
        refused(ValueError, "every: .*got 0", **of_classes(every=0)),
        refused(TypeError, "checkpoint: expected the name of a file, got ''", checkpoint=""),
        refused(TypeError, "checkpoint: expected the name of a file, got '/'", checkpoint="/"),
        refused(TypeError, "checkpoint: expected the name of a file, got 3", checkpoint=3),
    ]
    assert not any(failures), [*filter(None, failures)]


def test_functions_that_are_none_are_named_and_others_are_answered_by_python():
    failures = [
        refused(TypeError, "make: expected a function without arguments, got 3", make=3),
        refused(TypeError, r"penalty: expected a function \(parameters\), got 0.1", penalty=0.1),
        refused(TypeError, r"watch: expected a function \(progress\), got 3", watch=3),
        refused(TypeError, r"loss: expected a function \(out, y\), got None", loss=None),
        refused(TypeError, r"loss: .* got the class MSELoss; write MSELoss\(\)", loss=nn.MSELoss),
        refused(TypeError, "takes 0 positional arguments but 1 was given", watch=lambda: None),
        refused(TypeError, "takes 0 positional arguments but 1 was given", lr=lambda: 1),
        refused(TypeError, "takes 1 positional argument but 2 were given", loss=lambda out: out.sum()),
        refused(TypeError, "takes 0 positional arguments but 1 was given", penalty=lambda: 0),
        refused(TypeError, "missing 1 required positional argument: 'width'", make=lambda width: nn.Linear(4, width)),
        refused(TypeError, r"linear\(\) got an unexpected keyword argument 'width'", settings={"a": {"width": 3}}),
        refused(TypeError, r"fit\(\) got an unexpected keyword argument 'device'", device="cuda"),
        refused(TypeError, r"fit\(\) got an unexpected keyword argument 'optimiser'", optimiser="adam"),
    ]
    assert not any(failures), [*filter(None, failures)]


def test_data_that_do_not_fit_are_named():
    failures = [
        refused(TypeError, "x: expected a tensor .*, got list", x=[[1.0]]),
        refused(TypeError, "x: .*, got ndarray; torch.as_tensor makes one of it", x=X.numpy()),
        refused(ValueError, "x: expected finite numbers, got NaN or infinity", x=torch.full((8, 4), torch.nan)),
        refused(ValueError, "y: expected finite numbers", y=torch.full((8, 4), torch.inf)),
        refused(TypeError, r"x: expected a tensor .*, got a single number, of shape \(\)", x=torch.tensor(1.0)),
        refused(ValueError, "y: expected as many examples as x has, 8 and at least one, got 7", y=Y[:7]),
        refused(ValueError, "y: .*at least one, got 0", x=X[:0], y=Y[:0]),
        refused(TypeError, "y: expected labels, whole numbers .int64., .* got torch.float32", loss="cross_entropy"),
        refused(TypeError, "y: expected labels, .* got torch.int32", **of_classes(y=LABELS.int())),
        refused(ValueError, "test: only the loss 'cross_entropy'", test=(X, Y)),
        refused(ValueError, "every: only the loss 'cross_entropy'", every=2),
        refused(TypeError, r"test: expected \(x, y\), got Tensor", **of_classes(test=X)),
        refused(ValueError, r"test x: .*\(4,\).*got \(\(3,\)", **of_classes(test=(X[:, :3], LABELS))),
        refused(ValueError, "test x: .*got .*float64", **of_classes(test=(X.double(), LABELS))),
        refused(ValueError, "test y: expected as many .* 8 .* got 5", **of_classes(test=(X, LABELS[:5]))),
        refused(TypeError, "test y: expected labels", **of_classes(test=(X, Y))),
    ]
    assert not any(failures), [*filter(None, failures)]


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


def test_minibatches_go_on_from_any_step():
    for step in (1, 3, 4, 8):
        assert torch.equal(numbered(3, step=step, steps=5), numbered(3, steps=step + 5)[step:]), step


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


def described(make=linear, x=X + 1, y=Y, **how):
    run = fit(make, x, y, seeds=2, steps=0, **{name: value for name, value in how.items() if name == "loss"})
    return task(make, x, y, **({"seeds": 2} | how)).described([run.ensemble])


def penalty_of(strength):
    return lambda p: strength * p["weight"].square().sum()


def loss_of(power):
    return lambda out, y: (out - y).abs().pow(power).mean()


def test_another_training_is_described_in_other_words():
    before, unlike = described(), []
    assert before == described(lr=0.1) == described(steps=9) == described(loss=loss_of(2))
    for name, change in {
        "optimizer": {"optimizer": "adam"}, "batch": {"batch": 4}, "clip": {"clip": 1.0},
        "data": {"x": X + 1 + torch.eye(8, 4) * 1e-6}, "networks": {"make": lambda: nn.Sequential(nn.Linear(4, 4))},
        "weights at the start": {"make": lambda: nn.init.zeros_((net := nn.Linear(4, 4)).bias) is None or net},
        "loss": {"penalty": penalty_of(0.1)},
    }.items():  # fmt: skip
        now = described(**change)
        unlike += [name] * (name not in [key for key in before if before[key] != now[key]])
    assert not unlike


def test_functions_of_one_name_and_the_same_numbers_are_told_apart():
    for name, (one, other) in {"loss": (loss_of(1), loss_of(3)), "penalty": (penalty_of(0.1), penalty_of(0.2))}.items():
        assert described(**{name: one}) != described(**{name: other}), name
