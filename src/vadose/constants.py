"""Physical constants in SI units, one a line, each with its source."""

RHO_WATER = 1000.0  # kg m-3, liquid water; Massoud et al. (2026) eq. 1, CMIP6 convention
RHO_WATER_ILAMB = 998.2  # kg m-3, density that ILAMB 2.7.3 uses in unit conversions
EARTH_RADIUS = 6.371e6  # m, mean radius; IUGG (1980) rounded
SECONDS_PER_DAY = 86400.0  # s
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # d, noleap calendar
MOLAR_MASS_CARBON = 12.0107e-3  # kg mol-1; IUPAC (2013)
LATENT_HEAT = 2.45e6  # J kg-1, vaporisation of water at 20 degrees C; Allen et al. (1998, FAO-56) eq. 8
