"""The toy saddle in closed form equals autograd, torch's optimizers, and what is proved of it."""

import itertools

import numpy as np
import pytest

from skiplab.theory import saddle
from skiplab.theory.saddle import Toy, descend, eigenvalues, escape_steps, gradient, hessian, kind, loss, multiplier, predicted_escape, tie

NAN, INF = float("nan"), float("inf")
CASES = [(form, n) for form in saddle.FORMS for n in (2, 3, 4, 6, 8) if form != "pair" or n % 2 == 0]


def points(form, length, how_many=4):
    """Toys with random alpha and lam, each with a random point."""
    rng = np.random.default_rng([saddle.FORMS.index(form), length])
    for _ in range(how_many):
        yield Toy(rng.uniform(-2, 3), form, rng.uniform(0, 1.5), length), rng.uniform(-1.5, 1.5, length)


def torch_loss(toy):
    """The loss as a torch function of the weights, written anew from the formulas."""
    import torch

    def m(w):
        if toy.form == "plain":
            return torch.prod(w)
        if toy.form == "block":
            return toy.lam + torch.prod(w)
        if toy.form == "pair":
            return torch.prod(toy.lam + w[0::2] * w[1::2])
        return torch.prod(toy.lam + w)

    return lambda w: (m(w) - toy.alpha) ** 2


def second(f):
    """The Hessian of a torch function, by backward mode alone."""
    import torch

    return torch.func.jacrev(torch.func.grad(f))


def close(a, b, rtol=1e-10, atol=1e-12):
    np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


def lived(path):
    return path[np.isfinite(path).all(-1)]


# ---- loss, gradient, Hessian


def test_loss_gradient_and_hessian_equal_autograd(subtests):
    import torch

    for form, length in CASES:
        with subtests.test(form=form, length=length):
            for toy, w in points(form, length):
                f, at = torch_loss(toy), torch.tensor(w)
                close(loss(toy, w), f(at).item())
                close(gradient(toy, w), torch.func.grad(f)(at).numpy())
                close(hessian(toy, w), second(f)(at).numpy())


def test_gradient_and_hessian_equal_finite_differences(subtests):
    for form, length in CASES:
        with subtests.test(form=form, length=length):
            step = 1e-5
            for toy, w in points(form, length, 2):
                sides = [(w + step * e, w - step * e) for e in np.eye(length)]
                scale = 1 + np.abs(hessian(toy, w)).max()
                close(gradient(toy, w), [(loss(toy, up) - loss(toy, down)) / (2 * step) for up, down in sides], 1e-6, 1e-7 * scale)
                close(hessian(toy, w), [(gradient(toy, up) - gradient(toy, down)) / (2 * step) for up, down in sides], 1e-6, 1e-7 * scale)


def test_a_zero_weight_needs_no_division(subtests):
    import torch

    for form, length in CASES:
        with subtests.test(form=form, length=length):
            for toy, w in points(form, length, 2):
                for zeros in (w * (np.arange(length) > 0), np.zeros(length), np.full(length, -toy.lam)):
                    close(gradient(toy, zeros), torch.func.grad(torch_loss(toy))(torch.tensor(zeros)).numpy())
                    close(hessian(toy, zeros), second(torch_loss(toy))(torch.tensor(zeros)).numpy())


def test_many_points_at_once_equal_one_by_one(subtests):
    for form in saddle.FORMS:
        with subtests.test(form=form):
            toy = Toy(0.7, form, 0.9, 4)
            w = np.random.default_rng(3).uniform(-1, 1, (3, 5, 4))
            assert multiplier(toy, w).shape == loss(toy, w).shape == (3, 5)
            assert gradient(toy, w).shape == w.shape
            for i, j in np.ndindex(3, 5):
                assert loss(toy, w)[i, j] == loss(toy, w[i, j])
                assert (gradient(toy, w)[i, j] == gradient(toy, w[i, j])).all()


def test_at_strength_zero_every_form_is_plain(subtests):
    for form, length in CASES:
        with subtests.test(form=form, length=length):
            for toy, w in points(form, length):
                bare, plain = Toy(toy.alpha, form, 0.0, length), Toy(toy.alpha, "plain", toy.lam, length)
                close(multiplier(bare, w), multiplier(plain, w), 1e-14)
                close(gradient(bare, w), gradient(plain, w), 1e-12)


def test_plain_has_no_strength(subtests):
    for length in [2, 3, 4]:
        with subtests.test(length=length):
            w = np.linspace(-1, 1, length)
            assert loss(Toy(1.3, "plain", 0.2, length), w) == loss(Toy(1.3, "plain", 1.4, length), w)


def test_one_pair_is_a_block(subtests):
    for length in [2, 4, 8]:
        with subtests.test(length=length):
            w = np.random.default_rng(length).uniform(-1, 1, 2)
            assert loss(Toy(0.4, "pair", 0.7, 2), w) == loss(Toy(0.4, "block", 0.7, 2), w)
            shifted = np.random.default_rng(length).uniform(-1, 1, length)
            close(loss(Toy(0.4, "weight", 0.7, length), shifted - 0.7), loss(Toy(0.4, "plain", 0.7, length), shifted))


# ---- what stands where


def test_plain_origin_has_eigenvalues_plus_and_minus_two_alpha(subtests):
    for alpha in [-2.0, -0.5, 0.5, 1.0, 3.0]:
        with subtests.test(alpha=alpha):
            close(eigenvalues(Toy(alpha), [0, 0]), [-2 * abs(alpha), 2 * abs(alpha)])
            assert kind(Toy(alpha), [0, 0]) == "strict saddle"


def test_a_skip_round_all_moves_the_curvature_to_alpha_minus_lam(subtests):
    for lam, alpha in itertools.product([0.0, 0.4, 1.0, 1.5], [-1.0, 0.25, 1.5, 2.5]):
        with subtests.test(lam=lam, alpha=alpha):
            toy = Toy(alpha, "block", lam)
            close(eigenvalues(toy, [0, 0]), [-2 * abs(alpha - lam), 2 * abs(alpha - lam)])
            assert kind(toy, [0, 0]) == ("flat minimum" if alpha == lam else "strict saddle")


def test_at_alpha_one_half_plain_and_block_curve_alike():
    close(eigenvalues(Toy(0.5), [0, 0]), eigenvalues(Toy(0.5, "block"), [0, 0]))
    assert hessian(Toy(0.5), [0, 0])[0, 1] == -hessian(Toy(0.5, "block"), [0, 0])[0, 1] == -1


def test_three_plain_weights_or_more_make_a_flat_saddle(subtests):
    for length in [3, 4, 6, 8, 64]:
        with subtests.test(length=length):
            toy = Toy(1.0, length=length)
            assert (hessian(toy, np.zeros(length)) == 0).all()
            assert kind(toy, np.zeros(length)) == "flat saddle"
            assert loss(toy, np.full(length, 0.9)) < loss(toy, np.zeros(length))


def test_a_skip_round_each_weight_moves_the_saddle_to_minus_lam(subtests):
    for lam, length in itertools.product([0.5, 1.0, 1.3], [2, 4]):
        with subtests.test(lam=lam, length=length):
            toy = Toy(0.8, "weight", lam, length)
            assert (saddle.saddle_point(toy) == -lam).all()
            assert kind(toy, saddle.saddle_point(toy)) == ("strict saddle" if length == 2 else "flat saddle")
            assert kind(toy, np.zeros(length)) == ("slope" if lam**length != 0.8 else "minimum")


def test_the_other_forms_keep_it_at_the_origin(subtests):
    for form in ["plain", "block", "pair"]:
        with subtests.test(form=form):
            assert (saddle.saddle_point(Toy(1.0, form, 0.9, 4)) == 0).all()


def test_eight_weights_in_pairs_at_alpha_two_have_four_ways_down():
    toy = Toy(2.0, "pair", 1.0, 8)
    close(eigenvalues(toy, np.zeros(8)), [-2.0] * 4 + [2.0] * 4)
    assert kind(toy, np.zeros(8)) == "strict saddle"


def test_minimum_slope_and_flat_minimum_are_told_apart():
    assert kind(Toy(1.0), [2.0, 0.5]) == "minimum"
    assert kind(Toy(1.0), [2.0, 0.6]) == "slope"
    assert kind(Toy(0.0, length=3), np.zeros(3)) == "flat minimum"


def test_the_multiplier_is_harmonic(subtests):
    import torch

    for form, length in CASES:
        with subtests.test(form=form, length=length):
            for toy, w in points(form, length, 2):
                squared = torch_loss(Toy(0.0, toy.form, toy.lam, length))
                bend = second(lambda v, squared=squared: torch.sqrt(squared(v)))(torch.tensor(w)).numpy()  # of |m|
                assert np.abs(np.diag(bend)).max() < 1e-9 * (1 + np.abs(bend).max())
                around = np.concatenate([w + 0.6 * np.eye(length), w - 0.6 * np.eye(length)])  # the sphere's points on the axes
                close(multiplier(toy, around).mean(), multiplier(toy, w))
            w = np.random.default_rng(0).uniform(-1, 1, 2)
            turn = np.linspace(0, 2 * np.pi, 64, endpoint=False)
            circle = w + 0.9 * np.stack([np.cos(turn), np.sin(turn)], -1)
            close(multiplier(Toy(1.0, form, 0.8, 2), circle).mean(), multiplier(Toy(1.0, form, 0.8, 2), w))


def test_every_critical_point_with_a_loss_has_a_way_down(subtests):
    for form, length in CASES:
        with subtests.test(form=form, length=length):
            for toy, _ in points(form, length):
                place = saddle.saddle_point(toy)
                if loss(toy, place) < 1e-3:
                    continue
                rng = np.random.default_rng(1)
                around = place + 0.3 * rng.choice([-1.0, 1.0], (200, length))
                assert np.abs(gradient(toy, place)).max() < 1e-12
                assert loss(toy, around).min() < loss(toy, place) < loss(toy, around).max()


# ---- how descent goes


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


# ---- escape


def steps_and_guess(toy, ab, lr):
    """Steps to escape, measured and predicted; twice as many as predicted are run."""
    ab = saddle.saddle_point(toy)[:2] + ab
    guess = predicted_escape(toy, ab, lr)
    return escape_steps(toy, descend(toy, tie(ab, toy.length), int(2 * guess) + 10, lr)), guess


@pytest.mark.slow
def test_predicted_escape_is_within_three_per_cent_of_the_measured(subtests):
    starts = [
        (Toy(1.0), [1e-4, 1e-4]),
        (Toy(1.5), [2e-5, -1e-5]),
        (Toy(-1.0), [1e-4, -3e-5]),
        (Toy(2.0, "block"), [1e-5, 3e-5]),
        (Toy(0.25, "block", 0.6), [1e-6, 4e-6]),
        (Toy(2.5, "weight"), [1e-5, 0.0]),
        (Toy(1.0, "weight", 0.5), [-1e-5, -2e-5]),
        (Toy(3.0, "pair", 1.0, 4), [1e-5, 1e-5]),
        (Toy(2.0, "pair", 1.0, 8), [1e-6, 0.0]),
        (Toy(1.0, length=3), [0.01, 0.01]),
        (Toy(2.0, "block", 1.0, 3), [0.01, 0.01]),
        (Toy(1.0, "weight", 0.7, 3), [0.02, 0.02]),
        (Toy(1.0, length=4), [0.06, 0.06]),
    ]
    for (toy, ab), lr in itertools.product(starts, [0.005, 0.05]):
        with subtests.test(toy=toy, ab=ab, lr=lr):
            measured, predicted = steps_and_guess(toy, ab, lr)
            assert measured > 20
            assert abs(predicted / measured - 1) < 0.03 + 1.5 / measured  # and the step that a count rounds up


@pytest.mark.parametrize("lr", [0.002, 0.02])
def test_two_weights_need_log_one_over_epsilon_steps(lr):
    counts = [steps_and_guess(Toy(1.0), [eps, eps], lr) for eps in (2.0**-k for k in range(8, 15))]
    expected = np.log(2) / np.log1p(2 * lr)  # the steps in which the distance doubles
    assert np.abs(np.diff(counts, axis=0)[:, 0] - expected).max() <= 1
    close((counts[-1][1] - counts[0][1]) / 6, expected, rtol=0.02)


def test_more_weights_need_epsilon_to_the_two_minus_length(subtests):
    for length, starts in [(3, (0.004, 0.002)), (4, (0.04, 0.02)), (6, (0.24, 0.12))]:
        with subtests.test(length=length, starts=starts):
            lr = 0.05
            (far, far_guess), (near, near_guess) = (steps_and_guess(Toy(1.0, length=length), [eps, eps], lr) for eps in starts)
            close(near / far, 2 ** (length - 2), rtol=0.03)
            close(near_guess / far_guess, 2 ** (length - 2), rtol=0.03)
            close(near, 1 / ((length - 2) * 2 * lr * starts[1] ** (length - 2)), rtol=0.03)  # ds/dt = 2 s^(L-1)


def test_small_steps_keep_the_difference_of_squares_seen_from_the_saddle(subtests):
    for form, length in CASES:
        with subtests.test(form=form, length=length):
            toy = Toy(1.6, form, 0.7, length)
            path = descend(toy, tie([0.5, 0.8], length) + saddle.saddle_point(toy), 1000, 0.0002)[:, :2] - saddle.saddle_point(toy)[:2]
            squares = path**2
            change = np.abs(squares - squares[0]).max()
            assert change > 0.01
            assert np.abs((squares - squares[0]) @ [1, -1]).max() < 0.02 * change


@pytest.mark.slow
def test_a_prediction_holds_for_starts_off_the_way_down_too(subtests):
    for form, length in CASES:
        with subtests.test(form=form, length=length):
            rng, checked = np.random.default_rng([7, saddle.FORMS.index(form), length]), 0
            for _ in range(40):
                toy = Toy(rng.choice([-1, 1]) * rng.uniform(1, 3), form, rng.uniform(0.1, 0.9), length)
                ab = saddle.saddle_point(toy)[:2] + rng.uniform(-0.6, 0.6, 2)
                guess = predicted_escape(toy, ab, 0.004)
                if guess is not None and 50 < guess < 1000:
                    measured = escape_steps(toy, descend(toy, tie(ab, length), 1400, 0.004))
                    assert measured is not None, (toy, ab, guess)
                    assert abs(guess / measured - 1) < 0.12, (toy, ab, guess, measured)
                    checked += 1
                if checked == 5:
                    break
            assert checked > 0


def test_from_a_line_of_critical_points_no_escape_is_predicted():
    toy = Toy(1.0, length=4)
    assert (gradient(toy, tie([0.4, 0.0], 4)) == 0).all()
    assert predicted_escape(toy, [0.4, 0.0], 0.02) is None


def test_escape_counts_the_fraction_of_the_way_from_the_saddle():
    toy = Toy(1.0)
    path = np.sqrt(np.array([0.0, 0.3, 0.89, 0.91, 1.0]))[:, None] * [1, 1]  # m = 0, .3, .89, .91, 1
    assert escape_steps(toy, path) == 3
    assert escape_steps(toy, path[:3]) is None
    assert escape_steps(Toy(1.0, "block"), path) is None  # nothing to escape from
    path[2:] = NAN
    assert escape_steps(toy, path) is None


def test_where_nothing_leads_down_no_escape_is_predicted():
    assert predicted_escape(Toy(1.0), [0.2, -0.2], 0.02) is None
    assert predicted_escape(Toy(1.0), [0.0, 0.0], 0.02) is None
    assert predicted_escape(Toy(1.0, "block"), [0.1, 0.1], 0.02) is None
    assert predicted_escape(Toy(-1.0, "weight"), [0.0, 0.0], 0.02) is None
    assert predicted_escape(Toy(1.0), [1.5, 1.5], 0.02) is None
