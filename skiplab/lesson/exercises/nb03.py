"""Exercises on residual blocks: count a projection, tame 56 layers, add a block that changes nothing, and mend a block."""

import numpy as np
import torch

from skiplab import data, train
from skiplab.base.rng import drawing
from skiplab.base.seeds import first_seed
from skiplab.lesson.checks import exercise, first_hint, near, one_number, real, reals
from skiplab.nets import residual
from skiplab.skip import MERGES, Add


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
    if (given := real(answer)) is not None:
        return f"{given:g} is a number. Give a merge, such as Add(gamma={given:g})."
    known = answer in MERGES if isinstance(answer, str) else hasattr(answer, "grows") and not isinstance(answer, type)
    if not known:
        shown = repr(answer) if isinstance(answer, str) else f"a {type(answer).__name__}"
        return f"Give a merge, such as Add(gamma=1.0), or the name of one; this is {shown}."
    if getattr(answer, "grows", answer == "concat"):
        return "Give a merge that keeps the width; this one makes it grow."
    if isinstance(answer, Add) and near([answer.lam, answer.gamma], [1, 27**-0.5], 0.003):
        return "That is 1/√L, which you know: find another."
    digits = data.digits()
    how = {"seeds": 2, "steps": 75, "lr": 1e-3, "loss": "cross_entropy", "batch": 64, "watch": lambda now: False}
    run = train.fit(lambda: residual.mlp(64, 10, 56, merge=answer), digits.x, digits.y, **how)
    if _silent(run.net(0)):
        return "Only the stem and the head learn: no block lets anything of its branch through."
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
        weakened = f"The shortcuts alone hand on {share:.2g} of the signal in 27 blocks: what weakens them?"
        return weakened if share else "There is no skip in it."
    if size > 5:
        return f"The untrained blocks multiply the signal by 10^{np.log10(size):.1f}. Smaller branches?"
    return "The branches are so small that they have no time to grow. Larger ones?" if moved < 0.5 else "Try what changes a signal less."


def _silent(net):
    """Whether no block of the trained net answers to what its branch computes."""
    x = torch.linspace(-1, 1, 64, dtype=net.head.weight.dtype, device=net.head.weight.device).view(2, 32)
    with torch.no_grad():
        return all(torch.equal(block[0].merge(x, 1 + x), block[0].merge(x, 1 - x)) for block in net.blocks)


@exercise("03-c", todo="Give a function (net) -> net that has one block more and computes the same.",
          right="That is what a good start is: more layers, and nothing lost.", function="(net) -> net")
def deeper(answer):
    with drawing(3):
        net = residual.mlp(64, 10, depth=8)
    x = torch.randn(16, 64, generator=torch.Generator().manual_seed(0)).to(net.head.weight.device)
    before, more = net(x), answer(net)
    if not isinstance(more, torch.nn.Module) or not hasattr(more, "blocks") or len(more.blocks) != 4:
        return "Return a network with 4 blocks: the 3 that it has, and a new one."
    if not torch.allclose(more(x), before, atol=1e-6):
        return "The output changed. What must the last matrix of the new branch be, so that x + F(x) is x?"
    stream = 100 + torch.randn(8, 32, generator=torch.Generator().manual_seed(1)).to(x.device)  # so positive that no ReLU cuts it
    idle = [block for block in more.blocks if torch.allclose(block(stream), stream)]
    change = [_learned(more, block, x, stream) for block in idle or more.blocks]
    if not all(learned.abs().max() > 1e-3 for learned in change):
        return "The new block will never learn: every gradient in it is 0."
    if not all((learned - learned[0]).abs().max() > 1e-3 for learned in change):
        return "Only a bias of the new block would ever move: what do its matrices get if both are 0?"
    return None


def _learned(net, block, x, stream):
    """What three steps of descent in that block alone, on x, add to what it makes of the stream (N, width)."""
    weights, before = [weight for weight in block.parameters() if weight.requires_grad], block(stream).detach()
    for _ in range(3 if weights else 0):
        slopes = torch.autograd.grad(net(x).square().sum(), weights, allow_unused=True)
        steepest = max((slope.abs().max() for slope in slopes if slope is not None), default=0)
        for weight, slope in zip(weights, slopes, strict=True):
            weight.data -= 0 if slope is None or not steepest else 0.1 * slope / steepest
    return (block(stream) - before).detach()


@exercise("03-d", todo="Find the bug: mended_block does not yet compute relu(x + F(x)). Mend it.",
          right="The name x was used again, and the skip carried what the branch had made of it.",
          function="(x, W1, W2) -> y")
def block(answer):
    rng = torch.Generator().manual_seed(2)
    x, W1, W2 = (torch.randn(n, 4, generator=rng, dtype=torch.float64) for n in (6, 4, 4))
    hidden, given = torch.relu(x @ W1.T), answer(x, W1, W2)
    if np.shape(reals(given)) != x.shape:
        return "It should return a tensor shaped as x."
    new = hidden @ W2.T
    return first_hint(given, [
        (torch.relu(x + new), None),
        (torch.relu(hidden + new), "The shortcut carries relu(x W₁ᵀ), not x: the name x was given away."),
        (x + torch.relu(new), "The ReLU comes after the sum, not before it."),
        (x + new, "A ReLU is missing after the sum."),
        (torch.relu(new), "There is no skip in it any more."),
    ], "Compare it with relu(x + W₂ relu(W₁ x)), line by line.", 1e-5)
