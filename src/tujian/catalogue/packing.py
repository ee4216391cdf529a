"""How records and vectors lie in the database."""

import json
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from tujian.records import Record


def pack(record: Record) -> bytes:
    return zlib.compress(record.model_dump_json().encode(), 1)


def unpack(packed: bytes) -> Record:
    return Record.model_validate_json(zlib.decompress(packed))


def unpack_plain(packed: bytes) -> dict[str, Any]:
    """The record as JSON says it, unchecked."""
    return json.loads(zlib.decompress(packed))


def pack_vector(vector: npt.NDArray[np.floating[Any]]) -> bytes:
    return vector.astype(np.float16).tobytes()


def unpack_vector(packed: bytes) -> npt.NDArray[np.float32]:
    return np.frombuffer(packed, np.float16).astype(np.float32)
