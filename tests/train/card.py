"""A graphics card that is only pretended: tensors are told apart by where they were sent, as on a real one.

Every tensor stays on the processor, but one that was moved to "cuda", or made from one that was, says so, and what torch
refuses for two devices is refused here too.
"""

import torch
from torch.overrides import TorchFunctionMode
from torch.utils import _pytree as pytree

CARD = torch.device("cuda")
PLACES = (torch.device, str)
ACROSS = ("copy_", "to", "__get__", "__set__", "__getitem__", "__setitem__", "type_as", "cpu", "cuda", "index_put_")


def on_card(tensor):
    """Whether a tensor is on the card, None where nobody knows, as inside vmap."""
    return getattr(tensor, "on_card", None)


def marked(tensor, there):
    tensor.on_card = there
    return tensor


def here(value):
    """The processor, where a call names the card."""
    return torch.device("cpu") if isinstance(value, PLACES) and value in (CARD, "cuda") else value


def asked(func, args, kwargs):
    """Whether the call asks for the card (True), for another device (False) or for none (None)."""
    name = getattr(func, "__name__", "")
    places = [kwargs.get("device"), *(args[1:2] if name == "to" else ())]
    if name == "cpu":
        return False
    if name == "to" and isinstance(other := next(iter(args[1:2]), None), torch.Tensor):
        return on_card(other)
    places = [torch.device(place) for place in places if isinstance(place, PLACES)]
    return places[0] == CARD if places else None


class Card(TorchFunctionMode):
    """While inside, there is a card. `met` counts the calls that had to do with tensors on it."""

    met = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs, name = dict(kwargs or {}), getattr(func, "__name__", "")
        used = args[:1] if name == "__deepcopy__" else (args, kwargs)  # after it comes a memo
        given = [leaf for leaf in pytree.tree_leaves(used) if isinstance(leaf, torch.Tensor)]
        wanted, places = asked(func, args, kwargs), {on_card(t) for t in given if t.ndim or on_card(t)}
        self.met += True in places
        if func == torch.Tensor.device.__get__:
            return CARD if on_card(args[0]) else func(*args)
        if name == "numpy" and True in places:
            raise TypeError("can't convert cuda device type tensor to numpy. Use Tensor.cpu() first.")
        if True in places and False in places and name not in ACROSS:
            raise RuntimeError(f"Expected all tensors to be on the same device, but {name} got some on cuda and some on cpu.")
        if wanted and kwargs.get("generator") is not None:
            raise RuntimeError("Expected a 'cuda' device type for generator but found 'cpu'")
        if wanted:
            args, kwargs = pytree.tree_map(here, (args, kwargs))
        made = func(*args, **kwargs)
        if args and made is args[0] and wanted is not None and wanted != on_card(made):
            made = made.clone()  # a move is a copy
        there = self._there(name, wanted, places, args)
        if func == torch.Tensor.data.__set__:
            marked(args[0], on_card(args[1]))
        for leaf in pytree.tree_leaves(made):
            if isinstance(leaf, torch.Tensor) and not any(leaf is each for each in given):
                marked(leaf, there)
        return made

    @staticmethod
    def _there(name, wanted, places, args):
        """Where the result is: as asked for, else where the tensors are that it is made of."""
        if name == "__getitem__" and args:
            return on_card(args[0])
        if wanted is not None:
            return wanted
        return True if True in places else False if places <= {False} else None
