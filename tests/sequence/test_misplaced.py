"""Markers that cannot be where their names say."""

from __future__ import annotations

import numpy as np
import pytest
from tests.marker_sets import SETS, dressed

from neuropose.analyzer import PoseSequence, joint_angles
from neuropose.data import MarkerRecording, Pictures
from neuropose.testing import simulate_walk, walker_sequence

WALK = walker_sequence(simulate_walk())
CENTRES = {
    "{}HJC": "hip",
    "{}KJC": "knee",
    "{}AJC": "ankle",
}
WITH_CENTRES = SETS["Plug-in Gait"] | CENTRES


def recorded(places: dict[str, np.ndarray], scale: float = 1.0) -> MarkerRecording:
    return MarkerRecording(
        format="trc",
        names=tuple(places),
        time_s=WALK.time_s,
        positions_mm=scale * np.stack(list(places.values()), axis=1),
        rate_hz=WALK.sampling_rate_hz,
        up=(0.0, 1.0, 0.0),
    )


def exchanged(marker_set: dict[str, str], one: str, other: str) -> dict[str, np.ndarray]:
    places = dict(dressed(WALK, marker_set))
    places[one], places[other] = places[other], places[one]
    return places


def knee_deg(sequence: PoseSequence, side: str = "left") -> np.ndarray:
    return joint_angles(sequence)[f"{side}_knee_flexion"].values_deg


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.2])
@pytest.mark.parametrize("name", SETS)
def test_what_is_in_its_place_is_used(name: str, scale: float) -> None:
    places = dict(dressed(WALK, SETS[name]))
    notes = PoseSequence.from_recording(recorded(places, scale)).warnings
    assert not [note for note in notes if "used" in note]


@pytest.mark.parametrize("scale", [0.5, 1.0])
def test_lateral_markers_that_are_exchanged_turn_no_knee(scale: float) -> None:
    swapped = exchanged(WITH_CENTRES, "LKNE", "LANK")
    sequence = PoseSequence.from_recording(recorded(swapped, scale))
    assert not sequence.has("left_knee_lateral")
    assert sequence.has("left_knee", "right_knee_lateral")
    assert any("not used: left_knee_lateral: LKNE is " in note for note in sequence.warnings)
    true_deg = knee_deg(WALK)
    assert np.nanmax(np.abs(knee_deg(sequence) - true_deg)) < 2.0


def test_a_mean_with_a_marker_of_elsewhere_is_no_centre() -> None:
    swapped = exchanged(dict(SETS["CGM2"]), "LKNM", "LSMH")
    sequence = PoseSequence.from_recording(recorded(swapped))
    assert not sequence.has("left_knee")
    assert sequence.has("right_knee", "right_ankle")
    assert "left_knee" in joint_angles(sequence).refused["left_knee_flexion"]


def test_single_markers_are_told_by_the_other_side() -> None:
    swapped = exchanged(dict(SETS["Plug-in Gait"]), "RKNE", "RANK")
    sequence = PoseSequence.from_recording(recorded(swapped))
    angles = joint_angles(sequence)
    assert {"right_knee_flexion", "right_hip_flexion"} <= set(angles.refused)
    assert "left_knee_flexion" in angles
    (note,) = [note for note in sequence.warnings if "not used" in note]
    assert "right_knee, right_ankle, " in note
    assert "hip and knee are " in note


def test_a_limb_of_which_no_side_is_the_odd_one() -> None:
    places = dict(dressed(WALK, WITH_CENTRES))
    places["LKJC"] = places["LHJC"] + 1.6 * (places["LKJC"] - places["LHJC"])
    places["LAJC"] = places["LKJC"] + 1.6 * (places["LAJC"] - dressed(WALK, WITH_CENTRES)["LKJC"])
    sequence = PoseSequence.from_recording(recorded(places))
    assert not sequence.has("left_knee")
    assert not sequence.has("right_knee")


@pytest.mark.parametrize("name", ["Plug-in Gait", "IOR"])
@pytest.mark.parametrize("pair", ["knee", "ankle"])
def test_a_marker_of_the_other_leg_is_told_by_lengths_that_vary(name: str, pair: str) -> None:
    places = SETS[name]
    (marker,) = [each for each, place in places.items() if place == f"lateral {pair}"]
    sequence = PoseSequence.from_recording(
        recorded(exchanged(dict(places), marker.format("L"), marker.format("R")))
    )
    angles = joint_angles(sequence)
    assert not {"left_knee_flexion", "right_knee_flexion"} & set(angles)
    assert "not used: " in sequence.remedy


@pytest.mark.parametrize("centres", [{}, CENTRES])
def test_a_pelvis_of_which_a_spine_is_elsewhere_gives_no_hips(centres: dict[str, str]) -> None:
    swapped = exchanged(SETS["Plug-in Gait"] | centres, "RASI", "LTOE")
    sequence = PoseSequence.from_recording(recorded(swapped))
    assert not sequence.has("left_asis")
    assert not sequence.has("right_psis")
    assert sequence.has("left_hip", "right_hip", "pelvis") is bool(centres)
    assert any("asis and psis are " in note for note in sequence.warnings)


@pytest.mark.parametrize("frames", [slice(None), slice(120, 240)])
@pytest.mark.parametrize("pair", [("LHEE", "LTOE"), ("LHEE", "LANK")])
@pytest.mark.parametrize("centres", [{}, CENTRES])
def test_a_foot_that_is_reversed_is_none(
    centres: dict[str, str], pair: tuple[str, str], frames: slice
) -> None:
    places = dict(dressed(WALK, SETS["Plug-in Gait"] | centres))
    swapped = exchanged(SETS["Plug-in Gait"] | centres, *pair)
    for name in pair:
        places[name] = places[name].copy()
        places[name][frames] = swapped[name][frames]
    sequence = PoseSequence.from_recording(recorded(places))
    assert not sequence.has("left_heel")
    assert sequence.has("left_ankle_lateral") is (bool(centres) and "LANK" not in pair)
    assert sequence.has("left_ankle") is bool(centres)
    assert sequence.has("right_heel", "right_toe", "right_ankle")
    assert "left_ankle_dorsiflexion" in joint_angles(sequence).refused


@pytest.mark.parametrize("frames", [slice(None), slice(120, 240)])
def test_feet_without_ankles_do_not_point_opposite_ways(frames: slice) -> None:
    places = dict(dressed(WALK, SETS["OpenSim Gait2392"]))
    assert PoseSequence.from_recording(recorded(places)).has("left_heel", "right_toe")
    heel, toe = places["L.Heel"].copy(), places["L.Toe.Tip"].copy()
    heel[frames], toe[frames] = places["L.Toe.Tip"][frames], places["L.Heel"][frames]
    recording = recorded(places | {"L.Heel": heel, "L.Toe.Tip": toe})
    sequence = PoseSequence.from_recording(recording)
    assert not sequence.has("left_heel")
    assert "heel and toe may be exchanged" in sequence.remedy


@pytest.mark.parametrize("frames", [slice(None), slice(120, 240)])
@pytest.mark.parametrize("pair", [("LASI", "RASI"), ("LASI", "LPSI"), ("LPSI", "RPSI")])
def test_a_pelvis_whose_sides_cross_gives_no_hips(pair: tuple[str, str], frames: slice) -> None:
    places = dict(dressed(WALK, SETS["Plug-in Gait"]))
    swapped = exchanged(SETS["Plug-in Gait"], *pair)
    for name in pair:
        places[name] = places[name].copy()
        places[name][frames] = swapped[name][frames]
    sequence = PoseSequence.from_recording(recorded(places))
    assert not sequence.has("left_hip")
    assert any("lie across each other" in note for note in sequence.warnings)


def test_a_spine_of_the_pelvis_that_stays_where_it_was_gives_no_hips() -> None:
    """Who walks on a treadmill does not leave it far behind."""
    places = dict(dressed(WALK, SETS["Plug-in Gait, sacrum"]))
    on_belt = {
        name: place - WALK.joint("pelvis") * [1.0, 0.0, 0.0] for name, place in places.items()
    }
    on_belt = {
        name: place + 25.0 * np.sin(WALK.time_s)[:, None] * np.array([1.0, 0.0, 1.0])
        for name, place in on_belt.items()
    }
    assert PoseSequence.from_recording(recorded(on_belt)).has("left_hip")
    on_belt["LASI"][120:] = on_belt["LASI"][120]
    assert not PoseSequence.from_recording(recorded(on_belt)).has("left_hip")


def test_a_heel_at_the_knee_is_told_by_the_other_foot() -> None:
    sequence = PoseSequence.from_recording(recorded(exchanged(WITH_CENTRES, "LHEE", "LKNE")))
    assert not sequence.has("left_heel")
    assert sequence.has("right_heel", "left_ankle", "left_knee")


def test_a_mapping_of_the_laboratory_makes_no_difference() -> None:
    swapped = exchanged(WITH_CENTRES, "LKNE", "LANK")
    mapping = {"left_knee_lateral": ["LKNE"]}
    assert not PoseSequence.from_recording(recorded(swapped), markers=mapping).has(*mapping)


@pytest.mark.parametrize("pair", [("LASI", "RASI"), ("LASI", "SACR"), ("RASI", "SACR")])
def test_a_pelvis_with_two_exchanged_markers_gives_no_hips(pair: tuple[str, str]) -> None:
    swapped = exchanged(SETS["Plug-in Gait, sacrum"], *pair)
    sequence = PoseSequence.from_recording(recorded(swapped))
    assert not sequence.has("left_hip")
    assert not sequence.has("left_asis")
    assert any("the pelvis would be upside down" in note for note in sequence.warnings)


def test_legs_with_the_names_of_the_other_leg_are_not_used() -> None:
    places = dict(dressed(WALK, SETS["Plug-in Gait, sacrum"]))
    for name in ("KNE", "ANK", "HEE", "TOE"):
        places[f"L{name}"], places[f"R{name}"] = places[f"R{name}"], places[f"L{name}"]
    sequence = PoseSequence.from_recording(recorded(places))
    assert not any(sequence.has(f"left_{joint}") for joint in ("knee", "ankle", "heel", "toe"))
    assert any("the knees are on each other's side" in note for note in sequence.warnings)


def test_knees_alone_that_are_exchanged_leave_the_feet() -> None:
    sequence = PoseSequence.from_recording(
        recorded(exchanged(SETS["Plug-in Gait, sacrum"], "LKNE", "RKNE"))
    )
    assert not sequence.has("left_knee")
    assert not sequence.has("right_knee_lateral")
    assert sequence.has("left_ankle", "right_heel", "left_hip")


@pytest.mark.parametrize("name", SETS)
def test_a_mirror_image_keeps_its_markers(name: str) -> None:
    """Whether names or axes are wrong, nobody can tell: what needs the sides is refused later."""
    places = {each: place * [1.0, 1.0, -1.0] for each, place in dressed(WALK, SETS[name]).items()}
    notes = PoseSequence.from_recording(recorded(places)).warnings
    assert not [note for note in notes if "not used" in note]


@pytest.mark.parametrize("pictures", [None, *Pictures])
def test_distances_of_key_points_vary(pictures: Pictures | None) -> None:
    """Those from heel to toe by 40 %, from one camera or several; nobody named them by hand."""
    marker_set = SETS["OpenCap, video" if pictures is None else "Plug-in Gait"]
    places = dict(dressed(WALK, marker_set))
    ahead_mm = 50.0 * np.sin(4.0 * WALK.time_s)[:, None] * np.array([1.0, 0.0, 0.0])
    heels = [name for name in places if "Heel" in name or "HEE" in name]
    for name in heels:
        places[name] = places[name] + ahead_mm
    recording = recorded(places).model_copy(update={"estimated_from": pictures})
    sequence = PoseSequence.from_recording(recording)
    assert sequence.has("left_heel", "right_heel", "left_toe", "right_toe")
    if pictures is not None:
        unmarked = PoseSequence.from_recording(recorded(places))
        assert not unmarked.has("left_heel")


@pytest.mark.parametrize("marker_set", ["Plug-in Gait", "IOR"])
def test_hips_are_estimated_where_all_names_begin_with_a_persons(marker_set: str) -> None:
    places = dict(dressed(WALK, SETS[marker_set]))
    sequence = PoseSequence.from_recording(recorded(places))
    hers = PoseSequence.from_recording(recorded({f"Ann_{n}": p for n, p in places.items()}))
    assert any("hips are estimated" in note for note in hers.warnings)
    for joint in ("pelvis", "left_hip", "right_hip", "left_knee"):
        np.testing.assert_array_equal(hers.require(joint)[0], sequence.require(joint)[0])
