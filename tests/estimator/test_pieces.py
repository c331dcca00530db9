"""A video in pieces gives what it gives whole."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.estimator.stubs import damage_frame, write_short_groups

from neuropose.data import Camera
from neuropose.errors import CancelledError, ModelOutputError, ModelStateError
from neuropose.estimator import Detections, Estimator
from neuropose.estimator.pieces import OVERLAP_S, Piece, join_pieces, plan_pieces, process_piece
from neuropose.testing import FakeModel, read_number, synthetic_predictions, write_numbered_video
from neuropose.tracing import traced

PIECES = (Piece(0, 0, 20), Piece(10, 20, 40), Piece(30, 40, 60))


def in_pieces(estimator: Estimator, video: Path, pieces: Iterable[Piece] = PIECES) -> Any:
    found = [process_piece(estimator, video, piece) for piece in pieces]
    return join_pieces(estimator, video, found).predictions


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_numbered_video(tmp_path / "walk.mp4", 60)


def test_people_have_the_same_identities(video: Path) -> None:
    recorded = synthetic_predictions(frame_count=60, people=2)
    whole = Estimator(FakeModel.replaying(recorded)).process_video(video).predictions
    estimator = Estimator(FakeModel.replaying(recorded))
    assert in_pieces(estimator, video) == whole
    assert whole.people_count == 2


def test_gaps_are_where_they_are_in_the_whole_video(tmp_path: Path) -> None:
    video = write_numbered_video(tmp_path / "walk.mp4", 60)
    for number in (3, 25, 41):
        damage_frame(video, number)
    estimator = Estimator(FakeModel())
    whole = estimator.process_video(video).predictions
    assert whole.metadata.gaps
    assert in_pieces(estimator, video) == whole


class Remembering(FakeModel):
    """Finds somebody where the numbers of the last pictures say, which take effect late.

    It has a state after every other picture, and takes some pictures ahead.
    """

    def __init__(self, memory: int, *, has_states: bool = True) -> None:
        super().__init__()
        self.memory = memory
        self.has_states = has_states
        self.pictures = 0

    def predict(
        self, pictures: Iterable[Any], camera: Camera, **options: Any
    ) -> Iterator[Detections]:
        remembered = list(options.pop("state", None) or b"")
        ahead: list[Any] = []
        source = iter(pictures)
        while True:
            ahead += itertools.islice(source, 7 - len(ahead))
            if not ahead:
                return
            picture = ahead.pop(0)
            self.pictures += 1
            (found,) = super().predict([picture], camera, **options)
            number = read_number(picture)
            remembered = [*remembered, number][-self.memory :]
            moved = np.float32(sum(remembered))
            yield replace(
                found,
                poses2d=found.poses2d + moved,
                state=bytes(remembered) if self.has_states and number % 2 == 0 else None,
            )


class TestAModelThatRemembers:
    @pytest.mark.parametrize("memory", [1, 5, 11, 24, 60])
    def test_what_it_has_forgotten_is_kept_and_the_rest_done_again(
        self, video: Path, memory: int
    ) -> None:
        model = Remembering(memory)
        estimator = Estimator(model)
        whole = estimator.process_video(video).predictions
        found = [process_piece(estimator, video, piece) for piece in PIECES]
        model.pictures = 0
        joined = join_pieces(estimator, video, found)
        assert joined.predictions == whole
        again = {1: 0, 5: 0, 11: 4, 24: 32, 60: 41}
        assert model.pictures == again[memory]
        assert joined.metrics.resumed_frames == (60 if memory < 11 else 19)

    def test_without_overlap(self, video: Path) -> None:
        estimator = Estimator(Remembering(5))
        bare = [Piece(piece.first, piece.first, piece.end) for piece in PIECES]
        whole = estimator.process_video(video).predictions
        assert in_pieces(estimator, video, bare) == whole

    def test_without_states_the_whole_video_is_done_again(self, video: Path) -> None:
        model = Remembering(5, has_states=False)
        estimator = Estimator(model)
        whole = estimator.process_video(video).predictions
        found = [process_piece(estimator, video, piece) for piece in PIECES]
        model.pictures = 0
        assert join_pieces(estimator, video, found).predictions == whole
        assert model.pictures == 60

    @pytest.mark.parametrize("count", [30, 50, 70])
    def test_pieces_of_another_video(self, video: Path, tmp_path: Path, count: int) -> None:
        """Nothing that was found in a video with more pictures is kept for one with fewer."""
        estimator = Estimator(Remembering(11))
        found = [process_piece(estimator, video, piece) for piece in PIECES]
        other = write_numbered_video(tmp_path / "other.mp4", count)
        with pytest.raises(ModelStateError):
            join_pieces(estimator, other, found)


def test_a_plan_covers_every_frame_once() -> None:
    for count in (299, 300, 301, 899, 18_000, 18_001):
        plan = plan_pieces(count, 30.0, 10.0)
        if count < 450:  # two pieces would be short ones
            assert plan == ()
            continue
        kept = np.concatenate([np.arange(piece.first, piece.end) for piece in plan])
        assert np.array_equal(kept, np.arange(count))
        assert all(piece.first - piece.begin == 30 * OVERLAP_S for piece in plan[1:])
    assert len(plan_pieces(18_000, 30.0, 75.0)) == 8


def test_pieces_of_another_video_are_refused(video: Path, tmp_path: Path) -> None:
    estimator = Estimator(FakeModel())
    found = [process_piece(estimator, video, piece) for piece in PIECES]
    for count in (50, 70):
        other = write_numbered_video(tmp_path / "other.mp4", count)
        with pytest.raises(ModelStateError):
            join_pieces(estimator, other, found)
    keys = {each.key for each in found}
    assert {key.rpartition(" ")[2] for key in keys} == {"0", "20", "40"}
    assert len({key.rpartition(" ")[0] for key in keys}) == 1
    assert process_piece(estimator, other, PIECES[0]).key not in keys


class Short(FakeModel):
    """Stops early."""

    def predict(
        self, pictures: Iterable[Any], camera: Camera, **options: Any
    ) -> Iterator[Detections]:
        for picture in pictures:
            yield next(super().predict([picture], camera, **options))
            next(iter(pictures), None)


def test_a_model_that_leaves_out_pictures_is_refused(video: Path) -> None:
    with pytest.raises(ModelOutputError, match="stopped before the end of the piece"):
        process_piece(Estimator(Short()), video, PIECES[1])


def test_progress_and_cancelling(video: Path) -> None:
    seen: list[tuple[int, int]] = []
    process_piece(
        Estimator(FakeModel()),
        video,
        PIECES[1],
        progress=lambda at: seen.append((at.frames_done, at.frames_expected)),
    )
    assert seen == [(number, 30) for number in range(1, 31)]
    with pytest.raises(CancelledError):
        process_piece(Estimator(FakeModel()), video, PIECES[1], cancel=lambda: True)


class Scheduled(FakeModel):
    """Looks at every seventh picture of a video only, and says so of the pictures between them."""

    def predict(
        self, pictures: Iterable[Any], camera: Camera, **options: Any
    ) -> Iterator[Detections]:
        state = options.pop("state", None)
        first = 0 if state is None else int(state)
        for number, found in enumerate(super().predict(pictures, camera, **options), first):
            nobody = Detections.none(found.confidence.shape[1])
            state = str(number + 1).encode()
            yield replace(found if number % 7 == 0 else nobody, state=state)

    def state_before(self, number: int, picture: Any, fps: float) -> bytes | None:
        return str(number).encode()


class TestFromKeyFrames:
    @pytest.fixture
    def video(self, tmp_path: Path) -> Path:
        return write_short_groups(tmp_path / "walk.mp4", 90, frames_per_group=15)

    PIECES = (Piece(0, 0, 35), Piece(30, 35, 65), Piece(60, 65, 90))

    def test_nothing_is_decoded_in_vain(self, video: Path) -> None:
        estimator = Estimator(FakeModel())
        whole = estimator.process_video(video).predictions
        with traced() as trace:
            found = [process_piece(estimator, video, piece) for piece in self.PIECES]
        decoded = sum(span.name == "decoding" for span in trace.spans)
        processed = sum(piece.end - piece.begin for piece in self.PIECES)
        assert decoded <= processed + 3 * len(found) * 4  # the first picture, and those in flight
        assert join_pieces(estimator, video, found).predictions == whole

    def test_a_model_starts_where_it_is_in_the_whole_video(self, video: Path) -> None:
        estimator = Estimator(Scheduled())
        whole = estimator.process_video(video).predictions
        assert in_pieces(estimator, video, self.PIECES) == whole

    @pytest.mark.parametrize("number", [20, 62, 70])
    def test_damage(self, video: Path, number: int) -> None:
        """In a piece, it is processed from the beginning; before it, its number tells."""
        damage_frame(video, number)
        estimator = Estimator(Scheduled())
        whole = estimator.process_video(video).predictions
        assert whole.metadata.gaps
        done = [process_piece(estimator, video, piece) for piece in self.PIECES]
        before = [0, *(each.end for each in done[:-1])]
        is_certain = [
            each.key.endswith(f" after {count}") for each, count in zip(done, before, strict=True)
        ]
        assert is_certain == [True, number != 20, True]
        if all(is_certain):
            assert join_pieces(estimator, video, done).predictions == whole

    def test_a_plan_begins_at_key_frames(self) -> None:
        plan = plan_pieces(18_000, 30.0, 75.0, key_frames=range(0, 18_000, 250))
        assert len(plan) == 8
        assert all(piece.begin % 250 == 0 for piece in plan)
        assert all(piece.first - piece.begin == 30 * OVERLAP_S for piece in plan[1:])
        kept = np.concatenate([np.arange(piece.first, piece.end) for piece in plan])
        assert np.array_equal(kept, np.arange(18_000))
        few = plan_pieces(18_000, 30.0, 75.0, key_frames=(0, 9_000))
        assert [piece.begin for piece in few] == [0, 9_000]
        assert plan_pieces(18_000, 30.0, 75.0, key_frames=(0,)) == plan_pieces(18_000, 30.0, 75.0)
