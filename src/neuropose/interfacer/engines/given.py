"""What is given beside the recordings of a job: what is measured, and where the cameras are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from neuropose.errors import NeuroPoseError
from neuropose.study.contract.session import Session


def session_of(file: Path, shown: str) -> Session:
    """Read what is to be measured.

    Parameters
    ----------
    file : Path
        A ``session.yaml``.
    shown : str
        What errors call it.

    Returns
    -------
    Session

    Raises
    ------
    NeuroPoseError
        As `neuropose.study.contract.loading.load_session`.
    """
    from neuropose.study.contract.loading import load_session

    try:
        return load_session(file)
    except NeuroPoseError as error:
        error.message = error.message.replace(str(file), shown)
        raise


def videos_alone(rig: Path, videos: Iterable[str], shown: str) -> tuple[str, ...]:
    """Tell which videos of a job with a rig are from none of its cameras.

    Parameters
    ----------
    rig : Path
        A ``rig.toml``.
    videos : iterable of str
        Names of the job's videos.
    shown : str
        What errors call the rig.

    Returns
    -------
    tuple of str
        Each of them is a movement of its own.

    Raises
    ------
    NeuroPoseError
        If the rig cannot be read, or fewer than two of the videos are from its cameras, or two from
        the same.
    """
    from neuropose.io import load_rig
    from neuropose.multiview.names import cameras_of

    videos = tuple(videos)
    try:
        cameras = cameras_of(videos, load_rig(rig).names)
    except NeuroPoseError as error:
        error.message = error.message.replace(str(rig), shown)
        raise
    return tuple(name for name in videos if name not in cameras)
