"""Exercises on attention: count the steps of a way, look at no later token, draw a map by two matrices, and mend a softmax."""

import torch

from skiplab.base.rng import drawing
from skiplab.lesson.checks import compare, exercise, first_hint, kind


@exercise("07-a", todo="Give [copy, reversal]: the steps from the state that reads the first symbol to the one that writes it, for T = 10.",
          right="For a copy each symbol has ten steps to go. For the reversal the first has nineteen, and the last one has one.")
def path(answer):
    states = "Nearly. Number the states: which one writes the symbol that state 1 has read, and how many steps lead there?"
    back = "The copy is right. Which of the writer's states writes the symbol that was read first, if the last one comes first?"
    return first_hint(answer, [
        ([10, 19], None),
        ([19, 10], "The right two numbers: put the copy first."),
        ([10, 1], "The copy is right. One step is the way of the last symbol read, and the question is of the first one."),
        *[([10, other], back) for other in (9, 10, 18, 20)],
        *[(pair, states) for pair in ([9, 19], [11, 19], [9, 18], [11, 20])],
    ], "Count the steps from state 1 of the reader to the state that writes symbol 1, once for each task.")  # fmt: skip


@exercise("07-b", todo="Give a function that is attention by hand, and in which no token looks at a later one.",
          right="Scores of −∞ become weights of 0, and what is left of each row sums to one: the mask of every language model.",
          function="causal(x, W_q, W_k, W_v) -> y")
def causal(answer):
    rng = torch.Generator().manual_seed(3)
    cases = [[torch.randn(*shape, generator=rng).double() for shape in ((many, width), *3 * [(width, width)])]
             for many, width in ((5, 4), (2, 3), (7, 6))]  # fmt: skip
    return compare(answer, cases, _masked, "Compare it with attention by hand: what changes stands between the scores and the softmax.")


def _masked(x, W_q, W_k, W_v):
    """(what attention gives, the hint for it): the right one, and the usual mistakes."""
    q, k, v = x @ W_q.T, x @ W_k.T, x @ W_v.T
    scores, ones = q @ k.T / q.shape[-1] ** 0.5, torch.ones(len(x), len(x), dtype=torch.bool)
    past, before = ones.tril(), ones.tril(-1)

    def seen(mask, scores=scores):
        return torch.softmax(scores.masked_fill(~mask, -1e300), -1)

    yield seen(past) @ v, None
    yield torch.softmax(scores, -1) @ v, "Each token still looks at all of them, the later ones too."
    yield (torch.softmax(scores, -1) * past) @ v, "The later tokens are out, but the rows do not sum to one: mask before the softmax."
    yield torch.softmax(scores * past, -1) @ v, "A score of 0 is not a weight of 0: which score becomes one?"
    yield seen(past.T) @ v, "This looks ahead, and not back: the other triangle."
    yield seen(past, scores * q.shape[-1] ** 0.5) @ v, "The scores are not divided by √d."
    yield seen(before) @ v, "A token may look at itself as well: the diagonal belongs to it."
    yield seen(past, scores.T) @ v, "Query and key are exchanged: row t belongs to the query of token t."


@exercise("07-c", todo="Give a function (T) -> (W_q, W_k) that makes each place look at the mirrored one.",
          right="q_t · k_m is large where m = T + 1 − t, and nowhere else. Training has to find such matrices by itself.",
          function="mirror(T) -> (W_q, W_k)")
def mirror(answer):
    for length in (6, 5, 9):
        given = answer(length)
        if not isinstance(given, (tuple, list)) or len(given) != 2 or not all(isinstance(w, torch.Tensor) for w in given):
            return f"Return two tensors, W_q and W_k; this is {kind(given)}."
        if any(w.shape != (length, length) for w in given):
            return f"For T = {length} both matrices should be of shape ({length}, {length})."
        x, (W_q, W_k) = torch.eye(length, dtype=torch.float64), (w.detach().double() for w in given)
        a = torch.softmax((x @ W_q.T) @ (x @ W_k.T).T / length**0.5, -1)
        aimed, own = a.flip(1).diagonal(), a.diagonal()
        if not bool(a.isfinite().all()):
            return "The weights are no numbers: the scores are too large, or not numbers themselves."
        if (aimed > 0.9).all():
            continue
        if (own > 0.9).all():
            return "Each place looks at itself. Which place is to have the label that place t asks for?"
        if (aimed > a.amax(1) - 1e-9).all() and (aimed > 1.01 / length).all():
            return "The mirrored place gets the most, but not more than 0.9: what makes a softmax sharper?"
        return "Let place t ask with the t-th unit vector. Which unit vector should be the label of place m?"
    return None


@exercise("07-d", todo="Find the bug: mended_attention should do what attention by hand does, for each of B examples, and does not yet.",
          right="The softmax goes over the last axis, that of the keys, and the scores are divided by the square root of d.",
          function="mended_attention(q, k, v) -> y")
def axis(answer):
    with drawing(5):
        cases = [[2 * torch.randn(shape).double() for _ in range(3)] for shape in ((3, 5, 4), (2, 7, 3), (4, 4, 9))]
    return compare(answer, cases, _attended, "Compare it with softmax(Q Kᵀ / √d) V, symbol by symbol.")


def _attended(q, k, v):
    """(what attention gives, the hint for it): the right one, and the usual mistakes."""
    scores, root = q @ k.mT, q.shape[-1] ** 0.5
    yield torch.softmax(scores / root, -1) @ v, None
    yield torch.softmax(scores / root**2, 1) @ v, "Both are still there. Over which axis do the weights of one query sum to one?"
    yield torch.softmax(scores / root**2, -1) @ v, "The axis is right. The scores are divided by d, not by its root."
    yield torch.softmax(scores / root, 1) @ v, "The scale is right. Over which axis do the weights of one query sum to one?"
    yield torch.softmax(scores, -1) @ v, "The axis is right, and the scale is gone altogether."
    yield torch.softmax(scores / root, 0) @ v, "Axis 0 is that of the examples, which have nothing to do with one another."
    yield torch.softmax(scores.mT / root, -1) @ v, "Query and key are exchanged."
