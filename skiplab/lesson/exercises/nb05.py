"""Exercises on U-Net: sizes that do not fit, a score and a level to write, an alignment to mend, and a fair control."""

import copy

import numpy as np
import torch

from skiplab.base.rng import drawing
from skiplab.lesson.checks import compare, exercise, first_hint, kind, near, reals
from skiplab.nets.unet import unet


@exercise("05-a", todo="Give the list of pixels missing at each level, finest first, for a picture of 44 px.",
          right="Wherever a side is odd, pooling drops a row and a column, and the branch comes back one short.")
def missing(answer):
    return first_hint(answer, [
        ([0, 0, 1], None),
        ([1, 0, 0], "The right three numbers: put the finest level first."),
        ([44, 22, 11], "These are the sides on the way down. How many pixels are missing when each comes back?"),
    ], "Halve 44 three times, rounding down; then double each on the way up, and compare with the side "
       "that waits there.")


@exercise("05-b", todo="Write iou(found, true), the intersection over union of masks of zeros and ones, all pictures together.",
          right="Two sums and one division; where neither mask has a pixel, nothing is wrong, and it is 1.",
          function="iou(found, true) -> a number")
def overlap(answer):
    rng = torch.Generator().manual_seed(5)
    cases = [[(torch.rand(*shape, generator=rng) < share).float() for share in (some, 0.4)]
             for shape, some in (((3, 1, 5, 4), 0.5), ((1, 1, 6, 6), 0.2), ((2, 1, 3, 7), 0.9))]
    hint = compare(answer, cases, _overlaps, "Count the pixels in both masks, and those in either.")
    if hint:
        return hint
    none = reals(answer(torch.zeros(2, 1, 3, 3), torch.zeros(2, 1, 3, 3)))
    return None if none is not None and near(none, 1, 1e-3) else "Two empty masks are the same: their IoU is 1, and 0 / 0 is no number."


def _overlaps(found, true):
    """(what the score might be, the hint for it)."""
    both, either = found * true, torch.maximum(found, true)
    each = both.sum((1, 2, 3)) / either.sum((1, 2, 3)).clamp_min(1)
    yield both.sum() / either.sum(), None
    yield 2 * both.sum() / (found.sum() + true.sum()), "That is Dice: it divides by both sizes. Divide by the pixels in either mask."
    yield each.mean(), "That is the mean over pictures. Count the pixels of all of them together."
    yield both.sum() / true.sum(), "That is the share of the true pixels that are found: it does not see what was added."
    yield both.sum() / found.sum(), "That is the share of the found pixels that are true: it does not see what was missed."
    yield (found == true).float().mean(), "That counts the pixels outside both masks too, which are most."


@exercise("05-c", todo="Write AddLevel(width, deeper), a level of the U that adds where Level concatenates.",
          right="One line in forward, and half the inputs of one convolution: that is LinkNet's level.",
          function="AddLevel(width, deeper) -> module")
def adds(answer):
    for width, side, deeper in ((4, 8, torch.nn.Identity()), (3, 6, torch.nn.Tanh())):
        with drawing(width):
            level, h = answer(width, deeper), torch.randn(2, width, side, side + 2)
        missing = [part for part in ("down", "deeper", "up", "join") if not isinstance(getattr(level, part, None), torch.nn.Module)]
        if missing:
            return f"It should have the parts of Level: down, deeper, up and join. Here {' and '.join(missing)} {_is(missing)} missing."
        if level.join.in_channels != width:
            return f"After adding there are {width} channels, and your join reads {level.join.in_channels}."
        out = level(h)
        if not isinstance(out, torch.Tensor) or out.shape != h.shape:
            return "The output should have the shape of the input, whatever that is."
        if hint := _sum_hint(level, h, out):
            return hint
    return None


def _is(names):
    return "are" if len(names) > 1 else "is"


def _sum_hint(level, h, out):
    """The hint for what a level of the reader's makes of h, by the parts that it has itself."""
    with torch.no_grad():
        new = level.up(level.deeper(level.down(torch.nn.functional.max_pool2d(h, 2).relu())).relu())
        known = [
            ((h + new).relu(), None), (new.relu(), "There is no skip in it: h never comes back."),
            (h + new, "The ReLU before the join is missing."), (h.relu() + new.relu(), "Add first, and take the ReLU of the sum."),
            (h - new, "It subtracts."), (h.relu(), "The branch is not in it."),
            ((2 * new).relu(), "It adds the branch to itself: where is h?"),
        ]
        found = [hint for given, hint in known if torch.allclose(out, level.join(given), atol=1e-5)]
    return found[0] if found else "With its own parts, that is not join(relu(h + up(relu(deeper(down(relu(pooled h)))))))."


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
