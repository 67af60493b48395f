"""Every explorer shows and trains the same whatever a reader has set in torch."""

import numpy as np
import pytest
import torch

import skiplab
from skiplab.explore import table_explorer
from skiplab.explore.table_explorer import TableExplorer

NAMES = [name for name in skiplab.__all__ if name.endswith("Explorer") and not getattr(skiplab, name).takes]


@pytest.fixture
def reader():
    """A reader who computes in float64, without gradients, on two threads."""
    before = torch.get_default_dtype(), torch.get_num_threads()
    with torch.no_grad():
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(2)
        yield
    torch.set_default_dtype(before[0])
    torch.set_num_threads(before[1])


def numbers(explorer):
    """What an explorer draws as it stands: name -> array."""
    table_explorer._table.cache_clear()
    frame = type(explorer).frame(**explorer.values)
    return {name: np.asarray(value) for name, value in frame.items() if not isinstance(value, (str, list))}


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if issubclass(getattr(skiplab, name), TableExplorer)])
def test_an_explorer_shows_the_same(name, request):
    usual = numbers(getattr(skiplab, name)())
    request.getfixturevalue("reader")
    explorer = getattr(skiplab, name)()
    found = numbers(explorer)
    assert not explorer._error
    assert usual.keys() == found.keys()
    assert not [key for key in usual if usual[key].dtype.kind in "fiub" and not np.array_equal(usual[key], found[key], equal_nan=True)]


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if getattr(skiplab, name).button])
def test_a_button_does_the_same(name, reader):
    explorer = getattr(skiplab, name)()
    explorer.press().settle()
    assert not explorer._error
    assert explorer._done
