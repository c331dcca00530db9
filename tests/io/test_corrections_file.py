"""Files of corrections: what is read, and what is refused with its place."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from neuropose.corrections import ContactWrong, LeaveOut, SidesExchanged, SubjectIs
from neuropose.errors import FileFormatError, SchemaVersionError
from neuropose.io import load_corrections, save_corrections

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "corrections-file.md").read_text()
ONE = {
    "kind": "subject",
    "track": 3,
    "by": "KL",
    "when": "2026-03-01T08:12:00.123Z",
    "input_sha256": 64 * "0",
    "video": None,
}


def written(folder: Path, **changes: Any) -> Path:
    path = folder / "walk.corrections.json"
    path.write_text(json.dumps({"schema_version": 1, "corrections": [ONE], **changes}))
    return path


def test_what_is_saved_is_read(tmp_path: Path) -> None:
    found = load_corrections(written(tmp_path))
    copy = tmp_path / "copy.corrections.json"
    save_corrections(copy, found)
    assert load_corrections(copy) == found


def test_a_newer_schema_is_said(tmp_path: Path) -> None:
    with pytest.raises(SchemaVersionError, match="file of corrections is of schema 2"):
        load_corrections(written(tmp_path, schema_version=2))


def test_the_example_of_the_page_is_a_file(tmp_path: Path) -> None:
    found = re.search(r"<!-- example: corrections -->\n```json\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    path = tmp_path / "page.corrections.json"
    path.write_text(found[1])
    [correction] = load_corrections(path).corrections
    assert isinstance(correction, SidesExchanged)


@pytest.mark.parametrize("kind", [SubjectIs, SidesExchanged, ContactWrong, LeaveOut])
def test_every_key_is_on_the_page(kind: type[BaseModel]) -> None:
    assert [name for name in kind.model_fields if f"`{name}`" not in PAGE] == []


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"corrections": [{**ONE, "track": "3"}]}, r"corrections\[0\].*track"),
        ({"corrections": []}, "corrections"),
        ({"notes": ""}, "notes"),
    ],
)
def test_the_place_of_a_mistake(tmp_path: Path, changes: dict[str, Any], place: str) -> None:
    path = written(tmp_path, **changes)
    with pytest.raises(FileFormatError, match=place) as raised:
        load_corrections(path)
    assert str(path) in str(raised.value.hint)
