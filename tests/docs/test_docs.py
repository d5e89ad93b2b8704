"""The documentation is true: its examples run, its studies parse, its tables agree with the code."""

from __future__ import annotations

import dataclasses
import os
import re
import shlex
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vadose.assimilate import study as assimilations
from vadose.assimilate.study_observations import Observation as Assimilated
from vadose.benchmark import study as studies
from vadose.calibrate import study as calibrations
from vadose.calibrate.drydown.published import Published
from vadose.calibrate.drydown.robust import Robust
from vadose.calibrate.texture import Experiment
from vadose.cli import app
from vadose.config import build
from vadose.data.daily.observations import PointSource
from vadose.data.forcing.source import ForcingSource
from vadose.data.soilmaps.source import SoilSource
from vadose.simulate import study as simulations
from vadose.simulate import study_ensemble, study_land, study_output, study_subsurface
from vadose.simulate.flow import study as flows
from vadose.simulate.flow import study_places as places
from vadose.variables import VARIABLES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
FENCE = re.compile(
    r"(?P<mark><!-- (?:run|write: (?P<file>[\w.-]+)) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```", re.S | re.M
)

SAMPLE = """
[study]
period = [2000, 2009]
[[models]]
name = "Any"
path = "any/*.nc"
[[references]]
name = "Palisade"
variable = "soil_moisture"
path = "sm.nc"
depth = [0.0, 0.10]
[[references]]
name = "Verdure"
variable = "gpp"
path = "gpp.nc"
"""


# Tables that only a study of a calibration has, and what completes a fragment of one.
CALIBRATION = {"soil_moisture", "drydown", "soil", "experiments"}
CALIBRATION_SAMPLE = """
[soil_moisture]
path = "sm.nc"
[[soil]]
label = "GSDE"
path = "gsde.nc"
"""
# Tables that only a study of a simulation has.
SIMULATION = {
    "forcing",
    "site",
    "sites",
    "grid",
    "model",
    "vegetation",
    "subsurface",
    "initial",
    "spinup",
    "ensemble",
    "observations",
}
# What completes a fragment of a study of an assimilation.
MEMBERS = {"forcing": {"path": "weather.nc"}, "ensemble": {"size": 2, "forcing": {"scheme": "zhao25"}}}
SEEN = {"observations": [{"name": "SMAP", "kind": "smap", "path": "smap.h5"}]}


@dataclass(frozen=True)
class Block:
    """A fenced piece of a page; `run` where the page marks it to be executed, or saved as `file` for those that are."""

    page: str
    line: int
    language: str
    text: str
    run: bool
    file: str = ""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(path: Path) -> list[Block]:
    text = path.read_text(encoding="utf-8")
    page = path.relative_to(ROOT).as_posix()
    return [
        Block(page, text[: m.start("text")].count("\n"), m["language"], m["text"], bool(m["mark"]), m["file"] or "")
        for m in FENCE.finditer(text)
    ]


ALL = [block for page in PAGES for block in blocks(page)]


@pytest.mark.parametrize("block", [b for b in ALL if b.language == "toml"], ids=str)
def test_studies_parse(block: Block) -> None:
    """A fragment is completed by a small study; its own tables go first."""
    table = tomllib.loads(block.text)
    if "domain" in table or "parflow" in table:
        build(flows.FlowStudy, table, str(block))
    elif "assimilation" in table:
        build(assimilations.Study, MEMBERS | table | {"assimilation": SEEN | table["assimilation"]}, str(block))
    elif SIMULATION & set(table):
        build(simulations.Study, {"forcing": {"path": "weather.nc"}} | table, str(block))
    elif CALIBRATION & set(table):
        build(calibrations.Study, tomllib.loads(CALIBRATION_SAMPLE) | table, str(block))
    else:
        studies.parse_study(tomllib.loads(SAMPLE) | table, str(block))


def test_files_of_a_model_are_renamed_by_the_names_that_are_read() -> None:
    """`names` and `units` go by vadose names; another key would be ignored in silence."""
    tables = [m for b in ALL if b.language == "toml" for m in tomllib.loads(b.text).get("models", ())]
    keys = {key for table in tables for name in ("names", "units") for key in table.get(name, {})}
    assert keys and keys <= set(VARIABLES)


@pytest.mark.parametrize("block", [b for b in ALL if b.language == "python"], ids=str)
def test_python_compiles(block: Block) -> None:
    compile(block.text, str(block), "exec")


def commands(text: str) -> list[str]:
    """The lines after a prompt, those ended by a backslash joined with the next."""
    return [line.removeprefix("$ ") for line in text.replace("\\\n", " ").splitlines() if line.startswith("$ ")]


# Pages whose blocks need the same demo; those of no group are the rest.
GROUPS = {
    "simulation": ("first-simulation", "how-to/simulate", "how-to/bmi"),
    "assimilation": ("first-assimilation", "how-to/assimilate"),
    "flow": ("first-flow",),
}


def group_of(page: str) -> str:
    return next((group for group, names in GROUPS.items() if any(name in page for name in names)), "rest")


def execute(block: Block) -> None:
    """Run a block here: Python in a namespace of its own, our commands by their parser, any other by the shell."""
    if block.language == "python":
        exec(compile(block.text, str(block), "exec", dont_inherit=True), {"__name__": "__main__"})
        return
    lines = commands(block.text)
    assert lines, f"{block}: no line begins with a prompt"
    for line in lines:
        program, *arguments = shlex.split(line)
        if program == "vadose":
            ended = CliRunner().invoke(app, arguments)
            assert ended.exit_code == 0, f"{block}: {line}\n{ended.output[-4000:]}\n{ended.exception!r}"
        else:
            done = subprocess.run(["sh", "-c", line], capture_output=True, text=True)
            assert done.returncode == 0, f"{block}: {line}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"


@pytest.mark.slow
@pytest.mark.parametrize(("group", "least"), [("simulation", 8), ("assimilation", 5), ("flow", 6), ("rest", 8)])
def test_marked_blocks_run(group: str, least: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of the pages in one folder, which the tutorial fills, so that each demo runs once.

    All of them in this one process: each other would import, trace and compile the same again.
    """
    marked = [b for b in ALL if b.run and group_of(b.page) == group]
    order = sorted(marked, key=lambda b: ("tutorial" not in b.page, b.page, b.line))
    assert len(order) >= least
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    for block in order:
        if block.file:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
        else:
            execute(block)


TABLES = {
    "[study]": studies.Header,
    "[[models]]": studies.Model,
    "[[references]]": studies.Reference,
    "[[regions]]": studies.RegionTable,
    "[[relationships]]": studies.Relationship,
    "[[quantiles]]": studies.Quantile,
    "[bootstrap]": studies.Bootstrap,
    "[multimodel]": studies.MultiModel,
}
CALIBRATION_TABLES = {
    "[study]": calibrations.Header,
    "[soil_moisture]": PointSource,
    "[drydown]": calibrations.Drydown,
    "[drydown.published]": Published,
    "[drydown.robust]": Robust,
    "[[soil]]": SoilSource,
    "[[experiments]]": Experiment,
    "[sensitivity]": calibrations.Sensitivity,
    "[report]": calibrations.Figures,
}
SIMULATION_TABLES = {
    "[study]": simulations.Header,
    "[forcing]": ForcingSource,
    "[[sites]]": simulations.Site,
    "[grid]": simulations.Grid,
    "[model]": simulations.Model,
    "[soil]": study_land.Soil,
    "[vegetation]": study_land.Vegetation,
    "[subsurface]": study_subsurface.Subsurface,
    "[initial]": simulations.Initial,
    "[spinup]": simulations.SpinUp,
    "[period]": simulations.Period,
    "[output]": study_output.Output,
    "[ensemble]": study_ensemble.Ensemble,
    "[[ensemble.members]]": study_ensemble.Choice,
    "[ensemble.forcing]": study_ensemble.Perturbation,
    "[[observations]]": study_output.Observation,
}
ASSIMILATION_TABLES = {
    "[assimilation]": assimilations.Assimilation,
    "[[assimilation.inflation]]": assimilations.Inflation,
    "[[assimilation.observations]]": Assimilated,
}
FLOW_TABLES = {
    "[study]": flows.Header,
    "[parflow]": flows.Parflow,
    "[domain]": flows.Domain,
    "[soil]": flows.Soil,
    "[[soils]]": flows.SoilClass,
    "[surface]": flows.Surface,
    "[[rain]]": flows.Rain,
    "[initial]": flows.Initial,
    "[period]": flows.Period,
    "[spinup]": flows.SpinUp,
    "[solver]": flows.Solver,
    "[output]": flows.Output,
    "[[wells]]": places.Pumping,
    "[[drains]]": places.Drainage,
    "[[lakes]]": places.StandingWater,
    "[[boundaries]]": places.OpenSide,
    "[[gauges]]": places.Gauge,
}
KEYS = [("study-file.md", heading, table) for heading, table in TABLES.items()]
KEYS += [("calibration-study.md", heading, table) for heading, table in CALIBRATION_TABLES.items()]
KEYS += [("simulation-study.md", heading, table) for heading, table in SIMULATION_TABLES.items()]
KEYS += [("assimilation-study.md", heading, table) for heading, table in ASSIMILATION_TABLES.items()]
KEYS += [("flow-study.md", heading, table) for heading, table in FLOW_TABLES.items()]


def documented_keys(page: str, heading: str) -> dict[str, str]:
    """Key -> default as the table under a heading of a study file's page shows them."""
    text = (DOCS / "reference" / page).read_text(encoding="utf-8")
    section = text.split(f"## `{heading}`\n")[1].split("\n## ")[0]
    found = {}
    for line in section.splitlines():
        cells = [c.strip() for c in line.split("|")]
        if len(cells) > 4 and cells[1].startswith("`"):
            found |= {key: cells[3].strip("`") for key in re.findall(r"`(\w+)`", cells[1])}
    return found


def shown_default(field: dataclasses.Field) -> str:
    """The default of a key as the page writes it, in the words of TOML."""
    if field.default_factory is not dataclasses.MISSING:
        return "{}"
    if field.default is dataclasses.MISSING:
        return "required"
    value = field.default
    if value is None:
        return "none"
    if dataclasses.is_dataclass(value):
        return "{}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{v}"' if isinstance(v, str) else str(v) for v in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


@pytest.mark.parametrize(("page", "heading", "table"), KEYS, ids=lambda value: str(value))
def test_every_key_is_documented_with_its_default(page: str, heading: str, table: type) -> None:
    expected = {f.name: shown_default(f) for f in dataclasses.fields(table)}
    assert documented_keys(page, heading) == expected


def test_every_variable_is_documented() -> None:
    text = (DOCS / "reference" / "study-file.md").read_text(encoding="utf-8")
    for variable in VARIABLES.values():
        row = next((line for line in text.splitlines() if line.startswith(f"| `{variable.name}` |")), "")
        cells = [c.strip() for c in row.split("|")]
        assert f"`{variable.cmip}`" in cells[2], variable.name
        assert cells[3:5] == [variable.units, variable.shown_units], variable.name


def test_every_choice_of_the_model_is_documented_with_its_presets() -> None:
    """A choice of `soil_water` stands for both forms of the flow where the Richards equation has it too."""
    from vadose.model.presets import PRESETS, SLOTS

    text = (DOCS / "science" / "land-model.md").read_text(encoding="utf-8")
    rows = [[c.strip() for c in line.split("|")] for line in text.splitlines() if line.startswith("| `")]
    found = {(row[1], row[2]): row[4] for row in rows if len(row) == 6}
    for slot, choices in SLOTS.items():
        for choice in choices:
            shown = found[f"`{slot}`", f"`{choice.removeprefix('richards-')}`"]
            for preset in (name for name, chosen in PRESETS.items() if chosen[slot] == choice):
                richards = f" (`{choice}`)" if choice.startswith("richards-") else ""
                assert f"`{preset}`{richards}" in shown, (slot, choice)
    kept = {(f"`{slot}`", f"`{choice}`") for slot, choices in SLOTS.items() for choice in choices}
    assert set(found) <= kept


def test_every_pedotransfer_function_is_documented_with_its_source_and_closure() -> None:
    import vadose

    text = (DOCS / "science" / "pedotransfer.md").read_text(encoding="utf-8")
    for name, function in vadose.pedotransfer.items():
        row = next((line for line in text.splitlines() if line.startswith(f"| `{name}` |")), "")
        assert function.source in row and f"`{function.closure}`" in row and function.samples in row, name


def test_every_option_is_documented() -> None:
    import typer

    text = (DOCS / "reference" / "command-line.md").read_text(encoding="utf-8")

    def visit(command: object, name: str) -> None:
        for key, inner in getattr(command, "commands", {}).items():
            visit(inner, f"{name} {key}")
        if not hasattr(command, "commands"):
            assert f"## `{name}" in text, name
            section = text.split(f"## `{name}")[1].split("\n## ")[0]
            for parameter in command.params:  # type: ignore[attr-defined]
                options = [
                    o for o in (*parameter.opts, *parameter.secondary_opts) if o.startswith("--") and o != "--help"
                ]
                assert not options or any(f"`{o}" in section for o in options), (name, options)

    visit(typer.main.get_command(app), "vadose")


@pytest.mark.parametrize(("name", "least"), [("errors.md", 9), ("assimilate.md", 8)])
def test_quoted_messages_are_those_of_the_code(name: str, least: int) -> None:
    page = (DOCS / "how-to" / name).read_text(encoding="utf-8")
    table = page.split("| the message says |")[1].split("\n\n")[0]
    quoted = [text for line in table.splitlines()[2:] for text in re.findall(r"`([^`]+)`", line.split("|")[1])]
    code = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    assert len(quoted) >= least
    assert [text for text in quoted if text not in code] == []


def test_links_and_pictures_lead_somewhere() -> None:
    """Relative links of the documentation and of the README."""
    broken = []
    for page in PAGES:
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_every_source_has_what_a_citation_needs() -> None:
    text = (DOCS / "references.bib").read_text(encoding="utf-8")
    keys = re.findall(r"^@\w+\{([\w-]+),", text, flags=re.M)
    assert len(keys) == len(set(keys)) >= 10
    for entry in re.split(r"^@", text, flags=re.M)[1:]:
        assert all(re.search(rf"^\s*{field}\s*=", entry, flags=re.M) for field in ("author", "title", "year")), entry
