"""The quantities of the weather: canonical units, possible values, and what files call them."""

from __future__ import annotations

from dataclasses import dataclass

REQUIRED = (
    "air_temperature",
    "specific_humidity",
    "pressure",
    "wind",
    "shortwave",
    "longwave",
    "precipitation",
)
OPTIONAL = ("snow_fraction", "lai")


@dataclass(frozen=True)
class Quantity:
    """One quantity of the weather.

    units      canonical
    low, high  possible values in `units`; one value outside means wrong units
    typical    (low, high) of the mean over a file; None where any mean inside low..high is
    names      what files call it, the best first, in lower case; CF standard names among them
    others     units that files often state wrongly or not at all, tried in messages
    rate       True for amounts per time: files may hold them as amounts of the interval
    """

    name: str
    units: str
    low: float
    high: float
    names: tuple[str, ...]
    others: tuple[str, ...] = ()
    typical: tuple[float, float] | None = None
    rate: bool = False


_TABLE = (
    Quantity(
        "air_temperature", "K", 180.0, 340.0,
        ("air_temperature", "tair", "ta_f", "ta_f_mds", "tas", "t2m", "t2", "t2d", "2t", "tair_f_inst", "airtemp",
         "temp", "tmp", "tmp_2maboveground", "t_2m", "tmp2m", "ta", "tc", "air_temp", "tavg", "tmean", "temperature"),
        ("degC", "degF"), (195.0, 320.0),
    ),
    Quantity(
        "air_temperature_minimum", "K", 170.0, 340.0,
        ("air_temperature_minimum", "tasmin", "tmin", "mn2t", "t_min"), ("degC", "degF"), (190.0, 320.0),
    ),
    Quantity(
        "air_temperature_maximum", "K", 180.0, 350.0,
        ("air_temperature_maximum", "tasmax", "tmax", "mx2t", "t_max"), ("degC", "degF"), (210.0, 325.0),
    ),
    Quantity(
        "specific_humidity", "kg kg-1", -1e-6, 0.05,
        ("specific_humidity", "qair", "qair_f_inst", "huss", "shum", "spfh", "spfh_2maboveground", "spechum", "q2d",
         "q2", "qv_2m", "hus"),
        ("g kg-1", "%"), (2e-6, 0.03),
    ),
    Quantity(
        "relative_humidity", "1", -0.02, 1.2,
        ("relative_humidity", "rh", "rh_f", "relhum", "relhum_2m", "rel_humid", "hurs", "humidity"),
        ("%",), (0.03, 1.05),
    ),
    Quantity(
        "vapour_pressure", "Pa", -1.0, 8000.0,
        ("vapour_pressure", "vapor_pressure", "vp", "ea", "water_vapor_partial_pressure_in_air"),
        ("kPa", "hPa"), (3.0, 4500.0),
    ),
    Quantity(
        "vapour_pressure_deficit", "Pa", -300.0, 12000.0,
        ("vapour_pressure_deficit", "vpd", "vpd_f", "vpd_f_mds", "water_vapor_saturation_deficit_in_air"),
        ("kPa", "hPa"), (1.0, 6000.0),
    ),
    Quantity(
        "dew_point", "K", 160.0, 320.0,
        ("dew_point", "dew_point_temperature", "d2m", "2d", "tdps", "td", "tdew", "dewpoint"), ("degC", "degF"),
        (190.0, 305.0),
    ),
    Quantity(
        "pressure", "Pa", 30000.0, 112000.0,
        ("pressure", "surface_air_pressure", "psurf", "psurf_f_inst", "ps", "sp", "pa_f", "pa", "pres", "patm", "press",
         "pres_surface", "psfc", "airpres", "air_pressure", "pressure_surface"),
        ("hPa", "kPa"),
    ),
    Quantity(
        "wind", "m s-1", -0.01, 90.0,
        ("wind", "wind_speed", "wind_f_inst", "sfcwind", "ws_f", "ws", "windspeed", "windspd", "u2", "si10"),
        ("km h-1", "knot", "mm s-1"), (0.05, 30.0),
    ),
    Quantity(
        "wind_east", "m s-1", -90.0, 90.0,
        ("wind_east", "eastward_wind", "u10", "10u", "u_10m", "uas", "ugrd", "ugrd_10maboveground", "u2d", "wind_e"),
        ("km h-1", "knot"),
    ),
    Quantity(
        "wind_north", "m s-1", -90.0, 90.0,
        ("wind_north", "northward_wind", "v10", "10v", "v_10m", "vas", "vgrd", "vgrd_10maboveground", "v2d", "wind_n"),
        ("km h-1", "knot"),
    ),
    Quantity(
        "shortwave", "W m-2", -60.0, 1700.0,
        ("shortwave", "surface_downwelling_shortwave_flux_in_air", "swdown", "swdown_f_tavg", "sw_in_f", "sw_in_f_mds",
         "sw_in", "rsds", "ssrd", "dswrf_surface", "dswrf", "dswr", "swradatm", "srad", "swrad", "rg", "fsds",
         "surface_downwelling_shortwave_flux", "msdwswrf"),
        ("kW m-2", "J m-2", "MJ m-2", "J cm-2"), (5.0, 500.0), rate=True,
    ),
    Quantity("shortwave_direct", "W m-2", -60.0, 1700.0, ("shortwave_direct", "aswdir_s"), ("J m-2",), rate=True),
    Quantity("shortwave_diffuse", "W m-2", -60.0, 1200.0, ("shortwave_diffuse", "aswdifd_s"), ("J m-2",), rate=True),
    Quantity(
        "longwave", "W m-2", 30.0, 650.0,
        ("longwave", "surface_downwelling_longwave_flux_in_air", "lwdown", "lwdown_f_tavg", "lw_in_f", "lw_in_f_mds",
         "lw_in", "rlds", "strd", "dlwrf_surface", "dlwrf", "dlwr", "lwradatm", "lrad", "lwrad", "flds",
         "surface_downwelling_longwave_flux", "msdwlwrf", "athd_s", "alwd_s"),
        ("kW m-2", "J m-2", "MJ m-2"), (60.0, 480.0), rate=True,
    ),
    Quantity(
        "precipitation", "kg m-2 s-1", -1e-5, 0.2,
        ("precipitation", "precipitation_flux", "precip", "rainf_f_tavg", "pr", "p_f", "tp", "apcp_surface", "apcp",
         "precip_rate", "prec", "prcp", "pptrate", "rainrate", "ppt", "pn", "tot_precip", "prectot", "p"),
        ("mm h-1", "mm d-1", "mm", "m"), (0.0, 1.0e-3), rate=True,
    ),
    Quantity(
        "rain", "kg m-2 s-1", -1e-5, 0.2,
        ("rain", "rainfall_flux", "rainf", "rainf_tavg", "rainfall"), ("mm h-1", "mm"), (0.0, 1.0e-3), rate=True,
    ),
    Quantity(
        "snow", "kg m-2 s-1", -1e-5, 0.05,
        ("snow", "snowfall_flux", "snowf", "snowf_tavg", "prsn", "sf", "snowfall"), ("mm h-1", "mm"), (0.0, 6e-4),
        rate=True,
    ),
    Quantity("lai", "1", -0.01, 20.0, ("lai", "leaf_area_index"), ()),
    Quantity("daylight", "s", 0.0, 86400.0, ("daylight", "dayl"), ("h",)),
)  # fmt: skip

QUANTITIES: dict[str, Quantity] = {q.name: q for q in _TABLE}
RATES = tuple(q.name for q in _TABLE if q.rate)
STATES = tuple(q.name for q in _TABLE if not q.rate)
