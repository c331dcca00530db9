"""What a file is that is not what was expected."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from pathlib import Path

import msgspec

from neuropose.data.format_errors import DECODING_ERRORS

_HEAD_BYTES = 64


@dataclass(frozen=True, slots=True)
class OtherKind:
    """A kind of file.

    Parameters
    ----------
    kind : str
        What it is, and what it is not.
    hint : str
        What to do with it.
    """

    kind: str
    hint: str


_VIDEO = OtherKind("a video, not predictions", "neuropose process finds the poses in it first")
_OPENSIM = OtherKind(
    "a file of coordinates or forces of OpenSim, not predictions or markers",
    "give the markers, as TRC or C3D; forces go beside them, with --plates",
)
_TABLE = OtherKind(
    "a table, not predictions or markers",
    "positions of markers are read from TRC and C3D files: export it as one of these",
)
_BY_SUFFIX = {
    ".mot": _OPENSIM,
    ".sto": _OPENSIM,
    **dict.fromkeys((".csv", ".tsv", ".txt", ".xls", ".xlsx", ".parquet"), _TABLE),
}
_OF_REPORTS = {"task", "measures"}
_BY_KEYS = (
    (
        _OF_REPORTS,
        OtherKind("a report already, not predictions", "give the predictions that it was made of"),
    ),
    (
        {"jobs"},
        OtherKind("the status of jobs, not predictions", "give out/NAME/results.json of a job"),
    ),
)


def other_kind(path: Path) -> OtherKind | None:
    """Return what a file is that does not hold predictions.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    OtherKind or None
        None if it is nothing that is known.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "walk.gait.json"
    >>> _ = path.write_text('{"task": "gait", "measures": {}}')
    >>> other_kind(path).kind
    'a report already, not predictions'
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        if not head.lstrip().startswith(b"{"):
            return _VIDEO if _is_video(path, head) else _BY_SUFFIX.get(path.suffix.lower())
        keys = _keys(path)
    except (OSError, *DECODING_ERRORS):
        return None
    return next((other for wanted, other in _BY_KEYS if wanted <= keys), None)


def is_report(path: Path) -> bool:
    """Return whether a file is a report, by its keys; it is not checked any further.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    bool
        False if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            is_json = file.read(_HEAD_BYTES).lstrip().startswith(b"{")
        return is_json and _keys(path) >= _OF_REPORTS
    except (OSError, *DECODING_ERRORS):
        return False


def _keys(path: Path) -> set[str]:
    return set(msgspec.json.decode(path.read_bytes(), type=dict[str, msgspec.Raw]))


def _is_video(path: Path, head: bytes) -> bool:
    by_name = (mimetypes.guess_type(path.name)[0] or "").startswith("video/")
    by_content = head[4:8] == b"ftyp" or head[8:12] == b"AVI " or head[:4] == b"\x1a\x45\xdf\xa3"
    return by_name or by_content
