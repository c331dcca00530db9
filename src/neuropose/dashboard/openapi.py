"""What the API offers, as an OpenAPI document made from the contracts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from neuropose._version import __version__
from neuropose.dashboard.contract import Job, JobList, Machine, Refusal, SummarySince
from neuropose.data import JobState

PREFIX = "/api/v1"
MOST_SIZE = 1000
"""Most jobs in one answer."""
_SCHEMAS = "#/components/schemas/"
_KEY = {"type": "string", "pattern": "^[0-9a-z]+$"}
_RESULTS = "The results, as results.json on the disk: neuropose.io.load_job_results reads them."


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked for.

    Parameters
    ----------
    path : str
        Below the prefix.
    summary : str
        What it is.
    answer : type of BaseModel or None
        The contract of the answer; None if it is a file.
    parameters : mapping of str to dict
        JSON schema of each parameter of the query.
    required : frozenset of str
        Parameters that cannot be left out.
    """

    path: str
    summary: str
    answer: type[BaseModel] | None
    parameters: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    required: frozenset[str] = frozenset()

    @property
    def in_path(self) -> tuple[str, ...]:
        """Parameters of the path."""
        return ("job",) if "{job}" in self.path else ()


def operations() -> tuple[Operation, ...]:
    """Return everything that can be asked for.

    Returns
    -------
    tuple of Operation
    """
    number: dict[str, Any] = {"type": "integer", "minimum": 1}
    listing: dict[str, dict[str, Any]] = {
        "state": {"type": "string", "enum": [state.value for state in JobState]},
        "search": {"type": "string", "maxLength": 200},
        "page": number,
        "size": {**number, "maximum": MOST_SIZE},
    }
    since = {"since": {"type": "string", "format": "date-time"}}
    return (
        Operation(
            "/jobs", "Jobs: those in work, the queue, those that ended last", JobList, listing
        ),
        Operation("/jobs/{job}", "One job, by its key", Job),
        Operation("/jobs/{job}/results", _RESULTS, None),
        Operation("/machine", "Daemon, disk, model and graphics cards", Machine),
        Operation(
            "/summary", "What happened since a moment", SummarySince, since, frozenset({"since"})
        ),
    )


@cache
def described() -> dict[str, Any]:
    """Return the OpenAPI document.

    Returns
    -------
    dict

    Examples
    --------
    >>> sorted(described()["paths"])[:2]
    ['/api/v1/jobs', '/api/v1/jobs/{job}']
    """
    answers = (each.answer for each in operations())
    models: list[type[BaseModel]] = [*(model for model in answers if model is not None), Refusal]
    _, schemas = models_json_schema(
        [(model, "serialization") for model in models],
        ref_template=f"{_SCHEMAS}{{model}}",
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "NeuroPose",
            "version": __version__,
            "description": "State and results of the jobs of one daemon. It only reads.",
        },
        "paths": {f"{PREFIX}{each.path}": {"get": _get(each)} for each in operations()},
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _get(operation: Operation) -> dict[str, Any]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": _KEY} for name in operation.in_path
    ]
    in_query = [
        {"name": name, "in": "query", "required": name in operation.required, "schema": schema}
        for name, schema in operation.parameters.items()
    ]
    answer = {} if operation.answer is None else _reference(operation.answer)
    refusals = {"401": "Not known", "403": "Refused"}
    refusals |= {"404": "Not there"} if in_path else {}
    refusals |= {"422": "Not a query"} if in_query else {}
    return {
        "summary": operation.summary,
        "operationId": operation.path.strip("/").replace("/{job}", "_of_job").replace("/", "_"),
        "parameters": in_path + in_query,
        "responses": {
            "200": {
                "description": "The answer",
                "content": {"application/json": {"schema": answer}},
            },
            **{
                status: {
                    "description": text,
                    "content": {"application/json": {"schema": _reference(Refusal)}},
                }
                for status, text in refusals.items()
            },
        },
    }


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"{_SCHEMAS}{model.__name__}"}
