"""Exercises on the gradient highway: bounds, a guarantee, a tame stack, and a backward pass to mend."""

import functools

import numpy as np
import torch

from skiplab.lesson.checks import compare, exercise, kind, near, one_number
from skiplab.probe.stack import Config, sizes


@exercise("02-a", todo="Give [lower, upper] for L = 10, ρ = 0.2 and λ = 1.",
          right="Even for small branches the bounds lie a factor of 58 apart after ten blocks.")
def bounds(answer):
    if near(answer, [0.107, 6.19], [0.005, 0.02]):
        return None
    if near(answer, [6.19, 0.107], [0.02, 0.005]):
        return "The right two numbers: put the lower one first."
    if near(answer, [-0.97, 0.79], 0.02):
        return "These are their logarithms. Raise 10 to them."
    return "The lower bound is (1 − ρ)^L, the upper one (1 + ρ)^L."


@exercise("02-b", todo="Give the largest ρ for which (1 − ρ)^50 is still a tenth.",
          right="About 2.3/L: a guarantee at depth L asks for branches that shrink as 1/L.")
def guarantee(answer):
    answer = one_number(answer)
    if not 0 <= answer <= 1:
        return "ρ is the norm of a branch: give a number from 0 to 1."
    if 0.0445 <= answer <= 0.04502:
        return None
    kept = (1 - answer) ** 50
    return f"With ρ = {answer:g} the guarantee is {kept:.3g}. " + ("ρ could be larger." if kept > 0.1 else "That is less than a tenth.")


@exercise("02-c", todo="Give a probe.Config with merge='add', lam=1 and init='he' that keeps the "
                       "gradient over 100 blocks.",
          right="The skip alone explodes; the scale of the branch holds it.")
def tame(answer):
    if not isinstance(answer, Config):
        return f"Give a probe.Config, such as probe.Config('add', init='he'); this is {kind(answer)}."
    if (answer.merge, answer.lam, answer.init) != ("add", 1.0, "he"):
        return "Keep merge='add', lam=1 and init='he'. Another setting does it."
    if answer.gamma == "0":
        return "With gamma='0' the branches are silent, and 100 blocks are none. Leave them something to do."
    power = float(np.median(sizes(answer, [100], seeds=4).gradient[:, 0, 0]))
    return None if abs(power) < 1 else "Over 100 blocks the gradient changes by more than a factor of 10: smaller branches."


@exercise("02-d", todo="Find the bug: mended_backward does not yet give the gradient at the input. Mend it.",
          right="From the last block to the first, and by the transpose: that is what backpropagation is.",
          function="mended_backward(J, head, lam) -> gradient")
def backward(answer):
    rng = torch.Generator().manual_seed(1)
    cases = [(torch.randn(L, width, width, generator=rng).double(), torch.randn(width, generator=rng).double(), lam)
             for L, width, lam in ((1, 3, 1.0), (5, 4, 0.5), (3, 2, 0.9), (2, 5, 0.2))]  # fmt: skip
    return compare(answer, cases, _ways_back, "Try it on one block: y = λ x + J x. What is dy/dx, transposed?")


def _ways_back(J, head, lam):
    """(what becomes of the head, the hint for it): the right one, and the usual mistakes."""
    def through(blocks):
        return functools.reduce(lambda g, block: block @ g, blocks, head)

    identity = torch.eye(len(head), dtype=J.dtype)
    blocks = lam * identity + J  # dy/dx of each
    yield through(blocks.mT.flip(0)), None
    yield through(blocks), "This carries a change forward from the input. A gradient goes backward, with transposes."
    yield through(blocks.mT), "Each block is right now. In which order do the blocks come?"
    yield through(blocks.flip(0)), "The order is right now. What does a gradient meet instead of J?"
    yield through((J + identity).mT.flip(0)), "Order and matrices are right. Where is λ?"
    yield through(J.mT.flip(0)), "Order and matrices are right, but the gradient comes by the skip as well."
