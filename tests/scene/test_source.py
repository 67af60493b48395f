"""The source of whatever a cell defines or imports can be shown, and what has none is named."""

import pytest
from IPython.core.interactiveshell import InteractiveShell

from skiplab import Skip
from skiplab.scene import draw

CELL = '''
from torch import nn
from skiplab import show_source

def double(x):
    return 2 * x

class Block(nn.Module):
    """Defined in a cell."""

    def forward(self, x):
        return x

class Other(Block):
    size = 3

    @property
    def twice(self):
        return double(self.size)

    def __init__(self):
        super().__init__()
'''


@pytest.fixture
def shown(monkeypatch):
    """What is displayed: a list of texts."""
    found = []
    monkeypatch.setattr("IPython.display.display", lambda data, **how: found.append(data["text/plain"]))
    return found


def test_what_a_cell_defines_is_shown(shown):
    shell = InteractiveShell()
    shell.run_cell(CELL, store_history=True).raise_error()
    for name in ("double", "Block", "Other"):
        shell.run_cell(f"show_source({name})", store_history=True).raise_error()
    function, block, other = shown
    assert function == "def double(x):\n    return 2 * x\n"
    assert block.startswith("class Block(nn.Module):\n")
    assert block.endswith("def forward(self, x):\n        return x\n")
    assert other.startswith("class Other(Block):\n    size = 3\n")
    assert other.endswith("super().__init__()\n")
    shell.run_cell(CELL.replace("return x\n", "return -x\n"), store_history=True).raise_error()
    shell.run_cell("show_source(Block)", store_history=True).raise_error()
    assert "return -x" in shown[-1]


def test_what_is_imported_is_shown_and_what_has_no_source_is_named(shown):
    draw.show_source(Skip)
    assert shown[0].startswith("class Skip(nn.Module):")
    for thing in (3, int, len, "text", type("Made", (), {})):
        with pytest.raises(ValueError, match="thing: expected a class or function whose source can be found"):
            draw.show_source(thing)
