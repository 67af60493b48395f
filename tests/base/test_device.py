"""One room says on what a cell runs, and believes a container's limits."""

import itertools
import sys

import pytest
import torch

from skiplab import CPU_WHEELS
from skiplab.base import device
from skiplab.probe import stack as probe
from skiplab.probe import transformer as tokens


def test_the_environment_decides(monkeypatch):
    monkeypatch.setenv("SKIPLAB_DEVICE", "cpu")
    assert device.device() == "cpu"
    assert device.describe("cpu").startswith("cpu: ")
    monkeypatch.setenv("SKIPLAB_DEVICE", "tpu")
    with pytest.raises(ValueError, match=r"SKIPLAB_DEVICE.*'cuda'.*'tpu'"):
        device.device()


def test_a_device_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("SKIPLAB_DEVICE", "cuda")
    with pytest.raises(ValueError, match="has no 'cuda'"):
        device.device()
    monkeypatch.delenv("SKIPLAB_DEVICE")
    assert device.device() == "cpu"


def test_apples_card_has_to_be_asked_for_and_keeps_float64_on_the_processor(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.delenv("SKIPLAB_DEVICE")
    assert (device.device(), device.exact()) == ("cpu", "cpu")
    monkeypatch.setenv("SKIPLAB_DEVICE", "mps")
    assert (device.device(), device.exact()) == ("mps", "cpu")
    assert probe.inputs().device.type == "cpu"
    assert next(tokens.stacks(tokens.Config(), 2, seeds=1))[1].device.type == "cpu"


@pytest.fixture
def container(monkeypatch, tmp_path):
    """A container that may use a million bytes and uses 400,000."""
    for name, text in {"max": "1000000\n", "current": "400000\n"}.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(device, "_LIMITS", (tuple(str(tmp_path / name) for name in ("max", "current", "stat")),))
    return tmp_path


def test_a_containers_limit_counts(container):
    assert device.memory() == (600_000, 1_000_000)
    (container / "max").write_text("max\n")
    free, total = device.memory()
    assert 1_000_000 < free <= total


def test_what_a_container_keeps_of_files_is_as_good_as_free(subtests, container):
    for text, free in [
        ("anon 1\nfile 9\ninactive_file 30000\nactive_file 5\n", 630_000),
        ("inactive_file 10000\ntotal_inactive_file 30000\n", 630_000),
        ("anon 1\n", 600_000),
        ("no statistics at all", 600_000),
    ]:
        with subtests.test(text=text, free=free):
            (container / "stat").write_text(text)
            assert device.memory() == (free, 1_000_000)


def test_more_than_is_allowed_leaves_nothing(container):
    (container / "current").write_text("1200000\n")
    assert device.memory() == (0, 1_000_000)


QUICK, FULL = {"seeds": 8}, {"seeds": 64}


def test_a_preset_can_be_asked_for(subtests, monkeypatch):
    for place, (wanted, settings) in itertools.product(["cpu", "cuda"], [("quick", QUICK), ("full", FULL)]):
        with subtests.test(place=place, wanted=wanted, settings=settings):
            monkeypatch.setattr(device, "device", lambda place=place: place)
            monkeypatch.setenv("SKIPLAB_PRESET", wanted)
            assert device.preset(quick=QUICK, full=FULL) is settings


def test_a_graphics_card_takes_the_full_preset(subtests, monkeypatch):
    for place, settings in [("cpu", QUICK), ("mps", QUICK), ("cuda", FULL)]:
        with subtests.test(place=place, settings=settings):
            monkeypatch.setattr(device, "device", lambda place=place: place)
            monkeypatch.delenv("SKIPLAB_PRESET", raising=False)
            assert device.preset(quick=QUICK, full=FULL) is settings


def test_an_unknown_preset_is_named(monkeypatch):
    monkeypatch.setenv("SKIPLAB_PRESET", "huge")
    with pytest.raises(ValueError, match="SKIPLAB_PRESET: expected one of 'quick', 'full', got 'huge'"):
        device.preset(quick=QUICK, full=FULL)
    with pytest.raises(TypeError, match="full: expected a dict of settings, got 64"):
        device.preset(quick=QUICK, full=64)


def test_there_is_at_least_one_core():
    assert device.cores() >= 1


@pytest.mark.parametrize(
    ("version", "asked"),
    [("2.13.0+cpu", f'"torchvision==0.28.*" --index-url {CPU_WHEELS}'), ("2.13.0+cu130", '"torchvision==0.28.*"')],
)
def test_torchvision_is_asked_for_in_the_build_of_this_torch(monkeypatch, tmp_path, version, asked):
    monkeypatch.setattr(torch, "__version__", version)
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(ImportError) as problem:
        device.torchvision()
    assert str(problem.value) == f"torchvision is not installed: run %pip install {asked}"
    (tmp_path / "torchvision.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "torchvision")
    with pytest.raises(ImportError, match=r"do not fit \(operator .* not exist\): run %pip install --force-reinstall --no-deps") as problem:
        device.torchvision()
    assert f"{asked} and restart" in str(problem.value)
