"""Who gets in, what is refused, and what is recorded of it."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from http.cookies import SimpleCookie
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.dashboard.served import PASSWORD, SCRIPT, DataDir, Site, completed, failed

from neuropose.dashboard.access.access_file import AccessList
from neuropose.dashboard.access.attempts import MOST_FAILURES
from neuropose.dashboard.access.roles import Role

Opened = Callable[..., Site]
PAGES = ("/jobs", "/jobs/rows", "/jobs/1", "/machine", "/log", "/api", "/events")
ANSWERS = ("/api/v1/jobs", "/api/v1/jobs/1", "/api/v1/machine", "/api/v1/openapi.json")


def raw(site: Site, line: str, *headers: str, body: str = "") -> bytes:
    head = "\r\n".join((f"{line} HTTP/1.1", *headers, "Connection: close", "", ""))
    return head.encode("latin-1") + body.encode("latin-1")


class TestHost:
    @pytest.mark.parametrize(
        "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example", "", "["]
    )
    def test_another_is_refused(self, site: Site, host: str) -> None:
        assert site.status(raw(site, "GET /jobs", f"Host: {host}")) in (400, 421)

    def test_none_or_two_are_refused(self, site: Site) -> None:
        assert site.status(raw(site, "GET /jobs")) in (400, 421)
        twice = (f"Host: {site.host}", "Host: evil.example")
        assert site.status(raw(site, "GET /jobs", *twice)) in (400, 421)

    def test_an_absolute_address_does_not_stand_for_it(self, site: Site) -> None:
        line = f"GET http://{site.host}/jobs"
        assert site.status(raw(site, line, "Host: evil.example")) == 421

    def test_the_names_of_this_machine_are_known(self, site: Site) -> None:
        port = site.host.split(":")[1]
        assert site.status(raw(site, "GET /jobs", f"Host: LOCALHOST:{port}")) == 200

    def test_another_that_is_allowed(self, opened: Opened, data: DataDir) -> None:
        site = opened(data, allowed_hosts=("gait.lab.example:9000",))
        assert site.status(raw(site, "GET /jobs", "Host: gait.lab.example:9000")) == 200


class TestOtherSites:
    def test_nothing_is_said_to_them(self, site: Site) -> None:
        answer = site.visitor().get("/api/v1/jobs", headers={"Origin": "https://evil.example"})
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]

    @pytest.mark.parametrize(
        "fetch",
        [
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
            {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
            {
                "Sec-Fetch-Site": "cross-site",
                "Sec-Fetch-Mode": "navigate",
                "Sec-Fetch-Dest": "iframe",
            },
        ],
    )
    def test_they_embed_nothing(self, site: Site, fetch: dict[str, str]) -> None:
        assert site.visitor().get("/jobs", headers=fetch).status_code == 403

    def test_a_link_may_be_followed(self, site: Site) -> None:
        fetch = {
            "Sec-Fetch-Site": "cross-site",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document",
        }
        assert site.visitor().get("/jobs", headers=fetch).status_code == 200

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://127.0.0.1"])
    def test_they_change_nothing(self, site: Site, origin: str) -> None:
        visitor = site.visitor()
        answer = visitor.post("/jobs/2/remove", {"csrf": visitor.token()}, {"Origin": origin})
        assert answer.status_code == 403
        assert (site.data.layout.failed / "ben").is_dir()
        assert '"refused": "origin"' in site.data.audit

    def test_the_headers_forbid_the_rest(self, site: Site) -> None:
        for path in (*PAGES[:-1], "/login", "/static/dashboard.js", "/nothing", *ANSWERS):
            headers = site.visitor().get(path).headers
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


class TestForgery:
    @pytest.mark.parametrize("token", [None, "", "x", "ü" * 20])
    def test_without_the_token_of_the_session(self, site: Site, token: str | None) -> None:
        visitor = site.visitor()
        visitor.get("/jobs")
        fields = {} if token is None else {"csrf": token}
        assert visitor.post("/jobs/2/remove", fields).status_code == 403
        assert (site.data.layout.failed / "ben").is_dir()

    def test_the_token_of_another_session(self, site: Site) -> None:
        other = site.visitor().token()
        visitor = site.visitor()
        visitor.get("/jobs")
        assert visitor.post("/jobs/2/remove", {"csrf": other}).status_code == 403

    def test_without_a_session(self, site: Site) -> None:
        other = site.visitor().token()
        assert site.visitor().post("/jobs/2/remove", {"csrf": other}).status_code == 403

    def test_a_session_that_was_made_up(self, guarded: Site) -> None:
        visitor = guarded.visitor()
        visitor.log_in("ben")
        cookie = next(iter(visitor.session.cookies))
        content, signature = str(cookie.value).split(".")
        for value in (f"{content}.", f"{content[:-4]}AAAA.{signature}", "." * 50, "a" * 5000):
            answer = guarded.visitor().get(
                "/api/v1/jobs", headers={"Cookie": f"{cookie.name}={value}"}
            )
            assert answer.status_code == 401, value


class TestLogin:
    def test_only_then_there_is_anything_to_see(self, guarded: Site) -> None:
        for path in PAGES:
            answer = guarded.visitor().get(path, allow_redirects=False)
            assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
        for path in (*ANSWERS, "/nothing", "/jobs/anna"):
            answer = guarded.visitor().get(path, headers={"Accept": "*/*"})
            assert answer.status_code == 401
            assert "anna" not in answer.text

    def test_with_the_password(self, guarded: Site) -> None:
        visitor = guarded.visitor()
        answer = visitor.log_in("anna")
        cookie = SimpleCookie(answer.headers["Set-Cookie"])
        (morsel,) = cookie.values()
        assert morsel["httponly"]
        assert morsel["samesite"] == "Strict"
        assert PASSWORD not in morsel.value
        assert "ben" in visitor.get("/jobs").text

    @pytest.mark.parametrize("name", ["anna", "nobody", "", "anna\r\nX: y", "\0", "ä" * 64])
    def test_with_a_wrong_one(self, guarded: Site, name: str) -> None:
        assert guarded.visitor().log_in(name, "wrong").status_code == 403
        record = json.loads(guarded.data.audit.splitlines()[-1])
        assert (record["refused"], record["person"]) == ("password", None)
        assert "wrong" not in guarded.data.audit

    def test_too_often(self, guarded: Site) -> None:
        for _ in range(MOST_FAILURES):
            guarded.visitor().log_in("anna", "wrong")
        answer = guarded.visitor().log_in("anna")
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 60

    def test_a_session_ends(self, guarded: Site) -> None:
        visitor = guarded.visitor()
        visitor.log_in("anna")
        cookie = visitor.session.cookies.copy()
        visitor.post("/logout", {"csrf": visitor.token()})
        visitor.session.cookies = cookie
        answer = visitor.get("/jobs", allow_redirects=False)
        assert answer.status_code == 303

    def test_whoever_looks_changes_nothing(self, guarded: Site) -> None:
        visitor = guarded.visitor()
        visitor.log_in("ben")
        assert 'class="action"' not in visitor.get("/jobs/2").text
        assert visitor.act("2", "remove").status_code == 403
        assert (guarded.data.layout.failed / "ben").is_dir()
        record = json.loads(guarded.data.audit.splitlines()[-1])
        assert (record["person"], record["refused"]) == ("ben", "role")

    def test_whoever_operates_does(self, guarded: Site) -> None:
        visitor = guarded.visitor()
        visitor.log_in("anna")
        assert visitor.act("2", "remove").status_code == 200
        assert not (guarded.data.layout.failed / "ben").exists()
        record = json.loads(guarded.data.audit.splitlines()[-1])
        assert record["person"] == "anna"
        assert (record["method"], record["path"]) == ("POST", "/jobs/2/remove")


class TestToken:
    @pytest.fixture
    def token(self, access: AccessList, opened: Opened, data: DataDir) -> tuple[Site, str]:
        data.put(anna=completed("anna", 1), ben=failed(2))
        with_token, token = access.with_token("hospital", Role.OPERATE)
        return opened(data, with_token), token

    def test_it_reads(self, token: tuple[Site, str]) -> None:
        site, secret = token
        answer = site.visitor().get("/api/v1/jobs", headers={"Authorization": f"Bearer {secret}"})
        assert answer.json()["total"] == 2

    @pytest.mark.parametrize("given", ["Bearer x", "Basic YTpi", "Bearer", "", "Bearer ü"])
    def test_another_does_not(self, token: tuple[Site, str], given: str) -> None:
        site, _ = token
        headers = {"Authorization": given.encode()}
        answer = site.visitor().get("/api/v1/jobs", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"]

    def test_it_need_not_wait_for_others(self, token: tuple[Site, str]) -> None:
        site, secret = token

        def status(given: str) -> int:
            headers = {"Authorization": f"Bearer {given}"}
            return site.visitor().get("/api/v1/jobs", headers=headers).status_code

        assert [status("x") for _ in range(MOST_FAILURES + 1)] == [401] * MOST_FAILURES + [429]
        assert status(secret) == 200

    def test_it_changes_nothing(self, token: tuple[Site, str]) -> None:
        site, secret = token
        headers = {"Authorization": f"Bearer {secret}"}
        assert site.visitor().post("/jobs/2/remove", {}, headers).status_code == 403
        assert (site.data.layout.failed / "ben").is_dir()

    def test_only_its_hash_is_kept(self, token: tuple[Site, str]) -> None:
        site, secret = token
        assert secret not in site.data.root.with_name("access.json").read_text()


class TestNames:
    def test_a_path_finds_only_jobs(self, site: Site) -> None:
        secret = site.data.root.with_name("secret.txt")
        secret.write_text("secret")
        for key in ("..", "../secret.txt", "../../secret.txt", "anna", "\0", "%2e%2e", "1/../2"):
            for path in (f"/jobs/{key}", f"/api/v1/jobs/{key}", f"/api/v1/jobs/{key}/results"):
                for spelled in (path, quote(path, safe="/"), quote(path, safe="")):
                    answer = site.send(raw(site, f"GET {spelled}", f"Host: {site.host}"))
                    assert answer.split(b" ", 2)[1] in (b"400", b"404", b"405"), (spelled, answer)
                    assert b"secret" not in answer.split(b"\r\n\r\n", 1)[-1].replace(
                        b"secret.txt", b""
                    )
        for name in ("../app.py", "..%2fapp.py", "page.css/../x", "base.html.j2"):
            request = raw(site, f"GET /static/{name}", f"Host: {site.host}")
            assert site.status(request) == 404

    def test_a_link_of_results_leads_nowhere(self, site: Site) -> None:
        secret = site.data.root.with_name("secret.json")
        secret.write_text("{}")
        results = site.data.layout.out / "anna" / "results.json"
        results.unlink()
        results.symlink_to(secret)
        assert site.visitor().get("/api/v1/jobs/1/results").status_code == 404

    def test_a_status_that_names_another_file(self, site: Site) -> None:
        secret = site.data.root.with_name("secret.json")
        secret.write_text("{}")
        for results in ("../secret.json", str(secret), "out/../../secret.json", "out", ""):
            site.data.put(anna=completed("anna", 1, results=results))
            assert site.visitor().get("/api/v1/jobs/1/results").status_code == 404

    def test_script_in_names_is_text(self, opened: Opened, data: DataDir) -> None:
        quoted = f'"><img src=x onerror=alert(1)> {SCRIPT.replace("/", "∕")}'
        entry = failed(1, videos=(SCRIPT,), error=f"VideoError: {SCRIPT}", other_files=(SCRIPT,))
        data.put_all({quoted: entry})
        visitor = opened(data).visitor()
        for path in ("/jobs", "/jobs/1", "/machine", f"/jobs?search={quote(SCRIPT)}"):
            text = visitor.get(path).text
            assert "<script>" not in text
            assert "<img" not in text

    def test_headers_cannot_be_injected(self, site: Site) -> None:
        injected = "x%0d%0aSet-Cookie:%20a=b"
        for path in (f"/language?to={injected}", f"/jobs?search={injected}", f"/{injected}"):
            answer = site.visitor().get(path, allow_redirects=False)
            assert "a=b" not in answer.headers.get("Set-Cookie", "")
            assert answer.status_code < 500


@pytest.mark.parametrize(
    ("line", "allowed"), [("TRACE /jobs", b"GET, HEAD, POST"), ("GET /logout", b"POST")]
)
def test_what_is_allowed_instead_is_said(site: Site, line: str, allowed: bytes) -> None:
    answer = site.send(raw(site, line, f"Host: {site.host}"))
    assert answer.startswith(b"HTTP/1.1 405")
    assert b"\r\nallow: " + allowed in answer


def test_the_audit_log_is_private(site: Site) -> None:
    site.visitor().get("/jobs/1")
    (file,) = (site.data.root / ".dashboard").glob("*.jsonl")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    (record,) = map(json.loads, site.data.audit.splitlines())
    assert record["path"] == "/jobs/1"
    assert "anna" not in site.data.audit


def test_a_page_that_fails_says_so_and_no_more(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("/home/anna")

    monkeypatch.setattr("neuropose.dashboard.pages.machine.latest_lines", fail)
    answer = site.visitor().get("/log")
    assert answer.status_code == 500
    assert "a fault of NeuroPose" in answer.text
    assert "anna" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert site.visitor().get("/jobs").status_code == 200


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("csrf=" + "a" * 70_000, "application/x-www-form-urlencoded", 413),
        ("&".join("a=b" for _ in range(1000)), "application/x-www-form-urlencoded", 400),
        ("a=%ff", "application/x-www-form-urlencoded", 400),
        ("\xff", "application/x-www-form-urlencoded", 400),
        ("{}", "application/json", 403),
        ("a" * 70_000, "multipart/form-data; boundary=x", 403),
    ],
)
def test_forms_that_are_none(site: Site, body: str, kind: str, status: int) -> None:
    headers = (
        f"Host: {site.host}",
        f"Origin: {site.url}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
    )
    assert site.status(raw(site, "POST /jobs/2/remove", *headers, body=body)) == status


METHODS = st.sampled_from(
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "X"]
)
PIECES = st.sampled_from(
    (
        *(
            "jobs",
            "rows",
            "1",
            "2",
            "remove",
            "retry",
            "api",
            "v1",
            "results",
            "machine",
            "summary",
        ),
        *("log", "login", "logout", "language", "static", "..", ".", "%2e%2e", "%00", "%ff", ""),
    )
)
QUERIES = st.sampled_from(["", "page=-1", "page=99999999999", "size=0", "state=x", "since=x"]) | (
    st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="#"), max_size=40)
)
HEADERS = st.sampled_from(
    (
        *("Origin", "Cookie", "Authorization", "Accept", "Accept-Language", "Content-Type"),
        *("Content-Length", "Transfer-Encoding", "X-CSRF-Token", "If-None-Match", "Range"),
        "Sec-Fetch-Site",
    )
)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60) | st.sampled_from(
    [
        "1",
        "chunked",
        "application/x-www-form-urlencoded",
        "bytes=0-",
        "de;q=x",
        "a=b; c",
        "text/html",
    ]
)


class TestMutations:
    def test_none_is_a_fault_and_nothing_is_lost(self, site: Site) -> None:
        """A thousand requests that are nearly right."""
        results = site.data.layout.out / "anna" / "results.json"
        results.write_text("{}")
        places = (site.data.layout.out, site.data.layout.failed, site.data.layout.inbox)
        before = {path for place in places for path in place.rglob("*")}
        seen: set[int] = set()

        @settings(max_examples=1000, suppress_health_check=list(HealthCheck), database=None)
        @given(
            METHODS,
            st.lists(PIECES, max_size=5),
            QUERIES,
            st.lists(st.tuples(HEADERS, VALUES), max_size=4),
            st.text(st.characters(max_codepoint=255), max_size=80),
        )
        def mutate(
            method: str,
            pieces: list[str],
            query: str,
            headers: list[tuple[str, str]],
            body: str,
        ) -> None:
            given = [f"{name}: {value}" for name, value in headers]
            path = "/" + "/".join(pieces) + (f"?{query}" if query else "")
            if path.split("?")[0].rstrip("/").endswith("events"):
                return
            request = raw(site, f"{method} {path}", f"Host: {site.host}", *given, body=body)
            status = site.status(request, within_s=0.5)  # some are but a part of one
            assert status < 500, request
            seen.add(status)

        mutate()
        assert {200, 403, 404} <= seen
        assert {path for place in places for path in place.rglob("*")} == before
        assert site.visitor().get("/jobs").status_code == 200
        refused = [line for line in site.data.audit.splitlines() if '"refused"' in line]
        assert refused
