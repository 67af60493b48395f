"""One glyph, a branch box, an arc and a merge, turns from each architecture of the course into the next, and opens its lesson."""

from dataclasses import dataclass

from skiplab.base.merges import MERGES
from skiplab.explore.dials import Choice
from skiplab.explore.table import Table, along
from skiplab.explore.table_explorer import TableExplorer
from skiplab.scene.looks import LOOK
from skiplab.scene.parts import arc, arrow, axis, box, line, panel, picture, points, text

LESSONS = {
    "01": ("toy_saddle", "What does a skip do to a saddle point, and what does it not do?"),
    "02": ("gradient_highway", "What is left of a gradient after 100 blocks, and what is the cause?"),
    "03": ("residual_blocks", "Why do deep plain networks train worse, and what cures it?"),
    "04": ("densenet", "What does concatenation buy, and what does it cost?"),
    "05": ("unet", "Which long skip restores what?"),
    "06": ("gru_as_skip", "How far back does a gradient get, and what does a gate buy?"),
    "07": ("attention_is_skips", "Which skips does attention draw, and what do they bring?"),
    "08": ("transformer_residuals", "Where do norm and skip belong, and what fails without them?"),
    "09": ("starting_near_the_identity", "What does a start at the identity cure, with a skip and without?"),
}
_WIDTH = {"none": (0, 5), "add": (7, 5), "concat": (7, 5), "gate": (5, 3)}  # px: of the shortcut and of the branch
_PASSES = {"none": "no shortcut", "add": "x passes as it is", "concat": "x passes as it is", "gate": "1 − z of x passes"}
_LINE, _ROWS, _COLUMNS = 2.5, 5, (10.1, 13.85)  # height of the large glyph; of the small ones, how many in a column and where


@dataclass(frozen=True)
class _Net:
    """An architecture as a glyph: its name, lesson, merge and formula, and what else is written and drawn."""

    name: str
    lesson: str
    merge: str
    formula: str
    branch: tuple  # what stands in its box, in two lines
    side: str = ""  # what else the branch reads
    out: str = ""  # what the branch is multiplied by
    wider: float = 0  # by how much y is wider than x, which is 1.2
    nested: bool = False  # the branch holds a smaller glyph
    state: tuple = ("x", "y")  # what comes in, and what leaves
    branch_width: float | None = None


NETS = {
    "saddle": _Net("Two weights", "01", "add", "y = λx + w₂w₁x", ("w₂ · w₁", "two numbers")),
    "plain": _Net("Plain", "02", "none", "y = F(x)", ("F", "a layer")),
    "resnet": _Net("ResNet", "03", "add", "y = x + F(x)", ("F", "2 or 3 layers")),
    "densenet": _Net("DenseNet", "04", "concat", "y = [x, F(x)]", ("F", "a few channels"), wider=0.45),
    "unet": _Net("U-Net", "05", "concat", "y = [x, F(x)]", ("down, U, up", ""), wider=1.2, nested=True),
    "highway": _Net("Highway", "06", "gate", "y = (1 − z) x + z F(x)", ("F", "one layer"), out="z"),
    "gru": _Net("GRU", "06", "gate", "h becomes (1 − z) h + z n", ("n", "same each step"), "the input of this step", "z",
               state=("h", "h")),
    "attention": _Net("Attention", "07", "add", "y = x + what x reads from all tokens", ("attention", "over all tokens"),
                     "all other tokens"),
    "transformer": _Net("Transformer", "08", "add", "y = x + F(norm(x))", ("norm, then F", "attention or MLP")),
    "identity": _Net("Identity", "09", "add", "y = x + γF(x), and at the start γ = 0", ("F", "silent at first"), out="γ = 0",
                    branch_width=1),
}  # fmt: skip


def large():
    """The glyph: x, the branch, the arc round it, the merge, and y, which concatenation makes wider."""
    low, high = _LINE - 0.6, _LINE - 1
    yield from (arrow([start, _LINE], [end, _LINE], "ink", width=3) for start, end in ((1.3, 2.6), (7.6, 8.5)))
    yield arrow([5.7, _LINE], [6.65, _LINE], "@colour", width="@branch_width")
    yield arc([1.8, _LINE], [7.1, _LINE + 0.42], 1.75, "@colour", width="@skip_width", when="@skip_open")
    yield box(0.3, low, 1, 1.2, fill="soft", color="ink", text="{into}", size=1.5, bold=True)
    yield from _branch(high)
    yield text(4.45, 5.2, "{passes}", size=1.2)
    yield text(6.15, _LINE - 0.5, "{out}", bold=True)
    yield points([7.1], [_LINE], "@colour", size=46)
    yield text(7.1, _LINE, "{sign}", color="paper", bold=True)
    yield box(8.5, low, 1, 1.2, fill="soft", color="ink", text="{outof}", size=1.5, bold=True)
    yield box(8.5, _LINE + 0.6, 1, "@wider", fill="@colour", color="ink", when="@grows")


def _branch(low):
    """Its box, what is in it, and what else it reads."""
    yield box(2.6, low, 3.1, 2, fill="soft", color="ink", width=3)
    yield text(4.15, _LINE + 0.5, "{branch}", size=1.4, bold=True)
    yield text(4.15, _LINE - 0.4, "{within}")
    yield arc([3.2, _LINE - 0.5], [5.1, _LINE - 0.5], 0.45, "@colour", width=4, head=False, when="@nested")
    yield box(3.6, _LINE - 0.8, 1.1, 0.55, fill="paper", color="ink", text="U", when="@nested")
    yield arrow([4.15, 0.35], [4.15, low], "ink", width=3, when="@reads")
    yield text(4.5, 0.75, "{side}", align="left", when="@reads")


def door(x, y, net):
    """A small glyph with its lesson in the branch, and its name beside it."""
    color, shortcut = MERGES[net.merge].color, net.merge != "none"
    yield line([x, x + 1], [y, y], "ink", width=2)
    if shortcut:
        yield arc([x + 0.05, y], [x + 1, y], 0.36, head=False, width=4, **LOOK[net.merge].line)
    yield box(x + 0.18, y - 0.24, 0.64, 0.48, fill="soft", color="ink", width=1.5, text=net.lesson)
    yield points([x + 1], [y], color, size=11)
    yield text(x + 1.2, y, net.name, align="left")


DOORS = [(_COLUMNS[i // _ROWS], 4.75 - 1.05 * (i % _ROWS)) for i in range(len(NETS))]
_TITLES = [f"{net.name}: {net.formula}" for net in NETS.values()]
_ASKS = [f"{net.lesson}: {LESSONS[net.lesson][1]}" for net in NETS.values()]


class GlyphExplorer(TableExplorer):
    """A branch, an arc and a merge, ten times: choose an architecture, or click its small glyph, and open its lesson."""

    dials = (
        Choice("net", "Network", {name: net.name for name, net in NETS.items()}, start="resnet", at=(0, "door_x", "door_y"), each=True),
    )
    tips = (
        ("The arc goes: which network is left?", {"net": "plain"}),
        ("Whose y is wider than its x?", {"net": "densenet"}),
        ("Whose branch holds a smaller copy of the whole?", {"net": "unet"}),
        ("A gate in place of the sum: how much of x passes?", {"net": "highway"}),
        ("What does a GRU read that a Highway layer does not?", {"net": "gru"}),
        ("Whose branch says nothing at the start?", {"net": "identity"}),
    )
    doors = {"net": {name: [f"Open notebook {net.lesson}", f"{net.lesson}_{LESSONS[net.lesson][0]}.ipynb"] for name, net in NETS.items()}}
    sentence = [
        {"by": "net_no", "of": _TITLES}, ". The branch: {branch}{by_comma}{within}{by_reads}{side}. The arc: {passes}. Notebook ",
        {"by": "net_no", "of": _ASKS},
    ]  # fmt: skip
    scene = picture(
        370,
        panel(
            [0, 0, 1, 1], {"by": "net_no", "of": _TITLES},
            [box("@here_x", "@here_y", 3.6, 1.02, fill="soft", color="ink", width=3), *large(),
             *(mark for (x, y), net in zip(DOORS, NETS.values(), strict=True) for mark in door(x, y, net)),
             text(8.7, -0.65, {"by": "net_no", "of": _ASKS}, bold=True)],
            axis([0, 17.6]), axis([-1.1, 5.7]), axes=False,
        ),
    )  # fmt: skip

    @classmethod
    def table(cls):
        """What is drawn and written of each network."""
        nets = NETS.values()
        widths = [(_WIDTH[net.merge][0], net.branch_width or _WIDTH[net.merge][1]) for net in nets]
        numbers = {
            "skip_width": [skip for skip, _ in widths], "branch_width": [branch for _, branch in widths],
            "skip_open": [net.merge != "none" for net in nets], "reads": [net.side != "" for net in nets],
            "nested": [net.nested for net in nets], "wider": [net.wider for net in nets], "grows": [net.wider > 0 for net in nets],
            "here_x": [x - 0.12 for x, _ in DOORS], "here_y": [y - 0.42 for _, y in DOORS],
        }  # fmt: skip
        words = {
            "colour": [MERGES[net.merge].color for net in nets], "sign": [MERGES[net.merge].sign for net in nets],
            "branch": [net.branch[0] for net in nets], "within": [net.branch[1] for net in nets], "side": [net.side for net in nets],
            "passes": [_PASSES[net.merge].replace("x", net.state[0]) for net in nets], "out": [net.out for net in nets],
            "into": [net.state[0] for net in nets], "outof": [net.state[1] for net in nets],
            "by_comma": [", " if net.branch[1] else "" for net in nets], "by_reads": ["; it reads " if net.side else "" for net in nets],
        }  # fmt: skip
        places = {"door_x": [x + step for step in (0.5, 1.5, 2.3) for x, _ in DOORS], "door_y": [y for _, y in DOORS] * 3}
        return Table(cls.dials, along(numbers, net=tuple(NETS)) | places, {name: ("net", texts) for name, texts in words.items()})
