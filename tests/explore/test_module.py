"""The JavaScript of an explorer is one module, put together from all its files, each once and in order."""

import re
import shutil
import threading
from pathlib import Path

import pytest
from allowed import EXPLORERS
from test_push import Doubler

from skiplab import SkipExplorer
from skiplab.explore import canvas

pytestmark = pytest.mark.usefixtures("no_tables_sent")


LOADER = canvas.HOUSE / "explore/loader.js"  # which loads the module
FILES = sorted({path for path in canvas.HOUSE.glob("*/*.js") if path.parent.name in ("scene", "explore")} - {LOADER})
FORMULAS = sorted(canvas.HOUSE / f"explorers/{cls.__module__.rpartition('.')[2]}.js" for cls in EXPLORERS if cls.source == "closed")
ESM = canvas.put_together("explore/canvas.js")
DECLARED = re.compile(r"^(?:export )?(?:default )?(const|let|var|function\*?|async function\*?|class) ", re.MULTILINE)


def declared(text):
    """Names declared at the top level of a module, several in one statement too."""
    for found in DECLARED.finditer(text):
        rest = text[found.end() :]
        if found[1] in ("const", "let", "var"):
            for part in statement(rest):
                yield from re.findall(r"[A-Za-z_$][\w$]*", part if part[0] in "[{" else re.match(r"[\w$]+", part)[0])
        else:
            yield re.match(r"[\w$]+", rest)[0]


def statement(text):
    """The left sides of `a = 1, b = f(2, 3);`, split at commas and ended at the semicolon that no bracket or string holds."""
    parts, depth, quote, left = [""], 0, None, True
    for i, c in enumerate(text):
        if quote:
            quote = None if c == quote and text[i - 1] != "\\" else quote
            continue
        if c in "\"'`":
            quote = c
        depth += (c in "([{") - (c in ")]}")
        if depth == 0 and c in ",;":
            left = True
            if c == ";":
                break
            parts.append("")
        elif depth == 0 and c == "=":
            left = False
        elif left:
            parts[-1] += c
    return [part.strip() for part in parts]


def test_declared_names_are_found():
    text = 'const a = 1, b = [2, 3], c = "x, y = 4";\n  const inner = 1;\nexport function f(x) {\n  let y = 1, z;\n}\n'
    text += "let { d, e } = g;\nclass H {}\nexport async function k() {}\nexport const l = (m, n) => m, o = 2;\n"
    assert list(declared(text)) == list("abcfdeHklo")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_file_is_in_the_module_once(path):
    first = next(line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("import "))
    assert ESM.splitlines().count(first) == 1
    assert first.startswith("// ")
    for name in declared(path.read_text(encoding="utf-8")):
        assert re.search(rf"\b{re.escape(name)}\b", ESM)


def test_the_module_stands_alone():
    assert not re.search(r"^\s*(import|export)\b[^;]*\bfrom\b", ESM, re.MULTILINE)
    assert not re.search(r"^import\b", ESM, re.MULTILINE)
    assert "import(" not in ESM
    assert "http://" not in ESM
    assert "https://" not in ESM
    assert len(re.findall(r"^export default\b", ESM, re.MULTILINE)) == 1
    assert len(re.findall(r"\bexport\b", re.sub(r"//.*", "", ESM))) == 1


def test_no_name_is_declared_twice_at_the_top():
    names = list(declared(ESM))
    assert len(names) > 40
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_what_a_file_needs_comes_before_it():
    order = {path.name: ESM.index(path.read_text(encoding="utf-8").splitlines()[0]) for path in FILES}
    for path in FILES:
        for needed in canvas._IMPORT.findall(path.read_text(encoding="utf-8")):
            assert order[Path(needed).name] < order[path.name]


@pytest.mark.parametrize("path", FORMULAS, ids=lambda path: path.stem)
def test_a_formula_stands_where_it_is_called(path):
    text = canvas.put_together("explore/canvas.js", path)
    names = list(declared(text))
    assert names.count("formula") == 1
    assert "formula = undefined" not in text
    assert sorted({name for name in names if names.count(name) > 1}) == []
    assert len(re.findall(r"\bexport\b", re.sub(r"//.*", "", text))) == 1


def test_a_file_imported_twice_or_in_a_circle_is_put_in_once(tmp_path, monkeypatch):
    monkeypatch.setattr(canvas, "HOUSE", tmp_path)
    (tmp_path / "a.js").write_text('// a\nimport { b } from "./b.js";\nimport { c } from "./c.js";\nexport default { b, c };\n')
    (tmp_path / "b.js").write_text('// b\nimport { c } from "./c.js";\nexport const b = 1;\n')
    (tmp_path / "c.js").write_text('// c\nimport { b } from "./b.js";\nexport function c() { return b; }\n')
    text = canvas.put_together("a.js")
    assert [text.count(f"// {name}\n") for name in "abc"] == [1, 1, 1]
    assert text.count("import") == 0
    assert text.count("export") == 1
    assert text.index("// a") > max(text.index("// b"), text.index("// c"))


def test_while_developing_an_edit_reaches_the_explorers_that_are_there(tmp_path, monkeypatch):
    for room in ("explore", "scene", "explorers"):
        shutil.copytree(canvas.HOUSE / room, tmp_path / room, ignore=shutil.ignore_patterns("*.py*"))
    monkeypatch.setattr(canvas, "HOUSE", tmp_path)
    monkeypatch.setenv("ANYWIDGET_HMR", "1")
    canvas.put_together.cache_clear()
    explorer, other = Doubler(), SkipExplorer()
    try:
        for file in ("explore/tools.js", "explore/canvas.css"):
            (tmp_path / file).write_text((tmp_path / file).read_text() + "/* edited */\n")
        wait = threading.Event()
        for _ in range(500):
            if all("edited" in text for each in (explorer, other) for text in (each._code, each._css)):
                break
            wait.wait(0.02)
        assert all("edited" in text for each in (explorer, other) for text in (each._code, each._css))
    finally:
        explorer.close()
        other.close()
        canvas.put_together.cache_clear()
        canvas.style.cache_clear()
