"""An explorer lives as long as a cell that made it or shows it; when the last of them runs again or is deleted, it is closed."""

from html import escape

from IPython import get_ipython

from skiplab.base import notebook
from skiplab.base.device import strict
from skiplab.scene import draw

HINT = "Run this cell"
_of, _now = {}, {}  # id of a cell -> its explorers; of `_now`, those of the run that goes on


def belongs(explorer):
    """Note that the cell at work made the explorer, or shows it."""
    shell = get_ipython()
    cell = _told(shell).get("cellId")
    if cell is not None:
        _now.setdefault(cell, set()).add(explorer)
        shell.events.register("post_run_cell", _after)


def show(explorer, data, metadata):
    """Display an explorer's bundle in the cell at work; saved without its kernel, the picture with its sentence is left of it."""
    belongs(explorer)
    if strict():
        return draw.present(data, metadata)
    said = data["text/plain"]
    hint = "" if said.startswith(HINT) else f" <b>{HINT} to move it.</b>"
    html = f"{data.get('text/html', '')}<p>{escape(said)}{hint}</p>"
    notebook.show({**data, "text/html": html}, metadata, explorer.layout.model_id)


def _after(result):
    """A cell has run: its explorers are those of this run alone."""
    before = [_of.pop(cell, set()) for cell in (result.info.cell_id, *_told(get_ipython()).get("deletedCells", ()))]
    while _now:
        cell, explorers = _now.popitem()
        _of.setdefault(cell, set()).update(explorers)
    for explorer in set().union(*before).difference(*_of.values()):
        explorer.close()


def _told(shell):
    """What the page says of the cell at work; {} where there is no notebook."""
    return shell.get_parent().get("metadata", {}) if hasattr(shell, "get_parent") else {}
