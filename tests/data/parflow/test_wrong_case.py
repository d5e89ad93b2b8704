"""What a run that cannot be read says: the key, what was expected, what came, and the remedy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.data.parflow.cases import SHAPE, box, indicator, keys, numbered, write

from vadose.data.parflow import read_case, write_pfb
from vadose.errors import ConfigError, DataError, GridMismatch, RangeError, UnitError


def refuse(folder: Path, error: type[Exception], message: str, **changes: object) -> None:
    with pytest.raises(error, match=message):
        read_case(write(folder, keys(**changes)), time_unit="h")


def test_the_unit_of_time_must_be_stated(tmp_path: Path) -> None:
    path = write(tmp_path, keys())
    with pytest.raises(UnitError, match="must be one of s, min, h, day, got 'hour'; ParFlow's files carry no units"):
        read_case(path, time_unit="hour")
    with pytest.raises(TypeError, match="time_unit"):
        read_case(path)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("Geom.domain.Perm.Value", 0, "`Geom.domain.Perm.Value` must be > 0, got 0"),
        ("Geom.domain.Perm.Value", -1, "must be > 0, got -1"),
        ("Geom.domain.Perm.TensorValZ", 0, "`Geom.domain.Perm.TensorValZ` must be > 0, got 0"),
        ("Geom.domain.Perm.Value", "sand", "`Geom.domain.Perm.Value` must be a number, got 'sand'"),
        ("Geom.domain.Perm.Value", "nan", "must be a number, got 'nan'"),
        ("Geom.domain.Porosity.Value", 40, "`Geom.domain.Porosity.Value` must be > 0 and <= 1, got 40"),
        ("Geom.domain.Porosity.Value", 0, "must be > 0 and <= 1, got 0"),
        ("Geom.domain.SpecificStorage.Value", -1e-5, "must be >= 0, got -1e-05"),
        ("Geom.domain.Saturation.N", 1, "`Geom.domain.Saturation.N` must be > 1, got 1"),
        ("Geom.domain.Saturation.Alpha", 0, "`Geom.domain.Saturation.Alpha` must be > 0, got 0"),
        ("Geom.domain.Saturation.SRes", -0.1, "must be >= 0 and < 1, got -0.1"),
        ("Geom.domain.Saturation.SSat", 1.2, "must be > 0 and <= 1, got 1.2"),
        ("Geom.domain.Saturation.SSat", 0.1, "SRes must be below SSat, got 0.1 and 0.1 in 60 cells"),
        ("Mannings.Geom.domain.Value", -1, "`Mannings.Geom.domain.Value` must be >= 0, got -1"),
        ("ComputationalGrid.DZ", 0, "`ComputationalGrid.DZ` must be > 0, got 0"),
        ("ComputationalGrid.NX", 0, "`ComputationalGrid.NX` must be >= 1, got 0"),
        ("ComputationalGrid.NX", 2.5, "`ComputationalGrid.NX` must be a whole number, got 2.5"),
        ("ComputationalGrid.NX", 10**9, "a grid of 1000000000 x 3 x 5 cells cannot be held"),
        ("TimeStep.Value", 0, "`TimeStep.Value` must be > 0, got 0"),
        ("TimingInfo.StopTime", -1, "`TimingInfo.StopTime` lies before"),
        ("TimingInfo.BaseUnit", 0, "`TimingInfo.BaseUnit` must be > 0"),
        ("Cycle.constant.alltime.Length", 0, "`Cycle.constant.alltime.Length` must be >= 1, got 0"),
        ("TimingInfo.StopTime", 1e8, "cycle 'constant' has 100000000 intervals before the run stops"),
    ],
)
def test_numbers_out_of_range(tmp_path: Path, key: str, value: object, message: str) -> None:
    refuse(tmp_path, RangeError, message, **{key: value})


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("Solver", "Impes", "`Solver` = 'Impes' is not supported; expected Richards"),
        ("Gravity", 9.81, "`Gravity` must be 1, got 9.81. ParFlow then takes heads in m"),
        ("Phase.water.Density.Value", 1000, "`Phase.water.Density.Value` must be 1, got 1000"),
        ("Phase.water.Viscosity.Type", "EquationOfState", "expected Constant"),
        ("Phase.Names", "water oil", "`Phase.Names` must be one phase, water, got water oil"),
        ("Phase.Saturation.Type", "Haverkamp", "'Haverkamp' is not supported; expected VanGenuchten. vadose reads van"),
        ("Phase.RelPerm.Type", "Constant", "`Phase.RelPerm.Type` = 'Constant' is not supported"),
        ("Geom.domain.RelPerm.N", 2.5, "N of Phase.Saturation and of Phase.RelPerm differ .1.8 and 2.5. in 60 cells"),
        ("Geom.domain.Perm.Type", "TurnBands", "draws random fields when it runs: run it once with Solver.PrintSubs"),
        ("GeomInput.box.InputType", "IndicatorFieldNC", "expected Box, SolidFile, IndicatorField. Give a NetCDF ind"),
        ("TopoSlopesX.Type", "NCFile", "`TopoSlopesX.Type` = 'NCFile' is not supported; expected Constant, PFBFile"),
        ("ICPressure.Type", "NCFile", "expected Constant, HydroStaticDepth, HydroStaticPatch, PFBFile"),
        ("Patch.top.BCPressure.Type", "OverlandFlowPFB", "'OverlandFlowPFB' is not supported; expected FluxConst"),
        ("Patch.left.BCPressure.Type", "OverlandFlow", "is for the top, not the west side"),
        ("Patch.top.BCPressure.Cycle", "none", "cycle 'none' is not in `Cycle.Names` .constant storms"),
        ("Patch.top.BCPressure.Cycle", None, "key `Patch.top.BCPressure.Cycle` is missing; ParFlow needs it too"),
        ("Cycle.constant.Names", "", "`Cycle.constant.Names` names no interval"),
        ("BCPressure.PatchNames", "left lid", "patch 'lid' is not on geometry 'domain', which has left, right"),
        ("Geom.domain.Patches", "left right front", "`Geom.domain.Patches` must name six patches: west, east"),
        (
            "Geom.domain.ICPressure.RefPatch",
            "left",
            "'left' is neither bottom nor top of 'domain'; a reference must",
        ),
        ("Geom.domain.ICPressure.RefGeom", "ground", "names 'ground', which is no geometry of the run .domain"),
        ("Geom.Perm.Names", "domain clay", "`Geom.Perm.Names` names 'clay', which is no geometry of the run"),
        ("Domain.GeomName", "ground", "`Domain.GeomName` = 'ground' must be a geometry of type Box"),
        ("Geom.domain.Upper.Z", 90, "geometry 'domain' ends at Z = 90 and begins at 100"),
        ("Geom.domain.Upper.X", 3, "no cell of the grid lies in the domain"),
        ("PhaseSources.water.Type", "PredefinedFunction", "'PredefinedFunction' is not supported"),
        ("Solver.EvapTransFileTransient", True, "a file of sources each step. is not supported"),
        ("Solver.TerrainFollowingGrid", "maybe", "must be True or False, got 'maybe'"),
    ],
)
def test_what_is_not_supported(tmp_path: Path, key: str, value: object, message: str) -> None:
    refuse(tmp_path, DataError, message, **{key: value})


def test_roughness_where_water_flows(tmp_path: Path) -> None:
    changes = {"Patch.top.BCPressure.Type": "OverlandKinematic", "Mannings.Geom.domain.Value": 0.0}
    refuse(tmp_path, RangeError, "Manning's n must be > 0 where water flows over the ground .OverlandKin", **changes)


def test_layers_of_no_thickness(tmp_path: Path) -> None:
    made = {"Solver.Nonlinear.VariableDz": True, "dzScale.Type": "nzList", "dzScale.nzListNumber": 5}
    made |= {f"Cell.{k}.dzScale.Value": v for k, v in enumerate((1.0, 0.0, 1.0, 1.0, 1.0))}
    refuse(tmp_path, RangeError, r"layer 3 from the top \(1 in ParFlow's count from the bottom\) is 0 m thick", **made)
    refuse(tmp_path, DataError, "`dzScale.nzListNumber` = 4, but the grid has 5", **made | {"dzScale.nzListNumber": 4})
    refuse(tmp_path, DataError, "`Cell.4.dzScale.Value` is missing", **made | {"Cell.4.dzScale.Value": None})
    write_pfb(tmp_path / "dz.pfb", numbered())
    uneven = made | {"dzScale.Type": "PFBFile", "Geom.domain.dzScale.FileName": "dz.pfb"}
    refuse(tmp_path, DataError, "layer 0 from the top varies from 1 to 12 along x or y; expected one", **uneven)
    named = made | {"dzScale.Type": "Constant", "dzScale.GeomNames": "sky"}
    refuse(tmp_path, DataError, "names 'sky', which is no geometry", **named)


def test_cells_without_a_soil(tmp_path: Path) -> None:
    field = np.where(numbered() <= 50, 1.0, 4.0)
    field[4, 2, 3] = 9.0
    write_pfb(tmp_path / "soils.pfb", field)
    made = indicator(sand=1, clay=4) | {"Geom.Porosity.GeomNames": "sand", "Geom.sand.Porosity.Type": "Constant"}
    made["Geom.sand.Porosity.Value"] = 0.3
    message = (
        r"no region of `Geom.Porosity.GeomNames` \(sand\) holds 10 cells, the first in layer 4 from the top, row y 0, "
    )
    message += r"column x 2; their values in soils are 4 \(9 cells\), 9 \(1 cells\); give these cells a geometry"
    refuse(tmp_path, DataError, message, **made)
    write_pfb(tmp_path / "soils.pfb", field + 0.5)
    refuse(tmp_path, DataError, "indicator field 'soils' holds 1.5; expected whole numbers", **made)


FILE = {"Geom.domain.Perm.Type": "PFBFile", "Geom.domain.Perm.FileName": "perm.pfb"}


def test_values_of_files(tmp_path: Path) -> None:
    values = numbered()
    values[2, 1, 3] = -5.0
    write_pfb(tmp_path / "perm.pfb", values)
    message = (
        r"perm.pfb \(`Geom.domain.Perm.FileName`\): must be > 0 in every active cell, got -5 in 1 cells, the first in "
    )
    refuse(tmp_path, RangeError, message + "layer 2 from the top, row y 1, column x 3", **FILE)
    values[2, 1, 3] = np.nan
    write_pfb(tmp_path / "perm.pfb", values)
    refuse(tmp_path, RangeError, "must be > 0 in every active cell, got nan in 1 cells", **FILE)
    slopes = numbered(SHAPE[1:])
    slopes[1, 2] = np.nan
    write_pfb(tmp_path / "s.pfb", slopes)
    maps = {"TopoSlopesY.Type": "PFBFile", "TopoSlopesY.FileName": "s.pfb"}
    refuse(tmp_path, RangeError, "must be a number in every active column, got nan in row y 1, column x 2", **maps)
    write_pfb(tmp_path / "s.pfb", -numbered(SHAPE[1:]))
    rough = {"Mannings.Type": "PFBFile", "Mannings.FileName": "s.pfb"}
    refuse(tmp_path, RangeError, "must be >= 0 in every active column, got -1 in row y 0, column x 0", **rough)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((4, 3, 5), "holds 5 x 3 x 4 cells .x, y, z., expected 4 x 3 x 5; its x, y, z would fit as the grid's z, y, x"),
        ((4, 5, 3), "holds 3 x 5 x 4 cells .*; its x, y, z would fit as the grid's y, z, x"),
        ((5, 3, 5), "holds 5 x 3 x 5 cells .*, expected 4 x 3 x 5: it belongs to another grid"),
        ((3, 4), "holds 4 x 3 x 1 cells"),
    ],
)
def test_fields_of_another_shape(tmp_path: Path, shape: tuple[int, ...], message: str) -> None:
    write_pfb(tmp_path / "perm.pfb", numbered(shape))
    refuse(tmp_path, GridMismatch, message, **FILE)


def test_where_files_are_looked_for(tmp_path: Path) -> None:
    refuse(
        tmp_path, DataError, rf"`Geom.domain.Perm.FileName` names 'perm.pfb', which is not in {tmp_path}; put", **FILE
    )
    run = tmp_path / "run"
    run.mkdir()
    write_pfb(tmp_path / "perm.pfb", numbered())
    for name in ("../perm.pfb", str(tmp_path / "perm.pfb"), "a/../../perm.pfb"):
        made = FILE | {"Geom.domain.Perm.FileName": name}
        refuse(run, ConfigError, "leaves the folder of the inputs .*run; put the file, or a link to it, there", **made)
    (run / "perm.pfb").symlink_to(tmp_path / "perm.pfb")
    assert read_case(write(run, keys(**FILE)), time_unit="h").K_z.shape == SHAPE
    with pytest.raises(DataError, match="`inputs` must be the folder of the run's files, got .*nowhere"):
        read_case(write(run, keys()), time_unit="h", inputs=tmp_path / "nowhere")


def well(**changes: object) -> dict[str, object]:
    base = {"InputType": "Vertical", "Action": "Extraction", "Type": "Flux", "X": 15.0, "Y": 50.0, "ZLower": 100.2}
    base |= {"ZUpper": 101.2, "Cycle": "constant", "alltime.Flux.water.Value": 1.0}
    return {"Wells.Names": "a"} | {f"Wells.a.{key}": value for key, value in (base | changes).items()}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"X": 41.0}, "`Wells.a.X` must be 0 to 40 m to lie on the grid, got 41"),
        ({"Y": -1.0}, "`Wells.a.Y` must be 0 to 60 m"),
        ({"ZLower": 99.0}, "must lie between 100 and 102.5 m, ZLower below, got 99 and 101.2"),
        ({"ZUpper": 100.1}, "ZLower below, got 100.2 and 100.1"),
        ({"InputType": "Recirc"}, "Give a well that recirculates as two wells"),
        ({"Method": "Weighted"}, "`Wells.a.Method` = 'Weighted' is not supported"),
        ({"Action": "Pump"}, "expected Injection, Extraction"),
    ],
)
def test_wrong_wells(tmp_path: Path, changes: dict, message: str) -> None:
    refuse(tmp_path, DataError, message, **well(**changes))


def test_a_well_outside_of_the_domain(tmp_path: Path) -> None:
    made = well() | box("domain", (20, 0, 100), (40, 60, 102.5))
    refuse(tmp_path, DataError, "well 'a' has cells outside of the domain .row y 2, column x 1", **made)


def test_a_reference_that_columns_lack(tmp_path: Path) -> None:
    made = {"GeomInput.Names": "box half", "GeomInput.half.InputType": "Box", "GeomInput.half.GeomName": "west"}
    made |= box("west", (0, 0, 100), (20, 60, 102.5)) | {"Geom.domain.ICPressure.RefGeom": "west"}
    refuse(tmp_path, DataError, "6 columns have no 'bottom' of 'west' to refer to", **made)
