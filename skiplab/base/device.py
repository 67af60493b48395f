"""The same cells run on a processor or on a graphics card: this room decides which, and how much memory there is."""

import contextlib
import os
import platform
import re
from pathlib import Path

from skiplab import CPU_WHEELS
from skiplab.base.errors import need_choice, need_kind

DEVICES = ("cpu", "cuda", "mps")
_ROOT = Path("/")
_GROUPS = {  # where groups of version 2 and 1 stand: (limit, used, statistics), in bytes
    "": ("memory.max", "memory.current", "memory.stat"),
    "memory": ("memory.limit_in_bytes", "memory.usage_in_bytes", "memory.stat"),
}


def device():
    """The name of the device to train on: SKIPLAB_DEVICE if that is set, else "cuda" where there is one, else "cpu".

    "mps", Apple's, has to be asked for: the course was not tried on it, and networks this small gain nothing there.
    """
    import torch

    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted := os.environ.get("SKIPLAB_DEVICE"):
        if not there[need_choice("SKIPLAB_DEVICE", wanted, DEVICES)]:
            raise ValueError(f"SKIPLAB_DEVICE: this machine has no {wanted!r}; it has {', '.join(n for n in DEVICES if there[n])}.")
        return wanted
    return "cuda" if there["cuda"] else "cpu"


def exact():
    """The name of the device for float64 numbers: that of `device()`, but for "mps", which has none, the processor."""
    return "cpu" if device() == "mps" else device()


def describe(name):
    """The device in words, such as "cuda: NVIDIA H200" or "cpu: x86_64"."""
    import torch

    return f"{name}: {torch.cuda.get_device_name() if name == 'cuda' else platform.machine() or 'processor'}"


def memory():
    """(free, total) main memory in bytes, the limits of all control groups counted in that this process is in."""
    import psutil

    main = psutil.virtual_memory()
    free, total = main.available, main.total
    for *files, statistics in _limits():
        with contextlib.suppress(OSError, ValueError):  # no such file, or no limit in it
            limit, used = (int(file.read_text()) for file in files)
            if limit < main.total:
                free, total = min(free, limit - used + _given_back(statistics)), min(total, limit)
    return max(0, free), total


def _limits():
    """The files (limit, used, statistics) of each control group, from the process's own up to the root."""
    own = _ROOT / "proc" / "self" / "cgroup"
    for line in own.read_text().splitlines() if own.exists() else ():
        _, controllers, path = line.split(":", 2)
        for kind in _GROUPS.keys() & controllers.split(","):
            home = _ROOT / "sys" / "fs" / "cgroup" / kind
            group = home / path.lstrip("/")
            for folder in (group, *group.parents[: len(group.parts) - len(home.parts)]):
                yield [folder / name for name in _GROUPS[kind]]


def _given_back(statistics):
    """Bytes of files that the system keeps in a group's memory, and gives up when somebody needs it."""
    with contextlib.suppress(OSError):
        return max(map(int, re.findall(r"inactive_file (\d+)", statistics.read_text())), default=0)
    return 0


def cores():
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def torchvision():
    """The module torchvision. Raises ImportError, with what to type, where it is missing or was built for another torch."""
    import torch

    minor = int(torch.__version__.split(".")[1]) + 15  # since torch 2.0, which came with torchvision 0.15
    build = f'"torchvision==0.{minor}.*"' + f" --index-url {CPU_WHEELS}" * torch.__version__.endswith("+cpu")
    try:
        import torchvision
    except ImportError:
        raise ImportError(f"torchvision is not installed: run %pip install {build}") from None
    except RuntimeError as problem:  # as its own library says it
        how = f"run %pip install --force-reinstall --no-deps {build} and restart the kernel"
        raise ImportError(f"torchvision and torch {torch.__version__} do not fit ({problem}): {how}") from None
    return torchvision


def strict():
    """Whether notebooks are stored or checked now (SKIPLAB_STRICT=1), and not read by a learner."""
    return os.environ.get("SKIPLAB_STRICT") == "1"


def preset(quick, full):
    """`full` where there is a CUDA device, else `quick`; SKIPLAB_PRESET=full or quick decides otherwise."""
    settings = {"quick": need_kind("quick", quick, dict), "full": need_kind("full", full, dict)}
    wanted = os.environ.get("SKIPLAB_PRESET") or ("full" if device() == "cuda" else "quick")
    return settings[need_choice("SKIPLAB_PRESET", wanted, tuple(settings))]
