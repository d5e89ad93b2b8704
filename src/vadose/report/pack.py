"""Data as small scripts: JSON assigned to a global, since pages opened from disk cannot fetch."""

from __future__ import annotations

import base64
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

MISSING = 65535
STEPS = 65000
_SCORE_STEPS = 60000


def write_text(path: Path, text: str) -> int:
    """Write under a temporary name, then rename; returns the size in bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    data = text.encode()
    try:
        partial.write_bytes(data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return len(data)


def to_json(content: Any) -> str:
    """Strict JSON that is also safe inside a script: no `<`, no line separators, null for missing numbers."""
    text = json.dumps(strict(content), separators=(",", ":"), allow_nan=False, ensure_ascii=True)
    return text.replace("<", "\\u003c").replace("&", "\\u0026")


def write_script(path: Path, key: str, content: Any) -> int:
    """Write `content` as the entry `key` of the page's data store."""
    store = "(window.VADOSE_DATA=window.VADOSE_DATA||{})"
    return write_text(path, f"{store}[{to_json(key)}]={to_json(content)};\n")


def strict(value: Any) -> Any:
    """`value` in JSON types: arrays as lists with 5 significant digits, missing numbers as None."""
    if isinstance(value, Mapping):
        return {str(k): strict(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [strict(v) for v in value]
    if isinstance(value, np.ndarray):
        return numbers(value)
    if isinstance(value, np.generic):
        return strict(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def numbers(array: np.ndarray, digits: int = 5) -> Any:
    """Nested lists of the numbers of `array`, rounded to significant digits; None where not finite."""
    if array.dtype.kind in "biu":
        return array.tolist()
    if array.dtype.kind not in "f":
        return [str(v) for v in array.ravel()]
    if array.ndim == 0:
        return _rounded(float(array), digits)
    if array.ndim == 1:
        return [_rounded(v, digits) for v in array.tolist()]
    return [numbers(a, digits) for a in array]


def _rounded(value: float, digits: int) -> float | int | None:
    if not math.isfinite(value):
        return None
    short = float(f"{value:.{digits}g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short


def pack_scores(array: np.ndarray) -> str:
    """Scores in [0, 1] as base64 of little-endian uint16 in steps of 1/60000; 65535 is missing."""
    whole = np.round(np.clip(np.nan_to_num(array), 0.0, 1.0) * _SCORE_STEPS)
    return _base64(np.where(np.isfinite(array), whole, MISSING))


def pack_values(array: np.ndarray) -> dict[str, Any]:
    """A field as {"min", "max", "data"}: base64 of uint16 over 65000 steps between; 65535 is missing."""
    finite = np.isfinite(array)
    low, high = (float(array[finite].min()), float(array[finite].max())) if finite.any() else (0.0, 0.0)
    span = high - low
    whole = np.round((np.where(finite, array, low) - low) * (STEPS / span if span > 0 else 0.0))
    return {"min": low, "max": high, "data": _base64(np.where(finite, whole, MISSING))}


def pack_bits(mask: np.ndarray) -> str:
    """A mask, row-major, as base64 of its bits (most significant first)."""
    return base64.b64encode(np.packbits(mask.ravel()).tobytes()).decode("ascii")


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.astype("<u2").tobytes()).decode("ascii")
