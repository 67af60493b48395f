"""Exercises on the toy saddle: where it is, how to avoid it, and how a gradient goes wrong."""

import numpy as np

from skiplab.lesson.checks import Mistake, compare, exercise, first_hint, near, one_number, reals
from skiplab.theory import saddle


@exercise("01-a", todo="Give the two eigenvalues, smaller first, for one skip round both weights, λ = 1 and α = −0.5.",
          right="The skip leaves α − 1 = −1.5 to learn, and the eigenvalues are ±2 · 1.5: this skip "
                "made the saddle steeper.")
def eigenvalues(answer):
    return first_hint(answer, [
        ([-3, 3], None),
        ([-1, 1], "These are the plain network's, ±2α. The skip shifts the target by 1 first."),
        ([3, -3], "The right two numbers: put the smaller one first."),
    ], "At the origin they are ±2 (α − λ).", 0.01)


@exercise("01-b", todo="Give the strength λ for which the origin is a flat minimum when α = 0.6.",
          right="The skip alone already does all that is asked, so there is nothing left to learn.")
def strength(answer):
    answer = one_number(answer)
    does = "more" if answer > 0.6 else "less"
    return None if near(answer, 0.6, 1e-6) else f"With λ = {answer:g} the skip alone does {does} than is asked. Leave nothing to learn."


@exercise("01-c", todo="Give a start (w1, w2), not the origin, from which plain descent to α = 1 never escapes.",
          right="Only the line w1 = −w2 leads into the saddle: a random start misses it with probability 1.")
def stuck(answer):
    start = _two_weights(answer)
    if np.abs(start).max() < 1e-3:
        return "That is the origin, or nearly: find a start away from it."
    toy = saddle.Toy(alpha=1.0)
    path = saddle.descend(toy, start, steps=3000, lr=0.05)
    if np.isnan(path[-1]).any():
        return "This start diverges. Come nearer."
    steps = saddle.escape_steps(toy, path)
    return None if steps is None else f"From there it escapes in {steps} steps. Look for the valley that ends in the saddle."


@exercise("01-d", todo="Find the bug: mended_gradient does not yet agree with the slope of the loss. Mend it.",
          right="By the chain rule the weight that is not being moved stands in the product.",
          function="mended_gradient(w1, w2, alpha) -> (dL/dw1, dL/dw2)")
def gradient(answer):
    def outcomes(w1, w2, alpha):
        truth = saddle.gradient(saddle.Toy(alpha), [w1, w2])
        yield truth, None
        yield truth[::-1], "The two entries are swapped: moving w1 changes the product by w2."
        yield truth / 2, "Half of it is missing: the loss is a square."

    places = np.random.default_rng(0).uniform(-2, 2, (6, 3)).tolist()
    return compare(answer, places, outcomes, "Differentiate (w1 w2 − α)² with respect to w1, holding w2 still.")


@exercise("01-e", todo="Give a start within 0.1 of the origin from which per-weight skips reach α = −1.",
          right="Any step off the diagonal will do. The skip did not take the saddle away, and the start decides.")
def rescue(answer):
    start = _two_weights(answer)
    if np.abs(start).max() > 0.1 + 1e-8:  # float32 has no 0.1
        return "Stay within 0.1 of the origin in each weight."
    toy = saddle.Toy(alpha=-1.0, form="weight")
    final = saddle.loss(toy, saddle.descend(toy, start, steps=1000, lr=0.05)[-1])
    return None if final < 1e-3 else f"From there the loss ends at {final:.2f}. The diagonal w1 = w2 leads into the saddle: leave it."


def _two_weights(answer):
    """The answer as an array (2,)."""
    start = reals(answer)
    if start is None or start.shape != (2,) or not np.isfinite(start).all():
        raise Mistake("Give two numbers, (w1, w2).")
    return start
