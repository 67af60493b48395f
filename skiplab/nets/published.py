"""Weights that others have trained for weeks, in our networks: for those who have torchvision and a connection.

Both networks list their weights in the same order, so that each finds its place by order and shape.
"""

import torch

from skiplab.base.device import torchvision
from skiplab.base.errors import need_choice
from skiplab.nets import residual

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
    place(fetched(weights.url), net)
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
    """The weights of that address: downloaded the first time, and compared with the checksum that is part of their name."""
    try:
        return torch.hub.load_state_dict_from_url(url, map_location="cpu", check_hash=True, weights_only=True)
    except OSError as problem:
        raise NotThere(f"{url} could not be downloaded ({problem}). Is there a connection? The rest works without.") from None
    except RuntimeError as problem:
        raise NotThere(f"{url} did not arrive whole ({problem}). Try again.") from None
