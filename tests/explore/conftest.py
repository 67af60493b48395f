"""Explorers compute in threads of their own; none is left at work when the next test begins."""

import threading

import pytest

from skiplab.explore.table_explorer import TableExplorer


@pytest.fixture(autouse=True)
def nobody_left_working():
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    for thread in left:
        thread.join(60)
    assert not any(thread.is_alive() for thread in left)


@pytest.fixture(scope="module")
def no_tables_sent():
    """Tables take seconds; they are made here where a frame is asked for, and not after each move of a slow dial."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TableExplorer, "_ship", lambda self, wanted: setattr(self, "_sent", wanted))
        yield
