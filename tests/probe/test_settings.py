"""A reader's settings of torch change no number of ours, and ours never stay."""

import threading

import numpy as np
import pytest
import torch
from torch import nn

from skiplab import Skip
from skiplab.base.settings import as_taught, threads
from skiplab.nets import densenet, recurrent, transformer
from skiplab.probe import densenet as reuse
from skiplab.probe import recurrent as lags
from skiplab.probe import stack as depths
from skiplab.probe import transformer as tokens
from skiplab.train import fit, normal_inputs

X = torch.randn(12, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float32)
LABELS = torch.arange(12) % 3
PICTURES = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float32)


def float32(make):
    """A network of float32 weights, drawn as such, whatever the reader's default is."""
    with as_taught():
        torch.manual_seed(3)
        return make()


def trained(make, **how):
    run = fit(lambda: float32(make), X, LABELS, loss="cross_entropy", seeds=2, steps=4, batch=6, lr=0.05, **how)
    return run.losses, run.train_error, run.outputs(X)


GRU, BLOCKS = recurrent.GRU(2, 4), nn.Sequential(transformer.block(4), transformer.block(4))
NET, READER = densenet.densenet(), transformer.EncoderDecoder(4, 5, 8)
SYMBOLS = torch.arange(15).view(3, 5) % 4
ACTS = {
    "gradients": lambda: (found := depths.sizes(depths.Config(), [2, 5], 2, 6)).gradient + found.activation,
    **{
        f"of {merge}": lambda merge=merge: depths.sizes(depths.Config(merge=merge, norm="batch"), [3], 2, 6).gradient
        for merge in ("gate", "concat")
    },
    "branches": lambda: depths.branch_norms(depths.Config(gamma="1/L"), 3, 2, 6),
    "singular values": lambda: depths.singular_values(depths.Config(init="orthogonal"), 3, 2, 6),
    "a block less": lambda: depths.drop_a_block(depths.Config(), 3, 2, 6),
    "shattering": lambda: depths.shattering(depths.Config(norm="batch"), 3, seeds=2, width=6, points=32),
    "lags": lambda: lags.by_lag(lags.draw(recurrent.LSTM, 2, inputs=2, width=4), lags.noise(2, 6, 2)),
    "gates": lambda: lags.gates(GRU, lags.noise(2, 6, 2)),
    "tokens": lambda: tokens.stream(tokens.Config(init="xavier"), [1, 3], 2, 8, 5).value,
    "strengths": lambda: tokens.stream(tokens.Config("post", (0.0, 1.0)), [2], 2, 8, 5).norm,
    "filters": lambda: np.stack(list(tokens.filters(BLOCKS, normal_inputs(6, 4).view(2, 3, 4)).values())),
    "distance": lambda: tokens.by_distance(READER, SYMBOLS),
    "reads": lambda: reuse.weights(NET),
    "cuts": lambda: reuse.cut(NET, PICTURES, torch.arange(4)),
    "inputs": lambda: normal_inputs(5, 3),
    "batched": lambda: trained(lambda: nn.Sequential(Skip(nn.Linear(4, 4)), nn.Linear(4, 3)), clip=1.0),
    "vmap": lambda: trained(lambda: nn.Sequential(nn.Unflatten(1, (2, 2)), nn.Flatten(), nn.Dropout(0.5), nn.Linear(4, 3))),
    "loop": lambda: trained(lambda: nn.Sequential(nn.Unflatten(1, (1, 4)), nn.Conv1d(1, 1, 3, padding=1), nn.Flatten(), nn.Linear(4, 3))),
}


@pytest.fixture
def reader():
    """A reader who computes in float64, without gradients, on two threads."""
    before = torch.get_default_dtype(), torch.get_num_threads()
    try:
        with torch.no_grad():
            torch.set_default_dtype(torch.float64)
            torch.set_num_threads(2)
            yield
            assert (torch.get_default_dtype(), torch.get_num_threads(), torch.is_grad_enabled()) == (torch.float64, 2, False)
    finally:
        torch.set_default_dtype(before[0])
        torch.set_num_threads(before[1])


def numbers(found):
    return [np.asarray(torch.as_tensor(part)) for part in (found if isinstance(found, tuple) else (found,))]


@pytest.fixture(scope="module")
def usual():
    return {name: numbers(act()) for name, act in ACTS.items()}


def test_no_number_of_ours_is_another_one(usual, reader, subtests):
    depths._weight.cache_clear()
    for name, act in ACTS.items():
        with subtests.test(name=name):
            for mine, theirs in zip(numbers(act()), usual[name], strict=True):
                assert mine.dtype == theirs.dtype
                assert np.array_equal(mine, theirs, equal_nan=True)


def test_a_readers_float64_networks_are_trained_as_such(reader):
    run = fit(lambda: nn.Linear(4, 3), X.double(), LABELS, loss="cross_entropy", seeds=2, steps=3)
    assert run.losses.dtype == np.float64


def test_a_failure_leaves_the_settings_as_well(reader):
    for act in (lambda: fit(lambda: nn.Linear(3, 3), X, LABELS, loss="cross_entropy"), lambda: depths.sizes(depths.Config(), [0])):
        with pytest.raises((ValueError, TypeError)):
            act()


def test_threads_are_one_unless_said_and_the_readers_afterwards(reader, monkeypatch):
    for said, count in ((None, 1), ("3", 3)):
        monkeypatch.setenv("SKIPLAB_THREADS", said) if said else monkeypatch.delenv("SKIPLAB_THREADS", raising=False)
        seen = []
        fit(lambda seen=seen: seen.append(torch.get_num_threads()) or nn.Linear(4, 4), X.double(), X.double(), seeds=1, steps=1)
        assert set(seen) == {count}
        assert torch.get_num_threads() == 2
    for text in ("two", "0", "-1", "2.5"):
        monkeypatch.setenv("SKIPLAB_THREADS", text)
        with pytest.raises(ValueError, match=f"SKIPLAB_THREADS: expected a whole number.*'{text}'"), threads():
            pass


def test_whoever_comes_out_last_puts_the_dtype_back(reader):
    first, second = as_taught(), as_taught()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert torch.get_default_dtype() == torch.float32
    second.__exit__(None, None, None)
    assert torch.get_default_dtype() == torch.float64
    torch.set_num_threads(2)
    torch.set_grad_enabled(False)


def test_a_training_of_another_thread_leaves_this_ones_threads(reader):
    other = threading.Thread(target=lambda: fit(lambda: nn.Linear(4, 4), X.double(), X.double(), seeds=1, steps=3))
    other.start()
    other.join(60)
    assert torch.get_num_threads() == 2
