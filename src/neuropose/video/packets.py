"""The packets of a video stream, and which of them the file has lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neuropose.errors import VideoDecodeError, VideoTruncatedError
from neuropose.video.fields import SecondFields
from neuropose.video.sizes import size_marks

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

_MAX_CONSECUTIVE_ERRORS = 8
_SKIPPED_BYTES = 64  # between packets: more than a container's own bytes there
_RARE = 0.1  # share of packets before which bytes are skipped: more is the container's own way
_LEAST_SIZE = 0.05  # of a frame that is lost, as a share of the others' mean size
_LEAST_UNREAD = 0.25  # bytes that lost frames have left, as a share of the others' mean size
_EVEN = 0.8  # share of usual intervals from which a video counts as evenly spaced
_CHUNK_HEADER_BYTES = 8  # AVI
_SHOWN_BIT = 0x10  # of the first byte of a VP8 frame


@dataclass(slots=True)
class Packets:
    """The packets of the frames that are shown, in the order of decoding, P packets.

    Attributes
    ----------
    pts, dts : list of int or None
        Display and decoding times in ticks.
    is_key : list of bool
        Whether a frame can be decoded without others.
    position : list of int
        Offset of the data in bytes from the start of the file; -1 if not known.
    skips : list of int
        Indices of packets that are preceded by bytes that belong to no packet.
    unread_bytes : list of int
        Bytes between the previous packet and this one that belong to no packet of any stream: the
        container's own, and lost data. Empty if not known.
    unread_share : float
        Share of the file that lies after the last packet.
    may_hide_losses : bool
        Whether packets can be lost without such a sign, so that only `unread_bytes` shows it.
    end_s : float
        End of the last packet of any stream in seconds; 0 if a sample table lists all frames.
    index : dict of int to float
        AVI's index: the time of the frame at each position, in ticks.
    size_marks : set of bytes
        The different marks of the picture size; see `neuropose.video.sizes.size_marks`.
    """

    pts: list[int | None] = field(default_factory=list)
    dts: list[int | None] = field(default_factory=list)
    is_key: list[bool] = field(default_factory=list)
    position: list[int] = field(default_factory=list)
    skips: list[int] = field(default_factory=list)
    unread_bytes: list[int] = field(default_factory=list)
    unread_share: float = 0.0
    may_hide_losses: bool = False
    end_s: float = 0.0
    index: dict[int, float] = field(default_factory=dict)
    size_marks: set[bytes] = field(default_factory=set)

    @property
    def has_times(self) -> bool:
        """Whether every packet has its own time."""
        times = zip(self.pts, self.dts, strict=True)
        return all(pts is not None or dts is not None for pts, dts in times)

    def ticks(
        self, tick: Fraction, nominal_fps: float | None, *, prefer_dts: bool = False
    ) -> NDArray[np.float64]:
        """Return each packet's time; where there is none, extrapolate at the frame rate.

        Parameters
        ----------
        tick : fractions.Fraction
            Length of a tick in seconds.
        nominal_fps : float or None
            Frame rate stated by the container, frames per second.
        prefer_dts : bool, optional
            Prefer decoding times where both are present.

        Returns
        -------
        ndarray of float64, shape (P,)
            Times in ticks.
        """
        interval = float(1 / tick) / (nominal_fps or 25.0)
        first, second = (self.dts, self.pts) if prefer_dts else (self.pts, self.dts)
        ticks = np.empty(len(self.pts))
        last = -interval
        for index, (time, otherwise) in enumerate(zip(first, second, strict=True)):
            known = time if time is not None else otherwise
            ticks[index] = last = last + interval if known is None else float(known)
        return ticks


def demux(container: InputContainer, stream: VideoStream | None) -> Iterator[Packet[Any]]:
    """Read packets to the end, skipping errors in the container where possible.

    Parameters
    ----------
    container : av.container.InputContainer
        The open container.
    stream : av.video.stream.VideoStream or None
        Only this stream; None for all.

    Yields
    ------
    av.packet.Packet
        In file order; a packet without data, with ``dts`` None, ends a stream.

    Raises
    ------
    VideoDecodeError
        If errors do not stop.
    """
    import av

    errors = 0
    while True:
        try:
            for packet in container.demux() if stream is None else container.demux(stream):
                errors = 0
                yield packet
        except IndexError:
            pass  # PyAV, after the last packet, if streams have appeared since the file was opened
        except (av.error.FFmpegError, MemoryError) as error:
            errors += 1
            if errors < _MAX_CONSECUTIVE_ERRORS:
                continue
            raise VideoDecodeError(
                "the container is damaged: its list of frames cannot be read",
                hint="copy or export the video again",
            ) from error
        return


def read_packets(container: InputContainer, stream: VideoStream, size: int) -> Packets:
    """Read all packets of a video stream, without decoding.

    Parameters
    ----------
    container : av.container.InputContainer
        Just opened.
    stream : av.video.stream.VideoStream
        One of its streams.
    size : int
        Length of the file in bytes.

    Returns
    -------
    Packets

    Raises
    ------
    VideoTruncatedError
        If the file holds fewer frames than the container lists.
    VideoDecodeError
        If the container is too damaged to read.
    """
    # The sample table of an MP4 that is not fragmented lists every frame. In other containers
    # packets lie end to end, so bytes between packets show that frames were lost.
    name = container.format.name
    has_sample_table = name.startswith("mov") and stream.frames > 0
    is_tiled = name.startswith(("avi", "matroska", "flv"))
    has_exact_places = name != "mpeg"  # its packets lie where the pack does in which they begin
    codec = stream.codec_context.codec.canonical_name
    seconds = SecondFields(codec, stream.codec_context.extradata)
    packets = Packets(may_hide_losses=not has_sample_table and not is_tiled)
    packets.index = _avi_index(stream) if name == "avi" else {}
    count = end_of_data = unread_bytes = 0
    for packet in demux(container, stream if has_sample_table else None):
        if packet.size == 0:
            continue
        if packet.pos is not None:
            if is_tiled and 0 < end_of_data < packet.pos - _SKIPPED_BYTES:
                packets.skips.append(len(packets.pts))
            unread_bytes += max(0, packet.pos - end_of_data)
            end_of_data = max(end_of_data, packet.pos + packet.size)
        if not has_sample_table:
            packets.end_s = max(packets.end_s, _end_s(packet))
        if packet.stream_index != stream.index:
            continue
        count += 1
        if count > size:
            raise VideoDecodeError("the container is damaged: it lists more frames than bytes")
        if packet.is_corrupt and not has_sample_table:
            packets.skips.append(len(packets.pts))
        data = bytes(packet)
        is_second = seconds.completes(data)
        # What lies outside the edit list, and VP8's hidden reference frames, is never shown.
        if packet.is_discard or (codec == "vp8" and not data[0] & _SHOWN_BIT):
            continue
        if is_second and packets.pts:
            if has_exact_places:
                packets.unread_bytes[-1] += unread_bytes
                unread_bytes = 0
            continue
        if packet.is_keyframe:
            packets.size_marks |= size_marks(codec, packet)
        packets.pts.append(packet.pts)
        packets.dts.append(packet.dts)
        packets.is_key.append(packet.is_keyframe)
        packets.position.append(-1 if packet.pos is None else packet.pos)
        if has_exact_places:
            packets.unread_bytes.append(unread_bytes)
            unread_bytes = 0
    # AVI's header counts frames too, but also those that the recorder left out: its index decides.
    lists_all = has_sample_table or (name == "avi" and len(packets.index) < count)
    if lists_all and count < stream.frames:
        raise VideoTruncatedError(
            f"the file lists {stream.frames} frames but holds only {count}",
            hint="the recording or copy was cut short; get the whole file",
        )
    if end_of_data > 0:
        packets.unread_share = 1.0 - end_of_data / size
    if len(packets.skips) > max(1, _RARE * count):
        packets.skips.clear()
    return packets


def _avi_index(stream: VideoStream) -> dict[int, float]:
    return {
        entry.pos + _CHUNK_HEADER_BYTES: float(entry.timestamp)
        for entry in stream.index_entries
        if entry.size > 0
    }


def _end_s(packet: Packet[Any]) -> float:
    begin = packet.pts if packet.pts is not None else packet.dts
    ticks = (begin or 0) + (packet.duration or 0)
    return float(ticks * (packet.time_base or 0))


def lost_ticks(
    packets: Packets, ticks: NDArray[np.float64], tick: Fraction, end_s: float | None
) -> NDArray[np.float64]:
    """Return the times of the frames that a damaged file has lost.

    Parameters
    ----------
    packets : Packets
        Packets of the video stream.
    ticks : ndarray of float64, shape (P,)
        Time of each packet in ticks.
    tick : fractions.Fraction
        Length of a tick in seconds.
    end_s : float or None
        End of the video in seconds according to its header; None if it states none.

    Returns
    -------
    ndarray of float64, shape (L,)
        Times in ticks, ascending. Empty if the file shows no sign of damage: frames that were never
        recorded are a pause, not a loss. If the frame rate varies, one for each place where data
        are missing, since more cannot be known.

    Raises
    ------
    VideoDecodeError
        If more frames are lost than present.
    """
    shown = np.sort(ticks)
    intervals = np.diff(shown)
    usual = float(np.median(intervals)) if len(intervals) else 0.0
    if usual <= 0:
        return np.empty(0)
    is_usual = np.abs(intervals - usual) <= max(1.01, 0.02 * usual)
    if is_usual.mean() < _EVEN:
        after = np.array([skip for skip in packets.skips if 0 < skip < len(ticks)], np.int64)
        return np.unique((ticks[after - 1] + ticks[after]) / 2)
    usual = float(intervals[is_usual].mean())
    at_end = 0.0
    if end_s is not None and (packets.may_hide_losses or packets.unread_share > 0):
        found_s = max(packets.end_s, (shown[-1] + usual) * float(tick))
        at_end = max(0.0, np.floor((end_s - found_s) / (usual * float(tick)) + 0.25))
    if at_end > len(shown) and packets.unread_share < _LEAST_SIZE * at_end / len(shown):
        at_end = 0.0  # the file has too few bytes for so many frames: the header is wrong
    missing = np.append(np.maximum(np.round(intervals / usual) - 1, 0), at_end)
    if not packets.skips:
        missing[:-1][~_lost_bytes(packets, ticks, missing[:-1])] = 0
    if missing.sum() > len(shown):
        raise _cannot_find("more than half")
    count = missing.astype(np.int64)
    spans = np.append(intervals, (at_end + 1) * usual)
    place = np.arange(1, count.sum() + 1) - np.repeat(np.cumsum(count) - count, count)
    lost: NDArray[np.float64] = np.repeat(shown, count) + place * np.repeat(
        spans / (count + 1), count
    )
    return lost


def _lost_bytes(
    packets: Packets, ticks: NDArray[np.float64], missing: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return whether each interval has bytes for its missing frames, shape (P - 1,).

    A recorder may drop frames: then only their times are missing. Lost frames leave bytes that
    belong to no packet, more than the container itself needs anywhere.
    """
    if not packets.may_hide_losses:
        return np.zeros(len(missing), bool)
    if len(packets.unread_bytes) != len(ticks) or -1 in packets.position:
        return np.zeros(len(missing), bool)  # nothing shows that it is more than a pause
    order = np.argsort(ticks, kind="stable")
    first = np.minimum(order[:-1], order[1:]) + 1
    end = np.maximum(order[:-1], order[1:]) + 1
    unread = np.array(packets.unread_bytes, np.float64)
    most = np.array([unread[start:stop].max() for start, stop in zip(first, end, strict=True)])
    usual = most[missing == 0].max(initial=0.0)
    extent = max(packets.position[-1] - packets.position[0], 0)
    least = _LEAST_UNREAD * missing * extent / len(ticks)
    return np.asarray((missing > 0) & (most > usual + least))


def index_ticks(packets: Packets) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Compare the packets of an AVI with its index, which lists every frame.

    Parameters
    ----------
    packets : Packets
        Packets of the video stream.

    Returns
    -------
    tuple of ndarray, or None
        Time of each packet, shape (P,), and of each lost frame, shape (L,), in ticks. None if there
        is no index, or packets are not where it says.

    Raises
    ------
    VideoDecodeError
        If there are fewer packets than the index lists, and they are not where it says.
    """
    indexed = [packets.index.get(position) for position in packets.position]
    if None in indexed or len(set(indexed)) < len(indexed):
        missing = len(packets.index) - len(indexed)
        if missing > 0:
            raise _cannot_find(str(missing))
        return None
    lost = sorted(set(packets.index.values()) - set(indexed))
    return np.array(indexed, np.float64), np.array(lost, np.float64)


def _cannot_find(how_many: str) -> VideoDecodeError:
    return VideoDecodeError(
        f"the container is damaged: {how_many} of its frames cannot be found",
        hint="copy or export the video again",
    )
