"""A layer of a DenseNet may read every earlier layer; here is how strongly it does, once trained, and what that is worth.

Both answers are matrices (L + 1, L + 1) for a block of L layers. Rows are the readers: the L layers, then what follows the block, a
transition or the head. Columns are the sources: what came into the block, then the L layers. NaN stands where a source comes later.
"""

from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from skiplab.base.errors import need_kind, need_whole
from skiplab.base.shapes import need_tensor


@torch.no_grad()
def weights(net, number=1):
    """How large the weights are by which each layer of block `number` reads each earlier one.

    An entry is a root mean square, the scale of the norm in between counted in, divided by that of the whole row: 1 is an even
    share, which is what an untrained net has.
    """
    readers, made = _readers(net, number)
    found = np.full((len(readers),) * 2, np.nan)
    for row, (norm, matrix) in enumerate(readers):
        squares = matrix.weight.square().transpose(0, 1).flatten(1).mean(1)  # (channels read,)
        squares = squares if norm is None else squares * norm.weight.square()
        found[row, : row + 1] = [(part.mean() / squares.mean()).item() for part in squares.split(made[: row + 1])]
    return found**0.5


@torch.no_grad()
def cut(net, x, y, number=1):
    """How much the loss grows when one layer is kept from reading one source: cross-entropy on x (B, ...), y (B,), in nats."""
    readers, made = _readers(net, number)
    if len(need_tensor("x", x, "..., B, features")) != len(need_tensor("y", y, "B")):
        raise ValueError(f"y: expected {len(x)} labels, one for each of x, got {len(y)}.")
    found, whole = np.full((len(readers),) * 2, np.nan), cross_entropy(net(x), y)
    for row, (_, matrix) in enumerate(readers):
        kept = matrix.weight.clone()
        for column, part in enumerate(matrix.weight.split(made[: row + 1], dim=1)):
            part.zero_()
            found[row, column] = (cross_entropy(net(x), y) - whole).item()
            matrix.weight.copy_(kept)
    return found


def _readers(net, number):
    """For each reader its norm, or None, and the matrix behind it; and how many channels each source has."""
    need_kind("net", net, nn.Module)
    blocks = [part for name, part in net.named_children() if name[:5] == "block" and name[5:].isdecimal()]
    if not blocks:
        raise ValueError(f"net: expected a DenseNet, whose parts are called block1 and so on, and this {type(net).__name__} has none.")
    skips = list(blocks[need_whole("number", number, 1, len(blocks)) - 1])
    if not skips[0].merge.grows:
        raise ValueError("net: expected concat layers; with 'add' or 'none' a layer reads the sum of its sources, or the last alone.")
    parts = [*(list(skip.branch) for skip in skips), _behind(net, f"block{number}")]
    norms = [some[0] if isinstance(some[0], nn.BatchNorm2d) else None for some in parts]
    matrices = [next(part for part in some if isinstance(part, (nn.Conv2d, nn.Linear))) for some in parts]
    reads = [matrix.weight.shape[1] for matrix in matrices]
    return [*zip(norms, matrices, strict=True)], [reads[0], *(more - few for few, more in pairwise(reads))]


def _behind(net, name):
    """The parts of the net behind one of its children, in order."""
    children = dict(net.named_children())
    behind = list(children.values())[list(children).index(name) + 1 :]
    return [part for child in behind for part in child.modules() if not list(part.children())]
