"""A skip does not remove a saddle point: it moves it.

The toy network multiplies its input by a number, y = m(w) x, and the target is y* = alpha x; with E[x^2] = 1 the loss is
L(w) = (m(w) - alpha)^2. The L weights stand in blocks, and a skip of strength lam goes round each block:

    m(w) = prod over blocks (lam + prod of the weights in the block)

    form "plain"    one block, no skip        m = w1 w2 ... wL
    form "block"    one skip round them all   m = lam + w1 w2 ... wL
    form "pair"     one round each two        m = (lam + w1 w2)(lam + w3 w4) ...
    form "weight"   one round each weight     m = (lam + w1)(lam + w2) ...

m is a straight line in each single weight, so its Laplacian is zero and it has no peaks and no pits: every point where the
gradient is zero and the loss is not is a saddle. Shapes: w is (..., L); everything is float64 and in closed form.
"""

from dataclasses import dataclass

import numpy as np

from skiplab.base.errors import as_rows, need_array, need_choice, need_kind, need_number, need_whole
from skiplab.base.seeds import first_seed, jitter

FORMS = ("plain", "block", "pair", "weight")
OPTIMIZERS = ("gd", "momentum", "adam", "noisy")
KINDS = ("slope", "minimum", "flat minimum", "strict saddle", "flat saddle")
RUNAWAY = 1e6  # a weight larger than this has diverged
NOTHING = 1e-9  # a slope, a loss or a curvature up to this is none
ESCAPED = 0.9  # the share of the way from the saddle to alpha after which an escape is counted
LONGEST, MOST_STEPS, MOST_NUMBERS = 64, 1_000_000, 10**8


@dataclass(frozen=True)
class Toy:
    """The target `alpha`, the `form`, the skip's strength `lam` and the number of weights `length` (2 to 64)."""

    alpha: float = 1.0
    form: str = "plain"
    lam: float = 1.0
    length: int = 2

    def __post_init__(self):
        need_number("alpha", self.alpha)
        need_choice("form", self.form, FORMS)
        need_number("lam", self.lam)
        need_whole("length", self.length, 2, LONGEST)
        if self.form == "pair" and self.length % 2:
            raise ValueError(f"length: form 'pair' needs an even number of weights, got {self.length}.")

    @property
    def span(self):
        """How many weights stand in one block."""
        return {"pair": 2, "weight": 1}.get(self.form, self.length)

    @property
    def keep(self):
        """What a block adds to its product: lam, and nothing in the plain form."""
        return 0.0 if self.form == "plain" else float(self.lam)


def multiplier(toy, w):
    """m(w), the number by which the network multiplies its input: (..., L) -> (...)."""
    blocks = _blocks(toy, w)
    return (toy.keep + blocks.prod(-1)).prod(-1)


def loss(toy, w):
    """(m(w) - alpha)^2: (..., L) -> (...)."""
    return (multiplier(toy, w) - toy.alpha) ** 2


def gradient(toy, w):
    """dL/dw: (..., L) -> (..., L)."""
    return 2 * (multiplier(toy, w) - toy.alpha)[..., None] * _slope(toy, w)


def hessian(toy, w):
    """d2L/dw2 at one point: (L,) -> (L, L)."""
    w = _point(toy, w)
    slope, same = _slope(toy, w), np.eye(toy.length, dtype=bool)
    bend = _slope(toy, np.where(same, 1.0, w)) - _slope(toy, np.where(same, 0.0, w))  # exact: m is a line in w_i
    return 2 * np.outer(slope, slope) + 2 * (multiplier(toy, w) - toy.alpha) * bend


def eigenvalues(toy, w):
    """Eigenvalues of the Hessian at one point, smallest first: (L,) -> (L,)."""
    return np.linalg.eigvalsh(hessian(toy, w))


def kind(toy, w):
    """What the point is, one of `KINDS`; a saddle is strict when some direction curves down."""
    w = _point(toy, w)
    if np.abs(gradient(toy, w)).max() > NOTHING:
        return "slope"
    lowest, highest = eigenvalues(toy, w)[[0, -1]]
    if loss(toy, w) <= NOTHING:
        return "minimum" if highest > NOTHING else "flat minimum"
    return "strict saddle" if lowest < -NOTHING else "flat saddle"


def saddle_point(toy):
    """The point where every block's product stands still: the origin, or (-lam, ..., -lam) with a skip round each weight."""
    return np.full(need_kind("toy", toy, Toy).length, -toy.keep if toy.form == "weight" else 0.0)


def tie(ab, length):
    """Lift a point (a, b) of the explorer's plane to all weights, w1 = w3 = ... = a and w2 = w4 = ... = b: (..., 2) -> (..., L).

    Gradient descent that starts on this plane stays on it, since weights of one class always have equal gradients.
    """
    return as_rows("ab", ab, 2)[..., np.arange(need_whole("length", length, 1, LONGEST)) % 2]


def random_starts(count, spread):
    """Normal random starts (w1, w2) of standard deviation `spread`, the same ones each time: (count, 2)."""
    need_whole("count", count, 1, 100_000)
    need_number("spread", spread, above=0)
    starts = np.random.default_rng(first_seed()).normal(0, spread, (count, 2))
    return starts * (1 + jitter() * np.random.default_rng(0).standard_normal(starts.shape))


def noise_table(steps, length, seed=0):
    """Standard normal noise for noisy descent, equal for tied weights, made once so that any program can repeat it: (steps, L)."""
    need_whole("steps", steps, 0, MOST_STEPS)
    need_whole("seed", seed, 0, 2**63 - 1)
    return tie(np.random.default_rng(seed).standard_normal((steps, 2)), length)


def descend(toy, start, steps=200, lr=0.05, optimizer="gd", sigma=0.0, noise=None):
    """The path of an optimizer from `start` (..., L): (steps + 1, ..., L), NaN from the step on which it diverged.

    "gd"; "momentum" (heavy ball, 0.9); "adam" (Kingma and Ba 2015; 0.9, 0.999); "noisy" (gradient + `sigma` times `noise`,
    a (steps, L) table, by default `noise_table`).
    """
    w = as_rows("start", start, need_kind("toy", toy, Toy).length, "finite numbers")
    w = need_array("start", w, w.shape, f"{toy.length} finite numbers on the last axis")
    need_whole("steps", steps, 0, min(MOST_STEPS, MOST_NUMBERS // max(1, w.size)))
    need_number("lr", lr, above=0)
    need_number("sigma", sigma, least=0)
    move = _stepper(need_choice("optimizer", optimizer, OPTIMIZERS), w.shape, lr)
    sigma = sigma if optimizer == "noisy" else 0.0
    noise = noise_table(steps, toy.length) if noise is None else need_array("noise", noise, (steps, toy.length))
    path = np.full((steps + 1, *w.shape), np.nan)
    path[0] = w
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(steps):
            w = w - move(gradient(toy, w) + sigma * noise[t], t + 1)
            if not np.abs(w).max(initial=0) < RUNAWAY:
                w = np.where(np.abs(w).max(-1, keepdims=True) < RUNAWAY, w, np.nan)
                if np.isnan(w).all():
                    break
            path[t + 1] = w
    return path


def escape_steps(toy, path):
    """The first step at which m has gone `ESCAPED` of the way from the saddle to alpha, or None: path (T, L)."""
    gap = abs(multiplier(toy, saddle_point(toy)) - toy.alpha)
    path = as_rows("path", path, toy.length, "weights")
    if path.ndim != 2:
        raise ValueError(f"path: expected one path, of shape (T, {toy.length}), got shape {path.shape}.")
    there = np.flatnonzero(np.abs(multiplier(toy, path) - toy.alpha) <= (1 - ESCAPED) * gap)
    return int(there[0]) if len(there) and gap > 0 else None


def predicted_escape(toy, ab, lr):
    """Steps that gradient descent should need to escape from (a, b) near the saddle, from gradient flow, or None.

    Seen from the saddle the flow keeps a'^2 - b'^2, so its path is known before it is walked: (a', b') turned by the hyperbolic angle
    theta. The steps are the integral of the time per angle along it, up to where the escape is counted; log(1 + lr h)/(lr h), h the
    curvature at the saddle, turns the flow's time into steps.
    """
    a, b = need_array("ab", ab, (2,)) - saddle_point(toy)[:2]
    need_number("lr", lr, above=0)
    if max(abs(a), abs(b)) > 1:
        return None
    for sign in (1.0, -1.0):
        outwards = abs(a + sign * b) / 2
        theta = sign * np.linspace(0, np.log(4 / outwards) if 0 < outwards < 4 else 0, 400)
        path = np.stack([a * np.cosh(theta) + b * np.sinh(theta), b * np.cosh(theta) + a * np.sinh(theta)], -1)  # (400, 2)
        done = _gone(toy, tie(path, toy.length) + saddle_point(toy))
        end = int((done >= ESCAPED).argmax())
        if end and (np.diff(done[: end + 1]) > -1e-15).all():
            return _flow_steps(toy, theta[: end + 1], path[: end + 1], done[: end + 1], lr)
    return None


def _flow_steps(toy, theta, path, done, lr):
    """Integral of the flow's time over its hyperbolic angle theta (points,), cut where the escape is counted, in steps."""
    slope = np.abs(gradient(toy, tie(path, toy.length) + saddle_point(toy))[:, :2])  # (points, 2)
    which = slope.argmax(1)[:, None]
    steepest = np.take_along_axis(slope, which, 1)[:, 0]
    if not steepest.min() > 1e-12:
        return None
    rate = np.abs(np.take_along_axis(path, 1 - which, 1)[:, 0]) / steepest  # dt / d theta
    pieces = np.abs(np.diff(theta)) * (rate[1:] + rate[:-1]) / 2
    pieces[-1] *= (ESCAPED - done[-2]) / (done[-1] - done[-2])
    h = lr * abs(eigenvalues(toy, saddle_point(toy))[0])
    return float(pieces.sum() / lr * (h / np.log1p(h) if h > 1e-12 else 1.0))


def _gone(toy, w):
    """How much of the way from the saddle to alpha is done: (..., L) -> (...)."""
    at_saddle = multiplier(toy, saddle_point(toy))
    gap = toy.alpha - at_saddle
    return (multiplier(toy, w) - at_saddle) / gap if gap else np.zeros(w.shape[:-1])


def _stepper(optimizer, shape, lr):
    """A function (gradient, t) -> step that keeps the optimizer's memory."""
    first, second = np.zeros(shape), np.zeros(shape)

    def momentum(g, t):
        first[:] = 0.9 * first + g
        return lr * first

    def adam(g, t):
        first[:] = 0.9 * first + 0.1 * g
        second[:] = 0.999 * second + 0.001 * g * g
        return lr * (first / (1 - 0.9**t)) / (np.sqrt(second / (1 - 0.999**t)) + 1e-8)

    return {"momentum": momentum, "adam": adam}.get(optimizer, lambda g, t: lr * g)


def _point(toy, w):
    return need_array("w", w, (need_kind("toy", toy, Toy).length,))


def _blocks(toy, w):
    w = as_rows("w", w, need_kind("toy", toy, Toy).length, "weights")
    return w.reshape(*w.shape[:-1], toy.length // toy.span, toy.span)  # (..., blocks, weights)


def _slope(toy, w):
    """dm/dw: (..., L) -> (..., L)."""
    blocks = _blocks(toy, w)
    return (_others(toy.keep + blocks.prod(-1))[..., None] * _others(blocks)).reshape(np.shape(w))


def _others(x):
    """For each entry the product of all the others on the last axis, with no division: (..., n) -> (..., n)."""
    return np.where(np.eye(x.shape[-1], dtype=bool), 1.0, x[..., None, :]).prod(-1)
