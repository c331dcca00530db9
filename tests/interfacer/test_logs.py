"""The daemon's log: lines that machines can read, and no names unless they were asked for."""

from __future__ import annotations

import gc
import io
import json
import logging
import os
import re
import sys
import threading
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose.config import Settings
from neuropose.errors import FileFormatError, JobError, OutputError
from neuropose.interfacer.ingest_sources import printable
from neuropose.interfacer.log_names import WITHHELD, NamesInLogs
from neuropose.interfacer.logs import FIELDS, TextFormatter, configure_logging

LOG = logging.getLogger("neuropose.interfacer.daemon")
DATA_DIR = Path("/srv/lab: Ü/jobs")
HOSTILE = (
    "Erika Mustermann",
    "Müller-Lüdenscheidt, Karl (1947)",
    unicodedata.normalize("NFD", "Jörg Äpfel"),
    "x\n2026-01-01T00:00:00.000Z INFO forged",
    "tab\tand\rreturn\x1b[31m",
    "no utf-8 \udce9\udcff",
    "'quoted' \"twice\" \\ back",
    "back\\slash and\nline",
    "%s %d {name}",
    ".*[a-z]+(group)?$",
    "\\1\\g<0>",
    "患者 山田太郎",
    "👩‍🦽 rollator",
    "\x00\x010\x02marks"[1:],
    "-rf",
    "job 1",
    "video",
    "in",
    "4711",
    "x" * 255,
    "a/../b".replace("/", "\u2215"),
)


def logged(
    work: Callable[[NamesInLogs], object], *, data_dir: Path = DATA_DIR, **settings: object
) -> str:
    stream = io.StringIO()
    with configure_logging(Settings(data_dir=data_dir, **settings), stream) as names:
        work(names)
    return stream.getvalue()


def identifying(name: str) -> set[str]:
    """What of a name must not be in a log: all of it, however it is written, and its long words."""
    forms = {name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)}
    written = set(forms)
    for form in forms:
        written |= {printable(form), repr(form)[1:-1], ascii(form)[1:-1], json.dumps(form)[1:-1]}
        written |= {" ".join(form.split()), quote(os.fsencode(form))}
        written |= {str(os.fsencode(form))[2:-1], os.fsencode(form).decode("utf-8", "replace")}
    return written | {word for word in name.split() if len(word) > 6}


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    try:
        raise error from cause
    except Exception as caught:
        return caught


class TestForm:
    def test_text(self) -> None:
        def work(names: NamesInLogs) -> None:
            extra = {"job": names.job("anna"), "attempt": 2, "seconds": 1.5, "error": None}
            LOG.info("job begun: %s", "so it is", extra=extra)

        [line] = logged(work).splitlines()
        time, rest = line.split(" ", 1)
        assert datetime.fromisoformat(time).utcoffset().total_seconds() == 0
        assert time.endswith("Z")
        assert rest == 'INFO job begun: so it is job="job 1" attempt=2 seconds=1.5 error=null'

    def test_json(self) -> None:
        def work(names: NamesInLogs) -> None:
            extra = {"job": names.job("anna"), "frames": 7, "seconds": float("nan"), "other": 1}
            LOG.warning("job failed", extra=extra, exc_info=raised(JobError("so\nit is")))

        [line] = logged(work, log_format="json").splitlines()
        assert line.isascii()
        record = json.loads(line)
        assert datetime.fromisoformat(record.pop("time"))
        assert record.pop("exception").splitlines()[-1] == "JobError: so it is"
        assert record == {
            "level": "WARNING",
            "message": "job failed",
            "job": "job 1",
            "frames": 7,
            "seconds": None,
        }

    def test_names_if_they_may_be_there(self) -> None:
        def work(names: NamesInLogs) -> None:
            extra = {"job": names.job("anna\nb"), "video": names.video("walk \udce9.mp4", 3)}
            LOG.info("video begun", extra=extra)
            LOG.error("job failed", extra={"error": KeyError("anna")})

        lines = logged(work, log_format="json", log_names=True).splitlines()
        first, second = map(json.loads, lines)
        assert (first["job"], first["video"]) == ("anna\\nb", "walk \\udce9.mp4")
        assert second["error"] == "KeyError: 'anna'"

    def test_a_traceback_cannot_be_taken_for_records(self) -> None:
        def work(names: NamesInLogs) -> None:
            LOG.error("failed", exc_info=raised(ValueError("x\n2026-01-01T00:00:00.000Z forged")))

        first, *rest = logged(work, log_names=True).splitlines()
        assert first.endswith("ERROR failed")
        assert rest
        assert all(line.startswith("    ") for line in rest)

    def test_a_wrong_format_costs_no_record(self) -> None:
        record = LOG.makeRecord(LOG.name, logging.INFO, "", 0, "%d videos", ("three",), None)
        names = NamesInLogs(log_names=False, data_dir=DATA_DIR)
        assert TextFormatter(names).format(record).endswith("INFO %d videos")

    def test_a_closed_stream_costs_nothing_either(self, capsys: pytest.CaptureFixture[str]) -> None:
        stream = io.StringIO()
        with configure_logging(Settings(data_dir=DATA_DIR), stream):
            stream.close()
            LOG.error("a job named %s", "Mustermann")
        assert capsys.readouterr() == ("", "")


class TestWhatIsLogged:
    def test_ours_from_info_others_from_warning(self) -> None:
        def work(names: NamesInLogs) -> None:
            for name in ("neuropose", "neuropose.io", "urllib3", "neuroposer"):
                for level in (logging.DEBUG, logging.INFO, logging.WARNING):
                    logging.getLogger(name).log(level, "said by %s", name)

        lines = [line.split(" ", 1)[1] for line in logged(work, log_names=True).splitlines()]
        assert lines == [
            *("INFO said by neuropose", "WARNING said by neuropose"),
            *("INFO said by neuropose.io", "WARNING said by neuropose.io"),
            *("WARNING said by urllib3", "WARNING said by neuroposer"),
        ]

    def test_all_is_as_it_was_afterwards(self) -> None:
        def state() -> tuple[object, ...]:
            root, ours = logging.getLogger(), logging.getLogger("neuropose")
            hooks = (warnings.showwarning, threading.excepthook, sys.unraisablehook)
            return root.level, tuple(root.handlers), ours.level, tuple(ours.handlers), *hooks

        def work(names: NamesInLogs) -> None:
            assert state() != before
            raise KeyError

        before = state()
        with pytest.raises(KeyError):
            logged(work)
        assert state() == before


def errors_about(job: str, video: str) -> Iterator[Exception]:
    """Errors as a job named like this brings them about."""
    path = DATA_DIR / "in" / job / video
    for error in (
        OutputError(f"{DATA_DIR}/out/{job}/.neuropose/video_01.json cannot be written: no space"),
        OutputError(f"{path} cannot be written", hint="free some space"),
        JobError(f"{video}: the file is empty (0 bytes)"),
        FileFormatError(f"in {job}/{video}: {path!r}"),
        JobError(f"{job!r} and {os.fsencode(video)!r} are {json.dumps(job)}, {video!a}"),
        OSError(28, "No space left on device", str(path)),
        PermissionError(13, "Permission denied", str(path), None, str(DATA_DIR / "failed" / job)),
        KeyError(job),
        ValueError(f"3 validation errors\n  input_value='{video[:4]}…{video[-6:]}' of {job}"),
        UnicodeDecodeError("utf-8", os.fsencode(path), 0, 1, f"in {path}"),
        Exception(f'Traceback\n  File "/code/model.py", line 3, in run\nKeyError: {job}'),
        Exception(f'\n  File "{path}.py", line 3, in run'),
    ):
        error.add_note(f"while {job} was processed")
        yield error


class TestNames:
    @pytest.mark.parametrize("log_format", ["text", "json"])
    @pytest.mark.parametrize("name", HOSTILE, ids=ascii)
    def test_none_is_ever_there(self, name: str, log_format: str) -> None:
        job, video = name, name[:240] + " gait.mp4"

        def work(names: NamesInLogs) -> None:
            for number in range(1, 4):
                extra = {"job": names.job(f"other {number}")}
                LOG.info("job begun", extra=extra)
            extra = {"job": names.job(job), "video": names.video(video, 1)}
            LOG.info("job begun", extra=extra)
            LOG.info("job begun", extra={"job": job, "video": video})  # given as they are
            for error in errors_about(job, video):
                LOG.warning("job failed: %s", error, extra={**extra, "error": error})
                LOG.error("job failed", extra={"error": str(error)})
                cause = raised(RuntimeError(str(error)), error)
                LOG.critical("the daemon ends", exc_info=raised(JobError("failed"), cause))

        text = logged(work, log_format=log_format)
        assert "job 4" in text
        assert str(DATA_DIR) not in text
        shown = text if log_format == "text" else repr(list(map(json.loads, text.splitlines())))
        # What a stand-in or the log's own words have in common with a name tells nothing.
        for own in ("job 1", "job 4", "video 1", "video_01", "4711.py"):
            shown = shown.replace(own, "")
        if name not in ("job 1", "video", "in"):
            assert [leak for leak in identifying(job) | identifying(video) if leak in shown] == []

    @pytest.mark.parametrize("name", HOSTILE, ids=ascii)
    def test_a_job_that_was_never_mentioned(self, name: str) -> None:
        def work(names: NamesInLogs) -> None:
            for error in (
                OutputError(f"{DATA_DIR}/in/{name}/walk.mp4 cannot be read"),
                OutputError(f"failed/{name.strip()} cannot be moved"),
                OSError(2, "No such file or directory", str(DATA_DIR / "in" / name)),
            ):
                LOG.error("a job waits: %s", error, extra={"error": error}, exc_info=raised(error))

        shown = logged(work).replace("-rf", "").replace("/in/…", "")
        if name not in ("in", "job 1"):
            assert [leak for leak in identifying(name) if leak in shown] == []

    @pytest.mark.parametrize("name", HOSTILE, ids=ascii)
    def test_an_error_that_is_put_into_a_message(self, name: str) -> None:
        text = logged(lambda names: LOG.error("it failed: %s", KeyError(name)))
        assert text.endswith(f"ERROR it failed: KeyError: {WITHHELD}\n")

    @pytest.mark.parametrize("name", HOSTILE, ids=ascii)
    def test_however_it_is_written(self, name: str) -> None:
        names = NamesInLogs(log_names=False, data_dir=DATA_DIR)
        names.job(name)
        for written in identifying(name) - set(name.split()):
            assert names.scrub(f"of “{written}”") == "of “job 1”", written

    def test_stand_ins_tell_jobs_apart_and_last(self) -> None:
        names = NamesInLogs(log_names=False, data_dir=DATA_DIR)
        given = [names.job(name) for name in (*HOSTILE, *HOSTILE)]
        assert given[: len(HOSTILE)] == [f"job {n + 1}" for n in range(len(HOSTILE))]
        assert given[len(HOSTILE) :] == given[: len(HOSTILE)]

    def test_names_come_while_another_thread_logs(self) -> None:
        names = NamesInLogs(log_names=False, data_dir=DATA_DIR)
        names.know(f"patient {number}" for number in range(5000))
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        shown: list[str] = []
        thread = threading.Thread(target=lambda: shown.extend(map(names.scrub, ["x"] * 50)))
        try:
            thread.start()
            for number in range(1000):
                names.job(f"job of {number}")
            thread.join()
        finally:
            sys.setswitchinterval(before)
        assert shown == ["x"] * 50

    def test_what_helps_is_left(self) -> None:
        names = NamesInLogs(log_names=False, data_dir=DATA_DIR)
        names.job("ann")
        names.job("30")
        names.know(["notes of ann.txt", "scans/1.dcm"])
        for text, shown in {
            "no frame came for 300 s": "no frame came for 300 s",
            "it cannot be moved to failed/: No space left": None,
            f"{DATA_DIR}/out/ann/results.json cannot be written: no space left": (
                "DATA_DIR/out/job 1/results.json cannot be written: no space left"
            ),
            f"{DATA_DIR}/in/ann/scans/1.dcm: gone": "DATA_DIR/in/job 1/a file: gone",
            f"{DATA_DIR}/in/ann/new: gone": "DATA_DIR/in/job 1/…",
            f"another daemon works on {DATA_DIR}: process 12": (
                "another daemon works on DATA_DIR: process 12"
            ),
            "ann_2.mp4": "job 1_2.mp4",
        }.items():
            assert names.scrub(text) == (shown or text)

    def test_a_data_directory_behind_links(self, tmp_path: Path) -> None:
        (tmp_path / "disk" / "videos").mkdir(parents=True)
        (tmp_path / "jobs").symlink_to(tmp_path / "disk")
        (tmp_path / "disk" / "in").symlink_to(tmp_path / "disk" / "videos")
        names = NamesInLogs(log_names=False, data_dir=tmp_path / "jobs")
        for path in ("jobs/in", "disk/in", "disk/videos"):
            assert names.scrub(f"{tmp_path / path}/carl: gone") == "DATA_DIR/in/…"

    @given(name=st.text(min_size=4, max_size=40), before=st.text(max_size=9), after=st.text())
    def test_paths_with_any_name(self, name: str, before: str, after: str) -> None:
        name = name.encode("utf-8", "replace").decode().replace("/", "|").replace("\0", "|")
        names = NamesInLogs(log_names=False, data_dir=DATA_DIR)
        shown = names.scrub(
            f"{before}{DATA_DIR}/in/{name}{after}".encode("utf-8", "replace").decode()
        )
        assert shown.endswith("DATA_DIR/in/…")
        names.job(name)
        assert names.scrub(f"{name}") in ("job 1", printable(" ".join(name.split())))


class TestOthers:
    """What libraries, threads and the interpreter say of names."""

    def test_records_of_libraries(self) -> None:
        def work(names: NamesInLogs) -> None:
            logging.getLogger("library").warning("cannot open %s", "Mustermann.mp4")
            logging.getLogger("library").error("cannot open Mustermann.mp4")

        first, second = logged(work).splitlines()
        assert first.endswith("WARNING library: cannot open %s")
        assert "ERROR library: (withheld" in second

    def test_warnings(self, capsys: pytest.CaptureFixture[str]) -> None:
        def work(names: NamesInLogs) -> None:
            with warnings.catch_warnings():
                warnings.simplefilter("always")
                warnings.warn("odd: Mustermann.mp4", RuntimeWarning, stacklevel=1)

        [line] = logged(work).splitlines()
        assert f"WARNING warning from {__file__}, line" in line
        assert "RuntimeWarning: (withheld" in line
        assert "odd: Mustermann.mp4" in logged(work, log_names=True)
        assert capsys.readouterr() == ("", "")

    def test_errors_that_end_a_thread(self, capsys: pytest.CaptureFixture[str]) -> None:
        def work(names: NamesInLogs) -> None:
            thread = threading.Thread(target={}.__getitem__, args=["Mustermann"])
            thread.start()
            thread.join()

        text = logged(work)
        assert "ERROR a thread ended with an error" in text
        assert "KeyError: (withheld" in text
        assert "Mustermann" not in text
        assert capsys.readouterr() == ("", "")

    def test_errors_that_nobody_gets(self, capsys: pytest.CaptureFixture[str]) -> None:
        class Failing:
            def __del__(self) -> None:
                raise KeyError("Muster" + "mann")

        def work(names: NamesInLogs) -> None:
            Failing()
            gc.collect()

        text = logged(work)
        assert "KeyError: (withheld" in text
        assert "Mustermann" not in text
        assert capsys.readouterr() == ("", "")


def test_the_documented_keys_are_those_of_the_log() -> None:
    page = (Path(__file__).parents[2] / "docs" / "service.md").read_text(encoding="utf-8")
    keys = [key for row in re.findall(r"^\| (`.*?) \|", page, re.M) for key in row.split(", ")]
    ours = {"time", "level", "message", "exception", *FIELDS}
    assert sorted(key.strip("`") for key in keys) == sorted(ours)
    [example] = re.findall(r"```json\n(.*?)```", page, re.DOTALL)

    def work(names: NamesInLogs) -> None:
        for number in range(7):
            names.job(f"{number}")
        record = LOG.makeRecord(
            *(LOG.name, logging.INFO, "", 0, "job begun", (), None),
            extra={"job": names.job("6"), "attempt": 1},
        )
        record.created = datetime(2026, 3, 1, 20, 15, 0, 123_000, UTC).timestamp()
        LOG.handle(record)

    assert json.loads(logged(work, log_format="json")) == json.loads(example)
