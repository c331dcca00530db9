"""Whether a file is a video that can be read, told from its beginning and its index."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from neuropose.errors import VideoEmptyError, VideoError, VideoNotFoundError
from neuropose.video.completeness import require_complete
from neuropose.video.container import open_container, video_stream
from neuropose.video.packets import demux
from neuropose.video.reader import require_video_file


def is_video(source: Path | IO[bytes]) -> bool:
    """Return whether a file is a video, whatever it is called.

    Parameters
    ----------
    source : Path or file object
        A regular file, or one that can be read and searched.

    Returns
    -------
    bool
        Whether it is in a supported container, and its video can be decoded.
    """
    try:
        with open_container(source) as container:
            video_stream(container)
    except (VideoError, OSError, ValueError):
        return False
    return True


def require_video(path: Path) -> None:
    """Check that a video is whole as far as its container says, and has frames.

    Parameters
    ----------
    path : Path
        The video.

    Raises
    ------
    VideoError
        If it is empty, cut short or not a video. Damage in its pictures is not looked for.
    """
    require_video_file(path)
    try:
        require_complete(path)
        with open_container(path) as container:
            stream = video_stream(container)
            if not any(packet.size for packet in demux(container, stream)):
                raise VideoEmptyError("the video stream has no frames")
    except OSError as error:
        raise VideoNotFoundError(f"the file cannot be read: {error.strerror}") from error
