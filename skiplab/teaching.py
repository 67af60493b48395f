"""Whoever teaches finds on one page what to do, to ask and to expect: notes in the metadata of the notebooks' cells, gathered."""

import re

import nbformat

KINDS = {"do": "Do", "ask": "Ask", "expect": "Expect"}  # what a note may hold, in this order
HEAD = """# Teaching notes

What to do, what to ask, and which wrong answers to expect. `python3 -m skiplab refresh` makes this page of the metadata of the notebooks'
cells, `"skiplab": {"teach": {"do": "…", "ask": "…", "expect": "…"}}`: change them there (in JupyterLab by *Property Inspector ▸ Advanced
Tools*). Their slide types make slides: `.venv/bin/jupyter nbconvert --to slides --post serve notebooks/00_start_here.ipynb`.
"""


def page(paths):
    """The whole page; lessons without a note are left out."""
    return HEAD + "".join(lesson(path) for path in paths)


def lesson(path):
    """The part of one lesson: its title and minutes, and the notes of each section, that of the last heading in or above a note's cell."""
    cells, parts, heading = nbformat.read(path, as_version=4).cells, {}, ""
    for cell in cells:
        headings = re.findall(r"^## (.+)$", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else []
        heading = headings[-1] if headings else heading
        if teach := cell.metadata.get("skiplab", {}).get("teach"):
            asked = [f"*Prediction {name}.*" for name in re.findall(r'\bpredict\("([\w-]+)"', cell.source)]
            said = [f"**{word}.** {teach[kind]}" for kind, word in KINDS.items() if kind in teach]
            parts.setdefault(heading, []).append(f"- {' '.join(asked + said)}")
    if not parts:
        return ""
    title, minutes = (re.search(found, cells[0].source, re.MULTILINE)[1] for found in (r"^# (.+)$", r"\*\*Time:\*\* (\d+) min"))
    slides = sum(cell.metadata.get("slideshow", {}).get("slide_type") in ("slide", "subslide") for cell in cells)
    sections = ["\n".join([*([f"### {heading}\n"] if heading else []), *notes]) for heading, notes in parts.items()]
    return "\n\n".join([f"\n## [{path.name[:2]} {title}](../notebooks/{path.name}) · {minutes} min · {slides} slides", *sections]) + "\n"
