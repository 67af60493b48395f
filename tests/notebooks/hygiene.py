"""What strict nbval does not see: never-run cells, pictures without text, addresses, and notebooks that are no lesson."""

import ast
import base64
import io
import itertools
import re
import statistics

import nbformat
from course import code_cells, read
from PIL import Image

LIMIT = 300_000  # bytes
OWN_WIDGETS = ("own-slider",)  # ids of the cells in which the reader puts a widget beside ours
IGNORED = {}  # (notebook, cell id): the reason why nbval may skip that cell
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
PATH = re.compile(r"(/tmp/|/home/|/root/|/Users/|[A-Z]:\\\\)")
PICTURED = re.compile(r"\bdraw\.show\(|^\w*Explorer\([^\n]*\)$", re.MULTILINE)  # what shows a picture


def problems(path):
    """Everything that is wrong with one stored notebook, each a sentence."""
    notebook, text = read(path), path.read_text(encoding="utf-8")
    found = []
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as problem:
        found.append(f"not a valid notebook: {problem.message}")
    if len(text.encode()) > LIMIT:
        found.append(f"{len(text.encode())} bytes, more than {LIMIT}")
    if "widgets" in notebook.metadata or notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        found.append("holds widget state, or its kernel is not python3")
    if len({cell.id for cell in notebook.cells}) < len(notebook.cells):
        found.append("two cells have one id")
    for count, cell in enumerate(code_cells(path), 1):
        found += [f"cell {cell.id}: {what}" for what in cell_problems(path, cell, count)]
    return [*found, *lesson_problems(path)]


def cell_problems(path, cell, count):
    if cell.execution_count != count:
        yield f"run number {cell.execution_count}, not {count}: never run, or out of order"
    if cell.source.rstrip().endswith(";"):
        yield "ends in ';', which nbval runs differently"
    if "nbval" in str(cell.metadata).lower() + cell.source.lower() and (path.name, cell.id) not in IGNORED:
        yield "asks nbval to look away"
    if ends_in_value(cell.source) and not cell.outputs:
        yield "shows nothing, though its last line is a value"
    for output in cell.outputs:
        yield from output_problems(cell, output)
    yield from picture_problems(cell)


def output_problems(cell, output):
    data = output.get("data", {})
    text = "".join(str(part) for name, part in data.items() if name.startswith("text/plain")) + output.get("text", "")
    if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", []):
        yield "stores an error"
    if output.get("name") == "stderr":
        yield "stores stderr"
    if ADDRESS.search(text) or PATH.search(text):
        yield "stores an address or a path of one machine"
    if "application/vnd.jupyter.widget-view+json" in data or "<img" in data.get("text/html", ""):
        yield "stores a widget view, or a picture as html, which GitHub drops"
    if "image/png" in data and len(text) < 30:
        yield "has a picture without a text that says what it shows"


def picture_problems(cell):
    """Each picture is there, which nbval does not look at, and its text follows as an output of its own."""
    data = [output.get("data", {}) for output in cell.outputs]
    pictures = [(here, after) for here, after in itertools.pairwise([*data, {}]) if "image/png" in here]
    if len(pictures) < len(PICTURED.findall(cell.source)):
        yield "shows a picture that is not stored"
    for here, after in pictures:
        if here["text/plain"].split() != after.get("text/plain", "").split():
            yield "has a picture whose text does not follow it"
        if not drawn(here["image/png"]):
            yield "has a picture that is empty or cannot be read"


def drawn(png):
    """Whether base64 text is a PNG in which something is drawn."""
    try:
        picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    except (OSError, ValueError):
        return False
    return min(picture.size) > 100 and len(picture.getcolors(picture.width * picture.height)) > 8


def ends_in_value(source):
    """Whether the last statement is a value that is shown; calls may show nothing."""
    body = ast.parse(source).body
    return bool(body) and isinstance(body[-1], ast.Expr) and not isinstance(body[-1].value, ast.Call)


def lesson_problems(path):
    """A lesson has one title, short cells, and no wiring of pictures and widgets in it."""
    notebook, cells = read(path), code_cells(path)
    lengths = [len([line for line in cell.source.split("\n") if line.strip()]) for cell in cells]
    headings = re.findall(r"^(#+) ", "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown"), re.MULTILINE)
    if headings.count("#") != 1 or headings[0] != "#" or any(len(b) > len(a) + 1 for a, b in itertools.pairwise(headings)):
        yield "needs one title, first, and headings that skip no level"
    if statistics.median(lengths) > 6 or max(lengths) > 25:
        yield f"code cells of {statistics.median(lengths)} lines in the median and {max(lengths)} at most"
    for cell in cells:
        if re.search(r"pyplot|\bplt\.|interact\(|clear_output|Output\(", cell.source):
            yield f"cell {cell.id}: plotting or widget code in the lesson"
        if "ipywidgets" in cell.source and cell.id not in OWN_WIDGETS:
            yield f"cell {cell.id}: ipywidgets, which only {', '.join(OWN_WIDGETS)} may have"
