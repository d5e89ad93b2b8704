"""Physical constants in SI units, one a line, each with its source."""

RHO_WATER = 1000.0  # kg m-3, liquid water; Massoud et al. (2026) eq. 1, CMIP6 convention
RHO_WATER_ILAMB = 998.2  # kg m-3, density that ILAMB 2.7.3 uses in unit conversions
EARTH_RADIUS = 6.371e6  # m, mean radius; IUGG (1980) rounded
SECONDS_PER_DAY = 86400.0  # s
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # d, noleap calendar
MOLAR_MASS_CARBON = 12.0107e-3  # kg mol-1; IUPAC (2013)
LATENT_HEAT = 2.45e6  # J kg-1, vaporisation of water at 20 degrees C; Allen et al. (1998, FAO-56) eq. 8
GRAVITY = 9.80665  # m s-2, standard acceleration of free fall; CGPM (1901)
KPA_TO_HEAD = 1000.0 / (RHO_WATER * GRAVITY)  # m of water per kPa
HEAD_WILTING = -1500.0 * KPA_TO_HEAD  # m, matric head at the permanent wilting point, -1500 kPa
HEAD_CRITICAL = -33.0 * KPA_TO_HEAD  # m, matric head at field capacity, taken as the critical point, -33 kPa
LATENT_HEAT_FUSION = 3.337e5  # J kg-1, melting of ice at 0 degrees C; CLM5 technical note, table 2.7
FREEZING_POINT = 273.15  # K, of pure water at atmospheric pressure; BIPM (2019) to 0.01 K
RHO_ICE = 917.0  # kg m-3, ice at 0 degrees C; CLM5 technical note, table 2.7
HEAT_MINERAL = 1.926e6  # J m-3 K-1, mineral solids, 0.46 cal cm-3 K-1; de Vries (1963)
HEAT_ORGANIC = 2.512e6  # J m-3 K-1, organic solids, 0.60 cal cm-3 K-1; de Vries (1963)
HEAT_WATER = 4.187e6  # J m-3 K-1, liquid water, 1 cal cm-3 K-1; de Vries (1963)
HEAT_ICE = 1.884e6  # J m-3 K-1, ice, 0.45 cal cm-3 K-1; de Vries (1963)
HEAT_AIR = 1.256e3  # J m-3 K-1, air, 0.0003 cal cm-3 K-1; de Vries (1963)
LAMBDA_QUARTZ = 7.7  # W m-1 K-1, thermal conductivity of quartz at 20 degrees C; Johansen (1975)
WATER_MOLAR_MASS = 0.018015  # kg mol-1; Saito et al. (2006)
GAS_CONSTANT = 8.314462618  # J mol-1 K-1; CODATA (2018)
LN_10 = 2.302585092994046  # natural logarithm of 10
MM_PER_HOUR = 3.6e6  # mm h-1 in 1 m s-1
