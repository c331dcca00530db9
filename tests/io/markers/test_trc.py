"""TRC files: what they hold in our units, and damage that is told with its line."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuropose.data import MarkerRecording, Source
from neuropose.errors import FileFormatError, FileMissingError
from neuropose.io import read_trc

POINTS = np.random.default_rng(0).uniform(-2.0, 2.0, (6, 2, 3))
DAMAGED = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def trc(
    points: np.ndarray = POINTS,
    names: tuple[str, ...] = ("LHeel", "RHeel"),
    *,
    units: str = "m",
    rate_hz: float = 50.0,
    stated_hz: float = 50.0,
    frames: int | None = None,
) -> str:
    """A TRC file as OpenSim writes it."""
    count = len(points) if frames is None else frames
    axes = "".join(f"\tX{n}\tY{n}\tZ{n}" for n in range(1, len(names) + 1))
    lines = [
        "PathFileType\t4\t(X/Y/Z)\twalk.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{stated_hz}\t{stated_hz}\t{count}\t{len(names)}\t{units}\t{stated_hz}\t1\t{count}",
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t",
        "\t" + axes,
        "",
    ]
    for frame, row in enumerate(points):
        cells = "\t".join(f"{value:.9f}" for value in row.ravel())
        lines.append(f"{frame + 1}\t{frame / rate_hz:.6f}\t{cells}")
    return "\n".join([*lines, ""])


def read(folder: Path, content: str | bytes, **options: str) -> MarkerRecording:
    path = folder / "walk.trc"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_trc(path, **options)


def test_positions_times_and_names(tmp_path: Path) -> None:
    recording = read(tmp_path, trc())
    np.testing.assert_allclose(recording.positions_mm, 1000.0 * POINTS, atol=1e-5)
    np.testing.assert_allclose(recording.time_s, np.arange(6) / 50.0)
    assert recording.names == ("LHeel", "RHeel")
    assert recording.rate_hz == pytest.approx(50.0)
    assert (recording.up, recording.up_source) == (None, None)  # the file does not say it
    assert recording.first_frame == 1
    assert recording.warnings == ()


def test_millimetres(tmp_path: Path) -> None:
    np.testing.assert_allclose(read(tmp_path, trc(units="mm")).positions_mm, POINTS, atol=1e-8)


def test_line_ends_of_windows_and_a_byte_order_mark(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + trc().replace("\n", "\r\n").encode()
    assert read(tmp_path, content) == read(tmp_path, trc())


@pytest.mark.parametrize("hole", ["NaN", "nan", "", " "])
def test_missing(tmp_path: Path, hole: str) -> None:
    lines = trc().split("\n")
    cells = lines[7].split("\t")
    cells[5:8] = [hole] * 3
    lines[7] = "\t".join(cells)
    recording = read(tmp_path, "\n".join(lines))
    assert np.isnan(recording.positions_mm[1, 1]).all()
    assert np.isnan(recording.positions_mm).sum() == 3


def test_origin_is_missing(tmp_path: Path) -> None:
    points = POINTS.copy()
    points[2, 0] = 0.0
    recording = read(tmp_path, trc(points))
    assert np.isnan(recording.marker("LHeel")[2]).all()
    assert "origin" in recording.warnings[0]


def test_tabs_at_the_end_of_a_row_are_nothing(tmp_path: Path) -> None:
    content = trc().replace("\n2\t", "\t\t\n2\t")
    assert read(tmp_path, content) == read(tmp_path, trc())


def test_units_that_are_not_stated(tmp_path: Path) -> None:
    content = trc(units="")
    with pytest.raises(FileFormatError, match="does not state the unit") as refusal:
        read(tmp_path, trc(0.05 * POINTS, units=""))
    assert "units='mm'" in str(refusal.value.hint)
    told, stated = read(tmp_path, content, units="m"), read(tmp_path, trc())
    assert (told.unit, told.unit_source) == ("m", Source.GIVEN)
    assert (stated.unit, stated.unit_source) == ("m", Source.FILE)
    assert told.model_copy(update={"unit_source": Source.FILE}) == stated


def test_rate_that_the_times_deny(tmp_path: Path) -> None:
    recording = read(tmp_path, trc(stated_hz=100.0))
    assert recording.rate_hz == pytest.approx(50.0)
    assert recording.warnings == ("the times mean 50 frames per second, the header says 100",)


def test_more_frames_than_stated(tmp_path: Path) -> None:
    recording = read(tmp_path, trc(frames=4))
    assert len(recording.time_s) == 6
    assert recording.warnings == ("6 frames, though the header says 4",)


@pytest.mark.parametrize("frames", [6, 4])
def test_rows_that_are_missing_are_missing_frames(tmp_path: Path, frames: int) -> None:
    """Not a file that was cut short: the times go on."""
    lines = trc(frames=frames).split("\n")
    recording = read(tmp_path, "\n".join(lines[:8] + lines[10:]))
    assert recording.warnings == ("2 frames are missing between 0.02 and 0.08 s",)
    assert recording.rate_hz == pytest.approx(50.0)
    np.testing.assert_allclose(recording.time_s, np.arange(6) / 50.0)
    assert np.isnan(recording.positions_mm[2:4]).all()
    np.testing.assert_allclose(recording.positions_mm[4:], 1000.0 * POINTS[4:], atol=1e-5)


def test_rows_missing_in_the_middle_and_at_the_end(tmp_path: Path) -> None:
    lines = trc(frames=9).split("\n")
    assert read(tmp_path, "\n".join(lines[:8] + lines[10:])).warnings == (
        "the TRC file is cut short: it holds 4 of 9 frames",
        "2 frames are missing between 0.02 and 0.08 s",
    )


def test_last_line_without_end(tmp_path: Path) -> None:
    recording = read(tmp_path, trc().rstrip("\n"))
    assert recording.warnings == ("the last line is unfinished: the file may be cut short",)


class TestDamage:
    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(FileMissingError):
            read_trc(tmp_path / "none.trc")

    @pytest.mark.parametrize("content", ["hello", "Coordinates\nversion=1\n"])
    def test_no_trc_file(self, tmp_path: Path, content: str) -> None:
        with pytest.raises(FileFormatError, match="this is not a TRC file"):
            read(tmp_path, content)

    def test_fewer_frames_than_stated(self, tmp_path: Path) -> None:
        recording = read(tmp_path, trc(frames=9))
        assert len(recording.time_s) == 6
        assert recording.warnings == ("the TRC file is cut short: it holds 6 of 9 frames",)

    def test_a_row_cut_short(self, tmp_path: Path) -> None:
        content = trc()
        recording = read(tmp_path, content[: content.rindex("\t")])
        assert recording.warnings == (
            "line 12 is unfinished, and was left out",
            "the TRC file is cut short: it holds 5 of 6 frames",
        )
        whole = read(tmp_path, content)
        np.testing.assert_array_equal(recording.positions_mm, whole.positions_mm[:5])
        lines = content.split("\n")
        lines[8] = lines[8][: lines[8].rindex("\t")]
        with pytest.raises(FileFormatError, match="line 9: expected 8 cells, found 7"):
            read(tmp_path, "\n".join(lines))

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("\n3\t", "\n3x\t", "line 9: '3x' is not a number"),
            ("\n3\t", "\n\t", "line 9: expected a frame number and a time"),
            ("\n3\t0.040000", "\n3\t0.010000", "times do not ascend"),
            ("\n3\t0.040000", "\n3\tinf", "line 9: expected a frame number and a time"),
            ("LHeel\t\t\tRHeel", "", "line 4: expected"),
        ],
    )
    def test_what_is_wrong_is_told(self, tmp_path: Path, old: str, new: str, message: str) -> None:
        content = trc()
        assert old in content
        with pytest.raises(FileFormatError, match=message):
            read(tmp_path, content.replace(old, new, 1))

    def test_infinite(self, tmp_path: Path) -> None:
        points = POINTS.copy()
        points[0, 0, 0] = np.inf
        assert np.isnan(read(tmp_path, trc(points)).marker("LHeel")[0]).all()

    def test_no_rows(self, tmp_path: Path) -> None:
        with pytest.raises(FileFormatError, match="holds no frames"):
            read(tmp_path, trc(POINTS[:0]))

    def test_a_header_that_does_not_say_how_many_frames(self, tmp_path: Path) -> None:
        content = trc().replace("NumFrames", "numFrames", 1)
        recording = read(tmp_path, content[: content.index("\n6\t") + 1])
        assert len(recording.time_s) == 5
        assert recording.warnings == (
            "the header does not say how many frames there are: some may be missing",
        )

    @given(at=st.integers(0, 800), value=st.integers(0, 255))
    @DAMAGED
    def test_any_byte_may_be_wrong(self, tmp_path: Path, at: int, value: int) -> None:
        data = bytearray(trc().encode())
        data[at % len(data)] = value
        with contextlib.suppress(FileFormatError):
            assert len(read(tmp_path, bytes(data)).time_s) == 6

    @given(cut=st.integers(1, 900))
    @DAMAGED
    def test_it_may_end_anywhere(self, tmp_path: Path, cut: int) -> None:
        with contextlib.suppress(FileFormatError):
            recording = read(tmp_path, trc()[:-cut])
            assert 1 <= len(recording.time_s) <= 6
            assert recording.warnings
            np.testing.assert_allclose(
                recording.positions_mm[:-1],
                1000.0 * POINTS[: len(recording.time_s) - 1],
                atol=1e-5,
            )
