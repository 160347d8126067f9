"""The table as text and as Markdown, and a plot, of what a bench has written as JSON."""

from __future__ import annotations

import html
import statistics
from typing import Any

from .measure import spread

Result = dict[str, Any]


def lines_of(row: Result) -> list[tuple[str, str, str, str]]:
    """What, seconds or other figures, ratio to ours, goal: one line a program."""
    lines = []
    for name, values in row["seconds"].items():
        ratio = spread(row["ratios"][name]) if name != "ours" else ""
        lines.append((name, f"{spread(values)} s", ratio, row["goals"].get(name, "")))
    for name, values in row["others"].items():
        lines.append((name, spread(values), "", row["goals"].get(name, "")))
    return lines


def text(result: Result) -> str:
    out = [about(result)]
    for row in result["rows"]:
        out.append(f"\n{row['name']}: {row['work']}")
        for name, figures, ratio, goal in lines_of(row):
            out.append(f"  {name:12} {figures:32} {ratio:28} {goal}".rstrip())
        out += [f"  ({note})" for note in row["notes"]]
    return "\n".join([*out, *(f"\n{why}" for why in result["failures"])]) + "\n"


def about(result: Result) -> str:
    named = ", ".join(f"{name}: {value}" for name, value in sorted(result["versions"].items()))
    return (f"{result['processors']} processors, {result['pairs']} pairs; median (least–most); "
            f"ratios by pairs, how many times as fast truewheel is. {named}.")


def markdown(result: Result) -> str:
    out = ["| row | work | program | figures | ratio | goal |", "|---|---|---|---|---|---|"]
    for row in result["rows"]:
        for name, figures, ratio, goal in lines_of(row):
            out.append(f"| {row['name']} | {row['work']} | {name} | {figures} | {ratio} | {goal} |")
    return "\n".join(out) + "\n"


_COLOURS = {"ours": "#2a6f97", "pip": "#c9a227", "uv": "#8e5572"}
_BAR, _LEFT, _WIDTH = 16, 190, 760


def svg(result: Result) -> str:
    """Medians as bars, each row in proportion to its slowest; the line shows least and most."""
    parts: list[str] = []
    y = 8
    for row in result["rows"]:
        if not row["seconds"]:
            continue
        parts.append(_label(4, y + 12, row["work"]))
        y += 20
        most = max(max(values) for values in row["seconds"].values()) or 1.0
        for name, values in row["seconds"].items():
            parts += _bar(y, name, values, (_WIDTH - _LEFT - 130) / most)
            y += _BAR + 4
        y += 10
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y}" '
            'font-family="sans-serif" font-size="12">')
    ground = f'<rect width="{_WIDTH}" height="{y}" fill="#fff"/>'
    return "\n".join([head, ground, *parts, "</svg>\n"])


def _label(x: float, y: float, said: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}">{html.escape(said)}</text>'


def _bar(y: int, name: str, values: list[float], scale: float) -> list[str]:
    median, middle = statistics.median(values), y + _BAR / 2
    start, end = _LEFT + min(values) * scale, _LEFT + max(values) * scale
    return [
        _label(40, y + 12, name),
        f'<rect x="{_LEFT}" y="{y}" width="{median * scale:.1f}" height="{_BAR}" '
        f'fill="{_COLOURS.get(name, "#999")}"/>',
        f'<line x1="{start:.1f}" x2="{end:.1f}" y1="{middle}" y2="{middle}" stroke="#000"/>',
        _label(end + 6, y + 12, f"{median:.3f} s"),
    ]
