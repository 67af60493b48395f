"""Halve a picture's side three times and double it again: see where it comes back short, and what a pad on the wrong side does."""

import numpy as np

from skiplab.explore.dials import Choice, Slider
from skiplab.explore.table import Table, along
from skiplab.explore.table_explorer import TableExplorer
from skiplab.explorers.unet import ERRORS, SIDE, key
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import arrow, axis, box, cells, line, panel, picture, points, text

LEAST, LEVELS = 17, 3
RADIUS = 0.36  # of the disc, as a share of the side
RULES = {"end": "below and right", "start": "above and left"}
COARSE = 2**LEVELS  # px of the picture in one of the smallest state
_GAPS = ["every level fits", *(f"{which} back a pixel short" for which in ("one level comes", "two levels come", "all three levels come"))]


def _boxes(down, up, bottom):
    """A box for each state on the way down and up, finest first, with what is written in it, and the arrows from box to box."""
    look = {"w": 1.6, "h": 1, "fill": "soft", "color": "ink", "width": 1.5}
    for i, texts in enumerate(zip(down, up, strict=True)):
        (left, right), y = _across(i), 6.2 - 1.9 * i
        for x, name in zip((left - 1.6, right), texts, strict=True):
            yield box(x, y, text=name, **look)
        yield arrow([left - 0.4, y], [left, y - 0.9], "ink", width=1.5)
        yield arrow([right, y - 0.9], [right + 0.4, y], "ink", width=1.5)
    yield box(4.2, 0.5, text=bottom, **look)


def _across(level):
    """From where to where the long skip of a level goes, in x; it starts at the height 6.55 - 1.9 level."""
    return 1.9 + 1.1 * level, 8.1 - 1.1 * level


def _u():
    yield from _boxes([f"{{n{i}:d}}" for i in range(LEVELS)], [f"{{back{i}:d}}{{gap{i}:|+1}}" for i in range(LEVELS)], "{n3:d}")
    for i in range(LEVELS):
        (left, right), y = _across(i), 6.55 - 1.9 * i
        for name, colour, when in (("fits", "ink", f"@fits{i}"), ("1 px short", LOOK["missed"].color, f"@gap{i}")):
            yield arrow([left, y], [right, y], colour, width=3, when=when)
            yield text(5, y + 0.95, name, color=colour, when=when)


def _disc():
    """What comes back, as wide as the panel whatever its side, in the squares of the smallest state."""
    yield cells("@codes", SIDE, x=[0, "@span"], y=["@floor", 1], **ERRORS)
    yield line("@grid_x", "@grid_y", "paper", width=1)
    yield from key(left=0, y=-0.08, em=1 / 13.3)


_WHERE = {"by": "shift", "of": ["In place, in squares of 8 px", *(f"Shifted {by} px right and down" for by in range(1, COARSE))]}
_IOU = {"by": "same", "of": ["IoU {iou:.2f}, other side {other:.2f}", "IoU {iou:.2f} on either side"]}
_SIDES = [
    *(line("@sides", f"@{rule}_line", **LOOK[word].line, width=f"@{rule}_width", label=word) for rule, word in RULES.items()),
    points(["@side"], ["@iou"], **LOOK["here"].points, size=11),
]  # fmt: skip


class AlignExplorer(TableExplorer):
    """A disc goes down three levels and comes up again, with nothing learned and no skip: only the padding decides where it lands."""

    dials = (
        Slider("side", "Side, px", 45, LEAST, SIDE, 1),
        Choice("rule", "Pad", RULES),
    )
    tips = (
        ("Three halvings divide 48 px: nothing to pad, and the disc comes back as squares of 8 px.", {"side": 48}),
        ("Every level is odd: 63 px.", {"side": 63, "rule": "start"}),
        ("The same, padded where pooling dropped.", {"side": 63}),
    )
    sentence = [
        "{side:d} px go down as {n0:d}, {n1:d}, {n2:d}, {n3:d}: ", {"by": "gaps", "of": _GAPS},
        ". Padded {rule_no:below and right|above and left}, the disc comes back with IoU {iou:.2f}; padded on the other side, {other:.2f}.",
    ]  # fmt: skip
    scene = picture(
        400,
        panel([0, 0, 0.33, 1], "Sides in px, down and up", _u(), axes=False, stage=[0.56, 0, 1, 1], x=axis([0, 10]), y=axis([0.2, 7.8])),
        panel([0.33, 0, 0.67, 1], _WHERE, _disc(), axes=False, equal=True, stage=[0, 0, 0.54, 1], x=axis([0, 1]), y=axis([-0.15, 1])),
        panel(
            [0.67, 0, 1, 1], _IOU, _SIDES, grid=True, legend="bottom right",
            x=axis([LEAST - 1, SIDE + 1], "side of the picture, px"), y=axis([0, 1], "IoU"),
        ),
    )  # fmt: skip

    @classmethod
    def table(cls):
        """Every side, padded by both rules."""
        sides = np.arange(LEAST, SIDE + 1)
        codes = np.stack([[there_and_back(side, rule) for rule in RULES] for side in sides])  # (sides, rules, 64, 64)
        iou = (codes == 1).sum((2, 3)) / np.isin(codes, (1, 2, 3)).sum((2, 3))
        both = {"codes": codes, "iou": iou, "other": iou[:, ::-1], **_squares(sides)}
        grids = along(both, side=sides, rule=RULES) | along(_sizes(sides), side=sides)
        grids |= along({f"{rule}_width": [3.5 if rule == chosen else 1.5 for chosen in RULES] for rule in RULES}, rule=RULES)
        grids |= {"sides": sides, "end_line": iou[:, 0], "start_line": iou[:, 1]}
        return Table(cls.dials, grids)


def there_and_back(side, rule):
    """A disc after three levels down and up: 0 outside, 1 in both discs, 2 missed, 3 added; NaN beyond the picture: (64, 64)."""
    import torch
    from torch.nn import functional as F

    from skiplab.nets.unet import align

    row = torch.arange(float(side)) - (side - 1) / 2
    true = (row[:, None] ** 2 + row**2).sqrt() < RADIUS * side
    sizes, h = [], true[None, None].float()
    for _ in range(LEVELS):
        sizes.append(h.shape[-2:])
        h = F.avg_pool2d(h, 2)
    for size in reversed(sizes):
        h = h.repeat_interleave(2, -1).repeat_interleave(2, -2)
        h = align(h, size) if rule == "end" else align(h.flip(-1, -2), size).flip(-1, -2)
    codes = torch.full((SIDE, SIDE), torch.nan)
    back = h[0, 0] > 0.5
    codes[:side, :side] = torch.where(true, torch.where(back, 1.0, 2.0), torch.where(back, 3.0, 0.0))
    return codes.numpy()


def _sizes(sides):
    """Of each side: the sides on the way down, n0 to n3; of what comes back, back0 to back2; and how many pixels are missing."""
    down = [sides >> i for i in range(LEVELS + 1)]
    gaps = [down[i] - 2 * down[i + 1] for i in range(LEVELS)]
    sizes = {f"n{i}": side for i, side in enumerate(down)} | {f"back{i}": 2 * down[i + 1] for i in range(LEVELS)}
    sizes |= {f"gap{i}": gap for i, gap in enumerate(gaps)} | {f"fits{i}": 1 - gap for i, gap in enumerate(gaps)}
    whole = {"span": SIDE / sides, "floor": 1 - SIDE / sides}
    return sizes | whole | {"gaps": sum(gaps), "same": sum(gaps) == 0}


def _squares(sides):
    """Where the squares of the smallest state come to lie, as one line with gaps in a picture of side 1; their shift in px."""
    shift = np.stack([0 * sides, sides % COARSE], -1)  # (sides, rules)
    count, most = sides // COARSE, SIDE // COARSE + 1  # squares in a row, and the most lines
    k = np.arange(most)
    at = np.where(k <= count[:, None], COARSE * k, np.nan)[:, None] + shift[..., None]  # (sides, rules, lines), px
    ends = np.stack([shift, shift + COARSE * count[:, None], np.nan * shift], -1)  # of each line, and the gap after it
    across, down = np.repeat(at, 3, -1), np.tile(ends, most)
    x, y = (np.concatenate(pair, -1) / sides[:, None, None] for pair in ((across, down), (down, across)))
    return {"shift": shift, "grid_x": x, "grid_y": 1 - y}
