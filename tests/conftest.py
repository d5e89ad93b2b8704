"""What all tests share: real data behind an environment variable, repeatable properties, caches out of the tree."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache"
MUCH = 4e9  # bytes of a process above which compiled programs are let go
os.environ.setdefault("NUMBA_CACHE_DIR", str(CACHE / "numba"))
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(CACHE / "jax"))
os.environ.setdefault("MPLBACKEND", "Agg")

from hypothesis import HealthCheck, settings  # noqa: E402  (after the environment is set)

# A shared machine is slow now and then: a time limit per example would fail for no fault of the code.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci", max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that take minutes run where VADOSE_LONG is set: all of them together need more time than CI has."""
    if not os.environ.get("VADOSE_LONG"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="takes minutes; set VADOSE_LONG to run it"))


def resident() -> float:
    """Bytes of memory that this process holds; infinity where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * float(os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError):
        return math.inf


@pytest.fixture(scope="module", autouse=True)
def forget_programs() -> Iterator[None]:
    """Modules of tests share compiled programs until they take much memory: all together would fill it."""
    yield
    if "jax" in sys.modules and resident() > MUCH:
        sys.modules["jax"].clear_caches()


@pytest.fixture(scope="session")
def vadose_data() -> Path:
    """The root of the real data and reference results (VADOSE_DATA); the test skips where there is none."""
    root = os.environ.get("VADOSE_DATA")
    if not root:
        pytest.skip("VADOSE_DATA is not set: real data and reference results are not here")
    if not Path(root).is_dir():
        pytest.skip(f"VADOSE_DATA={root} is not a folder")
    return Path(root)


@pytest.fixture(scope="session")
def sample_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study file of the embedded sample (four years of it), written once a session; do not change it."""
    from vadose.data.sample import write_sample

    return write_sample(tmp_path_factory.mktemp("sample"), years=(2000, 2003))
