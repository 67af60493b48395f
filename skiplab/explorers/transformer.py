"""Take the skips out of a Transformer, a little at a time, and watch its tokens grow alike until there is nothing left to look at."""

import numpy as np

from skiplab.base.grid import Grid
from skiplab.explore.dials import Choice, Ladder
from skiplab.explore.table import Table, along, spread
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import axis, band, box, line, panel, picture, points, text

DEPTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24)
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)
NORMS = ("pre", "post", "none")
SEEDS, TOKENS, WIDTH, BATCH = 8, 16, 32, 16
ALIKE, APART = -3, -0.5  # log10 of the residual: below the one the tokens count as all alike, above the other as apart
SPANS = (-2, -5, -11, -18)  # how low the spread's axis reaches: as little as holds the chosen line
BLUR = -15  # log10 of the spread, below which it is float64's round-off
LOST = -14  # log10 of the spread, and of a query's gradient, below which no digit is said: another processor has another one
ROUND_OFF = -16  # log10 of a query's gradient beside that of its block's values, below which it is float64's round-off
_BLOCK, _LAYER = list(range(DEPTHS[-1] + 1)), list(range(1, DEPTHS[-1] + 1))
_FREQUENCY = list(range(TOKENS // 2 + 1))

_NET = [
    "{depth:d} {many:block|blocks} {norm_no:in pre-LN|in post-LN|without norms}, skips of strength λ = {lam:.2f}; ",
    "{branches_no:attention and MLPs|attention only}, {init_no:torch's default init|Xavier init}. ",
]
_TOKENS = "{verdict:all alike|growing alike|still apart}"
_NAME = {"by": "name", "of": ["no skip", "λ = {lam:.2f}", "full skip"]}


def _end(y):
    """A dot on the last block, where titles read their numbers."""
    return points(["@depth"], [y], **LOOK["here"].points, size=11)


def _along(name, end):
    """The stack of the dials, thick, block by block, and thin behind it those with no skips and with full ones."""
    full = line(_BLOCK, f"@{name}_add", **LOOK["full skip"].line, width=1.8, label="full skip", when="@not_full")
    none = line(_BLOCK, f"@{name}_plain", **LOOK["no skip"].line, width=1.8, label="no skip", when="@some")
    return [full, none, *_chosen(_BLOCK, name, color="@colour", dash="@stroke", label=_NAME), _end(end)]


def _chosen(x, name, color, when=None, **look):
    """The median of 8 seeds, thick, with their range."""
    range = band(x, f"@{name}_low", f"@{name}_high", color, when=when)
    return [range, line(x, f"@{name}", color, width=4, when=when, **look)]


_QUERIES = ["Queries get {last_query:.2p} of the values' gradient", "Queries get no gradient: it is round-off"]
_BLURRED = [box(0, BLUR - 20, 30, 20, fill="muted", alpha=0.15), text("@inside", -16.9, "round-off", when="@blurred")]
_BLOCKS = axis([0, "@right"], "block (0 is the input)", whole=True)
_FREQUENCIES = axis([0, TOKENS // 2], "token frequency (0 is the mean)", whole=True)


class TransformerExplorer(TableExplorer):
    """A Transformer at its start: its tokens, the size of its stream, the gradients of its weights, and the filter of its first block."""

    dials = (
        Choice("norm", "Norm", {"pre": "pre-LN", "post": "post-LN", "none": "none"}),
        Ladder("lam", "Strength λ", 1.0, STRENGTHS),
        Ladder("depth", "Depth L", 12, DEPTHS),
        Choice("init", "Init", {"default": "torch default", "xavier": "Xavier"}),
        Choice("branches", "Branches", {"both": "attention + MLP", "attention": "attention only"}),
    )
    slow = ("init", "branches")
    tips = (
        ("No skips: after four blocks all tokens are the same.", {"lam": 0.0}),
        ("Half a skip: 24 blocks do what three did without.", {"lam": 0.5, "depth": 24}),
        ("Nine tenths of a skip: 24 blocks leave 0.041.", {"lam": 0.9, "depth": 24}),
        ("No skips and no norms: every gradient vanishes.", {"lam": 0.0, "norm": "none"}),
        ("Xavier, pre-LN: the stream grows, × 5.4 in 24 blocks.", {"init": "xavier", "depth": 24}),
        ("Post-LN cannot grow: a spread of 0.0012 is left.", {"init": "xavier", "norm": "post", "depth": 24}),
    )
    play = "depth"
    sentence = [
        _NET, "After {many:it|them} the tokens are ", _TOKENS, ": their spread ‖X − 1 x̄ᵀ‖ / ‖X‖ is ",
        {"by": "end_lost", "of": ["{end:.2p}", "zero to round-off"]}, ". ",
        "Relative to the gradient of the values in the last block, that of the values in the first is {first_value:.2p}, that of the "
        "queries in the last ", {"by": "query_lost", "of": ["{last_query:.2p}", "zero to round-off"]}, ".",
    ]  # fmt: skip
    scene = picture(
        620,
        panel(
            [0, 0, 0.5, 0.5], ["The tokens are ", _TOKENS], [*_BLURRED, *_along("residual", "@end")], grid=True, stage=[0, 0, 1, 1],
            legend="center right", x=_BLOCKS, y=axis(["@span", 0.4], "spread of the tokens", power=True),
        ),
        panel(
            [0.5, 0, 1, 0.5], "Size of the stream: × {size_end:.2p}", _along("size", "@size_end"), grid=True,
            legend="bottom left", x=_BLOCKS, y=axis(["@size_floor", "@size_top"], "size of a token", power=True),
        ),
        panel(
            [0, 0.5, 0.5, 1], {"by": "query_lost", "of": _QUERIES},
            [
                *_chosen(_LAYER, "value", **LOOK["values"].line, label="values"), _end(0),
                *_chosen(_LAYER, "query", **LOOK["queries"].line, label="queries"), _end("@last_query"),
            ],
            grid=True, legend="center right", x=axis([0, "@right"], "block", whole=True),
            y=axis(["@floor", 1], "gradient (last values: 1)", power=True),
        ),
        panel(
            [0.5, 0.5, 1, 1], "Attention: the mean × {pass_mean:.2f}, the rest × {pass_rest:.2f}",
            [
                line(_FREQUENCY, "@skip_gain", **LOOK["skip"].line, width=3, label="skip", when="@some"),
                *_chosen(_FREQUENCY, "sum_gain", **LOOK["both"].line, when="@some", label="both"),
                *_chosen(_FREQUENCY, "attention_gain", **LOOK["attention"].line, label="attention"),
            ],
            grid=True, legend="center right", x=_FREQUENCIES, y=axis([0, "@gain_top"], "gain of the first block"),
        ),
    )  # fmt: skip

    @classmethod
    def table(cls, **slow):
        """All norms, strengths and depths for one setting of the slow dials."""
        from skiplab.probe import transformer as tokens

        configs = [tokens.Config(norm, STRENGTHS, **slow) for norm in NORMS]
        streams = [tokens.stream(config, DEPTHS, SEEDS, WIDTH, TOKENS) for config in configs]
        depths, some, full = np.array(DEPTHS), np.array(STRENGTHS) > 0, np.array(STRENGTHS) == 1
        grids = along({"many": depths > 1, "right": 1.02 * depths, "inside": 0.7 * depths}, depth=DEPTHS)
        grids |= along({"some": some, "not_full": ~full, "name": 1 * some + full}, lam=STRENGTHS)
        grids |= _filters(_grids([_first_blocks(config) for config in configs], frequency=_FREQUENCY))
        grids |= _curves(_grids([{"size": s.norm, "residual": s.residual} for s in streams], block=_BLOCK))
        grids |= _gradients(**_grids([{"value": s.value, "query": s.query} for s in streams], depth=DEPTHS, layer=_LAYER))
        looks = [LOOK[{0: "no skip", 1: "full skip"}.get(lam, "part of a skip")] for lam in STRENGTHS]
        texts = {"colour": [look.color for look in looks], "stroke": [look.dash for look in looks]}
        return Table(cls.dials, grids, {name: ("lam", row) for name, row in texts.items()})


def _first_blocks(config):
    """The filters of the first block on white tokens: name -> (S, P, T // 2 + 1)."""
    from skiplab.probe import transformer as tokens

    filters = []
    for (block,), x in tokens.stacks(config, 1, SEEDS, WIDTH, BATCH * TOKENS):
        white = x.view(BATCH, 1, TOKENS, WIDTH).expand(-1, len(STRENGTHS), -1, -1)
        filters.append(tokens.filters([block], white))
    return {name: np.stack([each[name][0] for each in filters]) for name in filters[0]}


def _grids(measured, **axes):
    """What was measured with each norm, a dict of arrays (S, P, ...), as one Grid a name."""
    axes = {"norm": NORMS, "seeds": range(SEEDS), "lam": STRENGTHS, **axes}
    return {name: Grid(np.stack([each[name] for each in measured]), **axes) for name in measured[0]}


def _filters(gains):
    """The gains of the first block."""
    attention = gains["attention"].median("seeds")
    grids = {"pass_mean": attention.at(frequency=0), "skip_gain": gains["skip"].at(seeds=0)}
    grids |= along({"pass_rest": attention.array[..., 1:].mean(-1)}, norm=NORMS, lam=STRENGTHS)
    grids["gain_top"] = np.maximum(1.3, 1.05 * gains["sum"].high("seeds").high("frequency"))
    return grids | spread("attention_gain", gains["attention"]) | spread("sum_gain", gains["sum"])


def _curves(curves):
    """What happens to the tokens, block by block, and where it ends."""
    grids, size = {}, curves["size"]
    for name, grid in curves.items():
        grids |= spread(name, grid)
        grids |= {f"{name}_{merge}": grids[name].at(lam=lam) for merge, lam in (("plain", 0.0), ("add", 1.0))}
    least = _at_the_end(np.minimum.accumulate(grids["residual_low"], -1))
    end, span = _at_the_end(grids["residual"]), Grid(np.array(SPANS)[np.digitize(least, SPANS[:-1])], **least.axes)
    grids |= {"end": end, "size_end": _at_the_end(grids["size"]), "end_lost": end < LOST, "span": span, "blurred": span < BLUR}
    grids["size_top"] = np.ceil(np.maximum(1, size.high("seeds").high("block"))) + 1
    grids["size_floor"] = np.floor(np.minimum(-1, size.low("seeds").low("block"))) - 1
    return grids | {"verdict": Grid(np.digitize(end, [ALIKE, APART]), **end.axes)}


def _at_the_end(grid):
    """What stands at the last block of each depth."""
    return grid.at(block=DEPTHS).rename("block", "depth")


def _gradients(value, query):
    """The gradients of values and queries, their ends, and how low the axis reaches."""
    query = np.maximum(query, value + ROUND_OFF)
    middle = query.median("seeds")
    last = np.stack([middle.at(depth=depth, layer=depth) for depth in DEPTHS], -1)  # (norms, P, N)
    floor = np.minimum(*(np.nanmin(grid.array, (1, -1)) for grid in (query, value)))
    ends = along({"last_query": last, "query_lost": last < LOST, "floor": np.floor(floor.clip(max=-1)) - 1},
                 norm=NORMS, lam=STRENGTHS, depth=DEPTHS)  # fmt: skip
    return ends | {"first_value": value.median("seeds").at(layer=1)} | spread("value", value) | spread("query", query)
