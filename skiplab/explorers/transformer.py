"""Take the skips out of a Transformer, a little at a time, and watch its tokens grow alike until there is nothing left to look at."""

import numpy as np

from skiplab.explore.dials import Choice, Ladder
from skiplab.explore.table import Table
from skiplab.explore.table_explorer import TableExplorer
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

_NET = [
    "{depth:d} {many:block|blocks} {norm_no:in pre-LN|in post-LN|without norms}, skips of strength λ = {lam:.2f}; ",
    "{branches_no:attention and MLPs|attention only}, {init_no:torch's default init|Xavier init}. ",
]
_TOKENS = "{verdict:all alike|growing alike|still apart}"
_NAME = {"by": "name", "of": ["no skip", "λ = {lam:.2f}", "full skip"]}


def _end(y, colour):
    """A dot on the last block, where titles read their numbers."""
    return points(["@depth"], [y], colour, size=11)


def _along(name, end):
    """The stack of the dials, thick, block by block, and thin behind it those with no skips and with full ones."""
    full = line("@block", f"@{name}_add", "add", width=1.8, label="full skip", when="@not_full")
    none = line("@block", f"@{name}_plain", "plain", dash="dash", width=1.8, label="no skip", when="@some")
    return [full, none, *_chosen("@block", name, dash="@dash", label=_NAME), _end(end, "@colour")]


def _chosen(x, name, colour="@colour", when=None, **look):
    """The median of 8 seeds, thick, with their range."""
    range = band(x, f"@{name}_low", f"@{name}_high", colour, when=when)
    return [range, line(x, f"@{name}", colour, width=4, when=when, **look)]


_QUERIES = ["Queries get {last_query:.2p} of the values' gradient", "Queries get no gradient: it is round-off"]
_BLURRED = [box(0, BLUR - 20, 30, 20, fill="muted", alpha=0.15), text("@inside", -16.9, "round-off", when="@blurred")]
_BLOCKS = axis([0, "@right"], "block (0 is the input)", whole=True)
_FREQUENCIES = axis([0, TOKENS // 2], "token frequency (0 is the mean)", whole=True)


class TransformerExplorer(TableExplorer):
    """A Transformer at its start: its tokens, the size of its stream, the gradients of its weights, and the filter of its first block."""

    dials = (
        Choice("norm", "Norm", {"pre": "pre-LN", "post": "post-LN", "none": "none"}),
        Ladder("lam", "λ strength", 1.0, STRENGTHS),
        Ladder("depth", "L depth", 12, DEPTHS),
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
    sentence = [
        _NET, "After {many:it|them} the tokens are ", _TOKENS, ": their spread ‖X − 1 x̄ᵀ‖ / ‖X‖ is ",
        {"by": "end_lost", "of": ["{end:.2p}", "zero to round-off"]}, ". ",
        "Relative to the gradient of the values in the last block, that of the values in the first is {first_value:.2p}, that of the "
        "queries in the last ", {"by": "query_lost", "of": ["{last_query:.2p}", "zero to round-off"]}, ".",
    ]  # fmt: skip
    scene = picture(
        620,
        panel(
            [0, 0, 0.5, 0.5], ["The tokens are ", _TOKENS], [*_BLURRED, *_along("residual", "@end")], grid=True,
            legend="center right", x=_BLOCKS, y=axis(["@span", 0.4], "spread of the tokens", power=True),
        ),
        panel(
            [0.5, 0, 1, 0.5], "Size of the stream: × {size_end:.2p}", _along("size", "@size_end"), grid=True,
            legend="bottom left", x=_BLOCKS, y=axis(["@size_floor", "@size_top"], "size of a token", power=True),
        ),
        panel(
            [0, 0.5, 0.5, 1],
            {"by": "query_lost", "of": _QUERIES},
            [
                *_chosen("@layer", "value", "ink", label="values"), _end(0, "ink"),
                *_chosen("@layer", "query", "path", dash="dash", label="queries"), _end("@last_query", "path"),
            ],
            grid=True, legend="center right", x=axis([0, "@right"], "block", whole=True),
            y=axis(["@floor", 1], "gradient (last values: 1)", power=True),
        ),
        panel(
            [0.5, 0.5, 1, 1], "Attention: the mean × {pass_mean:.2f}, the rest × {pass_rest:.2f}",
            [
                line("@frequency", "@skip_gain", "add", dash="dot", width=3, label="skip", when="@some"),
                *_chosen("@frequency", "sum_gain", "ink", when="@some", label="both"),
                *_chosen("@frequency", "attention_gain", "concat", dash="dash", label="attention"),
            ],
            grid=True, legend="center right", x=_FREQUENCIES, y=axis([0, "@gain_top"], "gain of the first block"),
        ),
    )  # fmt: skip

    @classmethod
    def table(cls, **slow):
        """All norms, strengths and depths for one setting of the slow dials."""
        from skiplab.probe import transformer as tokens

        settings = [tokens.Config(norm, STRENGTHS, **slow) for norm in NORMS]
        streams = [tokens.stream(setting, DEPTHS, SEEDS, WIDTH, TOKENS) for setting in settings]
        arrays = {"block": ((), np.arange(DEPTHS[-1] + 1)), "layer": ((), np.arange(1, DEPTHS[-1] + 1)),
                  "frequency": ((), np.arange(TOKENS // 2 + 1)), "many": (("depth",), np.array(DEPTHS) > 1),
                  "right": (("depth",), 1.02 * np.array(DEPTHS)), "inside": (("depth",), 0.7 * np.array(DEPTHS))}  # fmt: skip
        some, full = np.array(STRENGTHS) > 0, np.array(STRENGTHS) == 1
        arrays |= {"some": (("lam",), some), "not_full": (("lam",), ~full), "name": (("lam",), 1 * some + full)}
        arrays |= _filters([_first_blocks(setting) for setting in settings])
        arrays |= _curves({name: np.stack([getattr(s, name) for s in streams]) for name in ("norm", "residual")})
        arrays |= _gradients(*(np.stack([getattr(s, name) for s in streams]) for name in ("value", "query")))
        looks = {f"colour_{lam:.2f}": "add" if lam else "plain" for lam in STRENGTHS}
        looks |= {f"dash_{lam:.2f}": None if lam else "dash" for lam in STRENGTHS}
        return Table(arrays, {"colour": "colour_{lam:.2f}", "dash": "dash_{lam:.2f}"}, looks)


def _first_blocks(setting):
    """The filters of the first block on white tokens: name -> (S, P, T // 2 + 1)."""
    from skiplab.probe import transformer as tokens

    found = []
    for (block,), x in tokens.stacks(setting, 1, SEEDS, WIDTH, BATCH * TOKENS):
        white = x.view(BATCH, 1, TOKENS, WIDTH).expand(-1, len(STRENGTHS), -1, -1)
        found.append(tokens.filters([block], white))
    return {name: np.stack([each[name][0] for each in found]) for name in found[0]}


def _spread(name, rows, dials):
    """Median and range over the seeds, the second axis of rows (norms, S, ...)."""
    return {name: (dials, np.median(rows, 1)), f"{name}_low": (dials, rows.min(1)), f"{name}_high": (dials, rows.max(1))}


def _filters(found):
    """The gains of the first block; `found` holds a dict a norm."""
    stacked = {name: np.stack([each[name] for each in found]) for name in found[0]}  # (norms, S, P, frequencies)
    attention = np.median(stacked["attention"], 1)
    passed = {"pass_mean": attention[..., 0], "pass_rest": attention[..., 1:].mean(-1)}
    arrays = {name: (("norm", "lam"), rows) for name, rows in passed.items()} | {"skip_gain": (("norm", "lam"), stacked["skip"][:, 0])}
    arrays["gain_top"] = (("norm", "lam"), np.maximum(1.3, 1.05 * stacked["sum"].max((1, -1))))
    return arrays | _spread("attention_gain", stacked["attention"], ("norm", "lam")) | _spread("sum_gain", stacked["sum"], ("norm", "lam"))


def _curves(found):
    """What happens to the tokens, block by block, and where it ends; the arrays of `found` are (norms, S, P, L + 1)."""
    arrays = {}
    for name, rows in (("residual", found["residual"]), ("size", found["norm"])):
        arrays |= _spread(name, rows, ("norm", "lam"))
        arrays |= {f"{name}_{merge}": (("norm",), np.median(rows, 1)[:, p]) for merge, p in (("plain", 0), ("add", -1))}
    along, least = ("norm", "lam", "depth"), np.minimum.accumulate(found["residual"].min(1), -1)[..., list(DEPTHS)]
    arrays |= {end: (along, np.median(found[name], 1)[..., list(DEPTHS)]) for end, name in (("end", "residual"), ("size_end", "norm"))}
    arrays["size_top"] = (("norm", "lam"), np.ceil(np.maximum(1, found["norm"].max((1, -1)))) + 1)
    arrays["size_floor"] = (("norm", "lam"), np.floor(np.minimum(-1, found["norm"].min((1, -1)))) - 1)
    arrays["span"] = (along, np.array(SPANS)[np.digitize(least, SPANS[:-1])])
    arrays["blurred"] = (along, arrays["span"][1] < BLUR)
    end = arrays["end"][1]
    return arrays | {"verdict": (along, np.where(end < ALIKE, 0, np.where(end < APART, 1, 2))), "end_lost": (along, end < LOST)}


def _gradients(value, query):
    """The gradients of values and queries, (norms, S, P, N, L) each, their ends, and how low the axis reaches."""
    along, last = ("norm", "lam", "depth"), np.array(DEPTHS) - 1
    query = np.maximum(query, value + ROUND_OFF)
    ends = {
        "first_value": np.median(value, 1)[..., 0],
        "last_query": np.take_along_axis(np.median(query, 1), last[None, None, :, None], -1)[..., 0],
        "floor": np.floor(np.minimum(np.nanmin(query, (1, -1)), np.nanmin(value, (1, -1))).clip(max=-1)) - 1,
    }
    ends["query_lost"] = ends["last_query"] < LOST
    return {name: (along, rows) for name, rows in ends.items()} | _spread("value", value, along) | _spread("query", query, along)
