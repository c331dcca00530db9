"""The video of a recording, small enough to be part of a page."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from neuropose.data import VideoPredictions
from neuropose.video.reader import VideoReader
from neuropose.viz.captions import without_picture
from neuropose.viz.overlay import require_same_video
from neuropose.viz.video_writer import TICKS_PER_S, VideoWriter, even_size

_MOST_HEIGHT_PX = 480
_MOST_WIDTH_PX = 854
# A picture of its own every half second makes a jump to any frame quick, for a tenth more bytes.
_SMALL = {"preset": "veryfast", "crf": "28", "bf": "0", "g": "15", "threads": "4"}


def small_video(
    path: Path,
    predictions: VideoPredictions,
    progress: Callable[[int, int], None] | None = None,
    *,
    see: Callable[[int, NDArray[np.uint8]], None] | None = None,
) -> bytes:
    """Encode a video anew, smaller, without sound, each frame at its own time.

    Parameters
    ----------
    path : Path
        The video that the predictions were made from.
    predictions : VideoPredictions
        To check that it is this video.
    progress : callable, optional
        Called with the number of frames done and the total.
    see : callable, optional
        Called with the number and the whole picture of every frame that has one.

    Returns
    -------
    bytes
        H.264 in MP4.

    Raises
    ------
    VideoError
        If the video cannot be used, or is not the one that the predictions were made from.
    OutputError
        If there is no room for it in the folder for temporary files.
    """
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.mp4"
        with VideoReader(path) as reader, VideoWriter(small, options=_SMALL) as writer:
            require_same_video(reader, predictions)
            scale = min(1.0, _MOST_WIDTH_PX / reader.width, _MOST_HEIGHT_PX / reader.height)
            size = even_size(reader.width, reader.height, scale)
            last: NDArray[np.uint8] | None = None
            after_s = 0.0
            for frame in reader:
                picture = frame.picture
                if picture is None:
                    shape = (reader.height, reader.width)
                    picture = without_picture(last, shape, frame.gap_reason or "not known")
                else:
                    last = picture
                    if see is not None:
                        see(frame.number, picture)
                time_s = max(frame.time_s, after_s)
                after_s = time_s + 1.0 / TICKS_PER_S
                shrunk = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
                writer.write(np.asarray(shrunk, np.uint8), time_s)
                if progress is not None:
                    progress(frame.number + 1, reader.expected_frame_count)
        return small.read_bytes()
