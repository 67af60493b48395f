"""One drawing holds the whole course: a branch, a shortcut round it, and the merge where they meet."""

import numpy as np

from skiplab.base.merges import MERGES
from skiplab.explore.dials import Choice, Slider
from skiplab.explore.explorer import Explorer
from skiplab.scene.parts import arc, arrow, axis, bars, box, line, panel, picture, points, text

DRAWN = {name: name for name, merge in MERGES.items() if merge.scale}
WEIGHTS = [[0.9, -0.7, 0.3], [0.4, 0.8, -0.9], [-0.8, 0.5, 0.7]]  # of the branch F(x) = tanh(W x)
_TITLE = {"by": "merge_no", "of": [[f"{name}: ", MERGES[name].formula] for name in DRAWN]}
_THREE = ["({x0:.2f}, {x1:.2f}, {x2:.2f})", "({f0:.2f}, {f1:.2f}, {f2:.2f})", "({y0:.2f}, {y1:.2f}, {y2:.2f})"]
_LINE = 2.2  # the height at which x goes in, and from which the bars of y reach at most 2.1 down and 2.9 up
_LOW = -0.2
_ARC = [2.15, _LINE], [6.95, _LINE + 0.4], 1.5  # from, to, and how much it rises
_INTO, _OUT = (1.6, 2.6), (4.95, 6.5)  # where the pieces go into the branch, and where they come out of it and go to the merge
_ADDED = [  # on top of what x gives
    bars(8.33 + 0.45 * i, f"@from{i}", [f"@more{i}"], 0.23, "muted", label=f"y{i + 1}, from F(x)", when="@narrow") for i in range(3)
]  # fmt: skip
_ENDS = [line([8.2 + 0.45 * i, 8.66 + 0.45 * i], [f"@end{i}"] * 2, "@colour", width=4, when="@narrow") for i in range(3)]
_WHERE = [
    arrow([1.75, _LINE], [2.6, _LINE], "ink", width=2), arrow([4.7, _LINE], [5.05, _LINE], "ink", width=2),
    arrow([5.85, _LINE], [6.62, _LINE], "@colour", width="@branch_width", when="@branch_open"),
    arc(*_ARC, "@colour", width="@skip_width", when="@skip_open"),
    box(2.6, _LINE - 0.6, 2.1, 1.2, fill="soft", color="ink", text="branch F", bold=True),
    points([6.95], [_LINE], "@colour", size=46),
    text(6.95, _LINE, f"{{merge_no:{'|'.join(MERGES[name].sign for name in DRAWN)}}}", color="paper", bold=True),
    arrow([7.35, _LINE], [8.1, _LINE], "ink", width=2),
    text(
        4.55, 5.35, "shortcut: {shortcut:closed|x passes as it is|x passes, weakened|x passes, amplified}", size=1.05,
    ),
    bars(0.3, _LINE, "@x", 0.45, "ink", label="x"), text(0.98, _LOW, "x", size=1.2, bold=True),
    bars(5.15, _LINE, "@f", 0.21, "muted", label="F(x)", when="@arrived"), text(5.45, _LOW, "F(x)", size=1.2, bold=True),
    bars("@skip_x", "@skip_y", "@riding", 0.2, "ink", when="@rides"), bars("@branch_x", _LINE, "@passing", 0.2, "muted", when="@passes"),
    bars(8.25, _LINE, "@kept", 0.45, "ink", label="y, from x", when="@narrow"), *_ADDED, *_ENDS,
    bars(8.25, _LINE, "@x", 0.27, "ink", label="y, first half", when="@wide"),
    bars(9.06, _LINE, "@f", 0.27, "muted", label="y, second half", when="@wide"), text(8.95, _LOW, "y", size=1.2, bold=True),
]  # fmt: skip


def _those_with(dial):
    """The merges in which a dial matters."""
    return tuple(name for name in DRAWN if dial in {**MERGES[name].keep, **MERGES[name].scale})


def _how(name):
    """What JavaScript is told of a merge."""
    merge = MERGES[name]
    return {"name": name, "colour": merge.color, "keep": merge.keep, "scale": merge.scale, "joined": merge.joined}


class SkipExplorer(Explorer):
    """y = merge(x, F(x)) for three numbers x: choose the merge, open and close the shortcut, and see y follow."""

    dials = (
        Choice("merge", "Merge", DRAWN, start="add"),
        Slider("lam", "λ on x", 1.0, 0, 1.5, 0.05, only={"merge": _those_with("lam")}),
        Slider("gamma", "γ on F(x)", 1.0, 0, 1.5, 0.05, only={"merge": _those_with("gamma")}),
        Slider("z", "Gate z", 0.3, 0, 1, 0.05, only={"merge": _those_with("z")}),
        Slider("x0", "x₁", 0.8, -1, 1, 0.05),
        Slider("way", "On the way", 1.0, 0, 1, 0.05),
    )
    tips = (
        ("add with γ = 0: what is left of the block?", {"merge": "add", "lam": 1.0, "gamma": 0.0}),
        ("add with λ = 0: which network is that?", {"merge": "add", "lam": 0.0, "gamma": 1.0}),
        ("Shut the gate, z = 0: what comes out?", {"merge": "gate", "z": 0.0}),
        ("concat: how wide is y, and where in it is x?", {"merge": "concat"}),
    )
    source = "closed"
    play = "way"
    constants = {"weights": WEIGHTS, "line": _LINE, "arc": _ARC, "into": _INTO, "out": _OUT, "merges": [_how(name) for name in DRAWN]}
    sentence = [
        _TITLE, ". Here x = ", _THREE[0], ", F(x) = ", _THREE[1], " and y = ",
        {"by": "joined", "of": [_THREE[2], "the six numbers of x and F(x)"]}, ".",
        {"by": "arrived", "of": [" The pieces have come {part:d} % of their way.", ""]},
    ]  # fmt: skip
    scene = picture(350, panel([0, 0, 1, 1], _TITLE, _WHERE, axes=False, x=axis([0, 10]), y=axis([-0.5, 5.7])))

    @classmethod
    def frame(cls, merge, lam, gamma, z, x0, way=1.0):
        """x, F(x), y, how wide the two paths are drawn, and the pieces that are on them."""
        x = np.array([x0, -0.5, 0.4])
        f = np.tanh(np.array(WEIGHTS) @ x)
        look, amounts = MERGES[merge], {"1": 1, "lam": lam, "gamma": gamma, "z": z}
        keep, scale = (sum(times * amounts[name] for name, times in path.items()) for path in (look.keep, look.scale))
        y = np.concatenate([x, f]) if look.joined else keep * x + scale * f
        parts = {"x": x, "f": f, "y": y, "from": _LINE + keep * x, "more": scale * f, "end": _LINE + keep * x + scale * f}
        numbers = {f"{name}{i}": v for name, vector in parts.items() for i, v in enumerate(vector)}
        return {
            **numbers, "x": x, "f": f, "y": y, "kept": keep * x,
            "lam": lam, "gamma": gamma, "z": z, "keep": keep, "merge_no": list(DRAWN).index(merge),
            "joined": int(look.joined), "wide": int(look.joined and way == 1), "narrow": int(not look.joined and way == 1),
            "usual": int(lam == gamma == 1), "colour": look.color,
            "skip_width": 1 + 6 * keep, "branch_width": 1 + 4 * scale, "skip_open": int(keep > 0), "branch_open": int(scale > 0),
            "shortcut": 0 if keep == 0 else 1 if keep == 1 else 2 if keep < 1 else 3,
            **_on_the_way(way, x, f, keep, scale),
        }  # fmt: skip


def _on_the_way(way, x, f, keep, scale):
    """Where the pieces of x and of the branch are, in the middle of three bars, and how large they are there."""
    (x0, y0), (x1, y1), lift = _ARC
    top, back, out = max(y0, y1) + 4 / 3 * lift, 1 - way, way > 0.5
    place, share = (_OUT, 2 * way - 1) if out else (_INTO, 2 * way)
    return {
        "way": way, "part": 100 * way, "arrived": int(way == 1), "rides": int(keep > 0 and way < 1), "passes": int(scale > 0 and way < 1),
        "skip_x": back**2 * (1 + 2 * way) * x0 + way**2 * (3 - 2 * way) * x1 - 0.28,
        "skip_y": back**3 * y0 + 3 * way * back * top + way**3 * y1,
        "riding": x * (1 + way * (keep - 1)), "branch_x": place[0] + share * (place[1] - place[0]) - 0.28,
        "passing": f * (1 + share * (scale - 1)) if out else x,
    }  # fmt: skip
