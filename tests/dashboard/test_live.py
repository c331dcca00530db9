"""Changes, as open pages are told of them; and what it takes with very many jobs and pages."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from tests.dashboard.served import DataDir, Site, completed, failed, played
from tests.loopback import PATIENCE_S

from neuropose.dashboard.live.feed import QUEUE_LENGTH, Feed
from neuropose.dashboard.live.job_index import JobIndex
from neuropose.dashboard.live.status_reader import StatusReader
from neuropose.dashboard.live.watcher import MOST_CHANGES, Watcher, changes
from neuropose.data import JobEntry
from neuropose.data.jobs import JobProgress
from neuropose.io import load_status, save_status

Opened = Callable[..., Site]


def in_work(name: str, number: int, percent: float) -> JobEntry:
    progress = JobProgress(
        video="walk.mp4",
        number=1,
        count=1,
        frames_done=int(percent),
        frames_expected=100,
        percent=percent,
    )
    entry = completed(name, number, results=None, outcomes=(), finished_at=None, state="processing")
    return entry.model_copy(update={"progress": progress})


class TestReader:
    def test_it_reads_what_the_daemon_writes(self, data: DataDir) -> None:
        reader = StatusReader(data.layout.status)
        assert reader.read() == {}
        names = ["anna", 'q"uo,te', "back\\slash", "line\nbreak", "}}", "ü", '{"a":1},']
        data.store.put({name: completed(name, k + 1) for k, name in enumerate(names)})
        assert dict(reader.read()) == dict(load_status(data.layout.status).jobs)
        data.store.put(dict.fromkeys(names))
        assert reader.read() == {}

    def test_what_has_not_changed_is_not_read_again(self, data: DataDir) -> None:
        data.put(anna=completed("anna", 1), ben=failed(2))
        reader = StatusReader(data.layout.status)
        before = reader.read()
        data.put(ben=failed(2, attempts=2), carla=completed("carla", 3))
        after = reader.read()
        assert after["anna"] is before["anna"]
        assert after["ben"].attempts == 2
        assert list(after) == ["anna", "ben", "carla"]

    def test_lines_that_have_moved(self, data: DataDir) -> None:
        names = [f"p{k}" for k in range(200)]
        data.store.put({name: completed(name, k + 1) for k, name in enumerate(names)})
        reader = StatusReader(data.layout.status)
        before = reader.read()
        data.store.put({"p0": None, "p100": failed(101), "last": failed(999)})
        after = reader.read()
        assert list(after) == [*names[1:], "last"]
        assert dict(after) == dict(load_status(data.layout.status).jobs)
        assert after["p150"] is before["p150"]

    def test_another_layout_is_read_as_a_whole(self, data: DataDir) -> None:
        data.put(anna=completed("anna", 1), ben=failed(2))
        status = load_status(data.layout.status)
        pretty = status.model_dump_json(indent=1)
        for text in (pretty, status.model_dump_json(), f"{pretty}\n\n"):
            data.layout.status.write_text(text)
            assert StatusReader(data.layout.status).read() == status.jobs

    @pytest.mark.parametrize(
        "damage",
        [
            lambda text: text[: len(text) // 2],
            lambda text: text.replace('"failed"', '"lost"'),
            lambda text: text.replace("},\n", "}\n"),
            lambda text: text.replace('"ben":', '"anna":'),
            lambda text: text.replace('"ben":', '"x":1,"ben":'),
        ],
    )
    def test_damage_is_noticed(self, data: DataDir, damage: Callable[[str], str]) -> None:
        data.put(anna=completed("anna", 1), ben=failed(2))
        text = data.layout.status.read_text()
        data.layout.status.write_text(damage(text))
        with pytest.raises(ValueError, match=r"."):
            StatusReader(data.layout.status).read()


class TestChanges:
    def test_progress_is_told_without_a_name(self) -> None:
        before = {"anna": in_work("anna", 1, 10.0), "ben": failed(2)}
        after = {**before, "anna": in_work("anna", 1, 20.0)}
        told = changes(before, JobIndex(after))
        assert told["anew"] is False
        (job,) = told["changed"]
        assert (job["key"], job["progress"]["percent"]) == ("1", 20.0)
        assert "walk" not in json.dumps(told)
        assert "anna" not in json.dumps(told)

    def test_very_many_are_not_listed(self) -> None:
        jobs = {f"p{k}": failed(k + 1) for k in range(MOST_CHANGES + 1)}
        assert changes({}, JobIndex(jobs)) == {
            "counts": {"queued": 0, "processing": 0, "completed": 0, "failed": MOST_CHANGES + 1},
            "changed": [],
            "anew": True,
        }

    def test_one_that_is_gone(self) -> None:
        assert changes({"ben": failed(2)}, JobIndex({}))["anew"] is True


class TestFeed:
    def test_whoever_does_not_keep_up_is_dropped(self) -> None:
        async def play() -> tuple[int, int, list[bytes]]:
            feed = Feed()
            with feed.listening() as slow, feed.listening() as quick:
                got = 0
                for number in range(QUEUE_LENGTH * 3):
                    feed.tell("jobs", {"number": number})
                    message = await anext(quick.messages())
                    assert json.loads(message.split(b"data: ")[1]) == {"number": number}
                    got += 1
                rest = [message async for message in slow.messages()]
                return len(feed), got, rest

        listeners, got, rest = played(play())
        assert (listeners, got, rest) == (2, QUEUE_LENGTH * 3, [])

    def test_silence_has_signs_of_life(self) -> None:
        async def play() -> bytes:
            with Feed().listening() as listener:
                return await anext(listener.messages(keep_alive_s=0.001))

        assert played(play()) == b":\n\n"

    def test_fifty_pages_over_an_hour_of_progress_take_no_more_memory(self) -> None:
        """A write a second, and every third page reads nothing, is dropped and comes again."""
        seconds, pages = 3600, 50

        async def play() -> tuple[int, int]:
            feed = Feed()
            stack = [ExitStack() for _ in range(pages)]
            listeners = [each.enter_context(feed.listening()) for each in stack]
            streams = [each.messages() for each in listeners]
            sizes = []
            for second in range(seconds):
                feed.tell("jobs", {"changed": [{"key": "1", "percent": second % 100}]})
                for number, listener in enumerate(listeners):
                    if number % 3:
                        await anext(streams[number])
                    elif listener.is_dropped:
                        stack[number].close()
                        listeners[number] = stack[number].enter_context(feed.listening())
                await asyncio.sleep(0)
                if second in (seconds // 10, seconds - 1):
                    sizes.append(tracemalloc.get_traced_memory()[0])
            assert len(feed) == pages
            for each in stack:
                each.close()
            assert len(feed) == 0
            return sizes[0], sizes[1]

        tracemalloc.start()
        try:
            early, late = played(play())
        finally:
            tracemalloc.stop()
        assert late - early < 100_000


class TestWatcher:
    def test_nobody_looks_and_nothing_is_read(self, data: DataDir) -> None:
        async def play() -> int:
            watcher = Watcher(data.layout, interval_s=0.001)
            reads = 0

            class Counting(StatusReader):
                def read(self) -> dict[str, JobEntry]:
                    nonlocal reads
                    reads += 1
                    return dict(super().read())

            watcher._reader = Counting(data.layout.status)
            task = asyncio.create_task(watcher.run())
            data.put(anna=completed("anna", 1))
            await asyncio.sleep(0.05)
            assert reads == 0
            with watcher.feed.listening() as listener:
                message = await asyncio.wait_for(anext(listener.messages()), PATIENCE_S)
                assert b'"completed":1' in message
            task.cancel()
            return reads

        assert played(play()) == 1

    def test_the_status_comes_and_goes(self, data: DataDir) -> None:
        async def play() -> None:
            watcher = Watcher(data.layout)
            assert (await watcher.jobs()).jobs == {}
            data.put(anna=completed("anna", 1))
            assert list((await watcher.jobs()).jobs) == ["anna"]
            data.layout.status.write_text("[")
            assert list((await watcher.jobs()).jobs) == ["anna"]
            assert watcher.trouble is not None
            data.put(ben=failed(2))
            assert list((await watcher.jobs()).jobs) == ["anna", "ben"]
            assert watcher.trouble is None

        played(play())


class TestIndex:
    def test_addresses_have_no_names(self) -> None:
        index = JobIndex({"Anna": failed(7), "Ben": failed(8).model_copy(update={"number": None})})
        keys = [job.key for job in index.select().jobs]
        assert "7" in keys
        assert all("Ben" not in key and key.isalnum() for key in keys)
        assert {index.find(key).name for key in keys} == {"Anna", "Ben"}  # type: ignore[union-attr]

    def test_two_of_a_number(self) -> None:
        index = JobIndex({"Anna": failed(7), "Ben": failed(7)})
        assert {job.name for job in index.select().jobs} == {"Anna", "Ben"}
        assert index.of("Anna") is not None
        assert index.of("Ben") is index.find(index.of("Ben").key)  # type: ignore[union-attr]

    def test_the_order(self) -> None:
        waits = {"state": "queued", "results": None, "outcomes": (), "finished_at": None}
        jobs = {
            "done": completed("done", 1),
            "second": completed("second", 2, **waits, position=2),
            "works": in_work("works", 3, 1.0),
            "later": failed(9),
            "first": completed("first", 5, **waits, position=1),
        }
        names = [job.name for job in JobIndex(jobs).select().jobs]
        assert names == ["works", "first", "second", "later", "done"]


def events(site: Site, count: int) -> list[tuple[str, dict[str, object]]]:
    visitor = site.visitor()
    visitor.get("/jobs")
    found: list[tuple[str, dict[str, object]]] = []
    with visitor.get("/events", stream=True) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        kind = ""
        for line in answer.iter_lines(1):
            text = line.decode()
            if text.startswith("event: "):
                kind = text.removeprefix("event: ")
            elif text.startswith("data: "):
                found.append((kind, json.loads(text.removeprefix("data: "))))
                if kind == "hello":
                    site.data.put(anna=in_work("anna", 1, 42.0))
            if len([1 for kind, _ in found if kind != "daemon"]) == count:
                return found
    raise AssertionError(found)


def test_a_page_is_told(site: Site) -> None:
    told = [message for kind, message in events(site, 2) if kind == "jobs"]
    (job,) = told[0]["changed"]  # type: ignore[misc]
    assert (job["key"], job["state"], job["progress"]["percent"]) == ("1", "processing", 42.0)


def test_whoever_has_logged_out_is_told_nothing(guarded: Site) -> None:
    visitor = guarded.visitor()
    visitor.log_in("ben")
    with visitor.get("/events", stream=True) as answer:
        lines = answer.iter_lines(1)
        while next(lines) != b"event: hello":
            pass
        other = guarded.visitor()
        other.session.cookies = visitor.session.cookies
        other.post("/logout", {"csrf": other.token()})
        guarded.data.put(anna=in_work("anna", 1, 42.0))
        assert b"changed" not in b"".join(lines)


def test_the_head_of_the_stream_ends(site: Site) -> None:
    visitor = site.visitor()
    answer = visitor.session.head(f"{site.url}/events", timeout=PATIENCE_S)
    assert answer.status_code == 200


def test_the_dashboard_ends_with_pages_open(opened: Opened, data: DataDir) -> None:
    site = opened(data)
    answer = site.visitor().get("/events", stream=True)
    assert answer.status_code == 200  # the fixture ends the site, and waits for that


def test_ten_thousand_jobs_are_all_there(opened: Opened, data: DataDir) -> None:
    data.store.put({f"p{k:05}": completed(f"p{k:05}", k + 1) for k in range(10_000)})
    visitor = opened(data).visitor()
    assert "Page 200 of 200, 10000 jobs" in visitor.get("/jobs?page=200").text
    assert ">p04242</a>" in visitor.get("/jobs?search=P04242").text


def test_saved_by_the_library(data: DataDir) -> None:
    data.put(anna=completed("anna", 1))
    status = load_status(data.layout.status)
    save_status(data.layout.status, status)
    assert StatusReader(data.layout.status).read() == status.jobs
