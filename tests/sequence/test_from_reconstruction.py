"""A reconstruction as a sequence: whatever is done to the positions is done to the draws."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from neuropose.analyzer import PoseSequence
from neuropose.analyzer.assumptions import assumptions_of
from neuropose.analyzer.kinematics.orientation import VerticalMethod, vertical
from neuropose.analyzer.prepared import prepare_recording
from neuropose.cli.render.reconstruction import reconstruction_lines
from neuropose.data import Assumption, Exchange, Limbs, Pictures, Reconstruction, Source
from neuropose.errors import SequenceError
from neuropose.filters import Preparation
from neuropose.sequence.from_markers import POSITIONS
from neuropose.sequence.from_reconstruction import ENOUGH_DRAWS, NOTHING_SEEN, affordable_draws
from neuropose.sequence.position_error import LEVELLED_DEG, OF_PICTURES
from neuropose.testing import (
    CameraView,
    WalkerParameters,
    WalkerTrial,
    reconstructed,
    simulate_walk,
    walker_sequence,
)


@pytest.fixture(scope="module")
def trial() -> WalkerTrial:
    return simulate_walk(WalkerParameters(duration_s=3.0, fps=50))


@pytest.fixture(scope="module")
def walk(trial: WalkerTrial) -> Reconstruction:
    return reconstructed(walker_sequence(trial), 10.0, draws=5)


@pytest.fixture
def sequence(walk: Reconstruction) -> PoseSequence:
    return PoseSequence.from_reconstruction(walk)


def unsettled(limbs: Limbs, first: int = 20, last: int = 40) -> Exchange:
    return Exchange(first=first, last=last, limbs=limbs, probability=0.5, settled=False)


def assert_draws_follow(
    before: PoseSequence, after: PoseSequence, change: Callable[[PoseSequence], PoseSequence]
) -> None:
    """What is done to a drawn movement gives the drawn movement of what was done."""
    np.testing.assert_allclose(
        after.drawn(3).positions_mm, change(before.drawn(3)).positions_mm, atol=1e-3
    )


class TestFields:
    def test_what_the_reconstruction_says_is_there(
        self, walk: Reconstruction, sequence: PoseSequence
    ) -> None:
        np.testing.assert_array_equal(sequence.positions_mm, walk.positions_mm)
        np.testing.assert_array_equal(sequence.draws_mm, walk.position_draws_mm)
        assert sequence.joints == walk.joints
        assert sequence.assumptions["rate"] == walk.assumptions["rate"]
        assert sequence.assumptions["height"].source is Source.GIVEN
        assert sequence.confidence is None
        assert sequence.source == "the reconstruction of the synthetic walker"

    def test_frames_in_which_nothing_was_seen_are_gaps(self, walk: Reconstruction) -> None:
        positions_mm, draws_mm = walk.positions_mm.copy(), walk.position_draws_mm.copy()
        positions_mm[10:15], draws_mm[:, 10:15] = np.nan, np.nan
        values = {"positions_mm": positions_mm, "position_draws_mm": draws_mm, "first_frame": 100}
        sequence = PoseSequence.from_reconstruction(walk.model_copy(update=values))
        assert [(gap.first, gap.last, gap.reason) for gap in sequence.gaps] == [
            (10, 14, NOTHING_SEEN)
        ]
        assert sequence.first_frame == 100

    def test_sides_that_are_not_settled_are_missing_and_nothing_else(
        self, walk: Reconstruction
    ) -> None:
        exchanges = (unsettled(Limbs.LEGS, 120, 140), unsettled(Limbs.ARMS, 150, 9999))
        values = {"exchanges": exchanges, "first_frame": 100}
        sequence = PoseSequence.from_reconstruction(walk.model_copy(update=values))
        gone = np.isnan(sequence.positions_mm).any(axis=2)
        legs, arms = (sequence.joints.index(name) for name in ("left_toe", "right_wrist"))
        assert np.flatnonzero(gone[:, legs]).tolist() == list(range(20, 41))
        assert np.flatnonzero(gone[:, arms]).tolist() == list(range(50, len(sequence)))
        assert not gone[:, [sequence.joints.index(name) for name in ("pelvis", "left_ear")]].any()
        assert sequence.draws_mm is not None
        np.testing.assert_array_equal(np.isnan(sequence.draws_mm[0]).any(axis=2), gone)
        assert sequence.warnings[-2:] == (
            "which leg is the left one cannot be told from 0.40 to 0.80 s: both are missing there",
            "which arm is the left one cannot be told from 1.00 to 2.98 s: both are missing there",
        )

    def test_a_single_frame_is_one_time(self, walk: Reconstruction) -> None:
        values = {"exchanges": (unsettled(Limbs.LEGS, 20, 20),)}
        sequence = PoseSequence.from_reconstruction(walk.model_copy(update=values))
        assert sequence.warnings[-1] == (
            "which leg is the left one cannot be told at 0.40 s: both are missing there"
        )

    def test_settled_exchanges_leave_everything(self, walk: Reconstruction) -> None:
        exchange = unsettled(Limbs.ALL).model_copy(update={"settled": True})
        sequence = PoseSequence.from_reconstruction(
            walk.model_copy(update={"exchanges": (exchange,)})
        )
        assert np.isfinite(sequence.positions_mm).all()
        assert sequence.warnings == walk.warnings

    def test_of_long_recordings_fewer_draws_are_taken(self, walk: Reconstruction) -> None:
        assert affordable_draws(10**6) == ENOUGH_DRAWS
        assert affordable_draws(300) > 32
        two = PoseSequence.from_reconstruction(walk, draws=2).draws_mm
        assert two is not None
        assert len(two) == 2
        assert PoseSequence.from_reconstruction(walk, draws=0).draws_mm is None
        with pytest.raises(SequenceError, match="-1 draws"):
            PoseSequence.from_reconstruction(walk, draws=-1)


class TestVertical:
    def test_an_estimated_one_keeps_its_error(self, trial: WalkerTrial) -> None:
        truth = walker_sequence(trial)
        sequence = PoseSequence.from_reconstruction(reconstructed(truth, up_error_deg=3.0))
        found = vertical(sequence)
        assert found.method is VerticalMethod.RECONSTRUCTION
        assert found.error_deg == 3.0
        assumed = assumptions_of(sequence, found)["vertical"]
        assert assumed.source is Source.ASSUMED
        assert assumed.detail == "estimated from the reconstruction"

    def test_an_estimated_one_is_drawn_with_the_positions(self, trial: WalkerTrial) -> None:
        truth = walker_sequence(trial)
        sequence = PoseSequence.from_reconstruction(reconstructed(truth, up_error_deg=3.0))
        ups = np.array([sequence.drawn(number).up for number in range(32)])
        assert np.degrees(ups[:, [0, 2]].std()) == pytest.approx(3.0, rel=0.3)
        given = PoseSequence.from_reconstruction(reconstructed(truth))
        np.testing.assert_array_equal(given.drawn(0).up, given.up)

    def test_one_that_is_given_takes_precedence(self, trial: WalkerTrial) -> None:
        walk = reconstructed(walker_sequence(trial), up_error_deg=3.0)
        sequence = PoseSequence.from_reconstruction(walk, up="y")
        assert vertical(sequence).method is VerticalMethod.GIVEN
        assert sequence.up_source is Source.GIVEN

    @pytest.mark.parametrize(("view", "error_deg"), [(None, 0.0), (CameraView(), LEVELLED_DEG)])
    def test_a_camera_that_is_said_to_be_level_may_be_a_little_off(
        self, trial: WalkerTrial, view: CameraView | None, error_deg: float
    ) -> None:
        exact = walker_sequence(trial, view)
        truth = exact if view is None else replace(exact, up=[0.0, -1.0, 0.0])
        for sequence in (
            PoseSequence.from_reconstruction(reconstructed(truth)),
            PoseSequence.from_reconstruction(reconstructed(exact), up=truth.up),
        ):
            found = vertical(sequence)
            assert found.method is VerticalMethod.GIVEN
            assert found.error_deg == error_deg
            assert (sequence.drawn(0).up != sequence.up).any() == (error_deg > 0.0)

    def test_an_estimated_one_is_followed_though_the_body_lies(self, trial: WalkerTrial) -> None:
        truth = replace(walker_sequence(trial), up=[1.0, 0.0, 0.0])
        found = vertical(PoseSequence.from_reconstruction(reconstructed(truth, up_error_deg=3.0)))
        np.testing.assert_allclose(found.up, [1.0, 0.0, 0.0])
        [warning] = found.warnings
        assert warning.startswith("the body is inclined to the estimated vertical by 8")

    def test_where_it_is_not_known_the_analyzer_finds_it(self, trial: WalkerTrial) -> None:
        walk = reconstructed(walker_sequence(trial, CameraView()))
        found = vertical(PoseSequence.from_reconstruction(walk))
        assert found.method is VerticalMethod.TRUNK_AND_FEET


class TestDraws:
    def test_they_are_selected_sliced_and_resampled_with_the_positions(
        self, sequence: PoseSequence
    ) -> None:
        for change in (
            lambda each: each.select("right_knee", "pelvis"),
            lambda each: each.slice(0.5, 1.5),
            lambda each: each.resample(77.0),
        ):
            after = change(sequence)
            assert after.draws_mm is not None
            assert after.draws_mm.shape == (5, *after.positions_mm.shape)
            assert_draws_follow(sequence, after, change)

    @pytest.mark.parametrize("rate_hz", [None, 77.0])
    def test_they_are_filtered_with_the_positions(
        self, sequence: PoseSequence, rate_hz: float | None
    ) -> None:
        how = Preparation(outlier_window=None, interpolation="linear", rate_hz=rate_hz)
        assert_draws_follow(
            sequence,
            prepare_recording(sequence, how).sequence,
            lambda each: prepare_recording(each, how).sequence,
        )

    def test_gaps_are_filled_in_them_too(self, walk: Reconstruction) -> None:
        positions_mm, draws_mm = walk.positions_mm.copy(), walk.position_draws_mm.copy()
        positions_mm[30:33], draws_mm[:, 30:33] = np.nan, np.nan
        values = {"positions_mm": positions_mm, "position_draws_mm": draws_mm}
        sequence = PoseSequence.from_reconstruction(walk.model_copy(update=values))
        prepared = prepare_recording(sequence, Preparation()).sequence
        assert np.isfinite(prepared.positions_mm).all()
        assert np.isfinite(prepared.drawn(0).positions_mm).all()

    def test_other_positions_have_no_draws_unless_they_are_given(
        self, sequence: PoseSequence
    ) -> None:
        assert sequence.with_positions(sequence.positions_mm).draws_mm is None
        kept = sequence.with_positions(sequence.positions_mm, draws_mm=sequence.draws_mm)
        np.testing.assert_array_equal(kept.draws_mm, sequence.draws_mm)

    def test_a_drawn_movement_is_taken_as_exact(self, sequence: PoseSequence) -> None:
        drawn = sequence.drawn(0)
        assert drawn.draws_mm is None
        assert drawn.position_error.along_mm == 0.0
        for number in (-1, 5):
            with pytest.raises(SequenceError, match=f"no draw {number}"):
                sequence.drawn(number)
        with pytest.raises(SequenceError, match="no draw 0"):
            drawn.drawn(0)

    def test_they_are_checked_and_cannot_be_changed(self, sequence: PoseSequence) -> None:
        assert sequence.draws_mm is not None
        assert not sequence.draws_mm.flags.writeable
        with pytest.raises(SequenceError, match="draws_mm has shape"):
            replace(sequence, draws_mm=sequence.draws_mm[:, :-1])
        with pytest.raises(SequenceError, match="finite"):
            replace(sequence, draws_mm=np.full(sequence.draws_mm.shape, np.inf))

    def test_they_survive_a_pickle(self, sequence: PoseSequence) -> None:
        after = pickle.loads(pickle.dumps(sequence))
        np.testing.assert_array_equal(after.draws_mm, sequence.draws_mm)


def test_a_body_of_a_file_that_was_estimated_keeps_its_error(walk: Reconstruction) -> None:
    stated = Assumption(source=Source.FILE, value="one camera")
    marked = walk.model_copy(update={"axes": "lab", "assumptions": {POSITIONS: stated}})
    found = PoseSequence.from_reconstruction(marked, draws=0)
    assert found.position_error == OF_PICTURES[Pictures.ONE_CAMERA]


@pytest.mark.parametrize(
    ("scale", "source"),
    [(None, Source.MEASURED), (Source.GIVEN, Source.MEASURED), (Source.ASSUMED, Source.ASSUMED)],
)
def test_cameras_measure_the_height_unless_their_own_scale_is_assumed(
    walk: Reconstruction, scale: Source | None, source: Source
) -> None:
    said = {} if scale is None else {"scale": Assumption(source=scale, value="a person of 1700 mm")}
    shape = walk.shape.model_copy(update={"height_source": "measured"})
    update = {"shape": shape, "cameras": ("front", "side"), "assumptions": said}
    found = PoseSequence.from_reconstruction(walk.model_copy(update=update)).assumptions
    assert found["height"].source is source
    assert found["cameras"].value == "2 calibrated cameras"


@pytest.mark.parametrize(
    ("stated_mm", "value", "detail"),
    [
        (1750.0, "height of 1750 mm", "the body that fits best has 1747 mm"),
        (1747.3, "height of 1747 mm", None),
        (None, "height of 1747 mm", "as fitted to a height that was given"),
    ],
)
def test_the_height_that_was_given_is_told_from_the_fitted_one(
    walk: Reconstruction, stated_mm: float | None, value: str, detail: str | None
) -> None:
    shape = walk.shape.model_copy(update={"height_mm": 1747.1, "height_source": "given"})
    settings = {} if stated_mm is None else {"height_mm": stated_mm}
    found = walk.model_copy(update={"shape": shape, "settings": settings})
    height = PoseSequence.from_reconstruction(found).assumptions["height"]
    assert (height.source, height.value, height.detail) == (Source.GIVEN, value, detail)
    [line] = [each for each in reconstruction_lines(found) if each.startswith("body ")]
    assert value.removeprefix("height of ") + " tall, " in line
    assert (detail or "given") in line
