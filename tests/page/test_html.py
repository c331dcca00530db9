"""The page says what the report says, shows every text as text, and asks for nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import compress
from pathlib import Path

import pytest

from neuropose.analyzer import PoseSequence
from neuropose.analyzer.tasks.registry import TASKS
from neuropose.data import Measure, Report, ReportProvenance, Table
from neuropose.errors import VideoError
from neuropose.page import Played, write_page
from neuropose.page.html import MOST_ROWS
from neuropose.testing import (
    simulate_sit_to_stand,
    simulate_walk,
    swing_arms,
    synthetic_predictions,
    write_numbered_video,
)


class Reader(HTMLParser):
    """Collects the numbers, the texts and the elements of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.measures: dict[str, tuple[float, str]] = {}
        self.tables: dict[str, list[list[str | float]]] = {}
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._data: tuple[str | None, float] | None = None
        self._rows: list[list[str | float]] | None = None
        self._inside: list[str] = []
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.elements.append((tag, values))
        self._inside.append(tag)
        if tag == "data":
            self._data = values.get("data-measure"), float(values["value"] or "nan")
        if tag == "table" and values.get("data-table"):
            self._rows = self.tables.setdefault(str(values["data-table"]), [])
        if self._rows is not None:
            if tag == "tr":
                self._rows.append([])
            elif tag in ("td", "th"):
                self._rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._rows = None
        if tag == "data":
            self._data = None
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._inside and self._inside[-1] in ("script", "style"):
            return
        self.texts.append(data)
        if self._data is not None and self._data[0]:
            self.measures[self._data[0]] = self._data[1], data
        if self._rows and self._rows[-1]:
            known = self._data
            self._rows[-1][-1] = known[1] if known is not None else f"{self._rows[-1][-1]}{data}"

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())


@pytest.fixture(scope="module")
def page(walk: PoseSequence, report: Report, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_page(path, report, Played(walk), code="S01", date="1 March 2026")
    return Reader(path)


class TestNumbers:
    def test_every_value_is_that_of_the_report(self, page: Reader, report: Report) -> None:
        wanted = {
            name: measure.value
            for name, measure in report.measures.items()
            if measure.value is not None and not name.endswith("_log_ratio")
        }
        assert {name: value for name, (value, _) in page.measures.items()} == wanted

    def test_what_is_read_is_the_value_rounded(self, page: Reader, report: Report) -> None:
        value, text = page.measures["stance_left"]
        error, sd = report.measures["stance_left"].standard_error, report.measures["stance_left"].sd
        assert text == f"{value:.1f} ± {error:.1f} (SD {sd:.1f})"

    def test_every_stride_is_there(self, page: Reader, report: Report) -> None:
        _, *rows = page.tables["strides"]
        table = report.tables["strides"]
        kept = [not each.name.endswith("_standard_error") for each in table.columns]
        assert len(rows) == len(table.rows)
        for row, cells in zip(rows, table.rows, strict=True):
            assert [cell for cell in row if isinstance(cell, float)] == [
                cell for cell in compress(cells, kept) if isinstance(cell, float)
            ]

    def test_a_stride_has_its_errors_beside_its_values(self, page: Reader, report: Report) -> None:
        table = report.tables["strides"]
        value, error = (table.column(f"stance{end}")[0] for end in ("", "_standard_error"))
        assert f"{value:.1f} ± {error:.1f}" in page.text

    def test_a_stride_that_is_left_out_is_seen_to_be(self, tmp_path: Path) -> None:
        cells = {"side": (None, ["left", "right"]), "excluded": (None, [None, "turning"])}
        write_page(tmp_path / "a.html", _report(tables={"strides": Table.from_columns(cells)}))
        reader = Reader(tmp_path / "a.html")
        _, *rows = reader.tables["strides"]
        assert [row[0] for row in rows] == ["left", "right (excluded)"]
        [out] = [of for tag, of in reader.elements if tag == "tr" and of.get("class") == "excluded"]
        assert out["title"] == "turning"

    def test_what_has_no_value_has_its_reason(self, page: Reader, report: Report) -> None:
        reasons = {each.reason for each in report.measures.values() if each.reason}
        assert reasons
        for reason in reasons:
            assert reason in page.text

    def test_every_warning_is_there(self, page: Reader, report: Report) -> None:
        said = [*report.warnings, *(w for each in report.measures.values() for w in each.warnings)]
        assert said
        for warning in said:
            assert warning in page.text

    def test_a_long_table_is_cut_and_says_so(self, tmp_path: Path) -> None:
        rows = MOST_ROWS + 1
        table = Table.from_columns({"interval": ("s", [0.5] * rows)})
        write_page(tmp_path / "long.html", _report(tables={"repetitions": table}))
        reader = Reader(tmp_path / "long.html")
        assert len(reader.tables["repetitions"]) == MOST_ROWS + 1  # its head
        assert f"{rows} rows, the first {MOST_ROWS} shown" in reader.text


class TestWho:
    def test_it_is_known_by_its_code(self, page: Reader) -> None:
        assert "Gait S01" in page.text
        assert "1 March 2026" in page.text

    def test_without_a_code_by_the_hash_of_its_file(self, report: Report, tmp_path: Path) -> None:
        write_page(tmp_path / "anna.html", report)
        reader = Reader(tmp_path / "anna.html")
        assert "recording 01234567" in reader.text
        assert "date not given" in reader.text
        assert "anna" not in reader.source

    def test_markup_in_any_text_is_shown(self, walk: PoseSequence, tmp_path: Path) -> None:
        evil = "<script>alert('x')</script>"
        measures = {"score": Measure(value=1.0, unit="<u>", n=1, warnings=(f"w {evil}",))}
        measures["other"] = Measure.missing("s", f"r {evil}")
        report = _report(
            measures=measures,
            warnings=(f"first {evil}",),
            parameters={"<b>": evil},
            tables={"notes": Table.from_columns({"note": (None, [f"n {evil}"])})},
        )
        write_page(tmp_path / "evil.html", report, Played(walk), code=evil, date=f"d {evil}")
        reader = Reader(tmp_path / "evil.html")
        for before in ("", "w ", "r ", "first ", "d ", "n "):
            assert f"{before}{evil}" in reader.text
        assert len([tag for tag, _ in reader.elements if tag == "script"]) == 2
        assert not {tag for tag, _ in reader.elements} & {"u", "b"}

    def test_a_mark_cannot_end_the_script(self, walk: PoseSequence, tmp_path: Path) -> None:
        table = Table.from_columns(
            {
                "phase": (None, ["</script><script>alert(1)</script>"]),
                "start": ("s", [1.0]),
                "end": ("s", [2.0]),
            }
        )
        write_page(tmp_path / "evil.html", _report(tables={"phases": table}), Played(walk))
        reader = Reader(tmp_path / "evil.html")
        assert len([tag for tag, _ in reader.elements if tag == "script"]) == 2


class TestAlone:
    def test_nothing_is_loaded(self, page: Reader) -> None:
        for tag, values in page.elements:
            assert tag not in ("link", "iframe", "object", "embed", "img")
            assert not set(values) & {"src", "srcset", "background", "action", "ping"}
        style = re.search(r"<style>(.*?)</style>", page.source, re.DOTALL)
        assert style
        assert "url(" not in style[1]
        assert "@import" not in style[1]

    def test_it_forbids_itself_any_request(self, page: Reader) -> None:
        [policy] = [
            str(values["content"]) for tag, values in page.elements if values.get("http-equiv")
        ]
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules["default-src"] == "'none'"
        assert "connect-src" not in rules
        assert rules["script-src"].startswith("'sha256-")

    def test_equal_reports_give_equal_bytes(
        self, walk: PoseSequence, report: Report, page: Reader, tmp_path: Path
    ) -> None:
        write_page(tmp_path / "again.html", report, Played(walk), code="S01", date="1 March 2026")
        assert (tmp_path / "again.html").read_text(encoding="utf-8") == page.source

    def test_a_report_alone_has_no_script(self, report: Report, tmp_path: Path) -> None:
        write_page(tmp_path / "report.html", report)
        reader = Reader(tmp_path / "report.html")
        assert "script" not in {tag for tag, _ in reader.elements}
        assert reader.measures


class TestTasks:
    @pytest.mark.parametrize("task", [name for name in TASKS if name != "gait"])
    def test_every_task_has_a_page(self, task: str, walk: PoseSequence, tmp_path: Path) -> None:
        recordings = {
            "sit-to-stand": lambda: simulate_sit_to_stand().sequence,
            "arm-swing": lambda: swing_arms(simulate_walk()).sequence,
        }
        recording = recordings.get(task, lambda: walk)()
        report = TASKS[task].run(recording)
        write_page(tmp_path / "page.html", report, Played(recording))
        reader = Reader(tmp_path / "page.html")
        known = [name for name, each in report.measures.items() if each.value is not None]
        assert sorted(reader.measures) == sorted(known)

    def test_a_recording_that_cannot_be_prepared_is_played(
        self, walk: PoseSequence, tmp_path: Path
    ) -> None:
        short = walk.slice(0.0, 0.05)
        report = TASKS["gait"].run(short)
        write_page(tmp_path / "page.html", report, Played(short))
        reader = Reader(tmp_path / "page.html")
        assert "0.1 s, 4 frames" in reader.text
        assert str(report.measures["cadence"].reason) in reader.text


class TestVideo:
    def test_that_of_other_predictions_is_refused(self, report: Report, tmp_path: Path) -> None:
        predictions = synthetic_predictions(12, width=320, height=240)
        sequence = PoseSequence.from_predictions(predictions)
        video = write_numbered_video(tmp_path / "clip.mp4", 9, width=320, height=240)
        with pytest.raises(VideoError, match="another video"):
            write_page(tmp_path / "page.html", report, Played(sequence, (), predictions, video))
        assert not (tmp_path / "page.html").exists()


def _report(**fields: object) -> Report:
    values: dict[str, object] = {
        "task": "reach",
        "measures": {},
        "provenance": ReportProvenance(neuropose_version="0.1.0"),
    }
    return Report.model_validate(values | fields)
