"""Numbers that are compared stand side by side: a table that a page, GitHub and a screen reader can all read."""

import re

from skiplab.base.say import display


def table(rows, columns):
    """Show a table in a notebook: rows, R names; columns, a dict of name -> R texts or whole numbers."""
    names = list(rows)
    if any(len(column) != len(names) for column in columns.values()):
        raise ValueError(f"columns: expected {len(names)} texts each, one a row, got {[*map(len, columns.values())]}.")
    lines = [["", *columns], *([name, *(column[i] for column in columns.values())] for i, name in enumerate(names))]
    lines = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in line] for line in lines]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    plain = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    lines = [[re.sub(r"([\\|$*_<`])", r"\\\1", cell) for cell in line] for line in lines]  # no cell is Markdown
    ruled = [lines[0], ["---", *["---:"] * len(columns)], *lines[1:]]
    markdown = ["| " + " | ".join(line) + " |" for line in ruled]
    display({"text/markdown": "\n".join(markdown), "text/plain": "\n".join(plain)})
