"""Vegetation classes of MODIS with the IGBP legend: the numbers of the Noah-MP 5 table, and what it lacks.

Sources: NoahmpTable.TBL of Noah-MP 5 (He et al. 2023), whose monthly leaf and stem areas are those of Yang et al.
(2011); root_a and root_b of Zeng (2001), wetland and tundra as in the IFS (Balsamo et al. 2009); medlyn_slope of
Lin et al. (2015) by plant type as in De Kauwe et al. (2015), means of two types for mixed classes: mixed forest
(needleleaf and deciduous broadleaf), woody savanna (deciduous broadleaf and grass), mosaic (crop and grass).

Snow and ice (15) and water (17) are not here. Urban (13) and barren (16) are bare ground: what only leaves have is
grassland's in their rows, so that nothing is undefined where nothing grows.
"""

from __future__ import annotations

NAMES = {
    1: "evergreen needleleaf forest",
    2: "evergreen broadleaf forest",
    3: "deciduous needleleaf forest",
    4: "deciduous broadleaf forest",
    5: "mixed forest",
    6: "closed shrubland",
    7: "open shrubland",
    8: "woody savanna",
    9: "savanna",
    10: "grassland",
    11: "permanent wetland",
    12: "cropland",
    13: "urban",
    14: "cropland and natural vegetation mosaic",
    16: "barren",
    18: "wooded tundra",
    19: "mixed tundra",
    20: "barren tundra",
}
REFUSED = {15: "snow and ice", 17: "water"}
BARE = (13, 16)

# The same for every class of Noah-MP; g0 of Medlyn's model is CLM5's (Lawrence et al. 2019).
COMMON = {
    "leaf_width": 0.04,
    "canopy_heat": 0.001,
    "interception_capacity": 0.1,
    "c3": 1.0,
    "vcmax_q10": 2.4,
    "kc25": 30.0,
    "kc_q10": 2.1,
    "ko25": 3.0e4,
    "ko_q10": 1.2,
    "quantum_efficiency": 0.06,
    "nitrogen": 1.0 / 1.5,
    "minimum_conductance": 2.0e3,
    "medlyn_minimum": 100.0,
    "maximum_resistance": 5000.0,
    "optimum_temperature": 298.0,
}

# m, m, m, 1, trunks m-2, m, 1
CANOPY = """
class height_top height_bottom roughness wind_extinction crown_density crown_radius leaf_orientation
    1         20           8.5      1.09            0.18          0.28          1.2             0.01
    2         20             8       1.1            0.67          0.02          3.6             0.01
    3         18             7      0.85            0.18          0.28          1.2             0.01
    4         16          11.5       0.8            0.67           0.1          1.4             0.25
    5         16            10       0.8            0.29           0.1          1.4             0.25
    6        1.1           0.1       0.2               1            10         0.12             0.01
    7        1.1           0.1      0.06               2            10         0.12             0.01
    8         13           0.1       0.6             1.3            10         0.12             0.01
    9         10           0.1       0.5               1          0.02            3             0.01
   10          1          0.05      0.12               5           100         0.03             -0.3
   11          5           0.1       0.3            1.17          5.05         0.75           -0.025
   12          2           0.1      0.15            1.67            25         0.08             -0.3
   13          1          0.05      0.12               5           100         0.03             -0.3
   14        1.5           0.1      0.14            1.67            25         0.08             -0.3
   16          1          0.05      0.12               5           100         0.03             -0.3
   18          4           0.3       0.3            0.67             1          0.3             0.25
   19          2           0.2       0.2               1             1          0.3             0.25
   20        0.5           0.1      0.03            0.18             1          0.3             0.25
"""

# of visible and near infrared light
REFLECTANCE = """
class leaf_vis leaf_nir stem_vis stem_nir
    1     0.07     0.35     0.16     0.39
    2      0.1     0.45     0.16     0.39
    3     0.07     0.35     0.16     0.39
    4      0.1     0.45     0.16     0.39
    5      0.1     0.45     0.16     0.39
    6     0.07     0.35     0.16     0.39
    7     0.07     0.35     0.16     0.39
    8     0.07     0.35     0.16     0.39
    9      0.1     0.45     0.16     0.39
   10     0.11     0.58     0.36     0.58
   11    0.105    0.515     0.26    0.485
   12     0.11     0.58     0.36     0.58
   13     0.11     0.58     0.36     0.58
   14     0.11     0.58     0.36     0.58
   16     0.11     0.58     0.36     0.58
   18      0.1     0.45     0.16     0.39
   19      0.1     0.45     0.16     0.39
   20      0.1     0.45     0.16     0.39
"""

TRANSMITTANCE = """
class leaf_vis leaf_nir stem_vis stem_nir
    1     0.05      0.1    0.001    0.001
    2     0.05     0.25    0.001    0.001
    3     0.05      0.1    0.001    0.001
    4     0.05     0.25    0.001    0.001
    5     0.05     0.25    0.001    0.001
    6     0.05      0.1    0.001    0.001
    7     0.05      0.1    0.001    0.001
    8     0.05      0.1    0.001    0.001
    9     0.05     0.25    0.001    0.001
   10     0.07     0.25     0.22     0.38
   11     0.06     0.25   0.1105   0.1905
   12     0.07     0.25     0.22     0.38
   13     0.07     0.25     0.22     0.38
   14     0.07     0.25     0.22     0.38
   16     0.07     0.25     0.22     0.38
   18     0.05     0.25    0.001    0.001
   19     0.05     0.25    0.001    0.001
   20     0.05     0.25    0.001    0.001
"""

# umol m-2 s-1, K, 1; s m-1, W m-2, kg kg-1 of Jarvis; kPa^0.5
LEAF = """
class vcmax25 minimum_temperature slope minimum_resistance radiation humidity medlyn_slope
    1      50                 265     6                125        30    47.35         2.35
    2      60                 273     9                150        30    41.69         4.12
    3      60                 268     6                150        30    47.35         2.35
    4      60                 273     9                100        30    54.53         4.45
    5      55                 268     9                125        30    51.93          3.4
    6      40                 273     9                300       100       42          4.7
    7      40                 273     9                170       100    39.18          4.7
    8      40                 273     9                300       100       42         4.85
    9      40                 273     9                 70        65    54.53         5.25
   10      40                 273     9                 40       100    36.35         5.25
   11      50                 268     9                 70        65    55.97         5.25
   12      80                 273     9                 40       100    36.25         5.79
   13      40                 273     9                 40       100    36.35         5.25
   14      60                 273     9                 40       100    36.25         5.52
   16      40                 273     9                 40       100    36.35         5.25
   18      50                 268     9                150       100       42         2.22
   19      50                 268     9                150       100       42         2.22
   20      50                 268     9                200       100       42         2.22
"""

# layers of 0.1, 0.3, 0.6 and 1.0 m with roots; m-1, m-1; 1, m
GROUND = """
class root_layers root_a root_b snow_melt_factor snow_cover_scale
    1           4  6.706  2.175                1            0.008
    2           4  7.344  1.303                1            0.008
    3           4  7.066  1.953                1            0.008
    4           4   5.99  1.955                1            0.008
    5           4  4.453  1.631                1            0.008
    6           3  6.326  1.567                2            0.016
    7           3  7.718  1.262                2            0.016
    8           3  7.604    2.3                2             0.02
    9           3  8.235  1.627                2             0.02
   10           3  10.74  2.608                2             0.02
   11           2  7.344  1.303                3             0.02
   12           3  5.558  2.614                3            0.014
   13           1  5.558  2.614                4            0.042
   14           3  5.558  2.614                4            0.026
   16           1  4.372  0.978                3            0.016
   18           3  8.992  8.992              3.5             0.03
   19           3  8.992  8.992              3.5             0.03
   20           2  8.992  8.992              3.5             0.03
"""

# m2 m-2 at mid-month, northern hemisphere
LEAF_AREA = """
class jan feb mar apr may jun jul aug sep oct nov dec
    1   4   4   4   4   4   4   4   4   4   4   4   4
    2 4.5 4.5 4.5 4.5 4.5 4.5 4.5 4.5 4.5 4.5 4.5 4.5
    3   0   0   0 0.6 1.2   2 2.6 1.7   1 0.5 0.2   0
    4   0   0 0.3 1.2   3 4.7 4.5 3.4 1.2 0.3   0   0
    5   2   2 2.2 2.6 3.5 4.3 4.3 3.7 2.6 2.2   2   2
    6   0   0 0.3 0.9 2.2 3.5 3.5 2.5 0.9 0.3   0   0
    7   0   0 0.2 0.6 1.5 2.3 2.3 1.7 0.6 0.2   0   0
    8 0.2 0.2 0.4   1 2.4 4.1 4.1 2.7   1 0.4 0.2 0.2
    9 0.3 0.3 0.5 0.8 1.8 3.6 3.8 2.1 0.9 0.5 0.3 0.3
   10 0.4 0.5 0.6 0.7 1.2   3 3.5 1.5 0.7 0.6 0.5 0.4
   11 0.2 0.3 0.3 0.5 1.5 2.9 3.5 2.7 1.2 0.3 0.3 0.2
   12   0   0   0   0   1   2   3   3 1.5   0   0   0
   13   0   0   0   0   0   0   0   0   0   0   0   0
   14 0.2 0.3 0.3 0.4 1.1 2.5 3.2 2.2 1.1 0.3 0.3 0.2
   16   0   0   0   0   0   0   0   0   0   0   0   0
   18   1   1 1.1 1.3 1.7 2.1 2.1 1.8 1.3 1.1   1   1
   19 0.6 0.6 0.7 0.8 1.2 1.8 1.8 1.3 0.8 0.7 0.6 0.6
   20   0   0   0   0   0   0   0   0   0   0   0   0
"""

STEM_AREA = """
class jan feb mar apr may jun jul aug sep oct nov dec
    1 0.4 0.4 0.4 0.3 0.4 0.5 0.5 0.6 0.6 0.7 0.6 0.5
    2 0.5 0.5 0.5 0.5 0.5 0.5 0.5 0.5 0.5 0.5 0.5 0.5
    3 0.3 0.3 0.3 0.4 0.4 0.7 1.3 1.2   1 0.8 0.6 0.5
    4 0.4 0.4 0.4 0.4 0.4 0.4 0.9 1.2 1.6 1.4 0.6 0.4
    5 0.4 0.4 0.4 0.4 0.4 0.4 0.7 0.8   1   1 0.5 0.4
    6 0.3 0.3 0.3 0.3 0.3 0.3 0.6 0.9 1.2 0.9 0.4 0.3
    7 0.2 0.2 0.2 0.2 0.2 0.2 0.4 0.6 0.8 0.7 0.3 0.2
    8 0.4 0.4 0.4 0.4 0.4 0.4 0.7 1.2 1.4 1.1 0.5 0.4
    9 0.3 0.3 0.3 0.3 0.3 0.4 0.8 1.2 1.3 0.7 0.4 0.4
   10 0.3 0.3 0.3 0.3 0.3 0.4 0.8 1.3 1.1 0.4 0.4 0.4
   11 0.3 0.3 0.3 0.3 0.3 0.4 0.6 0.9 0.9 0.6 0.4 0.3
   12 0.3 0.3 0.3 0.3 0.3 0.3 0.4 0.5 0.4 0.3 0.3 0.3
   13   0   0   0   0   0   0   0   0   0   0   0   0
   14 0.3 0.3 0.3 0.3 0.3 0.4 0.6 0.9 0.7 0.3 0.3 0.3
   16   0   0   0   0   0   0   0   0   0   0   0   0
   18 0.2 0.2 0.2 0.2 0.2 0.2 0.4 0.6 0.8 0.7 0.3 0.2
   19 0.1 0.1 0.1 0.1 0.1 0.2 0.4 0.6 0.7 0.5 0.3 0.2
   20   0   0   0   0   0   0   0   0   0   0   0   0
"""
