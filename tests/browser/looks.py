"""How an explorer looks on a page: what overflows, which texts lie on one another, and what axe-core objects to."""

from pathlib import Path

import axe_playwright_python
from lab import wait_for
from playwright.sync_api import expect

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
OVERFLOWS = """() => [...document.querySelectorAll(".jp-OutputArea-output .skiplab-explorer")].flatMap((root) => {
  const right = (el) => el.getBoundingClientRect().right, wide = (el) => el.scrollWidth > el.clientWidth + 1;
  const page = root.closest(".jp-OutputArea-output"), edge = right(root) + 1;
  const out = [...root.querySelectorAll("*")].filter((el) => !el.closest(".skiplab-live") && right(el) > edge);
  const texts = "button, .skiplab-label, .skiplab-option span, .skiplab-field, .skiplab-sentence";
  const cut = [page, ...root.querySelectorAll(texts)].filter(wide);
  return [...out, ...cut].map((el) => `${el.className}: ${el.textContent.slice(0, 40)}`);
})"""


def overflows(page):
    """What sticks out of an explorer on the page, or is cut off in it."""
    return page.evaluate(OVERFLOWS)


# From now on each canvas keeps the texts of its newest picture, each with its size and its box in pixels.
LISTEN = r"""() => {
  const pen = CanvasRenderingContext2D.prototype, { fillText, setTransform } = pen;
  if (window.listening) return;
  window.listening = true;
  pen.setTransform = function (...all) { this.canvas.words = []; return setTransform.apply(this, all); };
  pen.fillText = function (text, x, y, ...most) {
    const m = this.measureText(text), by = Math.min(1, (most[0] ?? Infinity) / m.width), at = this.getTransform();
    const low = new DOMPoint(x - m.actualBoundingBoxLeft * by, y - m.actualBoundingBoxAscent).matrixTransform(at);
    const high = new DOMPoint(x + m.actualBoundingBoxRight * by, y + m.actualBoundingBoxDescent).matrixTransform(at);
    const [xs, ys] = [[low.x, high.x], [low.y, high.y]];
    const size = parseFloat(/[\d.]+(?=px)/.exec(this.font)[0]);
    (this.canvas.words ??= []).push({ text, size, box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] });
    return fillText.call(this, text, x, y, ...most);
  };
  window.dispatchEvent(new Event("resize")); // of which every picture is drawn anew
}"""


def listen(page):
    """Have the page keep the texts that are drawn on a canvas."""
    page.evaluate(LISTEN)


def crowded(canvas):
    """Texts of the newest picture that lie on another text or leave the picture."""
    wait_for(lambda: canvas.evaluate("(c) => !!c.words"), 10)
    (width, height), words = canvas.evaluate("(c) => [[c.width, c.height], c.words]")
    boxes = [(word["text"], word["box"]) for word in words]
    out = [text for text, (left, top, right, bottom) in boxes if left < -1 or top < -1 or right > width + 1 or bottom > height + 1]
    pairs = [(one, other) for i, one in enumerate(boxes) for other in boxes[:i]]
    return out + [(a, b) for (a, one), (b, other) in pairs if _share(one, other)]


def _share(one, other):
    """Whether two boxes share more than an edge."""
    return all(min(one[i + 2], other[i + 2]) - max(one[i], other[i]) > 1 for i in (0, 1))


def put_on(page, theme, seen=".skiplab-picture"):
    """Change the theme of JupyterLab and wait until its splash has gone and `seen` is visible again.

    JupyterLab takes its splash away 200 ms after a theme is there, and raises an error where the next theme comes sooner.
    """
    now = "() => document.body.dataset.jpThemeLight === 'true' ? 'Light' : 'Dark'"
    if page.evaluate(now) != theme:
        page.evaluate("(t) => jupyterapp.commands.execute('apputils:change-theme', { theme: `JupyterLab ${t}` })", theme)
    wait_for(lambda: page.evaluate(now) == theme and page.locator(seen).first.is_visible())
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)


def axe(page):
    """The serious and critical violations that axe-core finds inside the explorers.

    JupyterLab's body clips its overflow and has no height, so that axe takes all text for hidden: it gets a height first.
    """
    page.evaluate("document.body.style.height = '100vh'")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = wait_for(lambda: _axe_that_saw_text(page), 30)
    return [(v["id"], [n["target"] for n in v["nodes"]]) for v in found["violations"] if v["impact"] in ("serious", "critical")]


def _axe_that_saw_text(page):
    """What axe-core found, or None where it saw no text: all is hidden for a moment while the theme changes."""
    found = page.evaluate("() => axe.run({ include: [['.jp-OutputArea-output .skiplab-explorer']] })")
    return found if "color-contrast" in {rule["id"] for rule in found["passes"] + found["violations"]} else None
