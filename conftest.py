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


def pytest_collection_modifyitems(items):
    """Each process takes a file at a time; those that take longest come first, so that none is left alone with one at the end."""
    items.sort(key=lambda item: 0 if item.get_closest_marker("slow") else 1 if "browser" in item.path.parts else 2)


def pytest_runtest_setup(item):
    if item.get_closest_marker("gpu"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("needs a CUDA device, and torch finds none")
