"""How well a classifier tells groups apart, and whether its probabilities can be believed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from neuropose.data import Report, Table
from neuropose.page.figures.axes import HEIGHT, WIDTH, Axes
from neuropose.page.figures.drawing import Dot, Drawing, Line, Mark

_LEAST_DOT, _MOST_DOT = 2.5, 7.0


def roc_drawings(report: Report) -> Iterator[Drawing]:
    """Draw the receiver operating characteristic of each group.

    Parameters
    ----------
    report : Report
        Its table ``classification_roc`` holds them.

    Yields
    ------
    Drawing
        None if there is no such table.
    """
    for group, rows in _by_group(report.tables.get("classification_roc")):
        points = [(row["false_positive_rate"], row["sensitivity"]) for row in rows]
        area = sum(
            (right[0] - left[0]) * (left[1] + right[1]) / 2.0 for left, right in pairwise(points)
        )
        yield Drawing(
            title=f"{group} from the others, by trial",
            said=f"Receiver operating characteristic of {group}: area under the curve {area:.2f}",
            width=WIDTH,
            height=HEIGHT,
            marks=(*_square("share of the others", "share of the group"), _line(points)),
        )


def calibration_drawings(report: Report) -> Iterator[Drawing]:
    """Draw how often a group was what it was predicted to be, by the predicted probability.

    Parameters
    ----------
    report : Report
        Its table ``classification_calibration`` holds them.

    Yields
    ------
    Drawing
        None if there is no such table.
    """
    axes = _axes()
    for group, rows in _by_group(report.tables.get("classification_calibration")):
        points = [(row["predicted"], row["observed"]) for row in rows]
        most = max(row["trials"] for row in rows)
        dots = [
            Dot(
                *axes.at(*point),
                _LEAST_DOT + (_MOST_DOT - _LEAST_DOT) * (row["trials"] / most) ** 0.5,
                "dot",
            )
            for point, row in zip(points, rows, strict=True)
        ]
        said = ", ".join(f"{100 * a:.0f} % predicted, {100 * b:.0f} % seen" for a, b in points)
        lines = [_line(points)] if len(points) > 1 else []
        yield Drawing(
            title=f"probability of {group}",
            said=f"Calibration of the probability of {group}: {said}",
            width=WIDTH,
            height=HEIGHT,
            marks=(*_square("predicted", "seen"), *lines, *dots),
        )


def _axes() -> Axes:
    return Axes.around((0.0, 1.0), (0.0, 1.0), room=0.03)


def _square(along: str, up: str) -> Iterator[Mark]:
    axes = _axes()
    yield from axes.marks(along, up)
    yield Line((axes.at(0.0, 0.0), axes.at(1.0, 1.0)), "zero")


def _line(points: list[tuple[float, float]]) -> Line:
    axes = _axes()
    return Line(tuple(axes.at(*point) for point in points), "line middle")


def _by_group(table: Table | None) -> Iterator[tuple[str, list[dict[str, float]]]]:
    if table is None or not table.rows:
        return
    names = [column.name for column in table.columns]
    groups: dict[str, list[dict[str, float]]] = {}
    for cells in table.rows:
        row = dict(zip(names, cells, strict=True))
        group = str(row.pop("group"))
        groups.setdefault(group, []).append({name: float(str(cell)) for name, cell in row.items()})
    yield from groups.items()
