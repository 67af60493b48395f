"""Exercises on U-Net: what a join costs, which skip carries the edges, sizes that do not fit, and an alignment to mend."""

import copy

import numpy as np
import torch

from skiplab import sweeps
from skiplab.base.rng import drawing
from skiplab.lesson.checks import exercise, first_hint, kind, near, one_number, reals
from skiplab.nets.unet import unet
from skiplab.sweeps.unet import LEVELS, MERGES


@exercise("05-a", todo="Give the list of pixels missing at each level, finest first, for a picture of 44 px.",
          right="Wherever a side is odd, pooling drops a row and a column, and the branch comes back one short.")
def missing(answer):
    return first_hint(answer, [
        ([0, 0, 1], None),
        ([1, 0, 0], "The right three numbers: put the finest level first."),
        ([44, 22, 11], "These are the sides on the way down. How many pixels are missing when each comes back?"),
    ], "Halve 44 three times, rounding down; then double each on the way up, and compare with the side "
       "that waits there.")


@exercise("05-b", todo="Give the number of parameters that concat has more than add, for width 16 and 2 levels.",
          right="Only the joins grow: 3 × 3 weights from each of the w added channels to each of w "
                "channels, at every level.")
def joins(answer):
    return first_hint(one_number(answer), [
        (9 * (16**2 + 32**2), None),
        (12096, "That is for width 8 and 3 levels, as above. Here the levels are 16 and 32 channels wide."),
        (16**2 + 32**2, "Each kernel has 3 × 3 weights."),
    ], "The convolution after a join reads 2w channels instead of w and makes w. The levels are 16 and 32 "
       "channels wide.")


@exercise("05-c", todo="Give three merges, finest first, of which only one is not 'none', that reach "
                       "an IoU of 0.8 on the thin shapes.",
          right="One skip is enough if it is the one that passes the picture's own pixels.")
def one_skip(answer):
    merges = answer.tolist() if isinstance(answer, np.ndarray) else answer
    if not isinstance(merges, (list, tuple)) or len(merges) != 3 or not all(isinstance(m, str) and m in MERGES for m in merges):
        return f"Give three merges, finest first, each one of {', '.join(map(repr, MERGES))}."
    if 3 - list(merges).count("none") != 1:
        return "Exactly one of the three may be a skip."
    iou = sweeps.load("unet")["iou"].at(data="shapes", muted="nothing", **dict(zip(LEVELS, merges, strict=True)))
    median = iou.median("seeds")
    return None if median >= 0.8 else f"With that one the sweep has a median IoU of {median:.2f}. Which level has the most pixels?"


@exercise("05-d", todo="Find the bug: mended_align shifts the picture. Mend it.",
          right="Pooling drops the last row and column, so that is where they are put back.",
          function="mended_align(x, size) -> x with that height and width")
def align(answer):
    rng = torch.Generator().manual_seed(0)
    for (height, width), batch in (((4, 5), (1, 1)), ((6, 5), (3, 2))):
        for more, wider in ((1, 1), (-1, -1), (3, -2), (-2, 3), (0, 0)):
            size, x = (height + more, width + wider), torch.randn(*batch, height, width, generator=rng)
            kept, given = x[..., : size[0], : size[1]], reals(answer(x, size))
            begin = f"From {height} x {width} px to {size[0]} x {size[1]}"
            if np.shape(given) != (*batch, *size):
                return f"{begin} it turns {tuple(x.shape)} into {np.shape(given)}."
            if not np.isfinite(given).all():
                return f"{begin} NaN or infinity comes into it, which no layer behind it survives."
            inside = given[..., : kept.shape[2], : kept.shape[3]]
            if not near(inside[..., 0, 0], kept[..., 0, 0], 1e-4):
                return f"{begin} the first pixel moves: it should stay at the top left."
            if not near(inside, kept, 1e-4):
                return f"{begin} some pixels move or are lost. Each should stay where it is."
    return None


@exercise("05-e", todo="Give a net with as many parameters as unet(merges='concat') and no long skip.",
          right="A fair control: the joins are as large, and nothing gets past the bottom.")
def control(answer):
    if not isinstance(answer, torch.nn.Module):
        return f"Give a net, such as unet(merges='none'); this is {kind(answer)}."
    with drawing(0):
        more = sum(p.numel() for p in answer.parameters()) - sum(p.numel() for p in unet().parameters())
    if more:
        return f"It has {abs(more)} parameters {'more' if more > 0 else 'fewer'} than the one with concat."
    net = copy.deepcopy(answer).eval()
    muted = copy.deepcopy(net)
    for layer in muted.modules():  # at the bottom, which has 4 or 5 px here
        layer.register_forward_hook(lambda layer, given, y: 0 * y if y.ndim == 4 and y.shape[2] <= 5 else y)
    for shape in ((2, 1, 32, 32), (1, 1, 40, 48)):
        x = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0)).to(next(net.parameters()))
        if (y := net(x[0])).shape != shape or not y.isfinite().all():
            return f"Pictures of {shape} should give masks of that shape, of finite numbers."
        if not all(slope is not None and slope.any() for slope in torch.autograd.grad(y.sum(), list(net.parameters()), allow_unused=True)):
            return "Some of its parameters have no part in the answer: they do not make the control fair."
        if not torch.equal(muted(x[0]), muted(x[1])):
            return "Something still gets past the bottom: with nothing coming up from there, two pictures have two masks."
    return None
