"""Files of the daemon that a newer version wrote are told from damaged ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from neuropose.errors import SchemaVersionError
from neuropose.io import load_job_results, load_status


@pytest.mark.parametrize("load", [load_status, load_job_results])
@pytest.mark.parametrize(
    "data", [b'{"schema_version": 7}', b'{"schema_version": 7, "jobs": {}, "videos": {}}']
)
def test_newer_files_are_told_apart(
    load: Callable[[Path], object], data: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(data)
    with pytest.raises(SchemaVersionError, match="schema 7; this version reads up to 1") as raised:
        load(path)
    assert raised.value.hint == "update NeuroPose, or use the version that wrote it"
