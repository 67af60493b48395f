"""The digits are there without a connection, in a package that is installed anyway; larger sets come from elsewhere.

All come as a `Split` of tensors on `device.device()`: a data set this small fits into memory whole, so no loader stands between it
and the network. The larger sets, CIFAR-10 and the like, come from a folder of yours or through torchvision.
"""

import functools
import gzip
import importlib.util
import os
import socket
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from skiplab.base.device import device, torchvision
from skiplab.base.errors import need_choice, need_flag
from skiplab.base.rng import jittered
from skiplab.base.seeds import first_seed

DIGITS_TRAIN = 1200  # of the 1797 digits; the other 597 are the test set
LARGE = {"cifar10": "CIFAR10", "cifar100": "CIFAR100", "mnist": "MNIST", "fashion_mnist": "FashionMNIST"}
MOST_CLASSES = 100_000
PATIENCE = 20  # s without an answer, after which a download is given up


@dataclass(frozen=True)
class Split:
    """Training and test examples: x (N, ...) float32, y (N,) int64 class numbers from 0, and x_test, y_test likewise."""

    x: torch.Tensor
    y: torch.Tensor
    x_test: torch.Tensor
    y_test: torch.Tensor

    @classmethod
    def of(cls, x, y, train):
        """The first `train` of the examples to train on, the others to test, on `device.device()`."""
        x, y = (part.to(device()) for part in (jittered(x), y))
        return cls(x[:train], y[:train], x[train:], y[train:])


def digits(flat=True):
    """The 1797 handwritten digits that ship with scikit-learn, 8 x 8 grey values from 0 to 1, in a shuffled split.

    x (1200, 64), or (1200, 1, 8, 8) with flat=False; y (1200,) from 0 to 9; 597 test examples. The split follows from
    `seeds.first_seed()`, so that with fresh seeds a claim is measured on other digits too. (Alpaydin and Kaynak 1998.)
    """
    x, y = _digits()
    order = np.random.RandomState(first_seed() % 2**32).permutation(len(x))  # a generator whose numbers never change
    x, y = x[order], y[order]
    x = torch.tensor(x if need_flag("flat", flat) else x.reshape(-1, 1, 8, 8))
    return Split.of(x, torch.tensor(y), DIGITS_TRAIN)


def large(name="cifar10"):
    """A larger image set: x (N, channels, height, width) from 0 to 1, y (N,).

    Taken from NAME.npz in the folder SKIPLAB_DATA (arrays x, y, x_test, y_test; images as bytes (N, height, width) or (N, height,
    width, channels), labels as whole numbers (N,)), else through torchvision, which downloads it into that folder. Raises
    FileNotFoundError, with what to do, where neither is there, and never waits longer than 20 s for an answer.
    """
    need_choice("name", name, tuple(LARGE))
    folder = Path(os.environ.get("SKIPLAB_DATA") or "~/.cache/skiplab").expanduser()
    file = folder / f"{name}.npz"
    parts = _from_file(file) if file.exists() else _through_torchvision(name, folder)
    x, y, x_test, y_test = (torch.as_tensor(np.asarray(part)) for part in parts)
    images = torch.cat([x, x_test]).float() / 255
    images = images[:, None] if images.ndim == 3 else images.movedim(-1, 1)  # (N, channels, height, width)
    return Split.of(images, torch.cat([y, y_test]).long(), len(x))


def inside(package, *parts):
    """The path of a file that ships inside an installed package, found without importing the package (which takes seconds and memory)."""
    spec = importlib.util.find_spec(package)
    path = Path(spec.submodule_search_locations[0], *parts) if spec and spec.submodule_search_locations else None
    if path is None or not path.exists():
        raise FileNotFoundError(f"{package}: {'/'.join(parts)} is not installed; run pip install -r requirements.txt.")
    return path


@functools.cache
def _digits():
    """All digits in the order of the file: (1797, 64) float32 and (1797,) int64."""
    with gzip.open(inside("sklearn", "datasets", "data", "digits.csv.gz"), "rt") as file:
        table = np.loadtxt(file, delimiter=",", dtype=np.int64)
    return (table[:, :-1] / 16).astype(np.float32), table[:, -1]


def _from_file(path):
    try:
        with path.open("rb") as file, np.load(file) as arrays:
            parts = [arrays[part] for part in ("x", "y", "x_test", "y_test")]
    except Exception as problem:  # a damaged file can raise anything
        raise ValueError(f"{path}: expected arrays x, y, x_test and y_test, got {type(problem).__name__}: {problem}.") from None
    for images, labels in zip(parts[::2], parts[1::2], strict=True):
        if images.dtype != np.uint8 or images.ndim not in (3, 4) or not len(images) or images.shape[1:] != parts[0].shape[1:]:
            what = "images as bytes of shape (N, height, width[, channels]), the test images as large"
            raise ValueError(f"{path}: expected {what}, got {images.dtype} {images.shape}.")
        if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu" or not 0 <= labels.min() <= labels.max() < MOST_CLASSES:
            what = f"one whole number from 0 to {MOST_CLASSES - 1} for each of {len(images)} images as their labels"
            raise ValueError(f"{path}: expected {what}, got {labels.dtype} {labels.shape}, {np.unique(labels)[:3].tolist()}.")
    return parts


def _through_torchvision(name, folder):
    """Training images and labels, then the test set's: torchvision downloads into `folder` what is not there."""
    advice = f"put {name}.npz with x, y, x_test and y_test into a folder and name it in SKIPLAB_DATA"
    usual = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)
    try:
        kind = getattr(torchvision().datasets, LARGE[name])
        sets = [kind(str(folder), train=train, download=True) for train in (True, False)]
    except ImportError as problem:
        raise FileNotFoundError(f"{name}: not in {folder}; {advice}. Or download it: {problem}") from None
    except (OSError, RuntimeError) as problem:
        raise FileNotFoundError(f"{name}: not in {folder}, and it cannot be downloaded ({problem}). Try later, or {advice}.") from None
    finally:
        socket.setdefaulttimeout(usual)
    return [part for found in sets for part in (found.data, found.targets)]
