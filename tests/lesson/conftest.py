"""The tests of this room judge answers as `check` does from the second look on."""

import pytest

from skiplab.lesson import checks


@pytest.fixture(autouse=True)
def bugs_met(monkeypatch):
    """As if every bug had been seen before."""
    monkeypatch.setattr(checks, "met", _All())


class _All(set):
    """A set that has everything until something is taken out."""

    def __contains__(self, name):
        return not super().__contains__(name)

    add, discard = set.discard, set.add
