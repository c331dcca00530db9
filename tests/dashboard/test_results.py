"""Results of jobs: shown in place, downloaded, exported, compared and over time."""

from __future__ import annotations

import csv
import io
import os
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.dashboard.served import Site, completed, served

from neuropose.analyzer import analyze_gait, gait_report
from neuropose.dashboard.pages import results
from neuropose.dashboard.result_listing import ResultFile
from neuropose.data import Report
from neuropose.io import save_report
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence

VIDEO = bytes(range(256)) * 40
NAMES = ("<script>alert(1)<b>", "ben", "clara")


def gait(speed_m_s: float) -> Report:
    walk = simulate_walk(WalkerParameters(speed_m_s=speed_m_s, duration_s=8.0)).with_noise(1.0)
    return gait_report(analyze_gait(walker_sequence(walk)))


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    return dict(zip(NAMES, map(gait, (0.9, 1.0, 1.2)), strict=True))


@pytest.fixture(scope="module")
def site(reports: dict[str, Report], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("data")
    with served(root) as found:
        found.data.put_reports(
            reports,
            session={"code": "S<b>01"},
            videos={"video_01.overlay.mp4": VIDEO},
        )
        (found.layout.out / "ben" / "link.json").symlink_to("/etc/passwd")
        (found.layout.root / "secret.txt").write_text("secret")
        yield found


def key_of(site: Site, job: str, name: str) -> str:
    text = site.ask("GET", f"/jobs/{job}/results").text
    found = re.search(rf'/files/([0-9a-f]+)" download>{re.escape(name)}<', text)
    assert found is not None
    return found[1]


class TestResults:
    def test_the_files_are_listed_and_sent(self, site: Site) -> None:
        text = site.ask("GET", "/jobs/2/results").text
        assert "video_01.gait.json" in text
        assert "link.json" not in text
        key = key_of(site, "2", "video_01.overlay.mp4")
        answer = site.ask("GET", f"/jobs/2/files/{key}")
        assert answer.body == VIDEO
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"

    def test_parts_of_a_video(self, site: Site) -> None:
        key = key_of(site, "2", "video_01.overlay.mp4")
        answer = site.ask("GET", f"/jobs/2/files/{key}?play", Range="bytes=100-299")
        assert answer.status == 206
        assert answer.body == VIDEO[100:300]
        assert answer.headers["content-type"] == "video/mp4"
        answer = site.ask("GET", f"/jobs/2/files/{key}", Range=f"bytes={len(VIDEO)}-")
        assert answer.status == 416

    @pytest.mark.skipif(sys.platform != "linux", reason="names are Unicode there")
    def test_a_name_that_is_not_utf_8(self, site: Site) -> None:
        file = site.layout.out / "clara" / os.fsdecode(b"walk\xff\n.csv")
        file.write_bytes(b"1,2")
        try:
            key = key_of(site, "3", "walk\ufffd\\n.csv")
            answer = site.ask("GET", f"/jobs/3/files/{key}")
        finally:
            file.unlink()
        assert (answer.status, answer.body) == (200, b"1,2")
        assert "\n" not in answer.headers["content-disposition"]

    def test_a_file_that_was_removed_after_it_was_listed(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gone = ResultFile("a" * 20, "gone.mp4", site.layout.out / "gone.mp4", 5)
        monkeypatch.setattr(
            "neuropose.dashboard.pages.results.files_of", lambda _: {gone.key: gone}
        )
        for query in ("", "?play"):
            assert site.ask("GET", f"/jobs/2/files/{gone.key}{query}").status == 404

    def test_a_page_of_html_is_never_one_of_this_site(self, site: Site) -> None:
        key = key_of(site, "2", "video_01.gait.html")
        answer = site.ask("GET", f"/jobs/2/files/{key}")
        assert answer.headers["content-type"] == "application/octet-stream"
        answer = site.ask("GET", f"/jobs/2/view/{key}")
        assert answer.status == 200
        assert answer.headers["content-security-policy"].startswith("sandbox allow-scripts")
        assert "allow-same-origin" not in answer.headers["content-security-policy"]
        key = key_of(site, "2", "results.json")
        assert site.ask("GET", f"/jobs/2/view/{key}").status == 404

    @pytest.mark.parametrize(
        "file",
        [
            *("../../secret.txt", "..%2f..%2fsecret.txt", "%2e%2e/secret.txt", "results.json"),
            *("/etc/passwd", "%2Fetc%2Fpasswd", "..%5csecret.txt", "results.json%00", "link.json"),
        ],
    )
    def test_no_other_file_is_sent(self, site: Site, file: str) -> None:
        for where in ("/jobs/2/files/", "/jobs/2/view/", "/jobs/"):
            answer = site.ask("GET", f"{where}{file}")
            assert answer.status in (400, 404, 405)
            assert b"secret" not in answer.body.replace(b"secret.txt", b"")
        assert (
            site.ask("GET", f"/jobs/{file}/files/{key_of(site, '2', 'results.json')}").status == 404
        )

    def test_a_name_with_a_script_is_text(self, site: Site) -> None:
        for path in ("/jobs/1/results", "/jobs", "/compare?first=1&second=2&task=gait", "/people"):
            text = site.ask("GET", path).text
            assert "<script>alert" not in text
            assert "S<b>01" not in text

    def test_a_job_that_is_not_completed_has_none(self, site: Site) -> None:
        assert site.ask("GET", "/jobs/77/results").status == 404


class TestExport:
    def test_measures_as_tables(self, site: Site, reports: dict[str, Report]) -> None:
        answer = site.ask("GET", "/jobs/2/export?of=video_01&to=csv:measures")
        assert answer.status == 200
        with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
            [name] = [each for each in archive.namelist() if "measures" in each]
            rows = list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))
        speed = next(row for row in rows if row["measure"] == "walking_speed")
        assert float(speed["value"]) == reports["ben"].measures["walking_speed"].value

    def test_a_format_that_is_not_installed_cannot_be_chosen(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            "neuropose.export.exporter.find_spec", lambda name: None if name == "pynwb" else name
        )
        results._formats.cache_clear()
        try:
            text = site.ask("GET", "/jobs/2/results").text
        finally:
            results._formats.cache_clear()
        [option] = re.findall(r'<option value="nwb".*?</option>', text)
        assert "disabled" in option
        assert "pip install &#39;neuropose[nwb]&#39;" in option
        [option] = re.findall(r'<option value="excel".*?</option>', text)
        assert "disabled" not in option

    def test_what_a_job_lacks_is_said(self, site: Site) -> None:
        answer = site.ask("GET", "/jobs/2/export?of=video_01&to=opensim")
        assert answer.status == 422
        assert "reconstruct" in answer.text

    @pytest.mark.parametrize("query", ["of=video_01&to=nothing", "of=../x&to=csv", "to=csv", ""])
    def test_what_there_is_not(self, site: Site, query: str) -> None:
        assert site.ask("GET", f"/jobs/2/export?{query}").status == 404

    def test_nothing_is_left_behind(self, site: Site) -> None:
        assert list(site.layout.staging.iterdir()) == []


class TestComparison:
    def test_those_are_offered_that_can_be_compared_and_the_same_person_first(
        self, reports: dict[str, Report], tmp_path: Path
    ) -> None:
        with served(tmp_path / "data") as site:
            site.data.put_reports(dict(zip(("may", "june", "july"), reports.values(), strict=True)))
            site.data.put(poses=completed("poses", 4))
            for name in ("may", "june"):
                text = "tasks: [gait]\ncode: S02\ndate: 2026-01-01\n"
                (site.layout.out / name / "session.yaml").write_text(text)
            text = site.ask("GET", "/jobs/1/results").text
            offered = text.split('name="second"')[1].split("</select>")[0]
            assert re.findall(r">(\w+), ", offered) == ["june", "july"]

    def test_the_earlier_one_is_the_first(self, site: Site) -> None:
        for query in ("first=3&second=2", "first=2&second=3"):
            text = site.ask("GET", f"/compare/made?{query}&task=gait").text
            assert text.index("2026-02-01") < text.index("2026-03-01")
            assert "What changed" in text

    def test_numbers_are_those_of_the_reports(
        self, site: Site, reports: dict[str, Report], tmp_path: Path
    ) -> None:
        text = site.ask("GET", "/compare/made?first=2&second=3&task=gait").text
        first, second = (reports[name].measures["stride_length"].value for name in ("ben", "clara"))
        assert first is not None
        assert second is not None
        assert f"+{second - first:.1f}" in text

    def test_which_video_of_each_job_is_for_the_user_to_say(
        self, reports: dict[str, Report], tmp_path: Path
    ) -> None:
        with served(tmp_path / "data") as site:
            site.data.put_reports({"may": reports["ben"], "june": reports["clara"]}, session={})
            more = site.layout.out / "may" / "video_02.gait.json"
            save_report(more, reports[NAMES[0]])
            query = "first=1&second=2&task=gait"
            text = site.ask("GET", f"/compare?{query}").text
            assert "several videos" in text
            assert "<iframe" not in text
            assert re.findall(r'select name="(\w+)"', text) == ["first_of", "second_of"]
            assert site.ask("GET", f"/compare/made?{query}").status == 404
            text = site.ask("GET", f"/compare?{query}&first_of=video_02").text
            assert "<title>Comparison: may, video 02 → june, video 01" in text
            text = site.ask("GET", f"/compare/made?{query}&first_of=video_02").text
            assert "2026-01-01, video 02" in text
            speeds = [reports[name].measures["walking_speed"].value for name in (NAMES[0], "clara")]
            assert f"+{(speeds[1] or 0.0) - (speeds[0] or 0.0):.2f} " in text
            assert site.ask("GET", f"/compare?{query}&first_of=video_03").status == 404

    def test_as_a_pdf(self, site: Site) -> None:
        answer = site.ask("GET", "/compare/made?first=2&second=3&task=gait&kind=pdf")
        assert answer.body[:5] == b"%PDF-"

    @pytest.mark.parametrize(
        "query",
        [
            "first=2&second=2&task=gait",
            "first=2&second=3&task=rom",
            "first=2",
            "first=2&second=9&task=gait",
        ],
    )
    def test_what_cannot_be_compared(self, site: Site, query: str) -> None:
        assert site.ask("GET", f"/compare?{query}").status == 404
        assert site.ask("GET", f"/compare/made?{query}").status == 404

    def test_the_labs_own_detectable_change(self, site: Site) -> None:
        file = site.layout.root / "retest.csv"
        file.write_text("measure,unit,mdc95,source\nstride_length,mm,999,our lab\n")
        try:
            text = site.ask("GET", "/compare/made?first=2&second=3&task=gait").text
            assert "our lab" in text
            file.write_text("measure,unit,mdc95,source\nstride_length,s,999,our lab\n")
            answer = site.ask("GET", "/compare/made?first=2&second=3&task=gait")
            assert "the measure in mm" in answer.text
        finally:
            file.unlink()


class TestPeople:
    def test_a_person_over_time(self, site: Site) -> None:
        text = site.ask("GET", "/people").text
        assert "S&lt;b&gt;01" in text
        found = re.search(r'/people/([0-9a-f]+)"', text)
        assert found is not None
        text = site.ask("GET", f"/people/{found[1]}").text
        assert [day in text for day in ("2026-01-01", "2026-02-01", "2026-03-01")] == [True] * 3
        text = site.ask("GET", f"/people/{found[1]}/history?task=gait").text
        assert "Over time" in text
        assert "walking speed" in text
        answer = site.ask("GET", f"/people/{found[1]}/history?task=gait&kind=pdf")
        assert answer.body[:5] == b"%PDF-"
        assert site.ask("GET", f"/people/{found[1]}/history?task=rom").status == 404

    def test_there_is_nobody_else(self, site: Site) -> None:
        for key in ("S01", "..", "0" * 20):
            assert site.ask("GET", f"/people/{key}").status == 404
            assert site.ask("GET", f"/people/{key}/history?task=gait").status == 404
