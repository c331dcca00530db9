"""C3D files: what they hold in our units, and damage that is told rather than read over."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.io.c3d_files import c3d_bytes, text, words

from neuropose.data import MarkerRecording
from neuropose.errors import FileFormatError, FileMissingError
from neuropose.io import read_c3d

LABELS = ("LKNE", "LANK", "LKneeAngles")
POINTS = np.random.default_rng(0).uniform(-2000.0, 2000.0, (20, 3, 3)).astype(np.float32)


def read(folder: Path, data: bytes, **options: str) -> MarkerRecording:
    path = folder / "trial.c3d"
    path.write_bytes(data)
    return read_c3d(path, **options)


class TestContent:
    def test_points_rate_and_up(self, tmp_path: Path) -> None:
        recording = read(tmp_path, c3d_bytes(POINTS, LABELS, rate_hz=120.0))
        np.testing.assert_array_equal(recording.positions_mm, POINTS)
        assert recording.names == LABELS
        assert recording.rate_hz == 120.0
        np.testing.assert_allclose(recording.time_s, np.arange(20) / 120.0)
        assert recording.up == (0.0, 0.0, 1.0)
        assert (recording.first_frame, recording.events, recording.warnings) == (1, (), ())
        assert not recording.positions_mm.flags.writeable
        np.testing.assert_array_equal(recording.marker("LANK"), POINTS[:, 1])
        with pytest.raises(KeyError, match="no marker 'RANK'"):
            recording.marker("RANK")

    @pytest.mark.parametrize(
        ("axis", "up"),
        [("+Y", (0.0, 1.0, 0.0)), ("-X", (-1.0, 0.0, 0.0)), ("Z", (0.0, 0.0, 1.0)), ("?", None)],
    )
    def test_screen_axis(self, tmp_path: Path, axis: str, up: tuple | None) -> None:
        assert read(tmp_path, c3d_bytes(POINTS, LABELS, up=axis)).up == up

    def test_no_screen_axis(self, tmp_path: Path) -> None:
        assert read(tmp_path, c3d_bytes(POINTS, LABELS, up=None)).up is None

    @pytest.mark.parametrize(("units", "size_mm"), [("m", 1000.0), ("cm", 10.0), ("MM", 1.0)])
    def test_units_become_millimetres(self, tmp_path: Path, units: str, size_mm: float) -> None:
        recording = read(tmp_path, c3d_bytes(POINTS, LABELS, units=units))
        np.testing.assert_allclose(recording.positions_mm, size_mm * POINTS.astype(np.float64))

    def test_units_that_are_not_stated(self, tmp_path: Path) -> None:
        data = c3d_bytes(POINTS, LABELS, units=None)
        with pytest.raises(FileFormatError, match="does not state the unit") as refusal:
            read(tmp_path, c3d_bytes(20.0 * POINTS, LABELS, units=None))
        assert "units='mm'" in str(refusal.value.hint)
        metres = read(tmp_path, data, units="m").positions_mm
        np.testing.assert_allclose(metres, 1000.0 * POINTS.astype(np.float64))
        with pytest.raises(FileFormatError, match="'furlong' is not a known unit"):
            read(tmp_path, data, units="furlong")

    def test_missing_points(self, tmp_path: Path) -> None:
        points = POINTS.copy()
        points[3:6, 1] = np.nan
        recording = read(tmp_path, c3d_bytes(points, LABELS))
        np.testing.assert_array_equal(recording.positions_mm, points)

    def test_points_at_the_origin_are_missing(self, tmp_path: Path) -> None:
        points = POINTS.copy()
        points[7, 0] = 0.0
        recording = read(tmp_path, c3d_bytes(points, LABELS))
        assert np.isnan(recording.positions_mm[7, 0]).all()
        assert recording.warnings == ("1 position exactly at the origin was taken as missing",)

    def test_integer_files_are_scaled(self, tmp_path: Path) -> None:
        whole = np.round(POINTS)
        recording = read(tmp_path, c3d_bytes(whole, LABELS, scale=0.1))
        np.testing.assert_allclose(recording.positions_mm, whole, atol=1e-3)

    def test_angles_are_no_markers(self, tmp_path: Path) -> None:
        data = c3d_bytes(POINTS, LABELS, units="m", groups={"ANGLES": ["LKneeAngles"]})
        recording = read(tmp_path, data)
        assert recording.names == ("LKNE", "LANK")
        np.testing.assert_array_equal(recording.angles_deg["LKneeAngles"], POINTS[:, 2])

    def test_angles_in_radians(self, tmp_path: Path) -> None:
        data = c3d_bytes(
            POINTS,
            LABELS,
            groups={"ANGLES": ["LKneeAngles"]},
            point={"ANGLE_UNITS": text("rad")},
        )
        np.testing.assert_allclose(
            read(tmp_path, data).angles_deg["LKneeAngles"], np.degrees(POINTS[:, 2].astype(float))
        )

    def test_more_markers_than_one_parameter_holds(self, tmp_path: Path) -> None:
        labels = [f"M{index}" for index in range(300)]
        recording = read(tmp_path, c3d_bytes(np.ones((2, 300, 3)), labels))
        assert recording.names == tuple(labels)

    def test_names_of_subjects_are_dropped(self, tmp_path: Path) -> None:
        labels = ("Ann:LKNE", "Ann:LANK", "*3")
        assert read(tmp_path, c3d_bytes(POINTS, labels)).names == ("LKNE", "LANK", "*3")
        angles = ("Ann:LKNE", "Ann:LANK", "Ann:LKneeAngles")
        data = c3d_bytes(POINTS, angles, groups={"ANGLES": ["Ann:LKneeAngles"]})
        assert read(tmp_path, data).names == ("LKNE", "LANK")
        assert set(read(tmp_path, data).angles_deg) == {"LKneeAngles"}
        two = read(tmp_path, c3d_bytes(POINTS, ("Ann:LKNE", "Bob:LKNE", "*3")))
        assert two.names == ("Ann:LKNE", "Bob:LKNE", "*3")
        assert "markers of 2 subjects, of whom none was chosen" in two.warnings[0]

    def test_names_that_are_there_twice_or_not_at_all(self, tmp_path: Path) -> None:
        recording = read(tmp_path, c3d_bytes(POINTS, ("LKNE", "LKNE", "")))
        assert recording.names == ("LKNE", "LKNE#2", "*2")
        assert recording.warnings == ("2 markers are called LKNE",)

    def test_names_that_are_there_twice_go_by_their_descriptions(self, tmp_path: Path) -> None:
        labels = ("LKNE", "LHEE", "LKNE")
        for described, names in (
            (("L.Knee", "L.Heel", "L.Knee.Medial"), ("L.Knee", "LHEE", "L.Knee.Medial")),
            (("Unknown", "L.Heel", "Unknown"), ("LKNE", "LHEE", "LKNE#2")),
            (("L.Knee", "L.Heel", ""), ("LKNE", "LHEE", "LKNE#2")),
            (("L.Knee", "L.Heel", "LHEE"), ("LKNE", "LHEE", "LKNE#2")),
            (("front", "L.Heel", "back"), ("LKNE", "LHEE", "LKNE#2")),
        ):
            data = c3d_bytes(POINTS, labels, groups={"DESCRIPTIONS": described})
            recording = read(tmp_path, data)
            assert recording.names == names
            assert len(recording.warnings) == 1
        data = c3d_bytes(POINTS, labels, groups={"DESCRIPTIONS": ("L.Knee", "", "L.Knee.Medial")})
        assert read(tmp_path, data).warnings == (
            "markers of one name go by their descriptions: LKNE (L.Knee, L.Knee.Medial)",
        )

    def test_copies_are_equal(self, tmp_path: Path) -> None:
        data = c3d_bytes(POINTS, LABELS, groups={"ANGLES": ["LKneeAngles"]})
        assert read(tmp_path, data) == read(tmp_path, data)
        assert read(tmp_path, data) != read(tmp_path, c3d_bytes(POINTS[1:], LABELS))


class TestEvents:
    EVENTS = (("Foot Off", "Left", 0.65), ("Foot Strike", "Right", 0.5))

    def test_times_count_from_the_first_stored_frame(self, tmp_path: Path) -> None:
        data = c3d_bytes(np.ones((50, 3, 3)), LABELS, first_frame=45, events=self.EVENTS)
        recording = read(tmp_path, data)
        assert recording.first_frame == 45
        assert [(event.label, event.context) for event in recording.events] == [
            ("Foot Strike", "Right"),
            ("Foot Off", "Left"),
        ]
        assert [event.time_s for event in recording.events] == pytest.approx([0.06, 0.21])
        assert recording.warnings == ()

    def test_minutes(self, tmp_path: Path) -> None:
        data = c3d_bytes(POINTS, LABELS, events=[("Foot Off", "Left", 61.25)])
        assert read(tmp_path, data).events[0].time_s == pytest.approx(61.25)

    def test_events_before_the_first_frame_are_kept_and_told(self, tmp_path: Path) -> None:
        data = c3d_bytes(POINTS, LABELS, first_frame=101, events=self.EVENTS)
        recording = read(tmp_path, data)
        assert [event.time_s for event in recording.events] == pytest.approx([-0.5, -0.35])
        assert recording.warnings == ("2 events lie before the first stored frame",)


class TestDamage:
    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(FileMissingError):
            read_c3d(tmp_path / "none.c3d")

    @pytest.mark.parametrize("data", [b"", b"{}", b"\0" * 5000, bytes(range(256)) * 40])
    def test_no_c3d_file(self, tmp_path: Path, data: bytes) -> None:
        with pytest.raises(FileFormatError, match="C3D file"):
            read(tmp_path, data)

    @pytest.mark.parametrize("cut", [1, 600, 700, 900, 1024, 1200])
    def test_cut_short(self, tmp_path: Path, cut: int) -> None:
        data = c3d_bytes(POINTS, LABELS)
        held = len(data) - 20 * 3 * 16
        with pytest.raises(FileFormatError):
            read(tmp_path, data[: held + 20 * 3 * 16 - 512 - cut])

    def test_says_how_many_frames_there_are(self, tmp_path: Path) -> None:
        data = c3d_bytes(np.ones((32, 1, 3)), ["A"])
        with pytest.raises(FileFormatError, match="it holds 31 of 32 frames"):
            read(tmp_path, data[:-1])

    def test_frames_that_take_no_room(self, tmp_path: Path) -> None:
        data = c3d_bytes(np.empty((65000, 0, 3)), [""], point={"USED": words(0)})
        with pytest.raises(FileFormatError, match="holds no points"):
            read(tmp_path, data)

    def test_frames_beyond_all_measure(self, tmp_path: Path) -> None:
        data = bytearray(c3d_bytes(POINTS, LABELS))
        at = data.index(b"ACTUAL_END_FIELD") + len("ACTUAL_END_FIELD") + 5
        data[at : at + 4] = b"\xff\xff\xff\x7f"
        recording = read(tmp_path, bytes(data))
        assert len(recording.time_s) == 20
        assert "in one place, and holds 20" in recording.warnings[0]

    def test_no_frame_rate(self, tmp_path: Path) -> None:
        with pytest.raises(FileFormatError, match="0 frames per second"):
            read(tmp_path, c3d_bytes(POINTS, LABELS, rate_hz=0.0))

    @given(
        changes=st.lists(
            st.tuples(st.integers(0, 1535), st.integers(0, 255)), min_size=1, max_size=8
        )
    )
    @settings(
        max_examples=300,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    def test_any_byte_may_be_wrong(self, tmp_path: Path, changes: list[tuple[int, int]]) -> None:
        data = bytearray(
            c3d_bytes(POINTS, LABELS, events=TestEvents.EVENTS, groups={"ANGLES": ["LKneeAngles"]})
        )
        for at, value in changes:
            data[at] = value
        with contextlib.suppress(FileFormatError):
            assert np.isfinite(read(tmp_path, bytes(data)).time_s).all()
