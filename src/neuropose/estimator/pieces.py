"""A long video in pieces: each is processed by itself, and all become one video again.

Pieces begin at key frames, so that no worker decodes pictures that it does not process. What is
joined are the detections in each picture, before anybody is identified: identities are found in the
whole video, as always. The predictions are bit for bit those of the whole video.

A piece begins a little before the end of the one before, with nobody known. From the first picture
in this overlap after which the model's state is the same in both, the later piece is right. If
there is none, the model goes on from the last state of the earlier piece, while the pieces are
joined, until its state is that of the later one: at the worst to the end of the video, as is a
model that returns no states.

If a model looks at some pictures otherwise than at others, its optional method
``state_before(number, picture, fps)`` returns the state before a picture, by number, in which
nobody is known, or None if no piece can start there.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from neuropose.data import Camera
from neuropose.errors import CancelledError, ModelOutputError, ModelStateError
from neuropose.estimator.checkpoints import checkpoint_key, declared
from neuropose.estimator.core import Estimator, ProcessVideoResult, Progress
from neuropose.estimator.model import Detections, Picture, PoseModel
from neuropose.video.reader import VideoReader
from neuropose.video.stored_picture import StoredPicture

OVERLAP_S = 4.0
"""How long before the end of the one before a piece begins, in seconds."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a video.

    Parameters
    ----------
    begin : int
        The first frame that is processed.
    first : int
        The first frame that no earlier piece has.
    end : int
        The frame after the last.
    """

    begin: int
    first: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class PieceResult:
    """What was found in a piece of a video.

    Parameters
    ----------
    key : str
        Everything that it depends on; see `piece_key`.
    first : int
        How many pictures the video has before those of the piece.
    found : sequence of Detections
        One per picture, with the states that the model returned.
    """

    key: str
    first: int
    found: Sequence[Detections]

    @property
    def end(self) -> int:
        """How many pictures the video has up to the end of the piece."""
        return self.first + len(self.found)

    def state_at(self, number: int) -> bytes | None:
        """Return the state of the model before a picture.

        Parameters
        ----------
        number : int
            Number of the picture in the video.

        Returns
        -------
        bytes or None
            None: it is not known.
        """
        row = number - self.first - 1
        return self.found[row].state if 0 <= row < len(self.found) else None


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
        How many pictures the video has before the first frame that no earlier piece has: with some
        models, what is found in a picture depends on its number.

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
) -> PieceResult:
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
    PieceResult
        With those in the overlap.

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
) -> PieceResult:
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

    found: list[Detections] = []
    for each in estimator.detect(pictures(), camera, reader.fps, state):
        found.append(declared(each, info))
        if progress is not None:
            progress(Progress(numbers[len(found) - 1] - piece.begin + 1, piece.end - piece.begin))
    if len(found) != len(numbers):
        raise ModelOutputError(f"model {info.name!r} stopped before the end of the piece")
    in_overlap = sum(number < piece.first for number in numbers)
    key = piece_key(estimator, path, camera, reader.fps, before + in_overlap)
    return PieceResult(key, before, found)


def join_pieces(
    estimator: Estimator,
    path: Path,
    pieces: Sequence[PieceResult],
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
    pieces : sequence of PieceResult
        The results of all pieces, in order. At least one.
    progress : callable, optional
        As for `Estimator.process_video`.
    cancel : callable, optional
        As for `Estimator.process_video`.

    Returns
    -------
    ProcessVideoResult
        As if the video had been processed whole; its metrics are those of joining. Those pictures
        count as resumed that come before the first one on which the model had to work again.

    Raises
    ------
    ModelStateError
        If the video has not as many pictures.
    VideoError, ModelError
        As `Estimator.process_video`.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.testing import FakeModel, write_numbered_video
    >>> estimator = Estimator(FakeModel())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     video = write_numbered_video(Path(folder) / "clip.mp4", frame_count=20)
    ...     pieces = [Piece(0, 0, 10), Piece(5, 10, 20)]
    ...     found = [process_piece(estimator, video, piece) for piece in pieces]
    ...     joined = join_pieces(estimator, video, found).predictions
    ...     joined == estimator.process_video(video).predictions
    True
    """
    known, left = _known(pieces, 0)
    if known and not left:  # nothing follows, from whatever state
        known[-1] = replace(known[-1], state=b"")
    joined = estimator.with_model(_Joined(estimator, len(known), left))
    kept = _Kept(known)
    return joined.process_video(path, progress=progress, cancel=cancel, checkpoints=kept)


def _known(
    pieces: Sequence[PieceResult], at: int
) -> tuple[list[Detections], Sequence[PieceResult]]:
    """Return the results from a picture on, as far as they are known.

    Parameters
    ----------
    pieces : sequence of PieceResult
        In order, of which the first is right from this picture on.
    at : int
        Number of the picture.

    Returns
    -------
    tuple of list of Detections and sequence of PieceResult
        The results, and the pieces of which it is not known where they are right. If there are
        any, the last result has its state.
    """
    known: list[Detections] = []
    piece, *left = pieces
    while left:
        numbers = range(at, piece.end + 1)
        states = [number for number in numbers if piece.state_at(number) is not None]
        same = [number for number in states if piece.state_at(number) == left[0].state_at(number)]
        end = max(same or states or [at])
        known += piece.found[at - piece.first : end - piece.first]
        if not same:
            return known, left
        at, (piece, *left) = end, left
    return [*known, *piece.found[at - piece.first :]], ()


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
    state_before: Callable[[int, Picture, float], bytes | None] | None
    state_before = getattr(model, "state_before", None)
    for number, picture in seen:
        if number >= begin:
            if before == 0 or state_before is None:
                return [(number, picture)], before, None
            state = state_before(before, picture, fps)
            if state is not None:
                return [(number, picture)], before, state
        before += 1
    return [], before, None


class _Kept:
    """The first results of a video, as if an earlier run had been interrupted after them."""

    def __init__(self, found: Sequence[Detections]) -> None:
        self._found = found

    def begin(self, key: str) -> Sequence[Detections]:  # noqa: ARG002 - checked by the caller
        return self._found

    def add(self, found: Detections) -> None:
        """There is nothing to store."""

    def discard(self) -> None:
        """There is nothing to discard."""


class _Joined:
    """A model that goes on after what is known, until what was found in a piece is right.

    Parameters
    ----------
    estimator : Estimator
        Its model goes on.
    at : int
        Number of the first picture of which nothing is known.
    left : sequence of PieceResult
        The pieces of which it is not known where they are right.
    """

    takes_stored = True

    def __init__(self, estimator: Estimator, at: int, left: Sequence[PieceResult]) -> None:
        self.info = estimator.model.info
        self._estimator = estimator
        self._at = at
        self._left = left

    def predict(
        self,
        pictures: Iterable[Picture | StoredPicture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,  # noqa: ARG002 - the estimator's own
        state: bytes | None = None,
    ) -> Iterator[Detections]:
        at, left = self._at, self._left
        source = iter(pictures)
        while left:
            taken: deque[Picture | StoredPicture] = deque()
            given = self._given(source, taken)
            with closing(self._estimator.detect(given, camera, fps, state)) as results:
                for found in results:
                    taken.popleft()
                    at, state = at + 1, found.state
                    yield found
                    if state is not None:
                        left = [piece for piece in left if piece.end >= at]
                        same = [piece for piece in left if piece.state_at(at) == state]
                        if same:
                            break
                else:
                    return
            source = itertools.chain(taken, source)
            known, left = _known(left[left.index(same[0]) :], at)
            for found in known:
                if next(source, None) is None:
                    raise ModelStateError("the pieces have more pictures than the video")
                at, state = at + 1, found.state
                yield found
        if next(source, None) is not None:
            raise ModelStateError(f"the video has more than the {at} pictures of its pieces")

    def _given(
        self,
        pictures: Iterator[Picture | StoredPicture],
        taken: deque[Picture | StoredPicture],
    ) -> Iterator[Picture]:
        """Give pictures to the model, which may take some ahead of its results."""
        takes_stored = getattr(self._estimator.model, "takes_stored", False)
        for picture in pictures:
            taken.append(picture)
            if isinstance(picture, StoredPicture) and not takes_stored:
                height, width, _ = picture.shape
                yield picture.rgb(slice(0, height), slice(0, width)).copy()
            else:
                yield cast("Picture", picture)

    def close(self) -> None:
        """There is nothing to free."""
