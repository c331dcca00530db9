"""Every number the package gives, written to a folder, and two such folders compared bit by bit.

Run ``python -m benchmarks.same_numbers write OLD`` before a change that must leave the numbers
alone, ``… write NEW`` after it, and ``… compare OLD NEW [--renamed FILE]``, which ends with 1 if
anything differs. FILE is a table of old names to new ones, YAML or JSON: of keys, of files and
folders, and of texts that are nothing but such a name. Where things that have moved are found is
said in `benchmarks.number_parts.moved`.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from enum import Enum
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import yaml
from pydantic import BaseModel

from benchmarks.number_parts import analyses, files
from benchmarks.number_parts.recordings import recordings

PROVENANCE = {"neuropose_version", "provenance", "versions"}
PROVENANCE |= {"model_sha256", "series_sha256", "sha256"}
PARTS: dict[str, Callable[[], analyses.Results]] = {
    "classification": analyses.classification,
    "pipelines": files.pipelines,
    "comparison": analyses.comparison,
    "statistics": analyses.statistical,
    "preparation": analyses.preparation,
    "segmentation": analyses.segmentation,
    "command_line": files.command_line,
    "real_files": files.real_files,
    **{f"recordings/{name}": partial(analyses.of_recording, name) for name in recordings()},
}


def plain(value: Any) -> Any:
    """As JSON has it: whatever it is made of, by the names of its public fields."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, pd.DataFrame):
        return {str(name): column.tolist() for name, column in value.items()}
    if isinstance(value, BaseModel):
        return {name: plain(getattr(value, name)) for name in type(value).model_fields}
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: plain(getattr(value, name)) for name in names if name[0] != "_"}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def write_part(part: str, folder: Path) -> float:
    """Write one part, and return how many seconds it took."""
    start_s = time.perf_counter()
    (folder / part).mkdir(parents=True)
    for name, value in PARTS[part]():
        path = folder / part / name
        if isinstance(value, Path):
            shutil.copy(value, f"{path}{value.suffix}")
        else:
            text = json.dumps(plain(value))
            Path(f"{path}.json").write_text(text, encoding="utf-8")
    return time.perf_counter() - start_s


def write(folder: Path, only: Sequence[str], workers: int) -> int:
    if folder.exists() and any(folder.iterdir()):
        print(f"{folder} is not empty: what is in it would be taken for new")
        return 2
    start_s = time.perf_counter()
    chosen = [part for part in PARTS if not only or part.startswith(tuple(only))]
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    try:
        runs = {pool.submit(write_part, part, folder.resolve()): part for part in chosen}
        for run in as_completed(runs):
            print(f"{runs[run]:36} {run.result():6.1f} s", flush=True)
    finally:
        pool.shutdown(cancel_futures=True)
    written = [path for path in folder.rglob("*") if path.is_file()]
    size_mb = sum(path.stat().st_size for path in written) / 1e6
    taken_s = time.perf_counter() - start_s
    print(f"{len(written)} files, {size_mb:.0f} MB, in {taken_s:.0f} s")
    return 0


class Tally(NamedTuple):
    """How many values were compared, and where they differ."""

    values: int
    differences: list[str]


def compare_folders(old: Path, new: Path, renamed: Mapping[str, str]) -> Tally:
    """Compare every file of two folders; a file that only one of them has is a difference."""
    values, differences = 0, []
    old_files, new_files = _files(old, renamed), _files(new, {})
    for name in sorted(old_files.keys() | new_files.keys()):
        if name not in new_files or name not in old_files:
            differences.append(f"{name}: only in {'OLD' if name in old_files else 'NEW'}")
            continue
        for where, one, other in _pairs(_read(old_files[name]), _read(new_files[name]), renamed):
            values += 1
            if not same(one, other):
                differences.append(f"{name}{where}: {one!r} → {other!r}")
    return Tally(values, differences)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same in type and in every bit, NaN the same as NaN."""
    return type(one) is type(other) and repr(one) == repr(other)


def _files(folder: Path, renamed: Mapping[str, str]) -> dict[Path, Path]:
    """The files of a folder by their new names within it."""
    found: dict[Path, Path] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            parts = path.relative_to(folder).parts
            name = Path(*(_renamed_file(part, renamed) for part in parts))
            if name in found:
                raise SystemExit(f"{path} and {found[name]} would both be {name}")
            found[name] = path
    return found


def _renamed_file(name: str, renamed: Mapping[str, str]) -> str:
    stem, dot, ending = name.rpartition(".")
    return f"{renamed.get(stem, stem)}{dot}{ending}" if dot else renamed.get(name, name)


def _read(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    return json.loads(text) if path.suffix == ".json" else list(csv.reader(text.splitlines()))


def _pairs(
    old: Any, new: Any, renamed: Mapping[str, str], where: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Every value of two documents side by side; ``…`` stands for what is not there."""
    if isinstance(old, dict) and isinstance(new, dict):
        own = {renamed.get(key, key): value for key, value in old.items()}
        if len(own) != len(old):  # an old name and what it is called now, both
            yield f"{where}.length", len(old), len(own)
        for key in [*own, *(key for key in new if key not in own)]:
            if key not in PROVENANCE:
                inner = own.get(key, ...), new.get(key, ...)
                yield from _pairs(*inner, renamed, f"{where}.{key}")
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield f"{where}.length", len(old), len(new)
        for number, inner in enumerate(zip(old, new, strict=False)):
            yield from _pairs(*inner, renamed, f"{where}[{number}]")
    elif isinstance(old, str) and isinstance(new, str):
        if not (old.startswith("sha256:") and new.startswith("sha256:")):
            yield where, renamed.get(old, old), new
    else:
        yield where, old, new


def compare(old: Path, new: Path, names: Path | None) -> int:
    renamed = {} if names is None else yaml.safe_load(names.read_text(encoding="utf-8"))
    found = compare_folders(old, new, renamed)
    for line in found.differences:
        print(line if len(line) < 300 else f"{line[:300]} …")
    print(f"{found.values} values compared, {len(found.differences)} differences")
    return 1 if found.differences or not found.values else 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    writing = commands.add_parser("write", help="write every number to a new folder")
    writing.add_argument("folder", type=Path)
    writing.add_argument("--only", nargs="+", default=[], metavar="PART", help="these parts alone")
    writing.add_argument("--workers", type=int, default=2)
    comparing = commands.add_parser("compare", help="compare two folders")
    comparing.add_argument("old", type=Path)
    comparing.add_argument("new", type=Path)
    comparing.add_argument("--renamed", type=Path, metavar="FILE", help="old names: new names")
    given = parser.parse_args(arguments)
    if given.command == "write":
        return write(given.folder, given.only, given.workers)
    return compare(given.old, given.new, given.renamed)


if __name__ == "__main__":
    raise SystemExit(main())
