"""Style and scripts, all of them from this package."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_SHARED = ("page.css",)
"""Files of the report's pages, so that both look alike."""


async def serve(request: Request) -> Response:
    """Serve a file of this package by its name; there are no others."""
    found = _files().get(request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    content, kind, tag = found
    headers = {"Cache-Control": "no-cache", "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=kind, headers=headers)


ROUTES = (Route("/static/{name}", serve),)


@cache
def _files() -> dict[str, tuple[bytes, str, str]]:
    own = resources.files("neuropose.dashboard") / "static"
    shared = resources.files("neuropose.page") / "templates"
    files = [*own.iterdir(), *(shared / name for name in _SHARED)]
    return {
        file.name: (content, _KINDS[suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')
        for file in files
        if (suffix := "." + file.name.rpartition(".")[2]) in _KINDS
        for content in (file.read_bytes(),)
    }
