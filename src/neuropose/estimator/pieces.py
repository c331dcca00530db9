"""A long video in pieces: each is processed by itself, and all become one video again.

Pieces begin at key frames, so that no worker decodes pictures that it does not process. What is
joined are the detections in each picture, before anybody is identified: identities are found in the
whole video, as always. With a model that takes each picture by itself, the predictions
are bit for bit those of the whole video. A model that follows people from picture to picture starts
each piece a little earlier, with nobody known, and what it finds in this overlap is dropped. If it
looks at some pictures otherwise than at others, its optional method ``state_before(picture, fps)``
returns the state before a picture, by number, in which nobody is known, or None if no piece can
start there.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from neuropose.data import Camera
from neuropose.errors import CancelledError, ModelOutputError, ModelStateError
from neuropose.estimator.checkpoints import checkpoint_key, declared
from neuropose.estimator.core import Estimator, ProcessVideoResult, Progress
from neuropose.estimator.model import Detections, ModelInfo, Picture, PoseModel
from neuropose.video.reader import VideoReader

OVERLAP_S = 4.0
"""How long before its first frame a piece begins, in seconds."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a video.

    Parameters
    ----------
    begin : int
        The first frame that is processed.
    first : int
        The first frame whose result is kept.
    end : int
        The first frame of the next piece.
    """

    begin: int
    first: int
    end: int


def plan_pieces(
    frame_count: int, fps: float, piece_s: float, key_frames: Sequence[int] = ()
) -> tuple[Piece, ...]:
    """Cut a video into pieces of about the same length, unless it is short.

    Parameters
    ----------
    frame_count : int
        Number of frames of the video.
    fps : float
        Mean frame rate in frames per second.
    piece_s : float
        Longest video in seconds that stays whole; about the length of a piece.
    key_frames : sequence of int, optional
        Where decoding can start, ascending; default: anywhere. If it can only at the beginning,
        pieces begin anywhere all the same, and what lies before them is decoded in vain.

    Returns
    -------
    tuple of Piece
        Empty if the video stays whole.

    Examples
    --------
    >>> plan_pieces(2700, 30.0, 45.0)
    (Piece(begin=0, first=0, end=1350), Piece(begin=1230, first=1350, end=2700))
    >>> plan_pieces(2700, 30.0, 45.0, key_frames=range(0, 2700, 250))
    (Piece(begin=0, first=0, end=1370), Piece(begin=1250, first=1370, end=2700))
    >>> plan_pieces(1350, 30.0, 45.0)
    ()
    """
    count = round(frame_count / (fps * piece_s))
    if frame_count <= fps * piece_s or count < 2:
        return ()
    overlap = round(OVERLAP_S * fps)
    begins = [frame_count * number // count - overlap for number in range(1, count)]
    keys = np.array([key for key in key_frames if 0 < key < frame_count - overlap])
    if len(keys):
        begins = [int(keys[np.abs(keys - begin).argmin()]) for begin in begins]
    cuts = sorted({begin + overlap for begin in begins} | {0, frame_count})
    if len(cuts) == 2:
        return ()
    return tuple(
        Piece(max(first - overlap, 0), first, end) for first, end in itertools.pairwise(cuts)
    )


def piece_key(
    estimator: Estimator, path: Path, camera: Camera, fps: float, pictures_before: int
) -> str:
    """Return a key of everything that the results of a piece of a video depend on.

    Parameters
    ----------
    estimator : Estimator
        Processes the pieces.
    path : Path
        The video.
    camera : Camera
        Its camera.
    fps : float
        Its frame rate in frames per second.
    pictures_before : int
        How many pictures the video has before those of the piece: with some models, what is found
        in one depends on its number.

    Returns
    -------
    str
        See `checkpoint_key`.
    """
    key = checkpoint_key(estimator.provenance(path), camera, fps, estimator.model.info)
    return f"{key} after {pictures_before}"


def process_piece(
    estimator: Estimator,
    path: Path,
    piece: Piece,
    *,
    progress: Callable[[Progress], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> tuple[str, list[Detections]]:
    """Find everybody in each picture of a piece.

    Parameters
    ----------
    estimator : Estimator
        Processes it.
    path : Path
        The video.
    piece : Piece
        Which frames.
    progress : callable, optional
        Called after every picture, with numbers of frames of the piece.
    cancel : callable, optional
        Called before every frame; returns True to stop.

    Returns
    -------
    key : str
        Everything that the result depends on; see `piece_key`.
    found : list of Detections
        One per picture of its frames, without those before `Piece.first`. None has a state.

    Raises
    ------
    VideoError, ModelError
        As `Estimator.process_video`.
    CancelledError
        If `cancel` returned True.
    """
    with VideoReader(path) as reader:
        if piece.begin in reader.key_frames:
            reader.start_at(piece.begin)
            before = piece.begin - reader.lost_before(piece.begin)
            done = _process(estimator, path, reader, piece, before, progress, cancel)
            if reader.is_as_whole:
                return done
    with VideoReader(path) as reader:
        reader.skim_before(piece.begin)
        return _process(estimator, path, reader, piece, 0, progress, cancel)


def _process(
    estimator: Estimator,
    path: Path,
    reader: VideoReader,
    piece: Piece,
    before: int,
    progress: Callable[[Progress], None] | None,
    cancel: Callable[[], bool] | None,
) -> tuple[str, list[Detections]]:
    """Find everybody in a piece, of which a reader returns all but so many pictures before it."""
    info = estimator.model.info
    camera = estimator.camera_for(reader.width, reader.height)
    seen = _pictures(reader, piece.end, cancel)
    ahead, before, state = _start(estimator.model, seen, piece.begin, before, reader.fps)
    numbers: list[int] = []

    def pictures() -> Iterator[Picture]:
        for number, picture in itertools.chain(ahead, seen):
            numbers.append(number)
            yield picture

    found, done = [], 0
    for each in estimator.detect(pictures(), camera, reader.fps, state):
        if numbers[done] >= piece.first:
            found.append(replace(declared(each, info), state=None))
        done += 1
        if progress is not None:
            progress(Progress(numbers[done - 1] - piece.begin + 1, piece.end - piece.begin))
    if done != len(numbers):
        raise ModelOutputError(f"model {info.name!r} stopped before the end of the piece")
    before += len(numbers) - len(found)
    return piece_key(estimator, path, camera, reader.fps, before), found


def join_pieces(
    estimator: Estimator,
    path: Path,
    pieces: Iterable[Sequence[Detections]],
    *,
    progress: Callable[[Progress], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> ProcessVideoResult:
    """Make predictions of a whole video from the results of its pieces.

    Parameters
    ----------
    estimator : Estimator
        What the pieces were processed with.
    path : Path
        The video.
    pieces : iterable of sequence of Detections
        The results of all pieces, in order.
    progress : callable, optional
        As for `Estimator.process_video`.
    cancel : callable, optional
        As for `Estimator.process_video`.

    Returns
    -------
    ProcessVideoResult
        As if the video had been processed whole; its metrics are those of joining.

    Raises
    ------
    ModelStateError
        If the video has not as many pictures.
    VideoError
        As `Estimator.process_video`.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.testing import FakeModel, write_numbered_video
    >>> estimator = Estimator(FakeModel())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     video = write_numbered_video(Path(folder) / "clip.mp4", frame_count=20)
    ...     pieces = [Piece(0, 0, 10), Piece(5, 10, 20)]
    ...     found = [process_piece(estimator, video, piece)[1] for piece in pieces]
    ...     joined = join_pieces(estimator, video, found).predictions
    ...     joined == estimator.process_video(video).predictions
    True
    """
    found = [replace(each, state=b"") for piece in pieces for each in piece]
    replay = estimator.with_model(_Replay(estimator.model.info, len(found)))
    kept = _Kept(found)
    return replay.process_video(path, progress=progress, cancel=cancel, checkpoints=kept)


def _pictures(
    reader: VideoReader, end: int, cancel: Callable[[], bool] | None
) -> Iterator[tuple[int, Picture]]:
    """Yield the frame numbers and pictures of a video up to a frame."""
    for frame in reader:
        if frame.number >= end:
            return
        if cancel is not None and cancel():
            raise CancelledError("the video was cancelled")
        if frame.picture is not None:
            yield frame.number, frame.picture


def _start(
    model: PoseModel, seen: Iterator[tuple[int, Picture]], begin: int, before: int, fps: float
) -> tuple[list[tuple[int, Picture]], int, bytes | None]:
    """Take pictures up to the first one at which a model may start.

    Returns
    -------
    tuple of list, int, and bytes or None
        The picture with its frame number, how many there are before it, and the state of the model
        there.
    """
    state_before: Callable[[int, float], bytes | None] | None
    state_before = getattr(model, "state_before", None)
    for number, picture in seen:
        if number >= begin:
            if before == 0 or state_before is None:
                return [(number, picture)], before, None
            state = state_before(before, fps)
            if state is not None:
                return [(number, picture)], before, state
        before += 1
    return [], before, None


class _Kept:
    """Results of all pictures, as if an earlier run had been interrupted at its very end."""

    def __init__(self, found: Sequence[Detections]) -> None:
        self._found = found

    def begin(self, key: str) -> Sequence[Detections]:  # noqa: ARG002 - checked by the caller
        return self._found

    def add(self, found: Detections) -> None:  # noqa: ARG002
        raise ModelStateError("the pieces have fewer pictures than the video")

    def discard(self) -> None:
        """There is nothing to discard."""


class _Replay:
    """A model that has found everybody already."""

    def __init__(self, info: ModelInfo, count: int) -> None:
        self.info = info
        self._count = count

    def predict(
        self, pictures: Iterable[Picture], camera: Camera, **options: object
    ) -> Iterator[Detections]:
        del camera, options
        for _ in pictures:
            raise ModelStateError(
                f"the video has more than the {self._count} pictures of its pieces"
            )
        yield from ()

    def close(self) -> None:
        """There is nothing to free."""
