"""A U-Net is a concat `Skip` whose branch goes down, through the next smaller U-Net, and up again.

That is the whole U of Ronneberger, Fischer and Brox (2015). Here it is small: one 3×3 convolution where they have two, padded so that
the size stays, and a ReLU before each convolution instead of after it, so that what reaches the head has both signs. (After a ReLU, one
unlucky draw of the head's weights can hold a net at a single answer.) Level 0 is the finest, at the picture's own size.
"""

import copy

import torch
from torch import nn
from torch.nn import functional as F

from skiplab.base.errors import need_choice, need_whole
from skiplab.base.shapes import need_tensor
from skiplab.nets.size import pictures, sized
from skiplab.skip import Concat, Skip

MERGES = ("none", "add", "concat", "self")


@sized("width and levels", channels=10_000, outputs=10_000, width=10_000, levels=(0, 10))
def unet(channels=1, outputs=1, width=8, levels=3, merges="concat", short="none"):
    """A net (B, channels, H, W) -> (B, outputs, H, W), for pictures of any size from 2^levels px on.

    merges  of the long skips, one for all or one a level, finest first: "none", "add", "concat", or "self": the branch concatenated
            with itself, which has the parameters of "concat" and no skip
    short   "none" or "add": of the short skips, round each single convolution that keeps the width
    """
    need_choice("short", short, ("none", "add"))
    net = UNet(nn.Conv2d(channels, width, 3, padding=1), level(width, _each(merges, levels), short), nn.Conv2d(width, outputs, 1))
    for layer in net.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):  # He init, by what each output is made from
            made_from = layer.in_channels * layer.kernel_size[0] ** 2 / layer.stride[0] ** 2
            nn.init.normal_(layer.weight, std=(2 / made_from) ** 0.5)
            nn.init.zeros_(layer.bias)
    return net


def level(width, merges, short="none"):
    """The U from one level on: (B, width, H, W) -> the same shape; `merges` of this level and the coarser ones."""
    if not merges:
        return _convolution(width, width, short)
    merge, *deeper = merges
    branch = Aligned(
        nn.MaxPool2d(2),
        _convolution(width, 2 * width),
        level(2 * width, deeper, short),  # the next smaller U-Net
        _up(2 * width, width),
    )
    skip = Skip(branch, SelfConcat() if merge == "self" else merge)
    return nn.Sequential(skip, _convolution(2 * width if skip.merge.grows else width, width, short))


class UNet(nn.Sequential):
    """The stem, the U and the head."""

    def forward(self, x):
        stem, u, head = self
        x = pictures(x, 2 ** len(long_skips(self)))
        return head(u(stem(x).movedim(1, -1).contiguous().movedim(-1, 1)))  # channels last in memory: a quarter faster on a processor


class Aligned(nn.Sequential):
    """A chain of layers, through pooling, whose output is padded to the height and width of its input."""

    def forward(self, x):
        height, width = x.shape[-2:]
        return _padded(super().forward(x), height, width)


def align(x, size):
    """Crop or pad x (B, C, H, W) to `size`, on the right and below, where pooling an odd side loses a column or a row.

    What is padded repeats the last column and the last row.
    """
    need_tensor("x", x, "B, C, H, W")
    if not isinstance(size, (tuple, list)) or len(size) != 2:
        raise TypeError(f"size: expected a height and a width, got {size!r}.")
    height, width = (need_whole("size", side, 1, 100_000) for side in size)
    return _padded(x[..., :height, :width], height, width)


def _padded(x, height, width):
    return F.pad(x, (0, width - x.shape[-1], 0, height - x.shape[-2]), mode="replicate")


class SelfConcat(Concat):
    """y = [F(x), F(x)]: as many parameters behind it as behind "concat", and no skip."""

    def __init__(self):
        super().__init__(dim=1)

    def forward(self, x, new, *context):
        return super().forward(new, new)


def muted(net, *levels):
    """A copy of a trained net whose long skips at `levels` hand on zeros; everything else is as it was trained."""
    net = copy.deepcopy(net)
    skips = long_skips(net)
    if levels and not skips:
        raise ValueError("net: expected a U-Net with long skips to mute, got one without.")
    for level in levels:
        shortcut = skips[need_whole("levels", level, 0, len(skips) - 1)].shortcut
        shortcut.register_forward_hook(lambda shortcut, given, x: torch.zeros_like(x))
    return net


def long_skips(net):
    """The `Skip`s across the U, finest first."""
    return [part for part in net.modules() if isinstance(part, Skip) and isinstance(part.branch, Aligned)]


def _each(merges, levels):
    """One merge a level."""
    merges = [merges] * levels if isinstance(merges, str) else merges
    if not isinstance(merges, (tuple, list)) or len(merges) != levels:
        kind = ValueError if isinstance(merges, (tuple, list)) else TypeError
        raise kind(f"merges: expected one merge, or one for each of {levels} levels, got {merges!r}.")
    return [need_choice("merges", merge, MERGES) for merge in merges]


@sized("width and levels", inputs=100_000)
def _convolution(inputs, outputs, short="none"):
    layers = nn.Sequential(nn.ReLU(), nn.Conv2d(inputs, outputs, 3, padding=1))
    return Skip(layers, "add") if short == "add" and inputs == outputs else layers


def _up(inputs, outputs):
    return nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(inputs, outputs, 2, stride=2))
