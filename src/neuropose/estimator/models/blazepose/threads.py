"""OpenCV's own threads, which would only compete with those that work on frames."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import cv2

_lock = threading.Lock()
_inside = 0
_before = 1


@contextmanager
def one_opencv_thread() -> Iterator[None]:
    """Keep OpenCV to the thread that calls it, in the whole process.

    Yields
    ------
    None
        Afterwards, when nobody else is inside any more, it has as many threads as before.

    Examples
    --------
    >>> with one_opencv_thread():
    ...     cv2.getNumThreads()
    1
    """
    global _inside, _before
    with _lock:
        if _inside == 0:
            _before = cv2.getNumThreads()
            cv2.setNumThreads(1)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                cv2.setNumThreads(_before)
