"""How long from a key press on a slider to new pixels, of every explorer; of two against the usual @interact re-plot of the same content.

A real JupyterLab in a headless Chromium, one tab and one kernel a technique, measured in turns, so that whatever else the machine
does meets all of them; then all of it again over a slow line (slow_line.py). In each tab probe.js looks at every animation frame.

Which value is on screen   An explorer writes its sentence in the same callback as its canvas, and each value has another one. It is
    believed only if the pixels changed too: 8192 points of the canvas are compared with those of the frame before, and the picture of
    a value must be the same each time ("wrong" counts where it was not). A figure of @interact says it by a coloured square.
Latency          From the time stamp of a trusted key press to a task posted after the frame in which the new pixels were read. A frame
    is read at its start, so its pixels are those that the frame before drew: one frame of the latency is the display's.
Drag             Mouse moves sent every 16 ms, whether or not the page keeps up, that make about 47 values of the slider a second: of more
    than one a display frame some could not be seen. Drawn: the share of the slider's values seen on screen, in their order. Age: from
    a change of the slider to the first frame that shows it, or a newer one.
Kernel CPU       Of the kernel's process, per key press.

    python benchmarks/sliders.py [--presses 40] [--quick] [--json FILE]
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from slow_line import slow_line

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests/browser"))

from lab import THUMB, Lab, ask, wait_for  # noqa: E402
from replot import ALPHAS  # noqa: E402

import skiplab  # noqa: E402
from skiplab.explore.dials import Ladder, Slider  # noqa: E402
from skiplab.explorers.gradient import DEPTHS  # noqa: E402
from skiplab.scene.template import fill  # noqa: E402

FRAME, ROUNDS, DRAGS = 1000 / 60, 4, 2
RIVALS = {"saddle": ("alpha", ALPHAS), "gradient": ("depth", DEPTHS)}  # the dial that moves in both, and its positions
HEADS = "p50 ms", "p50 frames", "p95 frames", "faster", "drawn", "age p95", "blank", "wrong", "kernel ms"


def subjects():
    """{name: (explorer, the dial that moves, {sentence: value})}: a rival's dial, else the longest fast one that each sentence tells."""
    found = {}
    for name in (each.removesuffix("Explorer") for each in skiplab.__all__ if each.endswith("Explorer") and each != "DoctorExplorer"):
        explorer, told = getattr(skiplab, f"{name}Explorer"), {}
        for dial in explorer.dials:
            if isinstance(dial, (Slider, Ladder)) and dial.name not in explorer.slow:
                sentences = {said(explorer, dial.name, value): value for value in positions(dial)}
                told[dial.name] = sentences if len(sentences) == len(positions(dial)) else {}
        dial = RIVALS.get(name.lower(), [max(told, key=lambda each: len(told[each]), default=None)])[0]
        if dial:
            found[name.lower()] = explorer, dial, told[dial]
    return found


def said(explorer, dial, value):
    """The sentence with one dial at `value` and the others where they start."""
    return fill(explorer.sentence, explorer.frame(**{each.name: each.start for each in explorer.dials} | {dial: value}))


def positions(dial):
    """All values of a slider or a ladder, in their order."""
    if isinstance(dial, Ladder):
        return list(dial.options)
    return [dial.check(dial.least + i * dial.step) for i in range(round((dial.most - dial.least) / dial.step) + 1)]


SUBJECTS = subjects()


class Tab:
    """One technique in a tab of its own; `seconds` from running its cell to its first picture."""

    def __init__(self, lab, subject, rival):
        self.subject, self.rival = subject, rival
        explorer, dial, sentences = SUBJECTS[subject]
        self.positions, row = list(sentences.values()), [d.name for d in explorer.dials].index(dial) + 1
        if rival:
            self.positions = list(RIVALS[subject][1])
            self.look = {"picture": ".widget-interact img", "readout": ".widget-interact .widget-readout", "values": self.positions}
            self.slider = ".widget-interact .noUi-base", ".widget-interact .noUi-handle"  # track and thumb
            cell = f"replot.interact_{subject}()"
        else:
            explored, own = ".jp-OutputArea-output .skiplab-explorer", f".skiplab-dials > :nth-child({row}) .skiplab-range"
            self.look = {"picture": f"{explored} .skiplab-picture", "readout": f"{explored} {own}",
                         "sentence": f"{explored} .skiplab-sentence", "sentences": sentences}  # fmt: skip
            self.slider = (self.look["readout"],) * 2
            cell = f"from skiplab import {explorer.__name__}\n{explorer.__name__}()"
        first = "import replot" if rival else "import torch"
        name = lab.notebook(f"{subject}{rival}.ipynb", f"import sys\nsys.path.insert(0, {str(HERE)!r})\n{first}", cell)
        self.page = lab.open(name, height=1100)
        lab.run_cell(self.page, 0)
        self.kernel = psutil.Process(ask(self.page, "__import__('os').getpid()"))
        self.page.evaluate((HERE / "probe.js").read_text(encoding="utf-8"))
        self.latencies, self.drawn, self.ages, self.blank, self.wrong, self.cpu, self.key = [], [], [], 0, 0, 0.0, "ArrowRight"

    def show(self, lab):
        """Run the technique's cell and wait for its picture."""
        self.page.bring_to_front()
        self.page.evaluate("(look) => probe.start(look)", self.look)
        lab.run_cell(self.page, 1, 180)
        try:
            self.seconds = wait_for(lambda: self.page.evaluate("probe.first"), 180) / 1000
        except TimeoutError as problem:
            raise TimeoutError(f"no picture of {self.look}; the browser says {self.page.errors}") from problem
        self.track, self.handle = map(self.page.locator, self.slider)
        self.press()  # the first move of all is not counted
        self.page.evaluate("probe.stop()")

    def press(self):
        """Move the slider by one arrow key, back again from an end; the ms until the picture."""
        if (at := self.positions.index(self.page.evaluate("probe.arm()"))) in (0, len(self.positions) - 1):
            self.key = "ArrowLeft" if at else "ArrowRight"
        self.handle.focus()
        self.page.keyboard.press(self.key)
        took = self.page.evaluate("probe.landed(60000)")
        if took is None:
            raise TimeoutError(f"{self.key} on the {self.subject} slider from {self.positions[at]} changed no picture within a minute")
        self.page.wait_for_timeout(random.uniform(150, 200))  # anywhere in the next frame
        return took

    def round(self, presses, moves):
        """Some key presses and, if there are `moves`, one drag."""
        self.page.bring_to_front()
        self.page.evaluate("(look) => probe.start(look)", self.look)
        self.page.wait_for_timeout(300)
        before = sum(self.kernel.cpu_times()[:2])
        self.latencies += [self.press() for _ in range(presses)]
        self.cpu += sum(self.kernel.cpu_times()[:2]) - before
        if moves:
            self._drag(moves)
        seen = self.page.evaluate("probe.stop()")
        self.blank += sum(blank for _, _, blank in seen["frames"])
        self.wrong += seen["wrong"]

    def _drag(self, moves):
        """Back and forth over the whole slider, three of its positions in four moves."""
        before = self.page.evaluate("probe.changes.length")
        box, track, inset = self.handle.bounding_box(), self.track.bounding_box(), 0 if self.rival else 8  # px, half a native thumb
        x = box["x"] + (box["width"] / 2 if self.rival else self.handle.evaluate(THUMB))
        y, low, high = box["y"] + box["height"] / 2, track["x"] + inset, track["x"] + track["width"] - inset
        stride = 0.75 * (high - low) / (len(self.positions) - 1)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        _send_moves(self.page, [_bounce(x + k * stride, low, high) for k in range(moves)], y)
        end = self.page.evaluate("performance.now()")
        self.page.mouse.up()
        self.page.evaluate("probe.settled(15000)")
        frames, changes = self.page.evaluate("[probe.frames, probe.changes]")
        drawn, ages = match([c for c in changes[before:] if c[0] <= end], frames)
        self.drawn += drawn
        self.ages += ages

    def figures(self, rival):
        """What is reported; `rival` is the @interact tab of the same subject, or None."""
        p50, p95 = np.percentile(self.latencies, [50, 95])
        return {
            "p50_frames": round(p50 / FRAME, 2), "p95_frames": round(p95 / FRAME, 2),
            "p50_ratio": rival and round(np.median(rival.latencies) / p50, 2), "drag_drawn": round(np.mean(self.drawn), 4),
            "age_p95_frames": round(np.percentile(self.ages, 95) / FRAME, 2), "blank_frames": self.blank,
            "kernel_cpu_ms": round(1000 * self.cpu / len(self.latencies), 1),
        } | ({} if self.rival or self.subject == "saddle" else {"table_s": round(self.seconds, 2)})  # fmt: skip


def _bounce(x, low, high):
    """A place between low and high that goes back and forth as x grows."""
    x = (x - low) % (2 * (high - low))
    return low + min(x, 2 * (high - low) - x)


def _send_moves(page, places, y):
    """Mouse moves every 16 ms that do not wait for an answer, which Playwright's own `mouse.move` does."""
    session = page.context.new_cdp_session(page)

    async def send():
        start, sent = time.monotonic(), []
        for k, x in enumerate(places):
            move = {"type": "mouseMoved", "x": x, "y": y, "button": "left", "buttons": 1}
            sent.append(asyncio.ensure_future(session._impl_obj.send("Input.dispatchMouseEvent", params=move, timeout=None)))
            await asyncio.sleep(max(0, start + 0.016 * (k + 1) - time.monotonic()))
        await asyncio.gather(*sent)

    session._sync(send())


def match(changes, frames):
    """Of each change [ms, value] of a slider: whether a frame [ms, value, blank] showed it, and the ms until it or a newer one was."""
    drawn, ages, done, last = [False] * len(changes), [], 0, None
    for now, value, _ in frames:
        if value == last:
            continue
        last = value
        found = next((i for i in range(done, len(changes)) if changes[i][1] == value and changes[i][0] <= now), None)
        if found is not None:
            drawn[found] = True
            ages += [now - at for at, _ in changes[done : found + 1]]
            done = found + 1
    return drawn, ages


def measure(lab, presses, moves, line=None):
    """Every technique in turns, over a slow `line` only those of RIVALS; the tabs by (subject, whether it is @interact), and the mean
    idle frame in ms.
    """
    asked = [(subject, rival) for subject in (RIVALS if line else SUBJECTS) for rival in (False, True)[: 1 + (subject in RIVALS)]]
    tabs = {each: Tab(lab, *each) for each in asked}
    if line:
        line.slow = True
    for tab in tabs.values():
        tab.show(lab)
    idle = tab.page.evaluate("probe.idle()")
    for turn in range(ROUNDS):
        for tab in tabs.values():
            tab.round((presses + turn) // ROUNDS, moves if turn < DRAGS else 0)
    for tab in tabs.values():
        tab.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        tab.page.context.close()
    return tabs, idle


def report(title, tabs):
    """Print a table; the explorers' figures by subject."""
    print(f"\n{title:<22}" + "".join(f"{head:>12}" for head in HEADS) + f"{'first s':>12}")
    for (subject, rival), tab in tabs.items():
        got = tab.figures(tabs.get((subject, True)))
        keys = ("p50_frames", "p95_frames", "p50_ratio", "drag_drawn", "age_p95_frames")
        row = [np.median(tab.latencies), *(np.nan if got[key] is None else got[key] for key in keys)]
        row += [tab.blank, tab.wrong, got["kernel_cpu_ms"], tab.seconds]
        print(f"{subject + (' @interact' if rival else ' explorer'):<22}" + "".join(f"{value:>12.4g}" for value in row), flush=True)
    return {subject: tab.figures(tabs.get((subject, True))) for (subject, rival), tab in tabs.items() if not rival}


def main():
    """Measure on this machine, then over the slow line."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--presses", type=int, default=40, help="key presses a technique (at least 4)")
    options.add_argument("--quick", action="store_true", help="four presses and short drags, to see that it runs")
    options.add_argument("--json", metavar="FILE", help="write the figures here")
    asked = options.parse_args()
    presses, moves = (4, 30) if asked.quick else (max(4, asked.presses), 180)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        lab = Lab(folder, home)
        try:
            tabs, idle = measure(lab, presses, moves)
            found = {"idle_frame_ms": round(idle, 2), "presses": presses, **report("this machine", tabs)}
            if idle > 1.05 * FRAME:
                print(f"An idle animation frame takes {idle:.1f} ms here, not {FRAME:.1f}: the figures are slower than the explorers are.")
            with slow_line(lab.port) as line:
                lab.port = line.port
                found["slow_line"] = report("150 ms, 1 Mbit/s", measure(lab, presses, moves, line)[0])
        finally:
            lab.close()
    if asked.json:
        Path(asked.json).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
