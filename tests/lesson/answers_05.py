"""What readers answer to the exercises of notebook 05: right answers in many forms, and mistakes with words of their hints."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from skiplab.nets.unet import align, unet

NAN, INF = float("nan"), float("inf")


def padded(**how):
    """Pads on the right and below, and crops there."""
    return lambda x, size: F.pad(x, (0, size[1] - x.shape[3], 0, size[0] - x.shape[2]), **how)


def in_a_new_one(x, size):
    y = x.new_zeros(*x.shape[:2], *size)
    height, width = min(x.shape[2], size[0]), min(x.shape[3], size[1])
    y[..., :height, :width] = x[..., :height, :width]
    return y


def by_one_pixel(x, size):
    x = x[..., : size[0], : size[1]]
    x = torch.cat([x, x[..., -1:]], 3) if x.shape[3] < size[1] else x
    return torch.cat([x, x[..., -1:, :]], 2) if x.shape[2] < size[0] else x


def one_picture(x, size):
    return align(x[:1], size)


class Past(torch.nn.Module):
    """net(x) + x: a skip round the whole."""

    def __init__(self, net, strength=1.0):
        super().__init__()
        self.net, self.strength = net, strength

    def forward(self, x):
        return self.net(x) + self.strength * x


class Wrapped(Past):
    """The net, and nothing beside it."""

    def forward(self, x):
        return self.net(x)


class Smaller(Past):
    """A mask without its last column."""

    def forward(self, x):
        return self.net(x)[..., :-1]


def with_ballast(net, used=False):
    """The net with as many parameters as unet(), of which some are used by nothing, or multiplied by 0."""
    count, now = (sum(p.numel() for p in some.parameters()) for some in (unet(), net))
    net.ballast = torch.nn.Parameter(torch.ones(count - now))
    if used:
        net.register_forward_hook(lambda net, given, y: y + 0 * net.ballast.sum())
    return net


class Adds(nn.Module):
    """A level of the U that adds; `wrong` is one thing that a reader may get wrong."""

    wrong = None

    def __init__(self, width, deeper):
        super().__init__()
        self.down = nn.Conv2d(width, 2 * width, 3, padding=1)
        self.deeper = deeper
        self.up = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.join = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, h):
        new = self.up(self.deeper(self.down(F.max_pool2d(h, 2).relu())).relu())
        return self.join(self.joined(h, new))

    def joined(self, h, new):
        return (h + new).relu()


class InSequence(Adds):
    """The same, written with nn.Sequential."""

    def __init__(self, width, deeper):
        super().__init__(width, deeper)
        self.branch = nn.Sequential(nn.MaxPool2d(2), nn.ReLU(), self.down, self.deeper, nn.ReLU(), self.up)

    def forward(self, h):
        h = h + self.branch(h)
        return self.join(torch.relu(h))


class Named(Adds):
    """With other parts of its own besides."""

    def __init__(self, width, deeper):
        super().__init__(width, deeper)
        self.pool, self.act = nn.MaxPool2d(2), nn.ReLU()

    def forward(self, h):
        low = self.deeper(self.down(self.act(self.pool(h))))
        return self.join(self.act(torch.add(h, self.up(self.act(low)))))


class Level(Adds):
    """The level of the lesson, which concatenates."""

    def __init__(self, width, deeper):
        super().__init__(width, deeper)
        self.join = nn.Conv2d(2 * width, width, 3, padding=1)

    def joined(self, h, new):
        return torch.cat([h, new], 1).relu()


class Shallow(Adds):
    """It forgets the deeper part."""

    def __init__(self, width, deeper):
        super().__init__(width, deeper)
        del self.deeper

    def forward(self, h):
        return self.join((h + self.up(self.down(F.max_pool2d(h, 2).relu()).relu())).relu())


class Unused(Adds):
    """It has the deeper part, and does not call it."""

    def forward(self, h):
        return self.join((h + self.up(self.down(F.max_pool2d(h, 2).relu()).relu())).relu())


class NotPooled(Adds):
    """It goes down without pooling, and so comes back too large."""

    def forward(self, h):
        return self.join(self.up(self.deeper(self.down(h.relu())).relu()))


def adding(joined):
    """A level that joins h and what comes from below by that function."""
    return type("AddLevel", (Adds,), {"joined": lambda self, h, new: joined(h, new)})


def iou(found, true):
    both, either = (found * true).sum(), ((found + true) > 0).sum()
    return 1.0 if either == 0 else both / either


def by_logic(found, true):
    found, true = found.bool(), true.bool()
    either = (found | true).sum().item()
    return (found & true).sum().item() / either if either else 1


def by_numpy(found, true):
    found, true = found.numpy() > 0.5, true.numpy() > 0.5
    return np.logical_and(found, true).sum() / np.logical_or(found, true).sum() if found.any() or true.any() else np.float64(1)


def each(found, true):
    both, either = (found * true).sum((1, 2, 3)), torch.maximum(found, true).sum((1, 2, 3))
    return (both / either.clamp_min(1)).mean()


def in_place(found, true):
    found *= true
    return found.sum()


RIGHT = {
    "05-b": [iou, by_logic, by_numpy],
    "05-c": [Adds, InSequence, Named],
    "05-a": [[0, 0, 1], (0, 0, 1), np.array([0, 0, 1]), torch.tensor([0.0, 0, 1])],
    "05-d": [align, padded(), padded(value=3.0), padded(mode="replicate"), in_a_new_one, lambda x, size: align(x, size).numpy()],
    "05-e": [unet(merges="self"), unet(merges=("self", "self", "self")), Wrapped(unet(merges="self")), unet(merges="self").double()],
}  # fmt: skip

WRONG = {
    "05-b": [
        (lambda found, true: 2 * (found * true).sum() / (found.sum() + true.sum()), "That is Dice"),
        (each, "mean over pictures"),
        (lambda found, true: (found * true).sum() / true.sum(), "what was added"),
        (lambda found, true: (found * true).sum() / found.sum(), "what was missed"),
        (lambda found, true: (found == true).float().mean(), "outside both"),
        (lambda found, true: (found * true).sum() / torch.maximum(found, true).sum(), "0 / 0"),
        (lambda found, true: (found * true).sum() / torch.maximum(found, true).sum().clamp_min(1), "Two empty masks"),
        (lambda found, true: (found * true).sum() / (found + true).sum(), "Count the pixels in both"),
        (lambda found, true: (found * true).sum(), "Count the pixels in both"),
        (lambda found, true: 1 - iou(found, true), "Count the pixels in both"),
        (lambda found, true: (found * true).sum((1, 2, 3)) / torch.maximum(found, true).sum((1, 2, 3)), "shape ()"),
        (lambda found, true: 100 * iou(found, true), "Count the pixels in both"),
        (lambda found, true: NAN, "NaN"),
        (lambda found, true: None, "gives nothing back"),
        (in_place, "in place"),
        (lambda found: 1.0, "stopped with TypeError"),
        (0.5, "Give a function"),
    ],
    "05-c": [
        (Level, "your join reads"),
        (adding(lambda h, new: h + new), "before the join is missing"),
        (adding(lambda h, new: h.relu() + new.relu()), "Add first"),
        (adding(lambda h, new: new.relu()), "no skip"),
        (adding(lambda h, new: h.relu()), "branch is not in it"),
        (adding(lambda h, new: h - new), "subtracts"),
        (adding(lambda h, new: (2 * new).relu()), "where is h?"),
        (adding(lambda h, new: (h + new).tanh()), "With its own parts"),
        (adding(lambda h, new: (h + new) / 2), "With its own parts"),
        (adding(lambda h, new: (h * new).relu()), "With its own parts"),
        (Unused, "With its own parts"),
        (Shallow, "deeper is missing"),
        (NotPooled, "shape of the input"),
        (lambda width, deeper: nn.Conv2d(width, width, 3, padding=1), "down and deeper and up and join are missing"),
        (lambda width, deeper: None, "gives nothing back"),
        (Adds(4, nn.Identity()), "stopped with TypeError"),
        ("AddLevel", "Give a function"),
    ],
    "05-a": [
        ([1, 0, 0], "finest level first"),
        ([44, 22, 11], "on the way down"),
        ([22, 11, 5], "Halve 44"),
        ([0, 0, 0], "Halve 44"),
        ([0, 1, 1], "Halve 44"),
        ([0, 1, 0], "Halve 44"),
        ([0, 0, 0.5], "Halve 44"),
        ([0, 0, -1], "Halve 44"),
        ([0, 0, 4], "Halve 44"),
        ([0, 0, 1, 0], "Halve 44"),
        ([0, 1], "Halve 44"),
        ([0, 0, True], "Halve 44"),
        ("0, 0, 1", "Halve 44"),
        (1, "Halve 44"),
    ],
    "05-d": [
        (lambda x, size: F.pad(x, (size[1] - x.shape[3], 0, size[0] - x.shape[2], 0)), "first pixel moves"),
        (lambda x, size: F.interpolate(x, size), "move or are lost"),
        (lambda x, size: F.interpolate(x, size, mode="bilinear"), "move or are lost"),
        (lambda x, size: torch.zeros(*x.shape[:2], *size), "first pixel moves"),
        (lambda x, size: x[..., -size[0] :, -size[1] :], "it turns (1, 1, 4, 5) into (1, 1, 4, 5)"),
        (lambda x, size: x, "it turns (1, 1, 4, 5) into (1, 1, 4, 5)"),
        (lambda x, size: align(align(x, (3, 4)), size), "move or are lost"),
        (lambda x, size: padded()(x, size[::-1]), "it turns (1, 1, 4, 5) into (1, 1, 6, 5)"),
        (lambda x, size: F.pad(x, (0, size[0] - x.shape[2], 0, size[1] - x.shape[3])), "From 4 x 5 px to 7 x 3 it turns"),
        (by_one_pixel, "From 4 x 5 px to 7 x 3 it turns (1, 1, 4, 5) into (1, 1, 5, 3)"),
        (one_picture, "it turns (3, 2, 6, 5) into (1, 2, 7, 6)"),
        (lambda x, size: one_picture(x, size).expand(*x.shape[:2], *size), "first pixel moves"),
        (lambda x, size: align(x.mean(1, keepdim=True), size), "it turns (3, 2, 6, 5) into (3, 1, 7, 6)"),
        (padded(value=NAN), "NaN or infinity comes into it"),
        (padded(value=INF), "NaN or infinity comes into it"),
        (lambda x, size: NAN * align(x, size), "NaN or infinity comes into it"),
        (lambda x, size: align(x.relu_(), size), "in place"),
        (lambda x, size: align(x, size)[0, 0], "into (5, 6)"),
        (lambda x, size: size, "into (2,)"),
        (lambda x: x, "stopped with TypeError"),
    ],
    "05-e": [
        (unet(), "still gets past"),
        (Past(unet(merges="self")), "still gets past"),
        (Past(unet(merges="self"), 1e-3), "still gets past"),
        (Past(unet()), "still gets past"),
        (unet(merges=("concat", "self", "self")), "still gets past"),
        (unet(merges=("self", "concat", "self")), "still gets past"),
        (unet(merges=("self", "self", "concat")), "still gets past"),
        (unet(merges="none"), "12096 parameters fewer"),
        (unet(merges="add"), "12096 parameters fewer"),
        (unet(width=16, merges="none"), "parameters more"),
        (unet(merges="self", levels=2), "parameters fewer"),
        (unet(merges="self")[:2], "fewer"),
        (with_ballast(unet(merges="none")), "no part in the answer"),
        (with_ballast(unet(merges="none"), used=True), "no part in the answer"),
        (Smaller(unet(merges="self")), "should give masks of that shape"),
        (Past(unet(merges="self"), NAN), "of finite numbers"),
        (unet, "this is of type function."),
        (torch.nn.Linear, "this is the class Linear."),
        ("none", "this is of type str."),
        (3, "this is of type int."),
    ],
}
