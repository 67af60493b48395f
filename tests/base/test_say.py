"""What the package prints arrives on every screen, whatever its encoding."""

import ast
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

import skiplab
from skiplab.base.say import say

HOUSE = Path(skiplab.__file__).parent
WHOLE = """
import importlib, pkgutil
from skiplab import check, claim, draw, show_source
from skiplab.lesson import checks, exercises
from skiplab.scene.tables import table
for lesson in pkgutil.iter_modules(exercises.__path__):
    importlib.import_module(f"{exercises.__name__}.{lesson.name}")
for name in checks.exercises:
    check(name)
    check(name, None)
check("01-b", 0.6**0.5)
claim("λ.1", "α − λ holds.", True, {"ρ": [1.0]})
claim("λ.2", "½ fails.", False)
table(["λ"], {"∇": ["−1"]})
show_source(check)
"""


@pytest.fixture
def screen(monkeypatch):
    """A standard output with the given encoding, and what arrived there."""

    def of(encoding):
        stream = io.TextIOWrapper(io.BytesIO(), encoding, newline="\n")
        monkeypatch.setattr(sys, "stdout", stream)
        return stream

    return of


def test_what_an_encoding_lacks_is_printed_by_name(screen, subtests):
    for encoding, text in [("ascii", r"\N{CHECK MARK} \N{MINUS SIGN}1 a"), ("cp1252", r"\N{CHECK MARK} \N{MINUS SIGN}1 a"),
                           ("utf-8", "✓ −1 a"), ("utf-16-le", "✓ −1 a")]:  # fmt: skip
        with subtests.test(encoding=encoding):
            out = screen(encoding)
            say("✓ −1 a", end="!", flush=True)
            assert out.buffer.getvalue().decode(encoding) == text + "!"
            assert out.errors == "strict"


def test_a_screen_that_is_no_file_or_none_is_printed_to_as_it_is(monkeypatch):
    for out in (io.StringIO(), None):
        monkeypatch.setattr(sys, "stdout", out)
        say("✓")
        assert out is None or out.getvalue() == "✓\n"


def test_a_half_surrogate_arrives_as_well(screen):
    out = screen("utf-8")
    say("\ud800", flush=True)
    assert out.buffer.getvalue() == b"\\ud800\n"


SHELL = "from IPython import get_ipython"  # which prints nothing


def prints(text, widgets=False):
    """Lines of a module's text in which it prints to standard output by itself, or takes what may print from IPython."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "sys.stdout.write"):
            if not any(word.arg == "file" and ast.unparse(word.value) == "sys.stderr" for word in node.keywords):
                yield node.lineno
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("IPython") and not widgets and ast.unparse(node) != SHELL:
            yield node.lineno


def test_all_that_is_printed_is_printed_by_say():
    texts = {path.relative_to(HOUSE).as_posix(): path.read_text(encoding="utf-8") for path in HOUSE.rglob("*.py")}
    widgets = ("train/progress.py", "base/notebook.py", "explore/cells.py")  # which a terminal never sees
    found = {name: list(prints(text, widgets=name in widgets)) for name, text in texts.items()}
    assert {name: lines for name, lines in found.items() if lines} == {}
    planted = 'from IPython.display import display\nprint("a")\nprint("b", file=sys.stderr)\nsys.stdout.write("c")\n'
    assert list(prints(planted)) == [1, 2, 4]


def test_every_exercise_and_claim_is_said_on_an_old_terminal(subtests):
    for encoding in ("cp1252", "ascii"):
        with subtests.test(encoding=encoding):
            environment = os.environ | {"PYTHONIOENCODING": encoding, "SKIPLAB_STRICT": "0", "PYTHONPATH": str(HOUSE.parent)}
            done = subprocess.run([sys.executable, "-c", WHOLE], env=environment, capture_output=True, timeout=300, check=False)
            assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
            assert rb"\N{CHECK MARK} 01-b " in done.stdout
            assert rb"\N{BALLOT X} does not hold here" in done.stdout
