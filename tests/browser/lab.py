"""A real JupyterLab with a real browser before it: what a student sees is what is tested."""

import ast
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path

import nbformat
from playwright.sync_api import expect, sync_playwright

from skiplab.scene.template import fill

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
FLAGS = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
NEWS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}


def wait_for(what, seconds=60, pause=0.1):
    """The first true answer of `what()`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := what():
            return answer
        time.sleep(pause)
    raise TimeoutError(f"nothing came of {what} within {seconds} s")


@contextmanager
def chromium():
    """A headless Chromium."""
    sandbox = os.name == "posix" and os.geteuid() != 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS, chromium_sandbox=sandbox)
        try:
            yield browser
        finally:
            browser.close()


class Lab:
    """JupyterLab on a free port of this machine, serving `folder`, and a headless Chromium once a page is opened."""

    def __init__(self, folder, home):
        self.folder, self.home, self.pages, self.chromium = Path(folder), Path(home), 0, None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.token = os.urandom(24).hex()
        settings = self.home / "share/jupyter/lab/settings"
        settings.mkdir(parents=True)
        (settings / "overrides.json").write_text(json.dumps(NEWS), encoding="utf-8")
        self.server = self._serve(settings)

    def _serve(self, settings):
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser", f"--port={self.port}"]
        command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}", f"--LabApp.app_settings_dir={settings}"]
        command += [f"--LabApp.user_settings_dir={self.home / 'user'}", f"--LabApp.workspaces_dir={self.home / 'work'}", "--allow-root"]
        config = {f"JUPYTER_{name}_DIR": str(self.home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
        environment = os.environ | config | {"SKIPLAB_STRICT": "", "SKIPLAB_AHEAD": "0"}
        with (self.home / "server.log").open("w") as log:
            server = subprocess.Popen(command, cwd=self.folder, env=environment, stdout=log, stderr=log)
        wait_for(self._answers, 90)
        return server

    def _answers(self):
        try:
            return self._http("api", timeout=2)
        except OSError:
            return False

    def _http(self, path, method="GET", timeout=30):
        """What the server answers; {} for nothing."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{path}?token={self.token}", method=method)
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.loads(answer.read() or "{}")

    def open(self, notebook, width=1280, height=900, scale=1, motion="no-preference"):
        """A page with the notebook open and its kernel ready."""
        if not self.chromium:
            self.chromium = chromium()
            self.browser = self.chromium.__enter__()
        size = {"width": width, "height": height}
        context = self.browser.new_context(viewport=size, device_scale_factor=scale, reduced_motion=motion)
        page = context.new_page()
        page.errors = []
        page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda problem: page.errors.append(problem.stack or str(problem)))
        self.pages += 1
        page.goto(f"http://127.0.0.1:{self.port}/lab/workspaces/w{self.pages}/tree/{notebook}?reset&token={self.token}")
        wait_for(lambda: page.evaluate(READY), 90)
        return page

    def notebook(self, name, *cells):
        """Write a notebook of code cells into the folder; its name."""
        spec = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata=spec)
        nbformat.write(made, self.folder / name)
        return name

    def run_all(self, page, seconds=180):
        """Run every cell and wait for the last."""
        self._run(page, "notebook:run-all-cells", seconds)

    def run_cell(self, page, index, seconds=60):
        """Run one cell and wait for it."""
        page.evaluate("(i) => { jupyterapp.shell.currentWidget.content.activeCellIndex = i }", index)
        self._run(page, "notebook:run-cell", seconds)

    def _run(self, page, command, seconds):
        page.evaluate("(c) => { window.ran = false; jupyterapp.commands.execute(c).finally(() => { window.ran = true }) }", command)
        wait_for(lambda: page.evaluate("window.ran"), seconds)

    def rest(self):
        """No page, no kernel and no setting is left; the server stays."""
        if self.chromium:
            self.chromium.__exit__(None, None, None)
            self.chromium = None
        with ThreadPoolExecutor() as pool:  # a kernel takes a second to end
            [*pool.map(lambda session: self._http(f"api/sessions/{session['id']}", "DELETE"), self._http("api/sessions"))]
        shutil.rmtree(self.home / "user", ignore_errors=True)

    def close(self):
        """Browser first, then the server, which otherwise waits for it."""
        self.rest()
        self.server.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
        time.sleep(0.5)
        self.server.terminate()
        try:
            self.server.wait(10)
        except subprocess.TimeoutExpired:
            self.server.kill()


READY = """() => {
  const session = window.jupyterapp?.shell?.currentWidget?.sessionContext;
  return !!session?.isReady && session.session?.kernel?.connectionStatus === "connected" && session.session.kernel.status === "idle";
}"""
ASK = """async (code) => {
  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const { content } = await kernel.requestExecute({ code: "", user_expressions: { it: code }, silent: true }).done;
  return content.user_expressions.it;
}"""

PLACES = """(root) => [...root.querySelectorAll(".skiplab-dial, .skiplab-option, .skiplab-range, .skiplab-field")].map((el) => {
  const at = el.getBoundingClientRect(), from = root.getBoundingClientRect();
  return [at.x - from.x, at.y - from.y, at.width];
})"""
THUMB = "(el) => (el.value - el.min) / (el.max - el.min) * (el.clientWidth - 16) + 8"  # px from the left; Chromium's is 16 wide


def ask(page, expression):
    """The value of an expression in the kernel of the page's notebook."""
    answer = page.evaluate(ASK, expression)
    assert answer["status"] == "ok", answer
    return ast.literal_eval(answer["data"]["text/plain"])


@contextmanager
def kept_busy(page):
    """The kernel works for as long as this lasts: what comes about meanwhile did not wait for it."""
    with tempfile.TemporaryDirectory() as folder:
        end = Path(folder) / "end"
        code = f"import os, time\nend, late = {str(end)!r}, time.time() + 60\n"
        code += "while not os.path.exists(end) and time.time() < late: time.sleep(0.01)"
        kernel = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"
        page.evaluate(f"(code) => {{ window.busy = {kernel}.requestExecute({{ code }}).done.then(() => 'free') }}", code)
        wait_for(lambda: page.evaluate(f"{kernel}.status") == "busy")
        try:
            yield
        finally:
            end.touch()
            assert page.evaluate("window.busy") == "free"


def drag(page, handle, across):
    """Drag the thumb of a range `across` px with the mouse."""
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + handle.evaluate(THUMB), box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + across, y, steps=4)
    page.mouse.up()


class Seen:
    """One explorer as it stands on a page: `name` is its variable in the kernel, `kind` its class."""

    def __init__(self, page, root, name, kind):
        self.page, self.root, self.name, self.kind = page, root, name, kind
        self.canvas = root.locator(".skiplab-picture")
        self.dials = {dial.name: root.locator(".skiplab-dials > *").nth(i) for i, dial in enumerate(kind.dials)}
        self.specs = {dial.name: dial for dial in kind.dials}
        self.starts = {dial.name: dial.start for dial in kind.dials}

    def handle(self, dial):
        """What moves a slider or a ladder."""
        return self.dials[dial].get_by_role("slider")

    def field(self, dial):
        """Where a number can be typed."""
        return self.dials[dial].get_by_role("textbox")

    def option(self, dial, value):
        """The button of one option of a choice."""
        return self.dials[dial].locator(".skiplab-option").nth(list(self.specs[dial].options).index(value))

    @property
    def picture(self):
        """A number that changes with the pixels."""
        return hash(self.canvas.evaluate("(c) => c.toDataURL()"))

    @property
    def sentence(self):
        """What stands under the picture."""
        return self.root.locator(".skiplab-sentence").text_content()

    @property
    def status(self):
        """What screen readers were told last."""
        return self.root.locator(".skiplab-live[role=status]").text_content()

    @property
    def values(self):
        """Where the kernel has the dials."""
        return ask(self.page, f"{self.name}.values")

    def says(self, values):
        """What Python says of the explorer's values."""
        return fill(self.kind.sentence, self.kind.frame(**values))

    def agrees(self):
        """Wait until the sentence on the screen is that of the kernel's values; those values."""
        try:
            return wait_for(lambda: self.says(values := self.values) == self.sentence and values, 30)
        except TimeoutError:
            raise AssertionError(f"screen: {self.sentence}\nkernel: {self.says(self.values)}\n{self.values}") from None

    def start(self, **state):
        """Put every dial where it starts, but those in `state`, from the kernel; wait until the screen shows it."""
        values = self.starts | state
        ask(self.page, f"{self.name}.set(**{values!r}) and None")
        wait_for(lambda: self.sentence == self.says(values), 30)
        wait_for(lambda: self.picture == self.picture)

    def shows_another(self, act, sentence=True):
        """Do `act`; wait until the picture is another and, but for dials that no word names, the sentence too."""
        picture, said = self.picture, self.sentence
        act()
        wait_for(lambda: self.picture != picture, 30, 0.05)
        assert not sentence or wait_for(lambda: self.sentence != said, 30)

    @property
    def greyed(self):
        """The dials that cannot be moved."""
        return {name for name, control in self.dials.items() if control.evaluate("(el) => el.disabled")}

    def idle(self, values):
        """The dials that do not matter at these values."""
        only = {name: getattr(dial, "only", {}) for name, dial in self.specs.items()}
        return {name for name in only if any(values[other] not in allowed for other, allowed in only[name].items())}

    def greys_what_is_idle(self):
        """Wait until the kernel has answered all; then just the dials that do not matter are greyed."""
        wait_for(lambda: self.idle(self.agrees()) == self.greyed, 30)
        self.page.wait_for_timeout(300)  # and nothing that comes late changes it
        assert self.idle(values := self.agrees()) == self.greyed, values

    def tips_grey_what_is_idle(self, busy):
        """Click through the tips, forth and back; `busy`: twice in a row, and meanwhile the kernel sleeps."""
        tips = [text for text, _ in self.kind.tips]
        for before, text in itertools.pairwise([*tips, *reversed(tips)]):
            with kept_busy(self.page) if busy else nullcontext():
                if busy:
                    self.button(before).click()
                self.button(text).click()
            self.greys_what_is_idle()

    def keeps_its_places(self):
        """Make every choice; no dial and no button of another choice moves."""
        self.page.wait_for_timeout(200)  # a new width takes a moment
        before = self.root.evaluate(PLACES)
        for option in self.root.locator(".skiplab-option").all():
            if option.is_disabled():
                continue
            option.click()
            expect(option.locator("input")).to_be_checked()
            assert self.root.evaluate(PLACES) == before, option.text_content()

    def saved(self, kind):
        """The file that "Save SVG" or "Save PNG" gives: bytes."""
        expect(self.root).not_to_contain_class("skiplab-stale")  # of which nothing is saved
        with self.page.expect_download() as download:
            self.button(f"Save {kind}").click()
        assert download.value.suggested_filename == f"{self.kind.__name__}.{kind.lower()}"
        return Path(download.value.path()).read_bytes()

    def button(self, text):
        """One of the buttons under the picture."""
        return self.root.locator(".skiplab-button", has_text=text)


class Doctor(Seen):
    """The page itself adds whether the kernel has answered it."""

    def says(self, values):
        found = {"loaded": 1, "tripped": int("waits for the kernel" not in self.sentence)}
        return fill(self.kind.sentence, self.kind.frame(**values) | found)
