"""Executes the notebooks and stores them in one normal form: `python3 -m skiplab refresh [notebooks ...]`."""

import argparse
import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import nbformat
import nbformat.validator
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from skiplab.base.say import say
from skiplab.teaching import page

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "SKIPLAB_DEVICE": "cpu", "SKIPLAB_STRICT": "1"}
ENVIRONMENT |= dict.fromkeys(("SKIPLAB_FIRST_SEED", "SKIPLAB_JITTER", "SKIPLAB_PRESET", "SKIPLAB_THREADS"), "")
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
PASSING = ("execution", "widgets", "collapsed", "scrolled", "trusted", "vscode", "colab", "id", "outputId")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
SECONDS_A_CELL = 300


class Refused(Exception):
    """Says in one sentence why a notebook is not stored."""


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python3 -m skiplab refresh", description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, help="files, or numbers such as 03; default: all lessons and solutions")
    args = parser.parse_args(argv)
    refusals, wanted = 0, [path for given in args.notebooks for path in meant(given)] or every_notebook()
    for path in wanted:
        try:
            say(refresh(path), flush=True)
        except Refused as refused:
            print(f"{shown(path)}: {refused}", file=sys.stderr, flush=True)
            refusals += 1
        except KeyboardInterrupt:
            print(f"{shown(path)}: stopped, and left as it was.", file=sys.stderr, flush=True)
            return 130
    if set(lessons()) & {path.resolve() for path in wanted}:
        write(ROOT / "docs" / "teaching.md", page(lessons()))
    return 1 if refusals else 0


def lessons():
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def every_notebook():
    return lessons() + sorted((ROOT / "notebooks" / "solutions").glob("*.ipynb"))


def meant(given):
    """The files of a path, or of the number of a lesson: the lesson and its solutions."""
    return [path for path in every_notebook() if path.name.startswith(f"{given}_")] or [given]


def shown(path):
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def refresh(path):
    """Gives the line to print; raises Refused and leaves the file as it was where the notebook cannot be stored."""
    begin = time.perf_counter()
    fresh = normalise(execute(read(path), path.parent))
    refuse_stderr(fresh)
    write(path, text := dump(fresh))
    return f"{shown(path)}: {time.perf_counter() - begin:.0f} s, {len(text.encode()) / 1000:.0f} kB"


def read(path):
    """The notebook in the file without what an earlier run left; a cell without an id of its own gets one."""
    try:
        stored = path.read_text(encoding="utf-8")
        with warnings.catch_warnings(action="ignore"):  # of the cells without ids
            _, notebook = nbformat.validator.normalize(nbformat.v4.upgrade(nbformat.reads(stored, as_version=4)))
        nbformat.validate(notebook)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, nbformat.ValidationError) as error:
        first_line = str(error).splitlines()[0]
        raise Refused(f"cannot be read as a notebook ({type(error).__name__}: {first_line}).") from None
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    return notebook


def execute(notebook, folder):
    running = [0]
    client = NotebookClient(
        notebook, timeout=SECONDS_A_CELL, kernel_name="python3", resources={"metadata": {"path": str(folder)}},
        store_widget_state=False, record_timing=False, on_notebook_start=let_ctrl_c_stop,
        on_cell_start=lambda cell, cell_index: running.append(cell_index),
    )  # fmt: skip
    client.create_kernel_manager().kernel_spec_manager = KernelSpecManager(kernel_dirs=[])
    try:
        return client.execute(env={**os.environ, **ENVIRONMENT}, stderr=subprocess.DEVNULL)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise Refused(f"{label(notebook.cells, running[-1])} fails: {reason(error)}") from None


def let_ctrl_c_stop(notebook):
    """nbclient takes Ctrl-C for the death of one kernel; it should stop the whole run."""
    with contextlib.suppress(RuntimeError):
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)


def label(cells, index):
    return f"cell {index} ({cells[index]['id']})"


def reason(error):
    if isinstance(error, CellExecutionError):
        return f"{error.ename}: {error.evalue}".strip().splitlines()[0]
    if isinstance(error, CellTimeoutError):
        return f"it takes more than {SECONDS_A_CELL} s."
    return "the kernel died (out of memory?)."


def refuse_stderr(notebook):
    """nbval compares stored text exactly, and warnings hold paths and line numbers of one machine."""
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise Refused(f"{label(notebook.cells, index)} writes to stderr: {output.text.strip().splitlines()[0]}")


def normalise(notebook):
    """The same notebook without timings, widget state, widget views or names of this computer; counts run from 1."""
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    count = 0
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in cell.metadata if key not in PASSING})
        if cell.cell_type == "code" and cell.execution_count is not None:
            count += 1
            cell.execution_count = count
            cell.outputs = tidy(cell.outputs, count)
    return notebook


def tidy(outputs, count):
    kept = []
    for output in outputs:
        if output.output_type == "stream" and kept and kept[-1].get("name") == output.name:
            kept[-1].text += output.text
            continue
        if output.output_type == "execute_result":
            output.execution_count = count
        if "text/plain" in output.get("data", {}):
            output.data.pop(WIDGET_VIEW, None)
        kept.append(output)
    return kept


def dump(notebook):
    nbformat.validate(notebook)
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def write(path, text):
    """Whoever reads the file, or stops this program, finds the old notebook or the new one, never half of one."""
    beside = path.with_name(path.name + ".part")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
