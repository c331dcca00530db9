"""Which packets hold the second field of a frame whose first field came before.

Camcorders (AVCHD) and broadcasts code the two fields of an interlaced frame as pictures of their
own, and MPEG transport streams give each a packet: two packets are then one frame.
"""

from __future__ import annotations

import re

from neuropose.video.bitstream import NalUnits
from neuropose.video.h264 import Field, FieldHeaders

_MPEG2_STRUCTURE = re.compile(rb"\x00\x00\x01\xb5[\x80-\x8f].(.)", re.DOTALL)
_TOP, _BOTTOM = 1, 2


class SecondFields:
    r"""Recognises packets that complete the frame of the packet before, in decoding order.

    Parameters
    ----------
    codec : str
        FFmpeg's name of the codec.
    configuration : bytes or None
        The decoder configuration that the container holds.

    Notes
    -----
    Two fields are one frame if they are of opposite parity and, in H.264, have the same number
    (ITU-T H.264, 7.4.1.2.4; ITU-T H.262, 6.1.1.4.1).

    Examples
    --------
    >>> top, bottom = (b"\x00\x00\x01\xb5\x8f\xff" + bytes([n, 0]) for n in (0xF1, 0xF2))
    >>> seconds = SecondFields("mpeg2video", None)
    >>> [seconds.completes(packet) for packet in (top, bottom, top, bottom)]
    [False, True, False, True]
    """

    def __init__(self, codec: str, configuration: bytes | None) -> None:
        self._codec = codec
        self._units = NalUnits(codec, configuration)
        self._headers = FieldHeaders(
            self._units.parameter_sets(configuration) if codec == "h264" else ()
        )
        self._first: Field | None = None

    def completes(self, packet: bytes) -> bool:
        """Return whether the next packet is the second field of a frame.

        Parameters
        ----------
        packet : bytes
            The next packet in decoding order.

        Returns
        -------
        bool
        """
        fields = self._fields(packet)
        field = next(iter(fields)) if len(fields) == 1 else None
        first, self._first = self._first, field
        if first is None or field is None:
            return False
        is_pair = (
            first.is_bottom is not field.is_bottom and first.frame_number == field.frame_number
        )
        if is_pair:
            self._first = None
        return is_pair

    def _fields(self, packet: bytes) -> set[Field]:
        if self._codec == "mpeg2video":
            structures = {structure[0] & 3 for structure in _MPEG2_STRUCTURE.findall(packet)}
            if not structures <= {_TOP, _BOTTOM}:
                return set()
            return {Field(structure == _BOTTOM) for structure in structures}
        if self._codec != "h264":
            return set()
        if not self._headers.may_hold_fields and not self._units.are_between_start_codes:
            return set()
        return self._headers.fields(self._units.split(packet))
