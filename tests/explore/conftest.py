"""Explorers compute in threads of their own; none is left at work when the next test begins."""

import threading

import pytest


@pytest.fixture(autouse=True)
def nobody_left_working():
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    for thread in left:
        thread.join(60)
    assert not any(thread.is_alive() for thread in left)
