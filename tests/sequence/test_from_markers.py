"""Markers of motion-capture files as canonical joints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.io.c3d_files import c3d_bytes
from tests.io.markers.test_trc import trc

from neuropose.analyzer import PoseSequence
from neuropose.data import MarkerRecording
from neuropose.errors import MissingJointsError, SequenceError
from neuropose.io.markers.units import MM_PER_UNIT
from neuropose.sequence.hip_centres import hip_centres
from neuropose.skeletons import CANONICAL_JOINTS, LANDMARKS
from neuropose.skeletons.marker_sets import MARKERS, map_markers

PELVIS_MM = {
    "LASI": (0.0, 1000.0, -120.0),
    "RASI": (0.0, 1000.0, 120.0),
    "LPSI": (-150.0, 1000.0, -45.0),
    "RPSI": (-150.0, 1000.0, 45.0),
}


def recording(
    places_mm: dict[str, tuple[float, float, float]], **fields: object
) -> MarkerRecording:
    return MarkerRecording(
        format="c3d",
        names=tuple(places_mm),
        time_s=np.arange(3) / 100.0,
        positions_mm=np.tile(np.array(list(places_mm.values())), (3, 1, 1)),
        rate_hz=100.0,
        **fields,
    )


def test_estimated_hips_do_not_count_beside_the_markers_they_are_from() -> None:
    sequence = PoseSequence.from_recording(recording(PELVIS_MM | {"LKNE": (0.0, 500.0, -100.0)}))
    assert sequence.has("pelvis", "left_hip", "left_knee", "left_knee_lateral")
    spines = ("left_asis", "left_psis", "right_asis", "right_psis")
    assert set(sequence.counted_once()) == {*spines, "left_knee"}
    few = ("pelvis", "left_hip", "right_hip", "left_knee")
    assert sequence.counted_once(*few) == ("left_hip", "right_hip", "left_knee")


class TestTable:
    def test_every_name_is_canonical_and_the_sides_are_alike(self) -> None:
        assert set(MARKERS) <= set(CANONICAL_JOINTS + LANDMARKS)
        left = {name: each for name, each in MARKERS.items() if name.startswith("left_")}
        for name, alternatives in left.items():
            right = MARKERS[name.replace("left_", "right_")]
            assert [len(each) for each in right] == [len(each) for each in alternatives]
            for one, other in zip(sum(alternatives, ()), sum(right, ()), strict=True):
                apart = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
                assert apart in ([("L", "R")], []), (one, other)

    @pytest.mark.parametrize(
        ("names", "joint", "sources"),
        [
            (["LKNE", "LMEK", "LLEK", "LFEO", "LKJC"], "left_knee", ("LKJC",)),
            (["LKNE", "LMEK", "LLEK", "LFEO"], "left_knee", ("LFEO",)),
            (["LKNE", "LMEK", "LLEK"], "left_knee", ("LLEK", "LMEK")),
            (["LKNE"], "left_knee", ("LKNE",)),
            (["LKNE"], "left_knee_lateral", ("LKNE",)),
            (["RBigToe"], "right_toe", ("RBigToe",)),
            (["R.Heel"], "right_heel", ("R.Heel",)),
            (["LHip", "RHip"], "pelvis", ("LHip", "RHip")),
            (["LHip", "RHip", "Hip"], "pelvis", ("Hip",)),
            (["left_knee", "LKJC"], "left_knee", ("left_knee",)),
        ],
    )
    def test_the_best_one_is_taken(
        self, names: list[str], joint: str, sources: tuple[str, ...]
    ) -> None:
        assert map_markers(names).canonical[joint] == sources

    def test_markers_on_the_skin_are_told(self) -> None:
        assert map_markers(["LKNE"]).warnings == (
            "left_knee is a marker on the skin (LKNE), not the centre of the joint",
        )
        assert map_markers(["LFEO", "LKNE"]).warnings == ()


class TestFromRecording:
    def test_columns(self) -> None:
        places = {"LKNE": (1.0, 2.0, 3.0), "LMEK": (3.0, 2.0, 3.0), "LLEK": (5.0, 2.0, 3.0)}
        sequence = PoseSequence.from_recording(
            recording(places | {"T10": (9.0, 9.0, 9.0)}, first_frame=45, up=(0.0, 0.0, 1.0))
        )
        assert sequence.joint("left_knee")[0].tolist() == [4.0, 2.0, 3.0]
        assert sequence.joint("left_knee_lateral")[0].tolist() == [1.0, 2.0, 3.0]
        for name, place in {**places, "T10": (9.0, 9.0, 9.0)}.items():
            assert tuple(sequence.joint(name)[0]) == place
        assert (sequence.frame, sequence.first_frame) == ("lab", 45)
        assert sequence.up.tolist() == [0.0, 0.0, 1.0]

    def test_the_user_extends_the_table(self) -> None:
        places = {"calc": (1.0, 1.0, 1.0), "LHEE": (5.0, 5.0, 5.0)}
        sequence = PoseSequence.from_recording(
            recording(places), markers={"left_heel": ["calc", "LHEE"], "left_toe": ["calc"]}
        )
        assert sequence.joint("left_heel")[0].tolist() == [3.0, 3.0, 3.0]
        assert sequence.joint("left_toe")[0].tolist() == [1.0, 1.0, 1.0]

    def test_what_the_user_gets_wrong(self) -> None:
        with pytest.raises(SequenceError, match="left_heel is defined by tail, which the C3D"):
            PoseSequence.from_recording(recording(PELVIS_MM), markers={"left_heel": ["tail"]})
        with pytest.raises(SequenceError, match="'tail' is not a canonical"):
            PoseSequence.from_recording(recording(PELVIS_MM), markers={"tail": ["LASI"]})

    def test_hips_from_pelvic_markers(self) -> None:
        sequence = PoseSequence.from_recording(recording(PELVIS_MM))
        # Harrington et al. 2007 for a pelvis 240 mm wide and 150 mm deep.
        assert sequence.joint("right_hip")[0] == pytest.approx((-45.9, 917.1, 86.5))
        assert sequence.joint("left_hip")[0] == pytest.approx((-45.9, 917.1, -86.5))
        assert sequence.joint("pelvis")[0] == pytest.approx((-45.9, 917.1, 0.0))
        assert sequence.warnings == (
            "the hips are estimated from pelvic markers (Harrington 2007)",
        )

    def test_hips_from_pelvic_markers_with_the_name_of_a_person(self) -> None:
        named = {f"Ann_{marker}": place for marker, place in PELVIS_MM.items()}
        sequence = PoseSequence.from_recording(recording(named))
        assert sequence.joint("right_hip")[0] == pytest.approx((-45.9, 917.1, 86.5))
        assert sequence.has("pelvis", "left_asis", "right_psis")

    def test_hips_of_the_file_go_before_and_are_checked(self) -> None:
        near = PELVIS_MM | {"LHJC": (-50.0, 900.0, -80.0), "RHJC": (-50.0, 900.0, 80.0)}
        sequence = PoseSequence.from_recording(recording(near))
        assert sequence.joint("left_hip")[0].tolist() == [-50.0, 900.0, -80.0]
        assert sequence.warnings == ()
        far = PELVIS_MM | {"LHJC": (26.0, 1012.0, -136.0), "RHJC": (26.0, 1012.0, 136.0)}
        warnings = PoseSequence.from_recording(recording(far)).warnings
        assert "the hips of the file are 129 mm from where the pelvic markers put" in warnings[0]

    def test_pelvic_markers_that_are_never_seen(self) -> None:
        nowhere = dict.fromkeys(PELVIS_MM, (np.nan, np.nan, np.nan))
        sequence = PoseSequence.from_recording(recording(nowhere))
        with pytest.raises(MissingJointsError, match="the C3D file has no left_hip"):
            sequence.joint("left_hip")


def test_hip_centres_turn_with_the_pelvis() -> None:
    markers = np.array(list(PELVIS_MM.values()))[:, None, :]
    left, right = hip_centres(*markers)
    turn = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    turned_left, turned_right = hip_centres(*(markers @ turn.T))
    np.testing.assert_allclose(turned_left, left @ turn.T)
    np.testing.assert_allclose(turned_right, right @ turn.T)


def test_hips_that_are_never_there_are_not_doubted() -> None:
    nowhere = (np.nan, np.nan, np.nan)
    places = PELVIS_MM | {"LHJC": nowhere, "RHJC": nowhere}
    sequence = PoseSequence.from_recording(recording(places))
    assert sequence.warnings == ("the hips are estimated from pelvic markers (Harrington 2007)",)
    assert np.isfinite(sequence.joint("left_hip")).all()
    left, right = hip_centres(*np.full((4, 2, 3), np.nan))
    assert np.isnan(left).all()
    assert np.isnan(right).all()


@pytest.mark.parametrize(("unit", "is_doubted"), [("mm", False), ("cm", True)])
def test_a_unit_in_which_nobody_has_such_legs_is_doubted(unit: str, is_doubted: bool) -> None:
    size_mm = MM_PER_UNIT[unit]
    places_mm = {"RKNE": (0.0, 480.0 * size_mm, 100.0), "RANK": (0.0, 80.0 * size_mm, 100.0)}
    sequence = PoseSequence.from_recording(recording(places_mm, unit=unit))
    doubts = [each for each in sequence.warnings if "the unit may be another one" in each]
    assert len(doubts) == is_doubted
    assert all(each.startswith("in cm a shank is 4000 mm long") for each in doubts)


def test_files(tmp_path: Path) -> None:
    positions = np.random.default_rng(0).uniform(-1.0, 1.0, (6, 2, 3)).astype(np.float32)
    (tmp_path / "a.trc").write_text(trc(positions))
    (tmp_path / "a.c3d").write_bytes(c3d_bytes(positions, ["LHeel", "RHeel"], units="m", up="+Y"))
    one = PoseSequence.from_trc(tmp_path / "a.trc")
    other = PoseSequence.from_c3d(tmp_path / "a.c3d", markers={"left_heel": ["LHeel"]})
    np.testing.assert_allclose(one.positions_mm, other.positions_mm, atol=1e-3)
    assert one.joints == other.joints == ("left_heel", "right_heel")
    assert one.source == "the TRC file"
    assert (one.up, other.up.tolist()) == (None, [0.0, 1.0, 0.0])
    assert PoseSequence.from_trc(tmp_path / "a.trc", up=[0, 0, 2]).up.tolist() == [0.0, 0.0, 1.0]
