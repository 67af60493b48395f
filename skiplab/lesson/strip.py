"""Seeds are dots, in text, which shows everywhere: filled up to a bar, for verdicts, or along a line, for where each landed."""

import math
import textwrap

import numpy as np

from skiplab.base.say import say

WIDTH = 90  # of a line; JupyterLab would break a longer one within a word
SEEDS = 7 / 8  # the share of seeds of which a statement about single seeds must be true
MOST = 40  # dots side by side, and columns of a line
LEAST = 12  # columns of a line, whatever its name and its numbers need
DECADES = 30  # where the largest of all is so many times the smallest, the line is logarithmic


def tell(text, first="    ", later="      "):
    """Print the text, if there is any, in lines of `WIDTH`, the first indented by `first` and the others by `later`."""
    if words := " ".join(text.split()):
        say(textwrap.fill(words, WIDTH, initial_indent=first, subsequent_indent=later, break_on_hyphens=False))


def agreeing(holds):
    """A dot a seed, filled where `holds` (S,) is true, and the bar that the filled ones have to reach."""
    true, count, needed = int(holds.sum()), holds.size, math.ceil(SEEDS * holds.size)
    if count > MOST:
        return f"{true} of {count} seeds, {needed} needed"
    dots = "●" * true + "○" * (count - true)
    return f"{dots[:needed]}│{dots[needed:]} {true} of {count} seeds"


def spread(array):
    """The median, and in brackets the lowest and the highest, of numbers that are not all the same; no median where one is NaN."""
    there = array[~np.isnan(array)]
    low, high = (f"{end:.3g}" for end in (there.min(), there.max())) if there.size else ("nan", "nan")
    return low if low == high and there.size in (0, array.size) else f"{_median(array):.3g} [{low}, {high}]"


def _median(array):
    with np.errstate(invalid="ignore"):  # -inf and inf have no middle
        return np.median(1 * array)


class Axis:
    """The line that several measurements share; `marks` are bars on it, which part the dots below them from those above."""

    def __init__(self, numbers, marks=()):
        finite = np.concatenate([np.ravel(array)[np.isfinite(np.ravel(array))] for array in (*numbers, marks)])
        self.marks, self.low, self.high = sorted(marks), finite.min(initial=np.inf), finite.max(initial=-np.inf)
        self.log = bool(self.high > DECADES * self.low > 0)

    def rows(self, measured):
        """For name -> array () or (S,) a line each: name, track, median and range. No lines where all is one number."""
        if not self.low < self.high:
            return []
        figures = {name: spread(array) for name, array in measured.items()}
        room = WIDTH - len("      ") - 2 - max(map(len, figures.values()))
        wide = min(max(map(len, measured)), room - LEAST)
        short = {name: name if len(name) <= wide else name[: wide - 1] + "…" for name in measured}
        return [f"{short[name]:<{wide}} {self.track(array, min(MOST, room - wide))} {figures[name]}" for name, array in measured.items()]

    def track(self, array, columns):
        """The line with a dot for each number, a larger one for several in one place, a diamond for the median, and the bars."""
        line = ["─"] * columns
        places = [self._column(number, columns) for number in np.ravel(array) if not np.isnan(number)]
        for place in places:
            line[place] = "•" if places.count(place) == 1 else "●"
        if not np.isnan(middle := _median(array)):
            line[self._column(middle, columns)] = "◆"
        for mark in self.marks:
            line[self._column(mark, columns)] = "│"
        return "".join(line)

    def _column(self, number, columns):
        """Where on the line a number stands: beside a mark, unless it is the mark; the ends are kept free for that."""
        scale = np.log10 if self.log else np.asarray
        low, high, at = (scale(np.clip(each, self.low, self.high)) for each in (self.low, self.high, number))
        column = 1 + round(float((at - low) / (high - low)) * (columns - 3))
        for mark in self.marks if number not in self.marks else ():
            bar = self._column(mark, columns)
            column = min(column, bar - 1) if number < mark else max(column, bar + 1)
        return column
