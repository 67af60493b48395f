"""Take the skips out of a Transformer, a little at a time, and watch its tokens grow alike until there is nothing left to look at."""

import numpy as np

from skiplab.explore.dials import Choice, Ladder
from skiplab.explore.lookup import TableExplorer
from skiplab.explore.table import Table

DEPTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24)
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)
NORMS = ("pre", "post", "none")
SEEDS, TOKENS, WIDTH, BATCH = 8, 16, 32, 16
ALIKE, APART = -3, -0.5  # log10 of the residual: below the one the tokens count as all alike, above the other as apart
ROUND_OFF = -16  # log10 of a query's gradient beside that of its block's values, below which it is float64's round-off

_NET = [
    "{depth:d} {many:block|blocks} {norm_no:in pre-LN|in post-LN|without norms}, skips of strength λ = {lam:.2f}; ",
    "{branches_no:attention and MLPs|attention only}, {init_no:torch's default init|Xavier init}. ",
]
_QUERY = {"by": "query_lost", "of": ["{last_query:.2p}", "zero to round-off"]}
_TOKENS = "{verdict:all alike|growing alike|still apart}"


def _reference(name):
    """The same stack with no skips and with full ones, thin, behind the chosen one."""
    pairs = (("plain", "no skip", "dash"), ("add", "full skip", None))
    return [
        {"kind": "line", "x": "@block", "y": f"@{name}_{merge}", "color": merge, "dash": dash, "width": 1.8, "label": label}
        for merge, label, dash in pairs
    ]


def _chosen(x, name, colour="@colour", **look):
    """The median of 8 seeds, thick, with their range."""
    return [
        {"kind": "band", "x": x, "low": f"@{name}_low", "high": f"@{name}_high", "color": colour},
        {"kind": "line", "x": x, "y": f"@{name}", "color": colour, "width": 4, **look},
    ]


_BLOCKS = {"range": [0, "@depth"], "whole": True, "label": "block (0 is the input)"}
_FREQUENCIES = {"range": [0, TOKENS // 2], "whole": True, "label": "token frequency (0 is the mean)"}


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
        ("No skips: after five blocks all tokens are the same.", {"lam": 0.0}),
        ("Half a skip: it takes longer, and ends there too.", {"lam": 0.5, "depth": 24}),
        ("No skips: values still learn, queries get nothing.", {"lam": 0.0, "depth": 24}),
        ("No skips and no norms: every gradient vanishes.", {"lam": 0.0, "norm": "none"}),
        ("Xavier: the stream of pre-LN grows, post-LN's cannot.", {"init": "xavier", "depth": 24}),
        ("Post-LN wears the differences away at depth.", {"init": "xavier", "norm": "post", "depth": 24}),
    )
    sentence = [
        _NET, "After {many:it|them} the tokens are ", _TOKENS, ": ‖X − 1 x̄ᵀ‖ / ‖X‖ is {end:.2p}, their mean cosine {cosine:.2f}. ",
        "Relative to the gradient of the values in the last block, that of the values in the first is {first_value:.2p}, that of the "
        "queries in the last ", _QUERY, ". ",
        "In the first block attention lets {pass_mean:.2f} of the mean through and {pass_rest:.2f} of the rest; the skip {lam:.2f} of all.",
    ]  # fmt: skip
    scene = {
        "height": 620,
        "panels": [
            {
                "box": [0, 0, 0.5, 0.5], "title": ["The tokens are ", _TOKENS], "grid": True, "legend": "bottom left",
                "marks": [*_reference("residual"), *_chosen("@block", "residual")],
                "x": _BLOCKS, "y": {"range": [-24, 1], "label": "‖X − 1 x̄ᵀ‖ / ‖X‖", "power": True},
            },
            {
                "box": [0.5, 0, 1, 0.5], "title": "Size of the stream: × {size_end:.2p}", "grid": True, "legend": "bottom left",
                "marks": [*_reference("size"), *_chosen("@block", "size")],
                "x": _BLOCKS, "y": {"range": [-2, "@size_top"], "label": "size of a token", "power": True},
            },
            {
                "box": [0, 0.5, 0.5, 1], "title": ["Gradients: of the last queries ", _QUERY], "grid": True,
                "legend": "bottom left",
                "marks": [*_chosen("@layer", "value", label="values"), *_chosen("@layer", "query", "ink", dash="dash", label="queries")],
                "x": {**_BLOCKS, "label": "block"}, "y": {"range": ["@floor", 1], "label": "|gradient|", "power": True},
            },
            {
                "box": [0.5, 0.5, 1, 1], "title": "Attention: {pass_mean:.2f} of the mean, {pass_rest:.2f} of the rest", "grid": True,
                "legend": "center right",
                "marks": [
                    {"kind": "line", "x": "@frequency", "y": "@skip_gain", "color": "add", "dash": "dot", "width": 3, "label": "skip"},
                    *_chosen("@frequency", "sum_gain", "ink", label="both"),
                    *_chosen("@frequency", "attention_gain", "concat", dash="dash", label="attention"),
                ],
                "x": _FREQUENCIES, "y": {"range": [0, "@gain_top"], "label": "gain of the first block"},
            },
        ],
    }  # fmt: skip

    @classmethod
    def table(cls, **slow):
        """All norms, strengths and depths for one setting of the slow dials."""
        from skiplab import tokens

        settings = [tokens.Setting(norm, STRENGTHS, **slow) for norm in NORMS]
        streams = [tokens.stream(setting, DEPTHS, SEEDS, WIDTH, TOKENS) for setting in settings]
        arrays = {"block": ((), np.arange(DEPTHS[-1] + 1)), "layer": ((), np.arange(1, DEPTHS[-1] + 1)),
                  "frequency": ((), np.arange(TOKENS // 2 + 1)), "many": (("depth",), np.array(DEPTHS) > 1)}  # fmt: skip
        arrays |= _filters([_first_blocks(setting) for setting in settings])
        arrays |= _curves({name: np.stack([getattr(s, name) for s in streams]) for name in ("norm", "residual", "similarity")})
        arrays |= _gradients(*(np.stack([getattr(s, name) for s in streams]) for name in ("value", "query")))
        return Table(arrays, {"colour": "colour_{lam:.2f}"}, {f"colour_{lam:.2f}": "add" if lam else "plain" for lam in STRENGTHS})


def _first_blocks(setting):
    """The filters of the first block on white tokens: name -> (S, P, T // 2 + 1)."""
    from skiplab import tokens

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
    ends = {"end": "residual", "size_end": "norm", "cosine": "similarity"}
    arrays |= {end: (("norm", "lam", "depth"), np.median(found[name], 1)[..., list(DEPTHS)]) for end, name in ends.items()}
    arrays["size_top"] = (("norm", "lam"), np.ceil(np.maximum(1, found["norm"].max((1, -1)))) + 1)
    end = arrays["end"][1]
    return arrays | {"verdict": (("norm", "lam", "depth"), np.where(end < ALIKE, 0, np.where(end < APART, 1, 2)))}


def _gradients(value, query):
    """The gradients of values and queries, (norms, S, P, N, L) each, their ends, and how low the axis reaches."""
    along, last = ("norm", "lam", "depth"), np.array(DEPTHS) - 1
    query = np.maximum(query, value + ROUND_OFF)
    ends = {
        "first_value": np.median(value, 1)[..., 0],
        "last_query": np.take_along_axis(np.median(query, 1), last[None, None, :, None], -1)[..., 0],
        "floor": np.floor(1.3 * np.minimum(np.nanmin(query, (1, -1)), np.nanmin(value, (1, -1)))).clip(max=-2) - 1,  # room for the legend
    }
    ends["query_lost"] = ends["last_query"] <= ROUND_OFF
    return {name: (along, rows) for name, rows in ends.items()} | _spread("value", value, along) | _spread("query", query, along)
