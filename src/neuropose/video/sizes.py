"""Pictures whose size changes within a video, as in a call whose size follows the network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_START = rb"\x00\x00\x01"
# Where a key frame states its size, or the parameters that its size is part of.
_MARKS = {
    "h264": re.compile(_START + rb"[\x07\x27\x47\x67](.*?)(?:\x00\x00[\x00\x01]|$)", re.DOTALL),
    "hevc": re.compile(_START + rb"[\x42\x43].(.*?)(?:\x00\x00[\x00\x01]|$)", re.DOTALL),
    "vp8": re.compile(rb"\A.{3}\x9d\x01\x2a(.{4})", re.DOTALL),
    "vp9": re.compile(rb"\A.\x49\x83\x42(.{5})", re.DOTALL),
    "mpeg1video": re.compile(_START + rb"\xb3(.{3})", re.DOTALL),
    "mpeg2video": re.compile(_START + rb"\xb3(.{3})", re.DOTALL),
    "mpeg4": re.compile(_START + rb"[\x20-\x2f](.{12})", re.DOTALL),
    "mjpeg": re.compile(rb"\xff[\xc0-\xc2]\x00.\x08(.{4})", re.DOTALL),
}
_HEAD_BYTES = 4096


def size_marks(codec: str, packet: Packet[Any]) -> set[bytes]:
    """Return the parts of a key frame that differ from those of others if its size does.

    Parameters
    ----------
    codec : str
        FFmpeg's name of the codec.
    packet : av.packet.Packet
        A key frame.

    Returns
    -------
    set of bytes
        Empty if the size is not stated in the packet. Two if the container announces a new
        configuration: that one, and an empty one for the configuration before it.
    """
    if packet.has_sidedata("new_extradata"):
        return {b"", bytes(packet.get_sidedata("new_extradata"))}
    mark = _MARKS[codec].search(bytes(packet)[:_HEAD_BYTES]) if codec in _MARKS else None
    return set() if mark is None else {mark[1]}


def key_frame_sizes(
    packets: Iterable[Packet[Any]], stream: VideoStream
) -> Iterator[tuple[int, int]]:
    """Decode the key frames, and return the sizes of their pictures.

    Parameters
    ----------
    packets : iterable of av.packet.Packet
        All packets of the stream.
    stream : av.video.stream.VideoStream
        The stream, of a container that was just opened.

    Yields
    ------
    tuple of int
        Width and height in px, as stored.
    """
    import av

    context = stream.codec_context
    for packet in packets:
        if not packet.is_keyframe:
            continue
        frames: list[VideoFrame] = []
        # One by one, because some decoders drop what they hold back when the size changes.
        for part in (packet, None):
            with suppress(av.error.FFmpegError):
                frames += context.decode(part)
        context.flush_buffers()
        yield from ((frame.width, frame.height) for frame in frames)


def largest(sizes: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Return the size with the most pixels.

    Parameters
    ----------
    sizes : iterable of (int, int)
        Widths and heights in px, at least one.

    Returns
    -------
    tuple of int

    Examples
    --------
    >>> largest({(160, 120), (640, 480), (320, 240)})
    (640, 480)
    """
    return max(sizes, key=lambda size: (size[0] * size[1], size))


def fitted(size: tuple[int, int], frame: tuple[int, int]) -> tuple[int, int]:
    """Return the largest size of the same shape that fits into a frame.

    Parameters
    ----------
    size : tuple of int
        Width and height of a picture in px.
    frame : tuple of int
        Width and height in px that the picture is to fit into.

    Returns
    -------
    tuple of int

    Examples
    --------
    >>> fitted((160, 90), (1280, 960)), fitted((160, 120), (1280, 960))
    ((1280, 720), (1280, 960))
    """
    scale = min(frame[0] / size[0], frame[1] / size[1])
    width, height = (max(1, round(scale * side)) for side in size)
    return min(width, frame[0]), min(height, frame[1])
