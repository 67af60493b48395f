"""What the tests of the command and of its environment share."""

import pytest
from clones import make

from skiplab import install, start


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A repository without notebooks, pins or network, of which `start` and `install` believe that they are in it."""
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("SKIPLAB_DEVICE", raising=False)
    root = make(tmp_path / "a clone")
    for room in (start, install):
        monkeypatch.setattr(room, "ROOT", root)
    return root
