"""Pictures of a camera or a network stream, as they come: the newest one, never a queue."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from neuropose.errors import NotAVideoError, VideoDecodeError

if TYPE_CHECKING:
    from av.container import InputContainer

_URL = re.compile(r"(rtsp|rtsps|rtmp|srt|udp|tcp|http|https)://", re.IGNORECASE)
_DEVICE = re.compile(r"/dev/video\d+")
OPEN_S = 10.0
"""How long a source may take to answer, in seconds."""


@dataclass(frozen=True, slots=True)
class LiveFrame:
    """A picture of a live source.

    Parameters
    ----------
    time_s : float
        Time of the picture in seconds from the first, by the source's clock if it has one.
    picture : ndarray of uint8, shape (height, width, 3)
        RGB.
    arrived_s : float
        When it had been decoded, on the clock of `LiveReader`.
    dropped : int
        Number of pictures since the last one that nobody had time for.
    """

    time_s: float
    picture: NDArray[np.uint8]
    arrived_s: float
    dropped: int = 0


def is_live(source: str) -> bool:
    """Return whether a source is live rather than a file.

    Parameters
    ----------
    source : str
        A URL, a device or a path.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_live("rtsp://camera/1"), is_live("/dev/video0"), is_live("walk.mp4")
    (True, True, False)
    """
    return bool(_URL.match(source) or _DEVICE.fullmatch(source))


class LiveReader:
    """The pictures of a live source; one that is not taken in time gives way to the next.

    A thread decodes as fast as the source sends. At most one picture waits, the newest, so that
    none is older than the time that the caller takes for one, and the memory does not grow.

    Parameters
    ----------
    source : str
        An address that FFmpeg opens (``rtsp://…``, ``udp://…``, ``tcp://…``, ``http://…``), a video
        device (``/dev/video0``), or a pipe.
    clock : callable
        Returns a monotonic time in seconds.

    Attributes
    ----------
    fps : float
        Frame rate that the source states; 30 if it states none.
    dropped : int
        Number of pictures so far that nobody had time for.

    Raises
    ------
    NotAVideoError
        If it cannot be opened, does not answer within 10 s or has no video.
    VideoDecodeError
        While iterating, if the source breaks off with an error. Its end ends the iteration.
    """

    def __init__(self, source: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._container = _open(source)
        stream = self._container.streams.video[0]
        stream.thread_type = "NONE"  # a decoder with threads holds pictures back
        self._stream = stream
        rate = stream.average_rate or stream.guessed_rate
        self.fps = float(rate) if rate else 30.0
        self.dropped = 0
        self._latest: LiveFrame | None = None
        self._error: Exception | None = None
        self._is_over = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, name="live", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[LiveFrame]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._latest is not None or self._is_over)
                frame, self._latest = self._latest, None
                if frame is None:
                    if self._error is not None:
                        raise VideoDecodeError(
                            f"the source broke off: {self._error}",
                            hint="check camera and network, and start again",
                        ) from self._error
                    return
            yield frame

    def close(self) -> None:
        """Stop reading, and release the source."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        self._thread.join(OPEN_S)

    def _read(self) -> None:
        first_s: float | None = None
        skipped = 0
        try:
            for picture in self._container.decode(self._stream):
                now_s = self._clock()
                own_s = now_s if picture.time is None else float(picture.time)
                first_s = own_s if first_s is None else first_s
                rgb = np.ascontiguousarray(picture.to_ndarray(format="rgb24"), np.uint8)
                with self._changed:
                    if self._is_over:
                        break
                    if self._latest is not None:
                        skipped = self._latest.dropped + 1
                        self.dropped += 1
                    else:
                        skipped = 0
                    self._latest = LiveFrame(own_s - first_s, rgb, now_s, skipped)
                    self._changed.notify_all()
        except Exception as error:
            self._error = error
        finally:
            with self._changed:
                self._is_over = True
                self._changed.notify_all()
            self._container.close()


def _open(source: str) -> InputContainer:
    import av

    options = {"fflags": "nobuffer", "rtsp_transport": "tcp"}
    settings: dict[str, Any] = {"timeout": OPEN_S, "options": options}
    if _DEVICE.fullmatch(source):
        settings = {"format": "v4l2", "timeout": OPEN_S}
    try:
        container: InputContainer = av.open(source, mode="r", **settings)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NotAVideoError(
            f"the live source cannot be opened: {reason}",
            hint="check the address, the network and who else uses the camera",
        ) from error
    if not container.streams.video:
        container.close()
        raise NotAVideoError("the live source has no video", hint="check the address")
    return container
