"""Exercises on DenseNet: count channels, find where a bottleneck pays, mend a block, and cut the cheapest connections."""

import functools
import itertools

import numpy as np
import torch

from skiplab.lesson.checks import exercise, first_hint, near, one_number, reals
from skiplab.nets import densenet


@exercise("04-a", todo="Give the number of channels that the 40th layer of the block reads.",
          right="The 40th layer has 39 layers before it: 24 + 39 · 12. With add it would be 24.")
def reads(answer):
    return first_hint(one_number(answer), [
        (492, None),
        (504, "That is what it hands on. Its own 12 channels are not there yet when it reads."),
        (468, "The channels that came into the block are read too."),
    ], "A layer reads what came in, and k channels of each layer before it.")


@exercise("04-b", todo="Write channels: for each block what each of its layers reads and, last, what the block hands on.",
          right="The transitions keep the width of a deep net within bounds.",
          function="channels(stem, growth, blocks, theta) -> a list of lists")
def channels(answer):
    for plan in ((24, 12, (8, 8, 8), 0.5), (10, 3, (2, 5), 0.25), (8, 4, (3,), 0.5), (7, 2, (1, 4, 2, 3), 1.0)):
        given, shown = _lists(answer(*plan)), f"channels{plan}"
        if given is None:
            return "Return a list with a list of numbers for each block."
        hints = [hint for widths, hint in _widths(*plan) if widths == given]
        if not hints:
            return f"{shown} should begin with {_width(*plan)[0]}, and go on in this way."
        if hints[0]:
            return f"{shown}: {hints[0]}"
    return None


def _width(stem, growth, blocks, theta):
    return densenet.Plan(blocks=blocks, growth=growth, stem=stem, compression=theta).widths


def _widths(stem, growth, blocks, theta):
    """(what may be given, the hint for it): the right lists, and the usual mistakes."""
    right = _width(stem, growth, blocks, theta)
    yield right, None
    yield _width(stem, growth, blocks, 1.0), "the transitions hand on all that they read."
    yield [row[:-1] for row in right], "what each block hands on is missing at the end of its list."
    yield [row[1:] for row in right], "the first layer of a block reads what came into it."
    yield [[*row[:-1], max(1, int(theta * row[-1]))] for row in right], "list what a block hands on before the transition shrinks it."
    yield [_width(stem, growth, (layers,), theta)[0] for layers in blocks], "each block begins where the one before it ended."
    yield [width for row in right for width in row], "the numbers are right, but each block should have a list of its own."


def _lists(given):
    """Lists of numbers as lists of int, flat ones too; None where it is neither."""
    try:
        return [[*map(_whole, row)] if hasattr(row, "__iter__") else _whole(row) for row in given]
    except (TypeError, ValueError):
        return None


def _whole(number):
    if isinstance(number, str):
        raise TypeError(f"number: expected no text, got {number!r}.")
    return int(number) if int(number) == number else float(number)


@exercise("04-c", todo="Give the smallest number of channels for which the bottleneck saves weights.",
          right="Weights are saved only where a layer reads more than 86.4 channels: a bottleneck is "
                "for wide blocks, not for small nets.")
def bottleneck(answer):
    answer = one_number(answer)
    if near(answer, 87, 1e-6):
        return None
    if not answer.is_integer() or not 1 <= answer <= 1e6:
        return "Give a whole number of channels."
    c, inner = int(answer), 48
    with_it, without = c * inner + 9 * inner * 12, 9 * c * 12
    if with_it < without:
        return f"With {c} channels it saves {without - with_it} weights. Do fewer channels do?"
    return f"With {c} channels it has {with_it} weights, and without it {without}: nothing is saved."


@exercise("04-d", todo="Find the bug: mended_block hands on the right number of channels, "
                       "and is no dense block. Mend it.",
          right="One line: each layer reads all that there is, and what it makes is added behind.",
          function="mended_block(x, layers) -> all channels")
def block(answer):
    rng = torch.Generator().manual_seed(0)
    for count, shape in ((3, (2, 2, 3, 3)), (1, (1, 3, 2, 4)), (4, (3, 1, 2, 2))):
        seen, x = [], torch.randn(shape, generator=rng)  # (which layer, how many channels it read)
        layers = [_layer(number, seen) for number in range(count)]
        given, made = answer(x, layers), seen.copy()
        truth = functools.reduce(lambda h, layer: torch.cat([h, layer(h)], 1), layers, x)
        if (other := tuple(getattr(given, "shape", ()))) != tuple(truth.shape):
            return f"Pictures of {shape} and 2 channels from each of {count} layers make {tuple(truth.shape)}, not {other}."
        read, needed = (", ".join(str(channels) for _, channels in pairs) or "no" for pairs in (made, seen[len(made) :]))
        if read != needed:
            return f"The layers read {read} channels. They should read {needed}."
        if made != seen[len(made) :]:
            return "Each layer reads enough, but each should be used once, in their order."
        if not np.isfinite(reals(given)).all():
            return "It returns NaN or infinity."
        if not near(given, truth, 1e-4):
            return "Each layer reads enough, but the order is not that of Concat: what there is comes first, what is new behind it."
    return None


def _layer(number, seen):
    """The layer of that number, from any width to 2 channels, which notes in `seen` that it was used, and on how many channels."""
    def layer(h):
        seen.append((number, h.shape[1]))
        weight = torch.linspace(0.5, 1.5, 2 * h.shape[1], dtype=h.dtype, device=h.device).view(-1, 2) / h.shape[1]
        return torch.tanh(torch.einsum("bc...,ck->bk...", h, weight) + number)

    return layer


@exercise("04-e", todo="Write prune: cut one connection after another, each time the one with which the error is lowest.",
          right="What a cut costs depends on what was cut before, so the costs have to be measured anew each time.",
          function="prune(pairs, error, count) -> the pairs in the order in which they are cut")
def prune(answer):
    for nodes, count in ((4, 3), (5, 6), (6, 15), (3, 1)):
        rng = np.random.default_rng(nodes)
        pairs = [*itertools.combinations(range(nodes), 2)]
        error = _error(pairs, rng.random(len(pairs)), rng.normal(size=(len(pairs), len(pairs))))
        order = _order(answer(pairs, error, count))
        if order is None:
            return "Return a list of pairs, in the order in which you cut them."
        if len(order) != count or len(set(order)) != count or set(order) - set(pairs):
            return f"With {len(pairs)} pairs and count={count} it should return {count} different ones of them, and returns {order}."
        if order != (right := _greedy(pairs, error, count)):
            return _why(order, right, pairs, error)
    return None


def _error(pairs, alone, together):
    """A function of the pairs that are cut, in which each costs something alone, and two of them more or less together."""
    def error(cuts):
        places = [pairs.index(tuple(pair)) for pair in {tuple(pair) for pair in cuts}]
        return float(alone[places].sum() + sum(together[i, j] for i, j in itertools.combinations(sorted(places), 2)))

    return error


def _greedy(pairs, error, count):
    cuts = []
    for _ in range(count):
        cuts.append(min((pair for pair in pairs if pair not in cuts), key=lambda pair: error([*cuts, pair])))
    return cuts


def _why(order, right, pairs, error):
    alone = sorted(pairs, key=lambda pair: error([pair]))
    if order == alone[: len(order)]:
        return "You measure each cut once, in the whole net. Measure again after each cut."
    if order == alone[::-1][: len(order)]:
        return "That begins with the dearest connection."
    if sorted(order) == sorted(right):
        return "The right pairs, but not in the order in which they are cut."
    return f"After {order[:next(i for i, pair in enumerate(order) if pair != right[i])]} another cut costs less."


def _order(given):
    """Pairs of numbers as tuples of int; None where they are none."""
    try:
        return [(int(i), int(j)) for i, j in given]
    except (TypeError, ValueError):
        return None
