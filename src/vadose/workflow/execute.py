"""Run a graph of tasks: on processes of this machine or on any dask.distributed client, with a progress bar."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dask.base import compute
from dask.callbacks import Callback

from vadose.errors import VadoseError


@dataclass(frozen=True)
class Watch:
    """Work that is finer than tasks, for the progress bar.

    total  units of all tasks;  done  asks how many are done, from time to time;  unit  of which the bar says the rate
    """

    total: float
    done: Callable[[], float]
    unit: str


def execute(
    tasks: Mapping[str, Any], workers: int = 0, client: Any = None, title: str = "", watch: Watch | None = None
) -> dict[str, Any]:
    """The results of dask.delayed `tasks` by name.

    workers : processes to use here, 0 for one a core; with 1 everything runs in this process
    client  : a dask.distributed client that runs them instead
    title   : what the progress bar says
    watch   : where the bar follows, instead of the tasks that are done
    """
    names, delayed = list(tasks), list(tasks.values())
    with progress(len(delayed), title) if watch is None else progress_of(watch, title) as done:
        if client is not None:
            results = _on_cluster(delayed, client, done)
        else:
            results = _here(delayed, workers or os.cpu_count() or 1, done)
    return dict(zip(names, results, strict=True))


def _here(delayed: list[Any], workers: int, done: Callable[[], None]) -> list[Any]:
    keys = {d.key for d in delayed}
    callback = Callback(posttask=lambda key, *_: done() if key in keys else None)
    options = (
        {"scheduler": "processes", "num_workers": workers, "chunksize": 1} if workers > 1 else {"scheduler": "sync"}
    )
    try:
        with callback:
            return list(compute(*delayed, optimize_graph=False, **options))
    except (BrokenPipeError, EOFError, RuntimeError) as error:
        raise VadoseError(
            f"a worker process died ({error}), most likely for want of memory; "
            "run the same command again with fewer --workers: finished parts are kept"
        ) from error


def _on_cluster(delayed: list[Any], client: Any, done: Callable[[], None]) -> list[Any]:
    futures = client.compute(delayed, optimize_graph=False)
    for future in futures:
        future.add_done_callback(lambda _: done())
    return list(client.gather(futures))


@contextmanager
def progress(total: int, title: str) -> Iterator[Callable[[], None]]:
    """A progress bar on a terminal, nothing in a pipe; yields the function that counts one step."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda: bar.advance(task)


@contextmanager
def progress_of(watch: Watch, title: str) -> Iterator[Callable[[], None]]:
    """A progress bar on a terminal with the rate of `watch` and the time left; yields a function that does nothing."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        """Units a second."""

        def render(self, task: Any) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f} {watch.unit}/s" if speed else f"- {watch.unit}/s")

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), Rate(), TimeRemainingColumn())
    over = threading.Event()
    with Progress(*columns, console=Console(stderr=True), transient=True, speed_estimate_period=120.0) as bar:
        task = bar.add_task(title, total=watch.total)

        def follow() -> None:
            while not over.wait(0.5):
                bar.update(task, completed=watch.done())

        follower = threading.Thread(target=follow, daemon=True)
        follower.start()
        try:
            yield lambda: None
        finally:
            over.set()
            follower.join()
