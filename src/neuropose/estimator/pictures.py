"""The pictures of a video on their way to the model."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from neuropose.errors import CancelledError
from neuropose.estimator.background import Background
from neuropose.estimator.collector import Collector
from neuropose.estimator.model import Picture
from neuropose.video.reader import VideoReader
from neuropose.video.stored_picture import StoredPicture


class Pictures:
    """Iterates over the pictures of a video, reports every frame and times the decoder.

    Parameters
    ----------
    reader : VideoReader
        The video.
    collector : Collector
        Receives every frame.
    cancel : callable, optional
        Called before every frame; returns True to stop.
    background : Background
        Receives the pictures that it looks at.
    as_stored : bool
        Whether to hand on pictures that are displayed as they are stored as `StoredPicture`.

    Attributes
    ----------
    decode_s : float
        Time spent waiting for the decoder, in seconds.
    ended : bool
        Whether all frames have been taken.
    error : Exception or None
        The decoder's or the caller's error, which passes through the model.
    """

    def __init__(
        self,
        reader: VideoReader,
        collector: Collector,
        cancel: Callable[[], bool] | None,
        background: Background,
        *,
        as_stored: bool = False,
    ) -> None:
        reader.show(background.frames)
        if as_stored:
            reader.leave_stored()
        self.decode_s = 0.0
        self.ended = False
        self.error: Exception | None = None
        self._reader = reader
        self._collector = collector
        self._cancel = cancel
        self._background = background
        self._stream = self._read()

    def __iter__(self) -> Iterator[Picture | StoredPicture]:
        return self

    def __next__(self) -> Picture | StoredPicture:
        try:
            return next(self._stream)
        except StopIteration:
            raise
        except Exception as error:
            self.error = error
            raise

    def _read(self) -> Iterator[Picture | StoredPicture]:
        frames = iter(self._reader)
        while True:
            if self._cancel is not None and self._cancel():
                raise CancelledError("the video was cancelled")
            start = time.perf_counter()
            frame = next(frames, None)
            self.decode_s += time.perf_counter() - start
            if frame is None:
                self.ended = True
                return
            self._collector.add_frame(frame)
            if frame.picture is not None and frame.number in self._background.frames:
                self._background.add(frame.number, frame.picture)
            if frame.stored is not None:
                yield StoredPicture(frame.stored)
            elif frame.picture is not None:
                yield frame.picture
