"""A recurrent network is one block used again at each step: a stack in time, whose skips run from one step to a later one.

Legend: x_t the input at step t, h the state, W x + b what a cell reads from the input, U h + b' what it recalls from its state,
z the update gate of a GRU, c the cell state of an LSTM. Every cell is a `Skip` from an older state to the next one:

    cell      next state                                     its skip
    "rnn"     h' = tanh(W x + U h)                           "none" (Elman 1990)
    "lag"     h' = tanh(W x + U h + V h_{t-k+1})             "add" inside the tanh, from k steps before, through V (Lin and others 1996)
    "add"     h' = h_{t-k+1} + tanh(W x + U h)               "add", from k steps before
    "irnn"    h' = relu(h + W x + V h), V = 0 at the start   "add" (Le, Jaitly and Hinton 2015)
    "gru"     h' = (1 - z) h + z n                           "gate" (Cho and others 2014)
    "lstm"    c' = f c + i g                                 "gate", uncoupled (Hochreiter and Schmidhuber 1997; f: Gers and others 2000)

Parameters have the names, the shapes and the order of blocks that torch.nn.RNNCell, GRUCell and LSTMCell give them, so that their weights
can be loaded here. One thing differs: torch's GRU writes h' = (1 - z) n + z h. Its z is our 1 - z, so the block z changes its sign.
"""

import math

import torch
from torch import nn
from torch.nn.functional import linear

from skiplab.base.errors import need_choice, need_kind, need_number, need_whole
from skiplab.base.shapes import need_tensor
from skiplab.skip import Add, Gate, Skip

INITS = ("default", "orthogonal")


class Cell(nn.Module):
    """One step through time: (x (B, inputs), state) -> state, a tuple of tensors (B, width) whose first is h.

    bias   of the gate that lets the new in: below 0 the cell keeps more of what it has; an LSTM's forget gate gets -bias
    gain   what the recurrent matrices are multiplied by at the start; where there are two, each has gain/√2: the total is matched
    init   of the recurrent matrices: "default", torch's uniform ±1/√width, or "orthogonal"
    """

    blocks, gated = ("h",), 0  # the names of what is read, in the order of torch's rows; how a bias of 1 moves the block behind the first
    memories, carries = 1, 0  # how many tensors a state has, and which of them runs along the skip
    product = staticmethod(linear)  # (x, weight, bias); `skiplab.train` puts one for many networks in its place

    def __init__(self, inputs, width, bias=0.0, gain=1.0, init="default"):
        super().__init__()
        self.width, rows = need_whole("width", width, 1, 4096), width * len(self.blocks)
        self.weight_ih = _uniform(width, rows, need_whole("inputs", inputs, 1, 100_000))
        self.weight_hh = _recurrent(width, rows, need_number("gain", gain), need_choice("init", init, INITS))
        self.bias_ih, self.bias_hh = _uniform(width, rows), _uniform(width, rows)
        self._open(need_number("bias", bias))

    def forward(self, x, state):
        return self.advance(self.read(x), state)

    def advance(self, read, state):
        """The next state, where what has been read is `read`: by a skip from the oldest h."""
        return (self.step(state[-1], read, self.recall(state[0])), *state[:-1])

    def read(self, x):
        """W x + b, for one step or for all at once: (..., inputs) -> the blocks, each (..., width)."""
        return self.product(x, self.weight_ih, self.bias_ih).chunk(len(self.blocks), -1)

    def recall(self, h):
        """U h + b': (B, width) -> the blocks, each (B, width)."""
        return self.product(h, self.weight_hh, self.bias_hh).chunk(len(self.blocks), -1)

    def begin(self, x):
        """The state before the first step, all 0, for sequences (B, T, inputs)."""
        return (x.new_zeros(*x.shape[:-2], self.width),) * self.memories

    def _open(self, bias):
        if bias and not self.gated:
            raise ValueError(f"bias: expected 0, as {type(self).__name__} has no gate, got {bias!r}.")
        self.bias_ih.data[self.width : 2 * self.width] += self.gated * bias


class RNN(Cell):
    """h' = tanh(W x + U h): no skip."""

    def __init__(self, inputs, width, **start):
        super().__init__(inputs, width, **start)
        self.step = Skip(Block(0, torch.tanh), "none")


class LagRNN(Cell):
    """h' = tanh(W x + U h + V h_{t-k+1}): a skip over k steps, added inside the tanh."""

    def __init__(self, inputs, width, lag=2, bias=0.0, gain=1.0, init="default"):
        super().__init__(inputs, width, bias, need_number("gain", gain) / math.sqrt(2), init)
        self.memories = need_whole("lag", lag, 2, 100)
        older = nn.Linear(width, width, bias=False)
        older.weight = _recurrent(width, width, gain / math.sqrt(2), init)
        self.step = Skip(Sum(), Add(), shortcut=older)

    def advance(self, read, state):
        h, *others = super().advance(read, state)
        return (torch.tanh(h), *others)


class AddRNN(Cell):
    """h' = h_{t-k+1} + tanh(W x + U h): the skip of a ResNet, over k steps."""

    def __init__(self, inputs, width, lag=2, **start):
        super().__init__(inputs, width, **start)
        self.memories = need_whole("lag", lag, 1, 100)
        self.step = Skip(Block(0, torch.tanh), "add")


class IRNN(Cell):
    """h' = relu(h + W x + V h): the residual block of He and others through time. U = I + V starts at the identity times the gain."""

    def __init__(self, inputs, width, **start):
        super().__init__(inputs, width, **start)
        self.weight_hh.data = (start.get("gain", 1.0) - 1) * torch.eye(width)
        for bias in (self.bias_ih, self.bias_hh):
            nn.init.zeros_(bias)
        self.step = Skip(Sum(), Add())

    def advance(self, read, state):
        (h,) = super().advance(read, state)
        return (torch.relu(h),)


class GRU(Cell):
    """h' = (1 - z) h + z n: a gate that h itself and the input open. The reset gate r stands behind the matrix, as in torch."""

    blocks, gated = ("r", "z", "n"), 1

    def __init__(self, inputs, width, **start):
        super().__init__(inputs, width, **start)
        self.step = Skip(Candidate(), Gate(Update()))

    def update(self, read, state):
        """The gate z at one step, (B, width)."""
        return self.step.merge.gate(state[0], read, self.recall(state[0]))


class LSTM(Cell):
    """c' = f c + i g and h = o tanh(c): a gate with two keys, one for the old and one for the new."""

    blocks, gated = ("i", "f", "g", "o"), -1
    memories, carries = 2, 1  # h, c

    def __init__(self, inputs, width, **start):
        super().__init__(inputs, width, **start)
        self.step = Skip(Block(2, torch.tanh), Gate(Block(0, torch.sigmoid), carry=Block(1, torch.sigmoid)))
        self.output = Block(3, torch.sigmoid)

    def advance(self, read, state):
        h, c = state
        recalled = self.recall(h)
        c = self.step(c, read, recalled)
        return self.output(h, read, recalled) * torch.tanh(c), c


class Sum(nn.Module):
    """W x + U h."""

    def forward(self, h, read, recalled):
        return read[0] + recalled[0]


class Candidate(nn.Module):
    """n = tanh(W x + r (U h)), with r = σ(W_r x + U_r h)."""

    def forward(self, h, read, recalled):
        r = torch.sigmoid(read[0] + recalled[0])
        return torch.tanh(read[2] + r * recalled[2])


class Block(nn.Module):
    """One block of what is read and recalled, squashed: σ or tanh of W x + U h."""

    def __init__(self, at, squash):
        super().__init__()
        self.at, self.squash = at, squash

    def forward(self, h, read, recalled):
        return self.squash(read[self.at] + recalled[self.at])

    def extra_repr(self):
        return f"{self.at}, {self.squash.__name__}"


class Update(Block):
    """z = σ(W_z x + U_z h): at 0 the old state stays, at 1 the candidate replaces it."""

    def __init__(self):
        super().__init__(1, torch.sigmoid)


CELLS = {"rnn": RNN, "lag": LagRNN, "add": AddRNN, "irnn": IRNN, "gru": GRU, "lstm": LSTM}


class Recurrent(nn.Module):
    """A cell unrolled over a sequence, and a linear head on its last h: (B, T, inputs) -> (B, outputs)."""

    def __init__(self, cell, outputs):
        super().__init__()
        self.cell, self.head = cell, nn.Linear(cell.width, need_whole("outputs", outputs, 1, 100_000))

    def forward(self, x):
        return self.head(unroll(self.cell, x)[..., -1, :])


def net(cell, inputs, outputs, width=16, **start):
    """A `Recurrent` of the cell of that name, such as net("gru", 2, 1, bias=-2.0)."""
    return Recurrent(CELLS[need_choice("cell", cell, tuple(CELLS))](inputs, width, **start), outputs)


def unroll(cell, x, state=None):
    """h at every step, from `state` or from 0: (B, T, inputs) -> (B, T, width), as torch.nn.GRU(batch_first=True) gives it first."""
    inputs = need_kind("cell", cell, Cell).weight_ih.shape[-1]
    if not need_tensor("x", x, "..., B, T, inputs").shape[-2] or x.shape[-1] != inputs:
        raise ValueError(f"x: expected (B, T, {inputs}) with at least one step, got shape {tuple(x.shape)}.")
    state, seen = cell.begin(x) if state is None else state, []
    for step in zip(*(block.unbind(-2) for block in cell.read(x)), strict=True):
        state = cell.advance(step, state)
        seen.append(state[0])
    return torch.stack(seen, -2)


def _uniform(width, *shape):
    return nn.Parameter(torch.empty(shape).uniform_(-1, 1) / math.sqrt(width))


def _recurrent(width, rows, gain, init):
    weight = _uniform(width, rows, width)
    if init == "orthogonal":
        for block in weight.data.split(width):
            nn.init.orthogonal_(block)
    weight.data *= gain
    return weight


for _part in (*CELLS.values(), Sum, Candidate, Block, Update, Recurrent):
    _part.batched = True  # it leaves all axes before its own alone, so that one of them may hold many networks
