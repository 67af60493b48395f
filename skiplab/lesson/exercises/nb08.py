"""Exercises on the Transformer's skips: path lengths, collapse, a filter, how weak a skip may be, and a norm in the wrong place."""

import numpy as np
import torch
from torch.nn.functional import layer_norm

from skiplab.lesson.checks import compare, exercise, first_hint, near, one_number
from skiplab.probe import transformer as tokens


@exercise("07-a", todo="Give [steps through the two GRUs, jumps by attention] from the first symbol "
                       "read to the last one written, for T = 10.",
          right="Nine steps to the end of the reader, ten through the writer; by attention it is one "
                "jump from any place to any other.")
def path(answer):
    count = "Nearly. Number the states: the reader has 1 … 10, the writer 11 … 20. How many steps lie between 1 and 20?"
    jumps = "The way through the GRUs is right. How many places lie between a token and one that it looks at?"
    return first_hint(answer, [
        ([19, 1], None),
        ([1, 19], "The right two numbers: put the way through the GRUs first."),
        *[([20, 1], count), ([18, 1], count), ([19, 10], jumps), ([19, 19], jumps)],
    ], "Count the steps from state 1 of the reader to state 20, the last of the writer, and the jumps of attention.")


@exercise("07-b", todo="Give the first block after which the spread is below 1e-7, if it is 10^-0.7 "
                       "after block 2 and its exponent triples in each.",
          right="−0.7, −2.1, −6.3, −18.9: in float32 all tokens are the same number after five "
                "blocks. Cubing leaves no time.")
def collapse(answer):
    if not (answer := one_number(answer)).is_integer():
        return "Give one whole number."
    return first_hint(answer, [
        (5, None),
        (4, "After block 4 the exponent is −6.3: not below −7 yet."),
        (3, "You have counted blocks from block 2 on. Which one is it from the start?"),
    ], "Triple the exponent, block by block: −0.7 after block 2, −2.1 after block 3, …")


@exercise("07-c", todo="Give c so that x + c · mean(x) lets through everything but the mean.",
          right="x − mean(x): a high-pass filter. Attention alone can only average; the skip brings "
                "what the average is taken from.")
def high_pass(answer):
    answer = one_number(answer)
    if near(answer, -1, 1e-6):
        return None
    if near(answer, 0, 1e-6):
        return "With c = 0 everything passes, the mean too."
    left = 1 + answer
    return f"With c = {answer:g} the mean passes with the gain {left:.3g}; it should be 0."


@exercise("07-d", todo="Find the bug: mended_block should be a pre-LN block, with a clear way from x "
                       "to the output. Mend it.",
          right="The norm belongs to the branch. Where it stands before the split, the skip carries "
                "LN(x), and no way is left clear.",
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


@exercise("07-e", todo="Give the weakest λ, to 0.01, with which 24 pre-LN blocks keep the spread above a tenth.",
          right="Each block has two skips, so λ is multiplied 48 times: 0.93 leaves 3 %, and the "
                "branches do the rest.")
def weakest(answer):
    if not 0 <= (answer := one_number(answer)) <= 1:
        return "Give a number from 0 to 1."
    rows = tokens.stream(tokens.Config("pre", (answer, max(0.0, answer - 0.01))), [24]).residual
    here, below = np.median(rows[..., -1], 0)
    if here < -1:
        return f"With λ = {answer:g} less than a tenth is left after 24 blocks: too weak."
    return None if below < -1 else f"With λ = {answer:g} more than a tenth is left. A skip weaker by 0.01 would do."
