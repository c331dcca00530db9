"""The frames of a video in display order, and which frame a time belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Timeline:
    """The F frames of a video in display order.

    Parameters
    ----------
    time_s : ndarray of float64, shape (F,)
        Presentation times in seconds from the first frame, ascending.
    tick_s : float
        Resolution of the container's times in seconds.
    is_lost : ndarray of bool, shape (F,)
        Whether the file has lost the data of a frame.
    decode_position : ndarray of float64, shape (F,)
        Position of each frame in decoding order; that of a lost frame lies between two others.
    segment : ndarray of int64, shape (F,)
        Number of key frames up to and including the frame, in decoding order: a frame depends on
        earlier frames of its own segment.
    leading : ndarray of bool, shape (F,)
        Whether a frame is shown before the key frame of its segment, and so also depends on the
        previous segment.
    found : ndarray of int64, shape (P,)
        Numbers of the frames that are not lost, ascending.
    clock_s : ndarray of float64, shape (P,)
        The times that decoders report for these frames, in seconds from the first, ascending. They
        differ from `time_s` if a demuxer keeps counting where it has lost frames.
    reorder_frames : int
        How many frames decoding order and display order may differ by if the clock is that of
        decoding (AVI, ASF); 0 if it is that of display.
    """

    time_s: NDArray[np.float64]
    tick_s: float
    is_lost: NDArray[np.bool_]
    decode_position: NDArray[np.float64]
    segment: NDArray[np.int64]
    leading: NDArray[np.bool_]
    found: NDArray[np.int64]
    clock_s: NDArray[np.float64]
    reorder_frames: int = 0

    def __len__(self) -> int:
        return len(self.time_s)

    def key_frames(self) -> NDArray[np.int64]:
        """Return the frames from which a decoder can start.

        Returns
        -------
        ndarray of int64, shape (K,)
            Frame numbers, ascending. What is shown from one of them on depends on nothing before it
            in decoding order.

        Examples
        --------
        >>> is_key = np.array([True, False, False, True, False])
        >>> build_timeline(np.array([0.0, 2.0, 1.0, 4.0, 3.0]), is_key, Fraction(1, 2)).key_frames()
        array([0, 4])
        """
        decoded = np.argsort(self.decode_position, kind="stable")
        frames = decoded[np.diff(self.segment[decoded], prepend=0) > 0]
        return np.sort(frames[~self.is_lost[frames]])

    def locate(self, time_s: float, first: int) -> int | None:
        """Find the frame that a decoder's time belongs to.

        Parameters
        ----------
        time_s : float
            Time in seconds from the first frame, on the decoders' clock.
        first : int
            Number of the first frame to consider.

        Returns
        -------
        int or None
            The nearest frame from `first` on; None if none lies within about one tick.

        Examples
        --------
        >>> ticks, is_key = np.array([0.0, 2.0, 4.0]), np.array([True, False, False])
        >>> timeline = build_timeline(ticks, is_key, Fraction(1, 60))
        >>> timeline.locate(0.067, first=0), timeline.locate(0.09, first=0)
        (2, None)
        """
        skipped = int(np.searchsorted(self.found, first))
        clock_s = self.clock_s[skipped:]
        if not len(clock_s):
            return None
        after = int(np.searchsorted(clock_s, time_s))
        near = [index for index in (after - 1, after) if 0 <= index < len(clock_s)]
        best = min(near, key=lambda index: abs(float(clock_s[index]) - time_s))
        if abs(float(clock_s[best]) - time_s) > 1.01 * self.tick_s + 2e-6:
            return None
        # Frames that share one time come in order.
        return int(self.found[skipped + int(np.searchsorted(clock_s, clock_s[best]))])


class FrameNumbers:
    """Assigns frame numbers to a decoder's pictures by their times.

    Parameters
    ----------
    timeline : Timeline
        The frames of the video.
    """

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        # Decoding times start late, by as many frames as the decoder holds back.
        self._held_back: int | None = None if timeline.reorder_frames else 0
        self.following = 0
        """One more than the last number assigned."""

    def of(self, time_s: float | None) -> int | None:
        """Return the frame number of the next picture.

        Parameters
        ----------
        time_s : float or None
            Its time in seconds from the first frame; None if the decoder reports none.

        Returns
        -------
        int or None
            Greater than every earlier number; None if no frame has this time.
        """
        number: int | None = self.following
        if time_s is not None:
            if self._held_back is None:
                self._held_back = self._timeline.locate(time_s, 0) or 0
            number = self._timeline.locate(time_s, self.following + self._held_back)
            number = None if number is None else number - self._held_back
        if number is None or number >= len(self._timeline):
            return None
        self.following = number + 1
        return number


def build_timeline(
    ticks: NDArray[np.float64],
    is_key: NDArray[np.bool_],
    tick: Fraction,
    *,
    clock: NDArray[np.float64] | None = None,
    lost: NDArray[np.float64] | None = None,
    skips: Sequence[int] = (),
    reorder_frames: int = 0,
) -> Timeline:
    """Reorder frames from decoding order into display order.

    Parameters
    ----------
    ticks : ndarray of float64, shape (P,)
        Display times in ticks, in decoding order.
    is_key : ndarray of bool, shape (P,)
        Whether a frame can be decoded without others.
    tick : fractions.Fraction
        Length of a tick in seconds.
    clock : ndarray of float64, shape (P,), optional
        The times that decoders report, in ticks, in the same order as `ticks`; default: `ticks`.
    lost : ndarray of float64, shape (L,), optional
        Times of the frames that the file has lost, in ticks, ascending.
    skips : sequence of int, optional
        Indices of packets before which data are missing; default: those shown after a lost frame.
    reorder_frames : int, optional
        See `Timeline`.

    Returns
    -------
    Timeline

    Examples
    --------
    >>> is_key = np.array([True, False, False])
    >>> build_timeline(np.array([0.0, 2.0, 1.0]), is_key, Fraction(1, 2)).time_s.tolist()
    [0.0, 0.5, 1.0]
    """
    order = np.argsort(ticks, kind="stable")
    latest_key = np.maximum.accumulate(np.where(is_key, ticks, -np.inf))
    segment = np.cumsum(is_key)
    lost = np.empty(0) if lost is None else lost
    at = np.searchsorted(ticks[order], lost)
    lost_position = order[np.maximum(at - 1, 0)] + 0.5
    if len(skips):
        places = np.array(skips) - 0.5
        nearest = np.abs(places[:, None] - lost_position).argmin(axis=0)
        lost_position = np.maximum(places[nearest], 0.5)
    time = np.insert(ticks[order], at, lost)
    is_lost = np.insert(np.zeros(len(ticks), bool), at, True)
    clock = (ticks if clock is None else clock)[order]
    return Timeline(
        time_s=(time - time[0]) * tick.numerator / tick.denominator,
        tick_s=float(tick),
        is_lost=is_lost,
        decode_position=np.insert(order.astype(np.float64), at, lost_position),
        segment=np.insert(segment[order], at, segment[lost_position.astype(np.int64)]),
        leading=np.insert((ticks < latest_key)[order], at, False),
        found=np.flatnonzero(~is_lost),
        clock_s=(clock - clock[0]) * tick.numerator / tick.denominator,
        reorder_frames=reorder_frames,
    )
