"""A layer of a DenseNet may read every earlier layer; here is how strongly it does, once trained, and what that is worth.

Both answers are matrices (L + 1, L + 1) for a block of L layers. Rows are the readers: the L layers, then what follows the block, a
transition or the head. Columns are the sources: what came into the block, then the L layers. NaN stands where a source comes later.
"""

from itertools import combinations, pairwise, product

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from skiplab.base.errors import need_kind, need_whole
from skiplab.base.shapes import need_tensor
from skiplab.skip import Add


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


@torch.no_grad()
def every_cut(net, x, y):
    """The share of wrong labels with every set of connections cut: (2, 2, …), an axis for each pair (source, reader), 1 where it is cut.

    net is one of `densenet.mlp` with 5 layers at most, x (B, features), y (B,). The pairs are in order; source 0 is the stem, then come
    the layers, and the head is the last reader. A reader gets 0 in place of a source from which it is cut.
    """
    parts = dict(need_kind("net", net, nn.Module).named_children())
    if [*parts] != ["stem", "block1", "head"] or len(net.block1) > 5:
        raise ValueError(f"net: expected one that densenet.mlp made, with 5 layers at most, got a {type(net).__name__}.")
    if len(need_tensor("x", x, "B, features")) != len(need_tensor("y", y, "B")):
        raise ValueError(f"y: expected {len(x)} labels, one for each of x, got {len(y)}.")
    merge, sources = net.block1[0].merge, [net.stem(x)[None]]  # what each source makes in every setting so far: (settings, B, width)
    for reader, skip in enumerate(net.block1, 1):
        parts = _spread(sources)
        made = [skip.branch(_read(merge, parts, kept)) for kept in product((1, 0), repeat=reader)]
        sources.append(torch.stack(made, 1).flatten(0, 1))
    votes = _spread(_votes(net.head, merge, sources))
    wrong = [(_read(Add(), votes, kept) + net.head.bias).argmax(-1) != y for kept in product((1, 0), repeat=len(votes))]
    shares = torch.stack([each.float().mean(-1) for each in wrong], 1)
    pairs = [(source, reader) for reader in range(1, len(sources) + 1) for source in range(reader)]  # in the order of the settings
    places = [pairs.index(pair) for pair in combinations(range(len(sources) + 1), 2)]
    return shares.reshape([2] * len(pairs)).numpy().transpose(places)


def _spread(sources):
    """The same for every source: in all settings of the last one."""
    return [part.repeat_interleave(len(sources[-1]) // len(part), 0) for part in sources]


def _read(merge, parts, kept):
    """What a reader gets by its merge of the parts (settings, B, width) that are kept."""
    if merge.grows:
        return torch.cat([part * keep for part, keep in zip(parts, kept, strict=True)], -1)
    if isinstance(merge, Add):
        return sum((part for part, keep in zip(parts, kept, strict=True) if keep), torch.zeros_like(parts[-1]))
    return parts[-1] * kept[-1]


def _votes(head, merge, sources):
    """What the head makes of each source, without its bias: (settings, B, classes) each."""
    matrices = head.weight.split([part.shape[-1] for part in sources], 1) if merge.grows else [head.weight] * len(sources)
    votes = [part @ matrix.T for part, matrix in zip(sources, matrices, strict=True)]
    return votes if merge.grows or isinstance(merge, Add) else [*(0 * vote for vote in votes[:-1]), votes[-1]]


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
