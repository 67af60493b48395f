"""Weights that others have trained for weeks, in our networks: for those who have torchvision and a connection.

Both networks list their weights in the same order, so that each finds its place by order and shape.
"""

import hashlib
import os
import shutil
import urllib.request
from pathlib import Path

import torch

from skiplab.base.device import torchvision
from skiplab.base.errors import need_choice
from skiplab.nets import residual

SECONDS = 10  # without an answer, after which a download gives up
NETS = {
    "resnet18": ((2, 2, 2, 2), "basic"),
    "resnet34": ((3, 4, 6, 3), "basic"),
    "resnet50": ((3, 4, 6, 3), "bottleneck"),
}


class NotThere(RuntimeError):
    """Says what is missing, and how to get it."""


def resnet(name="resnet34"):
    """(network, class names, preprocessing): a ResNet trained on ImageNet, ready for pictures (B, 3, 224, 224).

    The preprocessing takes a PIL picture or a tensor (3, H, W). Raises NotThere without torchvision or a connection.
    """
    blocks, kind = NETS[need_choice("name", name, tuple(NETS))]
    try:
        weights = torchvision().models.get_model_weights(name).IMAGENET1K_V1
    except ImportError as problem:
        raise NotThere(f"Published weights need torchvision, everything else works without. {problem}") from None
    net = residual.resnet(blocks, kind)
    place(torch.load(fetched(weights.url), weights_only=True, map_location="cpu"), net)
    return net.eval(), weights.meta["categories"], weights.transforms()


def place(weights, net):
    """Give the net, in place, weights of the same architecture from elsewhere: a state dict whose names may differ, not its order."""
    ours = net.state_dict()
    theirs = {name: tensor for name, tensor in weights.items() if "num_batches_tracked" not in name}
    names = [name for name in ours if "num_batches_tracked" not in name]
    if [ours[name].shape for name in names] != [tensor.shape for tensor in theirs.values()]:
        raise ValueError(f"weights: expected {len(names)} tensors shaped as the network's, got {len(theirs)} that do not fit.")
    net.load_state_dict(ours | dict(zip(names, theirs.values(), strict=True)))


def fetched(url):
    """Where the file of that address lies: it is downloaded the first time, and its checksum, part of its name, is compared."""
    name = url.rsplit("/", 1)[-1]
    target = Path(torch.hub.get_dir()) / "checkpoints" / name
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{name}.{os.getpid()}.part")
        try:
            _download(url, part)
            _compare(part, name)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return target


def _download(url, part):
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer, part.open("wb") as file:
            shutil.copyfileobj(answer, file)
    except OSError as problem:
        raise NotThere(f"{url} could not be downloaded ({problem}). Is there a connection? The rest works without.") from None


def _compare(part, name):
    """The name ends in the beginning of the file's SHA-256: resnet34-b627a593.pth."""
    wanted = name.rsplit(".", 1)[0].rsplit("-", 1)[-1]
    with part.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not found.startswith(wanted):
        raise NotThere(f"The download of {name} is not whole: its checksum is {found[:8]}, not {wanted}. Try again.")
