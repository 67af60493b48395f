"""Take the skips out of a Transformer, and watch its tokens fall together, block by block, until there is nothing left to look at."""

import numpy as np

from skiplab import sweeps
from skiplab.base.grid import Grid
from skiplab.explore.dials import Choice, Ladder
from skiplab.explore.table import Table, along, so_far, spread
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.ends import spaced
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import axis, band, line, panel, picture, points, text

BLOCKS = (0, 1, 2, 3, 4, 5, 6, 8, 12, 16, 24)
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)
NORMS = {"pre": "pre-LN", "post": "post-LN", "none": "no norms"}  # and the arm of the sweep that was trained so
SEEDS, TOKENS, WIDTH = 8, 16, 32
ALIKE, APART = -3, -0.5  # log10 of the spread: below the one the tokens count as all alike, above the other as apart
LOWEST, TOP = -16, 1.5  # log10 of the spread: the lowest that is drawn, and where its axis ends
LOST = -14  # log10 of the spread, below which no digit is said: another processor has another one
RIGHT = sweeps.load("transformer")["right"]
LRS, STEPS = RIGHT.axes["lr"], RIGHT.axes["steps"]

_BLOCK, _STEP, _ROUND = list(range(BLOCKS[-1] + 1)), list(STEPS), np.linspace(0, 2 * np.pi, 73)
_VERDICT = "all alike|growing alike|still apart"
_TITLE = f"No skip: {{plain_verdict:{_VERDICT}}}. Full skip: {{full_verdict:{_VERDICT}}}"
_NAME = {"by": "name", "of": ["no skip", "λ = {lam:.2f}", "full skip"]}
_CIRCLES = {"plain": (1.7, "plain", "no skip"), "lam": (5.2, "@colour", _NAME), "full": (8.7, "add", "full skip")}  # centre, colour, word
_RADIUS = 1.4


def _number(name, digits=2):
    """A spread in words."""
    return {"by": f"{name}_lost", "of": [f"{{{name}_end:.{digits}p}}", "0"]}


def _circle(name, centre, color, word):
    """Sixteen tokens on a circle, and in it how far apart they are."""
    return [
        line(list(centre + _RADIUS * np.sin(_ROUND)), list(_RADIUS * np.cos(_ROUND)), "grid", width=3),
        text(centre, 0.3, _number(name, 1), color=color, size=2.2, bold=True), text(centre, -0.55, "spread", color="muted"),
        text(centre, _RADIUS + 0.36, word, color=color, size=1.3, bold=True),
        points(f"@{name}_x", f"@{name}_y", color, size=17),
    ]  # fmt: skip


def _spread():
    """The spread by block, as far as the dial has gone, each line labelled where it ends."""
    lines = [band(_BLOCK, f"@{name}_low", f"@{name}_high", color, when="@some" if name == "plain" else None)
             for name, (_, color, _) in _CIRCLES.items() if name != "full"]  # fmt: skip
    lines += [line(_BLOCK, f"@{name}", **LOOK[word].line, width=2, label=word)
              for name, word in (("full", "full skip"), ("plain", "no skip"))]  # fmt: skip
    lines.append(line(_BLOCK, "@lam_line", "@colour", width=4, dash="@stroke", label=_NAME))
    for name, (_, color, word) in _CIRCLES.items():
        when = "@between" if name == "lam" else None
        lines += [points(["@depth"], [f"@{name}_shown"], color, size=9, when=when),
                  text("@label_x", f"@{name}_label", word, color=color, align="left", bold=True, when=when)]  # fmt: skip
    return lines


def _trained():
    """What nets of 8 blocks get right, step by step, with full skips and with none."""
    marks = [line([0, STEPS[-1]], [1 / 8, 1 / 8], **LOOK["guessing"].line, width=1.2),
             text(STEPS[-1] + 8, "@guess_label", "guessing", color="muted", align="left")]  # fmt: skip
    for name, word in (("with", "full skip"), ("without", "no skip")):
        look = LOOK[word]
        marks += [band(_STEP, f"@{name}_low", f"@{name}_high", look.color, when="@begun"),
                  line(_STEP, f"@{name}", **look.line, width=3, when="@begun"),
                  text(STEPS[-1] + 8, f"@{name}_label", word, color=look.color, align="left", bold=True, when="@begun")]  # fmt: skip
    return marks


class TransformerExplorer(TableExplorer):
    """A Transformer before it is trained: where its tokens point, block by block, with no skips, with full ones and with those between."""

    dials = (
        Ladder("depth", "Blocks passed", 0, BLOCKS),
        Choice("norm", "Norm", {"pre": "pre-LN", "post": "post-LN", "none": "none"}),
        Ladder("lam", "Strength λ", 0.5, STRENGTHS),
        Ladder("lr", "Rate of training", 3e-3, LRS),
        Choice("init", "Init", {"default": "torch default", "xavier": "Xavier"}),
        Choice("branches", "Branches", {"both": "attention + MLP", "attention": "attention only"}),
    )
    slow = ("init", "branches")
    tips = (
        ("Five blocks without skips: what is left?", {"depth": 5}),
        ("Half a skip: is half enough for 24 blocks?", {"depth": 24}),
        ("Nine tenths of a skip?", {"lam": 0.9, "depth": 24}),
        ("Is it the MLPs that make the tokens alike?", {"depth": 5, "branches": "attention"}),
        ("No norms at all: what is left then?", {"norm": "none", "depth": 12}),
        ("Xavier and post-LN: are full skips enough?", {"init": "xavier", "norm": "post", "lam": 1.0, "depth": 24}),
        ("The same with pre-LN?", {"init": "xavier", "lam": 1.0, "depth": 24}),
        ("Post-LN, trained at 0.01: does it learn?", {"norm": "post", "lr": 1e-2, "depth": 8}),
    )
    play = "depth"
    sentence = [
        "{norm_no:Pre-LN|Post-LN|No norms}, {init_no:torch's default init|Xavier init}, {branches_no:attention and MLPs|attention only}, ",
        "not yet trained. After {depth:d} {many:blocks|block} the spread ‖X − 1 x̄ᵀ‖ / ‖X‖ of the 16 tokens is ",
        _number("plain"), " without skips ({plain_verdict:" + _VERDICT + "}), ",
        _number("lam"), " with λ = {lam:.2f} ({lam_verdict:" + _VERDICT + "}), ",
        _number("full"), " with full skips ({full_verdict:" + _VERDICT + "})",
        {"by": "begun", "of": [". ", ", where a token is {size:.2p} times as large as at the input. "]},
        {"by": "begun", "of": ["", [
            "Trained for 400 steps at the rate {lr:.1g}, 8 such blocks with full skips get {with_end:.2f} right; ",
            "without skips, in pre-LN, {without_end:.2f}.",
        ]]},
    ]  # fmt: skip
    scene = picture(
        600,
        panel(
            [0, 0, 1, 0.62],
            {"by": "begun", "of": ["16 tokens, as they come in", _TITLE]},
            [mark for name, rest in _CIRCLES.items() for mark in _circle(name, *rest)], axes=False, equal=True,
            stage=[0, 0, 1, 1], x=axis([0, 10.4]), y=axis([-1.7, 2.1]),
        ),
        panel(
            [0, 0.62, 0.56, 1], "Spread after {depth:d} {many:blocks|block}", _spread(), grid=True,
            x=axis([0, "@right"], "block (0 is the input)", whole=True), y=axis(["@span", TOP], "spread", power=True),
        ),
        panel(
            [0.56, 0.62, 1, 1], {"by": "begun", "of": ["Trained: first pass a block", "Trained at {lr:.1g}: {with_end:.2f} right"]},
            _trained(), grid=True, x=axis([0, 530], "training step", ticks=[0, 100, 200, 300, 400]), y=axis([0, 1.05], "share right"),
        ),
    )  # fmt: skip

    @classmethod
    def table(cls, **slow):
        """All norms, strengths and blocks for one setting of the slow dials."""
        from skiplab.probe import transformer as tokens

        streams = [tokens.stream(tokens.Config(norm, STRENGTHS, **slow), [BLOCKS[-1]], SEEDS, WIDTH, TOKENS) for norm in NORMS]
        axes = {"norm": tuple(NORMS), "seeds": range(SEEDS), "lam": STRENGTHS, "block": _BLOCK}
        residual, size = (Grid(np.stack([getattr(s, name) for s in streams]), **axes) for name in ("residual", "norm"))
        grids = along({"begun": np.array(BLOCKS) > 0, "many": np.array(BLOCKS) == 1}, depth=BLOCKS)
        grids |= along({"right": 1.35 * np.maximum(BLOCKS, 4), "label_x": BLOCKS + 0.03 * np.maximum(BLOCKS, 4)}, depth=BLOCKS)
        some, full = np.array(STRENGTHS) > 0, np.array(STRENGTHS) == 1
        grids |= along({"some": some, "between": some & ~full, "name": 1 * some + full}, lam=STRENGTHS)
        grids |= {"size": _at_the_end(size.median("seeds").at(lam=1.0))} | _curves(residual) | _training()
        grids |= _places(np.stack([s.flat[0] for s in streams]))
        looks = [LOOK[{0: "no skip", 1: "full skip"}.get(lam, "part of a skip")] for lam in STRENGTHS]
        texts = {"colour": [look.color for look in looks], "stroke": [look.dash for look in looks]}
        return Table(cls.dials, grids, {name: ("lam", row) for name, row in texts.items()})


def _at_the_end(grid):
    """What stands at each block that the dial may have."""
    return grid.at(block=BLOCKS).rename("block", "depth")


def _curves(residual):
    """The spread of the three nets, block by block as far as the dial has gone, where it ends, and where its labels stand."""
    grids = {}
    for name, strength in (("plain", 0.0), ("full", 1.0), ("lam", None)):
        own = residual if strength is None else residual.at(lam=strength)
        lines = {part: so_far(np.maximum(grid, LOWEST), "block", depth=BLOCKS) for part, grid in spread(name, own).items()}
        grids |= lines | ({"lam_line": lines["lam"]} if strength is None else {})
        end = _at_the_end(own.median("seeds"))
        grids |= {f"{name}_end": end, f"{name}_lost": end < LOST, f"{name}_shown": np.maximum(end, LOWEST)}
        grids[f"{name}_verdict"] = Grid(np.digitize(end, [ALIKE, APART]), **end.axes)
    del grids["lam"]  # that is the dial
    chosen = grids["lam_shown"]  # norm × lam × depth
    ends = np.stack([np.broadcast_to(np.expand_dims(grids[f"{name}_shown"].array, 1), chosen.array.shape) if name != "lam"
                     else chosen.array for name in _CIRCLES])  # fmt: skip
    span = np.floor(ends.min(0)) - 1.5
    height = TOP - span
    labels = span + height * spaced((ends - span) / height, 0.13, 0.1, 0.95)
    grids |= along({"span": span, **{f"{name}_label": row for name, row in zip(_CIRCLES, labels, strict=True)}}, **chosen.axes)
    return grids


def _places(flat):
    """Where the tokens of one network stand on their circles, from two of their numbers (norms, P, L + 1, T, 2), with their mean below."""
    angle, mean = (np.arctan2(plane[..., 1], plane[..., 0]) for plane in (flat, flat.mean(-2, keepdims=True)))
    turned = (angle - mean)[:, :, list(BLOCKS)]  # (norms, P, depths, T)
    grids = {}
    for name, (centre, _, _) in _CIRCLES.items():
        own = {"plain": turned[:, 0], "full": turned[:, -1]}.get(name, turned)
        axes = {"norm": tuple(NORMS), **({"lam": STRENGTHS} if name == "lam" else {}), "depth": BLOCKS}
        grids |= along({f"{name}_x": centre + _RADIUS * np.sin(own), f"{name}_y": -_RADIUS * np.cos(own)}, **axes)
    return grids


def _training():
    """What the shipped sweep measured of 8 blocks: by norm with full skips, in pre-LN without."""
    arms = RIGHT.rename("steps", "step")
    kept, gone = (arms.at(arm=[*NORMS.values()]).rename("arm", "norm", tuple(NORMS)), arms.at(arm="no skips"))
    grids = spread("with", kept) | spread("without", gone)
    ends = np.stack([grids["with"].array[..., -1], np.broadcast_to(grids["without"].array[..., -1], (len(NORMS), len(LRS)))])
    labels = spaced([*ends, np.full_like(ends[0], 1 / 8)], 0.13, 0.08, 1.0)
    names = {"with_end": ends[0], "without_end": ends[1], "with_label": labels[0], "without_label": labels[1], "guess_label": labels[2]}
    return grids | along(names, norm=tuple(NORMS), lr=LRS)
