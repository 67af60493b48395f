"""While a network trains, its learner sees how far it is and how it goes, and can stop it without losing it."""

import math
import os
import sys
import threading
import time
from dataclasses import dataclass

import numpy as np

PATIENCE = 0.8  # s before a progress panel appears
STYLE = (
    "display: flex; align-items: center; gap: 12px; margin-left: 8px; line-height: 1.4; font-size: 13px; "
    "color: var(--jp-content-font-color1, inherit)"
)

# JupyterLab marks the widgets of a kernel that has gone: what they said last holds no more.
GONE = """<style>.jupyter-widgets-disconnected :is(.skiplab-words > span, button) { display: none; }
.jupyter-widgets-disconnected .skiplab-words::after { content: "The kernel has gone: run the cell again."; }</style>"""


@dataclass(frozen=True)
class Progress:
    """How far a training is: step of steps, all settings together; and of the C networks that are at work, their
    losses (C, so far), and train_error and test_error (C, E) after steps_at (E,) steps, so far.
    """

    step: int
    steps: int
    losses: np.ndarray
    steps_at: np.ndarray
    train_error: np.ndarray
    test_error: np.ndarray


class Panel:
    """A bar, the loss so far and a button to stop, shown once a training lasts longer than `PATIENCE`.

    It is a `watch` for `fit`. Settings that are trained one after the other are `parts` of equal length.
    """

    def __init__(self, parts=1):
        self._parts, self._began, self._box, self._stopped, self._first = parts, time.monotonic(), None, False, None

    def __call__(self, now):
        self._first, self._now = now.step if self._first is None else self._first, now
        spent, made = time.monotonic() - self._began, now.step - self._first
        if self._box is None and spent > PATIENCE and now.step < now.steps:
            self._show()
        if self._box is not None:
            self._tell(f"about {_time(spent / made * (now.steps - now.step))} left" if made else "starting")
        return self._stopped

    def stop(self, button=None):
        """Stop at the next step, and keep what was trained."""
        self._stopped = True

    def end(self, reason):
        """Nothing more will come: "cancelled", "interrupted" or ""."""
        if self._box is not None:
            whole = f"done in {_time(time.monotonic() - self._began)}" if self._now.step >= self._now.steps else "ended early"
            self._tell({"cancelled": "stopped", "interrupted": "interrupted"}.get(reason, whole))
            self._button.disabled = True
            if self._shown:  # a saved notebook keeps words and curve, which no kernel has to stand behind
                self._shown.update({"text/html": f'<div class="skiplab-progress">{self._text.value}</div>', "text/plain": ""}, raw=True)
            for part in (self._box, self._button, self._bar, self._text):
                part.layout.close()
                part.close()

    def _show(self):
        import ipywidgets
        from IPython.display import display

        self._bar = ipywidgets.FloatProgress(value=0, min=0, max=1, tooltip="how far the training is", layout={"width": "12em"})
        self._text = ipywidgets.HTML()
        self._button = ipywidgets.Button(description="Stop", tooltip="Stop here and keep what was trained", layout={"width": "5em"})
        self._button.on_click(self.stop)
        self._box = ipywidgets.HBox([self._button, self._bar, self._text], layout={"align_items": "center", "flex_flow": "row wrap"})
        self._shown = display(self._box.add_class("skiplab-progress"), display_id=True)
        # ipykernel 7.4 takes a click to the thread that made the button, which trains; the page's own choice is one that is free.
        self._button.comm._reply_subshell_for = lambda data, choice: choice

    def _tell(self, end):
        losses, step, each = self._now.losses, self._now.step, self._now.steps // self._parts
        part = max(1, math.ceil(step / each))
        many = f"part {part} of {self._parts}, " if self._parts > 1 else ""
        finite = np.isfinite(losses[:, -1])
        loss = f"median loss {np.median(losses[finite, -1]):.3g}" if finite.any() else "no loss is finite"
        lost = f" ({len(finite) - finite.sum()} diverged)" if not finite.all() and finite.any() else ""
        self._bar.value = step / self._now.steps
        words = f"{many}step {step - (part - 1) * each:,} of {each:,} · {end}<br>{len(losses)} networks{lost} · {loss}"
        self._text.value = f'{GONE}<div style="{STYLE}">{curve(losses)}<span class="skiplab-words"><span>{words}</span></span></div>'


def curve(losses, width=150, height=36):
    """A small SVG of the median loss so far, on a log axis: losses (C, n)."""
    some = losses[:, np.isfinite(losses).any(0)]
    some = some[:, np.unique(np.linspace(0, some.shape[1] - 1, min(width, some.shape[1])).astype(int))]
    if some.shape[1] < 2:
        return ""
    heights = np.log10(np.maximum(np.nanmedian(np.where(np.isfinite(some), some, np.nan), 0), 1e-12))
    heights = (heights - heights.min()) / (np.ptp(heights) or 1)
    places = zip(np.linspace(2, width - 2, len(heights)), height - 4 - (height - 8) * heights, strict=True)
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return (
        f'<svg width="{width}" height="{height}" role="img" aria-label="the median loss so far, log scale" style="flex: none">'
        f'<path d="M1 0V{height - 1}H{width}" fill="none" style="stroke: var(--jp-border-color1, #bbb)"/>'
        f'<polyline points="{points}" fill="none" stroke-width="2" stroke-linejoin="round" '
        'style="stroke: var(--jp-brand-color1, #1976d2)"/></svg>'
    )


def default(parts=1):
    """A `Panel` in a notebook's main thread; nothing elsewhere, nor where notebooks are checked (SKIPLAB_STRICT=1)."""
    if os.environ.get("SKIPLAB_STRICT") == "1" or threading.current_thread() is not threading.main_thread():
        return None
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return Panel(parts) if hasattr(shell, "kernel") else None


def _time(seconds):
    return f"{seconds / 60:.0f} min" if seconds > 90 else f"{seconds:.0f} s"
