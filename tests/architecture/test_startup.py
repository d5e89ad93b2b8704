"""Starting must be quick: the package and the command line load nothing heavy before it is needed."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time

import pytest

HEAVY = {"jax", "xarray", "numba", "pandas", "matplotlib", "dask", "scipy", "regionmask", "netCDF4", "numpy"}
LIMIT = 0.3  # s beyond Python's own start
NOTHING = "pass"
PACKAGE = "import vadose"
HELP = "import sys; sys.argv = ['vadose', '--help']\nfrom vadose.cli import main\nmain()"

needs_cli = pytest.mark.skipif(
    importlib.util.find_spec("vadose.cli") is None, reason="there is no command line in this tree"
)


def seconds(code: str) -> float:
    """Wall time of a fresh interpreter that runs `code` (which may leave by SystemExit 0)."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL, env=os.environ | {"COLUMNS": "100"}
    )
    return time.perf_counter() - start


def loaded(code: str) -> set[str]:
    """Top-level modules that are loaded after `code` has run."""
    tail = "import sys, json, os\nos.write(2, json.dumps(sorted(m for m in sys.modules if '.' not in m)).encode())"
    text = f"try:\n    exec({code!r})\nexcept SystemExit:\n    pass\n{tail}"
    done = subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, text=True)
    return set(json.loads(done.stderr))


@pytest.mark.parametrize("code", [PACKAGE, pytest.param(HELP, marks=needs_cli)], ids=["import", "help"])
def test_nothing_heavy_is_loaded(code: str) -> None:
    assert loaded(code) & HEAVY == set()


def test_the_probe_sees_a_heavy_import() -> None:
    assert "numpy" in loaded("import numpy")


@pytest.mark.parametrize("code", [PACKAGE, pytest.param(HELP, marks=needs_cli)], ids=["import", "help"])
def test_start_is_quick(code: str) -> None:
    """The least of several runs, taken in turns with an empty program: a busy machine slows both alike."""
    seconds(code)  # fills the byte code cache
    ours, empty = [], []
    for attempt in range(12):
        ours.append(seconds(code))
        empty.append(seconds(NOTHING))
        if attempt >= 3 and min(ours) - min(empty) < LIMIT:
            break
    assert min(ours) - min(empty) < LIMIT
