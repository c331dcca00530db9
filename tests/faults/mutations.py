"""Mutated files of every kind, read in a process of their own whose memory is limited.

Each kind has originals, mutations and a reader that may only refuse with a typed error. Run with
a kind, the first seed, how many seeds and a folder; the last line of what it prints counts the
files that were read and those that were refused.
"""

from __future__ import annotations

import io
import resource
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from tests.video.clips import RECIPES, Recipe, assert_consistent, read_all, tiny_video, write_clip
from tests.video.field_streams import field_packets, write_field_stream

from neuropose.config import Settings
from neuropose.errors import NeuroPoseError
from neuropose.interfacer import Layout
from neuropose.interfacer.ingest import ingest, plan_ingest
from neuropose.study.contract.loading import load_pipeline

MEMORY_BYTES = 4 << 30
"""Address space of the process, most of which libraries reserve and never use."""
_FRAMES = 10


def truncate(content: bytearray, rng: np.random.Generator) -> None:
    del content[int(rng.integers(0, len(content))) :]


def flip_bits(content: bytearray, rng: np.random.Generator) -> None:
    for place in rng.integers(0, len(content), int(rng.integers(1, 40))):
        content[place] ^= 1 << int(rng.integers(8))


def zero_a_range(content: bytearray, rng: np.random.Generator) -> None:
    start = int(rng.integers(0, len(content)))
    length = min(int(rng.integers(1, 4000)), len(content) - start)
    content[start : start + length] = bytes(length)


def edit_the_head(content: bytearray, rng: np.random.Generator) -> None:
    _edit(content, int(rng.integers(0, min(1500, len(content)))), rng)


def edit_the_tail(content: bytearray, rng: np.random.Generator) -> None:
    _edit(content, int(rng.integers(max(0, len(content) - 2500), len(content))), rng)


def largest_number(content: bytearray, rng: np.random.Generator) -> None:
    start = int(rng.integers(0, min(1500, len(content))))
    value = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x00")[int(rng.integers(3))]
    content[start : start + 4] = value


def swap_chunks(content: bytearray, rng: np.random.Generator) -> None:
    length = int(rng.integers(1, max(2, min(3000, len(content) // 2))))
    one, other = (int(start) for start in rng.integers(0, len(content) - length, 2))
    first, second = content[one : one + length], content[other : other + length]
    content[one : one + length] = second
    content[other : other + length] = first


def repeat_a_chunk(content: bytearray, rng: np.random.Generator) -> None:
    start = int(rng.integers(0, len(content)))
    content[start:start] = content[start : start + int(rng.integers(1, 3000))]


def write_noise(content: bytearray, rng: np.random.Generator) -> None:
    start = int(rng.integers(0, len(content)))
    content[start : start + 200] = rng.bytes(200)


def _edit(content: bytearray, start: int, rng: np.random.Generator) -> None:
    content[start : start + 12] = rng.bytes(12)


def flip_a_bit(content: bytearray, rng: np.random.Generator) -> None:
    content[int(rng.integers(0, len(content)))] ^= 1 << int(rng.integers(8))


def drop_a_line(content: bytearray, rng: np.random.Generator) -> None:
    lines = content.splitlines(keepends=True)
    del lines[int(rng.integers(len(lines)))]
    content[:] = b"".join(lines)


def repeat_a_line(content: bytearray, rng: np.random.Generator) -> None:
    lines = content.splitlines(keepends=True)
    lines.insert(int(rng.integers(len(lines))), lines[int(rng.integers(len(lines)))])
    content[:] = b"".join(lines)


def write_a_token(content: bytearray, rng: np.random.Generator) -> None:
    start = int(rng.integers(0, len(content)))
    tokens = (b"&a ", b"*a ", b"!!python/none ", b"[", b"{", b"- ", b"? ", b"2001-02-31", b"\t")
    content[start:start] = tokens[int(rng.integers(len(tokens)))]


Mutation = Callable[[bytearray, np.random.Generator], None]
MUTATIONS: Sequence[Mutation] = (
    *(truncate, flip_bits, zero_a_range, edit_the_head, edit_the_tail, largest_number),
    *(swap_chunks, repeat_a_chunk, write_noise),
)
TEXT_MUTATIONS: Sequence[Mutation] = (
    *(truncate, flip_bits, swap_chunks, write_noise, largest_number),
    *(flip_a_bit, drop_a_line, repeat_a_line, write_a_token),
)


def _clip(folder: Path, recipe: Recipe, **options: dict[str, str]) -> bytes:
    return write_clip(
        folder / f"clip.{recipe.suffix}",
        recipe,
        frame_count=_FRAMES,
        muxer_options=options.get("muxer"),
    ).read_bytes()


def mp4_files(folder: Path) -> list[bytes]:
    interlaced = Recipe("libx264", "mp4", {"x264-params": "tff=1"})
    return [
        _clip(folder, RECIPES["libx264.mp4"]),
        _clip(folder, RECIPES["libx264.mp4"], muxer={"movflags": "frag_keyframe+empty_moov"}),
        _clip(folder, RECIPES["libx265.mp4"]),
        _clip(folder, RECIPES["mpeg4.mp4"]),
        _clip(folder, interlaced),
    ]


def mts_files(folder: Path) -> list[bytes]:
    stream = write_field_stream(folder / "fields.mts", list(field_packets(4)))
    return [
        stream.read_bytes(),
        _clip(folder, Recipe("libx264", "m2ts", {"x264-params": "tff=1"})),
        _clip(folder, RECIPES["libx264.ts"]),
        _clip(folder, RECIPES["mpeg2video.mpg"]),
    ]


def avi_files(folder: Path) -> list[bytes]:
    files = [_clip(folder, RECIPES[name]) for name in ("libx264.avi", "mpeg4.avi", "mjpeg.avi")]
    return [*files, files[-1][: files[-1].rindex(b"idx1")]]


def zip_files(folder: Path) -> list[bytes]:
    files = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", method) as archive:
            for name in ("anna/walk.mp4", "anna/sit.MOD", "anna\\stand", "notes.txt"):
                archive.writestr(name, b"walks" if name == "notes.txt" else tiny_video())
        files.append(content.getvalue())
    return files


_SETTINGS = """\
# Settings of a laboratory.
model: blazepose
default_fov_degrees: 61.5
poll_interval_seconds: 2
allow_gaps: false
"""
_PIPELINE = """\
version: 1
inputs:
  primary:
    file: walk.trc
segmentation: {kind: bilateral}
analysis:
  dtw:
    band: 0.2
output:
  report: out.json
"""


def yaml_files(folder: Path) -> list[bytes]:
    (folder.parent / "mutated" / "walk.trc").write_text("never read")
    return [_SETTINGS.encode(), _PIPELINE.encode()]


def read_video(path: Path) -> None:
    assert_consistent(*read_all(path))


def read_zip(path: Path) -> None:
    layout = Layout(path.parent / "jobs")
    try:
        ingest(plan_ingest([path], layout, job="anna", force=True), layout)
    finally:
        beside = {other.name for other in path.parent.iterdir()}
        assert beside <= {path.name, "jobs"}, beside
        if layout.root.exists():
            assert {other.name for other in layout.inbox.iterdir()} <= {"anna"}
            assert list(layout.staging.iterdir()) == []


def read_yaml(path: Path) -> None:
    refusals: list[NeuroPoseError] = []
    for read in (Settings.load, load_pipeline):
        try:
            read(path)
        except NeuroPoseError as error:
            refusals.append(error)
    if len(refusals) == 2:
        raise refusals[0]


KINDS: dict[str, tuple[Callable[[Path], list[bytes]], Callable[[Path], None]]] = {
    "mp4": (mp4_files, read_video),
    "mts": (mts_files, read_video),
    "avi": (avi_files, read_video),
    "zip": (zip_files, read_zip),
    "yaml": (yaml_files, read_yaml),
}


def main(kind: str, first: int, count: int, folder: Path) -> None:
    make, read = KINDS[kind]
    for name in ("originals", "mutated"):
        (folder / name).mkdir()
    originals = make(folder / "originals")
    path = folder / "mutated" / f"file.{kind}"
    was_read = refused = 0
    for seed in range(first, first + count):
        rng = np.random.default_rng([seed, sorted(KINDS).index(kind)])
        content = bytearray(originals[seed % len(originals)])
        mutations = TEXT_MUTATIONS if kind == "yaml" else MUTATIONS
        mutations[seed // len(originals) % len(mutations)](content, rng)
        path.write_bytes(content)
        sys.stdout.write(f"seed {seed}\n")
        sys.stdout.flush()
        try:
            read(path)
            was_read += 1
        except NeuroPoseError as error:
            refused += 1
            lines = f"{error}{error.hint}".count("\n")
            if lines:
                raise AssertionError(f"{lines + 1} lines: {error}") from error
    sys.stdout.write(f"read {was_read} refused {refused} peak {_peak_mb()}\n")


def _peak_mb() -> int:
    """Return the most memory of this process, not of the one that started it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**20  # macOS: bytes
    [line] = [each for each in status.read_text().splitlines() if each.startswith("VmHWM")]
    return int(line.split()[1]) // 1024


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
