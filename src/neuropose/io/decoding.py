"""Pictures from OpenCV, each put in its place on the timeline by its presentation time."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.errors import VideoDecodeError
from neuropose.io.container import Container
from neuropose.io.timeline import FrameNumbers

_quiet_lock = threading.RLock()
_quiet_depth = 0
_level_to_restore = 0


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep OpenCV's log off stderr, in any number of threads at once."""
    import cv2

    global _quiet_depth, _level_to_restore
    logging: Any = getattr(cv2.utils, "logging", cv2)  # OpenCV 4 has the functions at the top
    with _quiet_lock:
        if _quiet_depth == 0:
            _level_to_restore = logging.setLogLevel(0)
        _quiet_depth += 1
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_depth -= 1
            if _quiet_depth == 0:
                logging.setLogLevel(_level_to_restore)


@contextmanager
def _quiet_ffmpeg() -> Iterator[None]:
    """Silence the FFmpeg inside OpenCV, unless the user has set its level.

    OpenCV reads the variable once, when the process opens its first video.
    """
    name = "OPENCV_FFMPEG_LOGLEVEL"
    with _quiet_lock:
        if name in os.environ or "OPENCV_FFMPEG_DEBUG" in os.environ:
            yield
            return
        os.environ[name] = "-8"
        try:
            yield
        finally:
            del os.environ[name]


class OpenCvPictures:
    """The pictures of a video, one at a time, in the order in which they are shown.

    Parameters
    ----------
    path : pathlib.Path
    container : Container
        What the container says of the same file.
    decode_threads : int
        Threads of the decoder, at least 1.

    Attributes
    ----------
    width, height : int
        Size as displayed, px.
    rotation_deg : int
        Clockwise rotation that is applied to the stored pictures: 0, 90, 180 or 270.

    Raises
    ------
    VideoDecodeError
        If there is no decoder for the video.
    """

    def __init__(self, path: Path, container: Container, decode_threads: int) -> None:
        import cv2

        self._cv2: Any = cv2
        self._container = container
        self._numbers = FrameNumbers(container.timeline)
        self._origin_s: float | None = None
        self._bgr: NDArray[np.uint8] | None = None
        with _quiet(), _quiet_ffmpeg():
            self._capture: Any = cv2.VideoCapture(
                str(path.absolute()), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, decode_threads]
            )
        if not self._capture.isOpened():
            raise VideoDecodeError(
                f"OpenCV has no decoder for the video's codec ({container.codec})",
                hint="convert it to H.264 in MP4 and try again",
            )
        self._capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        self.width = int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH))
        self.height = int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        rotation_deg = round(self._capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 360
        self.rotation_deg = rotation_deg if rotation_deg % 90 == 0 else 0

    def read(self) -> tuple[int, NDArray[np.uint8]] | None:
        """Decode on to the next picture that comes out.

        Returns
        -------
        tuple or None
            Frame number, and the picture: RGB, shape (height, width, 3), the caller's own. None
            after the last picture. A number that is left out had no picture.
        """
        # A failed grab has used up at least one packet; at the end of the file it costs nothing.
        failures_left = len(self._container.timeline) - self._numbers.following + 16
        with _quiet():
            while self._numbers.following < len(self._container.timeline) and failures_left > 0:
                if not self._capture.grab():
                    failures_left -= 1
                    continue
                number = self._numbers.of(self._clock_s())
                picture = None if number is None else self._picture()
                if number is not None and picture is not None:
                    return number, picture
        return None

    def close(self) -> None:
        """Give the file and the decoder free."""
        self._capture.release()
        self._bgr = None

    def _clock_s(self) -> float | None:
        shown_s: float = self._capture.get(self._cv2.CAP_PROP_POS_MSEC) / 1000.0
        if self._origin_s is None:
            self._origin_s = self._clock_at_frame_0(shown_s)
        elif shown_s == 0.0:
            return None
        return shown_s - self._origin_s

    def _clock_at_frame_0(self, clock_s: float) -> float:
        """Find out what OpenCV's clock shows at frame 0, from what it shows at the first picture.

        It starts at the stream's start or, in newer versions and with negative times in the file,
        at the earliest start of all streams.
        """
        times_s = self._container.timeline.clock_s
        return min(
            (self._container.first_from_start_s, self._container.first_from_zero_s),
            key=lambda origin_s: float(np.abs(times_s - (clock_s - origin_s)).min()),
        )

    def _picture(self) -> NDArray[np.uint8] | None:
        # Decoding into one array again and again saves a fifth of the time.
        try:
            came, bgr = self._capture.retrieve(self._bgr)
            if not came or bgr.shape != (self.height, self.width, 3):
                return None
            self._bgr = bgr
            rgb: NDArray[np.uint8] = self._cv2.cvtColor(bgr, self._cv2.COLOR_BGR2RGB)
        except self._cv2.error:
            return None
        return rgb
