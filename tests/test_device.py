"""One room says on what a cell runs, and believes a container's limits."""

import pytest
import torch

from skiplab import device


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
    assert device.device() in ("cpu", "mps")


def test_threads_are_one_unless_said(monkeypatch):
    monkeypatch.setenv("SKIPLAB_THREADS", "2")
    device.device()
    assert torch.get_num_threads() == 2
    monkeypatch.delenv("SKIPLAB_THREADS")
    device.device()
    assert torch.get_num_threads() == 1


def test_a_containers_limit_counts(monkeypatch, tmp_path):
    (tmp_path / "max").write_text("1000000\n")
    (tmp_path / "current").write_text("400000\n")
    monkeypatch.setattr(device, "_LIMITS", ((str(tmp_path / "max"), str(tmp_path / "current")),))
    assert device.memory() == (600_000, 1_000_000)
    (tmp_path / "max").write_text("max\n")
    free, total = device.memory()
    assert 1_000_000 < free <= total


def test_there_is_at_least_one_core():
    assert device.cores() >= 1
