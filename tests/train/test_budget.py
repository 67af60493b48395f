"""What would not fit is refused before it starts, with advice that is right; and the reckoning is near what is really used."""

import re
import subprocess
import sys
import time

import pytest
from alone import data
from torch import nn

from skiplab.base import device
from skiplab.train import TooMuch, budget, fit
from skiplab.train.task import Task

X, Y = (v.float() for v in data(64))


def wide(width=256):
    return nn.Sequential(nn.Linear(4, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 4))


@pytest.fixture
def container(monkeypatch, tmp_path):
    """A container with so many bytes free."""

    def make(free):
        for name, text in {"max": 10**9, "current": 10**9 - free}.items():
            (tmp_path / name).write_text(str(text))
        monkeypatch.setattr(device, "_limits", lambda: [[tmp_path / name for name in ("max", "current", "stat")]])

    return make


def asked(**how):
    """The bytes that are asked for, or None where it is trained."""
    looks = []
    try:
        fit(**({"make": wide, "x": X, "y": Y, "seeds": 4, "steps": 2, "watch": looks.append} | how))
    except TooMuch as problem:
        assert looks == []
        words = re.fullmatch(r"This training needs about (\d+) MB of memory, and (\d+) MB may be used. (.*)", str(problem))
        assert words[3] == "Ask for fewer seeds, a smaller batch or a smaller network."
        assert int(words[1]) > int(words[2])
        return int(words[1])
    assert looks
    return None


def test_too_little_memory_is_refused_and_the_advice_helps(container):
    weights = 4 * 4 * (256 * 256 + 256 * 10 + 4) / 2**20  # MB of four networks
    container(6 * 2**20)
    assert asked() == pytest.approx(4 * weights + 3 * 4 * 4 * (64 * 4 * 256 + 256 * 256) / 2**20, rel=0.35)
    assert asked(seeds=1) is None
    assert asked(make=lambda: wide(64)) is None
    container(12 * 2**20)
    many = (X.repeat(20, 1), Y.repeat(20, 1))
    assert asked(x=many[0], y=many[1]) > 12
    assert asked(x=many[0], y=many[1], batch=64) is None


def test_networks_that_do_not_fit_are_not_even_made(container):
    container(6 * 2**20)
    made = []
    assert asked(make=lambda: made.append(1) or wide(), seeds=200) > 100
    assert len(made) == 1
    made.clear()
    assert asked(make=lambda width: made.append(1) or wide(width), seeds=4, settings={w: {"width": w} for w in (250, 251, 252, 253)})
    assert len(made) == 4


def test_losses_and_shuffles_count(container):
    container(20 * 2**20)
    few = {"make": lambda: nn.Linear(4, 4), "seeds": 4}
    assert fit(**few, x=X, y=Y, steps=400_000, minutes=1e6, watch=lambda now: True).steps_made == 0
    assert asked(**few, steps=800_000) == pytest.approx(8 * 4 * 800_000 / 2**20, rel=0.1)
    many = (X.repeat(9000, 1), Y.repeat(9000, 1))
    assert asked(**few, x=many[0], y=many[1], batch=4) == pytest.approx(8 * 4 * len(many[0]) / 2**20, rel=0.1)


def test_chunks_are_as_large_as_memory_allows(container):
    container(80_000)
    assert [budget.at_once(size, "cpu") for size in (1, 1000, 2501, 10_001, 10**9)] == [10_000, 10, 3, 1, 1]


def test_convolutions_one_after_another_need_the_memory_of_one(container):
    def make():
        return nn.Sequential(nn.Unflatten(1, (1, 4)), *[nn.Conv1d(1, 1, 3, padding=1) for _ in range(10)], nn.Flatten())

    container(2**18)
    assert fit(make, X, Y, seeds=40, steps=1).ensemble.at_once == 1


@pytest.fixture
def slow(monkeypatch):
    """A step is believed to take two seconds."""
    monkeypatch.setattr(Task, "seconds_a_step", lambda self, ensemble, enough: 2.0)


def test_too_little_time_is_refused_and_the_advice_helps(slow):
    looks = []
    how = {"make": lambda: nn.Linear(4, 4), "x": X, "y": Y, "seeds": 2, "watch": looks.append}
    with pytest.raises(TooMuch, match=r"about 10 minutes, and minutes=1 are allowed. .*, for fewer steps, or allow it") as problem:
        fit(steps=300, minutes=1, **how)
    assert looks == []
    enough = int(re.search(r"minutes=(\d+)\.$", str(problem.value))[1])
    assert enough == 12
    assert fit(steps=300, minutes=enough, **how).losses.shape == (2, 301)
    assert fit(steps=29, minutes=1, **how).losses.shape == (2, 30)
    with pytest.raises(TooMuch, match="about 62 s, and minutes=1 are allowed"):
        fit(steps=31, minutes=1, **how)


def test_all_stacks_count_but_not_what_is_done_already(slow, tmp_path):
    def make(width):
        return nn.Sequential(nn.Linear(4, width), nn.Linear(width, 4))

    how = {"x": X, "y": Y, "seeds": 2, "settings": {3: {"width": 3}, 5: {"width": 5}}}
    with pytest.raises(TooMuch, match="about 2 minutes"):
        fit(make, steps=30, minutes=1, **how)
    fit(make, steps=30, minutes=2, checkpoint=tmp_path / "run", **how)
    assert fit(make, steps=30, minutes=1, checkpoint=tmp_path / "run", **how)[3].losses.shape == (2, 31)
    with pytest.raises(TooMuch, match="about 2 minutes"):
        fit(make, steps=60, minutes=1, checkpoint=tmp_path / "run", **how)


def test_a_real_step_is_timed():
    with pytest.raises(TooMuch, match=r"about .* s, and minutes=1e-09 are allowed"):
        fit(wide, X, Y, seeds=2, steps=21, minutes=1e-9)


def test_the_building_counts_as_well():
    def make():
        time.sleep(0.05)
        return nn.Linear(4, 4)

    with pytest.raises(TooMuch, match=r"about [56]\.?\d* s, and minutes=0.05 are allowed"):
        fit(make, X, Y, seeds=50, steps=1, minutes=0.05, settings={"a": {}, "b": {}})


MEASURE = """
import re, torch
from torch import nn
from skiplab.train import budget, fit
from skiplab.train.task import Task

def peak():
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])  # ru_maxrss would begin with the parent's

asked, needed = [], budget.needed
budget.needed = lambda *sizes: asked.append(needed(*sizes)) or asked[-1]
small = torch.randn(16, 4)
fit(lambda: nn.Sequential(nn.Linear(4, 4), nn.ReLU()), small, small, seeds=2, steps=2)
mlp = lambda: nn.Sequential(nn.Linear(64, 128), *[m for _ in range(6) for m in (nn.ReLU(), nn.Linear(128, 128))])
layer = lambda: (nn.BatchNorm2d(8, track_running_stats=False), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1))
conv = lambda: nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), *[m for _ in range(8) for m in layer()])
for make, x, y in ((mlp, (3072, 64), (3072, 128)), (conv, (192, 1, 32, 32), (192, 8, 32, 32))):
    before = peak()
    fit(make, torch.randn(x), torch.randn(y), seeds=4 if make is mlp else 2, steps=1)
    print(asked[-1] / (peak() - before), (peak() - before) / 2**20)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process is counted in other units elsewhere")
def test_the_reckoning_is_near_what_is_used():
    done = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, timeout=120, check=True)
    for line in done.stdout.splitlines():
        ratio, used = map(float, line.split())
        assert used > 50
        assert 1 / 3 < ratio < 3
    assert len(done.stdout.splitlines()) == 2
