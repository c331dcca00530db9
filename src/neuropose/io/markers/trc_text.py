"""The text of a TRC file: characters, lines, and numbers as all kinds of programs write them."""

from __future__ import annotations

import re

_LINE_END = re.compile("\r\n|\r|\n")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_WITH_COMMA = re.compile(r"[-+]?\d*,\d+([eE][-+]?\d+)?")
_MISSING = re.compile(
    r"|-+|na|n/a|#n/a|null|none|missing"
    r"|[-+]?(nan(\(\w*\))?|inf|infinity|1\.#(qnan|snan|ind|inf)\d*)",
    re.IGNORECASE,
)


def decode(data: bytes) -> str:
    r"""Decode a text file in any encoding that programs write tables in.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    str

    Examples
    --------
    >>> decode("Zeit".encode("utf-16")), decode(b"H\xfcfte")
    ('Zeit', 'Hüfte')
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data[:4]:  # without a mark, every other byte of ASCII is zero
        order = "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
        return data.decode(order, errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def lines_of(text: str) -> list[str]:
    """Split a text at the line ends of any system.

    Parameters
    ----------
    text : str
        The whole file.

    Returns
    -------
    list of str
        The last one is empty if the file ends with a line end.
    """
    return _LINE_END.split(text)


def cells_of(line: str) -> list[str]:
    """Split a line into cells: at tabs, or semicolons, or else at blanks.

    Parameters
    ----------
    line : str
        One line.

    Returns
    -------
    list of str
        Without surrounding blanks. Cells may be empty only between tabs or semicolons.

    Examples
    --------
    >>> cells_of("1; 0,01; ;2"), cells_of(" 1  0.01 2 ")
    (['1', '0,01', '', '2'], ['1', '0.01', '2'])
    """
    for separator in "\t;":
        if separator in line:
            return [cell.strip() for cell in line.split(separator)]
    return line.split()


def number_of(cell: str) -> float | None:
    """Read a number.

    Parameters
    ----------
    cell : str
        Without surrounding blanks.

    Returns
    -------
    float or None
        NaN for the many ways of writing that a value is missing; None if it is neither.

    Examples
    --------
    >>> number_of("-1,5e1"), number_of("-nan(ind)"), number_of("1.2.3")
    (-15.0, nan, None)
    """
    if _NUMBER.fullmatch(cell):
        value = float(cell)
        return value if abs(value) != float("inf") else float("nan")
    if _WITH_COMMA.fullmatch(cell):
        return float(cell.replace(",", "."))
    return float("nan") if _MISSING.fullmatch(cell) else None
