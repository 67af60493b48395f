"""A seed gives the same networks, whatever else draws at the same time, and leaves other draws alone."""

import re
import threading
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

import skiplab
from skiplab.base.rng import drawing, seed_now, seeded
from skiplab.nets import recurrent, residual, unet
from skiplab.probe import recurrent as lags
from skiplab.probe import transformer as tokens

HOUSE = Path(skiplab.__file__).parent
GLOBAL = re.compile(r"fork_rng|set_rng_state|\btorch\.(cuda\.)?(manual_)?seed\w*\(|default_generator")
DRAWN = {
    "residual": partial(residual.mlp, 8, 3, 4),
    "U-Net": unet.unet,
    "GRU": partial(recurrent.net, "gru", 2, 1),
    "LSTM of torch": partial(nn.LSTM, 3, 4),
    "Transformer of torch": partial(nn.TransformerEncoderLayer, 8, 2),
    "convolution": partial(nn.Conv2d, 3, 4, 3),
    "embedding": partial(nn.Embedding, 5, 6),
    **{name: partial(getattr(nn.init, name), torch.empty(6, 6)) for name in (
        "uniform_", "normal_", "trunc_normal_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "orthogonal_")},
    "normal numbers like others": partial(torch.randn_like, torch.zeros(3, dtype=torch.float64)),
    "an order": partial(torch.randperm, 9),
}  # fmt: skip


def numbers(thing):
    parts = [thing] if isinstance(thing, torch.Tensor) else thing.state_dict().values()
    return torch.cat([part.flatten().double() for part in parts])


def test_a_seed_gives_what_it_gives_torch_and_torch_is_left_alone(subtests):
    for name in DRAWN:
        with subtests.test(name=name):
            torch.manual_seed(5)
            wanted = numbers(DRAWN[name]()).clone()
            torch.manual_seed(1)
            before = torch.get_rng_state()
            with drawing(5):
                found = numbers(DRAWN[name]())
            assert torch.equal(found, wanted)
            assert torch.equal(torch.get_rng_state(), before)


def test_the_shared_generator_goes_on_as_if_nothing_had_been():
    torch.manual_seed(1)
    first = torch.rand(2)
    torch.manual_seed(1)
    with seeded(5):
        inside = torch.rand(2)
    assert torch.equal(torch.rand(2), first)
    torch.manual_seed(5)
    assert torch.equal(torch.rand(2), inside)


def test_who_draws_can_ask_for_which_seed(monkeypatch):
    monkeypatch.setenv("SKIPLAB_FIRST_SEED", "1000")
    with drawing(1003):
        with drawing(1004):
            assert seed_now() == 4
        assert seed_now() == 3
    with pytest.raises(RuntimeError, match="seed_now: no network is being made"):
        seed_now()


def cells():
    return torch.cat([p.flatten() for cell in lags.draw(partial(recurrent.RNN, 4, 16), 8) for p in cell.parameters()])


def stacks():
    found = tokens.stacks(tokens.Config(), 6, seeds=2)
    return torch.cat([p.flatten() for blocks, _ in found for block in blocks for p in nn.ModuleList(block).parameters()])


def a_learners():
    torch.manual_seed(0)
    return torch.cat([p.flatten() for _ in range(20) for p in nn.Linear(16, 16).parameters()])


@pytest.mark.slow
@pytest.mark.parametrize("here", [cells, stacks, a_learners])
@pytest.mark.parametrize("there", [cells, stacks])
def test_what_draws_at_the_same_time_disturbs_nothing(here, there):
    alone, wanted, stop, others = here(), there(), threading.Event(), []

    def beside():
        while not stop.is_set():
            others.append(there())

    thread = threading.Thread(target=beside)
    thread.start()
    try:
        assert all(torch.equal(here(), alone) for _ in range(30))
    finally:
        stop.set()
        thread.join()
    assert others
    assert all(torch.equal(other, wanted) for other in others)


def drawers(house):
    """Modules that seed torch's shared generators."""
    return {path.relative_to(house).as_posix() for path in house.rglob("*.py") if GLOBAL.search(_code(path))}


def _code(path):
    """A module without what stands between triple quotes."""
    return re.sub(r'"""[\s\S]*?"""', "", path.read_text(encoding="utf-8"))


def test_nothing_else_seeds_the_generators_that_threads_share(tmp_path):
    assert drawers(HOUSE) == {"base/rng.py"}
    for text in ("torch.manual_seed(1)", "with torch.random.fork_rng():", "torch.cuda.manual_seed_all(0)", "torch.random.set_rng_state(s)"):
        (tmp_path / "one.py").write_text(text)
        assert drawers(tmp_path) == {"one.py"}
    (tmp_path / "one.py").write_text("draws = torch.Generator().manual_seed(1)")
    assert not drawers(tmp_path)
