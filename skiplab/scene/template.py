"""A sentence under a picture says what is drawn, and both are made from the same numbers.

A template is text with fields, a list of templates said one after another, or a choice {"by": name, "of": [template, ...]}
that takes the template numbered by that value. Fields: {x:.2f} decimals, {x:.3g} significant digits, {x:d} whole, {x:.2p} that of 10^x,
{x:.1t} the factor 10^x, such as 1/80,000,000, {x:one|two|three} the word numbered x, {x} text. template.js is the same in JavaScript, and a
test keeps the two equal.
"""

import math
import re
from decimal import ROUND_HALF_UP, Decimal

_FIELD = re.compile(r"\{(\w+)(?::([^{}]*))?\}")
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def fill(template, frame):
    """The template's text for the numbers in `frame`, a dict of name to number or text."""
    if isinstance(template, str):
        return _FIELD.sub(lambda field: _field(field[1], field[2], frame), template)
    if isinstance(template, dict):
        return fill(template["of"][int(_named(template["by"], frame))], frame)
    return "".join(fill(part, frame) for part in template)


def number(value, style):
    """One number as text, in the style `.2f`, `.3g`, `.2p` or `d`, rounded half away from zero, with a true minus sign.

    First to 12 digits, so that a number which arithmetic leaves a little beside 0.875 is written as 0.875 is, wherever it was computed.
    """
    value = float(f"{float(value):.12g}")
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if style.endswith("p"):
        return number(10**value, f"{style[:-1]}g")
    if style.endswith("t"):
        return _times(value, int(style[1:-1]))
    if abs(value) >= 1e15 and not style.endswith("g"):
        style = ".3g"
    text = _significant(value, int(style[1:-1])) if style.endswith("g") else _fixed(value, int(style[1:-1] or 0))
    return text.replace("-", "−")


def _named(name, frame):
    if name not in frame:
        raise KeyError(f"the template names {name!r}, the frame has {sorted(frame)}")
    return frame[name]


def _field(name, style, frame):
    value = _named(name, frame)
    if not style:
        return str(value)
    return style.split("|")[int(value)] if "|" in style else number(value, style)


def _times(power, digits):
    """× 0.43, × 400, 1/80,000,000, and from 10^8 on only the power of ten."""
    if abs(power) < 1:
        return f"× {number(10**power, f'.{digits + 1}g')}"
    size = f"10{number(abs(power), 'd').translate(_SUPERSCRIPT)}"
    if abs(power) < 8:
        unit = 10 ** (math.floor(abs(power)) - digits + 1)
        size = f"{math.floor(10 ** abs(power) / unit + 0.5) * unit:,.0f}"
    return f"1/{size}" if power < 0 else f"× {size}"


def _fixed(value, digits):
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return str(abs(rounded) if rounded == 0 else rounded)


def _significant(value, digits):
    if value == 0:
        return "0"
    exact = Decimal(value)
    rounded = exact.quantize(Decimal(1).scaleb(exact.adjusted() - digits + 1), ROUND_HALF_UP)
    power = rounded.adjusted()
    if -4 <= power < 6:
        return _trim(f"{rounded:f}")
    return f"{_trim(str(rounded.scaleb(-power)))}×10{str(power).translate(_SUPERSCRIPT)}"


def _trim(text):
    return text.rstrip("0").rstrip(".") if "." in text else text
