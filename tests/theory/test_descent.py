"""Descent on the toy saddle equals that of torch, and goes where it is proved to go."""

import itertools

import numpy as np
import pytest
from toys import close, torch_loss

from skiplab.theory import saddle
from skiplab.theory.saddle import Toy, descend, eigenvalues, escape_steps, gradient, loss, tie


def lived(path):
    return path[np.isfinite(path).all(-1)]


def test_block_at_alpha_is_plain_at_alpha_minus_one():
    w = np.random.default_rng(2).uniform(-2, 2, (50, 2))
    for alpha in (-1.0, 0.25, 1.0, 2.5):  # exact in binary
        block, plain = Toy(alpha, "block"), Toy(alpha - 1)
        close(loss(block, w), loss(plain, w))
        for optimizer in saddle.OPTIMIZERS:
            paths = [descend(toy, [0.4, 0.1], 200, 0.02, optimizer, sigma=0.1) for toy in (block, plain)]
            close(*paths, rtol=1e-9, atol=1e-9)


def test_on_a_flat_minimum_the_loss_falls_like_one_over_sixteen_t_squared():
    lr, toy = 0.02, Toy(1.0, "block")
    losses = loss(toy, descend(toy, [0.5, 0.5], 20_000, lr))
    for steps in (5_000, 10_000, 20_000):
        close(losses[steps] * 16 * (lr * steps) ** 2, 1, rtol=0.03)
    close(losses[5_000] / losses[10_000], 4, rtol=0.02)
    close(losses[10_000] / losses[20_000], 4, rtol=0.01)


def test_with_a_skip_round_each_weight_and_alpha_minus_one_descent_runs_into_the_saddle():
    toy = Toy(-1.0, "weight")
    path = descend(toy, [0.0, 0.0], 3000, 0.05)
    close(path[-1], [-1, -1], atol=1e-6)
    close(loss(toy, path[-1]), 1)
    assert (np.diff(loss(toy, path)) <= 0).all()
    assert escape_steps(toy, path) is None
    off = descend(toy, [0.05, 0.0], 3000, 0.05)
    assert loss(toy, off[-1]) < 1e-9
    assert escape_steps(toy, off) is not None


def test_from_the_antidiagonal_plain_descent_never_escapes(subtests):
    for alpha in [0.5, 1.0, 2.0]:
        with subtests.test(alpha=alpha):
            toy = Toy(alpha)
            path = descend(toy, [0.7, -0.7], 2000, 0.05)
            assert (path[:, 0] == -path[:, 1]).all()
            close(loss(toy, path[-1]), alpha**2)
            assert escape_steps(toy, path) is None
            assert loss(toy, descend(toy, [0.7, -0.7 + 1e-6], 2000, 0.05)[-1]) < 1e-9


def test_from_the_diagonal_with_a_negative_target_neither():
    path = descend(Toy(-1.0), [0.7, 0.7], 2000, 0.05)
    assert (path[:, 0] == path[:, 1]).all()
    close(loss(Toy(-1.0), path[-1]), 1)


def test_a_long_step_ends_on_a_flatter_minimum_and_a_longer_one_diverges():
    toy = Toy(1.0)
    ends = {lr: descend(toy, [3, 0.1], 4000, lr) for lr in (0.02, 0.2, 0.3)}
    short, long = (eigenvalues(toy, ends[lr][-1])[-1] for lr in (0.02, 0.2))
    assert loss(toy, ends[0.02][-1]) < 1e-12
    assert loss(toy, ends[0.2][-1]) < 1e-12
    assert long < 2 / 0.2 < short  # a step of 0.2 cannot rest where the loss curves more than 10
    alive = np.isfinite(ends[0.3]).all(-1)
    assert not alive[-1]
    assert alive[: alive.sum()].all()  # once gone, gone for good
    assert np.abs(ends[0.3][alive]).max() < saddle.RUNAWAY


@pytest.mark.parametrize(("push", "lives"), [(0.9, True), (1.1, False)])
def test_a_weight_beyond_runaway_has_diverged(push, lives):
    noise = np.zeros((3, 2))
    noise[1, 0] = push * saddle.RUNAWAY
    path = descend(Toy(1.0, "plain"), [0.0, 0.0], 3, 1.0, "noisy", sigma=1.0, noise=noise)
    assert np.isfinite(path).all(-1).tolist()[:3] == [True, True, lives]


def test_the_path_begins_at_the_start_and_has_one_row_a_step(subtests):
    for optimizer in saddle.OPTIMIZERS:
        with subtests.test(optimizer=optimizer):
            start = np.array([0.3, -0.2, 0.1])
            path = descend(Toy(1.0, length=3), start, 7, 0.01, optimizer, sigma=0.1)
            assert path.shape == (8, 3)
            assert (path[0] == start).all()
            assert descend(Toy(1.0, length=3), start, 0).shape == (1, 3)
            path[:] = 9.0
            assert start.tolist() == [0.3, -0.2, 0.1]


def test_many_starts_descend_as_each_does_alone_also_beside_one_that_diverges(subtests):
    for optimizer in saddle.OPTIMIZERS:
        with subtests.test(optimizer=optimizer):
            toy = Toy(1.7, "pair", 0.8, 4)
            starts = np.random.default_rng(0).normal(0, 0.7, (2, 3, 4))
            starts[1, 0] = 40.0
            paths = descend(toy, starts, 60, 0.01, optimizer, sigma=0.3)
            assert paths.shape == (61, 2, 3, 4)
            assert np.isnan(paths[-1, 1, 0]).all() == (optimizer != "adam")  # its steps are of one size
            for i, j in np.ndindex(2, 3):
                close(paths[:, i, j], descend(toy, starts[i, j], 60, 0.01, optimizer, sigma=0.3), 1e-12)
            assert descend(toy, np.zeros((0, 4)), 5).shape == (6, 0, 4)


def test_tied_weights_stay_tied(subtests):
    for form, optimizer in itertools.product(saddle.FORMS, saddle.OPTIMIZERS):
        with subtests.test(form=form, optimizer=optimizer):
            path = lived(descend(Toy(1.7, form, 0.8, 6), tie([0.4, -0.15], 6), 300, 0.01, optimizer, sigma=0.3))
            assert len(path) == 301
            assert (path[:, 0] != path[:, 1]).any()
            close(path[:, 0::2], np.repeat(path[:, :1], 3, 1), 1e-9)
            close(path[:, 1::2], np.repeat(path[:, 1:2], 3, 1), 1e-9)


def test_tie_repeats_a_and_b():
    assert tie([1.0, 2.0], 5).tolist() == [1, 2, 1, 2, 1]
    assert tie(np.zeros((3, 4, 2)), 8).shape == (3, 4, 8)


def test_a_descent_of_many_weights_that_diverges_is_quiet():
    path = descend(Toy(1.0, length=64), np.full(64, 1.7), 20, 0.05)
    assert np.isnan(path[-1]).all()
    assert np.isfinite(path[0]).all()
    far = descend(Toy(1.0, length=64), np.full(64, 1e5), 3, 0.05)
    assert np.isnan(far[1:]).all()


def test_optimizers_equal_those_of_torch(subtests):
    import torch

    theirs = ("gd", "SGD", {}), ("momentum", "SGD", {"momentum": 0.9}), ("adam", "Adam", {})
    for form, (optimizer, torch_name, settings) in itertools.product(saddle.FORMS, theirs):
        with subtests.test(form=form, optimizer=optimizer):
            toy, start = Toy(1.8, form, 0.7, 4), [0.9, -0.3, 0.4, 0.6]
            w = torch.tensor(start, dtype=torch.float64, requires_grad=True)
            stepper, f, there = getattr(torch.optim, torch_name)([w], lr=0.01, **settings), torch_loss(toy), [start]
            for _ in range(150):
                stepper.zero_grad()
                f(w).backward()
                stepper.step()
                there.append(w.detach().tolist())
            close(descend(toy, start, 150, 0.01, optimizer), there, 1e-10, 1e-10)


def test_noisy_descent_adds_sigma_times_the_table_to_the_gradient():
    toy, noise = Toy(1.5), saddle.noise_table(3, 2, seed=7)
    path = descend(toy, [0.2, 0.1], 3, 0.1, "noisy", sigma=0.5, noise=noise)
    for t in range(3):
        close(path[t + 1], path[t] - 0.1 * (gradient(toy, path[t]) + 0.5 * noise[t]))


def test_noise_can_be_repeated_and_is_equal_for_tied_weights():
    table = saddle.noise_table(5000, 6, seed=1)
    assert table.shape == (5000, 6)
    assert (table == saddle.noise_table(5000, 6, seed=1)).all()
    assert (table != saddle.noise_table(5000, 6, seed=2)).any()
    assert (table[:, ::2] == table[:, :1]).all()
    assert (table[:, 1::2] == table[:, 1:2]).all()
    assert abs(table[:, 0].std() - 1) < 0.05
    assert abs(np.corrcoef(table[:, 0], table[:, 1])[0, 1]) < 0.05
    assert (saddle.noise_table(100, 2)[:50] == saddle.noise_table(50, 2)).all()


def test_only_noisy_descent_is_noisy():
    for optimizer in ("gd", "momentum", "adam"):
        calm, noisy = (descend(Toy(1.5), [0.2, 0.1], 50, 0.01, optimizer, sigma=s) for s in (0.0, 1.0))
        assert (calm == noisy).all()
    assert (descend(Toy(1.5), [0.2, 0.1], 50, 0.01, "noisy") == descend(Toy(1.5), [0.2, 0.1], 50, 0.01)).all()
