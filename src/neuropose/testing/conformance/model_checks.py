"""The checks of `check_model`: each yields a line for every violation that it finds."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import cycle, islice

import numpy as np

from neuropose.errors import ModelOutputError, ModelStateError
from neuropose.estimator.collector import check_detections
from neuropose.estimator.model import Detections, ModelInfo, Picture
from neuropose.testing.conformance.loader_checks import loader_faults
from neuropose.testing.conformance.model_bench import (
    Bench,
    camera_for,
    copied,
    counted,
    first_difference,
    read_only,
)
from neuropose.testing.conformance.model_geometry import geometry_faults

Check = Callable[[Bench], Iterable[str]]

MOST_AHEAD = 64
"""Number of pictures that a model may take before it returns the first result."""
_STREAM = 100
_LONG = 40
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TOGETHER_S = 0.5
_SIZES = ((16, 16), (120, 160), (160, 120), (97, 61), (2160, 3840))  # height, width


def _check_info(bench: Bench) -> Iterator[str]:
    info = bench.model.info
    if not isinstance(info, ModelInfo):
        yield f"info is {type(info).__name__}, not ModelInfo"
        return
    for field in ("name", "runtime", "device", "license"):
        if not getattr(info, field).strip():
            yield f"{field} is empty"
    if not info.skeletons:
        yield "no skeleton is declared"
    for name, digest in info.weights_sha256.items():
        if not _SHA256.fullmatch(digest):
            yield f"weights_sha256 of {name!r} is not 64 lower-case hexadecimal digits"
    if bench.model.info != info:
        yield "info is not the same twice"


def _check_output(bench: Bench) -> Iterator[str]:
    info = bench.model.info
    for number, found in enumerate(bench.results):
        faults = list(_output_faults(found, info))
        if faults:
            yield f"picture {number}: {faults[0]}"
            return  # other pictures most likely have the same faults


def _output_faults(found: Detections, info: ModelInfo) -> Iterator[str]:
    try:
        check_detections(found, info)
    except ModelOutputError as error:
        yield error.message
        return
    if found.failure is not None:
        yield f"the model failed on a sound picture: {found.failure}"
    if not np.isfinite(found.boxes).all():
        yield "a box is not finite"
    elif (found.boxes[:, 2:4] <= 0).any():
        yield "a box has no size"
    given = ~np.isnan(found.confidence)
    placed = ~np.isnan(found.poses2d).any(axis=2)
    if not info.gives_confidence and given.any():
        yield "confidence is given, but gives_confidence is False"
    if info.gives_confidence and (placed & ~given).any():
        yield "a joint has no confidence, but gives_confidence is True"
    if not info.gives_uncertainty and found.uncertainty_mm is not None:
        yield "uncertainty_mm is given, but gives_uncertainty is False"


def _check_count(bench: Bench) -> Iterator[str]:
    for count in (0, 1, len(bench.pictures)):
        results = len(bench.predict(bench.pictures[:count]))
        if results != count:
            yield f"{results} results for {count} pictures"


def _check_finds_people(bench: Bench) -> Iterator[str]:
    if not any(len(found.boxes) for found in bench.results):
        yield "nobody was found; pass pictures of people whom it should find"


def _check_geometry(bench: Bench) -> Iterator[str]:
    return geometry_faults(bench)


def _check_picture_sizes(bench: Bench) -> Iterator[str]:
    noise = np.random.default_rng(0)
    pictures = {f"{w}×{h} noise": noise.integers(0, 256, (h, w, 3), np.uint8) for h, w in _SIZES}
    pictures["a black picture"] = np.zeros((120, 160, 3), np.uint8)
    pictures["a white picture"] = np.full((120, 160, 3), 255, np.uint8)
    for name, picture in pictures.items():
        try:
            given = [read_only(picture)] * 2
            found = list(bench.model.predict(iter(given), camera_for(picture)))
            if len(found) != len(given):
                yield f"{name}: {len(found)} results for {len(given)} pictures"
            for one in found:
                yield from (f"{name}: {fault}" for fault in _output_faults(one, bench.model.info))
        except Exception as error:
            yield f"{name}: raised {type(error).__name__}: {error}"


def _check_repeatable(bench: Bench) -> Iterator[str]:
    before = bench.results
    bench.predict(bench.other_pictures)
    difference = first_difference(before, bench.predict(bench.pictures))
    if difference:
        yield f"the same video a second time, after another: {difference}"


def _check_workers(bench: Bench) -> Iterator[str]:
    for workers in (2, 5):
        difference = first_difference(bench.results, bench.predict(bench.pictures, workers=workers))
        if difference:
            yield f"{workers} workers against one: {difference}"


def _check_threads(bench: Bench) -> Iterator[str]:
    videos = bench.pictures, bench.other_pictures
    alone = [bench.predict(video) for video in videos]
    start = threading.Barrier(len(videos), timeout=_TOGETHER_S)
    with ThreadPoolExecutor(len(videos)) as pool:
        together = list(pool.map(bench.predict, (_in_step(video, start) for video in videos)))
    for number, (one, other) in enumerate(zip(alone, together, strict=True)):
        difference = first_difference(one, other)
        if difference:
            yield f"video {number}, with another at the same time: {difference}"


def _in_step(pictures: Iterable[Picture], barrier: threading.Barrier) -> Iterator[Picture]:
    """Hand out pictures in step with another thread, as long as both request them."""
    for picture in pictures:
        with suppress(threading.BrokenBarrierError):  # one video after the other is fine, too
            barrier.wait()
        yield picture
    barrier.abort()


def _check_read_only(bench: Bench) -> Iterator[str]:
    writeable = [picture.copy() for picture in bench.pictures]
    difference = first_difference(bench.results, bench.predict(writeable))
    if any((one != other).any() for one, other in zip(writeable, bench.pictures, strict=True)):
        yield "a picture was changed"
    elif difference:
        yield f"writeable pictures against read-only ones: {difference}"


def _check_own_results(bench: Bench) -> Iterator[str]:
    kept: list[Detections] = []
    copies: list[Detections] = []
    for found in bench.model.predict(iter(bench.pictures), bench.camera):
        kept.append(found)
        copies.append(copied(found))
    difference = first_difference(copies, kept)
    if difference:
        yield f"a result changed while the model went on: {difference}"
    for found in kept:
        if any(np.shares_memory(found.poses3d, picture) for picture in bench.pictures):
            yield "a result shares memory with a picture"


def _check_streaming(bench: Bench) -> Iterator[str]:
    taken = [0]
    pictures = counted(islice(cycle(bench.pictures), _STREAM), taken)
    results = bench.model.predict(pictures, bench.camera)
    try:
        next(iter(results), None)
        if taken[0] > MOST_AHEAD:
            yield f"{taken[0]} pictures were taken before the first result came"
    finally:
        _give_up(results)


def _check_abandoned(bench: Bench) -> Iterator[str]:
    results = bench.model.predict(iter(bench.other_pictures), bench.camera)
    next(iter(results), None)
    _give_up(results)
    difference = first_difference(bench.results, bench.predict(bench.pictures))
    if difference:
        yield f"after a video that was given up: {difference}"


def _check_resumable(bench: Bench) -> Iterator[str]:
    pictures = tuple(islice(cycle(bench.pictures), _LONG))
    whole = bench.predict(pictures)
    states = {number: one.state for number, one in enumerate(whole) if one.state is not None}
    if not states:
        return  # such a model starts again
    for number in sorted({*list(states)[:2], *list(states)[-2:]}):
        state, rest = states[number], number + 1
        for workers in (1, 3):
            resumed = bench.predict(pictures[rest:], workers=workers, state=state)
            difference = first_difference(whole[rest:], resumed)
            if difference:
                yield f"resumed after picture {number} with {workers} workers: {difference}"
    yield from _damaged_state_faults(bench, states[min(states)])


def _damaged_state_faults(bench: Bench, state: bytes) -> Iterator[str]:
    damaged = state[:-1] or b"no such state"
    try:
        bench.predict(bench.pictures, state=damaged)
        yield "a damaged state was taken"
    except ModelStateError:
        pass
    except Exception as error:
        yield f"on a damaged state, raised {type(error).__name__}, not ModelStateError"


def _check_options(bench: Bench) -> Iterator[str]:
    return iter(()) if bench.loaded_by is None else loader_faults(bench, bench.loaded_by)


class _DecoderError(Exception):
    pass


def _check_stream_error(bench: Bench) -> Iterator[str]:
    def failing() -> Iterator[Picture]:
        yield from bench.pictures[:3]
        raise _DecoderError

    try:
        bench.predict(failing())
        yield "an error of the picture stream was swallowed"
    except _DecoderError:
        pass
    except Exception as error:
        yield f"an error of the picture stream came out as {type(error).__name__}"
    difference = first_difference(bench.results, bench.predict(bench.pictures))
    if difference:
        yield f"after an error of the picture stream: {difference}"


def _check_close(bench: Bench) -> Iterator[str]:
    bench.model.close()
    bench.model.close()
    return iter(())


def _give_up(results: Iterator[Detections]) -> None:
    close = getattr(results, "close", None)
    if close is not None:
        close()


CHECKS: Mapping[str, Check] = {
    "info": _check_info,
    "output": _check_output,
    "count": _check_count,
    "finds_people": _check_finds_people,
    "geometry": _check_geometry,
    "picture_sizes": _check_picture_sizes,
    "repeatable": _check_repeatable,
    "workers": _check_workers,
    "threads": _check_threads,
    "read_only": _check_read_only,
    "own_results": _check_own_results,
    "streaming": _check_streaming,
    "abandoned": _check_abandoned,
    "stream_error": _check_stream_error,
    "resumable": _check_resumable,
    "options": _check_options,
    "close": _check_close,
}
