"""Let each layer read all earlier ones: see what that costs in parameters and memory, what it buys, and which of them are really read."""

from skiplab.explore.dials import Choice, Ladder
from skiplab.explore.table import Table
from skiplab.explore.table_explorer import TableExplorer
from skiplab.explorers import densenet_table
from skiplab.explorers.densenet_table import GROWTHS, LAYERS, MERGES, MOST, SIDE, THETAS
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import arcs, axis, band, cells, line, panel, picture, points, text

_WIDE = "each {width:d} channels wide"
_NET = [
    "{merge_no:No skip|Add|Concat}: two blocks of {layers:d} {many:layer|layers}, ",
    {"by": "merge_no", "of": [_WIDE, _WIDE, "growth rate {growth:d}, {theta_no:half|all} of the channels handed on"]},
]
_TITLE = {"by": "asked", "of": [
    "{merge_no:Each layer reads the one before it|Each layer reads the sum of all earlier ones|}",
    "Each layer reads all earlier ones, about evenly: weights {least:.1f} to {most:.1f} (1 is even)",
    "Cut one of the {total:d} connections: {idle:d} of them cost less than 0.05 nats",
]}  # fmt: skip
_READ = {"by": "asked", "of": [
    " {merge_no:A layer reads the one before it alone.|A layer reads the sum of all before it.|}",
    " Trained, the head reads its newest layer {ratio:.1f} times as strongly as what came into its block.",
    " Without its newest layer the head's loss grows by {newest:.2f} nats; without what came into its block, by {oldest:.2f}.",
]}  # fmt: skip


def _bundle(name, when, **look):
    """Arcs on the line of the nodes."""
    ends = {"start": f"@{name}_from", "end": f"@{name}_to"}
    return arcs(**ends, y=0, lift=f"@{name}_lift", widths=f"@{name}_width", **look, head=False, when=when)


_ARCS = [
    line([0, "@head_at"], [0, 0], "muted", width=1.2),
    _bundle("into", "@concat_chosen", color=LOOK["concat"].color), _bundle("next", "@concat_chosen", **LOOK["what follows"].line),
    _bundle("round", "@add_chosen", color=LOOK["add"].color),
    text("@middle", 3.45, "into layers", color=LOOK["concat"].color, when="@concat_chosen"),
    text("@middle_2", 3.45, "into what follows", when="@concat_chosen"),
    text("@transition_at", 1.5, "nothing goes round a layer", color="muted", when="@none_chosen"),
    points([0, "@transition_at", "@head_at"], [0, 0, 0], **LOOK["station"].points, size=19),
    points("@nodes", 2 * MOST * [0], "@colour", size=19), text(0, -0.62, "stem"),
    text("@transition_at", -0.62, "transition"), text("@head_at", -0.62, "head"),
    text(0, -1.15, "c =", color="muted"),
    *[text(n, -1.15, f"{{reads_{n}:d}}", color="muted", when=f"@has_{n}") for n in range(1, 2 * SIDE + 1)],
]  # fmt: skip


def _map(number):
    """The marks of the matrix of one block: rows read columns; under it what its shades mean."""
    shades = {"columns": SIDE, "colors": ["soft", LOOK["concat"].color], "range": ["@shade_low", "@shade_high"]}
    shades["when"] = "@concat_chosen"
    whole, grey = {"x": [0, SIDE], "y": [-SIDE, 0]}, {"color": "muted"}
    return [
        cells(f"@map_{number}", **whole, **shades),
        cells("@wiring", SIDE, **whole, colors=["soft", "@colour"], range=[0, 4], gap=1, when="@wired"),
        cells("@scale", x=["@scale_x0", "@scale_x1"], y=["@scale_y0", "@scale_y1"], **shades),
        *(text("@label_x", 0.5 - n, str(n), **grey, align="right", when=f"@is_{n}") for n in range(1, SIDE)),
        *(text(n + 0.5, "@label_y", str(n), **grey, when=f"@is_{n}") for n in range(1, SIDE)),
        text("@label_x", "@last_y", "next", color="ink", align="right"), text(0.5, "@label_y", "in", **grey),
        text("@scale_x0", "@scale_at", "{shade_low:.1f} ", **grey, align="right", when="@concat_chosen"),
        text("@scale_x1", "@scale_at", " {asked:||≥ }{shade_high:.1f}", **grey, align="left", when="@concat_chosen"),
        text("@middle", "@key_at", "rows read columns{asked:|, 1 is even|, nats}", **grey),
    ]  # fmt: skip


def _matrix(number):
    """The panel of the matrix of one block."""
    title = [f"Block {number}: ", {"by": "asked", "of": [
        "{merge_no:one source|one matrix for all sources|}",
        f"weights {{least_{number}:.1f}} to {{most_{number}:.1f}}",
        f"cut costs {{least_{number}:.2f}} to {{most_{number}:.2f}}",
    ]}]  # fmt: skip
    x, y = axis(["@map_left", "@side"]), axis(["@map_bottom", "@map_top"])
    return panel([0.29 * (number - 1), 0.48, 0.29 * number, 1], title, _map(number), x, y, axes=False, equal=True)


def _curve(merge):
    """Errors of one merge at the chosen number of layers, for all growth rates: the chosen one thick, with its range."""
    x, look = f"@{merge}_x", LOOK[merge]
    return [
        band(x, f"@{merge}_low", f"@{merge}_high", look.color, when=f"@{merge}_chosen"),
        line(x, f"@{merge}_y", **look.line, width=f"@{merge}_width", label=merge),
    ]


_ERRORS = [
    *[points(f"@{merge}_all_x", f"@{merge}_all_y", "muted", size=6) for merge in MERGES],
    *[mark for merge in MERGES for mark in _curve(merge)], points(["@parameters"], ["@error"], **LOOK["here"].points, size=13),
]


class DenseNetExplorer(TableExplorer):
    """Two blocks with a transition in between: its connections, exact counts, and what trained nets read (8 seeds on the digits)."""

    dials = (
        Choice("merge", "Merge", {merge: merge for merge in MERGES}, start="concat"),
        Ladder("layers", "Layers L", 4, LAYERS),
        Ladder("growth", "Growth k", 4, GROWTHS),
        Ladder("theta", "Compression θ", 0.5, THETAS, only={"merge": ("concat",)}),
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
        "After 100 steps {error:.1f} % of the test digits are labelled wrong ",
        "(8 seeds: {error_low:.1f} % to {error_high:.1f} %).", _READ,
    ]  # fmt: skip
    scene = picture(
        640, panel([0, 0, 1, 0.48], _TITLE, _ARCS, axes=False, stage=[0, 0, 0.56, 1], x=axis(["@left", "@right"]), y=axis([-1.5, 3.7])),
        _matrix(1), _matrix(2),
        panel(
            [0.59, 0.48, 1, 1], "{error:.1f} % wrong with {parameters:d} parameters", _ERRORS,
            grid=True, legend="bottom left", stage=[0.57, 0, 1, 1],
            x=axis([200, 100_000], "parameters (lines: {layers:d} + {layers:d}, dots: all)", log=True),
            y=axis([0.3, 100], "test digits wrong, %", log=True),
        ),
    )  # fmt: skip

    @classmethod
    def table(cls):
        """Counts from the plan, errors and matrices from the shipped sweep."""
        grids = densenet_table.layout() | densenet_table.looks() | densenet_table.nets() | densenet_table.matrices()
        return Table(cls.dials, grids, {"colour": ("merge", [LOOK[merge].color for merge in MERGES])})
