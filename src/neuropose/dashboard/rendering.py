"""Answers: pages from templates, JSON, and refusals in the form that was asked for."""

from __future__ import annotations

import math
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, JSONResponse, Response

from neuropose._version import __version__
from neuropose.dashboard.context import context_of, visit_of
from neuropose.dashboard.phrases import Phrase
from neuropose.errors import NeuroPoseError
from neuropose.interfacer.names import printable

if TYPE_CHECKING:
    from jinja2 import Environment
    from starlette.requests import Request

API = "/api/v1/"
"""Paths whose answers are JSON, the refusals too."""
NAVIGATION = (
    ("/jobs", "jobs"),
    ("/upload", "upload"),
    ("/people", "people"),
    ("/machine", "machine"),
    ("/log", "log"),
    ("/api", "api"),
)
"""Address and text of what every page leads to."""


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """Return a page.

    Parameters
    ----------
    request : Request
        The request.
    template : str
        File in ``templates``. Beside `values` it can use ``t(key, …)``, the texts; ``visit``;
        ``csrf``, for forms; ``may_operate``; ``path``.
    status : int
        Of the answer.
    **values : object
        What the template shows. Everything is escaped.

    Returns
    -------
    Response
    """
    visit = visit_of(request)
    sessions = context_of(request).sessions
    text = (
        _templates()
        .get_template(template)
        .render(
            t=visit.language,
            visit=visit,
            csrf="" if visit.session is None else sessions.token(visit.session),
            may_operate=visit.person is not None
            and visit.person.role.may(visit.person.role.OPERATE),
            is_local=context_of(request).access is None,
            languages=context_of(request).languages.all,
            navigation=NAVIGATION,
            path=request.scope["path"],
            version=__version__,
            **values,
        )
    )
    return HTMLResponse(text, status)


def refusal(
    request: Request,
    status: int,
    reason: str,
    retry_after_s: float | None = None,
) -> Response:
    """Return an answer that says why there is no other one.

    Parameters
    ----------
    request : Request
        The request.
    status : int
        Of the answer.
    reason : str
        Key of the text that says why; with ``_hint``, of the text that says what to do.
    retry_after_s : float, optional
        When to try again.

    Returns
    -------
    Response
    """
    t = visit_of(request).language
    response = said(request, status, t(reason), t(f"{reason}_hint"))
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="neuropose"'
    if retry_after_s is not None:
        response.headers["Retry-After"] = str(math.ceil(retry_after_s))
    return response


def trouble(request: Request, status: int, error: NeuroPoseError) -> Response:
    """Return an answer that says what an error says, in the language of the visitor.

    Parameters
    ----------
    request : Request
        The request.
    status : int
        Of the answer.
    error : NeuroPoseError
        The error.

    Returns
    -------
    Response
    """
    t = visit_of(request).language
    hint = None if error.hint is None else t.told(error.hint)
    return said(request, status, t.told(error.message), hint)


def said(
    request: Request, status: int, message: str | Phrase, hint: str | Phrase | None
) -> Response:
    """Return an answer that says what happened and what to do, as a page or as JSON.

    Parameters
    ----------
    request : Request
        The request; one for JSON, or to the API, is answered with JSON.
    status : int
        Of the answer.
    message : str or Phrase
        What happened.
    hint : str, Phrase or None
        What to do.

    Returns
    -------
    Response
    """
    if wants_json(request):
        key = "done" if status < 400 else "error"
        return JSONResponse(in_json(**{key: message, "hint": hint}), status)
    is_refused = status >= 400
    return page(
        request, "said.html.j2", status=status, is_refused=is_refused, message=message, hint=hint
    )


def in_json(**told: str | Phrase | None) -> dict[str, Any]:
    """Return what is said, for an answer in JSON.

    Parameters
    ----------
    **told : str, Phrase or None
        What is said, by what it is called.

    Returns
    -------
    dict
        The same as text; and, as ``languages``, the code of each that is not in the language of the
        visitor, if there are any.
    """
    codes = {name: each.code for name, each in told.items() if isinstance(each, Phrase)}
    others = {name: code for name, code in codes.items() if code is not None}
    texts = {name: None if each is None else str(each) for name, each in told.items()}
    return {**texts, "languages": others} if others else dict(texts)


def fault(request: Request) -> Response:
    """Return an answer that says that this program is at fault.

    Parameters
    ----------
    request : Request
        The request.

    Returns
    -------
    Response
    """
    t = visit_of(request).language
    return said(request, 500, t("fault"), t("fault_hint"))


def wants_json(request: Request) -> bool:
    """Return whether a request is to be answered with JSON.

    Parameters
    ----------
    request : Request
        The request.

    Returns
    -------
    bool
    """
    accepts = request.headers.get("accept", "")
    return request.scope["path"].startswith(API) or accepts.startswith("application/json")


def size(count: int) -> str:
    """Return the size of a file in words, as ``upload.js`` does.

    Parameters
    ----------
    count : int
        In bytes.

    Returns
    -------
    str

    Examples
    --------
    >>> size(0), size(1), size(4_843), size(1_709_101), size(5_000_000_000)
    ('0 kB', '1 kB', '5 kB', '1.7 MB', '5.00 GB')
    """
    if count < 1e6:
        return f"{math.ceil(count / 1e3)} kB"
    return f"{count / 1e6:.1f} MB" if count < 1e9 else f"{count / 1e9:.2f} GB"


def prepare() -> None:
    """Compile every template, which otherwise the first visitor waits for."""
    environment = _templates()
    for name in environment.list_templates():
        environment.get_template(name)


@cache
def _templates() -> Environment:
    from jinja2 import DictLoader, Environment, StrictUndefined

    folder = resources.files("neuropose.dashboard") / "templates"
    sources = {
        file.name: file.read_text(encoding="utf-8")
        for file in folder.iterdir()
        if file.name.endswith(".j2")
    }
    environment = Environment(
        loader=DictLoader(sources),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["printable"] = printable
    environment.filters["size"] = size
    return environment
