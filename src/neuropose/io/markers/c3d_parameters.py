"""The header and the parameters of a C3D file, as any kind of processor wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from math import prod

import numpy as np
from numpy.typing import NDArray

from neuropose.errors import FileFormatError

Array = NDArray[np.float64]

BLOCK_BYTES = 512
"""The format counts in blocks of this size; the first is the header."""
_KEY = 80  # the second byte of every C3D file
_TEXT, _BYTE, _WORD, _FLOAT = -1, 1, 2, 4
_MOST_CONTINUATIONS = 100
NO_C3D_HINT = "open it in the program that recorded it, and export it as C3D again"


class Processor(IntEnum):
    """Kind of machine whose numbers a file holds, by its number in the format."""

    INTEL = 84
    DEC = 85
    MIPS = 86

    def words(self, raw: bytes) -> NDArray[np.int16]:
        """Read 16-bit integers.

        Parameters
        ----------
        raw : bytes
            An even number of bytes.

        Returns
        -------
        ndarray of int16
        """
        return np.frombuffer(raw, ">i2" if self is Processor.MIPS else "<i2").astype(np.int16)

    def floats(self, raw: bytes) -> NDArray[np.float32]:
        """Read 32-bit floating-point numbers.

        Parameters
        ----------
        raw : bytes
            A multiple of four bytes.

        Returns
        -------
        ndarray of float32

        Notes
        -----
        DEC's F format has its 16-bit halves exchanged, and an exponent that is greater by two.

        Examples
        --------
        >>> Processor.DEC.floats(bytes([0x80, 0x40, 0, 0])).tolist()
        [1.0]
        """
        with np.errstate(invalid="ignore"):  # a NaN that signals
            if self is not Processor.DEC:
                order = ">f4" if self is Processor.MIPS else "<f4"
                return np.frombuffer(raw, order).astype(np.float32)
            halves = np.ascontiguousarray(np.frombuffer(raw, "<u2").reshape(-1, 2)[:, ::-1])
            return halves.view("<f4").ravel().astype(np.float32) / np.float32(4.0)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: texts or numbers.

    Parameters
    ----------
    kind : int
        Bytes an element; -1 for characters.
    dimensions : tuple of int
        The first varies fastest.
    raw : bytes
        All elements.
    processor : Processor
        How numbers are written.
    """

    kind: int
    dimensions: tuple[int, ...]
    raw: bytes
    processor: Processor

    def texts(self) -> list[str]:
        """Return the texts; none if the parameter holds numbers.

        Returns
        -------
        list of str
            Without the blanks and zeros that fill them up.
        """
        if self.kind != _TEXT or not self.raw:
            return []
        width = self.dimensions[0] if self.dimensions else len(self.raw)
        return [_text(self.raw[at : at + width]) for at in range(0, len(self.raw), width)]

    def numbers(self) -> Array:
        """Return the numbers, in the order of the file; none if the parameter holds texts.

        Returns
        -------
        ndarray of float64, shape (N,)
            Integers of 16 bits are unsigned: so are all that are read here.
        """
        if self.kind == _FLOAT:
            with np.errstate(invalid="ignore"):
                return self.processor.floats(self.raw).astype(np.float64)
        if self.kind == _WORD:
            return self.processor.words(self.raw).view(np.uint16).astype(np.float64)
        if self.kind == _BYTE:
            return np.frombuffer(self.raw, np.uint8).astype(np.float64)
        return np.empty(0)


@dataclass(frozen=True, slots=True)
class Header:
    """The first block of a C3D file.

    Parameters
    ----------
    points, analog : int
        Points, and analogue samples of all channels, of one frame.
    first_frame, last_frame : int
        Numbers of the frames, at most 65,535.
    scale : float
        mm or another unit an integer; negative if coordinates are floating-point numbers.
    data_block : int
        Where the points begin, counted from 1.
    analog_rate : int
        Analogue samples of a channel during one frame.
    rate_hz : float
        Frames per second.
    """

    points: int
    analog: int
    first_frame: int
    last_frame: int
    scale: float
    data_block: int
    analog_rate: int
    rate_hz: float


@dataclass(frozen=True, slots=True)
class C3dParameters:
    """Header and parameters of a C3D file.

    Parameters
    ----------
    header : Header
        The first block.
    processor : Processor
        How numbers are written.
    found : mapping of str to Parameter
        By group and name in capitals (``POINT:LABELS``). Of parameters that are there twice, the
        first.
    end_block : int
        The block after the parameters, counted from 1.
    """

    header: Header
    processor: Processor
    found: Mapping[str, Parameter]
    end_block: int

    def texts(self, key: str) -> list[str]:
        """Return the texts of a parameter and of its continuations (``LABELS``, ``LABELS2`` …).

        Parameters
        ----------
        key : str
            Group and name.

        Returns
        -------
        list of str
            Empty if it is not there.
        """
        return [text for each in self._all(key) for text in each.texts()]

    def text(self, key: str) -> str | None:
        """Return the first text of a parameter.

        Parameters
        ----------
        key : str
            Group and name.

        Returns
        -------
        str or None
            None if it is not there, or empty.
        """
        return next(iter(self.texts(key)), None) or None

    def numbers(self, key: str) -> Array:
        """Return the numbers of a parameter and of its continuations.

        Parameters
        ----------
        key : str
            Group and name.

        Returns
        -------
        ndarray of float64, shape (N,)
            Empty if it is not there.
        """
        return np.concatenate([np.empty(0), *(each.numbers() for each in self._all(key))])

    def number(self, key: str) -> float | None:
        """Return the first number of a parameter.

        Parameters
        ----------
        key : str
            Group and name.

        Returns
        -------
        float or None
            None if it is not there, or not finite.
        """
        numbers = self.numbers(key)
        return float(numbers[0]) if numbers.size and np.isfinite(numbers[0]) else None

    def count(self, key: str) -> int | None:
        """Return a whole number, in one word, in two (the low one first) or as a float.

        Parameters
        ----------
        key : str
            Group and name.

        Returns
        -------
        int or None
            None if it is not there.
        """
        parameter = self.found.get(key)
        if parameter is None or not (numbers := parameter.numbers()).size:
            return None
        if parameter.kind == _WORD and numbers.size > 1:
            return int(numbers[0]) + (int(numbers[1]) << 16)
        return int(numbers[0]) if np.isfinite(numbers[0]) else None

    def _all(self, key: str) -> list[Parameter]:
        found = []
        for number in range(1, _MOST_CONTINUATIONS):
            parameter = self.found.get(key if number == 1 else f"{key}{number}")
            if parameter is None or not parameter.raw:
                break
            found.append(parameter)
        return found


def read_parameters(data: bytes) -> C3dParameters:
    """Read the header and the parameters of a C3D file.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    C3dParameters

    Raises
    ------
    FileFormatError
        If it is not a C3D file, or ends before its parameters do.
    """
    if not data:
        raise FileFormatError(
            "the C3D file is empty: it has 0 bytes",
            hint="copy it again from where it came from, or export it again",
        )
    if len(data) < 2 or data[1] != _KEY:
        raise FileFormatError("this is not a C3D file", hint=NO_C3D_HINT)
    start = BLOCK_BYTES * (data[0] - 1)
    if start < BLOCK_BYTES or len(data) < start + BLOCK_BYTES:
        raise FileFormatError(
            "the C3D file is cut short: it ends before its parameters do",
            hint="copy it again from where it came from",
        )
    blocks, number = data[start + 2], data[start + 3]
    try:
        processor = Processor(number)
    except ValueError:
        raise FileFormatError(
            f"the C3D file was written for a processor of unknown type {number}", hint=NO_C3D_HINT
        ) from None
    return C3dParameters(
        header=_header(data, processor),
        processor=processor,
        found=_parameters(data, start + 4, processor),
        end_block=data[0] + max(blocks, 1),
    )


def _header(data: bytes, processor: Processor) -> Header:
    words = [int(word) for word in processor.words(data[:24]).view(np.uint16)]
    scale, rate_hz = (float(processor.floats(data[at : at + 4])[0]) for at in (12, 20))
    return Header(
        points=words[1],
        analog=words[2],
        first_frame=words[3],
        last_frame=words[4],
        scale=scale,
        data_block=words[8],
        analog_rate=words[9],
        rate_hz=rate_hz,
    )


def _parameters(data: bytes, at: int, processor: Processor) -> dict[str, Parameter]:
    """Follow the chain of groups and parameters; every step is forwards, so it ends."""
    groups: dict[int, str] = {}
    found: list[tuple[int, str, Parameter]] = []
    while at + 2 <= len(data):
        length, group = abs(_signed(data[at])), _signed(data[at + 1])
        name = _text(data[at + 2 : at + 2 + length]).upper()
        at += 2 + length
        if not length or at + 2 > len(data):
            break
        step = int(processor.words(data[at : at + 2]).view(np.uint16)[0])
        if group < 0:
            groups.setdefault(-group, name)
        elif (parameter := _parameter(data, at + 2, processor)) is not None:
            found.append((group, name, parameter))
        if not step:
            break
        at += step
    named: dict[str, Parameter] = {}
    for group, name, parameter in found:
        named.setdefault(f"{groups.get(group, '')}:{name}", parameter)
    return named


def _parameter(data: bytes, at: int, processor: Processor) -> Parameter | None:
    """Return the parameter whose type is stored at a place; None if the file ends within it."""
    if at + 2 > len(data):
        return None
    kind, rank = _signed(data[at]), data[at + 1]
    dimensions = tuple(data[at + 2 : at + 2 + rank])
    start = at + 2 + rank
    size = abs(kind) * prod(dimensions)
    if kind not in (_TEXT, _BYTE, _WORD, _FLOAT) or start + size > len(data):
        return None
    return Parameter(kind, dimensions, data[start : start + size], processor)


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte


def _text(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return text.split("\0")[0].strip() if text.strip("\0 ") else ""
