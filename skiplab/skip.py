"""A skip connection is a branch and a merge: y = merge(shortcut(x), branch(x)).

Legend: x what comes in, F the branch, y what goes out, lam (λ) the strength of the skip, gamma (γ) the scale of the branch, z a gate.

    merge      formula                          it is
    "none"     y = F(x)                         the plain network
    "add"      y = λ x + γ F(x)                 ResNet (He et al. 2016), the Transformer's blocks; λ = 0 is plain
    "concat"   y = [x, F(x)]                    a DenseNet layer (Huang et al. 2017), a level of U-Net (Ronneberger et al. 2015)
    "gate"     y = (1 - z) x + z F(x)           Highway (Srivastava et al. 2015), a GRU step (Cho et al. 2014)
               y = C x + T F(x)                 its uncoupled form; ResNet at T = C = 1

A new merge is a class with a method `forward(x, new, *context)` and a property `grows`, and one line in base/merges.py.
"""

import contextlib

import torch
from torch import nn

from skiplab.base.errors import need_choice, need_kind, need_number, need_whole
from skiplab.base.factors import hold, short, times, value_of
from skiplab.base.merges import MERGES
from skiplab.base.shapes import advice, joins


class Skip(nn.Module):
    """y = merge(shortcut(x), branch(x)).

    branch    module or function (x, *context) -> (..., width)
    merge     "none", "add", "concat", "gate", or a merge such as `Add(lam=0.5)`
    shortcut  module or function applied to x on its way past the branch; by default nothing

    `context` is whatever else the branch needs: the input at this time step, a mask, an encoder's
    memory, an adjacency matrix. It is handed to branch and merge alike. Raises ValueError when the
    shapes do not fit the merge, and where x is changed in place.
    """

    def __init__(self, branch, merge="add", shortcut=None):
        super().__init__()
        self.branch = _callable("branch", branch)
        self.shortcut = nn.Identity() if shortcut is None else _callable("shortcut", shortcut)
        self.merge = merge_of(merge, branch)

    def forward(self, x, *context):
        with unchanged(x):
            return self.merge(self.shortcut(x), self.branch(x, *context), *context)


class Plain(nn.Module):
    """y = F(x): no skip at all."""

    grows = False

    def forward(self, x, new, *context):
        return new if isinstance(new, torch.fx.Proxy) else need_kind("branch", new, torch.Tensor)


class Add(nn.Module):
    """y = λ x + γ F(x), for x and F(x) of one shape.

    `lam` and `gamma` are numbers, tensors (buffers), parameters that are learned (γ = 0 at the start is ReZero, Bachlechner et al.
    2021), or functions of x, such as `lambda x: x.std(-1, keepdim=True)`. Raises ValueError for one that would change the shape of x.
    """

    grows = False

    def __init__(self, lam=1.0, gamma=1.0):
        super().__init__()
        hold(self, "lam", lam)
        hold(self, "gamma", gamma)

    def forward(self, x, new, *context):
        _same_shape("add", x, new)
        return times("merge 'add', lam", self.lam, x, x) + times("merge 'add', gamma", self.gamma, x, new)

    def extra_repr(self):
        return f"lam={short(self.lam)}, gamma={short(self.gamma)}"


class Concat(nn.Module):
    """y = [x, F(x)]: the first channels of y are x itself.

    `dim` is the axis that grows. By name, "concat" takes that of the channels which the branch's last convolution or linear layer makes;
    without such a layer, or a dim, it is axis 1 of images (batch, channels, height, width), else the last axis.
    """

    grows = True

    def __init__(self, dim=None):
        super().__init__()
        if dim is not None and (isinstance(dim, bool) or not isinstance(dim, int)):
            raise TypeError(f"dim: expected a whole number or None, got {dim!r} ({type(dim).__name__}).")
        self.dim = dim

    @classmethod
    def of(cls, branch):
        """The merge that joins the channels of this branch."""
        made = [m for m in _modules(branch) if isinstance(m, (nn.Linear, nn.modules.conv._ConvNd))]
        return cls(-1 - len(getattr(made[-1], "kernel_size", ())) if made else None)

    def forward(self, x, new, *context):
        dim = self.dim if self.dim is not None else (1 if x.ndim == 4 else -1)
        if _tensors(x, new) and not joins(x.shape, new.shape, dim):
            raise ValueError(
                f"merge 'concat' needs equal shapes but for axis {dim + x.ndim if -x.ndim <= dim < 0 else dim}: the shortcut gives "
                f"{tuple(x.shape)}, the branch {tuple(new.shape)}. Crop or pad one of them, or choose an axis by merge=Concat(dim=...)."
            )
        return torch.cat([x, new], dim)

    def extra_repr(self):
        return "" if self.dim is None else f"dim={self.dim}"


class Gate(nn.Module):
    """y = (1 - z) x + z F(x), or with `carry` the uncoupled y = C x + T F(x).

    `gate` (z or T) and `carry` (C) are numbers, tensors, or functions (x, *context) -> values in 0 … 1 that fit x's shape, such as
    `Gate.linear(width)`. z = 0 shuts the gate: the block is the identity. torch.nn.GRU writes 1 - z where this writes z.
    Raises ValueError for a number z outside 0 … 1 without `carry`, and for values that would change the shape of x.
    """

    grows = False

    def __init__(self, gate, carry=None):
        super().__init__()
        hold(self, "gate", gate)
        if carry is not None:
            hold(self, "carry", carry)
        else:
            self.carry = None
            if isinstance(self.gate, float):
                need_number("gate", gate, 0, 1)

    @classmethod
    def linear(cls, width, bias=-2.0):
        """A gate learned from x, sigmoid(W x + b), as in a Highway layer: nearly shut at the start for bias = -2."""
        layer = nn.Linear(need_whole("width", width, 1, 100_000), width)
        nn.init.constant_(layer.bias, need_number("bias", bias))
        return cls(Sequential(layer, nn.Sigmoid()))

    @classmethod
    def of(cls, branch):
        """A linear gate as wide as the branch's last linear layer: what "gate" stands for."""
        widths = [m.out_features for m in _modules(branch) if isinstance(m, nn.Linear)]
        if not widths:
            raise ValueError("merge: 'gate' cannot tell how wide this branch is; give merge=Gate.linear(width) or Gate(module).")
        return cls.linear(widths[-1])

    def forward(self, x, new, *context):
        _same_shape("gate", x, new)
        z = value_of("merge 'gate', gate", self.gate, x, *context)
        keep = 1 - z if self.carry is None else value_of("merge 'gate', carry", self.carry, x, *context)
        return keep * x + z * new

    def extra_repr(self):
        shown = {"gate": self.gate, "carry": self.carry}
        return ", ".join(f"{name}={short(v)}" for name, v in shown.items() if v is not None and not isinstance(v, nn.Module))


class Sequential(nn.Sequential):
    """A chain of layers that reads x alone, whatever context comes with it."""

    def forward(self, x, *context):
        return super().forward(x)


def merge_of(merge, branch):
    """The merge itself, or the one of that name, for this branch."""
    if isinstance(merge, str):
        kind = globals()[MERGES[need_choice("merge", merge, tuple(MERGES))].kind]
        return kind.of(branch) if hasattr(kind, "of") else kind()
    if isinstance(merge, type) or not callable(merge) or not hasattr(merge, "grows"):
        raise TypeError(f"merge: expected one of {', '.join(map(repr, MERGES))} or a merge such as Add(lam=0.5), got {merge!r}.")
    return merge


def _callable(name, value):
    if not callable(value):
        raise TypeError(f"{name}: expected a module or a function of x, got {value!r} ({type(value).__name__}).")
    return value


def _modules(branch):
    return branch.modules() if isinstance(branch, nn.Module) else ()


@contextlib.contextmanager
def unchanged(x):
    """Inside, x stays as it is, or else ValueError: whoever needs it later would get something else."""
    seen = isinstance(x, torch.Tensor) and not torch.compiler.is_compiling()
    kept = x.nan_to_num() if seen and x.is_inference() else None  # there torch does not count changes
    before = x._version if seen and kept is None else 0
    yield
    if seen and (x._version != before if kept is None else not kept.equal(x.nan_to_num())):
        raise ValueError("branch, shortcut: expected both to leave x as it is, but one changes it in place; write inplace=False.")


def _tensors(x, new):
    """Whether there are shapes to look at, which torch.fx does not have while it traces; TypeError for what is no tensor."""
    if isinstance(x, torch.fx.Proxy) or isinstance(new, torch.fx.Proxy):
        return False
    need_kind("shortcut", x, torch.Tensor)
    need_kind("branch", new, torch.Tensor)
    return True


def _same_shape(merge, x, new):
    if _tensors(x, new) and x.shape != new.shape:
        shapes = tuple(x.shape), tuple(new.shape)
        raise ValueError("merge {!r} needs equal shapes: the shortcut gives {}, the branch {}; {}.".format(merge, *shapes, advice(*shapes)))
