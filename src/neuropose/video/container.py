"""What a video's container states: which frames there are and when each is shown.

The packets are read but not decoded, so the number of frames and their times do not depend on a
header.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neuropose.data.metadata import Source
from neuropose.errors import (
    NotAVideoError,
    NoVideoStreamError,
    VideoDecodeError,
    VideoEmptyError,
)
from neuropose.video.packets import demux, index_ticks, lost_ticks, read_packets
from neuropose.video.sizes import key_frame_sizes
from neuropose.video.timeline import Timeline, build_timeline

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Containers of moving pictures with frame times, and of sound, to say that it is sound. FFmpeg
# would also open playlists, which name other files and addresses, and text as terminal art.
_FORMATS = "mov,matroska,avi,mpegts,mpeg,asf,flv,ogg,mxf,dv,wav,flac,aiff"
_STILL_PICTURE_BRANDS = {"heic", "heix", "heim", "heis", "mif1", "avif"}
_MAX_PIXELS = 1 << 26
_REORDERING = {"h264", "hevc"}
_REORDER_FRAMES = 4  # the most that encoders use
_CAPTURE_RATE = "com.android.capture.fps"
_HIGH_SPEED_FPS = 90.0  # below that, a camera may only have taken fewer pictures in the dark
_OTHER_SPEED = 1.5  # times: files of the speed they were taken at differ less


@dataclass(frozen=True, slots=True)
class Container:
    """What the container of a video states.

    Parameters
    ----------
    codec : str
        FFmpeg's name of the codec.
    timeline : Timeline
        The frames.
    nominal_fps : float or None
        Frame rate stated by the container, frames per second; None if it states none.
    first_s : float
        Time of frame 0 in the container, in seconds.
    pixel_aspect : float
        Width of a stored pixel divided by its height.
    rate_source : Source
        ``file`` if the container states the times of its frames or their rate, else ``assumed``.
    warnings : tuple of str
        Which parts of the file were ignored.
    sizes : frozenset of (int, int)
        Widths and heights of the stored pictures in px if the size changes; else empty.
    """

    codec: str
    timeline: Timeline
    nominal_fps: float | None
    first_s: float
    pixel_aspect: float
    rate_source: Source
    warnings: tuple[str, ...] = ()
    sizes: frozenset[tuple[int, int]] = frozenset()


def open_container(source: Path | IO[bytes]) -> InputContainer:
    """Open a video for demuxing or decoding with PyAV.

    Parameters
    ----------
    source : pathlib.Path or file object
        The video file, or one that can be read and searched.

    Returns
    -------
    av.container.InputContainer
        The open container; the caller closes it.

    Raises
    ------
    NotAVideoError
        If the file is not in a supported container.
    """
    import av

    try:
        # An absolute path, because FFmpeg reads a colon in a name as a protocol. Metadata
        # is often not UTF-8.
        return av.open(
            str(source.absolute()) if isinstance(source, Path) else source,
            "r",
            metadata_errors="replace",
            container_options={"format_whitelist": _FORMATS, "protocol_whitelist": "file"},
        )
    except (av.error.FFmpegError, MemoryError) as error:
        raise _not_a_video() from error


def _not_a_video() -> NotAVideoError:
    return NotAVideoError(
        "the file is not a video, or its header is damaged",
        hint="use MP4, MOV, MKV, WebM, AVI, MPEG or WMV; check whether a video player opens it",
    )


def read_container(path: Path) -> Container:
    """Read the frames and their times from the container, without decoding.

    Parameters
    ----------
    path : pathlib.Path
        A regular, readable file.

    Returns
    -------
    Container

    Raises
    ------
    VideoError
        `NotAVideoError`, `NoVideoStreamError`, `VideoEmptyError`, `VideoTruncatedError` or
        `VideoDecodeError` (no such codec, or a damaged container).
    """
    with open_container(path) as container:
        if container.metadata.get("major_brand", "").strip() in _STILL_PICTURE_BRANDS:
            raise NotAVideoError("the file is a still picture, not a video")
        stream = video_stream(container)
        context = stream.codec_context
        packets = read_packets(container, stream, path.stat().st_size)
        if not packets.pts:
            raise VideoEmptyError("the video stream has no frames")
        tick = Fraction(stream.time_base or Fraction(1, 1_000_000))
        rate = stream.average_rate or stream.guessed_rate
        nominal_fps = float(rate) if rate else None
        is_avi = container.format.name == "avi"
        codec = context.codec.canonical_name
        # Of a packet, ASF holds one time, which FFmpeg takes to be that of decoding.
        is_asf = container.format.name == "asf" and codec in _REORDERING
        clock = ticks = packets.ticks(tick, nominal_fps, prefer_dts=is_avi or is_asf)
        listed = index_ticks(packets) if is_avi else None
        if listed is not None:
            ticks, lost = listed
        else:
            end_s = None if is_asf else _stated_end_s(container)
            lost = lost_ticks(packets, ticks, tick, end_s)
        if (is_avi or is_asf) and context.has_b_frames and not len(lost):
            ticks = _display_ticks(ticks, context.reorder_depth)
        timeline = build_timeline(
            ticks,
            np.array(packets.is_key),
            tick,
            clock=clock,
            lost=lost,
            skips=() if listed is not None else packets.skips,
            reorder_frames=_reorder_frames(context) if is_avi or is_asf else 0,
        )
        first_s = float(clock.min()) * float(tick)
        changes_size = len(packets.size_marks) > 1
        return Container(
            codec=codec,
            timeline=timeline,
            nominal_fps=nominal_fps,
            first_s=first_s,
            pixel_aspect=_plausible_aspect(stream.sample_aspect_ratio),
            rate_source=Source.FILE if nominal_fps or packets.has_times else Source.ASSUMED,
            warnings=(
                *_left_aside(container, stream),
                *_other_speed(container, timeline, nominal_fps),
            ),
            sizes=_sizes(path) if changes_size else frozenset(),
        )


def _display_ticks(ticks: NDArray[np.float64], depth: int) -> NDArray[np.float64]:
    """Return when frames are shown of which only the order of decoding has times.

    Encoders that reorder frames decode each one as many frames before it is shown, so a pause is
    that much later in what is shown.
    """
    if not 0 < depth < len(ticks) - 1 or (np.diff(ticks) < 0).any():
        return ticks
    usual = float(np.median(np.diff(ticks)))
    return np.append(ticks[depth:], ticks[-1] + usual * np.arange(1, depth + 1))


def _reorder_frames(context: Any) -> int:
    if context.has_b_frames:
        return _REORDER_FRAMES
    # FFmpeg makes up other times of display even where nothing is reordered.
    return 1 if context.codec.canonical_name in _REORDERING else 0


def _sizes(path: Path) -> frozenset[tuple[int, int]]:
    """Return the sizes of all key frames, or none if they are all the same."""
    with open_container(path) as container:
        stream = video_stream(container)
        sizes = frozenset(key_frame_sizes(demux(container, stream), stream))
    return sizes if len(sizes) > 1 else frozenset()


def _left_aside(container: InputContainer, stream: VideoStream) -> tuple[str, ...]:
    tracks = len(_moving_pictures(container))
    if tracks == 1:
        return ()
    size = f"{stream.codec_context.width} × {stream.codec_context.height} px"
    return (f"the file has {tracks} video tracks: the one of {size} was taken",)


def _other_speed(
    container: InputContainer, timeline: Timeline, nominal_fps: float | None
) -> tuple[str, ...]:
    """Warn if the file is played at another rate than its pictures were taken at."""
    try:
        taken_fps = float(container.metadata.get(_CAPTURE_RATE, "nan"))
    except ValueError:
        return ()
    duration_s = float(timeline.time_s[-1])
    played_fps = (len(timeline) - 1) / duration_s if duration_s > 0 else (nominal_fps or 0.0)
    if not (np.isfinite(taken_fps) and taken_fps > 0.0 and played_fps > 0.0):
        return ()
    rates = f"took {taken_fps:g} pictures a second, and the file shows {played_fps:.4g}"
    if taken_fps >= max(_HIGH_SPEED_FPS, _OTHER_SPEED * played_fps):
        return (
            f"slow motion: the camera {rates}; times are {taken_fps / played_fps:.3g} times too "
            "long, and speeds as much too low",
        )
    if _OTHER_SPEED * taken_fps <= played_fps:
        return (
            f"time lapse: the camera {rates}; times are {played_fps / taken_fps:.3g} times too "
            "short, and speeds as much too high",
        )
    return ()


def _stated_end_s(container: InputContainer) -> float | None:
    name = container.format.name
    if container.duration is None or not name.startswith(
        ("matroska", "flv", "asf", "mpegts", "mpeg")
    ):
        return None
    # MPEG has no header: FFmpeg reads the times at the end of the file.
    start = (container.start_time or 0) if name.startswith("mpeg") else 0
    return (start + container.duration) / 1e6


def _plausible_aspect(ratio: Fraction | None) -> float:
    return float(ratio) if ratio and 1 / 4 <= ratio <= 4 else 1.0


def video_stream(container: InputContainer) -> VideoStream:
    """Return the video stream: the one marked as default in the file, else the first.

    Cover pictures do not count.

    Parameters
    ----------
    container : av.container.InputContainer
        The open container.

    Returns
    -------
    av.video.stream.VideoStream

    Raises
    ------
    NoVideoStreamError
        If there is none.
    VideoDecodeError
        If its codec is not known or its size makes no sense.
    """
    from av.stream import Disposition

    streams = _moving_pictures(container)
    if not streams:
        raise NoVideoStreamError(
            "the file holds no video stream (sound only?)", hint="export it again, with video"
        )
    stream = max(streams, key=lambda one: bool(one.disposition & Disposition.default))
    context: Any = stream.codec_context
    if context is None:
        raise VideoDecodeError(
            "the video's codec is not known", hint="convert it to H.264 in MP4 and try again"
        )
    if context.width <= 0 or context.height <= 0 or context.width * context.height > _MAX_PIXELS:
        raise VideoDecodeError(
            f"the container states a picture size of {context.width} × {context.height} px",
            hint="the file is damaged; copy or export it again",
        )
    return stream


def _moving_pictures(container: InputContainer) -> list[VideoStream]:
    from av.stream import Disposition

    streams = container.streams.video
    return [one for one in streams if not one.disposition & Disposition.attached_pic]
