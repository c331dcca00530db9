"""Headers of H.264 streams: whether a coded picture is a frame or one of its two fields.

References
----------
ITU-T H.264 (2021), 7.3.2.1 (sequence and picture parameter sets), 7.3.3 (slice header).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_SLICE, _SLICE_PARTITION_A, _IDR_SLICE, _SEQUENCE, _PICTURE = 1, 2, 5, 7, 8
_HIGH_PROFILES = {44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244}
_HEADER_BYTES = 24  # of a slice: all that stands before its field flags
_MOST_LEADING_ZEROS = 32


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a frame, coded as a picture of its own.

    Parameters
    ----------
    is_bottom : bool
        Whether it holds the lower one of each pair of lines.
    frame_number : int or None
        ``frame_num``, the same for both fields of a frame; None if the format numbers none.
    """

    is_bottom: bool
    frame_number: int | None = None


class FieldHeaders:
    """Reads which fields the units of an H.264 stream hold.

    Parameters
    ----------
    units : iterable of bytes
        The units of the decoder configuration, without start codes or lengths.

    Examples
    --------
    >>> FieldHeaders([]).may_hold_fields
    False
    """

    def __init__(self, units: Iterable[bytes] = ()) -> None:
        self._sequences: dict[int, _Sequence] = {}
        self._sequence_of_picture: dict[int, int] = {}
        for unit in units:
            self._learn(unit)

    @property
    def may_hold_fields(self) -> bool:
        """Whether any parameter set seen so far allows pictures that are single fields."""
        return any(not sequence.frames_only for sequence in self._sequences.values())

    def fields(self, units: Iterable[bytes]) -> set[Field]:
        """Return the fields that a packet holds.

        Parameters
        ----------
        units : iterable of bytes
            The units of the packet, without start codes or lengths.

        Returns
        -------
        set of Field
            Empty if the packet holds a whole frame, or its headers cannot be read.
        """
        found: set[Field] = set()
        for unit in units:
            self._learn(unit)
            if unit and unit[0] & 31 in (_SLICE, _SLICE_PARTITION_A, _IDR_SLICE):
                field = self._field(unit)
                if field is None:
                    return set()
                found.add(field)
        return found

    def _learn(self, unit: bytes) -> None:
        kind = unit[0] & 31 if unit else 0
        try:
            if kind == _SEQUENCE:
                identifier, sequence = _read_sequence(_Bits(unit[1:]))
                self._sequences[identifier] = sequence
            elif kind == _PICTURE:
                bits = _Bits(unit[1:])
                picture = bits.unsigned()
                self._sequence_of_picture[picture] = bits.unsigned()
        except EOFError:
            pass  # the decoder will say that it is damaged

    def _field(self, unit: bytes) -> Field | None:
        bits = _Bits(unit[1:_HEADER_BYTES])
        try:
            bits.unsigned()  # first macroblock
            bits.unsigned()  # slice type
            identifier = self._sequence_of_picture.get(bits.unsigned())
            sequence = self._sequences.get(-1 if identifier is None else identifier)
            if sequence is None or sequence.frames_only:
                return None
            if sequence.separate_planes:
                bits.read(2)
            frame_number = bits.read(sequence.frame_number_bits)
            return Field(bool(bits.read(1)), frame_number) if bits.read(1) else None
        except EOFError:
            return None


@dataclass(frozen=True, slots=True)
class _Sequence:
    frames_only: bool
    frame_number_bits: int
    separate_planes: bool


def _read_sequence(bits: _Bits) -> tuple[int, _Sequence]:
    profile = bits.read(8)
    bits.read(16)  # constraints, level
    identifier = bits.unsigned()
    separate_planes = False
    if profile in _HIGH_PROFILES:
        chroma = bits.unsigned()
        separate_planes = chroma == 3 and bool(bits.read(1))
        bits.unsigned()  # bit depths
        bits.unsigned()
        bits.read(1)
        if bits.read(1):
            for number in range(12 if chroma == 3 else 8):
                if bits.read(1):
                    _skip_scaling_list(bits, 16 if number < 6 else 64)
    frame_number_bits = bits.unsigned() + 4
    order = bits.unsigned()
    if order == 0:
        bits.unsigned()
    elif order == 1:
        bits.read(1)
        bits.unsigned()
        bits.unsigned()
        for _ in range(bits.unsigned()):
            bits.unsigned()
    bits.unsigned()  # reference frames
    bits.read(1)
    bits.unsigned()  # width and height
    bits.unsigned()
    return identifier, _Sequence(bool(bits.read(1)), frame_number_bits, separate_planes)


def _skip_scaling_list(bits: _Bits, length: int) -> None:
    last = following = 8
    for _ in range(length):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


class _Bits:
    """The bits of a unit from its beginning, without the bytes that prevent start codes."""

    def __init__(self, data: bytes) -> None:
        plain = data.replace(b"\x00\x00\x03", b"\x00\x00")
        self._value = int.from_bytes(plain, "big")
        self._left = 8 * len(plain)

    def read(self, count: int) -> int:
        if count > self._left:
            raise EOFError
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def unsigned(self) -> int:
        """Read an unsigned Exp-Golomb code (9.1)."""
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > _MOST_LEADING_ZEROS:
                raise EOFError
        return (1 << zeros) - 1 + self.read(zeros)

    def signed(self) -> int:
        code = self.unsigned()
        return (code + 1) // 2 if code % 2 else -(code // 2)
