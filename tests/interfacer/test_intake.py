"""Which jobs are complete: those in which nothing has changed for long enough."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.video.clips import tiny_video

from neuropose.interfacer import Layout
from neuropose.interfacer.intake import Intake, WaitingJob
from neuropose.interfacer.layout import note_made
from neuropose.video.probe import is_video

SETTLE_S = 10.0


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.make()
    return layout


def put(layout: Layout, path: str, content: bytes = b"video") -> Path:
    file = layout.inbox / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def only(jobs: tuple[WaitingJob, ...]) -> WaitingJob:
    [job] = jobs
    return job


def test_a_job_is_ready_when_nothing_has_changed_for_long_enough(layout: Layout) -> None:
    put(layout, "anna/walk.mp4")
    intake = Intake(layout, SETTLE_S)
    assert not only(intake.scan(0.0)).ready
    assert not only(intake.scan(9.9)).ready
    put(layout, "anna/walk.mp4", b"longer")
    assert "changing" in str(only(intake.scan(10.0)).reason)
    assert not only(intake.scan(19.9)).ready
    ready = only(intake.scan(20.0))
    assert (ready.ready, ready.reason, ready.videos) == (True, None, ("walk.mp4",))


def test_one_that_is_ready_is_not_read_anew_unless_a_file_comes_goes_or_changes(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    look = Intake._look

    def noted(intake: Intake, path: Path) -> object:
        looked.append(path.name)
        return look(intake, path)

    monkeypatch.setattr(Intake, "_look", noted)
    intake = Intake(layout, SETTLE_S)
    put(layout, "anna/walk.mp4")
    put(layout, "ben/day 1/walk.mp4")  # changes below it do not show in its own folder
    for now_s in (0.0, 10.0, 20.0):
        job, _ = intake.scan(now_s)
    assert looked == ["anna", "ben"] * 2 + ["ben"] or looked == ["ben", "anna"] * 2 + ["ben"]
    assert intake.is_unchanged(job)
    assert looked.count("anna") == 2
    for now_s, change in (
        (30.0, lambda: put(layout, "anna/walk.mp4", b"longer")),
        (50.0, lambda: os.utime(put(layout, "anna/back.mp4"), ns=(7, 7))),
        (70.0, lambda: (layout.inbox / "anna" / "back.mp4").unlink()),
    ):
        change()
        assert not intake.is_unchanged(job)
        assert [job.ready for job in intake.scan(now_s)] == [True, False]
        job = intake.scan(now_s + SETTLE_S)[1]
        assert job.ready


def test_without_a_time_to_settle_it_is_ready_at_once(layout: Layout) -> None:
    put(layout, "anna/walk.mp4")
    assert only(Intake(layout, 0.0).scan(0.0)).ready


@pytest.mark.parametrize(
    "partial", ["b.mp4.part", ".b.mp4.aB3dE9", "x.crdownload", "sub/y.partial"]
)
def test_files_that_are_being_copied_hold_it_back(partial: str, layout: Layout) -> None:
    put(layout, "anna/walk.mp4")
    file = put(layout, f"anna/{partial}")
    intake = Intake(layout, 0.0)
    job = only(intake.scan(0.0))
    assert not job.ready
    assert job.reason == f"{partial} is still being copied"
    file.unlink()
    assert only(intake.scan(1.0)).ready


def test_a_job_without_a_video_waits(layout: Layout) -> None:
    (layout.inbox / "empty").mkdir()
    put(layout, "notes/notes.txt")
    jobs = Intake(layout, 0.0).scan(0.0)
    assert [(job.name, job.ready, job.reason) for job in jobs] == [
        ("empty", False, "no video or marker file yet"),
        ("notes", False, "no video or marker file yet"),
    ]


def test_what_else_is_in_a_job_is_listed(layout: Layout) -> None:
    for name in (
        "b.MOV",
        "a.mp4",
        "notes.txt",
        "sub/c.mp4",
        ".DS_Store",
        "._a.mp4",
        ".trash/d.mp4",
    ):
        put(layout, f"anna/{name}")
    put(layout, "anna/.neuropose/video_01.json")
    put(layout, "anna/.neuropose-12ab.tmp")
    job = only(Intake(layout, 0.0).scan(0.0))
    assert job.videos == ("a.mp4", "b.MOV", "sub/c.mp4")
    assert ".trash/d.mp4" not in job.videos
    assert "notes.txt" in job.other_files


def test_marker_files_are_recordings(layout: Layout) -> None:
    for name in ("anna/b10.C3D", "anna/b9.trc", "anna/._b.trc", "anna/forces.mot", "alone.c3d"):
        put(layout, name, b"markers")
    alone, anna = Intake(layout, 0.0).scan(0.0)
    assert (alone.name, alone.loose, alone.markers, alone.ready) == (
        "alone",
        True,
        ("alone.c3d",),
        True,
    )
    assert (anna.videos, anna.markers, anna.ready) == ((), ("b9.trc", "b10.C3D"), True)
    assert anna.other_files == ("forces.mot",)
    adopted = Intake(layout, 0.0).adopt(alone)
    assert (layout.inbox / "alone" / "alone.c3d").exists()
    assert not adopted.loose


def test_what_a_job_made_before_is_no_part_of_it(layout: Layout) -> None:
    put(layout, "anna/walk.mp4")
    put(layout, "anna/video_01.overlay.mp4")
    (layout.inbox / "anna" / ".neuropose").mkdir()
    note_made(layout.inbox / "anna", ["video_01.overlay.mp4"])
    job = only(Intake(layout, 0.0).scan(0.0))
    assert (job.videos, job.other_files) == (("walk.mp4",), ())


def test_links_are_not_followed(layout: Layout, tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere"
    secret.mkdir()
    (secret / "walk.mp4").write_bytes(b"secret")
    (layout.inbox / "link").symlink_to(secret)
    (layout.inbox / "link.mp4").symlink_to(secret / "walk.mp4")
    put(layout, "anna/notes.txt")
    (layout.inbox / "anna" / "walk.mp4").symlink_to(secret / "walk.mp4")
    (layout.inbox / "anna" / "more").symlink_to(secret)
    job = only(Intake(layout, 0.0).scan(0.0))
    assert job.videos == ()
    assert not job.ready
    assert job.other_files == ("more (link)", "notes.txt", "walk.mp4 (link)")


def test_pipes_are_no_videos(layout: Layout) -> None:
    os.mkfifo(layout.inbox / "walk.mp4")
    put(layout, "anna/notes.txt")
    os.mkfifo(layout.inbox / "anna" / "walk.mp4")
    job = only(Intake(layout, 0.0).scan(0.0))
    assert (job.videos, job.ready) == ((), False)
    assert job.other_files == ("notes.txt", "walk.mp4 (no file)")


def test_the_longest_settled_comes_first(layout: Layout) -> None:
    intake = Intake(layout, 0.0)
    for number, name in enumerate(("c", "a", "b")):
        put(layout, f"{name}/walk.mp4")
        intake.scan(float(number))
    assert [job.name for job in intake.scan(9.0)] == ["c", "a", "b"]


class TestAdopt:
    def test_a_loose_video_gets_a_directory(self, layout: Layout) -> None:
        put(layout, "walk.mp4")
        put(layout, "notes.txt")
        intake = Intake(layout, 0.0)
        job = only(intake.scan(0.0))
        assert (job.name, job.loose, job.ready) == ("walk", True, True)
        adopted = intake.adopt(job)
        assert adopted.folder == layout.inbox / "walk"
        assert not adopted.loose
        assert os.listdir(adopted.folder) == ["walk.mp4"]  # noqa: PTH208
        assert sorted(path.name for path in layout.inbox.iterdir()) == ["notes.txt", "walk"]
        assert list(layout.staging.iterdir()) == []

    def test_names_that_are_taken(self, layout: Layout) -> None:
        (layout.out / "walk").mkdir()
        (layout.failed / "walk (2)").mkdir()
        put(layout, "walk.mp4")
        intake = Intake(layout, 0.0)
        assert intake.adopt(only(intake.scan(0.0))).name == "walk (3)"

    @pytest.mark.parametrize("name", ["ä" * 127, "x" * 255])
    def test_the_longest_names(self, name: str, layout: Layout) -> None:
        (layout.out / name).mkdir()
        put(layout, f"{name}/walk.mp4")
        intake = Intake(layout, 0.0)
        adopted = intake.adopt(only(intake.scan(0.0)))
        assert adopted.name.endswith(" (2)")
        assert (adopted.folder / "walk.mp4").is_file()

    def test_one_that_cannot_be_moved_stays(
        self, layout: Layout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(layout, "walk.mp4")
        intake = Intake(layout, 0.0)
        job = only(intake.scan(0.0))
        layout.staging.rmdir()
        with pytest.raises(OSError, match="No such file"):
            intake.adopt(job)
        assert (layout.inbox / "walk.mp4").is_file()


@pytest.mark.parametrize("name", ["-rf", "a b", "x\ny", "é", os.fsdecode(b"\xff\xfe"), "x" * 255])
def test_any_name(name: str, layout: Layout) -> None:
    put(layout, f"{name}/walk.mp4")
    assert only(Intake(layout, 0.0).scan(0.0)).name == name


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(steps=st.lists(st.tuples(st.sampled_from("wtn"), st.floats(0.0, 6.0)), max_size=12))
def test_never_ready_before_the_time_and_always_after(
    steps: list[tuple[str, float]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    layout = Layout(tmp_path_factory.mktemp("lab"))
    layout.make()
    intake = Intake(layout, SETTLE_S)
    file = put(layout, "anna/walk.mp4", b"0")
    now_s = changed_s = 0.0
    intake.scan(now_s)
    for number, (kind, pause_s) in enumerate(steps):
        now_s += pause_s
        if kind == "w":
            file.write_bytes(b"x" * (number + 2))
            changed_s = now_s
        elif kind == "t":
            os.utime(file, ns=(number, number))
            changed_s = now_s
        assert only(intake.scan(now_s)).ready == (now_s - changed_s >= SETTLE_S)
    assert only(intake.scan(changed_s + SETTLE_S + 60.0)).ready


class TestContent:
    def test_an_unknown_suffix_is_decided_by_the_content(self, layout: Layout) -> None:
        put(layout, "anna/M2U00001.camera", tiny_video())
        put(layout, "anna/M2U00001.moi", b"V6" + bytes(60))
        put(layout, "anna/GL010001.lrv", tiny_video())
        job = only(Intake(layout, 0.0).scan(0.0))
        assert (job.ready, job.videos) == (True, ("M2U00001.camera",))
        assert job.other_files == ("GL010001.lrv", "M2U00001.moi")

    def test_a_loose_one_too(self, layout: Layout) -> None:
        put(layout, "walk", tiny_video())
        put(layout, "notes", b"walks well")
        assert only(Intake(layout, 0.0).scan(0.0)).videos == ("walk",)

    def test_a_file_is_looked_into_once_unless_it_changes(
        self, layout: Layout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looked: list[str] = []

        def counting(path: Path) -> bool:
            looked.append(path.name)
            return is_video(path)

        monkeypatch.setattr("neuropose.interfacer.intake.is_video", counting)
        put(layout, "anna/walk", b"half of it")
        intake = Intake(layout, 0.0)
        for now_s in (0.0, 1.0, 2.0):
            assert only(intake.scan(now_s)).reason == "no video or marker file yet"
        assert looked == ["walk"]
        put(layout, "anna/walk", tiny_video())
        assert only(intake.scan(3.0)).ready
        assert looked == ["walk", "walk"]

    def test_videos_in_folders_within_a_job_belong_to_it(self, layout: Layout) -> None:
        put(layout, "study/anna/walk.mp4")
        put(layout, "study/ben/walk.mp4")
        job = only(Intake(layout, 0.0).scan(0.0))
        assert job.ready
        assert job.videos == ("anna/walk.mp4", "ben/walk.mp4")
