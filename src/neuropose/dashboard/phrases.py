"""Phrases in one language with parts in another, and sentences that are known by their wording.

The daemon writes errors and warnings in English, into files that outlive it. A page in another
language says those that it has a translation of in that language, and marks the others as English,
for whoever has pages read aloud.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape

HOLDER = re.compile(r"\{(\w+)\}")
"""What is replaced in a text."""
SENTENCE = "says_"
"""Keys of texts that begin with this are sentences of errors, warnings and hints."""
MESSAGE = "reason"
"""The name of what is replaced by another message, and not by a name or a number."""
_LONGEST = 500
_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Phrase:
    """Text of a page, of which parts may be in another language.

    Parameters
    ----------
    parts : tuple of (str, str or None)
        Text, and the code of its language if it is not that of the page.

    Examples
    --------
    >>> Phrase((("Warnung: ", None), ("the <b> is odd", "en"))).__html__()
    'Warnung: <span lang="en">the &lt;b&gt; is odd</span>'
    """

    parts: tuple[tuple[str, str | None], ...]

    @classmethod
    def of(cls, text: str, code: str | None = None) -> Phrase:
        """Return a phrase in one language.

        Parameters
        ----------
        text : str
            The text.
        code : str or None
            Of its language; None for that of the page.

        Returns
        -------
        Phrase
        """
        return cls(((text, code),))

    @classmethod
    def joined(cls, separator: str, phrases: Iterable[Phrase]) -> Phrase:
        """Return one phrase of several.

        Parameters
        ----------
        separator : str
            What comes between them.
        phrases : iterable of Phrase
            Them.

        Returns
        -------
        Phrase
        """
        parts: list[tuple[str, str | None]] = []
        for phrase in phrases:
            if parts:
                parts.append((separator, None))
            parts += phrase.parts
        return cls(tuple(parts))

    @property
    def code(self) -> str | None:
        """The language that a part of it is in, if that is not the language of the page."""
        return next((code for _, code in self.parts if code is not None), None)

    def mapped(self, change: Callable[[str], str]) -> Phrase:
        """Return the phrase with every part changed.

        Parameters
        ----------
        change : callable
            Takes and gives text.

        Returns
        -------
        Phrase
        """
        return Phrase(tuple((change(text), code) for text, code in self.parts))

    def __str__(self) -> str:
        return "".join(text for text, _ in self.parts)

    def __html__(self) -> str:
        """Return it for a page, escaped."""
        return "".join(
            escape(text) if code is None else f'<span lang="{escape(code)}">{escape(text)}</span>'
            for text, code in self.parts
        )


class Sentences:
    """Sentences that are found again by their wording.

    Parameters
    ----------
    texts : mapping of str to str
        The texts as the daemon words them; those whose key begins with ``says_`` are sentences.

    Examples
    --------
    >>> sentences = Sentences({"says_empty": "the file is empty ({count} bytes)"})
    >>> sentences.find("the file is empty (0 bytes)")
    ('says_empty', {'count': '0'})
    >>> sentences.find("the file is full") is None
    True
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        wordings = [(key, text) for key, text in texts.items() if key.startswith(SENTENCE)]
        # What says more by itself comes first: "{path} cannot be written" fits very much.
        wordings.sort(key=lambda each: len(HOLDER.sub("", each[1])), reverse=True)
        self._patterns = [(key, _pattern(text)) for key, text in wordings]
        self._wordings = dict(wordings)
        self.find = lru_cache(_KEPT)(self._find)

    def is_translated(self, key: str, text: str) -> bool:
        """Return whether a text is another one than the daemon's own.

        Parameters
        ----------
        key : str
            That of the sentence.
        text : str
            The text that stands for it.

        Returns
        -------
        bool
        """
        return self._wordings.get(key) != text

    def _find(self, message: str) -> tuple[str, dict[str, str]] | None:
        """Return the key of the sentence that a message is, and what stands in its places."""
        if len(message) > _LONGEST:
            return None
        for key, pattern in self._patterns:
            found = pattern.fullmatch(message)
            if found is not None:
                return key, found.groupdict()
        return None


def _pattern(text: str) -> re.Pattern[str]:
    parts = HOLDER.split(text)  # text and names take turns
    return re.compile(
        "".join(
            f"(?P<{part}>.+?)" if number % 2 else re.escape(part)
            for number, part in enumerate(parts)
        ),
        re.DOTALL,
    )
