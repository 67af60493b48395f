"""Refreshing stores what the cells gave, in one normal form, or leaves the notebook as it was and says why."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from nbformat import from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from skiplab import refresh

VIEW = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
REPORT = """import os
print(os.path.basename(os.getcwd()), flush=True)
print(*(os.environ[n] for n in ("OMP_NUM_THREADS", "SKIPLAB_DEVICE", "SKIPLAB_STRICT")))
"""


def store(path, *sources):
    notebook = new_notebook(cells=[new_markdown_cell("# é"), *map(new_code_cell, sources)])
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def run(*words, folder):
    command = [sys.executable, "-m", "skiplab.refresh", *map(str, words)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory):
    """Four notebooks refreshed by one call: the good one is stored, the others are not."""
    folder = tmp_path_factory.mktemp("lessons")
    widget = "import ipywidgets\nipywidgets.IntSlider()"
    paths = {
        "good": store(folder / "good.ipynb", REPORT, "", widget, "import sys\nsys.executable"),
        "failing": store(folder / "failing.ipynb", "1", "{}['depth']", "2"),
        "noisy": store(folder / "noisy.ipynb", "import sys\n_ = sys.stderr.write('careful')"),
        "dying": store(folder / "dying.ipynb", "import os\nos._exit(1)"),
    }
    before = {name: path.read_bytes() for name, path in paths.items()}
    done = run(*(path.name for path in paths.values()), folder=folder)
    return folder, paths, before, done


@pytest.mark.slow
def test_one_line_a_notebook_and_an_exit_code(refreshed):
    _, _, _, done = refreshed
    assert done.returncode == 1
    assert done.stdout.startswith("good.ipynb: ")
    assert done.stdout.endswith(" kB\n")
    assert done.stdout.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("failing", "failing.ipynb: cell 2 ({}) fails: KeyError: 'depth'\n"),
        ("noisy", "noisy.ipynb: cell 1 ({}) writes to stderr: careful\n"),
        ("dying", "dying.ipynb: cell 1 ({}) fails: the kernel died (out of memory?).\n"),
    ],
)
def test_a_bad_notebook_is_named_and_left_as_it_was(name, sentence, refreshed):
    folder, paths, before, done = refreshed
    cell = 2 if name == "failing" else 1
    assert sentence.format(json.loads(before[name])["cells"][cell]["id"]) in done.stderr
    assert done.stderr.count("\n") == 3
    assert paths[name].read_bytes() == before[name]
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in paths.values())


@pytest.mark.slow
def test_the_good_notebook_is_executed_here_and_stored(refreshed):
    folder, paths, before, _ = refreshed
    text = paths["good"].read_text(encoding="utf-8")
    stored = json.loads(text)
    title, report, empty, widget, python = stored["cells"]
    assert text == json.dumps(stored, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    assert "é" in title["source"][0]
    assert [output["text"] for output in report["outputs"]] == [[f"{folder.name}\n", "1 cpu 1\n"]]
    assert (empty["execution_count"], empty["outputs"]) == (None, [])
    assert widget["outputs"][0]["data"].keys() == {"text/plain"}
    assert python["outputs"][0]["data"]["text/plain"] == [repr(sys.executable)]
    assert [cell["execution_count"] for cell in (report, widget, python)] == [1, 2, 3]
    assert stored["metadata"] == {"kernelspec": refresh.KERNEL, "language_info": {"name": "python"}}
    assert [cell["id"] for cell in stored["cells"]] == [cell["id"] for cell in json.loads(before["good"])["cells"]]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="a POSIX signal")
def test_ctrl_c_stops_the_whole_run_and_leaves_the_notebook(tmp_path):
    path = store(tmp_path / "long.ipynb", "open('begun', 'w').close()\nimport time\ntime.sleep(100)")
    before = path.read_bytes()
    command = [sys.executable, "-m", "skiplab.refresh", "long.ipynb", "long.ipynb"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True) as child:
        deadline = time.monotonic() + 60
        while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(child.pid, signal.SIGINT)
        _, said = child.communicate(timeout=60)
    assert (child.returncode, said) == (130, "long.ipynb: stopped, and left as it was.\n")
    assert path.read_bytes() == before


# ---- the normal form --------------------------------------------------------------------------------------------

def executed(*outputs, **metadata):
    return new_notebook(cells=[new_code_cell("1", execution_count=9, outputs=list(outputs), metadata=metadata)])


def test_timings_and_widget_state_go_and_tags_stay():
    notebook = executed(execution={"iopub.status.busy": "now"}, tags=["raises-exception"])
    notebook.metadata = from_dict({"widgets": {"a": 1}, "language_info": {"name": "python", "version": "3.12.1"}})
    fresh = refresh.normalise(notebook)
    assert fresh.cells[0].metadata == {"tags": ["raises-exception"]}
    assert fresh.metadata.keys() == {"kernelspec", "language_info"}
    assert fresh.metadata.language_info == {"name": "python"}
    assert fresh.cells[0].execution_count == 1


def test_printed_pieces_become_one_output_only_where_nothing_stands_between():
    pieces = [new_output("stream", name="stdout", text=text) for text in ("a\n", "b\n", "c\n")]
    result = new_output("execute_result", data={"text/plain": "3"}, execution_count=9)
    outputs = refresh.normalise(executed(*pieces[:2], result, pieces[2])).cells[0].outputs
    assert [output.get("text") for output in outputs] == ["a\nb\n", None, "c\n"]
    assert outputs[1].execution_count == 1


def test_a_widget_view_goes_where_text_says_the_same():
    with_text = new_output("display_data", data={**VIEW, "text/plain": "Slider", "image/png": "eA=="})
    alone = new_output("display_data", data=dict(VIEW))
    outputs = refresh.normalise(executed(with_text, alone)).cells[0].outputs
    assert outputs[0].data == {"text/plain": "Slider", "image/png": "eA=="}
    assert outputs[1].data == VIEW


def test_a_cell_without_an_id_of_its_own_gets_one(tmp_path):
    cells = [{"cell_type": "code", "source": ["1\n", "2"], "metadata": {}, "outputs": [], "execution_count": 3, **given}
             for given in ({"id": "idea"}, {"id": "idea"}, {})]  # fmt: skip
    for minor, kept in ((5, "idea"), (4, None)):
        for cell in cells if minor == 4 else ():
            cell.pop("id", None)
        path = tmp_path / "a.ipynb"
        path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": minor, "metadata": {}, "cells": cells}))
        notebook = refresh.read(path)
        ids = [cell.id for cell in notebook.cells]
        assert (notebook.nbformat_minor, len(set(ids))) == (5, 3)
        assert kept in (None, ids[0])
        assert [(cell.source, cell.execution_count) for cell in notebook.cells] == [("1\n2", None)] * 3


def test_the_normal_form_is_its_own_normal_form():
    once = refresh.dump(refresh.normalise(executed(new_output("stream", name="stdout", text="a\nb"))))
    assert refresh.dump(refresh.normalise(from_dict(json.loads(once)))) == once


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = store(tmp_path / "a.ipynb", "1")
    before = path.read_bytes()

    def full(*paths):
        raise OSError("no space left")

    monkeypatch.setattr(refresh.os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        refresh.write(path, "new")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["", "[]", '{"nbformat": 3}', '{"nbformat": 4, "cells": [{"cell_type": "code"}]}'])
def test_what_is_no_notebook_is_refused(text, tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text(text)
    with pytest.raises(refresh.Refused, match="notebook"):
        refresh.read(path)
    with pytest.raises(refresh.Refused, match="FileNotFoundError"):
        refresh.read(tmp_path / "absent.ipynb")


def test_by_default_all_lessons_and_solutions_are_taken(tmp_path, monkeypatch):
    folder = tmp_path / "notebooks"
    (folder / "solutions").mkdir(parents=True)
    for name in ("01_b.ipynb", "00_a.ipynb", "solutions/00_a.ipynb", "notes.md"):
        (folder / name).touch()
    monkeypatch.setattr(refresh, "ROOT", tmp_path)
    names = [refresh.shown(path) for path in refresh.every_notebook()]
    wanted = [name.replace("/", os.sep) for name in ("notebooks/00_a.ipynb", "notebooks/01_b.ipynb", "notebooks/solutions/00_a.ipynb")]
    assert names == wanted
    assert [refresh.shown(path) for path in refresh.meant(Path("00"))] == [wanted[0], wanted[2]]
    assert refresh.meant(folder / "01_b.ipynb") == [folder / "01_b.ipynb"]
