"""An import that is broken off leaves half a module behind until the kernel restarts, so an interrupt waits until it is done."""

import contextlib
import importlib
import signal
import threading


@contextlib.contextmanager
def whole():
    """Inside, an interrupt waits for the end; only the main thread is ever interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = []
    before = signal.signal(signal.SIGINT, lambda *given: heard.append(given))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
        if heard:
            signal.raise_signal(signal.SIGINT)


def load(name):
    """Import a module which torch would import in the midst of its work, for a second or two; no loss where there is none."""
    with whole(), contextlib.suppress(ImportError):
        importlib.import_module(name)
