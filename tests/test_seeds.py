"""A seed gives the same networks, whatever else draws at the same time."""

import re
import threading
from functools import partial
from pathlib import Path

import pytest
import torch

import skiplab
from skiplab import lags, tokens
from skiplab.nets import recurrent
from skiplab.seeds import first_seed, seeded

HOUSE = Path(skiplab.__file__).parent
GLOBAL = re.compile(r"fork_rng|set_rng_state|\btorch\.(cuda\.)?(manual_)?seed\w*\(|default_generator")


def test_first_seed_is_a_whole_number(monkeypatch):
    monkeypatch.setenv("SKIPLAB_FIRST_SEED", "1000")
    assert first_seed() == 1000
    monkeypatch.setenv("SKIPLAB_FIRST_SEED", "many")
    with pytest.raises(ValueError, match=r"SKIPLAB_FIRST_SEED.*'many'"):
        first_seed()


def test_draws_inside_leave_those_outside_alone():
    torch.manual_seed(1)
    first = torch.rand(2)
    torch.manual_seed(1)
    with seeded(5):
        torch.rand(7)
    assert torch.equal(torch.rand(2), first)


def cells():
    return torch.cat([p.flatten() for cell in lags.draw(partial(recurrent.RNN, 4, 16), 8) for p in cell.parameters()])


def stacks():
    found = tokens.stacks(tokens.Setting(), 6, seeds=2)
    return torch.cat([p.flatten() for blocks, _ in found for block in blocks for p in torch.nn.ModuleList(block).parameters()])


@pytest.mark.parametrize("draw", [cells, stacks])
def test_two_threads_that_draw_at_the_same_time_do_not_disturb_each_other(draw):
    alone, stop, others = draw(), threading.Event(), []

    def beside():
        while not stop.is_set():
            others.append(draw())

    thread = threading.Thread(target=beside)
    thread.start()
    try:
        assert all(torch.equal(draw(), alone) for _ in range(30))
    finally:
        stop.set()
        thread.join()
    assert others
    assert all(torch.equal(other, alone) for other in others)


def drawers(house):
    """Modules that seed torch's shared generators."""
    return {path.relative_to(house).as_posix() for path in house.rglob("*.py") if GLOBAL.search(path.read_text(encoding="utf-8"))}


def test_nothing_else_seeds_the_generators_that_threads_share(tmp_path):
    assert drawers(HOUSE) == {"seeds.py"}
    for text in ("torch.manual_seed(1)", "with torch.random.fork_rng():", "torch.cuda.manual_seed_all(0)", "torch.random.set_rng_state(s)"):
        (tmp_path / "one.py").write_text(text)
        assert drawers(tmp_path) == {"one.py"}
    (tmp_path / "one.py").write_text("draws = torch.Generator().manual_seed(1)")
    assert not drawers(tmp_path)
