"""The guard at the door: every request passes here, and only what is allowed reaches a page."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from neuropose.dashboard.access.roles import LOCAL, Person, Role
from neuropose.dashboard.context import Context, Visit
from neuropose.dashboard.rendering import fault, refusal, wants_json

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOG = logging.getLogger(__name__)
OPEN_TO_ALL = ("/login", "/static/", "/language")
"""Paths that need no person; those that end with a stroke, with everything below them."""
LANGUAGE_COOKIE = "neuropose_language"
_SAFE = ("GET", "HEAD")
_KNOWN = (*_SAFE, "POST", "PUT", "PATCH", "DELETE")
_FORM = "application/x-www-form-urlencoded"
_MOST_FORM_BYTES = 64 * 1024
_FORM_WITHIN_S = 10.0
_MOST_FIELDS = 200
_LONGEST_TARGET = 4096

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self' blob:; connect-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may do, unless it has a policy of its own: nothing inline, nothing elsewhere."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
_STRICT_TRANSPORT = "max-age=31536000"


class RefusedError(Exception):
    """A request that goes no further.

    Parameters
    ----------
    status : int
        Of the answer.
    reason : str
        Key of the text that says why.
    retry_after_s : float, optional
        When it may be tried again.
    """

    def __init__(self, status: int, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.retry_after_s = retry_after_s


class _LoginFirstError(Exception):
    """A browser that has to log in before it sees this page."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets through what is allowed, adds headers, and keeps the audit log.

    Parameters
    ----------
    app : ASGI application
        What is guarded.
    context : Context
        Who may do what.

    Notes
    -----
    In this order: the header ``Host`` must be one of ours, which makes DNS rebinding useless; no
    other site may embed or ask; the person must be known; whatever is not GET or HEAD needs the
    role that operates, the header ``Origin``, and the token of the session. A token of a program
    (``Authorization: Bearer``) only reads.
    """

    app: ASGIApp
    context: Context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or refuse it.

        Parameters
        ----------
        scope, receive, send
            As in the ASGI specification.
        """
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        with self.context.connections.answering(scope["client"]):
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        language = self.context.languages.best(
            request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", "")
        )
        visit = scope["neuropose.visit"] = Visit(language)
        recorded = False

        def record(status: int | None) -> None:
            nonlocal recorded
            if not recorded:
                recorded = True
                self._record(request, visit, status)

        answer = _Answer(self.context, send, record)
        try:
            refused = await self._refused(request, visit, answer)
            await (refused or self.app)(scope, receive, answer.send)
        except ClientDisconnect:
            pass
        except Exception:
            _LOG.exception("a page of the dashboard failed")
            if answer.status is None:  # otherwise it breaks off
                await fault(request)(scope, receive, answer.send)
        finally:
            record(answer.status)

    async def _refused(self, request: Request, visit: Visit, answer: _Answer) -> Response | None:
        """Return the answer to a request that goes no further; None if it reaches its page."""
        try:
            await self._admit(request, visit, answer)
        except RefusedError as error:
            visit.refused = error.reason
            response = refusal(request, error.status, error.reason, error.retry_after_s)
            if error.status == 405:
                response.headers["Allow"] = ", ".join(_KNOWN)
            return response
        except _LoginFirstError:
            return RedirectResponse("/login", 303)
        return None

    async def _admit(self, request: Request, visit: Visit, answer: _Answer) -> None:
        """Return if the request may reach its page; the visit then says who asks."""
        self._check_host(request.headers)
        if request.method not in _KNOWN:
            raise RefusedError(405, "refused_method")
        if len(request.scope["raw_path"]) + len(request.scope["query_string"]) > _LONGEST_TARGET:
            raise RefusedError(414, "refused_length")
        self._check_site(request)
        path: str = request.scope["path"]
        is_open = path in OPEN_TO_ALL or path.startswith(
            tuple(each for each in OPEN_TO_ALL if each.endswith("/"))
        )
        await self._identify(request, visit, answer)
        if request.method in _SAFE:
            if visit.person is None and not is_open:
                raise _unknown(request)
            return
        if request.headers.get("origin") != self._origin(request.headers):
            raise RefusedError(403, "refused_origin")
        visit.form = await _form(request)
        if is_open:
            return
        if visit.person is None:
            raise _unknown(request)
        if visit.session is None:
            raise RefusedError(403, "refused_read_only")
        given = visit.form.get("csrf") or request.headers.get("x-csrf-token", "")
        if not self.context.sessions.is_token(visit.session, given):
            raise RefusedError(403, "refused_forged")
        if path != "/logout" and not visit.person.role.may(Role.OPERATE):
            raise RefusedError(403, "refused_role")

    def _check_host(self, headers: Headers) -> None:
        given = headers.getlist("host")
        if len(given) != 1 or given[0].lower() not in self.context.hosts:
            raise RefusedError(421, "refused_host")

    def _origin(self, headers: Headers) -> str:
        return f"{self.context.scheme}://{headers['host'].lower()}"

    def _check_site(self, request: Request) -> None:
        """Refuse what another site embeds or asks for; browsers say so, others need not."""
        site = request.headers.get("sec-fetch-site", "none")
        if site in ("same-origin", "none"):
            return
        is_followed_link = (
            request.headers.get("sec-fetch-mode") == "navigate"
            and request.headers.get("sec-fetch-dest") == "document"
            and request.method in _SAFE
        )
        if not is_followed_link:
            raise RefusedError(403, "refused_site")

    async def _identify(self, request: Request, visit: Visit, answer: _Answer) -> None:
        authorization = request.headers.get("authorization")
        if authorization is not None:
            visit.person = self._holder(request, authorization)
            return
        context = self.context
        cookie = request.cookies.get(cookie_name(context, request))
        visit.session = None if cookie is None else context.sessions.read(cookie)
        if visit.session is None and context.access is None:
            cookie = context.sessions.begin(LOCAL)
            visit.session = context.sessions.read(cookie)
            answer.set_session(cookie_name(context, request), cookie)
        visit.person = None if visit.session is None else visit.session.person

    def _holder(self, request: Request, authorization: str) -> Person:
        if self.context.access is None:
            raise RefusedError(401, "refused_token")
        # Nobody guesses a token: whoever has one need not wait for others, who mistype theirs.
        scheme, _, token = authorization.partition(" ")
        person = self.context.access.by_token(token) if scheme.lower() == "bearer" else None
        if person is not None:
            return person
        address = address_of(request)
        if (wait_s := self.context.attempts.wait_s(address)) > 0.0:
            raise RefusedError(429, "refused_too_often", wait_s)
        self.context.attempts.failed(address)
        raise RefusedError(401, "refused_token")

    def _record(self, request: Request, visit: Visit, status: int | None) -> None:
        refused = visit.refused
        if refused is None and (visit.is_quiet or request.scope["path"].startswith("/static/")):
            return
        person = visit.person
        self.context.audit.record(
            address=address_of(request),
            person=None if person is None else person.name,
            role=None if person is None else person.role.value,
            method=request.method[:10],
            path=request.scope["path"],
            status=status,
            **({} if refused is None else {"refused": refused.removeprefix("refused_")}),
        )


class _Answer:
    """Adds the headers to an answer, and records it before anybody has it."""

    def __init__(self, context: Context, send: Send, record: Callable[[int | None], None]) -> None:
        self._context = context
        self._send = send
        self._record = record
        self._cookie: tuple[str, str] | None = None
        self.status: int | None = None

    def set_session(self, name: str, cookie: str) -> None:
        """Let the answer begin a session."""
        self._cookie = (name, cookie)

    async def send(self, message: Message) -> None:
        """Pass on a message of the application."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._record(self.status)
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if self._context.is_encrypted:
                headers.setdefault("Strict-Transport-Security", _STRICT_TRANSPORT)
            if self._cookie is not None and "set-cookie" not in headers:
                headers.append("Set-Cookie", session_cookie(self._context, *self._cookie))
        await self._send(message)


def cookie_name(context: Context, request: Request) -> str:
    """Return what the cookie of a session is called.

    Parameters
    ----------
    context : Context
        Whether it is encrypted.
    request : Request
        A request, whose port keeps apart several dashboards on a machine.

    Returns
    -------
    str
    """
    if context.is_encrypted:
        return "__Host-neuropose"
    return f"neuropose_{request.url.port or 80}"


def session_cookie(context: Context, name: str, value: str) -> str:
    """Return the header that sets the cookie of a session.

    Parameters
    ----------
    context : Context
        Whether it is encrypted.
    name : str
        From `cookie_name`.
    value : str
        From `Sessions.begin`; empty to remove it.

    Returns
    -------
    str
    """
    age = "; Max-Age=0" if not value else ""
    secure = "; Secure" if context.is_encrypted else ""
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{age}"


def address_of(request: Request) -> str:
    """Return the address that a request comes from.

    Parameters
    ----------
    request : Request
        The request.

    Returns
    -------
    str
        That of the other end of the connection; no header is believed.
    """
    return "unknown" if request.client is None else request.client.host


def _unknown(request: Request) -> Exception:
    accepts = request.headers.get("accept", "")
    is_page = request.method in _SAFE and "text/html" in accepts and not wants_json(request)
    return _LoginFirstError() if is_page else RefusedError(401, "refused_unknown")


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form; empty if something else is sent, which is left to the page."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM:
        return {}
    body = bytearray()
    try:
        async with asyncio.timeout(_FORM_WITHIN_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _MOST_FORM_BYTES:
                    raise RefusedError(413, "refused_length")
    except TimeoutError as error:
        raise RefusedError(408, "refused_late") from error
    try:
        text = body.decode("ascii")
        pairs = parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise RefusedError(400, "refused_form") from error
    return dict(pairs)
