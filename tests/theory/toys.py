"""Toy networks with random points, and their loss written anew."""

import numpy as np

from skiplab.theory import saddle
from skiplab.theory.saddle import Toy

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


def close(a, b, rtol=1e-10, atol=1e-12):
    np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)
