"""The data of a page's movement: plain JSON, with the long arrays as base64."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.page.curves import CurvePlot
from neuropose.page.marks import Mark
from neuropose.page.movement import InPicture, Sticks

Array = NDArray[np.float64]

MISSING = -32768
"""Stands for a missing coordinate among whole numbers of 16 bits."""
_LARGEST = 32767


def packed_body(body: Sticks) -> dict[str, Any]:
    """Return the body for the page.

    Parameters
    ----------
    body : Sticks
        The body.

    Returns
    -------
    dict
        Plain JSON; ``positions`` are whole numbers of ``unit_mm``.
    """
    unit_mm = _unit(body.positions_mm, least=1.0)
    return {
        "joints": list(body.joints),
        "bones": [list(bone) for bone in body.bones],
        "unit_mm": unit_mm,
        "positions": _whole(body.positions_mm / unit_mm),
    }


def packed_picture(picture: InPicture) -> dict[str, Any]:
    """Return where the joints are in the picture, for the page.

    Parameters
    ----------
    picture : InPicture
        The joints in the picture.

    Returns
    -------
    dict
        Plain JSON; ``points`` are whole numbers of ``unit_px``.
    """
    unit_px = _unit(picture.points_px, least=0.25)
    return {
        "width": picture.width,
        "height": picture.height,
        "bones": [list(bone) for bone in picture.bones],
        "joints": picture.points_px.shape[1],
        "unit_px": unit_px,
        "points": _whole(picture.points_px / unit_px),
    }


def packed_curves(plots: Sequence[CurvePlot], time_s: Array) -> list[dict[str, Any]]:
    """Return curves for the page.

    Parameters
    ----------
    plots : sequence of CurvePlot
        The curves.
    time_s : ndarray, shape (T',)
        Of their values, evenly spaced.

    Returns
    -------
    list of dict
        Plain JSON; values are float32, NaN where missing.
    """
    rate_hz = (len(time_s) - 1) / float(time_s[-1] - time_s[0]) if len(time_s) > 1 else 1.0
    return [
        {
            "title": plot.title,
            "unit": plot.unit,
            "start_s": float(time_s[0]),
            "rate_hz": rate_hz,
            "curves": [
                {
                    "side": curve.side,
                    "doubtful": curve.doubt is not None,
                    "values": _base64(np.asarray(curve.values, dtype="<f4")),
                    "errors": None
                    if curve.errors is None
                    else _base64(np.asarray(curve.errors, dtype="<f4")),
                }
                for curve in plot.curves
            ],
        }
        for plot in plots
    ]


def packed_marks(marks: tuple[Mark, ...]) -> list[dict[str, Any]]:
    """Return marks for the page.

    Parameters
    ----------
    marks : tuple of Mark
        The marks.

    Returns
    -------
    list of dict
        Plain JSON.
    """
    return [
        {
            "lane": mark.lane.value,
            "kind": mark.kind,
            "label": mark.label,
            "start_s": mark.start_s,
            "end_s": mark.end_s,
            "cycle": mark.is_cycle,
        }
        for mark in marks
    ]


def packed_times(time_s: Array) -> str:
    """Return times for the page.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Seconds.

    Returns
    -------
    str
        Base64 of float64.
    """
    return _base64(np.asarray(time_s, dtype="<f8"))


def _unit(values: Array, *, least: float) -> float:
    """Return the finest unit in which every value is a whole number of 16 bits."""
    known = np.abs(values[np.isfinite(values)])
    largest = float(known.max()) if len(known) else 0.0
    return max(least, largest / _LARGEST)


def _whole(values: Array) -> str:
    known = np.isfinite(values).all(axis=-1, keepdims=True)
    whole = np.where(known, np.rint(np.where(known, values, 0.0)), MISSING)
    return _base64(whole.astype("<i2"))


def _base64(values: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")
