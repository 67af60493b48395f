"""While a network trains, its learner sees how far it is and how it goes, and can stop it without losing it."""

import os
import threading
import time

import numpy as np

PATIENCE = 0.8  # s before a progress panel appears


class Panel:
    """A bar, the loss so far and a button to stop, shown once a training lasts longer than `PATIENCE`.

    It is a `watch` for `skiplab.train.fit`: called with (step, steps, losses (C, so far)), it returns True to stop.
    """

    def __init__(self):
        self._began, self._box, self._stopped = time.monotonic(), None, False

    def __call__(self, step, steps, losses):
        if self._box is None and time.monotonic() - self._began > PATIENCE and step < steps:
            self._show()
        if self._box is not None:
            self._tell(step, steps, losses)
        return self._stopped

    def stop(self, button=None):
        """Stop at the next step, and keep what was trained."""
        self._stopped = True

    def _show(self):
        import ipywidgets
        from IPython.display import display

        self._bar = ipywidgets.FloatProgress(0, 0, 1, layout={"width": "16em"})
        self._text = ipywidgets.HTML()
        self._button = ipywidgets.Button(description="Stop", tooltip="Stop here and keep what was trained")
        self._button.on_click(self.stop)
        self._box = ipywidgets.HBox([self._bar, self._button, self._text]).add_class("skiplab-progress")
        display(self._box)

    def _tell(self, step, steps, losses):
        spent = time.monotonic() - self._began
        left = spent / max(step, 1) * (steps - step)
        self._bar.value = step / max(steps, 1)
        loss = f"loss {np.nanmedian(losses[:, -1]):.3g}, " if np.isfinite(losses[:, -1]).any() else ""
        end = f"about {left:.0f} s left" if step < steps else f"{spent:.0f} s"
        end = "stopped" if self._stopped else end
        self._text.value = f"{curve(losses)} step {step} of {steps}, {len(losses)} networks, {loss}{end}"
        self._button.disabled = self._stopped or step >= steps


def curve(losses, width=120, height=28):
    """A small SVG of the median loss so far, on a log axis: losses (C, n)."""
    middle = np.nanmedian(np.where(np.isfinite(losses), losses, np.nan), 0) if np.isfinite(losses).any(0).all() else np.array([])
    if len(middle) < 2:
        return ""
    middle = middle[:: max(1, len(middle) // width)]
    height_of = np.log10(np.maximum(middle, 1e-12))
    height_of = (height_of - height_of.min()) / (np.ptp(height_of) or 1)
    places = zip(np.linspace(1, width - 1, len(middle)), height - 2 - (height - 4) * height_of, strict=True)
    points = " ".join(f"{x:.0f},{y:.1f}" for x, y in places)
    return (
        f'<svg width="{width}" height="{height}" role="img" aria-label="the median loss so far, log scale">'
        f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.5"/></svg>'
    )


def default():
    """A `Panel` in a notebook's main thread; nothing elsewhere, nor where notebooks are checked (SKIPLAB_STRICT=1)."""
    if os.environ.get("SKIPLAB_STRICT") == "1" or threading.current_thread() is not threading.main_thread():
        return None
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    return Panel() if hasattr(get_ipython(), "kernel") else None
