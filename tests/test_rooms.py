"""The rooms of the package: imports flow one way, modules and functions stay short, and importing the package loads nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import skiplab

HOUSE = Path(skiplab.__file__).parent
ROOMS = (
    "errors", "device", "words", "seeds", "claims", "draws", "checks", "theory", "saddle", "skip", "nets", "data", "pictures",
    "sequences", "train", "probe", "lags", "tokens", "landscape", "sweeps", "exercises", "marks", "draw", "explore", "refresh",
    "start", "__main__",
)  # fmt: skip
MODULES = sorted(HOUSE.rglob("*.py"))
LONGEST_MODULE, LONGEST_FUNCTION = 250, 25


def name_of(path):
    """skiplab/explore/dials.py -> explore.dials; a package's __init__ is the package itself, and skiplab's own is ""."""
    parts = path.relative_to(HOUSE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def rank(name):
    """A room's place in the order; the package itself comes first."""
    room = name.split(".")[0]
    return ROOMS.index(room) if room and not room.isupper() else -1  # "" and constants stand in skiplab/__init__.py


def imported(path):
    """(line, module of ours) for each import in the file, also those inside functions."""
    package = ["skiplab", *name_of(path).split(".")]
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, ours(alias.name)) for alias in node.names if alias.name.split(".")[0] == "skiplab")
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            if base == "skiplab":
                yield from ((node.lineno, exported(alias.name)) for alias in node.names)
            elif base.startswith("skiplab."):
                yield node.lineno, ours(base)


def ours(module):
    return module.partition(".")[2]


def exported(name):
    """Where `from skiplab import name` leads: to a room, or to the room that a lazy name lives in."""
    return skiplab._ROOM_OF.get(name, "" if name.startswith("__version") else name)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_flow_one_way(path):
    name = name_of(path)
    back = [f"line {line}: {name or 'skiplab'} imports {target}" for line, target in imported(path) if rank(target) > rank(name)]
    assert not back


def test_a_back_edge_would_be_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "HOUSE", tmp_path)
    (tmp_path / "explore").mkdir()
    path = tmp_path / "explore" / "far.py"
    path.write_text("import os\nfrom skiplab import draw, claim\nimport skiplab.saddle as s\nfrom . import dials\nfrom ..skip import Skip\n"
                    "def f():\n    from skiplab.start import main\n")  # fmt: skip
    assert sorted(imported(path)) == [(2, "claims"), (2, "draw"), (3, "saddle"), (4, "explore"), (5, "skip"), (7, "start")]
    assert [target for _, target in imported(path) if rank(target) > rank("explore.far")] == ["start"]


def test_every_room_is_in_the_order():
    assert {name_of(path).split(".")[0] for path in MODULES} - {""} <= set(ROOMS)


@pytest.mark.parametrize("path", [path for path in MODULES if path.read_text(encoding="utf-8").strip()], ids=name_of)
def test_a_module_begins_with_a_sentence(path):
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert said
    assert said.splitlines()[0].endswith(".")


@pytest.mark.parametrize("path", sorted([*MODULES, *HOUSE.rglob("*.js"), *HOUSE.rglob("*.css")]), ids=lambda p: str(p.relative_to(HOUSE)))
def test_a_module_is_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_function_is_short(path):
    text = path.read_text(encoding="utf-8")
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    long = {node.name: n for node in functions if (n := lines_of_code(node, text.splitlines())) > LONGEST_FUNCTION}
    assert not long


def lines_of_code(function, lines):
    """Lines with code from `def` on: no docstring, no blank lines, no comments."""
    first = function.body[0]
    said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    skip = range(first.lineno, first.end_lineno + 1) if said else ()
    body = [lines[i - 1].strip() for i in range(function.lineno, function.end_lineno + 1) if i not in skip]
    return sum(bool(line) and not line.startswith("#") for line in body)


@pytest.mark.parametrize(
    ("line", "absent"),
    [
        ("import skiplab", ("torch", "numpy", "matplotlib", "ipywidgets", "anywidget", "IPython", "PIL")),
        ("import skiplab; dir(skiplab)", ("torch", "numpy", "matplotlib", "ipywidgets", "anywidget", "IPython", "PIL")),
        ("from skiplab import SaddleExplorer, SkipExplorer", ("torch", "matplotlib.pyplot")),
        ("from skiplab import saddle", ("torch", "matplotlib", "ipywidgets")),
        ("from skiplab.skip import Skip", ("matplotlib", "ipywidgets")),
        ("import skiplab.draw", ("torch", "ipywidgets", "matplotlib.pyplot")),
    ],
)
def test_an_import_loads_no_more_than_it_needs(line, absent):
    code = f"{line}\nimport sys\nprint(*sorted(set({absent!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=HOUSE.parent, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == ""


def test_importing_the_package_loads_only_the_standard_library():
    code = "import sys; before = set(sys.modules); import skiplab; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=HOUSE.parent, capture_output=True, text=True, timeout=120, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded <= {"skiplab", *sys.stdlib_module_names}


@pytest.mark.parametrize("name", skiplab.__all__)
def test_every_name_on_the_map_is_there(name):
    assert getattr(skiplab, name).__name__ == name
    assert name in dir(skiplab)


def test_an_unknown_name_is_told_what_there_is():
    with pytest.raises(AttributeError) as caught:
        skiplab.Skp  # noqa: B018
    assert "'Skp'" in str(caught.value)
    assert "Skip" in str(caught.value)
