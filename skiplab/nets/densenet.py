"""A DenseNet layer adds a few new channels to all that there are, so each layer reads what every earlier one made.

That is one merge, "concat", in a chain (Huang, Liu, van der Maaten and Weinberger 2017). With merge="add" or "none" the same chain is a
residual or a plain net, whose layers must make as many channels as they read.

    c  channels that a layer reads      k  growth rate, channels that it makes      L  layers of a block      θ  compression
    after ℓ layers of a block into which c₀ channels came there are c₀ + ℓ k, and the next layer reads all of them
"""

from collections import OrderedDict
from dataclasses import dataclass
from itertools import pairwise

from torch import nn

from skiplab.base.errors import need_choice, need_flag, need_number, need_whole
from skiplab.nets.size import he, pictures, sized
from skiplab.skip import Skip

MERGES = ("concat", "add", "none")


@dataclass(frozen=True)
class Plan:
    """What a net is made of; `densenet`, `parameters` and `stored` all take these settings.

    blocks       layers of each block, with a transition between two blocks
    growth       k, channels that a concat layer makes; with the other merges a layer makes as many as it reads
    stem         channels that the first convolution makes
    bottleneck   b: a 1×1 convolution to b k channels before each 3×3 one; 0 is none
    compression  θ: the share of its channels that a transition hands on
    channels     of the picture                    classes   numbers at the end
    small        a 3×3 stem that keeps the size, for small pictures; else 7×7 and pooling to a quarter of the side
    running      whether batch norm keeps running statistics, which torch.func cannot batch
    """

    blocks: tuple = (4, 4)
    growth: int = 4
    stem: int = 8
    bottleneck: int = 0
    compression: float = 0.5
    merge: str = "concat"
    channels: int = 1
    classes: int = 10
    small: bool = True
    running: bool = False

    def __post_init__(self):
        if not isinstance(self.blocks, (tuple, list)) or not self.blocks:
            raise TypeError(f"blocks: expected the layers of each block, such as (4, 4), got {self.blocks!r}.")
        for layers in self.blocks:
            need_whole("blocks", layers, 1, 1000)
        for name in ("growth", "stem", "channels", "classes"):
            need_whole(name, getattr(self, name), 1, 100_000)
        need_whole("bottleneck", self.bottleneck, 0, 100)
        need_number("compression", self.compression, above=0, most=1)
        need_choice("merge", self.merge, MERGES)
        need_flag("small", self.small)
        need_flag("running", self.running)

    @property
    def widths(self):
        """For each block what each of its layers reads and, last, what it hands on: a list of L + 1 numbers."""
        before, found = self.stem, []
        for layers in self.blocks:
            new = self.growth if self.merge == "concat" else 0
            found.append([before + number * new for number in range(layers + 1)])
            before = max(1, int(self.compression * found[-1][-1]))
        return found

    @property
    def least(self):
        """The smallest side of a picture, of which one px is left at the end."""
        side = 2 ** (len(self.blocks) - 1)
        return side if self.small else 4 * side - 3

    def made(self, reads):
        """Channels that a layer makes which reads `reads`."""
        return self.growth if self.merge == "concat" else reads


@sized("reads and makes", reads=1_000_000, makes=1_000_000, bottleneck=(0, 100))
def layer(reads, makes, bottleneck=0, merge="concat", **norm):
    """Norm, ReLU, 3×3 convolution, and the merge: (B, reads, H, W) -> (B, reads + makes, H, W).

    `norm` are settings of the batch norms.
    """
    inner = bottleneck * makes
    branch = [nn.BatchNorm2d(reads, **norm), nn.ReLU(), _convolution(reads, inner or makes, 1 if inner else 3)]
    if inner:
        branch += [nn.BatchNorm2d(inner, **norm), nn.ReLU(), _convolution(inner, makes, 3)]
    return Skip(nn.Sequential(*branch), merge)


@sized("layers, reads and growth", reads=1_000_000, growth=100_000, layers=1000)
def block(reads, growth, layers, bottleneck=0, merge="concat", **norm):
    """A chain of layers: (B, reads, H, W) -> (B, reads + layers·growth, H, W).

    With a merge other than concat it hands on as many channels as came in.
    """
    new = growth if merge == "concat" else 0
    widths = [reads + number * new for number in range(layers)]
    return nn.Sequential(*[layer(width, new or width, bottleneck, merge, **norm) for width in widths])


@sized("reads and makes", reads=1_000_000, makes=1_000_000)
def transition(reads, makes, **norm):
    """Between two blocks: fewer channels, half the side. (B, reads, H, W) -> (B, makes, H/2, W/2)."""
    return nn.Sequential(nn.BatchNorm2d(reads, **norm), nn.ReLU(), _convolution(reads, makes, 1), nn.AvgPool2d(2))


@sized("blocks, growth and stem")
def densenet(**plan):
    """A net (B, channels, H, W) -> (B, classes) with the settings of `Plan`."""
    plan = Plan(**plan)
    norm = {} if plan.running else {"track_running_stats": False}
    parts, before = OrderedDict(stem=_stem(plan, norm)), plan.stem
    for number, (layers, (reads, *_, last)) in enumerate(zip(plan.blocks, plan.widths, strict=True)):
        if number:
            parts[f"transition{number}"] = transition(before, reads, **norm)
        parts[f"block{number + 1}"] = block(reads, plan.growth, layers, plan.bottleneck, plan.merge, **norm)
        before = last
    parts["last"] = nn.Sequential(nn.BatchNorm2d(before, **norm), nn.ReLU())
    parts |= OrderedDict(pool=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten(), head=nn.Linear(before, plan.classes))
    net = he(DenseNet(parts))
    net.least = plan.least
    return net


class DenseNet(nn.Sequential):
    """The stem, blocks with transitions between them, and the head; `least` is the smallest side of a picture, in px."""

    def forward(self, x):
        return super().forward(pictures(x, self.least))


PUBLISHED = {"blocks": (6, 12, 24, 16), "growth": 32, "stem": 64, "bottleneck": 4, "channels": 3, "classes": 1000, "small": False}


def densenet121():
    """DenseNet-121 as published, with 7,978,856 parameters: 1 + 2·(6 + 12 + 24 + 16) + 3 + 1 = 121 weight layers."""
    return densenet(**PUBLISHED, running=True)


@sized("layers, growth and stem", inputs=1_000_000, outputs=1_000_000, layers=1000)
def mlp(inputs, outputs, layers=18, growth=3, stem=12, merge="concat"):
    """A net (B, inputs) -> (B, outputs) of a stem, `layers` layers (ReLU, matrix, merge) and a head; no norm.

    With merge "add" or "none" each layer is `stem` wide, whatever `growth`.
    """
    plan = Plan((layers,), growth, stem, merge=merge)
    ((*reads, last),) = plan.widths
    chain = [Skip(nn.Sequential(nn.ReLU(), nn.Linear(width, plan.made(width))), merge) for width in reads]
    parts = OrderedDict(stem=nn.Linear(inputs, stem), block1=nn.Sequential(*chain), head=nn.Linear(last, outputs))
    return he(nn.Sequential(parts))


def parameters(**plan):
    """How many parameters `densenet(**plan)` has, from the plan alone."""
    plan = Plan(**plan)
    total = plan.channels * plan.stem * (9 if plan.small else 49) + (0 if plan.small else 2 * plan.stem)
    for widths in plan.widths:
        total += sum(_layer_parameters(reads, plan.made(reads), plan.bottleneck) for reads in widths[:-1])
    for (*_, reads), (makes, *_) in pairwise(plan.widths):
        total += 2 * reads + reads * makes
    last = plan.widths[-1][-1]
    return total + 2 * last + (last + 1) * plan.classes


def _layer_parameters(reads, makes, bottleneck):
    inner = bottleneck * makes
    return 2 * reads + (reads * inner + 2 * inner + 9 * inner * makes if inner else 9 * reads * makes)


def stored(size=8, **plan):
    """How many numbers autograd keeps for each picture of `size` × `size` until the backward pass, from the plan alone.

    Each norm keeps what it reads, and each ReLU what it makes. Every concatenation is a tensor of its own, so a block keeps
    2 (c₀ + (c₀ + k) + (c₀ + 2k) + …) channels: that grows with L², though only L k channels are new.
    """
    plan = Plan(**plan)
    side = need_whole("size", size, plan.least, 10_000)
    total = plan.channels * side**2
    if not plan.small:
        side = -(-side // 2)
        total += 2 * plan.stem * side**2  # norm and ReLU
        side = -(-side // 2)
        total += plan.stem * side**2  # where each maximum was
    for number, (*reads, last) in enumerate(plan.widths):
        inner = sum(plan.bottleneck * plan.made(width) for width in reads)
        total += 2 * (sum(reads) + inner + last) * side**2  # the last is kept by the transition, or before the head
        if number + 1 < len(plan.blocks):
            total += plan.widths[number + 1][0] * side**2
            side //= 2
    return total + last


def new_features(size=8, **plan):
    """How many numbers the stem, the layers and the transitions make for each picture: what must be kept if nothing is kept twice.

    An implementation that computes the concatenations again in the backward pass keeps about this many (Pleiss and others 2017).
    """
    plan, total = Plan(**plan), 0
    side = -(-need_whole("size", size, plan.least, 10_000) // (1 if plan.small else 4))
    for *reads, _ in plan.widths:
        total += (reads[0] + sum(map(plan.made, reads))) * side**2
        side //= 2
    return total


def _stem(plan, norm):
    if plan.small:
        return nn.Sequential(_convolution(plan.channels, plan.stem, 3))
    first = nn.Conv2d(plan.channels, plan.stem, 7, 2, 3, bias=False)
    return nn.Sequential(first, nn.BatchNorm2d(plan.stem, **norm), nn.ReLU(), nn.MaxPool2d(3, 2, 1))


def _convolution(reads, makes, size):
    return nn.Conv2d(reads, makes, size, padding=size // 2, bias=False)
