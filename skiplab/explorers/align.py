"""Halve a picture's side three times and double it again: see what pooling drops, and where a pad on the wrong side puts the rest."""

import itertools

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
LEVEL = (0, 1, 2, 3, 2, 1, 0)  # after each step
STEPS = len(LEVEL) - 1
_LEFT, _RIGHT = ([(x + turn * i, 5.9 - 1.85 * i) for i in range(LEVELS)] for x, turn in ((0.3, 0.6), (8.1, -0.6)))
_U = [*_LEFT, (4.2, 0.4), *reversed(_RIGHT)]  # left and foot of each state's box
_DISC = np.linspace(0, 2 * np.pi, 73)


def _u():
    """A box for each state, with its side, and arrows between them; the one that is seen has a thick edge."""
    sides = [*(f"{{n{i}:d}}" for i in range(LEVELS + 1)), *(f"{{back{i}:d}}{{gap{i}:|+1}}" for i in reversed(range(LEVELS)))]
    for (x, y), side in zip(_U, sides, strict=True):
        yield box(x, y, w=1.6, h=1.1, fill="soft", color="muted", width=1.5, text=side)
    for (x0, y0), (x1, y1) in itertools.pairwise(_U):
        foot, top = (y0, y1 + 1.1) if y1 < y0 else (y0 + 1.1, y1)
        yield arrow([x0 + 0.8, foot], [x1 + 0.8, top], "muted", width=1.5)
    for i, (_, y) in enumerate(_LEFT):
        for name, colour, when in (("fits", "ink", f"@fits{i}"), ("1 px short", LOOK["missed"].color, f"@gap{i}")):
            yield text(5, y + 0.55, name, color=colour, when=when)
    yield box("@here_x", "@here_y", w=1.6, h=1.1, color=LOOK["here"].color, width=5)


def _state():
    """The pixels of the state that is seen, each as large as the square that it stands for; what was lost lies bare behind them."""
    place = {"x": [0, "@span"], "y": ["@floor", 1], "gap": 1}
    yield box(0, 0, w=1, h=1, fill=LOOK["missed"].color)
    yield cells("@codes", SIDE, **place, colors=["soft", "pale", "pale", "soft"], levels=4, range=[0, 4], when="@new")
    for step, level in enumerate(LEVEL[1:-1], 1):
        yield cells(f"@state{step}", SIDE >> level, **place, colors=["soft", "pale"], range=[0, 1], when=f"@at{step}")
    yield cells("@codes", SIDE, **place, **ERRORS, when="@ended")
    for x, y, w, h in (("@pad_x", "@foot", "@pad", "@whole"), (0, "@pad_y", "@whole", "@pad")):
        yield box(x, y, w=w, h=h, fill=LOOK["added"].color, alpha=0.55, color="ink", width=2, when="@padded")
    yield line(list(0.5 + RADIUS * np.sin(_DISC)), list(0.5 + RADIUS * np.cos(_DISC)), "ink", width=3, halo="paper")
    yield arrow([0.5, 0.5], ["@to_x", "@to_y"], LOOK["cut"].color, width=6, when="@off")
    said = ("{side:d} px", "ink", "@new"), ("{lost:d} px lost", LOOK["missed"].color, "@down"), ("moved {moved:d} px", "ink", "@up")
    for words, colour, when in said:
        yield text(0, 1.08, words, color=colour, size=2, align="left", bold=True, when=when)
    yield from (mark | {"when": "@ended"} for mark in key(left=0, y=-0.06, em=1 / 13.5))


_POOLED = {"by": "gap", "of": ["Every pixel is pooled", "Pooling drops a row and a column"]}
_RULED = "{rule_no:Put back where they were lost|Put back on the wrong side}"
_RISEN = {"by": "gap", "of": ["Nothing to put back here", _RULED]}
_BACK = {"by": "off", "of": ["In its place again: IoU {iou:.2f}", "{moved:d} px off its place: IoU {iou:.2f}"]}
_TITLE = {"by": "passed", "of": ["A disc, {side:d} px wide and high", *3 * [_POOLED], *2 * [_RISEN], _BACK]}
_IOU = {"by": "ended", "of": ["IoU: first come up again", {"by": "same", "of": ["IoU {iou:.2f}, other side {other:.2f}",
                                                                              "IoU {iou:.2f} on either side"]}]}  # fmt: skip
_SCORES = [
    *(line("@sides", f"@{rule}_line", **LOOK[word].line, width=f"@{rule}_width", label=word, when="@ended")
      for rule, word in RULES.items()),
    points(["@side"], ["@iou"], **LOOK["here"].points, size=11, when="@ended"),
]  # fmt: skip


class AlignExplorer(TableExplorer):
    """A disc goes down three levels and comes up again, with nothing learned and no skip: only the padding decides where it lands."""

    dials = (
        Slider("side", "Side, px", 45, LEAST, SIDE, 1),
        Choice("rule", "Pad", RULES),
        Slider("passed", "Steps passed", 0, 0, STEPS, 1, at=(1, "node_x", "node_y")),
    )
    tips = (
        ("Three halvings divide 48 px: what is lost?", {"side": 48, "passed": 3}),
        ("Every level is odd: how much of 63 px is lost?", {"side": 63, "passed": 3}),
        ("63 px, padded above and left: where does the disc land?", {"side": 63, "rule": "start", "passed": STEPS}),
        ("The same, padded where pooling dropped?", {"side": 63, "passed": STEPS}),
    )
    play = "passed"
    sentence = [
        "{side:d} px go down as {n0:d}, {n1:d}, {n2:d}, {n3:d}. After {passed:d} of 6 steps pooling has dropped {lost:d} px",
        {"by": "up", "of": ["", ", and padded {rule_no:below and right|above and left} the disc has moved {moved:d} px"]},
        {"by": "ended", "of": [".", ": IoU {iou:.2f}; padded on the other side, {other:.2f}."]},
    ]  # fmt: skip
    scene = picture(
        470,
        panel([0, 0, 0.53, 1], _TITLE, _state(), axes=False, equal=True, stage=[0, 0, 0.48, 1], x=axis([0, 1]), y=axis([-0.1, 1.16])),
        panel([0.55, 0, 1, 0.54], "Side in px; click a state", _u(), axes=False, stage=[0.5, 0, 1, 1],
              x=axis([0, 10]), y=axis([0.2, 7.2])),
        panel(
            [0.55, 0.54, 1, 1], _IOU, _SCORES, grid=True, legend="bottom right",
            x=axis([LEAST - 1, SIDE + 1], "side of the picture, px"), y=axis([0, 1], "IoU"),
        ),
    )  # fmt: skip

    @classmethod
    def table(cls):
        """Every side, padded by both rules, after every step."""
        sides = np.arange(LEAST, SIDE + 1)
        states = [[there_and_back(side, rule) for rule in RULES] for side in sides]
        drawn = [np.stack([[both[rule][step] for rule in range(2)] for both in states]) for step in range(STEPS)]  # (sides, rules, N N)
        codes = drawn[-1]
        iou = (codes == 1).sum(2) / np.isin(codes, (1, 2, 3)).sum(2)
        grids = along({"codes": codes, "iou": iou, "other": iou[:, ::-1]}, side=sides, rule=RULES) | along(_sizes(sides), side=sides)
        grids |= along({f"state{step}": array[:, 0] for step, array in enumerate(drawn[:3], 1)}, side=sides)
        grids |= along({f"state{step}": array for step, array in enumerate(drawn[3:5], 4)}, side=sides, rule=RULES)
        grids |= along({f"{rule}_width": [3.5 if rule == chosen else 1.5 for chosen in RULES] for rule in RULES}, rule=RULES)
        grids |= {"sides": sides, "end_line": iou[:, 0], "start_line": iou[:, 1]}
        return Table(cls.dials, grids | _steps() | along(_padding(sides), side=sides, rule=RULES, passed=range(STEPS + 1)))


def there_and_back(side, rule):
    """A disc after each step down and up, NaN beyond the picture: shares of pixels, the last one in codes, each (N * N,).

    A code is 0 outside, 1 in both discs, 2 missed, 3 added.
    """
    import torch
    from torch.nn import functional as F

    from skiplab.nets.unet import align

    row = torch.arange(float(side)) - (side - 1) / 2
    true = (row[:, None] ** 2 + row**2).sqrt() < RADIUS * side
    states = [true[None, None].float()]
    for _ in range(LEVELS):
        states.append(F.avg_pool2d(states[-1], 2))
    for level in reversed(range(LEVELS)):
        h, size = states[-1].repeat_interleave(2, -1).repeat_interleave(2, -2), states[level].shape[-2:]
        states.append(align(h, size) if rule == "end" else align(h.flip(-1, -2), size).flip(-1, -2))
    back = states.pop() > 0.5
    states.append(torch.where(true, torch.where(back, 1.0, 2.0), torch.where(back, 3.0, 0.0)))
    whole = [SIDE >> level for level in LEVEL[1:]]
    return [F.pad(h[0, 0], 2 * (0, n - h.shape[-1]), value=torch.nan).flatten().numpy() for h, n in zip(states[1:], whole, strict=True)]


def _sizes(sides):
    """Of each side: the sides on the way down, n0 to n3; of what comes back, back0 to back2; and how many pixels are missing."""
    down = [sides >> i for i in range(LEVELS + 1)]
    gaps = [down[i] - 2 * down[i + 1] for i in range(LEVELS)]
    sizes = {f"n{i}": side for i, side in enumerate(down)} | {f"back{i}": 2 * down[i + 1] for i in range(LEVELS)}
    sizes |= {f"gap{i}": gap for i, gap in enumerate(gaps)} | {f"fits{i}": 1 - gap for i, gap in enumerate(gaps)}
    return sizes | {"span": SIDE / sides, "floor": 1 - SIDE / sides, "same": sum(gaps) == 0}


def _steps():
    """What each step is: on the way down or up, where its box stands, and the middle of every box."""
    passed = np.arange(STEPS + 1)
    steps = {f"at{step}": passed == step for step in range(1, STEPS)} | {"new": passed == 0, "ended": passed == STEPS}
    steps |= {"down": (passed > 0) & (passed <= LEVELS), "up": passed > LEVELS}
    x, y = np.transpose(_U)
    return along({**steps, "here_x": x, "here_y": y}, passed=passed) | {"node_x": x + 0.8, "node_y": y + 0.55}


def _padding(sides):
    """What is lost and how far the disc has moved, in px, and where a padded row and column stand: (sides, rules, steps)."""
    n, start = sides[:, None, None], np.arange(2)[:, None]
    level, rising = np.array(LEVEL), np.arange(STEPS + 1) > LEVELS
    size, before = n >> level, n >> np.maximum(level - 1, 0)  # px of the state, and of the one above it
    lost, gap = n % 2**level + 0 * start, np.where(rising, size % 2, before % 2) * (level + rising > 0) + 0 * start
    moved = rising * start * (n % 2**LEVELS - lost)
    pad, whole = 2**level / n + 0 * start, size * 2**level / n + 0 * start  # shares of the side
    return {
        "lost": lost, "moved": moved, "off": moved > 0, "gap": gap, "padded": gap * rising,
        "pad": pad, "whole": whole, "foot": 1 - whole,
        "pad_x": (1 - start) * (whole - pad), "pad_y": np.where(start, 1 - pad, 1 - whole),
        "to_x": 0.5 + moved / n, "to_y": 0.5 - moved / n,
    }  # fmt: skip
