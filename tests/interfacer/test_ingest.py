"""Videos into jobs: all that is wrong is said at once, and nothing wrong is written."""

from __future__ import annotations

import os
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.io.c3d_files import c3d_bytes
from tests.rigs import make_rig
from tests.video.clips import tiny_video

import neuropose.interfacer.ingest as module
from neuropose.data import JobEntry, JobState, Status
from neuropose.errors import IngestError, OutputError
from neuropose.interfacer import Layout, ingest_sources
from neuropose.interfacer.ingest import Unused, ingest, plan_ingest
from neuropose.interfacer.lock import hold_lock
from neuropose.io import save_rig, save_status

VIDEO = tiny_video()


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "jobs")


def archive(path: Path, *members: str | zipfile.ZipInfo, content: bytes = VIDEO) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for member in members:
            is_text = str(member).endswith(".txt")
            file.writestr(member, b"walks" if is_text else content)
    return path


def tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def problems(*paths: Path, layout: Layout, job: str | None = None) -> tuple[str, ...]:
    with pytest.raises(IngestError) as raised:
        plan_ingest(paths, layout, job=job)
    assert not layout.root.exists() or tree(layout.inbox) == []
    return raised.value.problems


class TestJobs:
    def test_a_recording_that_is_in_a_job_already_is_told(
        self, layout: Layout, tmp_path: Path
    ) -> None:
        path = archive(tmp_path / "anna.zip", "walk.mp4", "notes.txt")
        ingest(plan_ingest([path], layout), layout)
        [again] = plan_ingest([path], layout, job="again")
        [note] = again.notes
        assert note.endswith(f"is the same recording as {layout.inbox / 'anna' / 'walk.mp4'}")
        [instead] = plan_ingest([path], layout, force=True)  # takes its place
        assert instead.notes == ()
        [moved] = plan_ingest([layout.inbox / "anna" / "walk.mp4"], layout, job="moved")
        assert moved.notes == ()

    def test_an_archive(self, layout: Layout, tmp_path: Path) -> None:
        path = archive(tmp_path / "anna.zip", "walk.mp4", "day 1/sit.MOV", "notes.txt", "._a.mp4")
        [job] = plan_ingest([path], layout)
        assert (job.name, job.skipped, job.size_bytes) == ("anna", 2, 2 * len(VIDEO))
        assert not layout.root.exists()
        seen: list[int] = []
        ingest([job], layout, seen.append)
        assert tree(layout.inbox) == ["anna/sit.MOV", "anna/walk.mp4"]
        assert (layout.inbox / "anna" / "walk.mp4").read_bytes() == VIDEO
        assert seen == [len(VIDEO), 2 * len(VIDEO)]
        assert list(layout.staging.iterdir()) == []

    def test_an_archive_is_opened_once(
        self, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = archive(
            tmp_path / "anna.zip", "walk.mp4", "clip.dat", *(f"{k}.txt" for k in range(50))
        )
        opened: list[Path] = []

        class Counted(zipfile.ZipFile):
            def __init__(self, file: Path) -> None:
                opened.append(file)
                super().__init__(file)

        monkeypatch.setattr(ingest_sources, "ZipFile", Counted)
        [job] = plan_ingest([path], layout)
        assert opened == [path]
        assert ([file.name for file in job.files], job.skipped) == (["walk.mp4", "clip.dat"], 50)

    def test_a_folder_and_loose_videos(self, layout: Layout, tmp_path: Path) -> None:
        folder = tmp_path / "trial"
        (folder / "sub").mkdir(parents=True)
        for name in ("trial/a.mp4", "trial/sub/b.mp4", "walk.mp4", "sit.mp4"):
            (tmp_path / name).write_bytes(VIDEO)
        (folder / "link.mp4").symlink_to(tmp_path / "walk.mp4")
        jobs = plan_ingest([folder, tmp_path / "walk.mp4", tmp_path / "sit.mp4"], layout)
        ingest(jobs, layout)
        assert tree(layout.inbox) == [
            "trial/a.mp4",
            "trial/b.mp4",
            "walk/sit.mp4",
            "walk/walk.mp4",
        ]
        assert (tmp_path / "walk.mp4").exists()

    def test_a_session_goes_along(self, layout: Layout, tmp_path: Path) -> None:
        for patient in ("anna", "ben"):
            (tmp_path / "day" / patient).mkdir(parents=True)
            (tmp_path / "day" / patient / "walk.mp4").write_bytes(VIDEO)
        (tmp_path / "day" / "anna" / "session.yaml").write_text("tasks: [gait]\n")
        jobs = plan_ingest([tmp_path / "day"], layout)
        assert [job.skipped for job in jobs] == [0, 0]
        ingest(jobs, layout)
        assert tree(layout.inbox) == ["anna/session.yaml", "anna/walk.mp4", "ben/walk.mp4"]

    def test_marker_files(self, layout: Layout, tmp_path: Path) -> None:
        good = c3d_bytes(np.zeros((4, 2, 3)), ["LHEE", "RHEE"])
        for name in ("ann/day 1/walk.c3d", "ben/Walk.C3D"):
            path = tmp_path / "lab" / name
            path.parent.mkdir(parents=True)
            path.write_bytes(good)
        (tmp_path / "lab" / "ben" / "walk.mp4").write_bytes(VIDEO)
        jobs = plan_ingest([tmp_path / "lab"], layout)
        assert {job.name: len(job.files) for job in jobs} == {"ann": 1, "ben": 2}
        ingest(jobs, layout)
        assert tree(layout.inbox) == ["ann/walk.c3d", "ben/Walk.C3D", "ben/walk.mp4"]

    def test_marker_files_that_cannot_be_read(self, layout: Layout, tmp_path: Path) -> None:
        path = tmp_path / "walk.trc"
        path.write_text("no markers")
        [problem] = problems(path, layout=layout)
        assert problem.startswith(f"{path}: ")
        zipped = archive(tmp_path / "lab.zip", "walk.c3d", content=b"no markers")
        jobs = plan_ingest([zipped], layout)  # only when it is unpacked can it be seen
        with pytest.raises(IngestError) as raised:
            ingest(jobs, layout)
        assert "walk.c3d" in raised.value.problems[0]
        assert tree(layout.inbox) == []

    def test_one_job_has_one_session(self, layout: Layout, tmp_path: Path) -> None:
        members = ("a.mp4", "session.yaml", "sub/b.mp4", "sub/session.yaml")
        path = archive(tmp_path / "anna.zip", *members)
        [problem] = problems(path, layout=layout)
        assert problem.endswith("would be the session.yaml of the same job anna")

    @pytest.mark.parametrize("name", ["Session.yaml", "session.yml", "SESSION.YML"])
    @pytest.mark.parametrize("zipped", [False, True])
    def test_a_session_is_known_by_its_name(
        self, name: str, zipped: bool, layout: Layout, tmp_path: Path
    ) -> None:
        folder = tmp_path / "anna"
        folder.mkdir()
        (folder / "walk.mp4").write_bytes(VIDEO)
        (folder / name).write_text("tasks: [gait]\n")
        path = folder
        if zipped:
            path = tmp_path / "anna.zip"
            with zipfile.ZipFile(path, "w") as file:
                for each in folder.iterdir():
                    file.write(each, each.name)
        ingest(plan_ingest([path], layout), layout)
        assert tree(layout.inbox) == ["anna/session.yaml", "anna/walk.mp4"]

    def test_what_may_be_meant_for_a_session_is_named(self, layout: Layout, tmp_path: Path) -> None:
        folder = tmp_path / "anna"
        folder.mkdir()
        (folder / "walk.mp4").write_bytes(VIDEO)
        for name in ("session.txt", "plan.yaml", "notes.txt"):
            (folder / name).write_text("tasks: [gait]\n")
        [job] = plan_ingest([folder], layout)
        assert job.notes == (
            f"{folder}/plan.yaml is not used: only session.yaml is",
            f"{folder}/session.txt is not used: only session.yaml is",
        )

    @pytest.mark.parametrize(
        ("session", "said"),
        [
            ("task: gait\n", "did you mean tasks?"),
            ("tasks: [gait]\nheight_mm: 175\n", "1750?"),
            ("tasks: [gait\n", "line 2"),
        ],
    )
    @pytest.mark.parametrize("zipped", [False, True])
    def test_a_session_that_no_daemon_can_follow(
        self, session: str, said: str, zipped: bool, layout: Layout, tmp_path: Path
    ) -> None:
        path = tmp_path / "anna.zip"
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("walk.mp4", VIDEO)
            file.writestr("session.yaml", session)
        if not zipped:
            with zipfile.ZipFile(path) as file:
                file.extractall(tmp_path / "anna")
            path = tmp_path / "anna"
        [problem] = problems(path, layout=layout)
        assert said in problem
        assert problem.count(f"{path}{': ' if zipped else '/'}session.yaml") == 1

    def test_videos_that_are_of_no_camera(self, layout: Layout, tmp_path: Path) -> None:
        folder = tmp_path / "anna"
        folder.mkdir()
        save_rig(folder / "rig.toml", make_rig())
        for number, name in enumerate(("walk_side.mp4", "chair.mp4")):
            (folder / name).write_bytes(VIDEO + bytes(number))
        [problem] = problems(folder, layout=layout)
        assert problem.startswith(f"{folder}/rig.toml: only one of 2 videos")
        assert "side, front" in problem
        (folder / "walk_front.mp4").write_bytes(VIDEO + bytes(9))
        [job] = plan_ingest([folder], layout)
        [note] = job.notes
        assert note.startswith("chair.mp4 has no camera")
        (folder / "rig.toml").write_text("[side")
        assert len(problems(folder, layout=layout)) == 1

    def test_a_session_beside_the_folders_of_people(self, layout: Layout, tmp_path: Path) -> None:
        for name in ("day/anna", "day/ben"):
            (tmp_path / name).mkdir(parents=True)
            (tmp_path / name / "walk.mp4").write_bytes(VIDEO)
        (tmp_path / "day" / "session.yaml").write_text("tasks: [gait]\n")
        unused: list[Unused] = []
        plan_ingest([tmp_path / "day"], layout, unused=unused)
        assert [each.where for each in unused] == [f"{tmp_path}/day/session.yaml"]

    def test_folders_of_an_archive_without_a_recording(
        self, layout: Layout, tmp_path: Path
    ) -> None:
        path = archive(
            tmp_path / "day.zip", "anna/walk.mp4", "ben/notes.txt", "__MACOSX/anna/a.txt"
        )
        with zipfile.ZipFile(path, "a") as file:
            file.mkdir("carla")
        unused: list[Unused] = []
        plan_ingest([path], layout, unused=unused)
        assert [each.where for each in unused] == [f"{path}: ben", f"{path}: carla"]

    def test_each_folder_as_a_job(self, layout: Layout, tmp_path: Path) -> None:
        path = archive(
            tmp_path / "study.zip",
            *("study/anna/walk.mp4", "study/anna/sit.mp4", "study/ben/walk.mp4", "loose.mp4"),
            *("study/readme.txt", "study/ben/notes.txt"),
        )
        jobs = plan_ingest([path], layout, per_folder=True)
        assert {job.name: job.skipped for job in jobs} == {"anna": 0, "ben": 1, "study": 0}
        with zipfile.ZipFile(path) as file:
            file.extractall(tmp_path / "study")
        folders = plan_ingest([tmp_path / "study"], layout, per_folder=True)
        assert {job.name: len(job.files) for job in folders} == {"anna": 2, "ben": 1, "study": 1}
        ingest(jobs, layout)
        assert tree(layout.inbox) == [
            "anna/sit.mp4",
            "anna/walk.mp4",
            "ben/walk.mp4",
            "study/loose.mp4",
        ]

    def test_several_people_become_several_jobs(self, layout: Layout, tmp_path: Path) -> None:
        members = ("lab/anna/day 1/walk.mp4", "lab/anna/day 2/walk.mp4", "lab/ben/walk.mp4")
        path = archive(tmp_path / "lab.zip", *members, "lab/readme.txt", "lab/carla/notes.txt")
        ingest(plan_ingest([path], layout), layout)
        assert tree(layout.inbox) == [
            "anna/day 1/walk.mp4",
            "anna/day 2/walk.mp4",
            "ben/walk.mp4",
        ]

    @pytest.mark.parametrize(
        "folders",
        [
            ("day 1", "day 2"),
            ("left", "right"),
            ("2026-03-01", "2026-03-08"),
            ("ses-1", "ses-2"),
        ],
    )
    def test_sessions_of_one_person_are_one_job(
        self, folders: tuple[str, ...], layout: Layout, tmp_path: Path
    ) -> None:
        path = archive(tmp_path / "anna.zip", *(f"x/{folder}/walk.mp4" for folder in folders))
        ingest(plan_ingest([path], layout), layout)
        assert tree(layout.inbox) == [f"anna/{folder}/walk.mp4" for folder in folders]

    def test_each_video_as_a_job(self, layout: Layout, tmp_path: Path) -> None:
        path = archive(tmp_path / "lab.zip", "anna.mp4", "x/ben.mp4", "notes.txt")
        ingest(plan_ingest([path], layout, per_video=True), layout)
        assert tree(layout.inbox) == ["anna/anna.mp4", "ben/ben.mp4"]
        again = archive(tmp_path / "two.zip", "x/walk.mp4", "y/walk.mp4")
        with pytest.raises(IngestError, match="would be the same job"):
            plan_ingest([again], layout, per_video=True)

    def test_an_archive_with_backslashes(self, layout: Layout, tmp_path: Path) -> None:
        """As PowerShell 5.1 makes them."""
        members = ("day 1\\anna\\walk.mp4", "day 1\\ben\\", "day 1\\ben\\sit.mp4")
        path = archive(tmp_path / "study.zip", *members)
        anna, ben = plan_ingest([path], layout)
        assert [(file.name, file.folder) for file in (*anna.files, *ben.files)] == [
            ("walk.mp4", ""),
            ("sit.mp4", ""),
        ]
        assert anna.skipped == ben.skipped == 0
        ingest(plan_ingest([path], layout, per_folder=True), layout)
        assert tree(layout.inbox) == ["anna/walk.mp4", "ben/sit.mp4"]
        assert (layout.inbox / "anna" / "walk.mp4").read_bytes() == VIDEO

    def test_two_spellings_of_one_member(self, layout: Layout, tmp_path: Path) -> None:
        path = archive(tmp_path / "a.zip", "x/a.mp4", "x\\a.mp4")
        [found] = problems(path, layout=layout)
        assert "is in the archive twice" in found

    def test_two_cameras_in_folders_of_their_own(self, layout: Layout, tmp_path: Path) -> None:
        path = archive(tmp_path / "two.zip", "cam1/00001.mp4", "cam2/00001.mp4")
        ingest(plan_ingest([path], layout), layout)
        assert tree(layout.inbox) == ["two/cam1/00001.mp4", "two/cam2/00001.mp4"]
        ingest(plan_ingest([path], layout, per_folder=True), layout)
        assert tree(layout.inbox)[:2] == ["cam1/00001.mp4", "cam2/00001.mp4"]

    def test_spellings_that_look_alike_are_shown_apart(
        self, layout: Layout, tmp_path: Path
    ) -> None:
        path = archive(tmp_path / "mac.zip", "U\u0308bung.mp4", "\u00dcbung.mp4")
        [found] = problems(path, layout=layout)
        assert "U\\u0308bung.mp4" in found
        assert "\u00dcbung.mp4" in found
        assert "--per-folder" not in found

    @pytest.mark.parametrize("in_archive", [True, False])
    def test_a_video_is_what_decodes(
        self, layout: Layout, tmp_path: Path, in_archive: bool
    ) -> None:
        files = {"M2U00001.camera": VIDEO, "M2U00001.MOI": b"V6" + bytes(60), "walk": VIDEO}
        files |= {"GL010001.LRV": VIDEO, ".hidden": VIDEO, "notes.txt": b"walks well\n" * 99}
        (tmp_path / "anna").mkdir()
        for name, content in files.items():
            (tmp_path / "anna" / name).write_bytes(content)
        source = tmp_path / "anna"
        if in_archive:
            source = tmp_path / "anna.zip"
            with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as file:
                for name, content in files.items():
                    file.writestr(name, content)
        [job] = plan_ingest([source], layout)
        assert [file.name for file in job.files] == ["M2U00001.camera", "walk"]
        assert job.skipped == 4
        ingest([job], layout)
        assert tree(layout.inbox) == ["anna/M2U00001.camera", "anna/walk"]

    def test_two_folders_of_one_name(self, layout: Layout, tmp_path: Path) -> None:
        path = archive(tmp_path / "study.zip", "day 1/anna/a.mp4", "day 2/anna/b.mp4")
        with pytest.raises(IngestError) as raised:
            plan_ingest([path], layout, per_folder=True)
        assert raised.value.problems == ("day 2/anna and day 1/anna would be the same job",)

    def test_everything_as_one_job(self, layout: Layout, tmp_path: Path) -> None:
        (tmp_path / "walk.mp4").write_bytes(VIDEO)
        paths = [archive(tmp_path / "a.zip", "a.mp4"), tmp_path / "walk.mp4"]
        ingest(plan_ingest(paths, layout, job="-ünï\n1"), layout)
        assert tree(layout.inbox) == ["-ünï\n1/a.mp4", "-ünï\n1/walk.mp4"]

    def test_a_job_that_waits_or_has_failed_is_replaced_if_that_is_meant(
        self, layout: Layout, tmp_path: Path
    ) -> None:
        path = archive(tmp_path / "a.zip", "new.mp4")
        for place in (layout.inbox, layout.failed):
            (place / "a").mkdir(parents=True)
            (place / "a" / "old.mp4").write_bytes(b"old")
        with pytest.raises(IngestError, match="--force replaces it"):
            plan_ingest([path], layout)
        ingest(plan_ingest([path], layout, force=True), layout)
        assert tree(layout.root) == ["in/a/new.mp4"]

    def test_one_that_is_done_never_is(self, layout: Layout, tmp_path: Path) -> None:
        (layout.out / "a").mkdir(parents=True)
        with pytest.raises(IngestError, match="already completed"):
            plan_ingest([archive(tmp_path / "a.zip", "a.mp4")], layout, force=True)


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


class TestRefusals:
    @pytest.mark.parametrize(
        ("member", "problem"),
        [
            ("../evil.mp4", "outside its job"),
            ("a/../../evil.mp4", "outside its job"),
            ("..\\evil.mp4", "outside its job"),
            ("a\\..\\..\\evil.mp4", "outside its job"),
            ("a/..\\evil.mp4", "outside its job"),
            ("\\evil.mp4", "absolute"),
            ("\\\\host\\share\\evil.mp4", "absolute"),
            ("C:\\evil.mp4", "absolute"),
            ("/etc/evil.mp4", "absolute"),
            ("C:evil.mp4", "absolute"),
            (link("a.mp4"), "is a link"),
        ],
    )
    def test_members(
        self, member: str | zipfile.ZipInfo, problem: str, layout: Layout, tmp_path: Path
    ) -> None:
        path = archive(tmp_path / "a.zip", "good.mp4", member)
        [found] = problems(path, layout=layout)
        assert problem in found

    @pytest.mark.parametrize(
        "member", [link("walk.mp4"), "../walk.mp4", "\\walk.mp4"], ids=["link", "outside", "root"]
    )
    def test_what_is_refused_is_not_said_to_be_no_video(
        self, member: str | zipfile.ZipInfo, layout: Layout, tmp_path: Path
    ) -> None:
        path = archive(tmp_path / "a.zip", member)
        for job in (None, "anna"):
            [found] = problems(path, layout=layout, job=job)
            assert "no video" not in found

    def test_what_cannot_be_read_is_not_said_to_hold_no_video(
        self, layout: Layout, tmp_path: Path
    ) -> None:
        (tmp_path / "a.zip").write_bytes(b"no zip")
        notes = archive(tmp_path / "notes.zip", "notes.txt")
        [found] = problems(tmp_path / "a.zip", notes, layout=layout, job="anna")
        assert "a.zip: cannot be read" in found

    def test_all_problems_at_once(self, layout: Layout, tmp_path: Path) -> None:
        path = archive(tmp_path / "a.zip", "../a.mp4", "x/b.mp4", "x/B.MP4", link("c.mp4"))
        empty = archive(tmp_path / "empty.zip", "notes.txt")
        found = problems(path, empty, tmp_path / "missing.mp4", layout=layout)
        assert len(found) == 5
        assert any("same name" in line for line in found)
        assert any("no video" in line for line in found)
        assert any("missing.mp4: cannot be read" in line for line in found)

    def test_a_name_that_differs_in_its_accents_only(self, layout: Layout, tmp_path: Path) -> None:
        path = archive(tmp_path / "a.zip", "x/\u00e9.mp4", "x/e\u0301.mp4")
        assert "same name" in problems(path, layout=layout)[0]

    def test_a_member_that_is_there_twice(self, layout: Layout, tmp_path: Path) -> None:
        with pytest.warns(UserWarning, match="Duplicate"):
            path = archive(tmp_path / "a.zip", "a.mp4", "a.mp4")
        assert "twice" in problems(path, layout=layout)[0]

    @pytest.mark.parametrize("in_archive", [True, False])
    def test_videos_that_cannot_be_read(
        self, layout: Layout, tmp_path: Path, in_archive: bool
    ) -> None:
        cut = VIDEO[: len(VIDEO) // 2]
        (tmp_path / "anna").mkdir()
        files = {"a.mp4": VIDEO, "cut.mp4": cut, "empty.mp4": b"", "notes.mp4": b"walks" * 99}
        for name, content in files.items():
            (tmp_path / "anna" / name).write_bytes(content)
        source = tmp_path / "anna"
        if in_archive:
            source = tmp_path / "anna.zip"
            with zipfile.ZipFile(source, "w") as file:
                for name, content in files.items():
                    if content:
                        file.writestr(name, content)
        with pytest.raises(IngestError) as raised:
            ingest(plan_ingest([source], layout), layout)
        assert not layout.root.exists() or tree(layout.root) == []
        found = raised.value.problems
        assert any("cut.mp4: the file" in line for line in found)
        assert any("notes.mp4: the file is not a video" in line for line in found)
        assert any("empty.mp4: is empty" in line for line in found) is not in_archive
        assert len(found) == (2 if in_archive else 3)

        left_out: list[str] = []
        jobs = plan_ingest([source], layout, broken=left_out)
        ingest(jobs, layout, broken=left_out)
        assert tree(layout.inbox) == ["anna/a.mp4"]
        assert len(left_out) == len(found)

    def test_a_job_of_which_nothing_is_left_is_none(self, layout: Layout, tmp_path: Path) -> None:
        path = archive(tmp_path / "anna.zip", "cut.mp4", content=VIDEO[:-400])
        left_out: list[str] = []
        ingest(plan_ingest([path], layout, broken=left_out), layout, broken=left_out)
        assert tree(layout.root) == []
        [line] = left_out
        assert "cut.mp4: the file" in line

    def test_a_folder_of_which_nothing_is_left_does_not_keep_the_others_back(
        self, layout: Layout, tmp_path: Path
    ) -> None:
        for name, content in {"anna": VIDEO, "ben": VIDEO[:-400]}.items():
            (tmp_path / "study" / name).mkdir(parents=True)
            (tmp_path / "study" / name / "walk.mp4").write_bytes(content)
        left_out: list[str] = []
        jobs = plan_ingest([tmp_path / "study"], layout, per_folder=True, broken=left_out)
        assert [job.name for job in jobs] == ["anna"]
        assert len(left_out) == 1

    def test_an_empty_member_is_told_before_anything_is_unpacked(
        self, layout: Layout, tmp_path: Path
    ) -> None:
        path = archive(tmp_path / "a.zip", "empty.mp4", content=b"")
        assert "empty.mp4: is empty (0 bytes)" in problems(path, layout=layout)[0]

    def test_encrypted_members(self, layout: Layout, tmp_path: Path) -> None:
        path = archive(tmp_path / "a.zip", "a.mp4")
        content = bytearray(path.read_bytes())
        content[content.index(b"PK\x01\x02") + 8] |= 1
        path.write_bytes(content)
        assert "is encrypted" in problems(path, layout=layout)[0]

    def test_two_sources_of_one_name(self, layout: Layout, tmp_path: Path) -> None:
        (tmp_path / "b").mkdir()
        paths = (archive(tmp_path / "a.zip", "a.mp4"), archive(tmp_path / "b" / "a.zip", "b.mp4"))
        assert "there is a job a before it" in problems(*paths, layout=layout)[0]

    def test_a_method_that_is_not_known(self, layout: Layout, tmp_path: Path) -> None:
        path = archive(tmp_path / "a.zip", "a.mp4")
        content = bytearray(path.read_bytes())
        content[content.index(b"PK\x01\x02") + 10] = 9
        path.write_bytes(content)
        assert "compressed in a way" in problems(path, layout=layout)[0]

    def test_a_job_that_is_being_worked_on(self, layout: Layout, tmp_path: Path) -> None:
        layout.make()
        (layout.inbox / "a").mkdir()
        entry = JobEntry(state=JobState.PROCESSING, queued_at=datetime.now(UTC))
        save_status(layout.status, Status(jobs={"a": entry}))
        path = archive(tmp_path / "a.zip", "a.mp4")
        with hold_lock(layout), pytest.raises(IngestError, match="being processed"):
            plan_ingest([path], layout, force=True)
        assert plan_ingest([path], layout, force=True)

    def test_a_bomb(self, layout: Layout, tmp_path: Path) -> None:
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("a.mp4", bytes(50_000_000))
        found = problems(path, layout=layout)
        assert all("would unpack to" in line for line in found[:1])

    def test_more_than_the_disk_has(
        self, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module.shutil, "disk_usage", lambda _: os.terminal_size((0, 0)))
        usage = type("Usage", (), {"free": 3})
        monkeypatch.setattr(module.shutil, "disk_usage", lambda _: usage)
        assert "are free" in problems(archive(tmp_path / "a.zip", "a.mp4"), layout=layout)[0]

    @pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04" + bytes(100)])
    def test_what_is_no_archive(self, content: bytes, layout: Layout, tmp_path: Path) -> None:
        (tmp_path / "a.zip").write_bytes(content)
        assert "cannot be read" in problems(tmp_path / "a.zip", layout=layout)[0]

    @pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "x" * 256])
    def test_names_that_no_job_can_have(self, name: str, layout: Layout, tmp_path: Path) -> None:
        path = archive(tmp_path / "a.zip", "a.mp4")
        assert problems(path, layout=layout, job=name)


def test_only_the_owner_may_read_what_is_ingested(layout: Layout, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        ingest(plan_ingest([archive(tmp_path / "anna.zip", "walk.mp4")], layout), layout)
    finally:
        os.umask(before)
    job = layout.inbox / "anna"
    assert job.stat().st_mode & 0o777 == 0o700
    assert (job / "walk.mp4").stat().st_mode & 0o777 == 0o600


class TestFaults:
    def test_a_job_that_cannot_be_replaced_is_where_it_was(
        self, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (layout.failed / "a").mkdir(parents=True)
        (layout.failed / "a" / "old.mp4").write_bytes(b"precious")
        plan = plan_ingest([archive(tmp_path / "a.zip", "new.mp4")], layout, force=True)
        rename = Path.rename

        def failing(start: Path, end: Path) -> Path:
            if end == layout.inbox / "a":
                raise OSError(5, "Input/output error")
            return rename(start, end)

        monkeypatch.setattr(Path, "rename", failing)
        with pytest.raises(OutputError, match="Input/output"):
            ingest(plan, layout)
        assert tree(layout.root) == ["failed/a/old.mp4"]

    def test_a_damaged_stream_leaves_nothing(self, layout: Layout, tmp_path: Path) -> None:
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("a.mp4", bytes(range(256)) * 50)
        content = bytearray(path.read_bytes())
        content[40:60] = b"\xff" * 20
        path.write_bytes(content)
        with pytest.raises(IngestError, match="damaged"):
            ingest(plan_ingest([path], layout), layout)
        assert tree(layout.root) == []

    def test_a_damaged_member_leaves_nothing(self, layout: Layout, tmp_path: Path) -> None:
        path = archive(tmp_path / "a.zip", "a.mp4", "b.mp4", content=b"0123456789" * 50)
        content = bytearray(path.read_bytes())
        content[content.rindex(b"0123456789") + 3] ^= 1
        path.write_bytes(content)
        plan = plan_ingest([path], layout)
        with pytest.raises(IngestError, match="damaged"):
            ingest(plan, layout)
        assert tree(layout.root) == []

    def test_a_full_disk_leaves_nothing(
        self, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_: object) -> None:
            raise OSError(28, "No space left on device")

        plan = plan_ingest([archive(tmp_path / "a.zip", "a.mp4")], layout)
        monkeypatch.setattr(module, "_sync", full)
        with pytest.raises(OutputError, match="No space left"):
            ingest(plan, layout)
        assert tree(layout.root) == []


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(name=st.text(st.sampled_from("./\\ab:é\n"), min_size=1, max_size=12))
def test_whatever_a_member_is_called_it_lies_in_its_job(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("lab")
    layout = Layout(folder / "jobs")
    path = archive(folder / "a.zip", f"{name}.mp4")
    try:
        ingest(plan_ingest([path], layout), layout)
    except IngestError:
        assert not layout.root.exists()
    else:
        assert [place.rpartition("/")[0] for place in tree(layout.root)] == ["in/a"]
    assert {path.name for path in folder.iterdir()} <= {"a.zip", "jobs"}
