"""C3D files as programs write them: each kind in small, with the numbers that are right."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.io.c3d_files import DEC, INTEL, MIPS, c3d_bytes, floats, text, words

from neuropose.data import MarkerRecording, Source
from neuropose.errors import FileFormatError, SubjectError
from neuropose.io import read_c3d

LABELS = ("LKNE", "LANK", "LHEE")
BODY_MM = np.array([[0.0, 0.0, 1700.0], [100.0, 50.0, 900.0], [20.0, -30.0, 40.0]])
WALK_MM = BODY_MM + np.linspace(0.0, 1180.0, 60)[:, None, None] * [1.0, 0.0, 0.0]


def read(folder: Path, data: bytes, **options: str) -> MarkerRecording:
    path = folder / "trial.c3d"
    path.write_bytes(data)
    return read_c3d(path, **options)


def walk(**options: Any) -> bytes:
    return c3d_bytes(WALK_MM, LABELS, **options)


class TestProcessors:
    @pytest.mark.parametrize("processor", [INTEL, DEC, MIPS])
    @pytest.mark.parametrize("scale", [-1.0, 0.1])
    def test_any(self, tmp_path: Path, processor: int, scale: float) -> None:
        data = walk(processor=processor, scale=scale, rate_hz=60.0, first_frame=3, analog=5)
        recording = read(tmp_path, data)
        np.testing.assert_allclose(recording.positions_mm, WALK_MM, atol=0.06)
        assert recording.rate_hz == 60.0
        assert (recording.names, recording.first_frame) == (LABELS, 3)
        assert recording.warnings == ()

    def test_one_that_is_unknown_is_named(self, tmp_path: Path) -> None:
        data = bytearray(walk())
        data[515] = 99
        with pytest.raises(FileFormatError, match="processor of unknown type 99"):
            read(tmp_path, bytes(data))


class TestParameters:
    def test_one_that_is_there_twice(self, tmp_path: Path) -> None:
        twice = {"PROCESSING": [("BODYMASS", floats(70.0)), ("BODYMASS", floats(71.0))]}
        assert read(tmp_path, walk(more=twice)) == read(tmp_path, walk())

    def test_an_offset_in_floats(self, tmp_path: Path) -> None:
        offset = {"ANALOG": [("OFFSET", floats([0.0])), ("SCALE", floats([1.0]))]}
        assert read(tmp_path, walk(more=offset)) == read(tmp_path, walk())

    def test_names_in_small_letters(self, tmp_path: Path) -> None:
        data = walk().replace(b"UNITS", b"Units").replace(b"LABELS", b"Labels")
        assert read(tmp_path, data) == read(tmp_path, walk())

    def test_texts_that_end_with_zeros(self, tmp_path: Path) -> None:
        data = walk(units="mm\0\0").replace(b"LKNELANK", b"LKN\0LA\0\0")
        assert read(tmp_path, data).names == ("LKN", "LA", "LHEE")

    def test_a_description_without_room(self, tmp_path: Path) -> None:
        empty = {"DESCRIPTIONS": (-1, (0, 0), b"")}
        assert read(tmp_path, walk(point=empty)) == read(tmp_path, walk())

    def test_a_place_of_the_points_in_the_header_only(self, tmp_path: Path) -> None:
        assert read(tmp_path, walk(point={"DATA_START": words(0)})) == read(tmp_path, walk())

    def test_no_place_of_the_points_in_the_header(self, tmp_path: Path) -> None:
        assert read(tmp_path, walk(header={"data_block": 0})) == read(tmp_path, walk())

    def test_a_rate_in_the_header_only(self, tmp_path: Path) -> None:
        assert read(tmp_path, walk(point={"RATE": floats(0.0)})) == read(tmp_path, walk())


class TestFrames:
    def test_more_than_a_word_holds(self, tmp_path: Path) -> None:
        heights = np.zeros((70_000, 1, 3))
        heights[:, 0, 2] = np.arange(1.0, 70_001.0)
        data = c3d_bytes(heights, ["A"], point={"FRAMES": words(0xFFFF)})
        recording = read(tmp_path, data)
        assert len(recording.time_s) == 70_000
        assert recording.positions_mm[-1, 0, 2] == 70_000.0
        assert recording.warnings == ()

    def test_more_than_a_word_holds_as_a_float(self, tmp_path: Path) -> None:
        data = c3d_bytes(
            np.ones((70_000, 2, 3)), "AB", trial=False, point={"LONG_FRAMES": floats(70_000.0)}
        )
        assert len(read(tmp_path, data).time_s) == 70_000

    def test_a_count_that_is_nowhere(self, tmp_path: Path) -> None:
        frames = 70_000  # of 64 bytes each: less than a block is left over
        recording = read(tmp_path, c3d_bytes(np.ones((frames, 4, 3)), "ABCD", trial=False))
        assert len(recording.time_s) == frames
        assert recording.warnings == (
            f"the C3D file does not state how many frames it has: it holds {frames}",
        )

    def test_numbered_from_0(self, tmp_path: Path) -> None:
        data = walk(first_frame=0, trial=False, events=[("RTO", "", 0.1)])
        recording = read(tmp_path, data)
        assert (recording.first_frame, len(recording.time_s)) == (0, 60)
        assert recording.warnings == ()
        assert recording.events[0].time_s == pytest.approx(0.1)

    @pytest.mark.parametrize(
        ("options", "stated"),
        [
            ({"point": {"FRAMES": words(61)}, "trial": False}, 61),
            ({"header": {"last": 59}, "trial": False}, 60),
            ({"header": {"first": 0}, "trial": False}, 61),
        ],
    )
    def test_header_and_parameter_that_differ_by_one(
        self, tmp_path: Path, options: Mapping[str, Any], stated: int
    ) -> None:
        room = np.repeat(WALK_MM, 20, axis=1)  # a frame of more than a block
        labels = [f"M{n}" for n in range(60)]
        recording = read(tmp_path, c3d_bytes(room, labels, **options))
        np.testing.assert_allclose(recording.positions_mm, room, atol=1e-3)
        told = (f"the C3D file states {stated} frames in one place, and holds 60",)
        assert recording.warnings == (told if stated > 60 else ())

    def test_cut_short_though_the_header_overflows(self, tmp_path: Path) -> None:
        data = c3d_bytes(np.ones((70_000, 1, 3)), ["A"])
        with pytest.raises(FileFormatError, match=r"it holds 6[0-9]{4} of 70000 frames"):
            read(tmp_path, data[: -16 * 2000])

    def test_a_trial_that_begins_late(self, tmp_path: Path) -> None:
        data = c3d_bytes(
            WALK_MM,
            [f"Ann:{label}" for label in LABELS],
            first_frame=725,
            events=[("Foot Strike", "Left", 7.34)],
        )
        recording = read(tmp_path, data)
        assert (recording.names, recording.first_frame) == (LABELS, 725)
        assert recording.events[0].time_s == pytest.approx(0.10)


class TestAnalogue:
    """Nobody asked for it, but it lies between the points."""

    @pytest.mark.parametrize(
        ("header", "channels"),
        [
            ({"analog": 12, "analog_rate": 4}, 3),
            ({"analog": 3, "analog_rate": 4}, 3),
            ({"analog": 12, "analog_rate": 4}, 12),
            ({"analog": 0, "analog_rate": 4}, 3),
        ],
        ids=["in all", "channels", "parameter wrong", "parameter only"],
    )
    def test_its_samples_in_whatever_way_they_are_counted(
        self, tmp_path: Path, header: Mapping[str, int], channels: int
    ) -> None:
        used = {"ANALOG": [("RATE", floats(400.0))]}
        data = walk(analog=12, channels=channels, header=header, more=used)
        recording = read(tmp_path, data)
        np.testing.assert_allclose(recording.positions_mm, WALK_MM, atol=1e-3)
        assert recording.warnings == ()


class TestScale:
    def test_of_floats_does_not_matter(self, tmp_path: Path) -> None:
        data = walk(point={"SCALE": floats(-0.1)})
        assert read(tmp_path, data) == read(tmp_path, walk())

    @pytest.mark.parametrize(
        ("header", "parameter"), [(0.1, 0.025), (0.4, 0.1), (0.1, 0.9)], ids=str
    )
    def test_of_integers_is_that_of_a_body(
        self, tmp_path: Path, header: float, parameter: float
    ) -> None:
        data = walk(scale=0.1, header={"scale": header}, point={"SCALE": floats(parameter)})
        recording = read(tmp_path, data)
        np.testing.assert_allclose(recording.positions_mm, WALK_MM, atol=0.06)
        [note] = recording.warnings
        assert "0.1 was taken, in which the markers span 1.7 m, not" in note

    def test_that_is_nowhere(self, tmp_path: Path) -> None:
        data = walk(scale=0.1, header={"scale": 0.0}, point={"SCALE": floats(0.0)})
        with pytest.raises(FileFormatError, match="C3D file"):
            read(tmp_path, data[:-600])


class TestUnits:
    @pytest.mark.parametrize(
        ("unit", "size_mm"),
        [
            *(("mete", 1000.0), ("Meters", 1000.0), ("metres", 1000.0), ("M", 1000.0)),
            *(("mill", 1.0), ("[mm]", 1.0), ("Millimetres", 1.0), ("centi", 10.0)),
            *(("inch", 25.4), ("dm", 100.0)),
        ],
    )
    def test_as_they_are_spelled(self, tmp_path: Path, unit: str, size_mm: float) -> None:
        recording = read(tmp_path, c3d_bytes(WALK_MM / size_mm, LABELS, units=unit))
        np.testing.assert_allclose(recording.positions_mm, WALK_MM, atol=1e-3)
        assert (recording.unit, recording.unit_source) == (unit, Source.FILE)

    @pytest.mark.parametrize(("unit", "size_mm"), [("mm", 1.0), ("cm", 10.0), ("m", 1000.0)])
    def test_that_are_not_stated(self, tmp_path: Path, unit: str, size_mm: float) -> None:
        recording = read(tmp_path, c3d_bytes(WALK_MM / size_mm, LABELS, units=None))
        np.testing.assert_allclose(recording.positions_mm, WALK_MM, atol=1e-3)
        assert (recording.unit, recording.unit_source) == (unit, Source.ASSUMED)
        assert recording.warnings == (
            f"the C3D file does not state its unit: {unit} was assumed, in which the markers span "
            "1.7 m",
        )

    def test_that_are_not_known(self, tmp_path: Path) -> None:
        with pytest.raises(FileFormatError, match="'ells', which the C3D file states") as refusal:
            read(tmp_path, walk(units="ells"))
        assert refusal.value.hint == "known are mm, cm, dm, m, in: units='mm'"
        np.testing.assert_allclose(
            read(tmp_path, walk(units="ells"), units="mm").positions_mm, WALK_MM, atol=1e-3
        )


class TestWithoutPositions:
    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (b"", "the C3D file is empty: it has 0 bytes"),
            (b"PathFileType", "this is not a C3D file"),
            (b"\x02P" + 400 * b"\0", "cut short: it ends before its parameters do"),
            (
                c3d_bytes(np.empty((9, 0, 3)), [""], more={"ROTATION": [("USED", words(21))]}),
                "rotations of 21 segments, and no points",
            ),
            (
                c3d_bytes(np.empty((9, 0, 3)), [""], analog=8, header={"analog": 8}),
                "analogue channels only, and no points",
            ),
            (c3d_bytes(np.empty((9, 0, 3)), [""]), "holds no points"),
            (
                walk(groups={"ANGLES": ["LKNE", "LANK"], "POWERS": ["LHEE"]}),
                "curves of angles or forces, and no positions",
            ),
            (c3d_bytes(WALK_MM[:0], LABELS), "holds no frames"),
        ],
        ids=[
            *("empty", "text", "header only", "rotations", "analogue", "nothing", "curves"),
            "no frames",
        ],
    )
    def test_it_says_what_it_is(self, tmp_path: Path, data: bytes, said: str) -> None:
        with pytest.raises(FileFormatError) as refusal:
            read(tmp_path, data)
        assert said in refusal.value.message
        assert "damaged" not in refusal.value.message
        assert refusal.value.hint


class TestSubjects:
    LABELS = ("Ann:LKNE", "Ann:LHEE", "Bob:LKNE", "Bob:LHEE", "*4")
    POINTS = 100.0 * np.arange(2 * 5 * 3).reshape(2, 5, 3) + 1.0

    def test_one_is_chosen(self, tmp_path: Path) -> None:
        recording = read(tmp_path, c3d_bytes(self.POINTS, self.LABELS), subject="Bob")
        assert recording.names == ("LKNE", "LHEE")
        np.testing.assert_array_equal(recording.positions_mm, self.POINTS[:, 2:4])
        assert (recording.subjects, recording.subject) == (("Ann", "Bob"), "Bob")
        assert recording.warnings == ()

    def test_one_that_there_is_not(self, tmp_path: Path) -> None:
        with pytest.raises(SubjectError, match="no subject of that name") as refusal:
            read(tmp_path, c3d_bytes(self.POINTS, self.LABELS), subject="Bop")
        assert refusal.value.hint == "did you mean Bob? there are Ann, Bob"
        with pytest.raises(SubjectError, match="its markers are of one"):
            read(tmp_path, walk(), subject="Ann")

    def test_parts_of_one_body_are_no_subjects(self, tmp_path: Path) -> None:
        labels = ("Trunk:C7", "Trunk:C7", "Foot:LHEE", "C7", "*4")
        recording = read(tmp_path, c3d_bytes(self.POINTS, labels))
        assert recording.names == ("C7", "C7#2", "LHEE", "C7#3", "*4")
        assert (recording.subjects, recording.warnings) == ((), ("3 markers are called C7",))

    def test_names_that_are_made_unique_stay_so(self, tmp_path: Path) -> None:
        labels = ("A", "A", "A#2", "B", "A")
        names = read(tmp_path, c3d_bytes(self.POINTS, labels)).names
        assert len(set(names)) == 5
        assert names[:2] == ("A", "A#2")


class TestEvents:
    @pytest.mark.parametrize(
        ("label", "context", "side"),
        [
            *(("LHS", "", "Left"), ("RTO", "", "Right"), ("LOFF", "", "Left")),
            *(("R_IC", "", "Right"), ("Left Foot Off", "", "Left"), ("right event", "", "Right")),
            *(("Foot Strike", "Left", "Left"), ("RHS", "General", "Right")),
            *(("Foot Strike", "", "General"), ("LOAD", "", "General"), ("ROTATE", "", "General")),
        ],
    )
    def test_their_side(self, tmp_path: Path, label: str, context: str, side: str) -> None:
        [event] = read(tmp_path, walk(events=[(label, context, 0.25)])).events
        assert (event.label, event.context, event.time_s) == (label, side, 0.25)

    def test_times_in_seconds_alone(self, tmp_path: Path) -> None:
        events = {"EVENT": [("LABELS", text("LHS", "RTO")), ("TIMES", floats([0.1, 0.2]))]}
        times = [event.time_s for event in read(tmp_path, walk(more=events)).events]
        assert times == pytest.approx([0.1, 0.2])

    def test_times_that_are_none(self, tmp_path: Path) -> None:
        recording = read(tmp_path, walk(events=[("LHS", "", 0.1), ("RTO", "", np.nan)]))
        assert [event.label for event in recording.events] == ["LHS"]
        assert recording.warnings == ("left out: 1 event without a time",)

    def test_more_labels_than_times(self, tmp_path: Path) -> None:
        events = {"EVENT": [("LABELS", text("LHS", "RTO", "RHS")), ("TIMES", floats([0.1]))]}
        recording = read(tmp_path, walk(more=events))
        assert recording.events == ()
        assert "the events were left out: 3 labels" in recording.warnings[0]


def test_coordinates_that_no_room_has_are_missing(tmp_path: Path) -> None:
    points = WALK_MM.copy()
    points[4, 1] = [1e30, 0.0, 0.0]
    recording = read(tmp_path, c3d_bytes(points, LABELS))
    assert np.isnan(recording.positions_mm[4, 1]).all()
    assert np.isnan(recording.positions_mm).sum() == 3


@pytest.mark.parametrize(("units", "span"), [("m", "1.66e+03"), ("in", None), ("cm", None)])
def test_a_unit_in_which_nobody_fits_is_doubted(
    tmp_path: Path, units: str, span: str | None
) -> None:
    warnings = read(tmp_path, walk(units=units)).warnings
    said = f"in {units} the markers span {span} m: the unit may be another one"
    assert warnings == (() if span is None else (said,))


def test_points_where_the_parameter_says_and_not_the_header(tmp_path: Path) -> None:
    assert read(tmp_path, walk(header={"data_block": 2})) == read(tmp_path, walk())


def test_more_frames_recorded_than_exported(tmp_path: Path) -> None:
    recorded = {"TRIAL": [("ACTUAL_START_FIELD", words(1, 0)), ("ACTUAL_END_FIELD", words(900, 0))]}
    data = walk(trial=False, more=recorded) + 2000 * b"\0"
    recording = read(tmp_path, data)
    np.testing.assert_allclose(recording.positions_mm, WALK_MM, atol=1e-3)
    assert recording.warnings == ("the C3D file states 900 frames in one place, and holds 60",)
