"""TRC files as programs, editors and people write them: the same numbers, or the line at fault."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from tests.io.markers.test_trc import POINTS, read, trc

from neuropose.data import Source
from neuropose.errors import FileFormatError, SubjectError

PLAIN = trc()
POINTS_MM = 1000.0 * POINTS


def in_blanks(content: str) -> str:
    """As it is where an editor has made tabs blanks."""
    return re.sub("\t+", "  ", content)


def with_hole(hole: str) -> str:
    lines = PLAIN.split("\n")
    cells = lines[7].split("\t")
    lines[7] = "\t".join([*cells[:5], hole, hole, hole])
    return "\n".join(lines)


class TestSameNumbers:
    @pytest.mark.parametrize(
        "content",
        [
            PLAIN.encode("utf-16"),
            PLAIN.encode("utf-16-le"),
            PLAIN.encode("utf-16-be"),
            PLAIN.replace("walk.trc", "Füße.trc").encode("latin-1"),
            PLAIN.replace("\n", "\r").encode(),
            PLAIN.replace("\n", "\r\n").encode(),
            PLAIN.replace(".", ",").encode(),
            in_blanks(PLAIN).encode(),
            in_blanks(PLAIN.replace(".", ",")).encode(),
            PLAIN.replace("\t", ";").encode(),
            PLAIN.replace("\t", ";").replace(".", ",").encode(),
            re.sub(
                r"(?m)^(50\.0)\t(50\.0)\t6\t2\tm", r"  \1\t\t  \2\t\t  6\t\t 2\t\t m", PLAIN
            ).encode(),
            PLAIN.replace("LHeel\t\t\tRHeel\t\t", "LHeel\tRHeel").encode(),
            PLAIN.replace("\tRHeel\t\t", "\tRHeel\t\t\t\t\t").encode(),
            re.sub(r"\t+X1.*\n", "", PLAIN).encode(),
            re.sub(r"\t+X1.*\n\n", "\n", PLAIN).encode(),
            PLAIN.replace("\n1\t0", "\n\n\n1\t0").encode(),
            PLAIN.replace("PathFileType\t4\t(X/Y/Z)\twalk.trc\n", "").encode(),
            PLAIN.replace("Frame#", "frame").encode(),
            PLAIN.replace("0.753", "7.53e-1 ").replace("7.53e-1 ", "0.753").encode(),
        ],
        ids=[
            *("utf-16", "utf-16-le", "utf-16-be", "latin-1", "CR", "CRLF", "commas", "blanks"),
            *("blanks and commas", "semicolons", "semicolons and commas", "two tabs"),
            *("names side by side", "tabs after the names", "no axes", "no axes, one line less"),
            *("more empty lines", "no first line", "frame", "plain"),
        ],
    )
    def test_as_of_the_plain_file(self, tmp_path: Path, content: bytes) -> None:
        recording = read(tmp_path, content)
        assert recording.warnings == ()
        assert recording == read(tmp_path, PLAIN)

    @pytest.mark.parametrize(
        "hole",
        [
            "--",
            "-",
            "NA",
            "n/a",
            "#N/A",
            "-nan(ind)",
            "1.#QNAN0",
            "-1.#IND",
            "inf",
            "-Infinity",
            "null",
        ],
    )
    def test_a_value_that_is_missing(self, tmp_path: Path, hole: str) -> None:
        recording = read(tmp_path, with_hole(hole))
        assert np.isnan(recording.positions_mm[1, 1]).all()
        assert np.isnan(recording.positions_mm).sum() == 3
        assert recording.warnings == ()

    def test_a_point_of_which_one_coordinate_is_missing(self, tmp_path: Path) -> None:
        lines = PLAIN.split("\n")
        cells = lines[7].split("\t")
        lines[7] = "\t".join([*cells[:6], "", cells[7]])
        assert np.isnan(read(tmp_path, "\n".join(lines)).positions_mm[1, 1]).all()

    def test_blanks_in_a_name(self, tmp_path: Path) -> None:
        assert read(tmp_path, PLAIN.replace("LHeel", "l heel")).names == ("l heel", "RHeel")


class TestColumns:
    def test_without_names(self, tmp_path: Path) -> None:
        recording = read(tmp_path, PLAIN.replace("LHeel\t\t\tRHeel", "LHeel"))
        assert recording.names == ("LHeel",)
        np.testing.assert_allclose(recording.positions_mm, POINTS_MM[:, :1], atol=1e-5)
        assert recording.warnings == ("left out: markers without a name (1)",)

    def test_without_a_name_between_others(self, tmp_path: Path) -> None:
        recording = read(tmp_path, PLAIN.replace("Time\tLHeel", "Time\t"))
        assert recording.names == ("RHeel",)
        np.testing.assert_allclose(recording.positions_mm, POINTS_MM[:, 1:], atol=1e-5)

    @pytest.mark.parametrize("with_count", [True, False])
    def test_no_line_of_names(self, tmp_path: Path, with_count: bool) -> None:
        content = re.sub("Frame#.*\n", "", PLAIN)
        content = content if with_count else content.replace("NumFrames", "Frames")
        with pytest.raises(FileFormatError, match="line 4: expected Frame#, Time and the names"):
            read(tmp_path, content)
        with pytest.raises(FileFormatError, match="line 4: expected Frame#, Time and the names"):
            read(tmp_path, re.sub(r"\t+X1.*\n", "", content))

    def test_subjects(self, tmp_path: Path) -> None:
        content = PLAIN.replace("LHeel", "Ann:LHeel").replace("RHeel", "Bob:LHeel")
        assert "none was chosen" in read(tmp_path, content).warnings[0]
        bob = read(tmp_path, content, subject="Bob")
        np.testing.assert_allclose(bob.marker("LHeel"), POINTS_MM[:, 1], atol=1e-5)
        with pytest.raises(SubjectError):
            read(tmp_path, content, subject="Eve")


class TestTimes:
    def rounded(self, digits: int, rate_hz: float) -> str:
        points = np.random.default_rng(1).uniform(-2.0, 2.0, (90, 2, 3))
        lines = trc(points, stated_hz=rate_hz, rate_hz=rate_hz).split("\n")
        for at in range(6, 96):
            number, time_s, *cells = lines[at].split("\t")
            lines[at] = "\t".join([number, f"{float(time_s):.{digits}f}", *cells])
        return "\n".join(lines)

    @pytest.mark.parametrize(
        ("digits", "rate_hz"), [(2, 150.0), (2, 240.0), (1, 25.0), (3, 2000.0)]
    )
    def test_that_repeat_as_they_are_rounded(
        self, tmp_path: Path, digits: int, rate_hz: float
    ) -> None:
        recording = read(tmp_path, self.rounded(digits, rate_hz))
        np.testing.assert_allclose(recording.time_s, np.arange(90) / rate_hz, atol=1e-9)
        assert recording.rate_hz == rate_hz
        assert recording.warnings == (
            "times repeat, as they are rounded: those of the frames were taken, at "
            f"{rate_hz:g} frames per second",
        )

    @pytest.mark.parametrize("time", ["0.500000", "0.000000"])
    def test_that_do_not_ascend(self, tmp_path: Path, time: str) -> None:
        with pytest.raises(FileFormatError, match=r"the times do not ascend: that of frame [34]"):
            read(tmp_path, PLAIN.replace("\n3\t0.040000", f"\n3\t{time}"))

    def test_that_repeat_without_a_rate(self, tmp_path: Path) -> None:
        content = self.rounded(2, 150.0).replace("DataRate\tCamera", "Rate\tCamera", 1)
        with pytest.raises(FileFormatError):
            read(tmp_path, content)


class TestEnds:
    @pytest.mark.parametrize("rows", [1, 3, 5])
    def test_whole_rows_are_used(self, tmp_path: Path, rows: int) -> None:
        content = PLAIN[: PLAIN.index(f"\n{rows + 1}\t0.") + 1]
        recording = read(tmp_path, content)
        np.testing.assert_allclose(recording.positions_mm, POINTS_MM[:rows], atol=1e-5)
        assert recording.warnings == (f"the TRC file is cut short: it holds {rows} of 6 frames",)

    def test_a_number_that_is_cut_is_not_used(self, tmp_path: Path) -> None:
        content = PLAIN[: PLAIN.index("\n5\t0.") - 6]
        recording = read(tmp_path, content)
        np.testing.assert_allclose(recording.positions_mm, POINTS_MM[:3], atol=1e-5)
        assert recording.warnings[0] == "line 10 is unfinished, and was left out"

    def test_an_empty_file(self, tmp_path: Path) -> None:
        with pytest.raises(FileFormatError, match="the TRC file is empty: it has 0 bytes"):
            read(tmp_path, "")

    def test_a_first_line_alone(self, tmp_path: Path) -> None:
        with pytest.raises(FileFormatError, match="line 2: expected DataRate"):
            read(tmp_path, "PathFileType\n")


class TestUnits:
    @pytest.mark.parametrize("header", ["50.0\t50.0\t6\t2\t", "50.0\t50.0\t6\t2"])
    @pytest.mark.parametrize(("unit", "size"), [("mm", 1000.0), ("cm", 100.0), ("m", 1.0)])
    def test_that_are_not_stated(self, tmp_path: Path, header: str, unit: str, size: float) -> None:
        body = np.array([[0.1, 1.7, 0.2], [0.1, 0.0, 0.3]]) + 0.01 * POINTS
        content = trc(size * body, units="").replace("50.0\t50.0\t6\t2\t\t", f"{header}\t")
        recording = read(tmp_path, content)
        np.testing.assert_allclose(recording.positions_mm, 1000.0 * body, atol=1e-5)
        assert (recording.unit, recording.unit_source) == (unit, Source.ASSUMED)
        assert f"{unit} was assumed" in recording.warnings[0]

    def test_a_key_that_is_not_there(self, tmp_path: Path) -> None:
        content = PLAIN.replace("\tUnits", "").replace("\t2\tm\t", "\t2\t")
        assert read(tmp_path, content).unit_source is Source.ASSUMED


def test_columns_of_which_nobody_tells_whose_they_are(tmp_path: Path) -> None:
    content = in_blanks(PLAIN.replace("LHeel\t\t\tRHeel", "LHeel"))
    with pytest.raises(
        FileFormatError, match="line 4: there are 1 names, and columns of 2 markers"
    ):
        read(tmp_path, content)
