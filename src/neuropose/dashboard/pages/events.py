"""Changes as they happen, by server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from neuropose.dashboard.context import Context, Visit, context_of, visit_of
from neuropose.dashboard.live.feed import encoded
from neuropose.dashboard.rendering import refusal

_RETRY_MS = 3000
_FULL_S = 60.0


async def stream(request: Request) -> Response:
    """Tell one open page of every change, until it is closed or does not keep up."""
    context, visit = context_of(request), visit_of(request)
    visit.is_quiet = True
    if request.method == "HEAD":
        return Response(media_type="text/event-stream")
    if context.watcher.feed.is_full:
        return refusal(request, 503, "too_many_pages", _FULL_S)
    return StreamingResponse(_messages(context, visit), media_type="text/event-stream")


async def _messages(context: Context, visit: Visit) -> AsyncIterator[bytes]:
    watcher = context.watcher
    with watcher.feed.listening() as listener:
        yield f"retry: {_RETRY_MS}\n\n".encode()
        yield encoded("hello", {"counts": (await watcher.jobs()).counts})
        async for message in listener.messages():
            if visit.session is not None and not context.sessions.lasts(visit.session):
                return
            yield message


ROUTES = (Route("/events", stream, methods=["GET"]),)
