"""Exercises on DenseNet: count channels with and without transitions, find where a bottleneck pays, and mend a block."""

import functools

import numpy as np
import torch

from skiplab.lesson.checks import exercise, first_hint, near, one_number, reals


@exercise("04-a", todo="Give the number of channels that the 40th layer of the block reads.",
          right="The 40th layer has 39 layers before it: 24 + 39 · 12. With add it would be 24.")
def reads(answer):
    return first_hint(one_number(answer), [
        (492, None),
        (504, "That is what it hands on. Its own 12 channels are not there yet when it reads."),
        (468, "The channels that came into the block are read too."),
    ], "A layer reads what came in, and k channels of each layer before it.")


@exercise("04-b", todo="Give the number of channels that the head reads.",
          right="24 → 120 → 60 → 156 → 78 → 174: the transitions keep the width of a deep net within bounds.")
def head(answer):
    return first_hint(one_number(answer), [
        (174, None),
        (312, "Without compression, yes. Each transition halves what it reads."),
        (87, "After the last block there is no transition: the head reads all."),
        (96, "What came into the last block is there too."),
        (120, "That is the end of the first block. Go on: halve, add a block, halve, add a block."),
    ], "Follow the width: each block adds 8 · 12 channels, each transition halves.")


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


@exercise("04-d", todo="Find the bug: mended_block hands on the right number of channels, but its "
                       "layers do not read what they should. Mend it.",
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
