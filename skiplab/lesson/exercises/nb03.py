"""Exercises on residual blocks: count a projection, tame 56 layers, put a skip round a convolution, and mend a block."""

import numpy as np
import torch

from skiplab import data, train
from skiplab.base.rng import drawing
from skiplab.base.seeds import first_seed
from skiplab.lesson.checks import compare, exercise, first_hint, kind, one_number, reals
from skiplab.nets import residual
from skiplab.skip import MERGES


@exercise("03-a", todo="Give the number of parameters of the projection shortcut from 128 to 256 channels.",
          right="128 · 256 weights and two numbers a channel for the norm: small beside the block's 0.9 million.")
def projection(answer):
    return first_hint(one_number(answer), [
        (128 * 256 + 2 * 256, None),
        (128 * 256, "The convolution is right. The norm after it has a scale and a shift for each channel."),
        (128 * 256 + 256, "There is no bias, since the norm has a shift; but the norm has a scale as well."),
        (9 * 128 * 256 + 2 * 256, "The projection is a 1×1 convolution, not a 3×3 one."),
    ], "A 1×1 convolution has one weight for each pair of channels; the norm has two numbers for each new channel.")


@exercise("03-b", todo="Give a merge with which 56 layers and He's init train to an error below 0.3 in 75 steps.",
          right="Blocks near the identity at the start, but not so near that they cannot learn in 75 steps.")
def tame(answer):
    if (given := reals(answer)) is not None and not given.ndim and np.isfinite(given):
        return f"{given:g} is a number. Give a merge, such as Add(gamma={given:g})."
    known = answer in MERGES if isinstance(answer, str) else hasattr(answer, "grows") and not isinstance(answer, type)
    if not known:
        shown = repr(answer) if isinstance(answer, str) else kind(answer)
        return f"Give a merge, such as Add(gamma=1.0), or the name of one; this is {shown}."
    if getattr(answer, "grows", answer == "concat"):
        return "Give a merge that keeps the width; this one makes it grow."
    x, new = torch.randn(2, 8, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        if (residual.block(32, answer)[0].merge(x, new) - x - 27**-0.5 * new).norm() < 0.003 * new.norm():
            return "That is 1/√L, which you know: find another."
    digits = data.digits()
    how = {"seeds": 2, "steps": 75, "lr": 1e-3, "loss": "cross_entropy", "batch": 64, "watch": lambda now: False}
    run = train.fit(lambda: residual.mlp(64, 10, 56, merge=answer), digits.x, digits.y, **how)
    if _silent(run.net(0)):
        return "Only the stem and the head learn: no block lets anything to speak of through from its branch."
    error = run.error(digits.x, digits.y).max()
    if error < 0.3:
        return None
    wrong = "most" if error > 0.6 else "more than 30 %"
    return f"After 75 steps the worse of two seeds still labels {wrong} of the digits wrong. {_why(answer, digits.x)}"


def _why(merge, x):
    """What is wrong with 27 untrained blocks of that merge, from what they make of x (N, 64) behind the stem."""
    with drawing(first_seed()), torch.no_grad():
        net = residual.mlp(64, 10, 56, merge=merge).to(x.device)
        start = kept = net.stem(x)
        for block in net.blocks:
            kept = block[0].merge(kept, 0 * kept)
        end = net.blocks(start)
        share, size, moved = (float(h.norm() / start.norm()) for h in (kept, end, end - start))
    if share < 0.3:
        weakened = "The shortcuts alone hand on less than a third of the signal in 27 blocks: what weakens them?"
        return weakened if share else "There is no skip in it."
    if size > 5:
        return "The untrained blocks make the signal more than five times as large. Smaller branches?"
    return "The branches are so small that they have no time to grow. Larger ones?" if moved < 0.5 else "Try what changes a signal less."


def _silent(net):
    """Whether no block of the trained net answers to what its branch computes."""
    x = torch.linspace(-1, 1, 64, dtype=net.head.weight.dtype, device=net.head.weight.device).view(2, 32)
    with torch.no_grad():
        return all(torch.allclose(block[0].merge(x, 1 + x), block[0].merge(x, 1 - x), atol=1e-5) for block in net.blocks)


@exercise("03-c", todo="Give a function that puts a skip round a convolution, as a module.",
          right="Any layer of a network of yours can have one: x + layer(x), and a projection where the channels change.",
          function="add_skip(conv) -> module")
def skipped(answer):
    for inputs, channels in ((4, 4), (3, 8)):
        with drawing(inputs):
            conv, x = torch.nn.Conv2d(inputs, channels, 3, padding=1), torch.randn(2, inputs, 6, 5)
        module = answer(conv)
        if not isinstance(module, torch.nn.Module) or isinstance(module, torch.nn.Conv2d):
            return f"Return an nn.Module of your own; this is {kind(module)}."
        out = module(x)
        if not isinstance(out, torch.Tensor) or out.shape != conv(x).shape:
            return f"A convolution from {inputs} to {channels} channels gives {tuple(conv(x).shape)}: so should your module."
        if hint := _shortcut(module, conv, x, inputs == channels):
            return hint
    return None


def _shortcut(module, conv, x, same):
    """The hint for what a module adds to conv(x), which is to be x, or where the channels differ a learned 1×1 convolution of x."""
    added, flipped, double, none = (_added(module, conv, each) for each in (x, x.flip(2), 2 * x, 0 * x))
    learned, own = (sum(p.numel() for p in part.parameters() if p.requires_grad) for part in (module, conv))
    if learned < own:
        return "The convolution is no part of your module that can learn: keep it as an attribute, self.conv = conv."
    if same:
        wrong = "With as many channels as before your module should compute x + conv(x), and nothing else."
        return None if torch.allclose(added, x, atol=1e-5) else wrong
    if added.abs().max() < 1e-5:
        return "Where the channels change there is no skip."
    if not torch.allclose(double - added, added - none, atol=1e-4):
        return "The shortcut should be a convolution and nothing else: no ReLU in it or after the sum."
    if not torch.allclose(flipped.flip(2), added, atol=1e-5):
        return "The shortcut should look at one pixel at a time: a 1×1 convolution."
    return None if learned > own else "The new channels get a shortcut that has nothing to learn: make it a 1×1 convolution."


def _added(module, conv, x):
    """What a module adds to conv(x)."""
    with torch.no_grad():
        return module(x) - conv(x)


@exercise("03-d", todo="Find the bug: mended_block does not yet compute relu(x + F(x)). Mend it.",
          right="The name x was used again, and the skip carried what the branch had made of it.",
          function="mended_block(x, W1, W2) -> y")
def block(answer):
    rng = torch.Generator().manual_seed(2)
    cases = [[torch.randn(n, width, generator=rng).double() for n in (batch, width, width)] for batch, width in ((6, 4), (1, 3), (5, 7))]
    return compare(answer, cases, _sums, "Compare it with relu(x + W₂ relu(W₁ x)), line by line.")


def _sums(x, W1, W2):
    """(what a block gives, the hint for it): the right one, and the usual mistakes."""
    hidden = torch.relu(x @ W1.T)
    new = hidden @ W2.T
    yield torch.relu(x + new), None
    yield torch.relu(hidden + new), "The shortcut carries relu(x W₁ᵀ), not x: the name x was given away."
    yield x + torch.relu(new), "The ReLU comes after the sum, not before it."
    yield x + new, "A ReLU is missing after the sum."
    yield torch.relu(new), "There is no skip in it any more."
    yield torch.relu(x + x @ W1.T @ W2.T), "The ReLU between the two matrices is missing."
    yield torch.relu(x + torch.relu(x @ W1) @ W2), "The matrices have to be transposed: each row of x is one example."
