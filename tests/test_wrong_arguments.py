"""Whatever a public function is given, it gives an answer, or an error that begins with the name of an argument."""

import inspect
from fractions import Fraction

import numpy as np
import torch

from skiplab.data import pictures, points, sequences
from skiplab.theory import bounds, saddle

TOY, MASK = saddle.Toy(), torch.ones(2, 1, 8, 8)
WRONG = (None, True, "x", b"x", object(), float("nan"), float("inf"), -1, 0.5, 10**9, 10**30, 1e300, Fraction(1, 3), 1j, [], [1, 2, 3],
         {"a": 1}, np.ones((2, 3)), np.array(["a"]), torch.ones(3), lambda: None)  # fmt: skip
RIGHT = {  # arguments that are right, of which one at a time is not
    saddle: {"Toy": {"alpha": 1, "form": "plain", "lam": 1, "length": 2}, "multiplier": {"toy": TOY, "w": [1, 2]},
             "loss": {"toy": TOY, "w": [1, 2]}, "gradient": {"toy": TOY, "w": [1, 2]}, "hessian": {"toy": TOY, "w": [1, 2]},
             "eigenvalues": {"toy": TOY, "w": [1, 2]}, "kind": {"toy": TOY, "w": [1, 2]}, "saddle_point": {"toy": TOY},
             "tie": {"ab": [1, 2], "length": 2}, "random_starts": {"count": 2, "spread": 1},
             "noise_table": {"steps": 2, "length": 2, "seed": 0},
             "descend": {"toy": TOY, "start": [1, 2], "steps": 2, "lr": 0.1, "optimizer": "noisy", "sigma": 0.1, "noise": np.ones((2, 2))},
             "escape_steps": {"toy": TOY, "path": [[1, 2]]},
             "predicted_escape": {"toy": TOY, "ab": [0.1, 0.1], "lr": 0.1}},
    bounds: {"skip_bounds": {"rho": 1, "depth": 2, "lam": 1}, "random_gain": {"rho": 1, "depth": 2}, "highway": {"lam": 1, "depth": 2}},
    points: {"digits": {"flat": True}, "large": {"name": "cifar10"}},
    sequences: {"adding": {"count": 2, "length": 4, "seed": 0}, "reversal": {"count": 2, "length": 4, "symbols": 3, "seed": 0},
                "recall": {"count": 2, "length": 4, "classes": 3, "noise": 0.1, "seed": 0},
                "latest": {"count": 2, "length": 4, "classes": 3, "noise": 0.1, "seed": 0}},
    pictures: {"load": {"name": "cell", "count": 2}, "shapes": {"count": 2, "test": 2, "seed": 0}, "patches": {"name": "cell", "count": 2},
               "view": {"name": "cell"}, "photograph": {"name": "cell"}, "mask_loss": {"out": MASK, "mask": MASK},
               "iou": {"mask": MASK, "truth": MASK}, "boundary_f1": {"mask": MASK, "truth": MASK}, "boundary": {"mask": MASK}},
}  # fmt: skip
OURS = {points: {"inside", "Split"}}  # called by us alone, or made by them


def test_every_public_function_is_here():
    for room, functions in RIGHT.items():
        public = {name for name, thing in vars(room).items()
                  if getattr(thing, "__module__", "") == room.__name__ and name[0] != "_" and callable(thing)}  # fmt: skip
        assert public == functions.keys() | OURS.get(room, set())
        for name, right in functions.items():
            assert [*right] == [*inspect.signature(getattr(room, name)).parameters]


def test_a_wrong_argument_is_named(subtests, monkeypatch, tmp_path):
    monkeypatch.setenv("SKIPLAB_DATA", str(tmp_path))
    for room, functions in RIGHT.items():
        for name, right in functions.items():
            for argument in right:
                for wrong in WRONG:
                    with subtests.test(function=f"{room.__name__}.{name}", argument=argument, wrong=wrong):
                        try:
                            getattr(room, name)(**{**right, argument: wrong})
                        except (TypeError, ValueError) as problem:
                            said = str(problem)
                        else:
                            continue
                        assert said.startswith(tuple(f"{each}: " for each in right))
                        assert "expected" in said
