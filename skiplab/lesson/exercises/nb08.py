"""Exercises on the Transformer's skips: how fast tokens collapse, a block with two norms a branch, a norm in the wrong place, a search."""

import torch
from torch.nn.functional import layer_norm

from skiplab.base.rng import drawing
from skiplab.lesson.checks import Mistake, compare, exercise, first_hint, kind, near, one_number

MOST_CALLS = 12


@exercise("08-a", todo="Give the first block after which the spread is below 1e-7, if it is 10^-0.3 "
                       "after block 1 and its exponent triples in each.",
          right="−0.3, −0.9, −2.7, −8.1: in float32 all tokens are the same number by then. Cubing leaves no time.")
def collapse(answer):
    if not (answer := one_number(answer)).is_integer():
        return "Give one whole number."
    return first_hint(answer, [
        (4, None),
        (3, "After block 3 the exponent is −2.7: not below −7 yet."),
        (5, "It is below 1e-7 there, but was so before already."),
        (24, "Does the exponent triple in each block, or does it grow by 0.3?"),
    ], "Triple the exponent, block by block: −0.3 after block 1, −0.9 after block 2, …")


@exercise("08-b", todo="Give a module that computes x + LN(F(LN(x))) twice, with four norms of its own.",
          right="No branch can be larger than its second norm lets it be, and the way past both branches is clear.",
          function="Sandwich(width, attention, mlp) -> module")
def sandwich(answer):
    for width, tokens in ((4, 3), (6, 5)):
        with drawing(width):
            branches = [torch.nn.Sequential(torch.nn.Linear(width, width), torch.nn.Tanh(), _Ahead()) for _ in range(2)]
            x = 2 * torch.randn(2, tokens, width) + 1
        module = answer(width, *branches)
        if not isinstance(module, torch.nn.Module):
            return f"Return an nn.Module; this is {kind(module)}."
        norms = [m for m in module.modules() if isinstance(m, torch.nn.LayerNorm)]
        if sum(p.numel() for p in module.parameters()) < 2 * width * (width + 1):
            return "The branches are no part of your module that can learn: keep them as attributes."
        if len(norms) != 4:
            return f"The module should have four nn.LayerNorm of its own; it has {len(norms)}."
        for norm in norms:
            torch.nn.init.constant_(norm.weight, 1.0)
            torch.nn.init.zeros_(norm.bias)
        if hint := _sandwiched(module, branches, x):
            return hint
        before = module(x)
        for norm in norms:
            torch.nn.init.constant_(norm.bias, 0.5)
            if torch.allclose(module(x), before, atol=1e-5):
                return "One of the four norms is never used: each branch has one before it and one behind it."
            torch.nn.init.zeros_(norm.bias)
    return None


class _Ahead(torch.nn.Module):
    """Each token and half of the next one, so that it matters whether a norm comes before or after."""

    def forward(self, x):
        return x + x.roll(1, -2) / 2


def _sandwiched(module, branches, x):
    """The hint for what a module makes of x, its norms being as they are drawn."""
    F, G = branches

    def norm(h):
        return layer_norm(h, h.shape[-1:])

    def twice(half):
        return half(half(x, F), G)

    out = module(x)
    if not isinstance(out, torch.Tensor) or out.shape != x.shape:
        return f"It gets x of shape {tuple(x.shape)}, and should return as much."
    known = [
        (twice(lambda h, f: h + norm(f(norm(h)))), None),
        (twice(lambda h, f: h + f(norm(h))), "The norm behind each branch is missing."),
        (twice(lambda h, f: h + norm(f(h))), "The norm before each branch is missing."),
        (twice(lambda h, f: norm(h + f(norm(h)))), "The second norm should stand behind the branch, before the sum."),
        (twice(lambda h, f: norm(f(norm(h)))), "There is no skip in it."),
        (x + norm(F(norm(x))) + norm(G(norm(x))), "The second half should get what the first one gives."),
        (twice(lambda h, f: norm(h) + norm(f(norm(h)))), "The skip should carry x itself, not LN(x)."),
    ]
    return first_hint(out, known, "Write both halves as x + LN(F(LN(x))), the first with the attention, the second with the MLP.", 1e-4)


@exercise("08-c", todo="Find the bug: mended_block should be a pre-LN block, with a clear way from x to the output. Mend it.",
          right="The norm belongs to the branch. Where it stands before the split, the skip carries LN(x), and no way is left clear.",
          function="mended_block(x, norm1, attention, norm2, mlp) -> y")
def misplaced_norm(answer):
    rng = torch.Generator().manual_seed(1)
    norms = [lambda h, scale=scale: scale * layer_norm(h, h.shape[-1:]) for scale in (1.0, 2.0)]
    parts = norms[0], lambda h: h.mean(-2, keepdim=True).expand_as(h).sin(), norms[1], lambda h: torch.tanh(2 * h)
    cases = [(3 * torch.randn(shape, generator=rng).double() + 1, *parts) for shape in ((5, 8), (3, 4), (2, 6, 5))]
    return compare(answer, cases, _blocks, "Write both halves as x + F(LN(x)).")


def _blocks(x, norm1, attention, norm2, mlp):
    """(what a block gives, the hint for it): the right one, and the usual mistakes."""
    middle = x + attention(norm1(x))
    yield middle + mlp(norm2(middle)), None
    early = norm1(x) + attention(norm1(x))
    yield norm2(early) + mlp(norm2(early)), (
        "The norm still stands before the split, so that the skip carries LN(x). Which of the two ways should it be on?")
    yield middle + mlp(middle), "The first half is right. The second one has lost its norm."
    yield middle + mlp(norm1(middle)), "Nearly: each half has a norm of its own."
    late = norm1(x + attention(x))
    yield norm2(late + mlp(late)), "This is post-LN: the norm stands behind the sum, on the skip too."
    behind = x + norm1(attention(x))
    yield behind + norm2(mlp(behind)), "Here the norm stands behind the branch. The way is clear, but pre-LN has it before."
    yield middle + norm2(middle) + mlp(norm2(middle)), "In the second half x is added twice."


@exercise("08-d", todo="Give a function that finds the weakest λ which keeps the tokens apart, to 0.001 and in 12 calls at most.",
          right="Each call halves the interval: ten of them leave a thousandth of it.", function="weakest(keeps) -> λ")
def weakest(answer):
    for edge in (0.9274, 0.2003, 0.5, 0.0311, 0.7499):
        asked = []

        def keeps(lam, edge=edge, asked=asked):
            asked.append(lam)
            if len(asked) > 200:
                raise Mistake("Your search asks again and again: when does it end?")
            return lam >= edge

        found = one_number(answer(keeps))
        if len(asked) > MOST_CALLS:
            return f"The result took more than {MOST_CALLS} calls, and each may take seconds. Which one question halves what is left?"
        if found < edge and not near(found, edge, 1e-9):
            far = found < edge - 0.001
            return "That λ is too weak." if far else "Nearly: the λ that you return should be one that keeps the tokens apart."
        if found > edge + 0.001 + 1e-9:
            return "That λ keeps them apart, and one that is weaker by 0.001 does so too."
    return None
