"""The first exercises: compute a merge, silence a branch, mend a gate, stack blocks."""

import torch
from torch.nn.functional import linear

from skiplab.base.rng import drawing
from skiplab.lesson.checks import called, compare, exercise, first_hint, kind
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


@exercise("00-d", todo="Write the class Stack, a torch.nn.Module that is made of branches.",
          right="Blocks with skips, one after the other, and one λ for all of them that an optimiser can change.",
          function="Stack(branches) -> net")
def stack(answer):
    cases = []
    for seed, (width, count) in enumerate(((3, 1), (3, 2), (5, 4))):
        with drawing(seed):
            branches = [torch.nn.Sequential(torch.nn.Linear(width, width), torch.nn.Tanh()) for _ in range(count)]
            inputs = [torch.randn(shape) for shape in ((4, width), (2, 5, width))]
        net = answer(tuple(branches))
        if hint := _unfit(net, branches):
            return hint
        cases += [(net, branches, lam, x) for lam in (1.0, 0.4, -1.3) for x in inputs]
    hint = compare(_stacked, cases, _stacks, "What a block hands on, λx + F(x), is the x of the next one, or after the last the answer.")
    if hint is None:
        net, _, _, x = cases[-1]
        net(x).sum().backward()
        hint = None if net.lam.grad is not None else "No gradient arrives at λ: use self.lam as it is, and not a copy of its number."
    return hint


def _unfit(net, branches):
    """What is wrong with a stack before it has read anything."""
    if not isinstance(net, torch.nn.Module):
        return f"Stack(branches) should make a torch.nn.Module; what it makes is {kind(net)}."
    lam, found = getattr(net, "lam", None), list(net.parameters())
    if not isinstance(lam, torch.nn.Parameter) or lam.numel() != 1:
        return "Let self.lam be a torch.nn.Parameter that holds one number: a plain number or tensor is not found by an optimiser."
    if lam.item() != 1:
        return "At the start λ should be 1, the full skip."
    if any(not any(torch.equal(part, own) for own in found) for branch in branches for part in branch.parameters()):
        return "An optimiser would not find the weights of all branches: a list hides its modules, a torch.nn.ModuleList does not."
    return None


def _stacked(net, branches, lam, x):
    """What the stack makes of x where λ is `lam`."""
    with torch.no_grad():
        net.lam.fill_(lam)
    return called(net, x)


def _stacks(net, branches, lam, x):
    """The right stack and the usual other ones."""

    def chain(block):
        y = x
        for branch in branches:
            y = block(y, branch(y))
        return y

    plain = chain(lambda y, new: new)
    return [
        (chain(lambda y, new: lam * y + new), None),
        (chain(lambda y, new: y + new), "It adds x + F(x): where does λ come in?"),
        (chain(lambda y, new: y + lam * new), "λ stands before F(x), and should stand before x."),
        (chain(lambda y, new: lam * (y + new)), "λ multiplies the whole sum, and should stand before x alone."),
        (plain, "There is no skip in it yet: each branch reads what the one before it gives, and nothing else."),
        (lam * x + plain, "It has one skip round all branches; each branch needs one round itself."),
        (lam * x + sum(branch(x) for branch in branches), "All branches read the first x; each should read what comes before it."),
        (lam * x + branches[0](x), "Only the first block is there: does the loop return too early?"),
        (chain(lambda y, new: lam * x + new), "Every skip carries the first x; each should carry what the block before it hands on."),
    ]
