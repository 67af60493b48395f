"""A data set is what it says, the same each time, and where it cannot be had it says why, soon."""

import importlib.machinery
import socket
import subprocess
import sys
import time
import types
import urllib.request

import numpy as np
import pytest
import torch

from skiplab import data
from skiplab.data import points

PICTURES = {
    "x": np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5), "y": np.array([0, 1, 1]),
    "x_test": np.full((2, 4, 5), 255, dtype=np.uint8), "y_test": np.array([1, 0]),
}  # fmt: skip


def same(one, other):
    return all(torch.equal(getattr(one, part), getattr(other, part)) for part in ("x", "y", "x_test", "y_test"))


def test_digits_are_scikit_learns_in_another_order():
    from sklearn.datasets import load_digits

    theirs, ours = load_digits(), data.digits()
    rows = torch.cat([torch.cat([ours.x, ours.x_test]) * 16, torch.cat([ours.y, ours.y_test])[:, None]], 1).numpy()
    truth = np.column_stack([theirs.data, theirs.target])
    assert np.array_equal(rows[np.lexsort(rows.T)], truth[np.lexsort(truth.T)])


def test_digits_have_their_sizes_and_every_class_on_both_sides():
    flat, images = data.digits(), data.digits(flat=False)
    assert (flat.x.shape, images.x.shape) == ((1200, 64), (1200, 1, 8, 8))
    assert (flat.x_test.shape, images.x_test.shape) == ((597, 64), (597, 1, 8, 8))
    assert (flat.x.dtype, flat.y.dtype, flat.y.shape, flat.y_test.shape) == (torch.float32, torch.int64, (1200,), (597,))
    assert (flat.x.min(), flat.x.max()) == (0, 1)
    assert torch.equal(images.x.flatten(1), flat.x)
    assert torch.equal(images.y_test, flat.y_test)
    assert (torch.bincount(flat.y).min(), torch.bincount(flat.y_test).min()) > (100, 50)


def test_fresh_seeds_split_the_digits_anew_and_the_course_always_as_it_was_written(monkeypatch):
    first = data.digits()
    assert first.y[:12].tolist() == FIRST_LABELS
    for seed in ("1000", str(10**12)):
        monkeypatch.setenv("SKIPLAB_FIRST_SEED", seed)
        fresh = data.digits()
        both = [{tuple(x.tolist()) for x in torch.cat([split.x, split.x_test])} for split in (first, fresh)]
        assert both[0] == both[1]
        test = [{tuple(x.tolist()) for x in split.x_test} for split in (first, fresh)]
        assert len(test[0] & test[1]) < 300
    monkeypatch.setenv("SKIPLAB_FIRST_SEED", "0")
    assert same(first, data.digits())


FIRST_LABELS = [2, 8, 2, 6, 6, 7, 1, 9, 8, 5, 2, 8]


def test_digits_do_not_import_scikit_learn():
    code = "import sys; from skiplab import data; data.digits(); print('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_folder_of_your_own_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("SKIPLAB_DATA", str(tmp_path))
    np.savez(tmp_path / "mnist.npz", **PICTURES)
    found = data.large("mnist")
    assert (found.x.shape, found.x_test.shape) == ((3, 1, 4, 5), (2, 1, 4, 5))
    assert torch.equal(found.x[:, 0] * 255, torch.tensor(PICTURES["x"]).float())
    assert (found.x_test == 1).all()
    assert (found.y.tolist(), found.y_test.tolist()) == ([0, 1, 1], [1, 0])
    coloured = {name: np.zeros((len(PICTURES[name]), 6, 7, 3), dtype=np.uint8) for name in ("x", "x_test")}
    np.savez(tmp_path / "cifar10.npz", **PICTURES | coloured)
    assert data.large("cifar10").x.shape == (3, 3, 6, 7)


def test_a_file_that_is_no_data_set_is_named(subtests, tmp_path, monkeypatch):
    monkeypatch.setenv("SKIPLAB_DATA", str(tmp_path))
    path = tmp_path / "cifar10.npz"
    for content, said in [
        (b"", "EOFError"),
        (b"PK\x03\x04 cut short", "BadZipFile"),
        ({"x": PICTURES["x"]}, "x, y, x_test and y_test"),
        (PICTURES | {"x": np.zeros((3, 4, 5))}, "float64"),
        (PICTURES | {"x": np.zeros(3, dtype=np.uint8)}, r"\(3,\)"),
        (PICTURES | {"x": np.zeros((0, 4, 5), dtype=np.uint8), "y": np.zeros(0, dtype=int)}, r"\(0, 4, 5\)"),
        (PICTURES | {"x_test": np.zeros((2, 5, 4), dtype=np.uint8)}, r"the test images as large, got uint8 \(2, 5, 4\)"),
        *[(PICTURES | {name: labels}, rf"one whole number from 0 to 99999 for each of {count} images.*{said}")
          for name, count in (("y", 3), ("y_test", 2)) for labels, said in [
              (np.zeros(count - 1, dtype=int), rf"\({count - 1},\)"), (np.zeros(count + 1, dtype=int), rf"\({count + 1},\)"),
              (np.zeros(0, dtype=int), r"\(0,\)"), (np.zeros((count, 1), dtype=int), rf"\({count}, 1\)"),
              (np.full(count, 0.5), r"float64 .*0\.5"),
              (np.full(count, -1), "-1"), (np.full(count, 2**63, dtype=np.uint64), "9223372036854775808")]],
    ]:  # fmt: skip
        with subtests.test(said=said):
            np.savez(path, **content) if isinstance(content, dict) else path.write_bytes(content)
            with pytest.raises(ValueError, match=f"cifar10.npz: expected.*{said}"):
                data.large("cifar10")


def test_a_damaged_file_is_named_or_holds_what_it_held(tmp_path, monkeypatch):
    monkeypatch.setenv("SKIPLAB_DATA", str(tmp_path))
    path, said = tmp_path / "mnist.npz", []
    np.savez_compressed(path, **PICTURES)
    whole, good, rng = path.read_bytes(), data.large("mnist"), np.random.default_rng(0)
    cut = [whole[:length] for length in rng.integers(0, len(whole), 60)]
    flipped = [bytes(byte ^ (1 << int(rng.integers(8)) if at == place else 0) for at, byte in enumerate(whole))
               for place in rng.integers(0, len(whole), 200)]  # fmt: skip
    for damaged in cut + flipped:
        path.write_bytes(damaged)
        try:
            found = data.large("mnist")
            assert all(torch.equal(old, new) for old, new in zip(vars(good).values(), vars(found).values(), strict=True))
        except ValueError as problem:
            said.append(str(problem))
    assert len(said) > len(cut)
    assert all(sentence.startswith(f"{path}: expected") for sentence in said)


class Stored:
    """What stands in for a data set of torchvision, which downloads only what is not in `root`."""

    address, downloads = None, 0

    def __init__(self, root, train=True, download=False):
        if "there" not in root:
            assert download
            Stored.downloads += 1
            if Stored.address:
                urllib.request.urlopen(Stored.address).close()
        part = "" if train else "_test"
        self.data, self.targets = torch.tensor(PICTURES[f"x{part}"]), PICTURES[f"y{part}"].tolist()


@pytest.fixture
def torchvision(monkeypatch):
    """A torchvision that has one data set."""
    monkeypatch.setattr(Stored, "downloads", 0)
    for name, parts in {"torchvision": {}, "torchvision.datasets": {"CIFAR10": Stored}}.items():
        module = types.ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        vars(module).update(parts)
        monkeypatch.setitem(sys.modules, name, module)
    sys.modules["torchvision"].datasets = sys.modules["torchvision.datasets"]


@pytest.mark.parametrize(("folder", "downloads"), [("there", 0), ("empty", 2)])
def test_torchvision_is_used_where_it_is_and_downloads_only_what_is_not_there(torchvision, folder, downloads, monkeypatch, tmp_path):
    monkeypatch.setenv("SKIPLAB_DATA", str(tmp_path / folder))
    found = data.large("cifar10")
    assert torch.equal(found.x[:, 0] * 255, torch.tensor(PICTURES["x"]).float())
    assert (found.y.dtype, found.y_test.tolist(), Stored.downloads) == (torch.int64, [1, 0], downloads)
    assert socket.getdefaulttimeout() is None


def test_a_server_that_never_answers_is_given_up_with_advice(torchvision, monkeypatch, tmp_path):
    monkeypatch.setenv("SKIPLAB_DATA", str(tmp_path))
    monkeypatch.setattr(points, "PATIENCE", 0.2)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(Stored, "address", f"http://127.0.0.1:{silent.getsockname()[1]}/")
        begin = time.perf_counter()
        with pytest.raises(FileNotFoundError, match=r"cifar10: not in .*cannot be downloaded.*SKIPLAB_DATA"):
            data.large("cifar10")
    assert time.perf_counter() - begin < 5
    assert socket.getdefaulttimeout() is None


def test_without_torchvision_the_message_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("SKIPLAB_DATA", str(tmp_path))
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(FileNotFoundError, match=r"put cifar10\.npz.*torchvision is not installed: run %pip install"):
        data.large("cifar10")
    monkeypatch.setattr(points.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match=r"sklearn: a/b is not installed; run pip install"):
        points.inside("sklearn", "a", "b")


def test_an_unknown_name_is_named():
    with pytest.raises(ValueError, match=r"name: .*'cifar10'.*'imagenet'"):
        data.large("imagenet")
