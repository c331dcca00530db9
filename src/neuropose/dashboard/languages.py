"""What the pages say, in every language: one JSON file a language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from neuropose.dashboard.phrases import HOLDER, MESSAGE, Phrase, Sentences
from neuropose.errors import ConfigError

FALLBACK = "en"
_MOST_COLONS = 5
"""Behind so many colons a sentence is looked for: before it are an error's kind and names."""
_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class Language:
    """The texts of one language.

    Parameters
    ----------
    code : str
        As in ``<html lang>``: ``de``.
    texts : mapping of str to str
        By key; what stands in braces is replaced.
    sentences : Sentences
        How the daemon words the sentences among them.
    """

    code: str
    texts: Mapping[str, str]
    sentences: Sentences = field(default_factory=lambda: Sentences({}))

    def __call__(self, key: str, /, **values: object) -> str:
        """Return a text.

        Parameters
        ----------
        key : str
            Which one.
        **values : object
            What replaces ``{name}`` in it.

        Returns
        -------
        str

        Raises
        ------
        KeyError
            If there is no such text.
        """
        text = self.texts[key]
        return HOLDER.sub(lambda found: str(values.get(found[1], found[0])), text)

    def phrase(self, key: str, /, **values: object) -> Phrase:
        """Return a text, parts of which may be in another language.

        Parameters
        ----------
        key : str
            Which one.
        **values : object
            What replaces ``{name}`` in it; a `Phrase` stays in its language.

        Returns
        -------
        Phrase

        Raises
        ------
        KeyError
            If there is no such text.
        """
        parts = []
        for number, part in enumerate(HOLDER.split(self.texts[key])):
            value = values.get(part, f"{{{part}}}") if number % 2 else part
            parts.append(value if isinstance(value, Phrase) else Phrase.of(str(value)))
        return Phrase.joined("", parts)

    def told(self, message: str) -> Phrase:
        """Return what the daemon said, in this language as far as its sentences are known.

        Parameters
        ----------
        message : str
            An error, a warning or a hint, in English.

        Returns
        -------
        Phrase
            Marked as English if the sentence is not known.
        """
        if self.code == FALLBACK:
            return Phrase.of(message)
        return self._translated(message) or Phrase.of(message, FALLBACK)

    def _translated(self, message: str, colons: int = _MOST_COLONS) -> Phrase | None:
        """Return the translation of a message, or of what is behind one of its colons."""
        found = self.sentences.find(message)
        if found is not None and self.sentences.is_translated(found[0], self.texts[found[0]]):
            key, values = found
            told = {
                name: self.told(value) if name == MESSAGE else value
                for name, value in values.items()
            }
            return self.phrase(key, **told)
        head, colon, tail = message.partition(": ")
        rest = self._translated(tail, colons - 1) if colon and colons else None
        return None if rest is None else Phrase.joined(": ", [Phrase.of(head), rest])

    def has(self, key: str) -> bool:
        """Return whether there is a text.

        Parameters
        ----------
        key : str
            Which one.

        Returns
        -------
        bool
        """
        return key in self.texts


class Languages:
    """All languages that the pages can be read in.

    Parameters
    ----------
    added : iterable of Path
        Files of languages that a lab adds, such as ``fr.json``; what such a file lacks is shown in
        English.

    Raises
    ------
    ConfigError
        If a file cannot be read, or has a text that the pages do not know.

    Examples
    --------
    >>> languages = Languages()
    >>> languages.best(None, "de-CH, en;q=0.7").code
    'de'
    """

    def __init__(self, added: Iterable[Path] = ()) -> None:
        folder = resources.files("neuropose.dashboard") / "texts"
        english = json.loads((folder / f"{FALLBACK}.json").read_text(encoding="utf-8"))
        sentences = Sentences(english)
        self._languages: dict[str, Language] = {FALLBACK: Language(FALLBACK, english, sentences)}
        for file in sorted(folder.iterdir(), key=lambda file: file.name):
            code = file.name.removesuffix(".json")
            if file.name.endswith(".json") and code != FALLBACK:
                texts = json.loads(file.read_text(encoding="utf-8"))
                self._languages[code] = Language(code, {**english, **texts}, sentences)
        for path in added:
            language = _read(path, english, sentences)
            self._languages[language.code] = language

    @property
    def all(self) -> tuple[Language, ...]:
        """Every language, English first."""
        return tuple(self._languages.values())

    def best(self, chosen: str | None, accepted: str) -> Language:
        """Return the language for somebody.

        Parameters
        ----------
        chosen : str or None
            The code that the person chose.
        accepted : str
            The header ``Accept-Language``.

        Returns
        -------
        Language
            English if there is none of those.
        """
        for code in (chosen or "", *_accepted(accepted)):
            for known in (code, code.partition("-")[0]):
                if known in self._languages:
                    return self._languages[known]
        return self._languages[FALLBACK]


def _accepted(header: str) -> list[str]:
    weighted: list[tuple[float, str]] = []
    for part in header[:500].split(","):
        code, _, weight = part.strip().partition(";q=")
        try:
            weighted.append((-float(weight or 1.0), code))
        except ValueError:
            continue
    return [code for _, code in sorted(weighted, key=lambda each: each[0])]


def _read(path: Path, english: Mapping[str, str], sentences: Sentences) -> Language:
    code = path.name.removesuffix(".json")
    hint = "copy texts/en.json of the dashboard, and translate what is after each colon"
    if not _CODE.fullmatch(code) or not path.name.endswith(".json"):
        raise ConfigError(f"{path.name} is not called like a language, such as fr.json", hint=hint)
    try:
        texts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", hint=hint) from error
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise ConfigError(f"{path} is not a JSON object of texts", hint=hint)
    unknown = sorted(texts.keys() - english.keys())
    if unknown:
        raise ConfigError(f"{path} has an unknown text: {unknown[0]}", hint=hint)
    return Language(code, {**english, **texts}, sentences)
