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


NAMES = {1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "memory.stat"), 2: ("memory.max", "memory.current", "memory.stat")}


@pytest.fixture
def groups(monkeypatch, tmp_path):
    """A machine of one's own: (version, path of this process's group, path of a group -> its limit, use and statistics)."""

    def make(name, version, own, files):
        root = tmp_path / name
        (root / "proc" / "self").mkdir(parents=True)
        line = f"0::{own}" if version == 2 else f"9:cpu,cpuacct:/else\n4:memory:{own}\n1:name=systemd:/\n0::/"
        (root / "proc" / "self" / "cgroup").write_text(line + "\n")
        for path, texts in files.items():
            folder = root / "sys" / "fs" / "cgroup" / ("memory" if version == 1 else "") / path.strip("/")
            folder.mkdir(parents=True, exist_ok=True)
            for file, text in zip(NAMES[version], texts, strict=False):
                (folder / file).write_text(f"{text}\n")
        monkeypatch.setattr(device, "_ROOT", root)

    return make


def test_every_group_from_the_processes_own_to_the_root_counts(subtests, groups):
    no_limit, large = {1: 2**63 - 4096, 2: "max"}, 10**7
    for version, (name, own, files, memory) in itertools.product((1, 2), [
        ("root", "/", {"/": (large, 4 * 10**6)}, (6 * 10**6, large)),
        ("own", "/a/b", {"/": ("max", 1), "/a": (large, 1), "/a/b": (10**6, 400_000)}, (600_000, 10**6)),
        ("parent", "/a/b", {"/a": (10**6, 400_000), "/a/b": ("max", 1)}, (600_000, 10**6)),
        ("neighbours", "/a/b", {"/a": (large, large - 5), "/a/b": (10**6, 400_000)}, (5, 10**6)),
        ("beside", "/a/b", {"/a/c": (10**6, 400_000), "/a": (large, 0)}, (large, large)),
        ("another root", "/docker/x", {"/": (10**6, 400_000)}, (600_000, 10**6)),
        ("more than is allowed", "/a", {"/a": (10**6, 1_200_000)}, (0, 10**6)),
        ("files", "/a", {"/a": (10**6, 400_000, "anon 1\nfile 9\ninactive_file 30000\nactive_file 5")}, (630_000, 10**6)),
        ("files of all", "/a", {"/a": (10**6, 400_000, "inactive_file 10000\ntotal_inactive_file 30000")}, (630_000, 10**6)),
        ("no statistics", "/a", {"/a": (10**6, 400_000, "none at all")}, (600_000, 10**6)),
    ]):  # fmt: skip
        with subtests.test(version=version, name=name):
            files = {path: [no_limit[version] if text == "max" else text for text in texts] for path, texts in files.items()}
            groups(f"{name} {version}", version, own, files)
            assert device.memory() == memory


def test_without_groups_or_limits_memory_is_the_machines(groups, tmp_path, monkeypatch):
    groups("no limit", 2, "/a", {"/a": ("max", 1)})
    free, total = device.memory()
    assert 10**8 < free <= total
    monkeypatch.setattr(device, "_ROOT", tmp_path / "nothing")
    assert device.memory()[1] == total


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
    with pytest.raises(TypeError, match="full: expected a dict, got 64"):
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
