"""One drawing holds the whole course: a branch, a shortcut round it, and the merge where they meet."""

import numpy as np

from skiplab.base.merges import MERGES
from skiplab.explore.dials import Choice, Slider
from skiplab.explore.explorer import Explorer
from skiplab.scene.parts import arc, arrow, axis, bars, box, panel, picture, points, text

DRAWN = {name: name for name, merge in MERGES.items() if merge.scale}
WEIGHTS = [[0.9, -0.7, 0.3], [0.4, 0.8, -0.9], [-0.8, 0.5, 0.7]]  # of the branch F(x) = tanh(W x)
_TITLE = {"by": "merge_no", "of": [[f"{name}: ", MERGES[name].formula] for name in DRAWN]}
_THREE = ["({x0:.2f}, {x1:.2f}, {x2:.2f})", "({f0:.2f}, {f1:.2f}, {f2:.2f})", "({y0:.2f}, {y1:.2f}, {y2:.2f})"]
_LINE = 2.2  # the height at which x goes in, and from which the bars of y reach at most 2.1 down and 2.9 up
_LOW = -0.2
_WHERE = [
    arrow([1.75, _LINE], [2.6, _LINE], "ink", width=2), arrow([4.7, _LINE], [5.05, _LINE], "ink", width=2),
    arrow([5.85, _LINE], [6.62, _LINE], "@colour", width="@branch_width", when="@branch_open"),
    arc([2.15, _LINE], [6.95, _LINE + 0.4], 1.5, "@colour", width="@skip_width", when="@skip_open"),
    box(2.6, _LINE - 0.6, 2.1, 1.2, fill="soft", color="ink", text="branch F", bold=True),
    points([6.95], [_LINE], "@colour", size=46),
    text(6.95, _LINE, f"{{merge_no:{'|'.join(MERGES[name].sign for name in DRAWN)}}}", color="paper", bold=True),
    arrow([7.35, _LINE], [8.1, _LINE], "ink", width=2),
    text(
        4.55, 4.55, "shortcut: {shortcut:closed|x passes as it is|x passes, weakened|x passes, amplified}", size=1.05,
    ),
    bars(0.3, _LINE, "@x", 0.45, "ink", label="x"), text(0.98, _LOW, "x", size=1.2, bold=True),
    bars(5.15, _LINE, "@f", 0.21, "muted", label="F(x)"), text(5.45, _LOW, "F(x)", size=1.2, bold=True),
    bars(8.25, _LINE, "@y", 0.45, "@colour", label="y", when="@narrow"),
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
    )
    tips = (
        ("add with γ = 0: y is x itself, a block that starts as the identity.", {"merge": "add", "lam": 1.0, "gamma": 0.0}),
        ("add with λ = 0: the plain network again.", {"merge": "add", "lam": 0.0, "gamma": 1.0}),
        ("Shut the gate: z = 0.", {"merge": "gate", "z": 0.0}),
        ("concat: y is twice as wide, and its first half is x.", {"merge": "concat"}),
    )
    source = "closed"
    constants = {"weights": WEIGHTS, "merges": [_how(name) for name in DRAWN]}
    sentence = [
        _TITLE, ". Here x = ", _THREE[0], ", F(x) = ", _THREE[1], " and y = ",
        {"by": "wide", "of": [_THREE[2], "the six numbers of x and F(x)"]}, ".",
    ]  # fmt: skip
    scene = picture(320, panel([0, 0, 1, 1], _TITLE, _WHERE, axes=False, x=axis([0, 10]), y=axis([-0.5, 5.1])))

    @classmethod
    def frame(cls, merge, lam, gamma, z, x0):
        """x, F(x), y and how wide the two paths are drawn."""
        x = np.array([x0, -0.5, 0.4])
        f = np.tanh(np.array(WEIGHTS) @ x)
        look, amounts = MERGES[merge], {"1": 1, "lam": lam, "gamma": gamma, "z": z}
        keep, scale = (sum(times * amounts[name] for name, times in path.items()) for path in (look.keep, look.scale))
        y = np.concatenate([x, f]) if look.joined else keep * x + scale * f
        numbers = {f"{name}{i}": v for name, vector in (("x", x), ("f", f), ("y", y)) for i, v in enumerate(vector)}
        return {
            **numbers, "x": x, "f": f, "y": y, "lam": lam, "gamma": gamma, "z": z, "keep": keep, "merge_no": list(DRAWN).index(merge),
            "wide": int(look.joined), "narrow": int(not look.joined), "usual": int(lam == gamma == 1), "colour": look.color,
            "skip_width": 1 + 6 * keep, "branch_width": 1 + 4 * scale, "skip_open": int(keep > 0), "branch_open": int(scale > 0),
            "shortcut": 0 if keep == 0 else 1 if keep == 1 else 2 if keep < 1 else 3,
        }  # fmt: skip
