"""Results kept by the content of what they came from: inputs, settings and the version of the method."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vadose.errors import DataError

_BLOCK = 1 << 22


@dataclass(frozen=True)
class FileDigest:
    """SHA-256 of a file's bytes."""

    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Cache:
    """A folder of finished results; entries are complete or absent, so that several processes can share it.

    method  name and version of what computes; raised when results change, so that old ones are not taken for new
    """

    folder: Path
    method: str

    def digest(self, path: str) -> FileDigest:
        """The digest of a file; remembered by path, size and time of change, since hashing reads every byte.

        Raises DataError where the file cannot be read.
        """
        try:
            stat = os.stat(path)
            memo = self.folder / "digests" / f"{_hash(os.path.abspath(path))}.json"
            stamp = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
            if memo.exists():
                known = json.loads(memo.read_text())
                if known["stamp"] == stamp:
                    return FileDigest(path, known["sha256"], stat.st_size)
            digest = hashlib.sha256()
            with open(path, "rb") as stream:
                while block := stream.read(_BLOCK):
                    digest.update(block)
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}") from error
        write_text(memo, json.dumps({"stamp": stamp, "sha256": digest.hexdigest()}))
        return FileDigest(path, digest.hexdigest(), stat.st_size)

    def entry(self, kind: str, *parts: Any) -> Path:
        """Where the result of `kind` for these inputs and settings is, or will be."""
        return self.folder / kind / _hash(json.dumps([self.method, kind, *parts], sort_keys=True, default=_plain))[:32]


def fingerprint(value: Any) -> Any:
    """Settings and regions as plain values that differ whenever a result may."""
    if isinstance(value, np.ndarray):
        return [value.shape, value.dtype.str, hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()]
    if is_dataclass(value):
        kept = (f.name for f in fields(value) if not f.name.startswith("_"))
        return [type(value).__name__, {name: fingerprint(getattr(value, name)) for name in kept}]
    if isinstance(value, list | tuple):
        return [fingerprint(v) for v in value]
    return value


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write_text(path: Path, text: str) -> None:
    """Write a whole file or nothing: to a temporary name in the same folder, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def link(source: Path, target: Path) -> None:
    """Make `target` the same file as `source`, by a hard link where the file system has them, else a copy."""
    import shutil

    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    partial.unlink(missing_ok=True)
    try:
        os.link(source, partial)
    except OSError:
        shutil.copyfile(source, partial)
    partial.replace(target)
