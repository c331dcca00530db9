"""Signs of damage in H.264 and HEVC that the decoders ignore.

Both formats escape their data so that two zero bytes are never followed by 0, 1 or 2. A run of
zeros, as a lost sector or an unfinished download leaves it, breaks that rule.

References
----------
ITU-T H.264 (2021), 7.4.1.1 and annex B; ITU-T H.265 (2021), 7.4.2.1; ISO/IEC 14496-15.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

_START_CODE = re.compile(rb"\x00\x00\x01")
_FORBIDDEN = re.compile(rb"\x00\x00[\x00-\x02]")
_FORBIDDEN_BESIDE_START_CODES = re.compile(rb"\x00\x00(?:\x02|\x00[\x02-\xff])")


class NalUnits:
    """How an H.264 or HEVC stream is divided into units in a file.

    Parameters
    ----------
    codec : str
        FFmpeg's name of the codec.
    configuration : bytes or None
        The decoder configuration that the container holds.

    Examples
    --------
    >>> units = NalUnits("h264", bytes([1, 100, 0, 31, 0xFF]))
    >>> units.are_broken(bytes([0, 0, 0, 3, 0x65, 7, 8]))
    False
    >>> units.are_broken(bytes([0, 0, 0, 6, 0x65, 7, 0, 0, 0, 8]))
    True
    """

    def __init__(self, codec: str, configuration: bytes | None) -> None:
        place = {"h264": 4, "hevc": 21}.get(codec)
        self._is_cut_into_units = place is not None
        self._length_bytes = 0  # start codes stand between the units
        if place is not None and configuration is not None and len(configuration) > place:
            has_start_codes = configuration.startswith((b"\x00\x00\x01", b"\x00\x00\x00\x01"))
            self._length_bytes = 0 if has_start_codes else (configuration[place] & 3) + 1

    @property
    def are_between_start_codes(self) -> bool:
        """Whether start codes stand between the units, so that any unit may come in any packet."""
        return self._length_bytes == 0

    def split(self, data: bytes) -> Iterator[bytes]:
        """Return the units of a frame.

        Parameters
        ----------
        data : bytes
            A frame as stored in the file.

        Yields
        ------
        bytes
            A unit without start code or length, with the zeros that may follow it.
        """
        if self._length_bytes == 0:
            starts = [match.end() for match in _START_CODE.finditer(data)]
            for start, after in pairwise([*starts, len(data) + 3]):
                yield data[start : after - 3]
            return
        start = self._length_bytes
        while start <= len(data):
            end = start + int.from_bytes(data[start - self._length_bytes : start], "big")
            yield data[start:end]
            start = end + self._length_bytes

    def parameter_sets(self, configuration: bytes | None) -> Iterator[bytes]:
        """Return the units of the decoder configuration of an H.264 stream.

        Parameters
        ----------
        configuration : bytes or None
            As the container holds it (ISO/IEC 14496-15, 5.3.3.1).

        Yields
        ------
        bytes
            A parameter set.
        """
        if configuration is None:
            return
        if self._length_bytes == 0:
            yield from self.split(configuration)
            return
        place = 5
        for mask in (31, 255):
            count = configuration[place] & mask if place < len(configuration) else 0
            place += 1
            for _ in range(count):
                end = place + 2 + int.from_bytes(configuration[place : place + 2], "big")
                yield configuration[place + 2 : end]
                place = end

    def are_broken(self, data: bytes) -> bool:
        """Return whether a frame breaks the rules of the format.

        Parameters
        ----------
        data : bytes
            A whole frame as stored in the file.

        Returns
        -------
        bool
            Always False for other codecs.
        """
        if not self._is_cut_into_units:
            return False
        if self._length_bytes == 0:
            return _FORBIDDEN_BESIDE_START_CODES.search(data) is not None
        start = 0
        while start < len(data):
            start += self._length_bytes
            end = start + int.from_bytes(data[start - self._length_bytes : start], "big")
            # Some recorders pad a unit with zeros.
            if end > len(data) or _FORBIDDEN.search(data[start:end].rstrip(b"\x00")):
                return True
            start = end
        return False
