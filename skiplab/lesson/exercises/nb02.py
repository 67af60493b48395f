"""Exercises on the gradient highway: bounds, a guarantee, paths by length, sizes beyond all numbers, and an init from data."""

import itertools
import math

import torch

from skiplab.base.rng import drawing
from skiplab.lesson.checks import compare, exercise, kind, near, one_number


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


@exercise("02-b", todo="Give the largest ρ for which 50 full skips are guaranteed to keep a tenth of the gradient.",
          right="About 2.3/L: a guarantee at depth L asks for branches that shrink as 1/L.")
def guarantee(answer):
    answer = one_number(answer)
    if not 0 <= answer <= 1:
        return "ρ is the norm of a branch: give a number from 0 to 1."
    if 0.0445 <= answer <= 0.04502:
        return None
    kept = (1 - answer) ** 50
    return f"With ρ = {answer:g} the guarantee is {kept:.3g}. " + ("ρ could be larger." if kept > 0.1 else "That is less than a tenth.")


@exercise("02-c", todo="Give a function that sorts the paths through a stack by how many branches they pass.",
          right="Together they are the product of all (I + J): where the branches are small, nearly all of it is in the first few.",
          function="by_length(J) -> terms")
def paths(answer):
    rng = torch.Generator().manual_seed(2)
    cases = [(torch.randn(L, width, width, generator=rng).double(),) for L, width in ((1, 2), (2, 3), (4, 3), (5, 2))]
    return compare(lambda J: _stacked(answer(J)), cases, _ways_through, "Try it on two blocks: I, J_1 + J_2, and J_2 J_1.")


def _stacked(terms):
    """Matrices in a list count as a tensor of them."""
    listed = isinstance(terms, (list, tuple)) and all(isinstance(term, torch.Tensor) for term in terms)
    return torch.stack(list(terms)) if listed and len({term.shape for term in terms}) == 1 else terms


def _ways_through(J):
    """(the terms by length, the hint for it): the right ones, and the usual mistakes."""
    terms, backward = _by_length(J), _by_length(J.flip(0))
    counts = torch.tensor([math.comb(len(J), k) for k in range(len(J) + 1)], dtype=J.dtype)
    yield terms, None
    yield backward, "The right paths, but each in the wrong order: the last block that a path meets stands on the left."
    yield terms.mT, "These are the transposes: what a gradient meets. Here the matrices are wanted as x meets them."
    yield terms.flip(0), "The right sums in the wrong order: begin with the one path that passes no branch."
    yield terms / counts[:, None, None], "These are means over the paths. Their sums are wanted."
    yield terms.cumsum(0), "These are the paths through at most k branches. Exactly k are wanted."
    yield terms * (torch.arange(len(J) + 1) > 0)[:, None, None], "One path is missing: the one that passes no branch at all."


def _by_length(J):
    """The sums of all products of k of the matrices, in their order: (L + 1, width, width)."""
    terms = torch.zeros(len(J) + 1, *J.shape[1:], dtype=J.dtype)
    terms[0] = torch.eye(J.shape[-1])
    for J_l in J:
        terms[1:] = terms[1:] + J_l @ terms[:-1]
    return terms


@exercise("02-d", todo="Find the bug: mended_decades does not yet say how the size changes. Mend it.",
          right="The size stands in the sum, so that no number on the way becomes too small or too large.",
          function="mended_decades(J, g, lam) -> power of ten")
def decades(answer):
    rng = torch.Generator().manual_seed(1)
    kinds = ((1, 3, 1.0, 1, 5.0), (5, 4, 0.5, 0.1, 0.1), (3, 2, 0.9, 10, 2.0), (400, 3, 0.01, 0.01, 30.0))
    cases = [(scale * torch.randn(L, width, width, generator=rng).double(), size * torch.randn(width, generator=rng).double(), lam)
             for L, width, lam, scale, size in kinds]  # fmt: skip
    return compare(answer, cases, _sizes, "Print total in the loop for one block: what is added, and what should be?")


def _sizes(J, g, lam):
    """(the power of ten, the hint for it): the right one, and the usual mistakes."""
    right, before = _decades(lam * torch.eye(len(g)) + J, g), float(g.norm().log10())
    yield right, None
    yield right + before, "This is the size at the input. By how much did it change on the way, from a g that is not 1 long?"
    yield -right, "This has the wrong sign: a gradient that shrinks has a negative power of ten."
    yield right * math.log(10), "This is a natural logarithm. Powers of ten are wanted."
    yield 0.0, "It is 0 always: when is the size measured, before it is divided away, or after?"
    yield before, "Only the size that g began with is left: when are the others measured?"
    yield -before, "Only the size that g began with is left: when are the others measured?"
    yield _decades((lam * torch.eye(len(g)) + J).mT, g), "It meets the matrices themselves. A gradient meets their transposes."
    yield _decades((lam * torch.eye(len(g)) + J).flip(0), g), "In which order does a gradient meet the blocks?"
    yield _decades(J, g), "The gradient comes by the skip as well."


def _decades(blocks, g):
    """By how many powers of ten the blocks, dy/dx of each, change the size of a gradient at their end."""
    total, g = 0.0, g / g.norm()
    for block in blocks.flip(0):
        g = block.T @ g
        total, g = total + float(g.norm().log10()), g / g.norm()
    return total


@exercise("02-e", todo="Give a function that scales each matrix of a plain network by what comes out of it.",
          right="No skip, no norm, and the signal arrives: this is LSUV (Mishkin and Matas 2016), without its rotations.",
          function="unit_sizes(net, x) -> net")
def unit_sizes(answer):
    for widths, batch, gain in (((6, 6, 6, 6), 16, 0.2), ((5, 9, 7), 12, 4.0)):
        with drawing(batch):
            layers = [torch.nn.Linear(a, b, bias=False) for a, b in itertools.pairwise(widths)]
            x = 3 * torch.randn(batch, widths[0])
        for layer in layers:
            layer.weight.data *= gain
        net = torch.nn.Sequential(*[part for layer in layers for part in (layer, torch.nn.ReLU())])
        made = answer(net, x)
        if not isinstance(made, torch.nn.Module):
            return f"Return the network; this is {kind(made)}."
        scaled = [layer for layer in made.modules() if isinstance(layer, torch.nn.Linear)]
        if hint := _matrices(layers, scaled) or _outputs(scaled, x):
            return hint
    return None


def _matrices(before, after):
    """What is wrong where the matrices are no positive multiples of those before."""
    if [layer.weight.shape for layer in before] != [layer.weight.shape for layer in after]:
        return "Keep its layers: each Linear with a ReLU behind it."
    if any(layer.bias is not None for layer in after):
        return "The layers had no biases: leave it so."
    turned = [torch.cosine_similarity(a.weight.flatten(), b.weight.flatten(), 0) < 0.999 for a, b in zip(before, after, strict=True)]
    return "Only scale: each matrix should be what it was, times one positive number." if any(turned) else None


@torch.no_grad()
def _outputs(layers, x):
    """What is wrong where a layer's output behind its ReLU has not the root mean square 1."""
    right = []
    for layer in layers:
        x = torch.relu(layer(x))
        right.append(near(x.square().mean().sqrt(), 1, 0.01))
        if near(x.std(), 1, 0.01):
            return "The standard deviation is 1. The mean counts too: it is the root of the mean square that is wanted."
    if all(right):
        return None
    if right[0]:
        return "The first layer is right. What is the input of the next one, once the first is scaled?"
    return "Behind the first ReLU the root mean square is not 1 yet: divide the matrix by that of its output."
