"""Curves of people without complaints, from a file that says whose they are."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose.errors import FileFormatError
from neuropose.io.strict_json import read_bytes

Array = NDArray[np.float64]

_COLUMNS = ("curve", "percent", "mean", "sd", "source")
_HINT = f"a CSV file with the columns {', '.join(_COLUMNS)}"


@dataclass(frozen=True, eq=False)
class Norm:
    """The norm of one curve over the cycle.

    Parameters
    ----------
    percent : ndarray, shape (P,)
        Of the cycle, ascending.
    mean, sd : ndarray, shape (P,)
        Between people.
    source : str
        Where it is from: a publication, or the laboratory's own people.
    """

    percent: Array
    mean: Array
    sd: Array
    source: str

    def at(self, percent: Array) -> tuple[Array, Array]:
        """Return mean ± SD at other places of the cycle.

        Parameters
        ----------
        percent : ndarray, shape (Q,)
            Of the cycle.

        Returns
        -------
        low, high : ndarray, shape (Q,)
            NaN beyond what is known.
        """
        ends = (self.mean - self.sd, self.mean + self.sd)
        low, high = (
            np.interp(percent, self.percent, end, left=np.nan, right=np.nan) for end in ends
        )
        return low, high


def read_norms(path: Path) -> Mapping[str, Norm]:
    r"""Read norms of curves.

    Parameters
    ----------
    path : Path
        CSV with the columns ``curve`` (``knee_flexion``), ``percent``, ``mean``, ``sd`` and
        ``source``.

    Returns
    -------
    mapping of str to Norm

    Raises
    ------
    FileMissingError, FileReadError
        If the file cannot be read.
    FileFormatError
        If it is not such a table: numbers that are none, percentages that do not ascend, a curve
        without a source or with several.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "norms.csv"
    >>> _ = path.write_text(
    ...     "curve,percent,mean,sd,source\nknee,0,5,4,our lab\nknee,100,7,4,our lab\n"
    ... )
    >>> read_norms(path)["knee"].source
    'our lab'
    """
    try:
        rows = list(csv.DictReader(io.StringIO(read_bytes(path).decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileFormatError(f"{path} is not a table of norms: {error}", hint=_HINT) from error
    if not rows or not set(_COLUMNS) <= rows[0].keys():
        raise FileFormatError(f"{path} is not a table of norms", hint=_HINT)
    by_curve: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_curve.setdefault(row["curve"], []).append(row)
    return {curve: _norm(path, curve, found) for curve, found in by_curve.items()}


def _norm(path: Path, curve: str, rows: list[dict[str, str]]) -> Norm:
    try:
        percent, mean, sd = (
            np.array([float(row[name]) for row in rows]) for name in ("percent", "mean", "sd")
        )
    except (TypeError, ValueError) as error:
        raise FileFormatError(f"{path}: {curve}: {error}", hint=_HINT) from error
    sources = {row["source"] for row in rows}
    if len(sources) != 1 or not all(sources):
        raise FileFormatError(
            f"{path}: {curve} has {len(sources - {''})} sources",
            hint="say in every row of a curve where it is from, the same",
        )
    if not np.isfinite([percent, mean, sd]).all() or (sd < 0.0).any():
        raise FileFormatError(f"{path}: {curve} has numbers that are missing or not allowed")
    if len(percent) < 2 or (np.diff(percent) <= 0.0).any():
        raise FileFormatError(
            f"{path}: the percentages of {curve} do not ascend", hint="sort its rows"
        )
    return Norm(percent, mean, sd, sources.pop())
