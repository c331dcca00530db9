"""What the pages say, in every language."""

from __future__ import annotations

import ast
import errno
import json
import os
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from neuropose import errors
from neuropose.dashboard.languages import Languages
from neuropose.errors import ConfigError
from neuropose.interfacer.requests import Action
from neuropose.testing import write_numbered_video
from neuropose.video.probe import require_video

PACKAGE = Path(str(resources.files("neuropose.dashboard")))
FILES = sorted((PACKAGE / "texts").glob("*.json"))
ENGLISH = json.loads((PACKAGE / "texts" / "en.json").read_text(encoding="utf-8"))
HOLDER = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_every_language_says_everything(file: Path) -> None:
    texts = json.loads(file.read_text(encoding="utf-8"))
    assert texts.keys() == ENGLISH.keys()
    for key, text in texts.items():
        assert set(HOLDER.findall(text)) == set(HOLDER.findall(ENGLISH[key])), key


def test_every_text_that_is_asked_for_exists() -> None:
    asked = {key for action in Action for key in (f"action_{action}", f"done_{action}")}
    for template in (PACKAGE / "templates").glob("*.j2"):
        text = template.read_text(encoding="utf-8")
        asked |= set(re.findall(r"""\bt\(["'](\w+)["'](?! ~)""", text))
    for module in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            words = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            if name == "t":
                asked |= {word for word in words if isinstance(word, str)}
            elif name in ("refusal", "RefusedError"):
                asked |= {f"{w}{e}" for w in words if isinstance(w, str) for e in ("", "_hint")}
    assert len(asked) > 80
    assert asked - ENGLISH.keys() == set()


def test_what_to_do_is_said_of_errors_that_there_are() -> None:
    kinds = {key.removeprefix("do_") for key in ENGLISH if key.startswith("do_")} - {"anything"}
    assert len(kinds) > 10
    assert {kind for kind in kinds if not hasattr(errors, kind)} == set()


def wordings(tree: ast.AST) -> Iterator[list[str]]:
    """Every text of a module, as the pieces around what is filled in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            pieces = [""]
            for part in node.values:
                if isinstance(part, ast.Constant):
                    pieces[-1] += str(part.value)
                else:
                    pieces.append("")
            yield pieces
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield [re.sub(r"^\w+Error: ", "", node.value)]


def test_every_sentence_is_one_that_is_said() -> None:
    """What the dashboard knows by its wording must still be worded like that."""
    said = [[os.strerror(code)] for code in (errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO)]
    for module in PACKAGE.parent.rglob("*.py"):
        said += wordings(ast.parse(module.read_text(encoding="utf-8")))
    said = [pieces for pieces in said if len("".join(pieces)) >= 8]
    sentences = {key: text for key, text in ENGLISH.items() if key.startswith("says_")}
    assert len(sentences) > 100
    unknown = set()
    for key, text in sentences.items():
        # A fault of a name may come without the name, or with it before a colon.
        shown = HOLDER.sub("X", text)
        forms = {shown, shown.removeprefix("X "), f"X: {shown}"}
        near = (pieces for pieces in said if max(pieces, key=len) in f"X: {shown}")
        patterns = (".*".join(map(re.escape, pieces)) for pieces in near)
        if not any(re.fullmatch(pattern, form) for pattern in patterns for form in forms):
            unknown.add(key)
    assert unknown == set()


class TestTold:
    GERMAN = Languages().best("de", "")

    @pytest.mark.parametrize(
        ("error", "german"),
        [
            ("the file is empty (0 bytes)", "Die Datei ist leer (0 Bytes)"),
            (
                "VideoTruncatedError: the file lists 90 frames but holds only 3",
                "VideoTruncatedError: Die Datei nennt 90 Bilder, enthält aber nur 3",
            ),
            (
                "/data/out: x/walk.json cannot be written: No space left on device",
                "/data/out: x/walk.json ist nicht schreibbar: Auf dem Laufwerk ist kein Platz mehr",
            ),
            (
                "1 problem, nothing was ingested: the file is empty (0 bytes)",
                "1 Problem, es wurde kein Auftrag angelegt: Die Datei ist leer (0 Bytes)",
            ),
            (
                "2 problems, nothing was ingested: anna: the file is empty (0 bytes)",
                "2 Probleme, es wurde kein Auftrag angelegt: anna: Die Datei ist leer (0 Bytes)",
            ),
            (
                "only 3 of 10 frames (30 %) have a picture; from frame 3 on: the picture is odd",
                'Nur 3 von 10 Bildern (30 %) sind lesbar; ab Bild 3: <span lang="en">the picture '
                "is odd</span>",
            ),
            ("nothing of this <kind>", '<span lang="en">nothing of this &lt;kind&gt;</span>'),
        ],
    )
    def test_in_german(self, error: str, german: str) -> None:
        assert self.GERMAN.told(error).__html__() == german
        assert str(Languages().best("en", "").told(error)) == error
        assert "lang" not in Languages().best("en", "").told(error).__html__()

    def test_what_videos_are_refused_for(self, tmp_path: Path) -> None:
        path = tmp_path / "walk.mp4"
        whole = write_numbered_video(path, 8).read_bytes()
        said = []
        for content in (b"", b"no video", whole[: len(whole) // 2]):
            path.write_bytes(content)
            with pytest.raises(errors.VideoError) as caught:
                require_video(path)
            said.append(self.GERMAN.told(caught.value.message))
        assert [phrase.code for phrase in said] == [None] * 3

    def test_very_long_ones_take_no_time(self) -> None:
        message = "cannot be read: " * 10**5
        assert self.GERMAN.told(message).code == "en"

    def test_a_language_of_the_lab_marks_what_it_lacks(self, tmp_path: Path) -> None:
        file = tmp_path / "fr.json"
        file.write_text('{"says_no_job": "cette tâche n\'existe pas"}')
        french = Languages([file]).best(None, "fr")
        assert french.told("there is no such job").code is None
        assert french.told("the file is empty (0 bytes)").code == "en"


def test_choosing() -> None:
    languages = Languages()
    assert languages.best("de", "en").code == "de"
    assert languages.best("xx", "fr, de;q=0.3, en;q=0.2").code == "de"
    assert languages.best(None, "*;q=x, ,;q=").code == "en"
    assert languages.best(None, "a" * 10**6).code == "en"


class TestAdded:
    def test_a_file_is_enough(self, tmp_path: Path) -> None:
        file = tmp_path / "fr.json"
        file.write_text('{"language": "Français", "jobs": "Tâches"}')
        french = Languages([file]).best(None, "fr")
        assert (french.code, french("jobs"), french("log")) == ("fr", "Tâches", ENGLISH["log"])

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("fr.json", '{"jbos": "Tâches"}'),
            ("fr.json", "[]"),
            ("fr.json", "{"),
            ("fr.json", '{"jobs": 1}'),
            ("french words.json", "{}"),
            ("fr.txt", "{}"),
        ],
    )
    def test_what_is_no_language(self, tmp_path: Path, name: str, content: str) -> None:
        (tmp_path / name).write_text(content)
        with pytest.raises(ConfigError):
            Languages([tmp_path / name])
