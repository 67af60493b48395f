"""What the course prints arrives on every screen: a sign that its encoding lacks is printed by name, as \\N{CHECK MARK}."""

import io
import sys


def say(text, **how):
    """print(text, **how), which never raises UnicodeEncodeError."""
    _show(print, text, **how)


def display(data, **how):
    """Show a bundle, a dict of MIME type -> data, in a notebook; elsewhere it is printed."""
    import IPython.display

    _show(IPython.display.display, data, raw=True, **how)


def _show(function, what, **how):
    out = sys.stdout
    if not isinstance(out, io.TextIOWrapper):  # a kernel's has every sign
        return function(what, **how)
    errors = out.errors
    out.reconfigure(errors="namereplace")
    try:
        function(what, **how)
    finally:
        out.reconfigure(errors=errors)
