"""The first exercises: compute a merge, silence a branch, mend a gate."""

import torch
from torch.nn.functional import linear

from skiplab.lesson.checks import compare, exercise, first_hint, kind
from skiplab.skip import Skip


@exercise("00-a", todo="Give the list [none, add, gate] for x = 2, F(x) = 3 and z = 0.25.",
          right="none keeps only the branch, add sums the two, and a gate that is a quarter open stays near x.")
def merges(answer):
    return first_hint(answer, [
        ([3, 5, 2.25], None),
        ([3, 5, 2.75], "none and add are right. In the gate, z stands before F(x) and 1 − z before x."),
        ([2, 5, 2.25], "none means no skip: y is F(x), not x."),
    ], "Put the numbers into the three formulas: F(x), x + F(x), (1 − z) x + z F(x).")


@exercise("00-b", todo="Give a Skip around the branch above that hands on 2x, whatever the branch computes.",
          right="Whatever the branch computes, nothing of it arrives, and the skip counts twice.")
def doubled(answer):
    if not isinstance(answer, Skip):
        return f"Give a Skip, such as Skip(branch, Add()); this is {kind(answer)}."
    keep = "Keep the branch above as it is, a Linear(3, 8), a ReLU and a Linear(8, 3): silence it in the merge."
    weights = list(getattr(answer.branch, "parameters", list)())
    if [part.shape for part in weights] != [(8, 3), (8,), (3, 8), (3,)]:
        return keep
    for shape in ((4, 3), (1, 3), (2, 5, 3)):
        x, new = torch.randn(2, *shape, generator=torch.Generator().manual_seed(len(shape))).to(weights[0])
        by_hand = linear(torch.relu(linear(x, *weights[:2])), *weights[2:])
        if not by_hand.any() or not torch.allclose(answer.branch(x), by_hand, 1e-3, 1e-3):
            return keep
        if torch.equal(y := answer(x.clone()), x):
            return "The branch is silent, and y is x. Which factor stands before x?"
        if not torch.equal(y, 2 * x):
            return "y is not 2x yet. Which factor of Add silences the branch? Which one stands before x?"
        if not torch.equal(answer.merge(answer.shortcut(x), torch.finfo(x.dtype).max ** 0.75 * new), 2 * x):
            return "A little of the branch still arrives: a louder one would be heard. Silence it altogether."
    return None


@exercise("00-c", todo="Find the bug: with z = 0 the gate should be shut and hand x through. Mend mended_gate.",
          right="z opens the way for the branch; torch.nn.GRU writes it the other way round, so look "
                "before you compare.",
          function="mended_gate(x, new, z) -> y")
def gate(answer):
    rng = torch.Generator().manual_seed(0)
    cases = [(*torch.randn(2, *shape, generator=rng).double(), z) for shape in ((), (5,), (2, 3)) for z in (0.0, 0.3, 0.9, 1.0)]
    return compare(answer, cases, lambda x, new, z: [
        ((1 - z) * x + z * new, None),
        (z * x + (1 - z) * new, "With z = 0 it still returns F(x)."),
        (x + z * new, "With z = 1 x is still in it: what takes it away as the gate opens?"),
    ], "With z = 0 it should return x, with z = 1 F(x), with z = 0.25 a quarter of F(x) and three quarters of x.")
