"""Every test runs on one thread, on the processor and in strict mode, unless the environment says otherwise."""

import os
import sys

import pytest

for _name, _value in {"OMP_NUM_THREADS": "1", "SKIPLAB_DEVICE": "cpu", "SKIPLAB_STRICT": "1"}.items():
    os.environ.setdefault(_name, _value)


@pytest.fixture(autouse=True)
def one_thread():
    """One torch thread for tests that have loaded torch; the others never load it."""
    if "torch" in sys.modules and hasattr(sys.modules["torch"], "set_num_threads"):
        sys.modules["torch"].set_num_threads(1)


# After the conftest of tests/browser, which marks its own.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """One process runs a file, but for its slow tests; the long ones come first, so that no process is left alone with one."""
    for item in items:
        if not item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0]))
    items.sort(key=lambda item: next((i for i, mark in enumerate(("browser", "slow")) if item.get_closest_marker(mark)), 2))


def pytest_runtest_setup(item):
    if item.get_closest_marker("gpu"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("needs a CUDA device, and torch finds none")
