"""Roles, passwords, sessions, attempts and the audit log, each by itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.dashboard.served import PASSWORD

from neuropose.dashboard.access.access_file import AccessList, load_access, save_access
from neuropose.dashboard.access.attempts import (
    MOST_FAILURES,
    MOST_FAILURES_IN_ALL,
    WINDOW_S,
    Attempts,
)
from neuropose.dashboard.access.audit import AuditLog
from neuropose.dashboard.access.roles import Person, Role
from neuropose.dashboard.access.sessions import LASTS_S, Sessions
from neuropose.errors import ConfigError, FileFormatError, FileMissingError

ANNA = Person("anna", Role.OPERATE)


class TestAccessFile:
    def test_a_password(self, access: AccessList) -> None:
        assert access.by_password("anna", PASSWORD) == ANNA
        for name, password in [("anna", "x"), ("x", PASSWORD), ("anna", ""), ("anna", "a" * 10**6)]:
            assert access.by_password(name, password) is None

    def test_only_a_hash_is_kept(self, access: AccessList, tmp_path: Path) -> None:
        path = tmp_path / "access.json"
        save_access(path, access)
        text = path.read_text()
        assert "$argon2id$" in text
        assert PASSWORD not in text
        assert load_access(path) == access
        assert path.stat().st_mode & 0o777 == 0o600

    def test_somebody_new_in_place_of_the_old(self, access: AccessList) -> None:
        changed, token = access.with_token("anna", Role.LOOK)
        assert changed.by_password("anna", PASSWORD) is None
        assert changed.by_token(token) == Person("anna", Role.LOOK)
        assert changed.without("anna").by_token(token) is None

    @pytest.mark.parametrize("name", ["", "a b", "a\n", "../a", "a" * 65, "ä"])
    def test_names_that_are_none(self, name: str) -> None:
        with pytest.raises(ConfigError):
            AccessList().with_token(name, Role.LOOK)

    def test_a_short_password(self) -> None:
        with pytest.raises(ConfigError, match="9 characters"):
            AccessList().with_password("anna", Role.LOOK, "123456789")

    def test_files_that_are_refused(self, access: AccessList, tmp_path: Path) -> None:
        path = tmp_path / "access.json"
        with pytest.raises(FileMissingError):
            load_access(path)
        save_access(path, access)
        path.chmod(0o640)
        with pytest.raises(ConfigError, match="others may read"):
            load_access(path)
        path.chmod(0o600)
        path.write_text(path.read_text().replace("$argon2id$", "$plain$"))
        with pytest.raises(FileFormatError):
            load_access(path)


class TestSessions:
    def test_it_ends_in_time(self) -> None:
        now_s = [1000.0]
        sessions = Sessions(lambda: now_s[0])
        cookie = sessions.begin(ANNA)
        session = sessions.read(cookie)
        assert session is not None
        assert session.person == ANNA
        now_s[0] += LASTS_S - 1.0
        assert sessions.read(cookie) is not None
        now_s[0] += 2.0
        assert sessions.read(cookie) is None

    def test_it_is_ended(self) -> None:
        sessions = Sessions()
        cookie, other = sessions.begin(ANNA), sessions.begin(ANNA)
        session = sessions.read(cookie)
        assert session is not None
        sessions.end(session)
        assert sessions.read(cookie) is None
        assert sessions.read(other) is not None

    def test_another_process_does_not_know_it(self) -> None:
        assert Sessions().read(Sessions().begin(ANNA)) is None

    def test_a_token_belongs_to_one(self) -> None:
        sessions = Sessions()
        first, second = (sessions.read(sessions.begin(ANNA)) for _ in range(2))
        assert first is not None
        assert second is not None
        assert sessions.is_token(first, sessions.token(first))
        assert not sessions.is_token(first, sessions.token(second))


class TestAttempts:
    def test_an_address_waits_and_others_do_not(self) -> None:
        now_s = [0.0]
        attempts = Attempts(lambda: now_s[0])
        for _ in range(MOST_FAILURES):
            assert attempts.wait_s("a") == 0.0
            attempts.failed("a")
            now_s[0] += 1.0
        assert attempts.wait_s("a") == WINDOW_S - MOST_FAILURES
        assert attempts.wait_s("b") == 0.0
        now_s[0] = WINDOW_S
        assert attempts.wait_s("a") == 0.0

    def test_very_many_addresses(self) -> None:
        attempts = Attempts(lambda: 0.0)
        for number in range(MOST_FAILURES_IN_ALL):
            attempts.failed(f"{number}")
        assert attempts.wait_s("another") == WINDOW_S


class TestAuditLog:
    def test_a_file_a_month(self, tmp_path: Path) -> None:
        now = [datetime(2026, 3, 31, 23, 59, tzinfo=UTC)]
        log = AuditLog(tmp_path, lambda: now[0])
        log.record(person="anna", path="/jobs/1", status=200)
        now[0] = datetime(2026, 4, 1, tzinfo=UTC)
        log.record(person="anna", path="/jobs/\n" + "x" * 1000, status=404)
        files = sorted((tmp_path / ".dashboard").iterdir())
        assert [file.name for file in files] == ["audit-2026-03.jsonl", "audit-2026-04.jsonl"]
        (line,) = files[1].read_text().splitlines()
        assert len(json.loads(line)["path"]) == 200

    @pytest.mark.parametrize("refused", [{"refused": "host"}, {}])
    def test_strangers_do_not_fill_the_disk(self, tmp_path: Path, refused: dict[str, str]) -> None:
        now_s = [0.0]
        log = AuditLog(tmp_path, clock=lambda: now_s[0])
        for _ in range(1000):
            log.record(person=None, path="/login", **refused)
        now_s[0] = 61.0
        log.record(person=None, path="/login", **refused)
        (file,) = (tmp_path / ".dashboard").iterdir()
        lines = file.read_text().splitlines()
        assert len(lines) == 302
        assert json.loads(lines[300])["refused"] == "700 more requests"

    def test_whoever_is_known_is_always_recorded(self, tmp_path: Path) -> None:
        log = AuditLog(tmp_path, clock=lambda: 0.0)
        for person in (None, "anna") * 400:
            log.record(person=person, path="/jobs", status=200)
        (file,) = (tmp_path / ".dashboard").iterdir()
        assert file.read_text().count('"anna"') == 400

    def test_a_full_disk_stops_nothing(self, tmp_path: Path) -> None:
        (tmp_path / ".dashboard").write_text("in the way")
        AuditLog(tmp_path).record(path="/")
