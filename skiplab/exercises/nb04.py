"""Exercises on DenseNet: count channels with and without transitions, find where a bottleneck pays, and mend a block."""

from skiplab.checks import exercise, is_number, near


@exercise(
    "04-a",
    todo="Give the number of channels that the 40th layer of the block reads.",
    right="The 40th layer has 39 layers before it: 24 + 39 · 12. With add it would be 24.",
)
def reads(answer):
    if not is_number(answer):
        return "Give one number."
    if near(answer, 492, 1e-6):
        return None
    if near(answer, 504, 1e-6):
        return "That is what it hands on. Its own 12 channels are not there yet when it reads."
    if near(answer, 468, 1e-6):
        return "The channels that came into the block are read too."
    return "A layer reads what came in, and k channels of each layer before it."


@exercise(
    "04-b",
    todo="Give the number of channels that the head reads.",
    right="24 → 120 → 60 → 156 → 78 → 174: the transitions keep the width of a deep net within bounds.",
)
def head(answer):
    if not is_number(answer):
        return "Give one number."
    hints = {
        174: None,
        312: "Without compression, yes. Each transition halves what it reads.",
        87: "After the last block there is no transition: the head reads all.",
        96: "What came into the last block is there too.",
        120: "That is the end of the first block. Go on: halve, add a block, halve, add a block.",
    }
    hint = "Follow the width: each block adds 8 · 12 channels, each transition halves."
    return next((text for value, text in hints.items() if near(answer, value, 1e-6)), hint)


@exercise(
    "04-c",
    todo="Give the smallest number of channels for which the bottleneck saves weights.",
    right="Weights are saved only where a layer reads more than 86.4 channels: a bottleneck is for wide blocks, not for small nets.",
)
def bottleneck(answer):
    if not is_number(answer):
        return "Give one number."
    if near(answer, 87, 1e-6):
        return None
    if answer != int(answer) or answer < 1:
        return "Give a whole number of channels."
    c, inner = int(answer), 48
    with_it, without = c * inner + 9 * inner * 12, 9 * c * 12
    if with_it < without:
        return f"With {c} channels it saves {without - with_it} weights. Do fewer channels do?"
    return f"With {c} channels it has {with_it} weights, and without it {without}: nothing is saved."


@exercise(
    "04-d",
    todo="Find the bug: mended_block hands on the right number of channels, but its layers do not read what they should. Mend it.",
    right="One line: each layer reads all that there is, and what it makes is added behind.",
)
def block(answer):
    import torch

    if not callable(answer):
        return "Give a function (x, layers) -> all channels."
    seen = []

    def layer(h):
        seen.append(h.shape[1])
        return torch.tanh(h.sum(1, keepdim=True) * torch.tensor([[1.0, -0.5]]))

    x = torch.linspace(-1, 1, 12).view(4, 3)
    given = answer(x, [layer] * 3)
    truth = x
    for _ in range(3):
        truth = torch.cat([truth, layer(truth)], 1)
    if tuple(getattr(given, "shape", ())) != (4, 9):
        return f"x has 3 channels and each of 3 layers makes 2: 9 in all, not {tuple(getattr(given, 'shape', ()))}."
    if torch.allclose(given, truth):
        return None
    if seen[:3] == [3, 5, 7]:
        return "Each layer reads enough, but the order is not that of Concat: what there is comes first, what is new behind it."
    return f"The three layers read {', '.join(map(str, seen[:3]))} channels. They should read 3, 5 and 7."
