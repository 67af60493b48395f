"""A Transformer block is two skips, one round attention and one round a small MLP, and where the norm stands decides what they do.

    norm         each half of a block      it is
    "pre"        y = λ x + F(LN(x))        pre-LN: the skip is clear from end to end (Wang and others 2019; GPT-2, 2019)
    "post"       y = LN(λ x + F(x))        post-LN, the first Transformer (Vaswani and others 2017)
    "sandwich"   y = λ x + LN(F(LN(x)))    a norm on both sides of the branch (Ding and others 2021)
    "none"       y = λ x + F(x)

Attention weighs every token for every other one, so it is a full set of skips between places, drawn anew for each input
(Bahdanau and others 2014, for translation by recurrent networks). Legend: B examples, T tokens, d the width.
"""

import math

import torch
from torch import nn

from skiplab.base.errors import need_choice, need_flag, need_kind, need_whole
from skiplab.nets.recurrent import GRU, unroll
from skiplab.nets.size import keeping, sized
from skiplab.skip import Add, Concat, Skip

WIDEST = 65536
NORMS = ("pre", "post", "sandwich", "none")


class Attention(nn.Module):
    """softmax(Q Kᵀ / √d) V, written out: x (B, T, d), memory (B, M, d) or x itself -> (B, T, d)."""

    @sized("width", width=WIDEST)
    def __init__(self, width, heads=2):
        super().__init__()
        if width % need_whole("heads", heads, 1, width):
            raise ValueError(f"heads: expected a divisor of the width {width}, got {heads}.")
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x, memory=None):
        memory = x if memory is None else memory
        mixed = self.weights(x, memory) @ self._split(self.value(memory))  # (B, heads, T, d / heads)
        return self.out(mixed.transpose(-3, -2).flatten(-2))

    def weights(self, x, memory=None):
        """Who looks at whom, rows that sum to one: (B, heads, T, M)."""
        q, k = self._split(self.query(x)), self._split(self.key(x if memory is None else memory))
        return torch.softmax(q @ k.mT / math.sqrt(q.shape[-1]), -1)

    def _split(self, x):
        return x.unflatten(-1, (self.heads, -1)).transpose(-3, -2)  # (B, heads, T, d / heads)

    def extra_repr(self):
        return f"heads={self.heads}"


@sized("width", width=WIDEST)
def mlp(width, hidden=None):
    """The second branch of a block, on each token alone: Linear, ReLU, Linear."""
    hidden = 2 * width if hidden is None else need_whole("hidden", hidden, 1, 4 * WIDEST)
    return nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, width))


def block(width, heads=2, norm="pre", merge="add", hidden=None):
    """One Transformer block, (B, T, d) -> (B, T, d): the same draws whatever `norm` and `merge` are."""
    need_choice("norm", norm, NORMS)
    halves = [_half(branch, width, norm, merge) for branch in (Attention(width, heads), mlp(width, hidden))]
    return nn.Sequential(*(module for half in halves for module in half))


def _half(branch, width, norm, merge):
    """A skip round one branch, with its norm before the branch, on both its sides, after the sum, or nowhere."""
    before, after = ([nn.LayerNorm(width)] if norm in names else [] for names in (("pre", "sandwich"), ("sandwich",)))
    skip = keeping(nn.Sequential(*before, branch, *after) if before else branch, merge)
    return (skip, nn.LayerNorm(width)) if norm == "post" else (skip,)


@sized("depth and width", depth=1000, width=WIDEST)
def stack(depth, width, heads=2, norm="pre", merge="add", hidden=None):
    """`depth` blocks, and where the skip is clear of norms the one that closes its stream: (B, T, d) -> (B, T, d)."""
    blocks = [block(width, heads, norm, merge, hidden) for _ in range(depth)]
    return nn.Sequential(*blocks, *([nn.LayerNorm(width)] if norm in ("pre", "sandwich") else []))


def torch_layer(net):
    """A block of norm "pre" or "post" and merge "add" as a torch.nn.TransformerEncoderLayer with the same weights."""
    need_kind("net", net, nn.Module)
    kinds = {kind: [m for m in net.modules() if isinstance(m, kind)] for kind in (Attention, nn.LayerNorm, nn.Linear)}
    merges = [m.merge for m in net.modules() if isinstance(m, Skip)]
    sums = all(type(m) is Add and repr(m.lam) == repr(m.gamma) == "1.0" for m in merges)
    if (len(kinds[Attention]), len(kinds[nn.LayerNorm]), sums) != (1, 2, True):
        raise ValueError("net: expected one block with two norms and merge 'add' with λ = γ = 1; torch has no other layer.")
    (attention,), norms, (*_, first, second) = kinds.values()
    sizes, pre = (first.in_features, attention.heads, first.out_features), isinstance(net[-1], Skip)
    layer = nn.TransformerEncoderLayer(*sizes, dropout=0.0, batch_first=True, norm_first=pre, dtype=first.weight.dtype)
    inputs = attention.query, attention.key, attention.value
    joint = {f"in_proj_{kind}": torch.cat([getattr(m, kind) for m in inputs]) for kind in ("weight", "bias")}
    layer.self_attn.load_state_dict({**joint, **{f"out_proj.{key}": v for key, v in attention.out.state_dict().items()}})
    for theirs, ours in zip((layer.norm1, layer.norm2, layer.linear1, layer.linear2), (*norms, first, second), strict=True):
        theirs.load_state_dict(ours.state_dict())
    return layer


class Encoder(nn.Module):
    """Symbols in, one prediction a place out: whole numbers (B, T) -> logits (B, symbols, T), as torch's cross entropy wants them."""

    @sized("symbols, length, width and depth", symbols=(2, WIDEST), length=WIDEST, width=WIDEST)
    def __init__(self, symbols=10, length=10, width=32, depth=6, heads=2, norm="pre", merge="add"):
        super().__init__()
        self.embed = nn.Embedding(symbols, width)
        self.place = nn.Parameter(torch.randn(length, width))
        self.blocks = stack(depth, width, heads, norm, merge)
        self.head = nn.Linear(width, symbols)

    def forward(self, symbols):
        return self.head(self.blocks(self.stream(symbols))).mT

    def stream(self, symbols):
        """What the first block gets: (B, T, d)."""
        return self.embed(symbols) + self.place.unsqueeze(-3)


class EncoderDecoder(nn.Module):
    """One GRU reads T symbols, another writes T: whole numbers (B, T) -> logits (B, symbols, T).

    Without attention all that the writer knows of the input is the reader's last state, one context vector (Cho and others 2014).
    With it, each state of the writer also looks at all states of the reader (Bahdanau and others 2014), a concat skip past time.
    """

    @sized("symbols, length and width", symbols=(2, WIDEST), length=WIDEST, width=WIDEST)
    def __init__(self, symbols=8, length=6, width=24, attention=True):
        super().__init__()
        self.embed = nn.Embedding(symbols, width)
        self.place = nn.Parameter(torch.randn(length, width))
        self.reader, self.writer = GRU(width, width, bias=-1.0), GRU(width, width, bias=-1.0)
        self.look = Skip(Attention(width, heads=1), Concat(-1)) if need_flag("attention", attention) else None
        self.head = nn.Linear(2 * width if attention else width, symbols)

    def forward(self, symbols):
        return self.answer(self.stream(symbols))

    def stream(self, symbols):
        """What the reader gets: (B, T, d)."""
        return self.embed(symbols) + self.place.unsqueeze(-3)

    def answer(self, stream):
        """The logits for what the reader gets: (B, T, d) -> (B, symbols, T)."""
        read = unroll(self.reader, stream)  # (B, T, d)
        written = self.write(read[..., -1, :])
        return self.head(written if self.look is None else self.look(written, read)).mT

    def write(self, context):
        """The writer's states, from the context vector (B, d) and the number of the place: (B, T, d)."""
        return unroll(self.writer, self.place.unsqueeze(-3), (context,))

    def attention(self, symbols):
        """Where each written symbol looks: (B, T, T), rows that sum to one."""
        read = unroll(self.reader, self.stream(symbols))
        return self.look.branch.weights(self.write(read[:, -1]), read)[:, 0]


for _part in (Attention, Encoder, EncoderDecoder):
    _part.batched = True  # it leaves all axes before its own alone, so that one of them may hold many networks
