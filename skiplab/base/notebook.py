"""A widget lives no longer than its kernel; beside it stands what a saved notebook shows instead."""

VIEW = "application/vnd.jupyter.widget-view+json"
# A widget takes a moment to come; where it never does, Jupyter writes into its output that a model was not found.
_STYLE = """<style>
.skiplab-kept { animation: skiplab-late 0s 1s both; }
@keyframes skiplab-late { from { visibility: hidden; } }
.jp-OutputArea-child:has(.skiplab-kept) + .jp-OutputArea-child > .jp-OutputArea-output:not(:has(*)) { display: none; }
[data-jp-theme-light="false"] .skiplab-kept img { filter: invert(0.93) hue-rotate(180deg); }
</style>"""


def show(data, metadata, key):
    """Display a widget's bundle as two outputs: its view, and before it the rest, which is seen where the view is not; see `hiding`.

    The handle of the first. `key` is an id of the widget's own.
    """
    from IPython.display import display

    view, html = data.pop(VIEW), f'{_STYLE}<div class="skiplab-kept" data-for="{key}">{data["text/html"]}</div>'
    kept = display({**data, "text/html": html}, metadata=metadata, raw=True, display_id=True)
    display({VIEW: view}, metadata=metadata, raw=True)
    return kept


def hiding(key):
    """The CSS that the widget brings along to the page, so that what else stands for it is hidden as long as it lives."""
    return f'[data-for="{key}"] {{ display: none; }}'
