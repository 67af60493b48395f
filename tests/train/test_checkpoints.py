"""A file that was cut short, or is none of ours, is told from a checkpoint; and saving never harms what was saved."""

import os
import pickle
import signal
import subprocess
import sys
import time

import pytest
import torch
from alone import digits, linear
from torch import nn

from skiplab.train import fit, loop
from skiplab.train.checkpoint import Checkpoint

HOW = {"loss": "cross_entropy", "seeds": 2, "batch": 5}


def saved(path, steps=6):
    fit(linear, *digits(), steps=steps, checkpoint=path, **HOW)
    return path.read_bytes()


def refused(path):
    with pytest.raises(ValueError, match=f"checkpoint: {path} cannot be read .*Delete it, or give another name"):
        fit(linear, *digits(), steps=6, checkpoint=path, **HOW)


def test_a_file_cut_short_anywhere_is_refused_and_kept(tmp_path):
    path = tmp_path / "run"
    whole = saved(path)
    for length in [*range(0, len(whole), len(whole) // 60), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="cannot be read"):
            Checkpoint(path, {})
        assert path.read_bytes() == whole[:length]
    refused(path)
    path.write_bytes(whole)
    assert fit(linear, *digits(), steps=6, checkpoint=path, **HOW).losses.shape == (2, 7)


class Bomb:
    """Runs when a pickle that holds it is read without care."""

    def __reduce__(self):
        return print, ("boom",)


NOT_OURS = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("loss 0.3\n"),
    "a pickle": lambda path: path.write_bytes(pickle.dumps({"task": {}, "parts": {}})),
    "a pickle with code": lambda path: path.write_bytes(pickle.dumps(Bomb())),
    "a torch file with code": lambda path: torch.save({"task": {}, "parts": {"0": Bomb()}}, path),
    "weights": lambda path: torch.save(linear().state_dict(), path),
    "a tensor": lambda path: torch.save(torch.ones(3), path),
    "other names": lambda path: torch.save({"task": 3, "parts": None}, path),
}


def test_a_file_that_is_no_checkpoint_is_refused_and_kept(tmp_path, capsys):
    for kind, write in NOT_OURS.items():
        write(path := tmp_path / kind)
        before = path.read_bytes()
        refused(path)
        assert path.read_bytes() == before, kind
    assert "boom" not in capsys.readouterr().out


@pytest.mark.parametrize("where", ["run", "folder/below/run"])
def test_a_place_that_cannot_be_written_is_known_beforehand(where, tmp_path):
    (tmp_path / "folder").write_text("a file, no folder")
    (tmp_path / "run").mkdir()
    (tmp_path / "run.new").mkdir()
    with pytest.raises(ValueError, match=r"checkpoint: .* cannot be written"):
        fit(linear, *digits(), steps=6, checkpoint=tmp_path / where, **HOW)


def test_folders_are_made(tmp_path):
    assert saved(tmp_path / "new" / "folder" / "run")


def test_a_full_disk_does_not_end_the_training(tmp_path, monkeypatch, capsys):
    def full(*args):
        raise OSError("No space left on device")

    monkeypatch.setattr(loop, "SAVE", 0)
    monkeypatch.setattr(torch, "save", full)
    run = fit(linear, *digits(), steps=6, checkpoint=tmp_path / "run", **HOW)
    assert run.losses.shape == (2, 7)
    assert capsys.readouterr().out.count("could not be written, the training goes on without: No space left") == 1


def test_what_was_saved_stays_until_the_new_is_whole(tmp_path, monkeypatch):
    path = tmp_path / "run"
    before = saved(path)

    def killed(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            fit(linear, *digits(), steps=9, checkpoint=path, **HOW)
    assert path.read_bytes() == before
    assert fit(linear, *digits(), steps=9, checkpoint=path, **HOW).losses.shape == (2, 10)
    assert [file.name for file in tmp_path.iterdir()] == ["run"]


SAVING = """
import sys
sys.path.insert(0, sys.argv[2])
from alone import digits, linear
from torch import nn
from skiplab.train import fit, loop
loop.SAVE = 0
fit(linear, *digits(), steps=100_000, minutes=1e6, checkpoint=sys.argv[1], loss="cross_entropy", seeds=2, batch=5)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a signal of POSIX")
def test_a_training_killed_while_it_saves_goes_on(tmp_path):
    path = tmp_path / "run"
    process = subprocess.Popen([sys.executable, "-c", SAVING, str(path), os.path.dirname(__file__)])
    while not path.exists() and process.poll() is None:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    steps = Checkpoint(path, {}).parts["0"]["step"]
    assert steps >= 1
    again = fit(linear, *digits(), steps=steps + 3, checkpoint=path, **HOW)
    assert (again.losses == fit(linear, *digits(), steps=steps + 3, **HOW).losses).all()


def test_a_file_with_one_flipped_bit_is_refused(tmp_path):
    path = tmp_path / "run"
    whole = saved(path)
    for bit in range(0, 8 * len(whole), 8 * len(whole) // 300):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        with pytest.raises(ValueError, match=r"cannot be read .*damaged"):
            Checkpoint(path, {})


class Zero(nn.Linear):
    """A network that gives nothing but zeros at the start; `act` comes before its matrix."""

    def __init__(self, act=torch.relu):
        super().__init__(4, 4)
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)
        self.act = act

    def forward(self, x):
        return super().forward(self.act(x))


def distance(out, y):
    return (out - y).abs().mean()


def swapped(kind):
    """Another function of the same name and constants."""
    other = {
        "square": lambda out, y: (out - y).square().mean(),
        "capped": lambda out, y: (out - y).abs().clamp(max=50.0).mean(),
        "signed": lambda out, y: (out - y).relu().mean() * 2,
        "weights": lambda p: p["weight"].square().sum(),
        "biases": lambda p: p["bias"].abs().sum(),
    }[kind]
    other.__name__ = other.__qualname__ = "size" if kind in ("weights", "biases") else "distance"
    return other


def size(p):
    return p["weight"].abs().sum()


def test_what_is_equal_at_the_start_is_another_training_all_the_same(tmp_path):
    x, path = digits()[0], tmp_path / "run"
    y = x.sign()
    given = {"make": Zero, "x": x, "y": y, "loss": distance, "penalty": size, "seeds": 2, "batch": 5, "steps": 3, "checkpoint": path}
    fit(**given)
    before = path.read_bytes()
    for change, words in (
        *(({"loss": swapped(kind)}, "loss was") for kind in ("square", "capped", "signed")),
        *(({"penalty": swapped(kind)}, "loss was") for kind in ("weights", "biases")),
        ({"penalty": None}, "loss was"),
        *(({"make": lambda act=act: Zero(act)}, "what the networks give was") for act in (torch.tanh, lambda x: -x.relu())),
    ):
        with pytest.raises(ValueError, match=f"belongs to another training: {words}"):
            fit(**(given | change))
        assert path.read_bytes() == before
    same = {"loss": lambda out, y: torch.mean(torch.abs(y - out)), "penalty": lambda p: p["weight"].norm(p=1)}
    assert fit(**(given | same | {"steps": 5})).losses.shape == (2, 6)


def test_a_loss_and_a_network_that_draw_are_known_again(tmp_path):
    given = {"make": lambda: nn.Sequential(Zero(), nn.Dropout(0.5)), "x": digits()[0], "y": digits()[0], "checkpoint": tmp_path / "run"}
    given |= {"loss": lambda out, y: (out - y + torch.rand(y.shape)).square().mean(), "seeds": 2}
    fit(steps=3, **given)
    assert fit(steps=6, **given).losses.shape == (2, 7)
