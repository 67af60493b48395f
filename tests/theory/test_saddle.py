"""The toy saddle in closed form equals autograd, and what is proved of it."""

import itertools

import numpy as np
from toys import CASES, close, points, torch_loss

from skiplab.theory import saddle
from skiplab.theory.saddle import Toy, eigenvalues, gradient, hessian, kind, loss, multiplier


def second(f):
    """The Hessian of a torch function, by backward mode alone."""
    import torch

    return torch.func.jacrev(torch.func.grad(f))


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
