"""A residual network is a stack of blocks y = relu(x + F(x)), and the plain network is the same stack without the "x +".

`mlp` is the one to experiment with: whatever the merge, the same seed draws the same weights. `resnet` is the convolutional one of
He, Zhang, Ren and Sun (2016), from a dozen layers up to ResNet-152. Nothing here works in place, so that torch.func can batch it.
"""

from collections import OrderedDict

import torch
from torch import nn

from skiplab.base.errors import need_choice, need_flag, need_whole
from skiplab.nets.size import keeping, sized
from skiplab.skip import Plain

INITS = ("he", "default", "fixup", "identity")
BATCH_ONLY = {"track_running_stats": False}  # what torch.func can batch: statistics of the batch, in training and in use
WIDEST = 100_000
NORMS = {"none": None, "batch": lambda width: nn.BatchNorm1d(width, **BATCH_ONLY), "layer": nn.LayerNorm}


@sized("depth and width", inputs=1_000_000, outputs=1_000_000, width=WIDEST, depth=(2, 10_000))
def mlp(inputs, outputs, depth=20, width=32, merge="add", init="he", norm="none"):
    """A net (B, inputs) -> (B, outputs) of `depth` weight layers: the stem, two in each block, and the head.

    merge  "none", "add", "gate", or a merge of which each block gets a copy, such as Add(gamma=27**-0.5)
    init   "he" (He and others 2015), "default" (torch's), "fixup" (after Zhang and others 2019: branches end in 0, so that each
           block starts as the identity, and begin 1/√blocks smaller), or "identity" (every matrix of a branch is I)
    norm   after each matrix but the head's: "none", "batch" or "layer"; with a norm, "fixup" starts its last scale at 0

    Raises ValueError for an odd depth, or a merge that changes the width.
    """
    if depth % 2:
        raise ValueError(f"depth: expected an even number (stem, two layers a block, head), got {depth}.")
    need_choice("init", init, INITS)
    need_choice("norm", norm, tuple(NORMS))
    rng = _draws()
    blocks = [block(width, merge, norm) for _ in range((depth - 2) // 2)]
    stem = nn.Sequential(*_layer(inputs, width, norm), nn.ReLU())
    parts = OrderedDict(stem=stem, blocks=nn.Sequential(*blocks), head=nn.Linear(width, outputs))
    return _start(nn.Sequential(parts), init, rng)


@sized("width", width=WIDEST)
def block(width, merge="add", norm="none"):
    """relu(merge(x, W₂ relu(W₁ x))), with a norm after each matrix: (B, width) -> (B, width)."""
    need_choice("norm", norm, tuple(NORMS))
    branch = nn.Sequential(*_layer(width, width, norm), nn.ReLU(), *_layer(width, width, norm))
    return nn.Sequential(_skip(branch, merge), nn.ReLU())


def basic(inputs, width, stride=1, merge="add", shortcut=None, **norm):
    """Two 3×3 convolutions and a skip round them: (B, inputs, H, W) -> (B, width, H/stride, W/stride).

    `shortcut` brings x to the new shape: `projection` by default, or `padding`. `norm` are settings of nn.BatchNorm2d.
    """
    branch = nn.Sequential(
        _convolution(inputs, width, 3, stride), nn.BatchNorm2d(width, **norm), nn.ReLU(),
        _convolution(width, width, 3), nn.BatchNorm2d(width, **norm),
    )  # fmt: skip
    return nn.Sequential(_skip(branch, merge, _way(shortcut, inputs, width, stride, norm)), nn.ReLU())


def bottleneck(inputs, width, stride=1, merge="add", shortcut=None, **norm):
    """1×1 down to `width`, 3×3, 1×1 up to 4 `width`: (B, inputs, H, W) -> (B, 4 width, H/stride, W/stride)."""
    branch = nn.Sequential(
        _convolution(inputs, width, 1), nn.BatchNorm2d(width, **norm), nn.ReLU(),
        _convolution(width, width, 3, stride), nn.BatchNorm2d(width, **norm), nn.ReLU(),
        _convolution(width, 4 * width, 1), nn.BatchNorm2d(4 * width, **norm),
    )  # fmt: skip
    return nn.Sequential(_skip(branch, merge, _way(shortcut, inputs, 4 * width, stride, norm)), nn.ReLU())


@sized("inputs and width", inputs=WIDEST)
def preactivation(inputs, width, stride=1, merge="add", shortcut=None, **norm):
    """Norm and ReLU before each convolution, nothing after the sum (He and others 2016, *Identity mappings*): shapes as `basic`."""
    branch = nn.Sequential(
        nn.BatchNorm2d(inputs, **norm), nn.ReLU(), _convolution(inputs, width, 3, stride),
        nn.BatchNorm2d(width, **norm), nn.ReLU(), _convolution(width, width, 3),
    )  # fmt: skip
    if shortcut is None:
        shortcut = lambda inputs, width, stride, **norm: _convolution(inputs, width, 1, stride)  # noqa: E731
    return nn.Sequential(_skip(branch, merge, _way(shortcut, inputs, width, stride, norm)))


def projection(inputs, width, stride=1, **norm):
    """The shortcut with parameters: a 1×1 convolution and a norm."""
    return nn.Sequential(_convolution(inputs, width, 1, stride), nn.BatchNorm2d(width, **norm))


def padding(inputs, width, stride=1, **norm):
    """The shortcut without parameters: every `stride`-th pixel, and channels of zeros. Raises ValueError where `width` < `inputs`."""
    need_whole("width", width, need_whole("inputs", inputs, 1, WIDEST), WIDEST)
    return nn.Sequential(nn.MaxPool2d(1, need_whole("stride", stride, 1, WIDEST)), nn.ZeroPad3d((0, 0, 0, 0, 0, width - inputs)))


BLOCKS = {"basic": (basic, 1), "bottleneck": (bottleneck, 4), "preactivation": (preactivation, 1)}  # and how much wider it ends


@sized("blocks, width, channels and classes", classes=WIDEST, channels=WIDEST, width=WIDEST)
def resnet(blocks=(3, 4, 6, 3), kind="basic", classes=1000, channels=3, width=64, merge="add", shortcut=None, small=False, **norm):
    """A ResNet (B, channels, H, W) -> (B, classes): one stage for each number of blocks, each twice as wide and half as large.

    blocks    (3, 4, 6, 3) is ResNet-34, with kind="bottleneck" ResNet-50; (3, 4, 23, 3) and (3, 8, 36, 3) are 101 and 152
    small     for small pictures: a 3×3 stem that keeps the size, no pooling after it
    norm      settings of every nn.BatchNorm2d, such as track_running_stats=False
    """
    make, grows = BLOCKS[need_choice("kind", kind, tuple(BLOCKS))]
    _check(blocks)
    need_flag("small", small)
    rng, stages, inputs = _draws(), OrderedDict(stem=_stem(channels, width, small, kind, norm)), width
    for stage, count in enumerate(blocks):
        layers = []
        for i in range(count):
            layers.append(make(inputs, width * 2**stage, 2 if stage and not i else 1, merge, shortcut, **norm))
            inputs = width * 2**stage * grows
        stages[f"stage{stage + 1}"] = nn.Sequential(*layers)
    if kind == "preactivation":
        stages["last"] = nn.Sequential(nn.BatchNorm2d(inputs, **norm), nn.ReLU())
    net = nn.Sequential(stages | OrderedDict(pool=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten(), head=nn.Linear(inputs, classes)))
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu", generator=rng)
    return net


def resnet34(classes=1000):
    """ResNet-34 as published, with 21,797,672 parameters for 1000 classes; running statistics, so not for torch.func."""
    return resnet((3, 4, 6, 3), classes=classes)


def small_resnet(depth=20, classes=10, channels=1, width=16, merge="add", kind="basic"):
    """The CIFAR-10 net of He and others (2016): 6n + 2 layers in three stages, shortcuts without parameters, statistics of the batch.

    Plain and residual have the same weights. Raises ValueError for a depth that is not 6n + 2.
    """
    if need_whole("depth", depth, 8, 10_000) % 6 != 2:
        raise ValueError(f"depth: expected 6n + 2 (8, 14, 20, …), got {depth}.")
    need_choice("kind", kind, ("basic", "preactivation"))
    return resnet((depth // 6,) * 3, kind, classes, channels, width, merge, padding, small=True, **BATCH_ONLY)


def _check(blocks):
    """Stages that can be built, of whole numbers of blocks."""
    if not isinstance(blocks, (tuple, list)) or not 1 <= len(blocks) <= 20:
        raise (ValueError if isinstance(blocks, (tuple, list)) else TypeError)(
            f"blocks: expected the blocks of each stage, 1 to 20 stages, such as (3, 4, 6, 3), got {blocks!r}."
        )
    for count in blocks:
        need_whole("blocks", count, 1, 1000)


def _stem(channels, width, small, kind, norm):
    first = _convolution(channels, width, 3) if small else nn.Conv2d(channels, width, 7, 2, 3, bias=False)
    last = [] if kind == "preactivation" else [nn.BatchNorm2d(width, **norm), nn.ReLU()]
    return nn.Sequential(first, *last, *([] if small else [nn.MaxPool2d(3, 2, 1)]))


@sized("inputs and width", inputs=WIDEST, width=WIDEST, stride=WIDEST)
def _convolution(inputs, width, size, stride=1):
    return nn.Conv2d(inputs, width, size, stride, size // 2, bias=False)


def _way(shortcut, inputs, outputs, stride, norm):
    """The shortcut, or None where x already has the branch's shape."""
    if shortcut is not None and not callable(shortcut):
        raise TypeError(f"shortcut: expected a function of inputs, width and stride such as padding, got {shortcut!r}.")
    return None if (stride, inputs) == (1, outputs) else (shortcut or projection)(inputs, outputs, stride, **norm)


def _skip(branch, merge, shortcut=None):
    """A Skip with a merge of its own, which must keep the width; a plain one needs no shortcut."""
    plain = isinstance(merge, Plain) or merge == "none"
    return keeping(branch, merge, None if plain else shortcut)


def _layer(inputs, outputs, norm):
    return [nn.Linear(inputs, outputs), *([NORMS[norm](outputs)] if NORMS[norm] else [])]


def _draws():
    """Weights have draws of their own: what else is built, such as a gate, does not change them."""
    return torch.Generator().manual_seed(int(torch.randint(2**62, (), device="cpu")))


@torch.no_grad()
def _start(net, init, rng):
    """Draw every weight of an `mlp`, in the order in which x meets them."""
    branches = [skip.branch for skip, _ in net.blocks]
    for layer in [net.stem[0], *(part for branch in branches for part in branch if isinstance(part, nn.Linear)), net.head]:
        if init == "default":
            limit = layer.in_features**-0.5
            for weights in (layer.weight, layer.bias):
                weights.uniform_(-limit, limit, generator=rng)
        else:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=rng)
            layer.bias.zero_()
    for branch in branches:
        if init == "fixup":
            branch[0].weight.mul_(len(branches) ** -0.5)
            branch[-1].weight.zero_()
        elif init == "identity":
            for layer in branch:
                if isinstance(layer, nn.Linear):
                    nn.init.eye_(layer.weight)
    return net
