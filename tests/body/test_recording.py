"""Whole recordings: known bodies of every skeleton, and what recordings are like."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.body.known_bodies import CAMERA, KnownBody, known_body, predictions_of

from neuropose.analyzer import joint_angles
from neuropose.body import draws, reconstruct, reconstruct_markers
from neuropose.body.start import seen_height
from neuropose.body.structure import structure
from neuropose.data import BodyShape, Limbs
from neuropose.errors import BodyModelError, ConfigError, ReconstructionError
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.sequence.position_error import ONE_CAMERA
from neuropose.skeletons import SKELETONS
from neuropose.testing import synthetic_predictions

UP = (0.0, -1.0, 0.0)
SPINES = ("left_asis", "right_asis", "left_psis", "right_psis")


def _markers(known: KnownBody) -> PoseSequence:
    return PoseSequence.from_arrays(
        known.time_s, known.points_mm, known.body.landmarks, frame="lab", up=UP, source="markers"
    )


def test_markers_without_noise_give_the_coordinates_exactly() -> None:
    known = known_body("bml_movi_87", frames=40)
    found = reconstruct_markers(_markers(known), shape=known.shape, draws=2)
    for name in ("hip_flexion", "hip_abduction", "knee_flexion", "ankle_dorsiflexion"):
        for side in ("left", "right"):
            apart = found.coordinate(f"{side}_{name}") - known.degrees(f"{side}_{name}")
            assert np.abs(apart).max() < 1e-6, name
    assert np.abs(found.coordinate("lumbar_flexion") - known.degrees("lumbar_flexion")).max() < 1e-6


def test_markers_show_how_far_feet_point_outwards() -> None:
    known = known_body(
        "bml_movi_87",
        frames=60,
        fixed_deg={"left_tibial_torsion": 25.0, "right_tibial_torsion": 5.0},
    )
    noise_mm = np.random.default_rng(3).normal(0.0, 1.0, known.points_mm.shape)
    noisy = replace(known, points_mm=known.points_mm + noise_mm)
    found = reconstruct_markers(_markers(noisy), draws=2)
    for side, torsion_deg in (("left", 25.0), ("right", 5.0)):
        assert np.abs(found.coordinate(f"{side}_tibial_torsion") - torsion_deg).max() < 3.0
        apart = found.coordinate(f"{side}_ankle_dorsiflexion") - known.degrees(
            f"{side}_ankle_dorsiflexion"
        )
        assert np.std(apart) < 1.0
    assert found.settings["free"] == "left_tibial_torsion right_tibial_torsion"


def test_a_leg_without_torsion_keeps_it_fixed() -> None:
    found = reconstruct_markers(_markers(known_body("bml_movi_87", frames=40)), draws=2)
    assert "left_tibial_torsion" not in found.coordinate_names
    assert found.settings["free"] == ""


def test_joints_between_two_markers_are_used_to_start() -> None:
    known = known_body("bml_movi_87", frames=30)
    names = [name for name in known.body.landmarks if not name.endswith(("_knee", "_ankle"))]
    rows = [known.body.landmarks.index(name) for name in names]
    plain = PoseSequence.from_arrays(
        known.time_s, known.points_mm[:, rows], names, frame="lab", up=UP, source="markers"
    )
    made = {
        f"{side}_knee": (f"{side}_knee_lateral", f"{side}_knee_medial")
        for side in ("left", "right")
    }
    middles = [0.5 * (plain.joint(outer) + plain.joint(inner)) for outer, inner in made.values()]
    with_knees = replace(
        plain,
        positions_mm=np.concatenate([plain.positions_mm, np.stack(middles, axis=1)], axis=1),
        joints=(*names, *made),
        made_of={**{name: (name,) for name in names}, **made},
    )
    found = reconstruct_markers(with_knees, draws=2)
    for side in ("left", "right"):
        apart = found.coordinate(f"{side}_hip_flexion") - known.degrees(f"{side}_hip_flexion")
        assert np.abs(apart - apart.mean()).max() < 3.0


def _with_single_markers(known: KnownBody) -> PoseSequence:
    """Markers at the outer sides of knees and ankles, which stand for the joints too."""
    gone = ("knee", "ankle", "medial")
    names = [name for name in known.body.landmarks if name.rpartition("_")[2] not in gone]
    rows = [known.body.landmarks.index(name) for name in names]
    made = {
        f"{side}_{joint}": (f"{side}_{joint}_lateral",)
        for side in ("left", "right")
        for joint in ("knee", "ankle")
    }
    columns = [known.body.landmarks.index(marker) for (marker,) in made.values()]
    return replace(
        PoseSequence.from_arrays(
            known.time_s,
            known.points_mm[:, rows + columns],
            [*names, *made],
            frame="lab",
            up=UP,
            source="markers",
        ),
        made_of={**{name: (name,) for name in names}, **made},
    )


def test_a_marker_at_the_side_of_a_knee_is_not_its_centre() -> None:
    known = known_body("bml_movi_87", frames=60)
    found = reconstruct_markers(_with_single_markers(known), draws=2)
    assert "left_knee_lateral" in found.residuals_mm
    assert "left_knee" not in found.residuals_mm
    for side in ("left", "right"):
        for name in ("hip_abduction", "hip_internal_rotation", "knee_flexion"):
            apart = found.coordinate(f"{side}_{name}") - known.degrees(f"{side}_{name}")
            assert np.abs(np.mean(apart)) < 3.0, name


def test_angles_of_the_result_have_the_axis_of_the_knee_that_was_fitted() -> None:
    known = known_body("bml_movi_87", frames=40, own_surface=True, seed=4)
    found = reconstruct_markers(_with_single_markers(known), draws=2)
    assert np.abs(found.shape.offsets_mm["knee_lateral"][0]) > 5.0
    angles = joint_angles(PoseSequence.from_reconstruction(found))
    for side in ("left", "right"):
        name = f"{side}_hip_internal_rotation"
        apart = angles[name].values_deg - found.coordinate(name)
        assert np.abs(np.nanmean(apart)) < 3.0


def test_one_marker_on_the_sacrum_is_in_the_middle() -> None:
    known = known_body("bml_movi_87", frames=60)
    names = list(known.body.landmarks)
    spines = [names.index(f"{side}_psis") for side in ("left", "right")]
    points_mm = known.points_mm.copy()
    points_mm[:, spines] = points_mm[:, spines].mean(axis=1, keepdims=True)
    sequence = replace(
        _markers(replace(known, points_mm=points_mm)),
        made_of={
            **{name: (name,) for name in names},
            "left_psis": ("SACR",),
            "right_psis": ("SACR",),
        },
    )
    found = reconstruct_markers(sequence, draws=2)
    assert np.abs(found.shape.offsets_mm["psis"][2]) < 3.0
    left, right = (found.joints.index(f"{side}_psis") for side in ("left", "right"))
    apart_mm = found.positions_mm[:, left] - found.positions_mm[:, right]
    assert np.abs(apart_mm).max() < 6.0


def test_a_bend_that_only_lengths_tell_is_not_given() -> None:
    known = known_body("bml_movi_87", frames=30)
    hidden = ("knee", "ankle", "hip", "lateral", "medial")
    names = [name for name in known.body.landmarks if name.rpartition("_")[2] not in hidden]
    rows = [known.body.landmarks.index(name) for name in names]
    found = reconstruct_markers(
        PoseSequence.from_arrays(
            known.time_s, known.points_mm[:, rows], names, frame="lab", up=UP, source="markers"
        ),
        draws=2,
    )
    for name in ("hip_flexion", "knee_flexion", "ankle_dorsiflexion"):
        assert np.isnan(found.coordinate(f"left_{name}")).all(), name
    assert np.isfinite(found.coordinate("left_elbow_flexion")).all()
    assert any("nothing is seen of the left thigh" in each for each in found.warnings)


@pytest.mark.parametrize("skeleton", sorted(SKELETONS))
def test_every_skeleton_without_noise(skeleton: str) -> None:
    if not SKELETONS[skeleton].canonical:
        pytest.skip("no canonical joints")
    known = known_body(skeleton, frames=30)
    found = reconstruct(predictions_of([known]), shape=known.shape, up=UP, draws=2)
    for side in ("left", "right"):
        apart = found.coordinate(f"{side}_knee_flexion") - known.degrees(f"{side}_knee_flexion")
        assert np.abs(apart).max() < 1.0
    if {*SPINES} <= {*known.body.landmarks}:  # what single precision leaves
        for name in ("left_hip_flexion", "right_knee_flexion", "lumbar_flexion"):
            assert np.abs(found.coordinate(name) - known.degrees(name)).max() < 2e-3
    if "left_toe" not in known.body.landmarks:
        assert np.isnan(found.coordinate("left_ankle_dorsiflexion")).all()


def test_the_error_covers_the_truth() -> None:
    inside, joints_inside = [], []
    for seed in range(4):
        known = known_body(yaw_deg=90.0 * seed, frames=60, seed=seed, own_surface=True)
        predictions = predictions_of(
            [known], across_mm=22.0, along_mm=75.0, lasting_s=0.25, seed=seed + 10
        )
        found = reconstruct(predictions, height_mm=1720.0, up=UP)
        for side in ("left", "right"):
            for name in ("hip_flexion", "knee_flexion", "ankle_dorsiflexion"):
                column = found.coordinate_names.index(f"{side}_{name}")
                apart = np.abs(found.coordinates[:, column] - known.degrees(f"{side}_{name}"))
                inside.append(np.mean(apart < 1.96 * found.coordinate_errors[:, column]))
        rows = [
            known.body.landmarks.index(name)
            for name in found.joints
            if name in known.body.landmarks
        ]
        columns = [row for row, name in enumerate(found.joints) if name in known.body.landmarks]
        apart_mm = np.abs(found.positions_mm[:, columns] - known.points_mm[:, rows])
        error_mm = np.sqrt(np.mean(found.position_draws_mm[:, :, columns].astype(float) ** 2, 0))
        joints_inside.append(np.mean(apart_mm < 1.96 * error_mm))
    assert 0.93 <= np.mean(inside) <= 0.99
    # Errors of legs are taken to be larger from the front, and here they are not.
    assert 0.93 <= np.mean(joints_inside) <= 0.997


def test_exchanged_sides_are_listed_and_put_right() -> None:
    known = known_body(yaw_deg=0.0, frames=60)
    wrong = np.zeros(60, np.bool_)
    wrong[20:35] = True
    plain = reconstruct(predictions_of([known], across_mm=5.0, along_mm=30.0), up=UP, draws=2)
    found = reconstruct(
        predictions_of([known], across_mm=5.0, along_mm=30.0, exchanged=wrong), up=UP, draws=2
    )
    (exchange,) = found.exchanges
    assert (exchange.first, exchange.last, exchange.limbs) == (20, 34, Limbs.ALL)
    assert exchange.settled
    assert exchange.probability > 0.99
    assert any("exchanged in 15 of 60 frames" in warning for warning in found.warnings)
    apart = found.coordinate("left_knee_flexion") - plain.coordinate("left_knee_flexion")
    assert np.abs(apart).max() < 6.0


def test_an_uneven_clock_and_gaps() -> None:
    known = known_body(frames=90, steady_clock=False)
    missing = np.zeros((90, 1), np.bool_)
    missing[30:35] = True
    missing[50:80] = True
    found = reconstruct(
        predictions_of([known], across_mm=3.0, along_mm=20.0, missing=missing), up=UP, draws=2
    )
    knee = found.coordinate("left_knee_flexion")
    assert np.isnan(knee[50:80]).all()
    assert np.isfinite(knee[:50]).all()
    assert np.isfinite(knee[80:]).all()
    assert np.abs(knee[:50] - known.degrees("left_knee_flexion")[:50]).max() < 12.0


@pytest.mark.parametrize("turn", ["upside down", "on the side", "on the back"])
def test_bodies_that_are_not_upright(turn: str) -> None:
    known = known_body(frames=40, yaw_deg=0.0)
    middle = known.points_mm.mean(axis=(0, 1))
    rotation = {
        "upside down": np.diag([-1.0, -1.0, 1.0]),
        "on the side": np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
        "on the back": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]),
    }[turn]
    lying = replace(known, points_mm=(known.points_mm - middle) @ rotation.T + middle)
    found = reconstruct(predictions_of([lying]), shape=known.shape, up=UP, draws=2)
    apart = found.coordinate("left_knee_flexion") - known.degrees("left_knee_flexion")
    assert np.abs(apart).max() < 1.0


def test_a_bystander_is_fitted_like_the_subject() -> None:
    one = known_body(frames=30, place_mm=(-900.0, 0.0, -4500.0))
    other = known_body(frames=30, place_mm=(900.0, 0.0, -5000.0), seed=7, yaw_deg=-60.0)
    predictions = predictions_of([one, other])
    for number, known in enumerate((one, other)):
        found = reconstruct(predictions, f"track:{number}", shape=known.shape, up=UP, draws=2)
        apart = found.coordinate("right_knee_flexion") - known.degrees("right_knee_flexion")
        assert np.abs(apart).max() < 1.0


def test_it_gives_the_same_again() -> None:
    predictions = predictions_of([known_body(frames=30)], across_mm=20.0, along_mm=100.0)
    one, other = (reconstruct(predictions, draws=3) for _ in range(2))
    assert one == other


def test_a_long_recording_is_that_of_its_windows() -> None:
    known = known_body(frames=700)
    predictions = predictions_of([known], across_mm=5.0, along_mm=30.0)
    shares: list[float] = []
    found = reconstruct(predictions, shape=known.shape, up=UP, draws=2, on_progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    steps_mm = np.abs(np.diff(found.positions_mm, axis=0)).max(axis=(1, 2))
    seams = [233, 467]
    assert max(steps_mm[seam - 1] for seam in seams) < 2.0 * np.median(steps_mm)
    draws_mm = np.abs(np.diff(found.position_draws_mm, axis=1)).max(axis=(0, 2, 3))
    assert max(draws_mm[seam - 1] for seam in seams) < 3.0 * np.median(draws_mm)


@pytest.mark.parametrize("height_mm", [176.0, 1.76])
def test_a_height_in_another_unit_is_refused(height_mm: float) -> None:
    predictions = predictions_of([known_body(frames=10)])
    with pytest.raises(ConfigError, match="nobody is"):
        reconstruct(predictions, height_mm=height_mm)
    written = BodyShape(height_mm=height_mm, height_source="given", lengths_mm={})
    with pytest.raises(ConfigError, match="nobody is"):
        reconstruct(predictions, shape=written)


@pytest.mark.parametrize("draws", [-1, 0, 1])
def test_too_few_draws_for_an_error_are_refused(draws: int) -> None:
    """One draw shows a twentieth of the error along the line of sight."""
    with pytest.raises(ConfigError, match=f"{draws} draws do not show an error"):
        reconstruct(predictions_of([known_body(frames=10)]), draws=draws)


def test_a_shape_is_shared() -> None:
    known = known_body(frames=40)
    first = reconstruct(predictions_of([known]), height_mm=1720.0, draws=2)
    second = reconstruct(
        predictions_of([known_body(frames=40, seed=5)]), shape=first.shape, draws=2
    )
    assert (first.stated_height_mm, second.stated_height_mm) == (1720.0, None)
    for name, length_mm in first.shape.lengths_mm.items():
        assert second.shape.lengths_mm[name] == pytest.approx(length_mm, abs=5.0)
    assert second.shape.height_source == "given"


def test_a_height_that_markers_contradict_is_doubted() -> None:
    markers = _markers(known_body(frames=20))
    for height_mm, said in ((1400.0, 1), (1720.0, 0)):
        warnings = reconstruct_markers(markers, height_mm=height_mm, draws=2).warnings
        assert sum("contradicts the markers" in each for each in warnings) == said
    from_one = replace(markers, position_error=ONE_CAMERA)
    warnings = reconstruct_markers(from_one, height_mm=1400.0, draws=2).warnings
    assert not [each for each in warnings if "contradicts" in each]


def test_the_fewer_bones_the_less_is_the_height_known() -> None:
    known = known_body(frames=2)
    legs = [f"{side}_{name}" for side in ("left", "right") for name in ("hip", "knee", "ankle")]
    rows = [known.body.landmarks.index(name) for name in legs]
    whole = seen_height(known.body, known.points_mm)
    part = seen_height(structure(known.body.model, legs), known.points_mm[:, rows])
    assert whole.height_mm == pytest.approx(1720.0, rel=0.02)
    assert part.height_mm == pytest.approx(1720.0, rel=0.02)
    assert part.spread == pytest.approx(0.06 / np.sqrt(2.0))  # thigh and shank, each 6 %
    assert whole.spread < part.spread


def test_what_cannot_be_fitted_is_refused() -> None:
    predictions = predictions_of([known_body(frames=20)])
    with pytest.raises(ReconstructionError, match="which camera"):
        reconstruct(predictions.model_copy(update={"camera": None}))
    with pytest.raises(ReconstructionError, match="in 3 frames"):
        reconstruct(predictions_of([known_body(frames=3)]))
    with pytest.raises(BodyModelError, match="no coordinate"):
        reconstruct(predictions, free=("left_knee_twist",))
    with pytest.raises(ReconstructionError, match="landmarks"):
        reconstruct_markers(
            PoseSequence.from_arrays(
                np.arange(9) / 30.0, np.ones((9, 1, 3)), ["left_hip"], source="one marker"
            )
        )


def test_synthetic_predictions_have_a_camera() -> None:
    assert synthetic_predictions().camera is not None
    assert CAMERA.matrix.shape == (3, 3)


def test_lengths_of_a_person_of_unknown_height_may_be_wrong_by_one_factor() -> None:
    known = known_body(frames=40)
    predictions = predictions_of([known], across_mm=5.0, along_mm=20.0)
    thigh = ("left_hip", "left_knee")
    shares = {}
    for height_mm in (None, 1720.0):
        found = reconstruct(predictions, height_mm=height_mm, up=UP)
        top, bottom = (found.joints.index(name) for name in thigh)
        drawn = found.positions_mm + found.position_draws_mm.astype(np.float64)
        length_mm = np.linalg.norm(drawn[:, :, top] - drawn[:, :, bottom], axis=2).mean(axis=1)
        shares[height_mm] = length_mm.std() / length_mm.mean()
    assert 0.12 < shares[None] < 0.22
    assert shares[1720.0] < 0.08


def test_errors_of_a_posture_come_back_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    once = known_body(frames=60, yaw_deg=90.0)
    there_and_back = np.concatenate([np.arange(60), np.arange(60)[::-1]] * 2)
    known = replace(
        once,
        time_s=np.arange(240) / 30.0,
        coordinates=once.coordinates[there_and_back],
        points_mm=once.points_mm[there_and_back],
    )
    predictions = predictions_of([known], across_mm=10.0, along_mm=50.0)
    alike = {}
    usual = draws.REPEATS
    for repeats in (usual, 0.0):
        monkeypatch.setattr(draws, "REPEATS", repeats)
        found = PoseSequence.from_reconstruction(reconstruct(predictions, draws=200))
        knee_deg = np.array(
            [
                joint_angles(found.drawn(number))["left_knee_flexion"].values_deg
                for number in range(found.draw_count)
            ]
        )
        change_deg = knee_deg - knee_deg.mean(axis=0)
        one, other = change_deg[:, 15:45], change_deg[:, 135:165]
        alike[repeats] = (one * other).mean() / (one**2).mean()
    assert alike[usual] > alike[0.0] + 0.1


def test_small_residuals_of_who_stands_still_are_no_small_errors() -> None:
    """A body follows errors that stay, so that hardly anything of them is left."""
    standardised = []
    for seed in range(6):
        moving = known_body(frames=60, yaw_deg=60.0, seed=seed)
        still_mm = np.repeat(moving.points_mm[:1], 60, axis=0)
        wrong_mm = 15.0 * np.random.default_rng(seed).standard_normal(still_mm.shape[1:])
        shown = replace(moving, points_mm=still_mm + wrong_mm)
        predictions = predictions_of([shown], across_mm=0.5, along_mm=2.0)
        angles = joint_angles(PoseSequence.from_reconstruction(reconstruct(predictions)))
        for name in ("left_knee_flexion", "right_knee_flexion"):
            off_deg = angles[name].values_deg.mean() - moving.degrees(name)[0]
            standardised.append(off_deg / angles[name].error_deg)
    assert 0.5 < np.sqrt(np.mean(np.square(standardised))) < 1.7
