"""Exercises on residual blocks: count a projection, tame 56 layers, add a block that changes nothing, and mend a block."""

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


@exercise("03-c", todo="Give a function (net) -> net that has one block more and computes the same.",
          right="That is what a good start is: more layers, and nothing lost.", function="deeper(net) -> net")
def deeper(answer):
    for depth, batch in ((8, 16), (4, 3)):
        with drawing(depth):
            net, x = residual.mlp(64, 10, depth), torch.randn(batch, 64).double()
            for weight in net.parameters():  # as a trained one is, with biases
                weight.data += 0.05 * torch.randn(weight.shape)
            stream = 10 + torch.randn(8, 32).double()  # so positive that no ReLU cuts it
        more, blocks = answer(net), len(net.blocks)
        if not isinstance(more, torch.nn.Module) or not hasattr(more, "blocks") or len(more.blocks) != blocks + 1:
            return f"Return a network with {blocks + 1} blocks: the {blocks} that it has, and a new one."
        if not torch.allclose(more.double()(x), net.double()(x), 0, 1e-10):
            return "The output changed. What must the last matrix of the new branch be, so that x + F(x) is x?"
        idle = [block for block in more.blocks if torch.allclose(block(stream), stream)]
        change = [_learned(more, block, x, stream) for block in idle or more.blocks]
        if not all(learned.abs().max() > 1e-3 for learned in change):
            return "The new block will never learn: every gradient in it is 0."
        if not all((learned - learned[0]).abs().max() > 1e-3 for learned in change):
            return "Only a bias of the new block would ever move: what do its matrices get if both are 0?"
    return None


def _learned(net, block, x, stream):
    """What three steps of Adam in that block alone, on x, add to what it makes of the stream (N, width)."""
    spare = torch.zeros(1, requires_grad=True)  # so that there is always something to learn
    before, adam = block(stream), torch.optim.Adam([*block.parameters(), spare], lr=1e-2)
    for _ in range(3):
        adam.zero_grad()
        (net(x).square().sum() + spare).backward()
        adam.step()
    return (block(stream) - before).detach()


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
