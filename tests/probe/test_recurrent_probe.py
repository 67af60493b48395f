"""The derivative through time is the product of the steps' Jacobians, whatever the cell, and many seeds at once are single ones."""

from functools import partial

import numpy as np
import pytest
import torch

from skiplab.nets.recurrent import CELLS, GRU, RNN, AddRNN, unroll
from skiplab.probe import recurrent as lags

WIDTH = 6


def one_by_one(cell, x):
    """log10 of the root mean square of J^T v, from full Jacobians of one cell, for lags 0 … T - 1."""
    cell, x = cell.double(), x.double()
    states = [cell.begin(x)]
    for x_t in x.unbind(1):
        states.append(cell(x_t, states[-1]))
    found = []
    for t in range(x.shape[1], 0, -1):

        def rest(h, t=t):
            state = list(states[t])
            state[cell.carries] = h
            # an LSTM's h at step t comes from its c
            if cell.carries:
                state[0] = state[0] / torch.tanh(states[t][1]) * torch.tanh(h)
            for x_s in x[:, t:].unbind(1):
                state = cell(x_s, tuple(state))
            return state[cell.carries]

        h = states[t][cell.carries].detach()
        found.append(torch.stack([torch.autograd.functional.jacobian(rest, h)[b, :, b] for b in range(len(x))]))
    return torch.stack(found)  # (T, B, width, width)


def test_many_seeds_at_once_are_full_jacobians_one_by_one(subtests):
    for name in CELLS:
        with subtests.test(name=name):
            cells, x = lags.draw(partial(CELLS[name], 3, WIDTH), seeds=3), lags.noise(2, 7, 3)
            logs = lags.by_lag(cells, x)
            ends = torch.randn(2, WIDTH, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
            for s, cell in enumerate(cells):
                rows = torch.einsum("tbij,bi->tbj", one_by_one(cell, x), ends)
                expected = (rows.square().mean((1, 2)) / ends.square().mean()).log10() / 2
                assert np.allclose(logs[s], expected.detach().numpy(), atol=1e-9)


def test_an_identity_keeps_everything_and_a_scaled_one_fades_by_its_scale():
    kept = lags.by_lag(lags.draw(partial(GRU, 4, WIDTH, bias=-1e4), 2), lags.noise(4, 30))
    assert np.abs(kept).max() < 1e-9
    assert lags.a_step(kept) == pytest.approx([1, 1])
    half = RNN(4, WIDTH)
    half.weight_hh.data = 0.5 * torch.eye(WIDTH)
    for weight in (half.weight_ih, half.bias_ih, half.bias_hh):
        weight.data.zero_()
    logs = lags.by_lag([half], lags.noise(4, 30))
    assert logs[0] == pytest.approx(np.arange(30) * np.log10(0.5))
    assert lags.a_step(logs) == pytest.approx([0.5])


def test_it_does_not_underflow_and_leaves_the_cells_as_they_are():
    cells = lags.draw(partial(GRU, 4, WIDTH, bias=3.0), 2)
    logs = lags.by_lag(cells, lags.noise(2, 100))
    assert np.isfinite(logs).all()
    assert logs[:, -1].max() < -20
    assert cells[0].weight_hh.dtype == torch.float32


def test_drawn_cells_follow_their_seeds(monkeypatch):
    one, other = lags.draw(partial(AddRNN, 2, 4), 2)
    assert not torch.equal(one.weight_hh, other.weight_hh)
    again = lags.draw(partial(AddRNN, 2, 4), 1, gain=2.0)[0]
    assert torch.allclose(again.weight_hh, 2 * one.weight_hh)
    monkeypatch.setenv("SKIPLAB_FIRST_SEED", "1")
    assert torch.equal(lags.draw(partial(AddRNN, 2, 4), 1)[0].weight_hh, other.weight_hh)


def test_gates_are_those_that_the_step_uses():
    torch.manual_seed(0)
    gru, x = GRU(3, WIDTH), torch.randn(4, 9, 3)
    z, h = torch.as_tensor(lags.gates(gru, x)), unroll(gru, x).detach()
    assert z.shape == (4, 9, WIDTH)
    before = torch.cat([torch.zeros(4, 1, WIDTH), h[:, :-1]], 1)
    with torch.no_grad():
        for t in range(9):
            n = gru.step.branch(before[:, t], gru.read(x[:, t]), gru.recall(before[:, t]))
            assert torch.allclose(h[:, t], (1 - z[:, t]) * before[:, t] + z[:, t] * n, atol=1e-6)


def test_bad_input_is_named(subtests):
    for call, words in [
        (lambda: lags.noise(0), ["count", "0"]),
        (lambda: lags.noise(2, 1), ["length", "1"]),
        (lambda: lags.noise(size=-1), ["size", "-1"]),
        (lambda: lags.draw(partial(GRU, 2, 4), 0), ["seeds", "0"]),
        (lambda: lags.a_step(np.zeros((2, 5)), 4), ["start", "4"]),
        (lambda: lags.gates(RNN(2, 4), torch.zeros(1, 3, 2)), ["cell", "GRU", "RNN"]),
        (lambda: lags.gates(GRU(2, 4), torch.zeros(3, 2)), ["x", "(B, T, inputs)", "(3, 2)"]),
        (lambda: lags.by_lag([GRU(2, 4)], [1, 2]), ["x", "list"]),
        (lambda: lags.by_lag([], torch.zeros(1, 3, 2)), ["cells", "empty"]),
        (lambda: lags.by_lag([GRU(2, 4), RNN(2, 4)], torch.zeros(1, 3, 2)), ["cells", "GRU", "RNN"]),
        (lambda: lags.by_lag([GRU(2, 4), GRU(2, 5)], torch.zeros(1, 3, 2)), ["cells", "one kind and size"]),
        (lambda: lags.by_lag([3], torch.zeros(1, 3, 2)), ["cells", "3"]),
        (lambda: lags.draw(None), ["make", "None"]),
        (lambda: lags.a_step([[1.0]]), ["logs", "array"]),
    ]:
        with subtests.test(words=words):
            with pytest.raises((TypeError, ValueError)) as problem:
                call()
            for word in words:
                assert word in str(problem.value)
