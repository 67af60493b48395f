"""A picture and its mask: thin shapes made from formulas, and three photographs with labels made by thresholding.

A data set is a `Split` of pictures x (N, 1, 32, 32), grey values of about 0 to 1, and masks y (N, 1, 32, 32) of 0 and 1, float32, on
`device.device()`. The labels of the photographs are no human's: each imitates a classical method and is as good as that method.
"""

import functools

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from skiplab.base.device import device
from skiplab.base.errors import need_choice, need_kind, need_whole
from skiplab.base.seeds import first_seed
from skiplab.data.points import Split, inside

SIDE = 32  # px
NAMES = ("shapes", "page", "coins", "cell")
CORNERS = {"page": (58, 262), "coins": (108, 320), "cell": (16, 96)}  # row and column of what `view` shows, right of the cut
LEFT = 0.6  # the share of a photograph, from its left edge, that trains; the rest tests


def load(name, count=128):
    """The data set of that name, with `count` training pictures."""
    return shapes(count) if need_choice("name", name, NAMES) == "shapes" else patches(name, count)


def shapes(count=128, test=64, seed=None):
    """A ring and two lines, 1.6 px wide, beside a blob nearly as bright that is not in the mask, on a slope, with noise.

    `test` more to test on. Drawn from `seed`, by default `seeds.first_seed()`.
    """
    every = need_whole("count", count, 1, 100_000) + need_whole("test", test, 1, 100_000)
    rng = torch.Generator().manual_seed(first_seed() if seed is None else need_whole("seed", seed, 0, 2**63 - 1))

    def between(low, high, *size):
        return low + (high - low) * torch.rand(every, *size, generator=rng, dtype=torch.float32)

    def far(points):  # of each pixel from one point a picture, (N, 2) -> (N, 32, 32)
        return (_grid() - points[:, None, None]).norm(dim=-1)

    def size(low, high):
        return between(low, high, 1, 1)

    ring = (far(between(8, 24, 2)) - size(4, 11)).abs()
    lines = [_to_line(between(0, SIDE - 1, 2), between(0, SIDE - 1, 2)) for _ in range(2)]
    mask = (torch.stack([ring, *lines]).amin(0) < 0.8).float()
    blob = (-((far(between(4, 28, 2)) / size(4, 7)) ** 4)).exp()
    slope = (_grid() / SIDE * between(-0.2, 0.2, 2)[:, None, None]).sum(-1)
    noise = 0.08 * torch.randn(every, SIDE, SIDE, generator=rng, dtype=torch.float32)
    x = 0.3 + slope + 0.5 * mask + 0.4 * blob + noise
    return Split.of(x[:, None], mask[:, None], count)


def patches(name, count=128):
    """Squares of 32 px from a photograph that ships with scikit-image.

    To train on, `count` at random places left of the cut, half of them mirrored, drawn from `seeds.first_seed()`; without mirroring
    a net learns only the left edge of the one cell there is. To test on, all that fit side by side right of the cut.
    """
    need_whole("count", count, 1, 100_000)
    grey, label = photograph(name)
    both = torch.tensor(np.stack([grey, label]), dtype=torch.float32)  # (2, height, width)
    cut = int(LEFT * grey.shape[1])
    rng = torch.Generator().manual_seed(first_seed())
    tops, lefts = (torch.randint(room - SIDE + 1, (count,), generator=rng).tolist() for room in (grey.shape[0], cut))
    train = torch.stack([both[:, t : t + SIDE, a : a + SIDE] for t, a in zip(tops, lefts, strict=True)])
    mirrored = torch.rand(count, 1, 1, 1, generator=rng, dtype=torch.float32) < 0.5
    train = torch.where(mirrored, train.flip(-1), train)
    test = both[:, :, cut:].unfold(1, SIDE, SIDE).unfold(2, SIDE, SIDE).flatten(1, 2).transpose(0, 1)
    found = torch.cat([train, test])  # (N, 2, 32, 32)
    return Split.of(found[:, :1], found[:, 1:], count)


def view(name):
    """One test picture of 64 x 64 px to look at, always the same, and its mask, each (1, 1, 64, 64): of the shapes, four together."""
    if need_choice("name", name, NAMES) == "shapes":
        split = shapes(seed=0)
        return tuple(part[:4].unflatten(0, (2, 2)).permute(2, 0, 3, 1, 4).reshape(1, 1, 64, 64) for part in (split.x_test, split.y_test))
    top, left = CORNERS[name]
    whole = torch.tensor(np.stack(photograph(name)), dtype=torch.float32, device=device())
    return tuple(part[None, None, top : top + 2 * SIDE, left : left + 2 * SIDE] for part in whole)


def photograph(name):
    """The whole photograph and its label: grey (height, width) from 0 to 1, label (height, width) of True and False.

    "page"   text, darker than a threshold that follows mean and spread around each pixel: imitates Sauvola and Pietikäinen (2000)
    "coins"  brighter than the surroundings by Otsu's threshold (1979), holes filled, smoothed
    "cell"   brighter than Otsu's threshold; at half size and cropped so that the cut passes through the one cell there is
    """
    return _photograph(need_choice("name", name, NAMES[1:]))


@functools.cache
def _photograph(name):
    from scipy.ndimage import binary_fill_holes  # here, since both take a second to load
    from skimage.filters import threshold_otsu

    grey = np.asarray(Image.open(inside("skimage", "data", f"{name}.png")).convert("L")) / 255
    if name == "cell":
        grey = grey[279:471, 230:].reshape(96, 2, 160, 2).mean((1, 3))
        return grey, grey > threshold_otsu(grey)
    if name == "coins":
        above = _box(grey, 1) - _box(grey, 40)
        return grey, _box(binary_fill_holes(above > threshold_otsu(above)), 3) > 0.5
    mean = _box(grey, 12)
    spread = np.sqrt(np.maximum(_box(grey**2, 12) - mean**2, 0))
    return grey, grey < mean * (1 + 0.2 * (spread / 0.5 - 1))


def mask_loss(out, mask):
    """Cross-entropy of the logits `out` plus soft Dice, 1 - 2 |p ∩ y| / (|p| + |y|), without which thin masks start slowly.

    Both (B, 1, H, W); a number. (Milletari, Navab and Ahmadi 2016.)
    """
    if need_kind("out", out, torch.Tensor).shape != need_kind("mask", mask, torch.Tensor).shape:
        raise ValueError(f"mask: expected the shape {tuple(out.shape)} of out, got {tuple(mask.shape)}.")
    p = out.sigmoid()
    dice = (2 * (p * mask).sum() + 1) / (p.sum() + mask.sum() + 1)
    return F.binary_cross_entropy_with_logits(out, mask) + 1 - dice


def iou(mask, truth):
    """Intersection over union of masks (..., N, 1, H, W) and the true ones (N, 1, H, W), all N pictures together: (...)."""
    mask, truth = _bools(mask, truth)
    both, either = (found.flatten(-4).sum(-1) for found in (mask & truth, mask | truth))
    return torch.where(either > 0, both.float() / either.clamp_min(1), 1.0).cpu().numpy()


def boundary_f1(mask, truth):
    """F1 score of the boundary's pixels, exact to the pixel; shapes as in `iou`."""
    mask, truth = (boundary(m) for m in _bools(mask, truth))
    both, found, wanted = (m.flatten(-4).sum(-1) for m in (mask & truth, mask, truth))
    return torch.where(found + wanted > 0, 2 * both.float() / (found + wanted).clamp_min(1), 1.0).cpu().numpy()


def boundary(mask):
    """The pixels of a mask (..., H, W) that have a neighbour above, below, left or right outside it; the picture's edge is none."""
    if need_kind("mask", mask, torch.Tensor).ndim < 2:
        raise ValueError(f"mask: expected (..., H, W), got shape {tuple(mask.shape)}.")
    outside = F.pad(~mask.reshape(-1, 1, *mask.shape[-2:]).bool(), (1, 1, 1, 1)).float()
    cross = outside.new_tensor([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    return mask.bool() & (F.conv2d(outside, cross[None, None]).view(mask.shape) > 0)


def _bools(mask, truth):
    need_kind("mask", mask, torch.Tensor)
    if need_kind("truth", truth, torch.Tensor).ndim != 4:
        raise ValueError(f"truth: expected masks (N, 1, H, W), got shape {tuple(truth.shape)}.")
    if mask.shape[-4:] != truth.shape:
        raise ValueError(f"mask: expected (..., {', '.join(map(str, truth.shape))}) as the true masks, got {tuple(mask.shape)}.")
    return mask > 0.5, truth > 0.5


def _grid():
    """The place (row, column) of each pixel: (32, 32, 2)."""
    along = torch.arange(SIDE, dtype=torch.float32)
    return torch.stack(torch.meshgrid(along, along, indexing="ij"), -1)


def _to_line(start, end):
    """From each pixel to the line between two points (N, 2) and (N, 2): (N, 32, 32)."""
    start, along = start[:, None, None], (end - start)[:, None, None]
    share = ((_grid() - start) * along).sum(-1) / along.square().sum(-1)
    return (_grid() - start - share.clamp(0, 1)[..., None] * along).norm(dim=-1)


def _box(image, radius):
    """The mean over the square of `radius` px around each pixel, over the part inside the image."""
    x = torch.tensor(image, dtype=torch.float64)[None]
    for _ in range(2):
        x = F.avg_pool1d(x, 2 * radius + 1, 1, radius, count_include_pad=False).mT
    return x[0].numpy()
