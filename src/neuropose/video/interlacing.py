"""Interlaced pictures: the lines of two moments in one picture, told apart again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.filter import Graph
    from av.video.frame import VideoFrame

_AS_MARKED = "auto"
_FEWEST_COMBED = 3
_CERTAIN = 3.0  # standard errors
_LEAST_LEAD = 2.0  # of 255, of one field before the other; see `top_lead`
_LEAST_SIDE = 16  # px; the filter needs a few lines
_STRIP = 16  # px
_EVERY_COLUMN_PX = 480  # width up to which all columns are looked at
_MOST_PIXELS = 480 * 1080  # looked at, about
_BLOCK_ROWS = 512  # fit in the processor's second cache, and each call on them costs something
_CONTRAST = 14  # between lines, of 255: more than noise
_CHANGED = 10  # since the picture before, of 255
_LEAST_SHARE = 2e-4  # of the pixels looked at
_LEAST_MOVING_SHARE = 2e-3  # of the pixels looked at, that a picture has changed
_LEAST_CHANGED_SHARE = 2e-3  # of those that changed
_VERTICAL_EXCESS = 4.0  # texture is as fine along a line as across; combing is only across


class Deinterlacer:
    """Makes one picture of the two fields of each interlaced one, with FFmpeg's filter ``bwdif``.

    The filter looks at the pictures before and after; the caller says where a picture must not be
    used for its neighbours. Pictures that are not interlaced come back as they are.

    Attributes
    ----------
    marked, unmarked : int
        How many pictures were deinterlaced because the file says that they are interlaced, and
        because they look it.
    """

    def __init__(self) -> None:
        self.marked = self.unmarked = 0
        self._lead = self._lead_variance = 0.0
        self._combed = self._moving = 0
        self._graph: _Graph | None = None
        self._waiting: deque[int] = deque()
        self._before: NDArray[np.uint8] | None = None

    def push(self, number: int, frame: VideoFrame) -> list[tuple[int, VideoFrame]]:
        """Add the next picture.

        Parameters
        ----------
        number : int
            Its frame number.
        frame : av.VideoFrame
            The decoded picture.

        Returns
        -------
        list of (int, av.VideoFrame)
            The pictures that are done, in order: this one, or those that waited for it.
        """
        order = self._order(frame)
        if self._graph is not None and not self._graph.takes(frame, order):
            done = self.flush()
        else:
            done = []
        if self._graph is None:
            if order is None:
                return [*done, (number, frame)]
            self._graph = _Graph(frame, order)
        self.marked += frame.interlaced_frame
        self.unmarked += order is not None and not frame.interlaced_frame
        self._waiting.append(number)
        return done + self._named(self._graph.push(frame))

    def flush(self) -> list[tuple[int, VideoFrame]]:
        """Return the picture that waits for the next one, because that must not be used.

        Returns
        -------
        list of (int, av.VideoFrame)
            At most one.
        """
        if self._graph is None:
            return []
        rest = self._named(self._graph.push(None))
        self._graph = None
        self._waiting.clear()
        return rest

    def _named(self, frames: list[VideoFrame]) -> list[tuple[int, VideoFrame]]:
        return [(self._waiting.popleft(), frame) for frame in frames if self._waiting]

    @property
    def has_seen_fields(self) -> bool:
        """Whether any picture was marked as interlaced, or looked so."""
        return self.marked > 0 or self._combed > 0

    @property
    def order(self) -> str:
        """Which field the pictures show to be the first: ``tff`` (the upper one) or ``bff``."""
        return "tff" if self._lead >= 0 else "bff"

    def _order(self, frame: VideoFrame) -> str | None:
        """Return how the fields of a picture follow each other, or None if it is one moment."""
        before, self._before = self._before, _strips(frame)
        if min(frame.width, frame.height) < _LEAST_SIDE:
            return None
        luma = self._before
        if luma is None or before is None:
            return _AS_MARKED if frame.interlaced_frame else None
        changed = _changed(luma, before) if luma.shape == before.shape else None
        is_alternating = is_combed(luma, before, changed=changed)
        self._moving += is_moving(luma, before, changed=changed)
        if is_alternating:
            lead = top_lead(luma, before)
            self._lead += lead
            self._lead_variance += lead**2
            self._combed += 1
        # Fine stripes alternate like fields, but none of their lines is ahead of the others.
        has_order = abs(self._lead) > _LEAST_LEAD * self._combed
        if not frame.interlaced_frame:
            # Of an interlaced video most pictures that move are combed, not one now and then.
            is_usual = self._combed >= _FEWEST_COMBED and 2 * self._combed > self._moving
            return self.order if is_alternating and has_order and is_usual else None
        # Some programs mark the wrong field as the first. The mark holds until that is certain.
        is_certain = has_order and abs(self._lead) > _CERTAIN * self._lead_variance**0.5
        return self.order if is_certain else _AS_MARKED


class _Graph:
    """The filter, with the one size and pixel format that it was made for."""

    def __init__(self, frame: VideoFrame, order: str) -> None:
        from av.filter import Graph

        self._kind = (frame.width, frame.height, frame.format.name)
        self._order = order
        self._graph: Graph = Graph()
        self._graph.threads = 1
        steps = [
            self._graph.add_buffer(
                width=frame.width,
                height=frame.height,
                format=frame.format,
                time_base=Fraction(1, 1),
            )
        ]
        if order != _AS_MARKED:
            steps.append(self._graph.add("setfield", f"mode={order}"))
        steps.append(self._graph.add("bwdif", "mode=send_frame:deint=interlaced"))
        steps.append(self._graph.add("buffersink"))
        self._graph.link_nodes(*steps).configure()
        self._pushed = 0

    def takes(self, frame: VideoFrame, order: str | None) -> bool:
        is_same = (frame.width, frame.height, frame.format.name) == self._kind
        # With fields as marked, the filter leaves what is not marked as it is.
        return is_same and order in (
            (None, _AS_MARKED) if self._order == _AS_MARKED else (self._order,)
        )

    def push(self, frame: VideoFrame | None) -> list[VideoFrame]:
        import av

        if frame is not None:
            # The filter sorts by time; only the order counts here.
            frame.pts, frame.time_base = self._pushed, Fraction(1, 1)
            self._pushed += 1
        self._graph.push(frame)
        done: list[VideoFrame] = []
        while True:
            try:
                done.append(self._graph.vpull())
            except (av.error.BlockingIOError, av.error.EOFError):
                return done


def _strips(frame: VideoFrame) -> NDArray[np.uint8] | None:
    """Return strips of 16 columns of the brightness, or None if it is not stored by itself."""
    form, plane = frame.format, frame.planes[0]
    is_plain = form.is_planar and not form.is_rgb and form.components[0].bits == 8
    if not is_plain or frame.width < _STRIP:
        return None
    # Of a large picture, some strips are enough.
    area = frame.width * frame.height
    period = _STRIP * max(1, frame.width // _EVERY_COLUMN_PX, area // _MOST_PIXELS)
    # Strips as elements are copied several times as fast as bytes.
    strips = np.ndarray(
        (plane.height, frame.width // period),
        np.dtype((np.void, _STRIP)),
        memoryview(plane),
        strides=(plane.line_size, period),
    )
    return np.ascontiguousarray(strips).view(np.uint8)


def is_combed(
    luma: NDArray[np.uint8],
    before: NDArray[np.uint8],
    *,
    changed: NDArray[np.bool_] | None = None,
) -> bool:
    """Return whether a picture that moves looks as if made of two fields.

    Parameters
    ----------
    luma, before : ndarray of uint8, shape (H, W)
        Brightness of the picture and of the one before, or of the same columns of both.
    changed : ndarray of bool, shape (H, W), optional
        Where they differ, if that is known already.

    Returns
    -------
    bool
        True if both have the same size, and lines alternate over four in a row, where the picture
        has changed, more often than neighbouring columns do.

    Examples
    --------
    >>> still, moved = np.zeros((2, 64, 64), np.uint8)
    >>> moved[::2, 20:] = 200
    >>> is_combed(moved, still), is_combed(still, moved)
    (True, False)
    """
    if luma.shape != before.shape:
        return False
    changed = _changed(luma, before) if changed is None else changed
    count = _count(changed)
    if count < _LEAST_SHARE * changed.size:
        return False
    across = _alternating(luma[:-1], luma[1:], changed[1:-2], axis=0)
    if across <= max(_LEAST_SHARE * luma.size, _LEAST_CHANGED_SHARE * count):
        return False
    along = _alternating(luma[:, :-1], luma[:, 1:], changed[:, 1:-2], axis=1)
    return across > _VERTICAL_EXCESS * along


def is_moving(
    luma: NDArray[np.uint8],
    before: NDArray[np.uint8],
    *,
    changed: NDArray[np.bool_] | None = None,
) -> bool:
    """Return whether enough of a picture has changed for combing to show.

    Parameters
    ----------
    luma, before : ndarray of uint8, shape (H, W)
        As for `is_combed`.
    changed : ndarray of bool, shape (H, W), optional
        As for `is_combed`.

    Returns
    -------
    bool
    """
    if luma.shape != before.shape:
        return False
    changed = _changed(luma, before) if changed is None else changed
    return _count(changed) > _LEAST_MOVING_SHARE * luma.size


def _changed(luma: NDArray[np.uint8], before: NDArray[np.uint8]) -> NDArray[np.bool_]:
    import cv2

    _, changed = cv2.threshold(cv2.absdiff(luma, before), _CHANGED, 1, cv2.THRESH_BINARY)
    return np.asarray(changed, np.uint8).view(np.bool_)


def _count(marked: NDArray[np.bool_]) -> int:
    import cv2

    return cv2.countNonZero(marked.view(np.uint8))  # several times as fast as NumPy's


def _alternating(
    one: NDArray[np.uint8], following: NDArray[np.uint8], changed: NDArray[np.bool_], axis: int
) -> int:
    """Count the pixels that changed at which three steps in a row go up and down in turn."""
    if axis:
        return sum(
            _zigzags(one[rows], following[rows], changed[rows], axis)
            for rows in _blocks(len(changed), 0)
        )
    return sum(
        _zigzags(one[rows], following[rows], changed[rows.start : rows.stop - 2], axis)
        for rows in _blocks(len(changed), 2)
    )


def _blocks(count: int, further: int) -> Iterator[slice]:
    """Yield rows in blocks that stay in the processor's cache, each with some further rows."""
    for start in range(0, count, _BLOCK_ROWS):
        yield slice(start, min(start + _BLOCK_ROWS, count) + further)


def _zigzags(
    one: NDArray[np.uint8], following: NDArray[np.uint8], changed: NDArray[np.bool_], axis: int
) -> int:
    import cv2

    if not changed.any():
        return 0
    up, down = cv2.subtract(following, one), cv2.subtract(one, following)  # 0 where negative
    first, second, third = (
        (slice(None),) * axis + (slice(step, step - 2 or None),) for step in range(3)
    )
    peaks = cv2.min(cv2.min(up[first], down[second]), up[third])
    valleys = cv2.min(cv2.min(down[first], up[second]), down[third])
    _, clear = cv2.threshold(cv2.max(peaks, valleys), _CONTRAST, 1, cv2.THRESH_BINARY)
    return cv2.countNonZero(cv2.bitwise_and(clear, changed.view(np.uint8)))


def top_lead(luma: NDArray[np.uint8], before: NDArray[np.uint8]) -> float:
    """Return how much more the upper field looks like the one before the lower than the reverse.

    Parameters
    ----------
    luma, before : ndarray of uint8, shape (H, W)
        As for `is_combed`.

    Returns
    -------
    float
        Positive if the upper field of a picture comes first: then it is close in time to the lower
        field of the picture before, and the lower field is far from the upper one before.
    """
    height = len(luma) - len(luma) % 2
    here, there = luma[:height].astype(np.int16), before[:height].astype(np.int16)
    changed = np.abs(here - there) > _CHANGED
    upper = np.abs(2 * here[2::2] - there[1:-2:2] - there[3::2])[changed[2::2]]
    lower = np.abs(2 * here[1:-2:2] - there[:-3:2] - there[2::2])[changed[1:-2:2]]
    if not upper.size or not lower.size:
        return 0.0
    return float(lower.mean() - upper.mean())
