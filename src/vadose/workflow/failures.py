"""Failures as values: a task never raises, what went wrong is its result, and the other tasks go on."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from vadose.errors import VadoseError

R = TypeVar("R")


@dataclass(frozen=True)
class Failed:
    """Why a task has no result; `trace` is filled where the cause is not a known one."""

    why: str
    trace: str = ""


def guarded(task: Callable[..., R]) -> Callable[..., R | Failed]:
    """`task` with exceptions turned into `Failed`."""

    @functools.wraps(task)
    def run(*args: Any) -> R | Failed:
        try:
            return task(*args)
        except VadoseError as error:
            return Failed(str(error))
        except MemoryError:
            return Failed("not enough memory; run with fewer --workers")
        except OSError as error:
            return Failed(f"{error.filename or 'output'}: {error.strerror or error}", traceback.format_exc())
        except Exception as error:
            return Failed(f"unexpected {type(error).__name__}: {error} (see log.txt)", traceback.format_exc())

    return run
