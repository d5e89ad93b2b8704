"""Downloading SMAP, against a local stand-in of the client of earthaccess."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from netCDF4 import Dataset
from typer.testing import CliRunner

from vadose.cli import app
from vadose.data.fetch_smap import SmapRequest, fetch_smap, parse_request
from vadose.errors import ConfigError, DataError

MARCH = ("2018-03-01", "2018-03-03")


class Client(ModuleType):
    """As much of earthaccess as is used: search_data, login, download."""

    def __init__(self) -> None:
        super().__init__("earthaccess")
        self.asked: dict[str, Any] = {}
        self.names = [f"SMAP_L3_SM_P_E_2018030{day}_R18290_001.h5" for day in (1, 2, 3)]
        self.got: list[str] = []
        self.tried: list[str] = []
        self.known = "netrc"
        self.failure: Exception | None = None
        self.arrives = "whole"

    def search_data(self, **asked: Any) -> list[Any]:
        self.asked = asked
        return [
            SimpleNamespace(name=n, data_links=lambda n=n: [f"https://data.example/{x}" for x in (f"{n}.xml", n)])
            for n in self.names
        ]

    def login(self, strategy: str) -> Any:
        self.tried.append(strategy)
        return SimpleNamespace(authenticated=strategy == self.known)

    def download(self, granules: list[Any], local_path: str) -> None:
        for granule in granules:
            path = Path(local_path) / granule.name
            self.got.append(granule.name)
            with Dataset(path, "w") as file:
                file.createDimension("x", 1000)
                file.createVariable("soil_moisture", "f8", ("x",))[:] = 0.2
            if self.arrives == "cut":
                path.write_bytes(path.read_bytes()[:3000])
            if self.arrives == "page":
                path.write_text("<html>Earthdata Login</html>")
            if self.failure is not None:
                raise self.failure


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    made = Client()
    monkeypatch.setitem(sys.modules, "earthaccess", made)
    return made


def test_files_arrive_in_the_folder_of_their_product(client: Client, tmp_path: Path) -> None:
    request = SmapRequest(MARCH, version="006", box=(50.0, 51.0, 6.0, 7.0))
    found = fetch_smap(request, tmp_path)
    assert [p.relative_to(tmp_path).as_posix() for p in found] == [f"SPL3SMP_E/{n}" for n in client.names]
    assert client.asked["temporal"] == MARCH and client.asked["version"] == "006"
    assert client.asked["bounding_box"] == (6.0, 50.0, 7.0, 51.0)  # west, south, east, north as NASA has it
    assert client.tried == ["environment", "netrc"]
    assert sorted(p.name for p in (tmp_path / "SPL3SMP_E").iterdir()) == client.names


def test_only_what_is_missing_is_got(client: Client, tmp_path: Path) -> None:
    fetch_smap(SmapRequest(MARCH), tmp_path)
    (tmp_path / "SPL3SMP_E" / client.names[1]).unlink()
    client.got.clear()
    fetch_smap(SmapRequest(MARCH), tmp_path)
    assert client.got == [client.names[1]]
    client.tried.clear()
    fetch_smap(SmapRequest(MARCH), tmp_path)
    assert client.tried == []  # nothing to get: nobody has to log in


def test_a_failure_keeps_what_arrived(client: Client, tmp_path: Path) -> None:
    client.failure = ConnectionError("reset by peer")
    with pytest.raises(DataError, match="reset by peer.*run the same command again"):
        fetch_smap(SmapRequest(MARCH), tmp_path)
    assert [p.name for p in (tmp_path / "SPL3SMP_E").iterdir()] == [client.names[0]]


@pytest.mark.parametrize("arrives", ["cut", "page"])
def test_what_is_no_whole_file_is_not_left(client: Client, tmp_path: Path, arrives: str) -> None:
    client.arrives = arrives
    with pytest.raises(DataError, match="3 of 3 files did not arrive whole"):
        fetch_smap(SmapRequest(MARCH), tmp_path)
    assert list((tmp_path / "SPL3SMP_E").iterdir()) == []


def test_nothing_found_and_nobody_known(client: Client, tmp_path: Path) -> None:
    client.known = ""
    with pytest.raises(DataError, match=r"EARTHDATA_USERNAME.*netrc"):
        fetch_smap(SmapRequest(MARCH), tmp_path)
    client.names = []
    with pytest.raises(DataError, match="has no SPL3SMP_E .*begins on 2015-03-31"):
        fetch_smap(SmapRequest(("2014-01-01", "2014-01-02")), tmp_path)


def test_missing_extra_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "earthaccess", None)
    with pytest.raises(DataError, match=r"pip install 'vadose\[earthdata\]'"):
        fetch_smap(SmapRequest(MARCH), tmp_path)


def test_requests() -> None:
    found = parse_request(["period=2018-03-01,2018-03-31", "product=SPL2SMP", "box=50,51,6,7.5"])
    assert found == SmapRequest(("2018-03-01", "2018-03-31"), "SPL2SMP", "", (50.0, 51.0, 6.0, 7.5))
    for texts, words in [
        ([], "state the days"),
        (["period=2018-03-01"], "two days"),
        (["period=2018-03-05,2018-03-01"], "first,last"),
        (["period=March,April"], "two days such as"),
        (["period=2018-03-01,2018-03-02", "product=SMOS"], "must be one of SPL3SMP_E"),
        (["period=2018-03-01,2018-03-02", "box=60,50,1,2"], "south,north,west,east"),
        (["period=2018-03-01,2018-03-02", "box=a,b,c,d"], "four numbers"),
        (["source_id=CESM2"], "product=..., version=..."),
    ]:
        with pytest.raises(ConfigError, match=words):
            parse_request(texts)


def test_the_command(client: Client, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["data", "fetch", "smap", "period=2018-03-01,2018-03-03", "--out", str(tmp_path / "S")]
    )
    assert done.exit_code == 0, done.output
    assert done.output.count(".h5") == 3 and (tmp_path / "S" / "SPL3SMP_E").is_dir()
