"""The API, its document, and the client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from tests.dashboard.served import EVENING, DataDir, Site, completed, failed
from tests.loopback import closed_url

from neuropose.dashboard.access.access_file import AccessList
from neuropose.dashboard.access.roles import Role
from neuropose.dashboard.client import Client
from neuropose.dashboard.openapi import described, operations
from neuropose.errors import InterfacerError, JobError
from neuropose.io import JobResults, save_job_results
from neuropose.testing import synthetic_predictions

Opened = Callable[..., Site]


@pytest.fixture
def client(site: Site) -> Client:
    return Client(site.url)


def test_jobs(site: Site, client: Client) -> None:
    jobs = {job.name: job for job in client.jobs()}
    assert list(jobs) == ["carla", "ben", "anna"]
    assert jobs["ben"].entry == failed(2)
    assert [job.name for job in client.jobs(state="failed")] == ["ben"]
    assert [job.name for job in client.jobs(search="ANN")] == ["anna"]
    assert client.job(2) == jobs["ben"]


def test_all_pages(opened: Opened, data: DataDir) -> None:
    data.store.put({f"p{k}": completed(f"p{k}", k + 1) for k in range(2500)})
    assert len({job.name for job in Client(opened(data).url).jobs()}) == 2500


def test_results(site: Site, client: Client) -> None:
    results = JobResults(videos={"video_01": synthetic_predictions(frame_count=3)})
    save_job_results(site.data.layout.out / "anna" / "results.json", results)
    assert client.results(1).videos["video_01"].metadata.frame_count == 3
    with pytest.raises(JobError, match="no results"):
        client.results(2)
    with pytest.raises(JobError, match="no such job"):
        client.results("99")
    with pytest.raises(JobError):
        client.results("../1")


def test_machine_and_summary(client: Client) -> None:
    machine = client.machine()
    assert machine.daemon_running is False
    assert machine.model == "blazepose"
    summary = client.summary(EVENING)
    assert (summary.completed, summary.failed, summary.queued) == (1, 1, 1)
    assert client.summary(datetime(2030, 1, 1, tzinfo=UTC)).jobs == ()


def test_a_token_is_needed(opened: Opened, data: DataDir, access: AccessList) -> None:
    with_token, token = access.with_token("hospital", Role.LOOK)
    site = opened(data, with_token)
    assert list(Client(site.url, token).jobs()) == []
    for wrong in (None, "guessed"):
        with pytest.raises(InterfacerError) as caught:
            list(Client(site.url, wrong).jobs())
        assert caught.value.hint


def test_nobody_is_there() -> None:
    with pytest.raises(InterfacerError, match="cannot be reached"):
        Client(closed_url()).machine()


@pytest.mark.parametrize(
    "query",
    [
        *("jobs?state=lost", "jobs?page=0", "jobs?page=x", "jobs?size=1001"),
        f"jobs?search={'a' * 201}",
        *("summary", "summary?since=yesterday", "summary?since=2026-03-01", "summary?since=%00"),
    ],
)
def test_what_is_no_query(site: Site, query: str) -> None:
    answer = site.visitor().get(f"/api/v1/{query}")
    assert answer.status_code == 422
    assert answer.json()["hint"]


class TestDocument:
    def test_every_operation_answers_as_it_says(self, site: Site) -> None:
        site.data.layout.out.joinpath("anna", "results.json").write_text("{}")
        queries = {"/summary": "?since=2026-03-01T00:00:00Z"}
        for operation in operations():
            path = operation.path.replace("{job}", "1") + queries.get(operation.path, "")
            answer = site.visitor().get(f"/api/v1{path}")
            assert answer.status_code == 200
            assert answer.headers["Content-Type"] == "application/json"
            if operation.answer is not None:
                operation.answer.model_validate_json(answer.content)

    def test_every_reference_leads_somewhere(self) -> None:
        document = described()

        def references(part: object) -> list[str]:
            if isinstance(part, dict):
                own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
                return own + [found for value in part.values() for found in references(value)]
            if isinstance(part, list):
                return [found for value in part for found in references(value)]
            return []

        found = references(document)
        assert len(found) > 10
        for reference in found:
            place: object = document
            for piece in reference.removeprefix("#/").split("/"):
                assert isinstance(place, dict)
                place = place[piece]

    def test_it_is_served_and_shown(self, site: Site) -> None:
        assert site.visitor().get("/api/v1/openapi.json").json() == described()
        text = site.visitor().get("/api").text
        for operation in operations():
            assert operation.path in text
