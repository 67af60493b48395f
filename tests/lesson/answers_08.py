"""What readers answer to the exercises of notebook 08: right answers in many forms, and mistakes with words of their hints."""

import numpy as np
import torch

NAN, INF = float("nan"), float("inf")


def pre_ln(x, norm1, attention, norm2, mlp):
    x = x + attention(norm1(x))
    return x + mlp(norm2(x))


class PreLN(torch.nn.Module):
    """The same as a module."""

    def forward(self, x, norm1, attention, norm2, mlp):
        h = x + attention(norm1(x))
        return h + mlp(norm2(h))


def added_in_place(x, norm1, attention, norm2, mlp):
    x += attention(norm1(x))
    x += mlp(norm2(x))
    return x


def from_outside(x, norm1, attention, norm2, mlp):
    """The second skip begins at x."""
    return x + mlp(norm2(x + attention(norm1(x))))


def side_by_side(x, norm1, attention, norm2, mlp):
    return x + attention(norm1(x)) + mlp(norm2(x))


def wrong_norms(kind):
    """A Transformer block with a usual mistake in where its norms stand."""

    def late(x, n1, a, n2, m):
        h = n1(x + a(x))
        return n2(h + m(h))

    def mended_half(second):
        return lambda x, n1, a, n2, m: (lambda h: second(h, n1, n2, m))(x + a(n1(x)))

    return {
        "early": lambda x, n1, a, n2, m: (lambda h: n2(h) + m(n2(h)))(n1(x) + a(n1(x))),
        "post": late,
        "behind": lambda x, n1, a, n2, m: (lambda h: h + n2(m(h)))(x + n1(a(x))),
        "once": mended_half(lambda h, n1, n2, m: h + m(h)),
        "shared": mended_half(lambda h, n1, n2, m: h + m(n1(h))),
        "twice": mended_half(lambda h, n1, n2, m: h + n2(h) + m(n2(h))),
        "half": mended_half(lambda h, n1, n2, m: n2(h) + m(n2(h))),
    }[kind]


def sandwich(half=lambda h, f, before, after: h + after(f(before(h))), norms=4, keep=True, spare=False):
    """A block of two such halves; `spare`, the last norm is made and not used."""

    class Sandwich(torch.nn.Module):
        def __init__(self, width, attention, mlp):
            super().__init__()
            self.norms = torch.nn.ModuleList(torch.nn.LayerNorm(width) for _ in range(norms))
            self.branches = torch.nn.ModuleList([attention, mlp]) if keep else (attention, mlp)

        def forward(self, x):
            n = [*self.norms, *4 * [self.norms[-1]]]
            x = half(x, self.branches[0], n[0], n[1])
            return half(x, self.branches[1], n[2], n[2 if spare else 3])

    return Sandwich


class SideBySide(sandwich()):
    """Both halves get x."""

    def forward(self, x):
        n, (f, g) = self.norms, self.branches
        return x + n[1](f(n[0](x))) + n[3](g(n[2](x)))


class Turned(sandwich()):
    """The MLP comes first."""

    def forward(self, x):
        n, (f, g) = self.norms, self.branches
        x = x + n[1](g(n[0](x)))
        return x + n[3](f(n[2](x)))


class Written(torch.nn.Module):
    """As most would write it."""

    def __init__(self, width, attention, mlp):
        super().__init__()
        self.a1, self.a2, self.m1, self.m2 = (torch.nn.LayerNorm(width) for _ in range(4))
        self.attention, self.mlp = attention, mlp

    def forward(self, x):
        x = x + self.a2(self.attention(self.a1(x)))
        return x + self.m2(self.mlp(self.m1(x)))


def bisect(calls=10, upper=True, low=0.0, high=1.0):
    """Halve the interval; return its upper end, or its lower one."""

    def weakest(keeps):
        weak, strong = low, high
        for _ in range(calls):
            middle = (weak + strong) / 2
            weak, strong = (weak, middle) if keeps(middle) else (middle, strong)
        return strong if upper else weak

    return weakest


def scan(keeps, step=0.001):
    return next(lam for lam in np.arange(0, 1 + step, step) if keeps(lam))


def recursive(keeps, weak=0.0, strong=1.0):
    if strong - weak < 0.001:
        return strong
    middle = (weak + strong) / 2
    return recursive(keeps, weak, middle) if keeps(middle) else recursive(keeps, middle, strong)


def endless(keeps):
    while True:
        keeps(0.5)


RIGHT = {
    "08-a": [4, np.int64(4), 4.0, torch.tensor(4)],
    "08-b": [sandwich(), Written, lambda *given: Written(*given)],
    "08-c": [pre_ln, PreLN(), lambda x, norm1, attention, norm2, mlp: (lambda h: h + mlp(norm2(h)))(x + attention(norm1(x))),
             lambda x, n1, a, n2, m: pre_ln(x, n1, a, n2, m).float().numpy()],
    "08-d": [bisect(), bisect(12), recursive, lambda keeps: torch.tensor(bisect()(keeps)), lambda keeps: np.float64(bisect(11)(keeps))],
}  # fmt: skip

WRONG = {
    "08-a": [
        (3, "not below −7 yet"),
        (5, "before already"),
        (24, "triple in each block"),
        (2, "Triple the exponent"),
        (6, "Triple the exponent"),
        (7, "Triple the exponent"),
        (0, "Triple the exponent"),
        (-4, "Triple the exponent"),
        (3.1, "whole number"),
        (4.004, "whole number"),
        (INF, "whole number"),
        (1e-7, "whole number"),
        ("four", "one number"),
        ([4], "one number"),
        (True, "one number"),
    ],
    "08-b": [
        (sandwich(lambda h, f, before, after: h + f(before(h))), "behind each branch is missing"),
        (sandwich(lambda h, f, before, after: h + after(f(h))), "before each branch is missing"),
        (sandwich(lambda h, f, before, after: after(h + f(before(h)))), "before the sum"),
        (sandwich(lambda h, f, before, after: after(f(before(h)))), "no skip"),
        (sandwich(lambda h, f, before, after: before(h) + after(f(before(h)))), "should carry x itself"),
        (sandwich(lambda h, f, before, after: h), "Write both halves"),
        (sandwich(lambda h, f, before, after: h - after(f(before(h)))), "Write both halves"),
        (SideBySide, "what the first one gives"),
        (Turned, "first with the attention"),
        (sandwich(norms=2), "it has 2"),
        (sandwich(norms=5), "it has 5"),
        (sandwich(spare=True), "never used"),
        (sandwich(keep=False), "keep them as attributes"),
        (lambda width, attention, mlp: attention, "keep them as attributes"),
        (lambda width, attention, mlp: lambda x: x, "Return an nn.Module"),
        (lambda width: None, "stopped with TypeError"),
    ],
    "08-c": [
        (wrong_norms("early"), "before the split"),
        (wrong_norms("post"), "post-LN"),
        (wrong_norms("behind"), "behind the branch"),
        (wrong_norms("once"), "lost its norm"),
        (wrong_norms("shared"), "a norm of its own"),
        (wrong_norms("twice"), "added twice"),
        (wrong_norms("half"), "Write both halves"),
        (from_outside, "Write both halves"),
        (side_by_side, "Write both halves"),
        (lambda x, n1, a, n2, m: x, "Write both halves"),
        (lambda x, n1, a, n2, m: pre_ln(x, n2, a, n1, m), "Write both halves"),
        (lambda x, n1, a, n2, m: pre_ln(x, n1, m, n2, a), "Write both halves"),
        (lambda x, n1, a, n2, m: x + m(n2(a(n1(x)))), "Write both halves"),
        (lambda x, n1, a, n2, m: pre_ln(x, n1, a, n2, m)[0], "numbers of shape (5, 8), and returns (8,)"),
        (lambda x, n1, a, n2, m: NAN * x, "NaN"),
        (added_in_place, "in place"),
        (lambda x, *parts: [pre_ln(x, *parts)].clear(), "is a return missing"),
        (lambda x: x, "stopped with TypeError"),
    ],
    "08-d": [
        (lambda keeps: 0.9, "too weak"),
        (lambda keeps: 1.0, "weaker by 0.001 does so too"),
        (lambda keeps: 2, "weaker by 0.001 does so too"),
        (lambda keeps: -INF, "too weak"),
        (bisect(upper=False), "Nearly"),
        (bisect(5), "weaker by 0.001 does so too"),
        (bisect(5, upper=False), "too weak"),
        (bisect(13), "more than 12 calls"),
        (scan, "again and again"),
        (lambda keeps: scan(keeps, 0.02), "more than 12 calls"),
        (endless, "again and again"),
        (lambda keeps: "0.93", "one number"),
        (lambda keeps: [0.93], "one number"),
        (lambda keeps: NAN, "one number"),
        (lambda keeps: keeps(0.5), "one number"),
        (lambda keeps: None, "is a return missing"),
        (lambda: 0.93, "stopped with TypeError"),
    ],
}  # fmt: skip
