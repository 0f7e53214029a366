"""A line over two logarithmic axes as a small SVG, light and dark by the reader's own setting."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

WIDTH, HEIGHT = 560, 320
LEFT, RIGHT, TOP, BOTTOM = 70, 16, 34, 44
GAP = 14
COLORS = ("#2f7ed8", "#d9822b", "#3a9d5d", "#a05195")
Points = Sequence[tuple[float, float]]

_STYLE = (
    "text{font:12px sans-serif;fill:#333}.grid{stroke:#ddd}"
    "@media(prefers-color-scheme:dark){text{fill:#ccc}.grid{stroke:#444}}"
)


class Axis:
    """From a value to a place, by whole powers of ten."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self._low = math.floor(math.log10(min(values)))
        self._high = max(math.ceil(math.log10(max(values))), self._low + 1)
        self._start, self._end = start, end

    def at(self, value: float) -> float:
        """Return the place of a value, in pixels."""
        part = (math.log10(value) - self._low) / (self._high - self._low)
        return self._start + part * (self._end - self._start)

    @property
    def ticks(self) -> list[float]:
        """The powers of ten."""
        return [10.0**power for power in range(self._low, self._high + 1)]


def draw(file: Path, title: str, across: str, lines: Mapping[str, Points]) -> Path:
    """Write named lines of (x, y), all above zero; return the file."""
    points = [point for line in lines.values() for point in line]
    x = Axis([a for a, _ in points], LEFT, WIDTH - RIGHT)
    y = Axis([b for _, b in points], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}">',
        f"<style>{_STYLE}</style>",
        f'<text x="{LEFT}" y="14" font-weight="bold">{escape(title)}</text>',
        *(_across(x, tick) for tick in x.ticks),
        *(_up(y, tick) for tick in y.ticks),
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(across)}</text>',
        *(_line(x, y, number, line) for number, line in enumerate(lines.values())),
        _legend(lines),
        "</svg>",
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(parts) + "\n")
    return file


def _across(x: Axis, tick: float) -> str:
    at = x.at(tick)
    return (
        f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{_told(tick)}</text>'
    )


def _up(y: Axis, tick: float) -> str:
    at = y.at(tick)
    return (
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
        f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{_told(tick)}</text>'
    )


def _line(x: Axis, y: Axis, number: int, line: Points) -> str:
    color = _color(number)
    places = [f"{x.at(a):.1f},{y.at(b):.1f}" for a, b in line]
    dots = "".join(
        f'<circle r="3" fill="{color}" cx="{x.at(a):.1f}" cy="{y.at(b):.1f}"/>' for a, b in line
    )
    return (
        f'<polyline fill="none" stroke="{color}" stroke-width="2" points="{" ".join(places)}"/>'
        f"{dots}"
    )


def _legend(names: Iterable[str]) -> str:
    """Return the names beside each other, each as wide as it is."""
    told = (
        f'<tspan dx="{GAP}" style="fill:{_color(number)}">{escape(name)}</tspan>'
        for number, name in enumerate(names)
    )
    return f'<text x="{LEFT - GAP}" y="28">{"".join(told)}</text>'


def _color(number: int) -> str:
    return COLORS[number % len(COLORS)]


def _told(value: float) -> str:
    """Return a power of ten as one reads it."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
