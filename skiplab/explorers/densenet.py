"""Let each layer read all earlier ones: see what that costs in parameters and memory, what it buys, and which of them are really read."""

import numpy as np

from skiplab.explore.dials import Choice, Ladder
from skiplab.explore.table import Table
from skiplab.explore.table_explorer import TableExplorer
from skiplab.explorers import densenet_table
from skiplab.explorers.densenet_table import GROWTHS, LAYERS, MERGES, RANGES, SIDE, THETAS

COLOUR = {"concat": "concat", "add": "add", "none": "plain"}
DASH = {"concat": None, "add": "dash", "none": "dot"}
_COUNTED = ("parameters", "stored", "new", "error", "least", "most", "here_x", "here_y")
_PICKS = {
    name: f"{{merge}}_{name}"
    for name in (
        *_COUNTED,
        *(f"reads_{n}" for n in range(1, 2 * SIDE + 1)),
        "dense",
        "added",
        "wired",
        "wiring",
        "colour",
        "bare",
    )
}
_PICKS |= {name: f"{{shows}}_{name}" for name in ("into_width", "next_width", "map_1", "map_2", "scale", "shade_low", "shade_high",
                                               "least_1", "most_1", "least_2", "most_2")}
_PICKS |= {"asked": "{merge}_{shows}_asked"}

_NET = {
    "by": "merge_no",
    "of": [
        "Concat: two blocks of {layers:d} {many:layer|layers}, growth rate {growth:d}, {theta_no:half|all} of the channels handed on",
        "Add: two blocks of {layers:d} {many:layer|layers}, each {width:d} channels wide",
        "No skip: two blocks of {layers:d} {many:layer|layers}, each {width:d} channels wide",
    ],
}
_WHY = {
    "by": "merge_no",
    "of": ["", "A layer reads the sum of all before it.", "A layer reads the one before it alone."],
}
_WIRED = {"by": "merge_no", "of": ["", "one matrix for all sources", "one source"]}
_TITLE = {
    "by": "asked",
    "of": [
        {"by": "merge_no", "of": ["", "Each layer reads the sum of all earlier ones", "Each layer reads the one before it"]},
        "Each layer reads all earlier ones, about evenly: weights {weights_least:.1f} to {weights_most:.1f} (1 is even)",
        "Cut one of the {total:d} connections: {cut_idle:d} of them cost less than 0.05 nats",
    ],
}
_KEY = {"by": "asked", "of": ["rows read columns", "rows read columns, 1 is even", "rows read columns, nats"]}
_READ = {
    "by": "asked",
    "of": [
        [" ", _WHY],
        " Trained, the head reads its newest layer {ratio:.1f} times as strongly as what came into its block.",
        " Without its newest layer the head's loss grows by {newest:.2f} nats; without what came into its block, by {oldest:.2f}.",
    ],
}
_ARCS = [
    {"kind": "line", "x": "@span", "y": "@flat", "color": "muted", "width": 1.2},
    {"kind": "arcs", "y": 0, "from": "@into_from", "to": "@into_to", "lift": "@into_lift", "widths": "@into_width", "color": "concat",
     "head": False, "when": "@dense"},
    {"kind": "arcs", "y": 0, "from": "@next_from", "to": "@next_to", "lift": "@next_lift", "widths": "@next_width", "color": "ink",
     "head": False, "when": "@dense"},
    {"kind": "arcs", "y": 0, "from": "@round_from", "to": "@round_to", "lift": "@round_lift", "widths": "@round_width", "color": "add",
     "head": False, "when": "@added"},
    {"kind": "text", "x": "@middle", "y": 3.45, "text": "into layers", "color": "concat", "when": "@dense"},
    {"kind": "text", "x": "@middle_2", "y": 3.45, "text": "into what follows", "when": "@dense"},
    {"kind": "text", "x": "@transition_at", "y": 1.5, "text": "nothing goes round a layer", "color": "muted", "when": "@bare"},
    {"kind": "points", "x": "@ends", "y": "@ends_y", "marker": "square", "size": 19, "color": "muted"},
    {"kind": "points", "x": "@nodes", "y": "@nodes_y", "marker": "circle", "size": 19, "color": "@colour"},
    {"kind": "text", "x": "@stem_at", "y": -0.62, "text": "stem"},
    {"kind": "text", "x": "@transition_at", "y": -0.62, "text": "transition"},
    {"kind": "text", "x": "@head_at", "y": -0.62, "text": "head"},
    {"kind": "text", "x": "@stem_at", "y": -1.15, "text": "c =", "color": "muted"},
    *[{"kind": "text", "x": f"@at_{n}", "y": -1.15, "text": f"{{reads_{n}:d}}", "color": "muted", "when": f"@has_{n}"}
      for n in range(1, 2 * SIDE + 1)],
]  # fmt: skip


def _map(number):
    """The marks of the matrix of one block: rows read columns; under it what its shades mean."""
    numbers = [{"kind": "text", "text": str(n), "color": "muted", "when": f"@is_{n}"} for n in range(1, SIDE)]
    rows = [{**mark, "x": "@label_x", "y": 0.5 - n, "align": "right"} for n, mark in enumerate(numbers, 1)]
    columns = [{**mark, "x": n + 0.5, "y": "@label_y"} for n, mark in enumerate(numbers, 1)]
    shades = {"kind": "cells", "columns": SIDE, "colors": ["soft", "concat"], "range": ["@shade_low", "@shade_high"], "when": "@dense"}
    ends = {"kind": "text", "y": "@scale_at", "color": "muted", "when": "@dense"}
    wiring = {"kind": "cells", "columns": SIDE, "colors": ["soft", "@colour"], "range": [0, 4], "gap": 1, "when": "@wired"}
    follows = {"kind": "text", "text": "next", "color": "ink", "align": "right"}
    return [
        {**shades, "z": f"@map_{number}", "x": [0, SIDE], "y": [-SIDE, 0]},
        {**wiring, "z": "@wiring", "x": [0, SIDE], "y": [-SIDE, 0]},
        {**shades, "z": "@scale", "x": ["@scale_x0", "@scale_x1"], "y": ["@scale_y0", "@scale_y1"]},
        *rows, *columns, {**follows, "x": "@label_x", "y": "@last_y"},
        {"kind": "text", "x": 0.5, "y": "@label_y", "text": "in", "color": "muted"},
        {**ends, "x": "@scale_x0", "text": "{shade_low:.1f} ", "align": "right"},
        {**ends, "x": "@scale_x1", "text": " {asked:||≥ }{shade_high:.1f}", "align": "left"},
        {"kind": "text", "x": "@middle", "y": "@key_at", "text": _KEY, "color": "muted"},
    ]  # fmt: skip


def _cloud(merge):
    """All nets of one merge, as dots."""
    return {"kind": "points", "x": f"@{merge}_all_x", "y": f"@{merge}_all_y", "marker": "circle", "size": 6, "color": "muted"}


def _curve(merge):
    """Errors of one merge at the chosen number of layers, for all growth rates: the chosen one thick, with its range."""
    look = {"x": f"@{merge}_x", "color": COLOUR[merge]}
    return [
        {"kind": "band", **look, "low": f"@{merge}_low", "high": f"@{merge}_high", "when": f"@{merge}_chosen"},
        {"kind": "line", **look, "y": f"@{merge}_y", "width": f"@{merge}_width", "dash": DASH[merge], "label": merge},
    ]


class DenseNetExplorer(TableExplorer):
    """Two blocks with a transition in between: its connections, exact counts, and what trained nets read (8 seeds on the digits)."""

    dials = (
        Choice("merge", "Merge", {merge: merge for merge in MERGES}),
        Ladder("layers", "L layers", 4, LAYERS),
        Ladder("growth", "k growth", 4, GROWTHS),
        Ladder("theta", "θ compression", 0.5, THETAS, only={"merge": ("concat",)}),
        Choice("shows", "Shading", {"weights": "weights", "cut": "loss if cut"}, only={"merge": ("concat",)}),
    )
    tips = (
        ("Six layers a block: count the arcs into the last one.", {"layers": 6}),
        ("Add instead: one arc round each layer, and a layer reads a sum.", {"merge": "add", "layers": 6}),
        ("Cut one connection after the other: which ones does the net need?", {"layers": 6, "growth": 2, "shows": "cut"}),
        ("The same with wide layers: hardly any single one.", {"layers": 6, "growth": 8, "shows": "cut"}),
        ("Deep and thin: concat does most with few channels.", {"layers": 6, "growth": 2}),
        ("One layer a block, plain: is depth needed here at all?", {"merge": "none", "layers": 1, "growth": 8}),
    )
    sentence = [
        _NET, ": {parameters:d} parameters, and {stored:d} numbers kept for the backward pass of each picture, {new:d} of them new. ",
        "After 100 steps {error:.1f} % of the test digits are labelled wrong (8 seeds: {least:.1f} % to {most:.1f} %).", _READ,
    ]  # fmt: skip
    scene = {
        "height": 640,
        "panels": [
            {
                "box": [0, 0, 1, 0.48], "axes": False, "marks": _ARCS, "x": {"range": ["@left", "@right"]}, "y": {"range": [-1.5, 3.7]},
                "title": _TITLE,
            },
            *[
                {"box": [0.29 * i, 0.48, 0.29 * (i + 1), 1], "axes": False, "marks": _map(i + 1), "equal": True,
                 "title": [f"Block {i + 1}: ", {"by": "asked", "of": [
                     _WIRED, f"weights {{least_{i + 1}:.1f}} to {{most_{i + 1}:.1f}}",
                     f"cut costs {{least_{i + 1}:.2f}} to {{most_{i + 1}:.2f}}"]}],
                 "x": {"range": ["@map_left", "@side"]}, "y": {"range": ["@map_bottom", "@map_top"]}}
                for i in (0, 1)
            ],
            {
                "box": [0.59, 0.48, 1, 1], "title": "{error:.1f} % wrong with {parameters:d} parameters", "grid": True,
                "legend": "bottom left",
                "marks": [*map(_cloud, MERGES), *[mark for merge in MERGES for mark in _curve(merge)],
                          {"kind": "points", "x": "@here_x", "y": "@here_y", "marker": "circle", "size": 13, "color": "@colour"}],
                "x": {"range": [200, 100_000], "log": True, "label": "parameters (lines: {layers:d} + {layers:d}, dots: all)"},
                "y": {"range": [0.3, 100], "log": True, "label": "test digits wrong, %"},
            },
        ],
    }  # fmt: skip

    @classmethod
    def table(cls):
        """Counts from the plan, errors and matrices from the shipped sweep."""
        arrays = densenet_table.layout() | densenet_table.counts() | densenet_table.matrices()
        for merge in MERGES:
            arrays |= densenet_table.errors(merge)
        only = {"dense": "concat", "added": "add", "bare": "none"}
        words = {f"{merge}_{name}": int(merge == of) for merge in MERGES for name, of in only.items()}
        for merge in MERGES:
            chosen = np.array(MERGES) == merge
            arrays |= {f"{merge}_chosen": (("merge",), chosen), f"{merge}_width": (("merge",), np.where(chosen, 4, 1.8))}
        words |= {f"{merge}_wired": int(merge != "concat") for merge in MERGES}
        for i, (shows, ends) in enumerate(RANGES.items(), 1):
            words |= {f"{merge}_{shows}_asked": i if merge == "concat" else 0 for merge in MERGES}
            words |= {f"{shows}_shade_{end}": value for end, value in zip(("low", "high"), ends, strict=True)}
        return Table(arrays, _PICKS, words | {f"{merge}_colour": COLOUR[merge] for merge in MERGES})
