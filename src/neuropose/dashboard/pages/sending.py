"""Files that are sent: downloads, videos, and pages that are shown in a frame of their own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from neuropose.interfacer.layout import readable

FRAMED = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; media-src blob:; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
"""What a page of a report may do: run its own script without an origin, and ask for nothing.

The page itself narrows that down to the script whose hash it states.
"""
_PLAYED = {".mp4": "video/mp4", ".webm": "video/webm"}
_DOCUMENTS = {".pdf": "application/pdf"}


def download(path: Path, *, name: str | None = None, made: Path | None = None) -> Response:
    """Send a file to be saved; parts of it if these are asked for.

    Parameters
    ----------
    path : Path
        The file.
    name : str, optional
        What it is saved as. Default: its own name.
    made : Path, optional
        A folder that is removed when it has been sent.

    Returns
    -------
    Response
        Never of a kind that a browser would show as a page of this site.
    """
    kind = (_PLAYED | _DOCUMENTS).get(path.suffix.lower(), "application/octet-stream")
    filename = name or readable(path.name)
    return FileResponse(
        path,
        stat_result=_stat(path),
        media_type=kind,
        filename=filename,
        background=_removal(made),
    )


def video(path: Path) -> Response | None:
    """Send a video to be played in a page.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Response or None
        None if it is none that browsers play.
    """
    kind = _PLAYED.get(path.suffix.lower())
    if kind is None:
        return None
    return FileResponse(path, stat_result=_stat(path), media_type=kind)


def framed(path: Path, *, made: Path | None = None) -> Response:
    """Send a page of a report, to be shown in a frame of a page of this site.

    Parameters
    ----------
    path : Path
        The file.
    made : Path, optional
        A folder that is removed when it has been sent.

    Returns
    -------
    Response
        With a policy of its own: the page cannot reach this site or any other.
    """
    headers = {"Content-Security-Policy": FRAMED, "X-Frame-Options": "SAMEORIGIN"}
    return FileResponse(
        path,
        stat_result=_stat(path),
        media_type="text/html; charset=utf-8",
        headers=headers,
        background=_removal(made),
    )


def _stat(path: Path) -> os.stat_result:
    """Look before the answer begins: a file may be removed after it was listed."""
    try:
        return path.stat()
    except OSError as error:
        raise HTTPException(404) from error


def _removal(made: Path | None) -> BackgroundTask | None:
    return None if made is None else BackgroundTask(shutil.rmtree, made, ignore_errors=True)
