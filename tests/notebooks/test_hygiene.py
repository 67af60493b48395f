"""Strict nbval can be fooled; the hygiene check and these mutations close the gaps."""

import base64
import copy
import functools
import io
import os
import pkgutil
import re
import subprocess
import sys

import nbclient
import nbformat
import pytest
from course import ALL, LESSONS, code_cells, name, read
from hygiene import problems
from nbval.plugin import get_sanitize_patterns
from PIL import Image

from skiplab.lesson import exercises

NBVAL = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider"]


@pytest.mark.parametrize("path", ALL, ids=name)
def test_stored_notebook_is_clean(path):
    assert problems(path) == []


def test_the_lessons_are_numbered_and_each_has_its_solutions_and_its_exercises():
    assert LESSONS[0].name[:3] == "00_"
    assert all(re.match(r"\d\d_[a-z]", path.name) for path in LESSONS)
    assert len({path.name[:3] for path in LESSONS}) == len(LESSONS)
    assert [path.name for path in LESSONS] == [path.name for path in ALL[len(LESSONS) :]]
    assert [f"nb{path.name[:2]}" for path in LESSONS] == sorted(module.name for module in pkgutil.iter_modules(exercises.__path__))


def test_each_lesson_is_on_both_maps():
    maps = (LESSONS[0].parents[1] / "README.md").read_text(encoding="utf-8"), "".join(cell.source for cell in read(LESSONS[0]).cells)
    assert [path.name for path in LESSONS if path.name not in maps[0]] == []
    assert [path.name for path in LESSONS[1:] if path.name not in maps[1]] == []


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_lesson_has_every_part(path):
    text = "\n".join(cell.source for cell in read(path).cells)
    for part in ("After this notebook you can", "**Time:**", "**Before:**", "Predict first", "By hand", "What this does not show",
                 "## Exercises", "Find the bug", "**Summary.**", "**Papers.**", "shut this kernel down"):  # fmt: skip
        assert part in text, part
    assert len(set(re.findall(r'check\("([\w-]+)"', text))) >= 3
    assert "claim(" in text


def test_in_each_lesson_a_slider_of_the_readers_moves_something():
    for path in LESSONS:
        (cell,) = [cell for cell in code_cells(path) if cell.id == "own-slider"]
        assert re.search(r"jslink|observe|\.slider\(", cell.source), path.name


def stored(cell, pattern):
    """The index and text of the first stored output of the cell in which `pattern` is found."""
    for i, output in enumerate(cell.outputs):
        text = output.get("text", "") or output.get("data", {}).get("text/plain", "")
        if re.search(pattern, text):
            return i, text
    return None


def change_digit(notebook):
    """Add one to the first digit of a stored table."""
    cell = next(c for c in notebook.cells if c.cell_type == "code" and "table(" in c.source)
    i, text = stored(cell, r"\d\.\d")
    changed = re.sub(r"\d\.\d", lambda m: f"{(int(m[0][0]) + 1) % 10}{m[0][1:]}", text, count=1)
    cell.outputs[i].data["text/plain"] = changed


def change_verdict(notebook):
    cell = next(c for c in notebook.cells if c.cell_type == "code" and stored(c, "✓ holds"))
    i, text = stored(cell, "✓ holds")
    cell.outputs[i].text = text.replace("✓ holds", "✗ does not hold here", 1)


def change_measured(text):
    """The text with other digits, dots and numbers of lines in all that claims measured."""
    block = re.compile(r"^    measured: .*(\n {6}.*)*", re.MULTILINE)
    other = str.maketrans("0123456789•●◆│─", "1234567890●○─◆│")
    return block.sub(lambda found: f"{found[0].translate(other)}\n      more", text)


def change_constant(notebook):
    cell = next(c for c in notebook.cells if c.cell_type == "code" and "table(" in c.source)
    cell.source = cell.source.replace("(-1, 0, 0.5, 1, 2)", "(-1, 0, 0.5, 1, 3)")


def change_sentence(notebook):
    cell = next(c for c in notebook.cells if c.source == "SaddleExplorer()")
    cell.outputs[0].data["text/plain"] = cell.outputs[0].data["text/plain"].replace("112 steps", "113 steps")


def drop_counts(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = None, []


def drop_picture(notebook):
    cell = next(c for c in notebook.cells if c.source == "SaddleExplorer()")
    del cell.outputs[0].data["image/png"]


def blank_picture(notebook):
    cell, blank = next(c for c in notebook.cells if c.source == "SaddleExplorer()"), io.BytesIO()
    Image.new("RGB", (920, 430), "white").save(blank, "png")
    cell.outputs[0].data["image/png"] = base64.b64encode(blank.getvalue()).decode("ascii")


def drop_text(notebook):
    cell = next(c for c in notebook.cells if c.source == "SaddleExplorer()")
    del cell.outputs[1]


def shortened(path):
    """The lesson up to its first table: enough to be changed, and quick to run."""
    notebook = read(path)
    end = next(i for i, cell in enumerate(notebook.cells) if "\ntable(" in cell.source) + 1
    notebook.cells = notebook.cells[:end]
    return notebook


def written(notebook, folder):
    """The notebook as a file, and hygiene's problems with it."""
    path = folder / "mutant.ipynb"
    nbformat.write(notebook, path)
    return path, [problem for problem in problems(path) if "code cells of" not in problem]


def nbval(path):
    """nbval's exit code, and what it printed."""
    root = LESSONS[0].parents[1]
    flags = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=60", f"--nbval-sanitize-with={root}/tests/nbval_sanitize.cfg"]
    command = [*NBVAL, "-c", os.devnull, f"--rootdir={path.parent}", *flags, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=path.parent, check=False)
    return run.returncode, run.stdout


@pytest.mark.slow
def test_the_gate_lets_the_unchanged_notebook_pass(tmp_path):
    notebook = shortened(LESSONS[1])
    path, found = written(notebook, tmp_path)
    code, said = nbval(path)
    assert (found, code) == ([], 0), said
    assert f"{sum(c.cell_type == 'code' for c in notebook.cells)} passed" in said


CLAIMED = """\
from skiplab import claim
seeds = [0.1, 0.2, 0.4, 0.3, 0.15, 0.25, 0.1, 0.7]
claim("00.1", "Seven are below a half.", [seed < 0.5 for seed in seeds], {"all": seeds, "one": 3.0}, against=0.5)"""


@pytest.mark.slow
def test_the_gate_looks_away_from_what_was_measured_and_from_no_verdict(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CLAIMED)])
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute(env=os.environ | {"SKIPLAB_STRICT": "1"})
    output = notebook.cells[0].outputs[0]
    before, output.text = output.text, change_measured(output.text)
    assert output.text.count("○") != before.count("○")
    nbformat.write(notebook, path := tmp_path / "claimed.ipynb")
    assert nbval(path)[0] == 0
    change_verdict(notebook)
    nbformat.write(notebook, path)
    assert nbval(path)[0] == 1


def test_no_dot_or_digit_that_was_measured_is_compared_and_every_verdict_is(subtests):
    """nbval's own way to blank, over all that claims say in the stored notebooks."""
    patterns = get_sanitize_patterns((LESSONS[0].parents[1] / "tests/nbval_sanitize.cfg").read_text(encoding="utf-8"))
    blank = lambda text: functools.reduce(lambda now, pair: re.sub(*pair, now), patterns, text)  # noqa: E731
    for path in LESSONS:
        for cell in code_cells(path):
            for output in cell.outputs:
                text = output.get("text", "")
                if "✓ holds · " not in text:
                    continue
                with subtests.test(path.name, cell=cell.id):
                    assert blank(change_measured(text)) == blank(text)
                    assert all(word in blank(text) for line in re.findall("^✓ holds · .*", text, re.MULTILINE) for word in line.split())
                    for found in re.finditer("✓ holds", text):
                        other = f"{text[: found.start()]}✗ does not hold here{text[found.end() :]}"
                        assert blank(other) != blank(text)
                    strips = re.findall(r"^ +\S.*[─•●◆│]{3}", blank(text), re.MULTILINE)
                    assert strips == []


CHANGES = [change_digit, change_verdict, change_constant, change_sentence, drop_counts, drop_picture, blank_picture, drop_text]


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_the_gate_turns_red(change, tmp_path):
    notebook = shortened(LESSONS[1])
    before = copy.deepcopy(notebook)
    change(notebook)
    assert notebook != before
    path, found = written(notebook, tmp_path)
    assert found or nbval(path)[0] == 1  # which runs the notebook, a matter of seconds


TRAINED = """\
from skiplab import train
from skiplab.data import digits
from skiplab.nets import residual
data = digits()
run = train.fit(lambda: residual.mlp(64, 10, 8, width=8), data.x, data.y, seeds=2, steps=60, loss="cross_entropy")
print(f"the loss is {run.losses[0, -1]:.8f}")"""


@pytest.mark.slow
def test_a_raw_digit_of_a_training_turns_red_where_rounding_differs(tmp_path, monkeypatch):
    """What SKIPLAB_JITTER is for: on this machine the stored digit is right, and on another it would not be."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(TRAINED)])
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    path, _ = written(notebook, tmp_path)
    assert nbval(path)[0] == 0
    monkeypatch.setenv("SKIPLAB_JITTER", "1e-6")
    code, said = nbval(path)
    assert code == 1
    assert "the loss is" in said


def test_nbval_compares_every_code_cell(request):
    """As many nbval items are collected as there are code cells, and almost all of them have something to compare."""
    collected = [item for item in request.session.items if "nbval" in type(item).__module__]
    if not collected:
        pytest.skip("the notebooks were not collected in this run")
    cells = [cell for path in ALL for cell in code_cells(path)]
    assert len(collected) == len(cells)
    assert sum(bool(cell.outputs) for cell in cells) > len(cells) / 2
