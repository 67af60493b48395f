"""Exercises on residual blocks: count a projection, tame 56 layers, add a block that changes nothing, and mend a block."""

import numpy as np

from skiplab.checks import exercise, near, real, reals


@exercise(
    "03-a",
    todo="Give the number of parameters of the projection shortcut from 128 to 256 channels.",
    right="128 · 256 weights and two numbers a channel for the norm: small beside the block's 0.9 million.",
)
def projection(answer):
    answer = real(answer)
    if answer is None:
        return "Give one number."
    return {
        128 * 256 + 2 * 256: None,
        128 * 256: "The convolution is right. The norm after it has a scale and a shift for each channel.",
        128 * 256 + 256: "There is no bias, since the norm has a shift; but the norm has a scale as well.",
        9 * 128 * 256 + 2 * 256: "The projection is a 1×1 convolution, not a 3×3 one.",
    }.get(answer, "A 1×1 convolution has one weight for each pair of channels; the norm has two numbers for each new channel.")


@exercise(
    "03-b",
    todo="Give a merge with which 56 layers and He's init train to an error below 0.3 in 75 steps.",
    right="Whatever keeps each block near the identity at the start will do.",
)
def tame(answer):
    from skiplab import data, train
    from skiplab.nets import residual
    from skiplab.skip import MERGES

    if (number := real(answer)) is not None:
        return f"{number:g} is a number. Give a merge, such as Add(gamma={number:g})."
    known = answer in MERGES if isinstance(answer, str) else hasattr(answer, "grows") and not isinstance(answer, type)
    if not known:
        return f"Give a merge, such as Add(gamma=0.1), or the name of one; this is {answer!r}."
    if getattr(answer, "grows", answer == "concat"):
        return "Give a merge that keeps the width; this one makes it grow."
    digits = data.digits()
    how = {"lr": 1e-3, "loss": "cross_entropy", "batch": 64, "watch": lambda *so_far: False}
    run = train.fit(lambda: residual.mlp(64, 10, 56, merge=answer), digits.x, digits.y, seeds=2, steps=75, **how)
    if _silent(run.net(0)):
        return "Only the stem and the head learn: no block lets anything of its branch through."
    error = run.error(digits.x, digits.y).max()
    return None if error < 0.3 else f"After 75 steps the worse of two seeds still labels {100 * error:.0f} % wrong. Smaller branches?"


def _silent(net):
    """Whether no block of the trained net answers to what its branch computes."""
    import torch

    x = torch.linspace(-1, 1, 64, dtype=net.head.weight.dtype, device=net.head.weight.device).view(2, 32)
    with torch.no_grad():
        return all(torch.equal(block[0].merge(x, 1 + x), block[0].merge(x, 1 - x)) for block in net.blocks)


@exercise(
    "03-c",
    todo="Give a function (net) -> net that has one block more and computes the same.",
    right="That is what a good start is: more layers, and nothing lost.",
)
def deeper(answer):
    import torch

    from skiplab.draws import drawing
    from skiplab.nets import residual

    if not callable(answer):
        return "Give a function that takes a network."
    with drawing(3):
        net = residual.mlp(64, 10, depth=8)
    x = torch.randn(16, 64, generator=torch.Generator().manual_seed(0)).to(net.head.weight.device)
    before, more = net(x), answer(net)
    if not isinstance(more, torch.nn.Module) or not hasattr(more, "blocks") or len(more.blocks) != 4:
        return "Return a network with 4 blocks: the 3 that it has, and a new one."
    if not torch.allclose(more(x), before, atol=1e-6):
        return "The output changed. What must the last matrix of the new branch be, so that x + F(x) is x?"
    learns = all(_learns(more(x).square().sum(), block) for block in more.blocks)
    return None if learns else "The new block will never learn: every gradient in it is 0."


def _learns(loss, block):
    import torch

    weights = [weight for weight in block.parameters() if weight.requires_grad]
    slopes = torch.autograd.grad(loss, weights, allow_unused=True) if weights else []
    return any(slope is not None and slope.abs().max() > 0 for slope in slopes)


@exercise(
    "03-d",
    todo="Find the bug: mended_block does not yet compute relu(x + F(x)). Mend it.",
    right="The name x was used again, and the skip carried what the branch had made of it.",
)
def block(answer):
    import torch

    if not callable(answer):
        return "Give a function (x, W1, W2) -> y."
    draws = torch.Generator().manual_seed(2)
    x, W1, W2 = (torch.randn(n, 4, generator=draws, dtype=torch.float64) for n in (6, 4, 4))
    new = torch.relu(x @ W1.T) @ W2.T
    kept = x.clone()
    given = answer(x, W1, W2)
    wrong = {
        "The shortcut carries relu(x W₁ᵀ), not x: the name x was given away.": torch.relu(torch.relu(x @ W1.T) + new),
        "The ReLU comes after the sum, not before it.": x + torch.relu(new),
        "A ReLU is missing after the sum.": x + new,
        "There is no skip in it any more.": torch.relu(new),
    }
    if not torch.equal(x, kept):
        return "It changes x in place; whoever needs x later will be surprised."
    if np.shape(reals(given)) != x.shape:
        return "It should return a tensor shaped as x."
    if near(given, torch.relu(x + new), 1e-5):
        return None
    return next((hint for hint, y in wrong.items() if near(given, y, 1e-5)), "Compare it with relu(x + W₂ relu(W₁ x)), line by line.")
