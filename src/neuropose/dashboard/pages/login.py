"""Logging in and out, and the language."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from neuropose.dashboard.context import context_of, visit_of
from neuropose.dashboard.guard import (
    LANGUAGE_COOKIE,
    address_of,
    cookie_name,
    session_cookie,
)
from neuropose.dashboard.rendering import page, refusal

_YEAR_S = 365 * 24 * 3600


async def ask(request: Request) -> Response:
    """Show the form."""
    if context_of(request).access is None:
        return RedirectResponse("/", 303)
    return page(request, "login.html.j2", is_wrong=False)


async def begin(request: Request) -> Response:
    """Begin a session, if name and password are right; a token will do for a password."""
    context, visit = context_of(request), visit_of(request)
    if context.access is None:
        return RedirectResponse("/", 303)
    address = address_of(request)
    async with context.verifying:
        # Asked for with the lock held, so that nobody tries many at once.
        if (wait_s := context.attempts.wait_s(address)) > 0.0:
            visit.refused = "refused_too_often"
            return refusal(request, 429, "refused_too_often", wait_s)
        name, password = visit.form.get("name", ""), visit.form.get("password", "")
        person = context.access.by_token(password)
        if person is None or person.name != name:
            person = await asyncio.to_thread(context.access.by_password, name, password)
        if person is None:
            context.attempts.failed(address)
            visit.refused = "refused_password"
            return page(request, "login.html.j2", status=403, is_wrong=True)
    visit.person = person
    response = RedirectResponse("/", 303)
    cookie = session_cookie(context, cookie_name(context, request), context.sessions.begin(person))
    response.headers.append("Set-Cookie", cookie)
    return response


async def end(request: Request) -> Response:
    """End the session."""
    context, visit = context_of(request), visit_of(request)
    if visit.session is not None:
        context.sessions.end(visit.session)
    response = RedirectResponse("/login", 303)
    cookie = session_cookie(context, cookie_name(context, request), "")
    response.headers.append("Set-Cookie", cookie)
    return response


async def choose_language(request: Request) -> Response:
    """Remember a language."""
    known = {language.code for language in context_of(request).languages.all}
    code = request.query_params.get("to", "")
    response = RedirectResponse("/", 303)
    if code in known:
        response.set_cookie(
            LANGUAGE_COOKIE,
            code,
            max_age=_YEAR_S,
            httponly=True,
            samesite="strict",
            secure=context_of(request).is_encrypted,
        )
    return response


ROUTES = (
    Route("/login", ask, methods=["GET"]),
    Route("/login", begin, methods=["POST"]),
    Route("/logout", end, methods=["POST"]),
    Route("/language", choose_language, methods=["GET"]),
)
