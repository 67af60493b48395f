"""Every test runs on one thread, on the processor, strict and with nothing computed ahead, unless the environment says otherwise."""

import functools
import os
import re
import signal
import sys
from pathlib import Path

import pytest

for _name, _value in {"OMP_NUM_THREADS": "1", "SKIPLAB_DEVICE": "cpu", "SKIPLAB_STRICT": "1", "SKIPLAB_AHEAD": "0"}.items():
    os.environ.setdefault(_name, _value)

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as a shell leaves it in what it starts in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)

LESSONS = {path.name[:2]: path for path in sorted(Path(__file__).parent.glob("notebooks/[0-9][0-9]_*.ipynb"))}


@pytest.fixture(autouse=True)
def one_thread():
    """One torch thread for tests that have loaded torch; the others never load it."""
    if "torch" in sys.modules and hasattr(sys.modules["torch"], "set_num_threads"):
        sys.modules["torch"].set_num_threads(1)


def positive_number(text):
    if int(text) < 1:
        raise ValueError
    return int(text)


def pytest_addoption(parser):
    group = parser.getgroup("skiplab")
    group.addoption("--quick", action="store_true", help="no browser, no stored notebook, and nothing that is marked slow")
    group.addoption("--lesson", action="append", choices=LESSONS, help="a lesson, its exercises, explorers and browser test (repeatable)")
    group.addoption("--seeds", type=positive_number, metavar="N", help="only the claims of trained lessons, with N fresh batches of seeds")


def pytest_configure(config):
    """The claims of fresh seeds are listed one by one, and each process takes a lesson at a time."""
    if config.option.seeds and config.option.dist != "no":
        config.option.dist = "load"
    if config.option.seeds:
        config.option.verbose = max(1, config.option.verbose)


def pytest_collection_modifyitems(config, items):
    """Each process takes a file at a time; those that take longest come first, so that none is left alone with one at the end."""
    chosen, others = [], []
    for item in items:
        (chosen if wanted(item, config.option) else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = sorted(chosen, key=lambda item: 0 if "notebooks" in file_of(item) else 1 if "browser" in file_of(item) else 2)


def file_of(item):
    return item.nodeid.partition("::")[0]


def wanted(item, option):
    """Whether the options ask for that test."""
    if option.seeds:
        return "first_seed" in getattr(item, "fixturenames", ())
    if option.quick and (file_of(item).startswith(("tests/browser/", "notebooks/")) or item.get_closest_marker("slow")):
        return False
    return not option.lesson or any(name in told(item) for number in option.lesson for name in names(number))


@functools.cache
def names(number):
    """What a test of that lesson names: the notebook, its exercises, or an explorer in it."""
    return {LESSONS[number].stem, f"[nb{number}]", *re.findall(r"\w+Explorer", text_of(LESSONS[number]))}


def told(item):
    """A test's whole name; in the room of the explorers its file tells what it is about."""
    return item.nodeid + (text_of(item.path) if file_of(item).startswith("tests/explorers/") else "")


@functools.cache
def text_of(path):
    return path.read_text(encoding="utf-8")


def pytest_runtest_setup(item):
    if item.get_closest_marker("gpu"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("needs a CUDA device, and torch finds none")
