"""What readers answer to the exercises of notebook 07: right answers in many forms, and mistakes with words of their hints."""

import numpy as np
import torch

NAN, INF = float("nan"), float("inf")


def attend(mask=None, where="before", root=True, swap=False):
    """Attention by hand with a mask that is made of ones (T, T), and with a slip or none."""

    def causal(x, W_q, W_k, W_v):
        q, k, v = x @ W_q.T, x @ W_k.T, x @ W_v.T
        scores = (k @ q.T if swap else q @ k.T) / (q.shape[-1] ** 0.5 if root else 1)
        past = torch.ones(len(x), len(x), dtype=torch.bool) if mask is None else mask(torch.ones(len(x), len(x))).bool()
        if where == "after":
            return (torch.softmax(scores, -1) * past) @ v
        return torch.softmax(scores.masked_fill(~past, -INF) if where == "before" else scores * past, -1) @ v

    return causal


def token_by_token(x, W_q, W_k, W_v):
    q, k, v = x @ W_q.T, x @ W_k.T, x @ W_v.T
    rows = [torch.softmax(q[t] @ k[: t + 1].T / q.shape[-1] ** 0.5, -1) @ v[: t + 1] for t in range(len(x))]
    return torch.stack(rows)


def torchs(x, W_q, W_k, W_v):
    parts = ((x @ W.T)[None] for W in (W_q, W_k, W_v))
    return torch.nn.functional.scaled_dot_product_attention(*parts, is_causal=True)[0]


def mirrored(scale=50.0, query=None, key=None):
    """W_q and W_k, functions of the unit matrix."""

    def mirror(T):
        one = torch.eye(T)
        return scale * (one if query is None else query(one)), one.flip(0) if key is None else key(one)

    return mirror


def attended(over=-1, scale=lambda d: d**0.5, swap=False):
    """softmax(Q Kᵀ / scale) V."""
    return lambda q, k, v: torch.softmax((k @ q.mT if swap else q @ k.mT) / scale(q.shape[-1]), over) @ v


RIGHT = {
    "07-a": [[10, 19], (10.0, 19), np.array([10, 19]), torch.tensor([10, 19])],
    "07-b": [attend(torch.tril), token_by_token, torchs, lambda *given: attend(torch.tril)(*given).float().numpy()],
    "07-c": [mirrored(), mirrored(1e3), mirrored(50.0, lambda one: one.flip(0), lambda one: one),
             mirrored(-50.0, None, lambda one: -one.flip(1)), lambda T: [torch.nn.Parameter(w) for w in mirrored()(T)]],
    "07-d": [attended(), lambda q, k, v: attended()(q, k, v).numpy(), torch.nn.functional.scaled_dot_product_attention],
}  # fmt: skip

WRONG = {
    "07-a": [
        ([19, 10], "put the copy first"),
        ([10, 1], "of the last symbol read"),
        ([10, 9], "The copy is right"),
        ([10, 10], "The copy is right"),
        ([10, 18], "The copy is right"),
        ([10, 20], "The copy is right"),
        ([9, 19], "Nearly"),
        ([11, 19], "Nearly"),
        ([9, 18], "Nearly"),
        ([11, 20], "Nearly"),
        ([1, 1], "Count the steps"),
        ([10, 19.004], "Count the steps"),
        ([10], "Count the steps"),
        ([10, 19, 1], "Count the steps"),
        ([10, True], "Count the steps"),
        (10, "Count the steps"),
        ("T, 1", "Count the steps"),
    ],
    "07-b": [
        (attend(), "the later ones too"),
        (attend(torch.tril, "after"), "do not sum to one"),
        (attend(torch.tril, "times"), "not a weight of 0"),
        (attend(torch.triu), "looks ahead"),
        (attend(torch.tril, root=False), "not divided by √d"),
        (attend(lambda ones: ones.tril(-1)), "NaN"),
        (attend(torch.tril, swap=True), "exchanged"),
        (lambda x, W_q, W_k, W_v: x @ W_v.T, "scores and the softmax"),
        (lambda x, W_q, W_k, W_v: x, "scores and the softmax"),
        (lambda x, W_q, W_k, W_v: attend(torch.tril)(x, W_k, W_q, W_v), "exchanged"),
        (lambda *given: attend(torch.tril)(*given)[0], "numbers of shape (5, 4), and returns (4,)"),
        (lambda *given: NAN * attend(torch.tril)(*given), "NaN"),
        (lambda x, *rest: x.copy_(attend(torch.tril)(x, *rest)), "in place"),
        (lambda *given: [attend(torch.tril)(*given)].clear(), "is a return missing"),
        (lambda x: x, "stopped with TypeError"),
    ],
    "07-c": [
        (mirrored(50.0, None, lambda one: one), "looks at itself"),
        (mirrored(1.0), "not more than 0.9"),
        (mirrored(5.0), "not more than 0.9"),
        (mirrored(0.0), "the t-th unit vector"),
        (mirrored(-50.0), "the t-th unit vector"),
        (mirrored(50.0, None, lambda one: one.roll(1, 0)), "the t-th unit vector"),
        (mirrored(INF), "no numbers"),
        (lambda T: mirrored()(6), "For T = 5"),
        (lambda T: torch.eye(T), "Return two tensors"),
        (lambda T: mirrored()(T) * 2, "Return two tensors"),
        (lambda T: tuple(w.numpy() for w in mirrored()(T)), "Return two tensors"),
        (lambda T: (torch.eye(T)[0], torch.eye(T)), "of shape (6, 6)"),
        (lambda T: None, "is a return missing"),
        (lambda: mirrored()(6), "stopped with TypeError"),
    ],
    "07-d": [
        (attended(1, lambda d: d), "Both are still there"),
        (attended(-1, lambda d: d), "not by its root"),
        (attended(1), "The scale is right"),
        (attended(-1, lambda d: 1), "gone altogether"),
        (attended(0), "that of the examples"),
        (attended(swap=True), "exchanged"),
        (lambda q, k, v: v, "symbol by symbol"),
        (lambda q, k, v: attended()(q, v, k), "symbol by symbol"),
        (lambda q, k, v: attended()(q, k, v) + 1, "symbol by symbol"),
        (lambda q, k, v: attended()(q, k, v)[0], "numbers of shape (3, 5, 4), and returns (5, 4)"),
        (lambda q, k, v: NAN * q, "NaN"),
        (lambda q, k, v: q.copy_(attended()(q, k, v)), "in place"),
        (lambda q, k, v: [q].clear(), "is a return missing"),
        (lambda q: q, "stopped with TypeError"),
    ],
}  # fmt: skip
