"""Each merge has one colour, one sign and one formula wherever it is seen: those of its line here.

A merge is a class in skip.py and a line in MERGES; explorers, figures and the palette read it from there. This file needs no torch, so
that a first picture can be drawn before torch has loaded.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Merge:
    """How a merge is called and drawn.

    kind         the class in skip.py
    color        its name in the palette, `light` and `dark` the colour itself on light and on dark paper; dash, marker: of its lines
    word         what a sentence calls it; formula, what it does: templates, see scene/template.py
    sign         what stands where the two paths meet
    keep, scale  how much of x and of F(x) is in y: a sum over dials, {"1": 1, "z": -1} for 1 - z; joined, both side by side.
                 Without `scale` y is no such sum, and the Skip explorer, which could not draw it, leaves the merge out
    """

    kind: str
    color: str
    light: str
    dark: str
    word: str
    formula: str | list
    sign: str
    keep: dict = field(default_factory=dict)
    scale: dict = field(default_factory=dict)
    joined: bool = False
    dash: str | None = None
    marker: str = "circle"


MERGES = {
    "none": Merge("Plain", "plain", "#c04f00", "#ff8a3d", "no skip", "y = F(x), the plain network", "–",
                  scale={"1": 1}, dash="dashdot", marker="square"),
    "add": Merge("Add", "add", "#0072b2", "#56b4e9", "a skip, λ = {lam:.2f}",
                 ["y = {lam:.2f} x + {gamma:.2f} F(x)", {"by": "usual", "of": ["", ", as in ResNet and the Transformer"]}], "+",
                 keep={"lam": 1}, scale={"gamma": 1}, marker="triangle"),
    "concat": Merge("Concat", "concat", "#008060", "#2fc79a", "concatenation", "y = [x, F(x)], as in DenseNet and U-Net", "[ , ]",
                    keep={"1": 1}, scale={"1": 1}, joined=True, dash="dash"),
    "gate": Merge("Gate", "gate", "#a8478a", "#dc8fc0", "gate", "y = {keep:.2f} x + {z:.2f} F(x), as in Highway layers and the GRU",
                  "gate", keep={"1": 1, "z": -1}, scale={"z": 1}, dash="dot", marker="diamond"),
}  # fmt: skip
