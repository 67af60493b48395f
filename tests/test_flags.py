"""A flag is True or False: every public function that has one says so, instead of taking "False" for true."""

import importlib
import inspect
import pkgutil
from dataclasses import is_dataclass

import numpy as np
import pytest

import skiplab
from skiplab import sweeps
from skiplab.base.errors import need_flag
from skiplab.base.grid import Grid

NEEDS = {  # what must be given besides
    "scene.draw.curves": {"x": [1, 2], "lines": {"add": [1, 2]}, "title": "t", "x_label": "x", "y_label": "y"},
    "scene.draw.window": {"scores": Grid([[[1.0]]], setting=["add"], lr=[0.1], seeds=[0]), "title": "t", "y_label": "y"},
    "scene.parts.panel": {"box": [0, 0, 1, 1], "title": "t", "marks": [], "x": {}, "y": {}},
    "scene.parts.axis": {"range": [0, 1]},
    "explore.dials.Choice": {"name": "net", "label": "Net", "options": {"a": "a"}},
    "nets.highway.layer": {"width": 4},
    "nets.highway.mlp": {"inputs": 4, "outputs": 2},
    "sweeps.densenet.trained": {"make": None, "lr": 0.1},
    "sweeps.residual.trained": {"make": None, "lr": 0.1},
    "sweeps.unet.scores": {"run": None, "data": "shapes"},
}
INNER = {"base.merges.Merge", "train.ensemble.Ensemble", "train.ensemble.stacked", "refresh.refresh"}  # called in one place of ours


def flags():
    """(name, function or class, its flag) for every public one with a flag, in every module of the package."""
    for module in pkgutil.walk_packages(skiplab.__path__, "skiplab."):
        if module.name.endswith("__main__"):
            continue
        room = importlib.import_module(module.name)
        for name, thing in vars(room).items():
            if name.startswith("_") or getattr(thing, "__module__", "") != module.name or not callable(thing):
                continue
            own = vars(thing) if inspect.isclass(thing) and not is_dataclass(thing) else {}
            methods = {f".{method}": getattr(made, "__func__", made) for method, made in own.items() if method[0] != "_"}
            for inner, made in {"": thing, **methods}.items():
                if inspect.isfunction(made) or (inspect.isclass(made) and "__init__" in vars(made)):
                    for flag, parameter in inspect.signature(made).parameters.items():
                        if isinstance(parameter.default, bool):
                            yield f"{module.name.removeprefix('skiplab.')}.{name}{inner}", made, flag


def test_every_flag_takes_true_and_false_alone(subtests):
    found = [flag for flag in flags() if flag[0] not in INNER]
    assert len(found) > 15
    assert NEEDS.keys() <= {name for name, *_ in found}
    for name, function, flag in found:
        for wrong in ("False", 1, None, [True], np.array(True)):
            with subtests.test(name=name, flag=flag, wrong=wrong), pytest.raises(TypeError, match=f"^{flag}: expected True or False, got "):
                function(**NEEDS.get(name, {}), **{flag: wrong})


def test_numpys_own_truth_is_a_flag():
    assert need_flag("flat", np.True_) == True  # noqa: E712
    assert not need_flag("flat", np.bool_(False))


def test_the_cells_of_sweeps_name_what_they_do_not_know():
    from skiplab.sweeps import attention, recurrent

    for call, name in [
        (lambda: attention.cell("sort", "attention", 5), "task"),
        (lambda: attention.cell("copy", "lstm", 5), "model"),
        (lambda: recurrent.cell("copy", "GRU"), "task"),
        (lambda: recurrent.cell("adding", "gru"), "cell"),
        (lambda: recurrent.error("adding", None, "train"), "part"),
        (lambda: sweeps.load("gone"), "name"),
    ]:
        with pytest.raises(ValueError, match=f"^{name}: expected one of "):
            call()
