"""How long a lesson takes: words, lines of code, and what has to be looked at or answered, section by section."""

import re

from course import read
from hygiene import PICTURED

WORDS, LINES = 150, 10  # that a reader takes in a minute
HEADING = re.compile(r"^(##? .*)$", re.MULTILINE)
MARKED = re.compile(r"^## .+ · (must|if time|homework) · (\d+) min$")
LONGEST = 60  # minutes of a lesson without its homework


def sections(path):
    """[heading, cells] of each section; the first begins with the lesson's title."""
    found = [["", []]]
    for cell in read(path).cells:
        parts = HEADING.split(cell.source) if cell.cell_type == "markdown" else [cell]
        for part in parts:
            if isinstance(part, str) and HEADING.fullmatch(part):
                found.append([part, []])
            else:
                found[-1][1].append(part)
    return [section for section in found if section[0]]


def needed(parts):
    """Minutes for texts and code cells."""
    texts, codes = [p for p in parts if isinstance(p, str)], [p.source for p in parts if not isinstance(p, str)]
    words = sum(len(re.findall(r"\w[\w'’-]*", text)) for text in texts)
    lines = sum(bool(line.strip()) for code in codes for line in code.splitlines())
    looks = sum(len(re.findall(r"\bclaim\(|\bdraw\.show\(", code)) for code in codes)
    explorers = sum(len(PICTURED.findall(code)) for code in codes) - sum(code.count("draw.show(") for code in codes)
    asked = sum(len(re.findall(r"^check\(", code, re.MULTILINE)) for code in codes)
    return words / WORDS + lines / LINES + looks + 3 * explorers + 4 * asked


def marked(path):
    """Whether any heading of the lesson carries its minutes."""
    return any(MARKED.match(heading) for heading, _ in sections(path))


def near(stated, computed):
    """Within 25 %, or rounded to whole minutes."""
    return abs(stated - computed) <= max(0.5, computed / 4)


def wrong(path, told):
    """Everything that is wrong with the minutes of a lesson that has marks, each a sentence; `told` are those of the README."""
    lesson, homework = 0.0, 0.0
    for heading, parts in sections(path):
        mark, minutes = MARKED.match(heading), needed(parts)
        if heading.startswith("## ") and not mark:
            yield f"{heading!r} needs its mark: must, if time or homework, and {minutes:.0f} min"
        if mark and not near(int(mark[2]), minutes):
            yield f"{heading!r} takes {minutes:.1f} min"
        homework += minutes if mark and mark[1] == "homework" else 0
        lesson += minutes
    lesson -= homework
    if lesson > LONGEST:
        yield f"it takes {lesson:.0f} min without homework, more than {LONGEST}"
    if not near(told, lesson):
        yield f"the README says {told} min, and it takes {lesson:.0f}"
    if f"**Time:** {told} minutes" not in "".join(cell.source for cell in read(path).cells):
        yield f"its text does not say {told} minutes, as the README does"
