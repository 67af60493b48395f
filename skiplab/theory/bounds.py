"""What can be said of a deep stack before running it: bounds, in powers of ten, so that nothing under- or overflows.

Legend: rho (ρ) the largest norm of a branch's Jacobian, max ||J_l||; L the depth; lam (λ) the strength of the skip.
"""

import numpy as np

from skiplab.base.errors import need_number, need_whole


def skip_bounds(rho, depth, lam=1.0):
    """(lower, upper): log10 of (λ - ρ)^L and (λ + ρ)^L, between which an `add` stack stretches a gradient.

    The lower one is -inf, no bound at all, when ρ >= λ: a Jacobian of -λ I would cancel the skip.
    """
    need_number("rho", rho, least=0)
    need_number("lam", lam, least=0)
    return highway(lam - rho, depth) if rho < lam else -np.inf, highway(lam + rho, depth)


def random_gain(rho, depth):
    """log10 of (1 + ρ²)^(L/2), the expected stretch of an `add` stack whose branches are ρ times random rotations (Haar)."""
    need_number("rho", rho, least=0)
    need_whole("depth", depth, 0, 1_000_000)
    return depth * np.log10(np.hypot(1, rho))


def highway(lam, depth):
    """log10 of λ^L, what is left of a gradient on the shortcut alone: 0 at λ = 1, nothing at λ = 0.

    ρ^L is also the most by which a plain stack can stretch one; the least only if every J_l is ρ times a rotation.
    """
    need_number("lam", lam, least=0)
    need_whole("depth", depth, 0, 1_000_000)
    return depth * np.log10(lam) if lam > 0 else (0.0 if depth == 0 else -np.inf)
