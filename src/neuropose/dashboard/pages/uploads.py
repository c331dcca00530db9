"""Uploads: the page, and what its script asks for, piece by piece."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Iterable
from weakref import WeakValueDictionary

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from neuropose.analyzer.tasks.registry import TASKS
from neuropose.dashboard.context import context_of, visit_of
from neuropose.dashboard.pages.jobs import status_of
from neuropose.dashboard.rendering import in_json, page
from neuropose.dashboard.uploads.finishing import MadeJob, make_jobs, refusal_of, wanted_of
from neuropose.dashboard.uploads.manifest import Manifest
from neuropose.dashboard.uploads.store import PIECE_BYTES, Upload, UploadError, UploadStore
from neuropose.errors import IngestError, NeuroPoseError

_MOST_SAID_BYTES = 1 << 20
_PIECE_WITHIN_S = 120.0
_receiving = asyncio.Semaphore(16)
"""Held while a piece arrives, which is in memory until it is whole."""
_MOST_ANSWERS = 100
_answers: OrderedDict[tuple[str, str], list[dict[str, object]]] = OrderedDict()
"""The jobs of the latest uploads, by owner and key: an answer that was lost is asked for again."""
_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


async def form(request: Request) -> Response:
    """Show where files are dropped, and what can be said of them."""
    return page(request, "upload.html.j2", tasks=sorted(TASKS), piece_bytes=PIECE_BYTES)


async def begin(request: Request) -> Response:
    """Begin an upload, or go on with the one of the same files."""
    try:
        manifest = Manifest.model_validate_json(await _said(request))
        async with _lock("begin"):  # two at the same time would take the same space
            upload = await asyncio.to_thread(_store(request).begin, manifest, _owner(request))
    except ValidationError as error:
        return _refused(request, refusal_of(error))
    except NeuroPoseError as error:
        return _refused(request, error)
    return JSONResponse(_state(upload), 201)


async def state(request: Request) -> Response:
    """Say how far an upload is: where each of its files goes on."""
    visit_of(request).is_quiet = True
    try:
        upload = await _found(request)
    except NeuroPoseError as error:
        return _refused(request, error)
    return JSONResponse(_state(upload))


async def append(request: Request) -> Response:
    """Take the next piece of a file."""
    key = request.path_params["upload"]
    number, offset = (_whole(each) for each in (request.path_params["file"], _at(request)))
    try:
        if number is None or offset is None:
            raise UploadError("the header Upload-Offset is missing", status=422)
        async with _receiving:
            async with asyncio.timeout(_PIECE_WITHIN_S):
                piece = await _read(request, PIECE_BYTES)
            async with _lock(key):  # without a limit: a thread that writes cannot be stopped
                offset = await asyncio.to_thread(
                    _append, _store(request), key, _owner(request), number, offset, piece,
                    request.headers.get("upload-sha256", ""),
                )  # fmt: skip
    except TimeoutError:
        return _refused(request, UploadError("the piece took too long", status=408))
    except NeuroPoseError as error:
        return _refused(request, error)
    visit_of(request).is_quiet = True
    return JSONResponse({"offset": offset})


async def finish(request: Request) -> Response:
    """Make jobs of an upload that is whole."""
    key, context = request.path_params["upload"], context_of(request)
    try:
        wanted = wanted_of(await _said(request))
        async with _lock(key):
            made = _answers.get((_owner(request), key))
            if made is None:
                upload = await _found(request)
                jobs = await asyncio.to_thread(make_jobs, upload, wanted, context.layout)
                made = _answers[_owner(request), key] = _shown(jobs)
                await asyncio.to_thread(_store(request).remove, upload)
    except NeuroPoseError as error:
        return _refused(request, error)
    while len(_answers) > _MOST_ANSWERS:
        _answers.popitem(last=False)
    return JSONResponse({"jobs": made})


async def give_up(request: Request) -> Response:
    """Remove an upload."""
    key = request.path_params["upload"]
    try:
        async with _lock(key):
            upload = await _found(request)
            await asyncio.to_thread(_store(request).remove, upload)
    except NeuroPoseError as error:
        return _refused(request, error)
    return JSONResponse({"done": True})


ROUTES = (
    Route("/upload", form, methods=["GET"]),
    Route("/uploads", begin, methods=["POST"]),
    Route("/uploads/{upload}", state, methods=["GET"]),
    Route("/uploads/{upload}", give_up, methods=["DELETE"]),
    Route("/uploads/{upload}/jobs", finish, methods=["POST"]),
    Route("/uploads/{upload}/{file}", append, methods=["PATCH"]),
)


def _store(request: Request) -> UploadStore:
    context = context_of(request)
    return UploadStore(context.layout, reserve_bytes=context.settings.disk_reserve_gb * 1e9)


def _owner(request: Request) -> str:
    person = visit_of(request).person
    return "" if person is None else person.name


async def _found(request: Request) -> Upload:
    key = request.path_params["upload"]
    return await asyncio.to_thread(_store(request).find, key, _owner(request))


def _append(
    store: UploadStore, key: str, owner: str, number: int, offset: int, piece: bytes, sha256: str
) -> int:
    return store.append(store.find(key, owner), number, offset, piece, sha256)


def _shown(jobs: Iterable[MadeJob]) -> list[dict[str, object]]:
    return [job.model_dump(exclude={"folder"}) for job in jobs]


def _lock(key: str) -> asyncio.Lock:
    """Return what is held while an upload is begun or changed: one request at a time."""
    lock = _locks.get(key)
    if lock is None:
        lock = _locks[key] = asyncio.Lock()
    return lock


async def _read(request: Request, most: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise UploadError(f"more than {most} bytes at once", status=413)
    return bytes(body)


async def _said(request: Request) -> bytes:
    try:
        async with asyncio.timeout(_PIECE_WITHIN_S):
            said = await _read(request, _MOST_SAID_BYTES)
    except TimeoutError as error:
        raise UploadError("what was sent took too long", status=408) from error
    try:
        json.loads(said)
    except (ValueError, RecursionError) as error:
        raise UploadError("what was sent is not JSON", status=422) from error
    return said


def _at(request: Request) -> str:
    return request.headers.get("upload-offset", "")


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _state(upload: Upload) -> dict[str, object]:
    return {"upload": upload.key, "piece_bytes": PIECE_BYTES, "offsets": upload.offsets}


def _refused(request: Request, error: NeuroPoseError) -> Response:
    """Say in JSON what is wrong, all of it."""
    if isinstance(error, UploadError):
        status = error.status
    else:
        status = 422 if isinstance(error, IngestError) else status_of(error)
    visit = visit_of(request)
    visit.refused = "refused_upload"
    problems = error.problems if isinstance(error, IngestError) else ()
    hint = None if error.hint is None else visit.language.told(error.hint)
    said = {
        **in_json(error=visit.language.told(error.message), hint=hint),
        "problems": [in_json(text=visit.language.told(problem)) for problem in problems],
    }
    if isinstance(error, UploadError) and error.offset is not None:
        said["offset"] = error.offset
    return JSONResponse(said, status)
