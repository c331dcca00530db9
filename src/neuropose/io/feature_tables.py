"""Tables of features as CSV: every row as long as the header, names as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose.errors import FileFormatError
from neuropose.io.strict_json import read_bytes

if TYPE_CHECKING:
    import pandas as pd

_MISSING = frozenset(("", "nan", "NaN", "NA", "null"))
_HINT = "use a CSV file: UTF-8, commas, and a row of names"


def read_table(path: Path, *, text: Sequence[str] = ()) -> pd.DataFrame:
    r"""Read a CSV file with one row per trial, stride, repetition or sample.

    Parameters
    ----------
    path : Path
        UTF-8, separated by commas, with a row of names. An empty cell is a missing value; in
        columns of numbers, so are ``NaN``, ``NA`` and ``null``.
    text : sequence of str
        Columns to keep as text, whatever they look like: ``007`` and ``NA`` stay as they are.

    Returns
    -------
    pandas.DataFrame
        Columns of numbers as float64, others as text.

    Raises
    ------
    FileMissingError, FileReadError
        If it cannot be read.
    FileFormatError
        If it is not such a table; the message names the line.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "features.csv"
    >>> _ = path.write_text("subject,speed_m_s\n007,1.2\n008,\n")
    >>> read_table(path, text=["subject"]).values.tolist()
    [['007', 1.2], ['008', nan]]
    """
    import pandas as pd

    data = read_bytes(path)
    try:
        lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        header = next(lines, [])
        rows = []
        for row in lines:
            if row and len(row) != len(header):
                raise FileFormatError(
                    f"{path}, line {lines.line_num}: {len(row)} cells, not {len(header)}",
                    hint=_HINT,
                )
            rows += [row] if row else []
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileFormatError(f"{path} is not a table: {error}", hint=_HINT) from error
    twice = {name for name in header if header.count(name) > 1}
    if not header or twice:
        problem = f"two columns are called {min(twice)!r}" if twice else "it is empty"
        raise FileFormatError(f"{path} is not a table: {problem}", hint=_HINT)
    cells = zip(*rows, strict=True) if rows else [()] * len(header)
    columns = {
        name: _as_text(column) if name in text else _as_numbers(column)
        for name, column in zip(header, cells, strict=True)
    }
    return pd.DataFrame(columns)


def _as_text(cells: Sequence[str]) -> pd.Series[str]:
    import pandas as pd

    return pd.Series([cell if cell else None for cell in cells], dtype="object")


def _as_numbers(cells: Sequence[str]) -> pd.Series[float] | pd.Series[str]:
    import pandas as pd

    try:
        numbers = [float("nan" if cell in _MISSING else cell) for cell in cells]
    except ValueError:
        return _as_text(cells)
    return pd.Series(numbers, dtype="float64")
