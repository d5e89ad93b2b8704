"""Groundwater wells: tables of heads and the depth of the water table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vadose.data.wells import read_wells
from vadose.errors import DataError, UnitError


def test_heads_and_depths(tmp_path: Path) -> None:
    path = tmp_path / "heads.csv"
    path.write_text("Date,A,B,C\n2020-01-02,1.5,,\n2020-01-01,1.0,7.0,\n2020-01-01,2.0,,\n")
    found = read_wells(str(path))
    assert found.names == ("A", "B") and found.times.astype("datetime64[D]").astype(str).tolist() == [
        "2020-01-01", "2020-01-02",
    ]  # fmt: skip
    assert found.heads[:, 0].tolist() == [1.5, 1.5] and np.isnan(found.heads[1, 1])
    assert [n.split(": ")[1] for n in found.notes] == [
        "1 repeated times are averaged", "1 of 3 wells hold no value and are left out",
    ]  # fmt: skip
    assert found.depth({"A": 3.0, "B": 8.5})[0].tolist() == [1.5, 1.5]
    assert found.anomaly()[:, 0].tolist() == [0.0, 0.0]
    with pytest.raises(DataError, match="no elevation of the ground for B"):
        found.depth({"A": 3.0})
    with pytest.raises(UnitError, match="one datum and unit"):
        found.depth(-500.0)
    assert read_wells(str(path), ("B",), units="cm").heads[0, 0] == pytest.approx(0.07)
    with pytest.raises(UnitError, match="must be one of m, cm, mm"):
        read_wells(str(path), units="ft")
    with pytest.raises(DataError, match="no column 'D'"):
        read_wells(str(path), ("D",))


def test_real_wells(vadose_data: Path) -> None:
    folder = vadose_data / "data/groundwater"
    network = read_wells(str(folder / "NL_network_Ex2/heads_daily_median_m_NAP.csv.gz"))
    assert network.heads.shape == (4442, 42) and np.nanmean(network.heads) == pytest.approx(3.3165, abs=1e-4)
    for name in ("head_nb1", "heby_head", "nb18_head", "nb5_head", "B32C0639001", "B58C0698001"):
        assert read_wells(str(folder / f"pastas_examples/{name}.csv")).heads.shape[1] == 1
