"""ParFlow's key database in its three spellings."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.data.parflow.cases import keys, pfidb, write

from vadose.data.parflow import read_case, read_database
from vadose.errors import DataError

# As pftools writes them: names nested by dots, a value beside keys below it as `_value_`.
YAML = """
BCPressure:
  PatchNames: [left, right]
Cell:
  '0':
    dzScale:
      Value: 1.2
Contaminants:
  Names: ''
Solver:
  Linear:
    Preconditioner:
      PCMatrixType: FullJacobian
      _value_: PFMG
  Nonlinear:
    UseJacobian: true
    ResidualTol: 1e-09
  _value_: Richards
_history_:
  Solver: none
Absent:
"""
FLAT = {
    "BCPressure.PatchNames": "left right",
    "Cell.0.dzScale.Value": 1.2,
    "Contaminants.Names": "",
    "Solver": "Richards",
    "Solver.Linear.Preconditioner": "PFMG",
    "Solver.Linear.Preconditioner.PCMatrixType": "FullJacobian",
    "Solver.Nonlinear.ResidualTol": "1e-09",
    "Solver.Nonlinear.UseJacobian": "True",
}


def nested(flat: dict[str, object]) -> dict:
    tree: dict = {}
    for key, value in sorted(flat.items()):
        *above, last = key.split(".")
        place = tree
        for name in above:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                raise AssertionError("a parent must come as a table")
        place[last] = {"_value_": value} if any(k.startswith(f"{key}.") for k in flat) else value
    return tree


def test_yaml_as_pftools_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(YAML)
    assert read_database(path) == FLAT


def test_counted_strings(tmp_path: Path) -> None:
    """Lengths decide, not line ends: a value may hold them."""
    path = tmp_path / "run.pfidb"
    path.write_text("2\n3\nA.B\n0\n\n1\nC\n5\nx\ny z\n")
    assert read_database(path) == {"A.B": "", "C": "x\ny z"}


def test_three_spellings_are_one_run(tmp_path: Path) -> None:
    made = keys()
    (tmp_path / "run.json").write_text(json.dumps(made))
    (tmp_path / "run.yml").write_text(json.dumps(nested(made)))  # JSON is YAML
    cases = [
        read_case(path, time_unit="h") for path in (write(tmp_path, made), tmp_path / "run.json", tmp_path / "run.yml")
    ]
    for case in cases[1:]:
        assert case.timing == cases[0].timing and case.ignored == {} == cases[0].ignored
        assert (case.K_x == cases[0].K_x).all() and (case.initial_head == cases[0].initial_head).all()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.pfidb", "x\n", "expected the count of keys as a whole number, got 'x'"),
        ("a.pfidb", "2\n1\nA\n1\n1\n", "expected the length of key 2 of 2 as a whole number"),
        ("a.pfidb", "1\n3\nA.B\n9\n1.0\n", "the value of `A.B` should have 9 characters, got '1.0'"),
        ("a.pfidb", "1\n2\nA.B\n3\n1.0\n", "key 1 of 1 should have 2 characters, got 'A.B'"),
        ("a.pfidb", pfidb({"A": 1}) + "1\nB\n", "text after its 1 keys"),
        ("a.json", "{", "not JSON"),
        ("a.json", "[1]", "expected a table of keys, got list"),
        ("a.yaml", "a: [", "not YAML"),
        ("a.tcl", "pfset A 1", "`.tcl` is no database of a ParFlow run"),
    ],
)
def test_wrong_databases(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=message):
        read_database(tmp_path / name)


def test_unreadable_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="none.pfidb: cannot be read"):
        read_database(tmp_path / "none.pfidb")
    (tmp_path / "a.pfidb").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="not text"):
        read_database(tmp_path / "a.pfidb")
    (tmp_path / "a.yaml").write_text("A: 1")
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(DataError, match="needs PyYAML .pip install pyyaml., or write the run as .pfidb"):
        read_database(tmp_path / "a.yaml")
