"""The first exercises: compute a merge, make an identity, mend a gate."""

import torch

from skiplab.lesson.checks import exercise, first_hint, near
from skiplab.skip import Skip


@exercise("00-a", todo="Give the list [none, add, gate] for x = 2, F(x) = 3 and z = 0.25.",
          right="none keeps only the branch, add sums the two, and a gate that is a quarter open stays near x.")
def merges(answer):
    return first_hint(answer, [
        ([3, 5, 2.25], None),
        ([3, 5, 2.75], "none and add are right. In the gate, z stands before F(x) and 1 − z before x."),
        ([2, 5, 2.25], "none means no skip: y is F(x), not x."),
    ], "Put the numbers into the three formulas: F(x), x + F(x), (1 − z) x + z F(x).", 0.01)


@exercise("00-b", todo="Give a Skip around the branch above that hands x through unchanged.",
          right="Whatever the branch computes, nothing of it arrives: the block is the identity.")
def identity(answer):
    if not isinstance(answer, Skip):
        return f"Give a Skip, such as Skip(branch, Add()); this is a {type(answer).__name__}."
    x = torch.linspace(-2, 2, 12).reshape(4, 3)
    x = x.to(next(answer.parameters(), x))
    with torch.no_grad():
        if not _same(answer(x), x):
            return "y is not x yet. Which factor of Add silences the branch? Or which z shuts a Gate?"
        other = all(_same(answer.merge(answer.shortcut(x), new), x) for new in (100 * x.flip(0) + 7, -x, torch.sin(9 * x)))
        branch = answer.branch(x)
    if not other or torch.allclose(branch, 0 * branch):
        return "The branch itself must stay as it is: silence it in the merge."
    return None


def _same(y, x):
    return y.shape == x.shape and torch.allclose(y, x)


@exercise("00-c", todo="Find the bug: with z = 0 the gate should be shut and hand x through. Mend mended_gate.",
          right="z opens the way for the branch; torch.nn.GRU writes it the other way round, so look "
                "before you compare.",
          function="(x, new, z) -> y")
def gate(answer):
    if near(answer(2.0, 3.0, 0.0), 3.0):
        return "With z = 0 it still returns F(x)."
    hints = {
        0.0: "With z = 0 it should return x.",
        1.0: "With z = 1 it should return F(x).",
        0.25: "With z = 0.25 it should return a quarter of F(x) and three quarters of x.",
        0.5: "With z = 0.5 it should return the mean of x and F(x).",
    }
    pairs = ((2.0, 3.0), (-1.0, 4.0), (5.0, -2.0))  # x, F(x)
    return next((hint for z, hint in hints.items() for x, new in pairs if not near(answer(x, new, z), (1 - z) * x + z * new, 1e-6)), None)
