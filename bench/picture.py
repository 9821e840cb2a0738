"""Lines over time, as small pictures beside each other in one SVG: no more than a page of documentation wants."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment

#: pixels: of one panel, of what is between them, and of what its words take from it
WIDTH, HEIGHT, GAP = 400, 150, 24
LEFT, TOP, BOTTOM = 44, 26, 22
PER_ROW: Final = 2

_TEMPLATE: Final = Environment(autoescape=True).from_string(
    """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{ width }} {{ height }}" \
font-family="system-ui, sans-serif" font-size="11" role="img" \
aria-label="{{ panels | map(attribute='title') | join(', ') }}">
<rect width="100%" height="100%" fill="#fff"/>
{% for panel in panels %}<g transform="translate({{ panel.x }} {{ panel.y }})">
<text x="0" y="12" font-size="13" font-weight="600" fill="#1d1c1d">{{ panel.title }}</text>
{% for y, label in panel.levels %}<path d="M{{ left }} {{ y }}H{{ right }}" stroke="#e3e3e3"/>\
<text x="{{ left - 6 }}" y="{{ y + 4 }}" text-anchor="end" fill="#616061">{{ label }}</text>
{% endfor %}{% for x, label, anchor in panel.times %}<text x="{{ x }}" y="{{ foot }}" text-anchor="{{ anchor }}" \
fill="#616061">{{ label }}</text>
{% endfor %}<polyline points="{{ panel.points }}" fill="none" stroke="#4a154b" stroke-width="1.5" \
stroke-linejoin="round"/>
</g>
{% endfor %}</svg>
"""
)


@dataclass(frozen=True, slots=True)
class Panel:
    """One line: its heights over its times."""

    title: str
    times: Sequence[float]
    heights: Sequence[float]


def picture(panels: Sequence[Panel], *, along: str) -> str:
    """The panels, two in a row; heights begin at nought, so that what is flat looks flat.

    Args:
        panels: what to draw.
        along: the unit of their times.
    """
    rows = math.ceil(len(panels) / PER_ROW)
    return _TEMPLATE.render(
        width=PER_ROW * WIDTH + (PER_ROW + 1) * GAP,
        height=rows * HEIGHT + (rows + 1) * GAP,
        left=LEFT,
        right=WIDTH,
        foot=HEIGHT,
        panels=[_drawn(number, panel, along) for number, panel in enumerate(panels)],
    )


def _drawn(number: int, panel: Panel, along: str) -> dict[str, object]:
    top, last = _round_up(max(panel.heights)), max(panel.times)
    high = HEIGHT - TOP - BOTTOM

    def x(time: float) -> float:
        return round(LEFT + (WIDTH - LEFT) * time / last, 1)

    def y(height: float) -> float:
        return round(TOP + high * (1 - height / top), 1)

    row, column = divmod(number, PER_ROW)
    return {
        "title": panel.title,
        "x": GAP + column * (WIDTH + GAP),
        "y": GAP + row * (HEIGHT + GAP),
        "levels": [(y(level), f"{level:g}") for level in (0, top / 2, top)],
        "times": [
            (x(0), "0", "middle"),
            (x(last / 2), f"{last / 2:.0f} {along}", "middle"),
            (x(last), f"{last:.0f} {along}", "end"),
        ],
        "points": " ".join(f"{x(time)},{y(height)}" for time, height in zip(panel.times, panel.heights, strict=True)),
    }


def _round_up(height: float) -> float:
    """The next number that reads well above this one."""
    if height <= 0:
        return 1.0
    power = 10 ** math.floor(math.log10(height))
    return next(float(step * power) for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= height)
