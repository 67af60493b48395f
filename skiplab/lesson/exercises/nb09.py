"""Exercises on starts near the identity: add a block that changes nothing, write ReZero, and mend an identity start."""

import torch

from skiplab.base.rng import drawing
from skiplab.lesson.checks import exercise, kind
from skiplab.nets import residual


@exercise("09-a", todo="Give a function (net) -> net that has one block more and computes the same.",
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


@exercise("09-b", todo="Give a module that adds its branch times one learned number, which starts at 0.",
          right="That is ReZero: every network of such blocks starts as the identity, whatever its branches are.",
          function="ReZero(branch) -> module")
def rezero(answer):
    for width, batch in ((4, 3), (6, 2)):
        with drawing(width):
            branch, x = torch.nn.Sequential(torch.nn.Linear(width, width), torch.nn.Tanh()), torch.randn(batch, width)
        module = answer(branch)
        if not isinstance(module, torch.nn.Module):
            return f"Return an nn.Module; this is {kind(module)}."
        out = module(x)
        if not isinstance(out, torch.Tensor) or out.shape != x.shape or not torch.allclose(out, x):
            return "Before it is trained the module should compute x, exactly."
        learned = [p for p in module.parameters() if p.requires_grad]
        if sum(p.numel() for p in learned) < width * (width + 1):
            return "The branch is no part of your module that can learn: keep it as an attribute."
        scales = [p for p in learned if p.numel() == 1]
        if len(scales) != 1:
            return f"The module should have one learned number of its own, an nn.Parameter; it has {len(scales)}."
        with torch.no_grad():
            scales[0].fill_(0.5)
        if not torch.allclose(module(x), x + branch(x) / 2, atol=1e-6):
            return "With γ at 0.5 the module should compute x + 0.5 · branch(x)."
    return None


@exercise("09-c", todo="Find the bug: mended_start does not yet make the blocks, and only them, the identity. Mend it.",
          right="The blocks hand on what they get, and stem and head keep their random weights.",
          function="mended_start(net) -> net")
def start(answer):
    for depth, batch in ((8, 5), (4, 2)):
        with drawing(depth):
            net, x, h = residual.mlp(64, 10, depth, merge="none"), torch.randn(batch, 64), torch.rand(batch, 32)
            for weight in net.parameters():  # as some inits draw it, with biases
                weight.data += 0.1 * torch.randn(weight.shape)
        made = answer(net)
        if not isinstance(made, torch.nn.Module) or not hasattr(made, "blocks") or len(made.blocks) != len(net.blocks):
            return f"Return the network, with its {len(net.blocks)} blocks."
        if not torch.allclose(made.stem(x), net.stem(x)) or not torch.allclose(made.head(h), net.head(h)):
            return "The stem and the head should keep their weights: over which layers does the loop go?"
        if not torch.allclose(made.blocks(h), h):
            return "The blocks do not yet hand on what they get. What is left besides their matrices?"
        if not all(weight.requires_grad for weight in made.parameters()):
            return "Every layer should be able to learn afterwards."
    return None
