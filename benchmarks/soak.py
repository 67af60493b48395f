"""A thousand random moves of every explorer from mouse, keyboard and Python at once, in a real JupyterLab and Chromium.

Moves come in bursts that wait for nothing. After each, once kernel and page agree, the sentence on the screen has to be Python's for the
values of the dials, and the picture of a setting the one that it was before; else a frame is wrong. Memory is counted from the first 100
moves on, of the kernel and of the page's JavaScript after its garbage was collected. At the end the explorer's cell is deleted, and
another one is run: no widget may be left.

    python benchmarks/soak.py [NAME …] [--moves 1000] [--quick] [--json FILE]
"""

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

import psutil

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests/browser"))

from lab import Doctor, Lab, Seen, ask, wait_for  # noqa: E402

import skiplab  # noqa: E402
from skiplab.explore.dials import Choice, Slider  # noqa: E402

NAMES = [name for name in skiplab.__all__ if name.endswith("Explorer")]
BURST, WARM = 10, 100  # moves
KEYS = ("ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End")
SEND = """([code]) => void jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({ code, silent: true })"""
HEADS = "moves", "errors", "wrong_frames", "kernel_mb", "browser_mb", "widgets_left"


class Soak:
    """One explorer alone on its page."""

    def __init__(self, lab, name, seed=0):
        self.kind, self.draw, self.known = getattr(skiplab, name), random.Random(seed), {}
        cells = "import contextlib, gc, ipywidgets, os, torch", f"from skiplab import {name}\ne = {name}()\ne"
        self.page = lab.open(lab.notebook(f"{name}.ipynb", *cells), height=1600)
        lab.run_all(self.page)
        root = self.page.locator(".jp-OutputArea-output .skiplab-explorer")
        self.seen = (Doctor if name == "DoctorExplorer" else Seen)(self.page, root, "e", self.kind)
        self.seen.agrees()
        self.kernel = psutil.Process(ask(self.page, "os.getpid()"))
        self.cdp = self.page.context.new_cdp_session(self.page)
        self.cdp.send("Performance.enable")
        self.wrong = 0

    def move(self):
        """One move of one dial that can be moved, by one of the three."""
        dial = self.draw.choice([dial for dial in self.kind.dials if not self.seen.dials[dial.name].is_disabled()])
        self.draw.choice((self._by_mouse, self._by_key, self._by_python))(dial)

    def _by_mouse(self, dial):
        choice = isinstance(dial, Choice)
        box = (self.seen.option(dial.name, self.draw.choice(list(dial.options))) if choice else self.seen.handle(dial.name)).bounding_box()
        self.page.mouse.click(box["x"] + self.draw.uniform(1, box["width"] - 1), box["y"] + box["height"] / 2)

    def _by_key(self, dial):
        choice = isinstance(dial, Choice)
        self.seen.dials[dial.name].locator("input:checked" if choice else ".skiplab-range").evaluate("(el) => el.focus()")
        self.page.keyboard.press(self.draw.choice(KEYS[:2] if choice else KEYS))

    def _by_python(self, dial):
        count = round((dial.most - dial.least) / dial.step) if isinstance(dial, Slider) else 0
        value = dial.check(dial.least + self.draw.randint(0, count) * dial.step) if count else self.draw.choice(list(dial.options))
        self.page.evaluate(SEND, [f"with contextlib.suppress(ValueError): e.set({dial.name}={value!r})"])

    def burst(self):
        """Some moves; then page and kernel have to agree."""
        for _ in range(BURST):
            self.move()
        try:
            wait_for(self._agree, 60)
        except TimeoutError:
            self.wrong += 1
            print(f"{self.kind.__name__}: the screen says {self.seen.sentence!r} at {self.seen.values}", flush=True)

    def _agree(self):
        """Whether all has arrived; counts a picture that is not what it was at the same setting."""
        values, alert = self.seen.values, self.seen.root.locator(".skiplab-error")
        if alert.is_visible():  # of dials that do not go together
            return ask(self.page, "e.snapshot()") == (alert.text_content(), None)
        if self.seen.root.locator(".skiplab-stale").count() or self.seen.sentence != self.seen.says(values):
            return False
        picture, still = self.seen.picture, self.seen.picture
        if picture != still or self.seen.values != values:
            return False
        if self.kind.source != "push":  # a doctor's picture is that of the moment
            self.wrong += self.known.setdefault(str(values), picture) != picture
        return True

    def sizes(self):
        """MB of the kernel, and of the page's JavaScript."""
        ask(self.page, "gc.collect()")
        self.cdp.send("HeapProfiler.collectGarbage")
        heap = next(each["value"] for each in self.cdp.send("Performance.getMetrics")["metrics"] if each["name"] == "JSHeapUsedSize")
        return self.kernel.memory_info().rss / 1e6, heap / 1e6

    def run(self, lab, moves, warm):
        """The figures of `moves` moves after `warm` first ones."""
        for _ in range(warm // BURST):
            self.burst()
        before = self.sizes()
        for _ in range(moves // BURST):
            self.burst()
        grown = [round(now - was, 2) for was, now in zip(before, self.sizes(), strict=True)]
        self.page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex = 1")
        self.page.evaluate("jupyterapp.commands.execute('notebook:delete-cell')")
        lab.run_cell(self.page, 0)
        left = ask(self.page, "len(ipywidgets.Widget.widgets)")
        found = dict(zip(HEADS, (moves, len(self.page.errors), self.wrong, *grown, left), strict=True))
        self.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        self.page.context.close()
        return found


def main():
    """Soak the explorers that were named, or all."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("names", nargs="*", metavar="NAME", default=[], help="explorers, by default all")
    options.add_argument("--moves", type=int, default=1000, help="moves of each explorer")
    options.add_argument("--quick", action="store_true", help="forty moves after twenty, to see that it runs")
    options.add_argument("--json", metavar="FILE", help="write the figures here")
    asked = options.parse_args()
    moves, warm = (40, 20) if asked.quick else (asked.moves, WARM)
    found = {}
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        lab = Lab(folder, home)
        try:
            print(f"{'':<22}" + "".join(f"{head:>14}" for head in HEADS))
            for name in asked.names or NAMES:
                found[name] = Soak(lab, name).run(lab, moves, warm)
                print(f"{name:<22}" + "".join(f"{value:>14}" for value in found[name].values()), flush=True)
        finally:
            lab.close()
    if asked.json:
        Path(asked.json).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
