"""The first exercises: compute a merge, make an identity, mend a gate."""

from skiplab.checks import exercise, near


@exercise(
    "00-a",
    todo="Give the list [none, add, gate] for x = 2, F(x) = 3 and z = 0.25.",
    right="none keeps only the branch, add sums the two, and a gate that is a quarter open stays near x.",
)
def merges(answer):
    if near(answer, [3, 5, 2.25]):
        return None
    if near(answer, [3, 5, 2.75]):
        return "none and add are right. In the gate, z stands before F(x) and 1 − z before x."
    if near(answer, [2, 5, 2.25]):
        return "none means no skip: y is F(x), not x."
    return "Put the numbers into the three formulas: F(x), x + F(x), (1 − z) x + z F(x)."


@exercise(
    "00-b",
    todo="Give a Skip around the branch above that hands x through unchanged.",
    right="Whatever the branch computes, nothing of it arrives: the block is the identity.",
)
def identity(answer):
    import torch

    from skiplab.skip import Skip

    if not isinstance(answer, Skip):
        return f"Give a Skip, such as Skip(branch, Add()); this is a {type(answer).__name__}."
    x = torch.linspace(-2, 2, 12).reshape(4, 3)
    with torch.no_grad():
        y = answer(x)
        same, branch = y.shape == x.shape and torch.allclose(y, x), answer.branch(x)
    if not same:
        return "y is not x yet. Which factor of Add silences the branch? Or which z shuts a Gate?"
    return "The branch itself must stay as it is: silence it in the merge." if torch.allclose(branch, 0 * branch) else None


@exercise(
    "00-c",
    todo="Find the bug: with z = 0 the gate should be shut and hand x through. Mend mended_gate.",
    right="z opens the way for the branch; torch.nn.GRU writes it the other way round, so look before you compare.",
)
def gate(answer):
    if not callable(answer):
        return "Give a function (x, new, z) -> y."
    if near(answer(2.0, 3.0, 0.0), 3.0):
        return "With z = 0 it still returns F(x)."
    if not near(answer(2.0, 3.0, 0.0), 2.0):
        return "With z = 0 it should return x."
    return None if near(answer(2.0, 3.0, 0.25), 2.25) and near(answer(2.0, 3.0, 1.0), 3.0) else "With z = 1 it should return F(x)."
