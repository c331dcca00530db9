"""What killed processes leave in ``.staging/`` is brought to an end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from neuropose.errors import OutputError
from neuropose.interfacer import Layout
from neuropose.interfacer.staging import (
    adopt_recording,
    clear_staging,
    ingesting,
    remove_job,
    replace_job,
)


class Killed(BaseException):
    pass


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.make()
    return layout


@pytest.fixture
def kill_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Be killed before the rename with this number; nothing is cleaned up then."""

    def kill_at(number: int) -> None:
        rename, done = Path.rename, [0]

        def counting(self: Path, target: Path) -> Path:
            done[0] += 1
            if done[0] > number:
                raise Killed
            return rename(self, target)

        monkeypatch.setattr(Path, "rename", counting)

    return kill_at


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_loose_video_is_in_one_place_whenever_its_adoption_is_killed(
    number: int, layout: Layout, kill_at: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    video = layout.inbox / "walk.mp4"
    video.write_bytes(b"video")
    kill_at(number)
    if number < 2:
        with pytest.raises(Killed):
            adopt_recording(video, "walk", layout)
    else:
        assert adopt_recording(video, "walk", layout) == layout.inbox / "walk"
    monkeypatch.undo()
    clear_staging(layout)
    assert list(layout.staging.iterdir()) == []
    found = list(layout.inbox.rglob("*.mp4"))
    assert found == [video if number == 0 else layout.inbox / "walk" / "walk.mp4"]


def test_an_adoption_that_is_not_possible_is_brought_to_an_end_later(layout: Layout) -> None:
    video = layout.inbox / "walk.mp4"
    video.write_bytes(b"video")
    (layout.inbox / "walk").mkdir()
    (layout.inbox / "walk" / "other.mp4").write_bytes(b"other")
    with pytest.raises(OSError, match="not empty"):
        adopt_recording(video, "walk", layout)
    clear_staging(layout)
    assert (layout.inbox / "walk (2)" / "walk.mp4").read_bytes() == b"video"
    assert list(layout.staging.iterdir()) == []


def test_what_was_being_removed_is_removed(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = layout.out / "a"
    folder.mkdir()
    (folder / "walk.mp4").write_bytes(b"video")
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda *_, **__: None)
        remove_job(folder, layout)
    assert not folder.exists()
    clear_staging(layout)
    assert list(layout.staging.iterdir()) == []


def test_what_cannot_be_removed_is_there(layout: Layout) -> None:
    with pytest.raises(OutputError, match="cannot be removed"):
        remove_job(layout.out / "nothing", layout)


class TestIngesting:
    def earlier(self, layout: Layout) -> Path:
        folder = layout.failed / "a"
        folder.mkdir()
        (folder / "old.mp4").write_bytes(b"old")
        return folder

    def begin(self, layout: Layout, *, finish: bool) -> None:
        """Replace a job, and be killed before or after its successor is in its place."""
        staged = layout.staging / "ingest-0"
        successor = staged / "0"
        successor.mkdir(parents=True)
        replace_job(successor, self.earlier(layout))
        if finish:
            successor.rename(layout.inbox / "a")

    def test_a_job_whose_successor_did_not_come_to_be_comes_back(self, layout: Layout) -> None:
        self.begin(layout, finish=False)
        clear_staging(layout)
        assert (layout.failed / "a" / "old.mp4").exists()
        assert list(layout.staging.iterdir()) == []

    def test_one_that_was_replaced_does_not(self, layout: Layout) -> None:
        self.begin(layout, finish=True)
        (layout.inbox / "a").rename(layout.out / "a")  # the daemon was quick
        clear_staging(layout)
        assert not (layout.failed / "a").exists()
        assert list(layout.staging.iterdir()) == []

    def test_nothing_is_lost_where_another_has_taken_the_place(self, layout: Layout) -> None:
        self.begin(layout, finish=False)
        (layout.failed / "a").mkdir()
        clear_staging(layout)
        assert [path.name for path in layout.staging.rglob("*.mp4")] == ["old.mp4"]

    def test_what_another_process_still_works_on_stays(self, layout: Layout) -> None:
        with ingesting(layout) as staged:
            clear_staging(layout)
            assert staged.exists()
        assert list(layout.staging.iterdir()) == []
