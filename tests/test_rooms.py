"""The rooms of the package: imports flow one way, modules and functions stay short, and importing the package loads nothing."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import skiplab

HOUSE = Path(skiplab.__file__).parent
# Each room, and those that it may import; all may import base, and themselves.
ARROWS = {
    "base": "",
    "skip": "", "scene": "", "theory": "", "data": "",
    "nets": "skip", "train": "skip",
    "probe": "nets train theory data skip",
    "sweeps": "probe nets train theory data skip",
    "explore": "scene",
    "explorers": "explore sweeps probe nets train theory data scene skip",
    "lesson": "explore sweeps probe nets train theory data scene skip",
    "teaching": "", "refresh": "teaching", "install": "", "start": "install",
    "__main__": "start",
}  # fmt: skip
MODULES = sorted(HOUSE.rglob("*.py"))
SCRIPTS = sorted(HOUSE.rglob("*.js"))
LONGEST_MODULE, LONGEST_FUNCTION = 250, 25
JS_IMPORT = re.compile(r"""\b(?:from|import)\b\s*\(?\s*["'](\.[^"']*)["']""")


def name_of(path):
    """skiplab/explore/dials.py -> explore.dials; a package's __init__ is the package itself, and skiplab's own is ""."""
    parts = path.relative_to(HOUSE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(name):
    """explore.dials -> explore; what stands in skiplab/__init__.py itself is in no room."""
    first = name.split(".")[0]
    return "" if first.isupper() or first == "__version__" else first


def imported(path):
    """(line, module of ours) for each import in the file, also those inside functions and by importlib."""
    package = ["skiplab", *filter(None, name_of(path).split("."))]
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, ours(alias.name)) for alias in node.names if alias.name.split(".")[0] == "skiplab")
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *filter(None, [node.module])])
            yield from ((node.lineno, target) for target in targets(base, node.names))
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("importlib.import_module", "import_module", "__import__"):
            yield from ((node.lineno, target) for target in dynamic(node.args, package))


def targets(base, names):
    """What `from base import names` leads to."""
    if base == "skiplab":
        return [exported(alias.name) for alias in names]
    return [ours(base)] if base.startswith("skiplab.") else []


def dynamic(arguments, package):
    """The rooms of a call of importlib: a text, or the beginning of one that is put together."""
    texts = (node.value for node in ast.walk(arguments[0]) if isinstance(node, ast.Constant)) if arguments else ()
    begin = str(next(texts, ""))
    if begin.startswith("."):
        above = len(begin) - len(begin.lstrip(".")) - 1
        begin = ".".join([*package[: len(package) - above], begin.lstrip(".")])
    return [ours(begin)] if begin.startswith("skiplab.") and ours(begin) else []


def imported_by_script(path):
    """(line, module of ours) for each import in a JavaScript file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        for needed in JS_IMPORT.findall(line):
            yield number, name_of((path.parent / needed).resolve())


def ours(module):
    return module.partition(".")[2]


def exported(name):
    """Where `from skiplab import name` leads: to a room, or to the room that a lazy name lives in."""
    return {"draw": "scene.draw"}.get(name) or skiplab._HOME_OF.get(name, name)


def back_edges(path):
    """Imports of the file that no arrow allows, in words."""
    name = name_of(path)
    found = imported_by_script(path) if path.suffix == ".js" else imported(path)
    allowed = {"", "base", room(name), *ARROWS.get(room(name), "").split()}
    return [f"line {line}: {name} imports {target}" for line, target in found if room(target) not in allowed]


def test_imports_follow_the_arrows():
    assert [edge for path in [*MODULES, *SCRIPTS] for edge in back_edges(path)] == []


def test_no_arrow_runs_back_up():
    above = list(ARROWS)
    assert all(above.index(below) < above.index(name) for name, rooms in ARROWS.items() for below in rooms.split())


def test_each_room_has_its_arrows():
    assert {room(name_of(path)) for path in [*MODULES, *SCRIPTS]} - {""} == set(ARROWS)


def test_a_planted_back_edge_is_seen(subtests, tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "HOUSE", tmp_path)
    for file, text, edges in [
        ("explore/far.py", "import os\nfrom skiplab import draw, claim\nimport skiplab.scene.draw as s\nfrom . import dials\n",
         ["line 2: explore.far imports lesson.claims"]),
        ("scene/far.py", "def f():\n    from ..explore.dials import Slider\n    from .. import train\n",
         ["line 2: scene.far imports explore.dials", "line 3: scene.far imports train"]),
        ("train/far.py", 'import importlib\nroom = importlib.import_module("skiplab.nets")\n', ["line 2: train.far imports nets"]),
        ("train/far.py", 'from importlib import import_module\nimport_module(f"skiplab.nets.{x}")\n', ["line 2: train.far imports nets."]),
        ("train/far.py", 'import importlib\nimportlib.import_module("..nets", __package__)\n', ["line 2: train.far imports nets"]),
        ("train/far.py", '__import__("skiplab.probe.stack")\n', ["line 1: train.far imports probe.stack"]),
        ("scene/far.js", 'import { a } from "./marks.js";\nimport { b } from "../explore/dials.js";\n',
         ["line 2: scene.far imports explore.dials"]),
        ("explore/far.js", 'import { fill } from "../scene/template.js";\nconst f = await import("../explorers/saddle.js");\n',
         ["line 2: explore.far imports explorers.saddle"]),
    ]:
        with subtests.test(text=text):
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_text(text)
            assert back_edges(tmp_path / file) == edges


def text_of(path):
    return path.read_text(encoding="utf-8")


def test_every_module_begins_with_a_sentence():
    said = {name_of(path): ast.get_docstring(ast.parse(text_of(path))) for path in MODULES if text_of(path).strip()}
    assert [name for name, text in said.items() if not text or not text.splitlines()[0].endswith(".")] == []


def test_every_module_is_short():
    lines = {str(path.relative_to(HOUSE)): len(text_of(path).splitlines()) for path in [*MODULES, *SCRIPTS, *HOUSE.rglob("*.css")]}
    assert {name: count for name, count in lines.items() if count > LONGEST_MODULE} == {}


def test_every_function_is_short():
    long = {}
    for path in MODULES:
        functions = [node for node in ast.walk(ast.parse(text_of(path))) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        lines = {f"{name_of(path)}.{node.name}": lines_of_code(node, text_of(path).splitlines()) for node in functions}
        long |= {name: count for name, count in lines.items() if count > LONGEST_FUNCTION}
    assert long == {}


def lines_of_code(function, lines):
    """Lines with code from `def` on: no docstring, no blank lines, no comments."""
    first = function.body[0]
    said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    skip = range(first.lineno, first.end_lineno + 1) if said else ()
    body = [lines[i - 1].strip() for i in range(function.lineno, function.end_lineno + 1) if i not in skip]
    return sum(bool(line) and not line.startswith("#") for line in body)


def test_an_import_loads_no_more_than_it_needs(subtests):
    for line, absent in [
        ("import skiplab", ("torch", "numpy", "matplotlib", "ipywidgets", "anywidget", "IPython", "PIL")),
        ("import skiplab; dir(skiplab)", ("torch", "numpy", "matplotlib", "ipywidgets", "anywidget", "IPython", "PIL")),
        ("from skiplab import SaddleExplorer, SkipExplorer", ("torch", "matplotlib.pyplot")),
        ("from skiplab.theory import saddle", ("torch", "matplotlib", "ipywidgets")),
        ("from skiplab.skip import Skip", ("matplotlib", "ipywidgets")),
        ("import skiplab.scene.draw", ("torch", "ipywidgets", "matplotlib.pyplot")),
    ]:
        with subtests.test(line=line):
            code = f"{line}\nimport sys\nprint(*sorted(set({absent!r}) & set(sys.modules)))"
            done = subprocess.run([sys.executable, "-c", code], cwd=HOUSE.parent, capture_output=True, text=True, timeout=120, check=True)
            assert done.stdout.strip() == ""


def test_importing_the_package_loads_only_the_standard_library():
    code = "import sys; before = set(sys.modules); import skiplab; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=HOUSE.parent, capture_output=True, text=True, timeout=120, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded <= {"skiplab", *sys.stdlib_module_names}


def test_every_name_on_the_map_is_there():
    assert {name: getattr(skiplab, name).__name__ for name in skiplab.__all__} == {name: name for name in skiplab.__all__}
    assert set(skiplab.__all__) <= set(dir(skiplab))


def test_an_unknown_name_is_told_what_there_is():
    with pytest.raises(AttributeError) as caught:
        skiplab.Skp  # noqa: B018
    assert "'Skp'" in str(caught.value)
    assert "Skip" in str(caught.value)
