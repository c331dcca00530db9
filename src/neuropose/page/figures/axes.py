"""The frame of a plot: grid lines, numbers and titles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from neuropose.page.figures.drawing import Label, Line, Mark
from neuropose.page.plots import Scale, ticks

WIDTH, HEIGHT = 360, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 8, 38  # margins


@dataclass(frozen=True, slots=True)
class Axes:
    """Two axes.

    Parameters
    ----------
    along, up : Scale
        From numbers to places.
    """

    along: Scale
    up: Scale

    @classmethod
    def around(cls, x: Iterable[float], y: Iterable[float], *, room: float = 0.06) -> Axes:
        """Return axes on which all of some numbers lie.

        Parameters
        ----------
        x, y : iterable of float
            Finite numbers, one at least.
        room : float
            What is left free at the ends, as a share.

        Returns
        -------
        Axes
        """
        left, right = _ends(x, room)
        low, high = _ends(y, room)
        return cls(
            Scale(left, right, _LEFT, WIDTH - _RIGHT), Scale(low, high, HEIGHT - _BOTTOM, _TOP)
        )

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the place of a point.

        Parameters
        ----------
        x, y : float
            In the units of the axes.

        Returns
        -------
        tuple of float
        """
        return float(self.along(x)), float(self.up(y))

    def marks(
        self, along: str, up: str, *, named: Sequence[tuple[float, str]] | None = None
    ) -> Iterator[Mark]:
        """Draw the grid, the numbers and the titles.

        Parameters
        ----------
        along, up : str
            Titles.
        named : sequence of (float, str), optional
            Labels along the horizontal axis, in place of numbers.

        Yields
        ------
        Mark
        """
        left, right = self.along.first, self.along.last
        bottom = self.up.first
        for value in ticks(self.up.low, self.up.high):
            y = float(self.up(value))
            yield Line(((left, y), (right, y)), "grid")
            yield Label(left - 6, y + 4, number(value), "end")
        at = [(value, number(value)) for value in ticks(self.along.low, self.along.high)]
        for value, text in at if named is None else named:
            yield Label(float(self.along(value)), bottom + 15, text, "middle")
        yield Label((left + right) / 2, bottom + 31, along, "middle")
        if up:
            yield Label(left + 4, self.up.last + 9, up)


def number(value: float) -> str:
    """Return a number of an axis with a true minus sign.

    Parameters
    ----------
    value : float
        The number.

    Returns
    -------
    str
    """
    return f"{value:g}".replace("-", "−")


def _ends(values: Iterable[float], room: float) -> tuple[float, float]:
    known = list(values)
    low, high = min(known), max(known)
    beside = room * (high - low) or max(abs(high), 1.0) * room
    return low - beside, high + beside
