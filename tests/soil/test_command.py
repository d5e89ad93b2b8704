"""`vadose soil`: the table, the figure, and bad input on the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vadose.errors import ConfigError, RangeError
from vadose.soil import Soil
from vadose.soil.curves import plot_curves, save_curves
from vadose.soil.describe import describe
from vadose.soil.table import description_tables

LOAM = Soil(40.0, 20.0, 1.5)


def vadose(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "vadose", "soil", *arguments], capture_output=True, text=True)


@pytest.mark.slow
def test_the_command_prints_every_function_and_draws(tmp_path: Path) -> None:
    figure = tmp_path / "curves.png"
    done = vadose("--sand", "45", "--clay", "20", "--soc", "1.5", "--plot", str(figure))
    assert done.returncode == 0, done.stderr
    assert "loam: sand 45 %, silt 35 %, clay 20 %, organic carbon 1.5 %" in done.stdout
    for name in ("sr06", "ch78", "noah", "rosetta3", "wosten99", "vereecken89", "weynants09", "weber20", "median"):
        assert name in done.stdout
    assert figure.read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--sand", "70", "--clay", "40"), "sand + clay must be at most 100 %, got 110"),
        (("--sand", "-1", "--clay", "40"), "sand must be 0 to 100 %, got -1"),
        (("--sand", "0.45", "--clay", "0.2"), "looks like fractions"),
        (("--sand", "45", "--clay", "20", "--ptf", "rosetta"), "did you mean 'rosetta"),
        (("--sand", "45", "--clay", "20", "--density", "1.4"), "looks like g cm-3"),
        (("--sand", "nan", "--clay", "20"), "sand must be"),
    ],
)
def test_bad_input_is_named_and_nothing_is_printed(arguments: tuple[str, ...], said: str) -> None:
    done = vadose(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout


def test_the_rows_carry_what_the_functions_say() -> None:
    found = describe(LOAM, ["sr06", "ch78"])
    row = found.rows[1]
    # Cosby et al. (1984) for 40 % sand, 20 % clay, as in CLM.
    assert row.theta_s == pytest.approx(0.489 - 0.00126 * 40.0)
    assert row.parameters["b"] == pytest.approx(2.91 + 0.159 * 20.0)
    assert row.K_s == pytest.approx(0.0070556 * 10 ** (-0.884 + 0.0153 * 40.0) * 3600.0)
    assert found.texture_class == "loam"


def test_soil_beyond_a_range_is_marked() -> None:
    remarks = describe(Soil(10.0, 75.0, 1.0), ["sr06"]).rows[0].remarks
    assert any("clay" in remark for remark in remarks)


def test_no_function_stands_apart_from_fewer_than_four_others() -> None:
    assert all(not row.stands_apart for row in describe(LOAM, ["sr06", "ch78", "noah"]).rows)


def test_the_summary_spans_the_rows() -> None:
    found = describe(LOAM, ["sr06", "ch78", "rosetta3"])
    low, middle, high = found.summary()["wilting_point"]
    values = sorted(row.wilting_point for row in found.rows)
    assert (low, middle, high) == (values[0], values[1], values[2])


def test_the_tables_print_each_function_once() -> None:
    from rich.table import Table

    tables = [part for part in description_tables(describe(LOAM, ["sr06", "ch78"])) if isinstance(part, Table)]
    assert [t.row_count for t in tables] == [5, 2]


def test_the_figure_holds_a_curve_for_each_closure() -> None:
    closures = {k: m.retention for k, m in describe(LOAM, ["sr06", "rosetta3"]).members.members.items()}
    figure = plot_curves(closures, "a loam")
    water, _ = figure.axes
    drawn = {line.get_label(): line.get_ydata() for line in water.lines if len(line.get_xdata()) > 2}
    assert set(drawn) == {"sr06", "rosetta3"}
    assert all(np.all(np.diff(y) <= 1e-12) for y in drawn.values())


def test_a_figure_of_an_unknown_kind_or_in_no_folder_is_an_error(tmp_path: Path) -> None:
    closures = {"sr06": describe(LOAM, ["sr06"]).members["sr06"].retention}
    with pytest.raises(ConfigError, match="must end in"):
        save_curves(closures, tmp_path / "curves.gif")
    with pytest.raises(ConfigError, match="does not exist"):
        save_curves(closures, tmp_path / "none" / "curves.png")
    assert list(tmp_path.iterdir()) == []


def test_arrays_in_another_unit_are_named() -> None:
    with pytest.raises(RangeError, match="looks like fractions"):
        Soil(np.array([0.4, 0.3]), np.array([0.2, 0.1]))
    with pytest.raises(RangeError, match="looks like percent"):
        Soil.from_fractions(np.array([40.0, 30.0]), np.array([20.0, 10.0]))
