"""The site as an ASGI application: every page, behind the guard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from neuropose.dashboard.context import Context
from neuropose.dashboard.guard import Guard
from neuropose.dashboard.pages import (
    api,
    assets,
    events,
    jobs,
    login,
    machine,
    people,
    results,
    uploads,
)
from neuropose.dashboard.rendering import prepare, refusal, trouble
from neuropose.dashboard.uploads.store import UploadStore
from neuropose.errors import NeuroPoseError

ROUTES = (
    *assets.ROUTES,
    *login.ROUTES,
    *events.ROUTES,
    *uploads.ROUTES,
    *results.ROUTES,
    *people.ROUTES,
    *jobs.ROUTES,
    *machine.ROUTES,
    *api.ROUTES,
)
"""Every page; the first that fits an address is taken."""


def create_app(context: Context, *, on_start: Callable[[], None] | None = None) -> Starlette:
    """Return the site.

    Parameters
    ----------
    context : Context
        What the pages share.
    on_start : callable, optional
        Called when it is ready.

    Returns
    -------
    Starlette
    """

    @asynccontextmanager
    async def alive(_: Starlette) -> AsyncIterator[None]:
        uploads_kept = UploadStore(context.layout).keep_clear()
        always = (context.watcher.run(), uploads_kept, context.connections.keep_clear())
        tasks = [asyncio.create_task(each) for each in always]
        (await context.watcher.jobs()).select()  # so that the first visitor need not wait for it
        prepare()
        if on_start is not None:
            on_start()
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.to_thread(context.workshop.close)

    app = Starlette(
        routes=ROUTES,
        middleware=[Middleware(Guard, context=context)],
        exception_handlers={
            HTTPException: _no_such_page,
            NeuroPoseError: _trouble,
        },
        lifespan=alive,
    )
    app.state.context = context
    return app


async def _no_such_page(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    key = "refused_method" if error.status_code == 405 else "no_such_page"
    response = refusal(request, error.status_code, key)
    response.headers.update(error.headers or {})
    return response


async def _trouble(request: Request, error: Exception) -> Response:
    assert isinstance(error, NeuroPoseError)
    return trouble(request, jobs.status_of(error), error)
