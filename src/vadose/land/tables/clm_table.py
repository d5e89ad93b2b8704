"""Plant functional types of CLM 3 to 4 (0 is bare ground): what differs from the MODIS class of the same life form.

Sources: CLM3 technical note (Oleson et al. 2004), table 2.2 (heights), 3.1 (optical properties), 5.1 (roughness
over height), 8.1 (photosynthesis: rates that are realised, so nitrogen is 1), 8.3 (roots, after Zeng 2001);
minimum_temperature of LSM (Bonan 1996), in whose place CLM has the freezing point; medlyn_slope of Lin et al. (2015)
as in CLM5 (Lawrence et al. 2019). CLM takes leaf and stem area from maps: where none are given, those of the MODIS
class, northern hemisphere. That class gives crowns, wind extinction, Jarvis stomata, root layers and snow cover too.
"""

from __future__ import annotations

NAMES = {
    0: "bare ground",
    1: "needleleaf evergreen tree, temperate",
    2: "needleleaf evergreen tree, boreal",
    3: "needleleaf deciduous tree, boreal",
    4: "broadleaf evergreen tree, tropical",
    5: "broadleaf evergreen tree, temperate",
    6: "broadleaf deciduous tree, tropical",
    7: "broadleaf deciduous tree, temperate",
    8: "broadleaf deciduous tree, boreal",
    9: "broadleaf evergreen shrub, temperate",
    10: "broadleaf deciduous shrub, temperate",
    11: "broadleaf deciduous shrub, boreal",
    12: "C3 grass, arctic",
    13: "C3 grass",
    14: "C4 grass",
    15: "crop",
    16: "wheat",
}
BARE = (0,)
C4 = (14,)

COMMON = {
    "leaf_width": 0.04,
    "nitrogen": 1.0,
    "minimum_conductance": 2.0e3,
}

# m, m, 1 (roughness over height), 1; m-1, m-1
CANOPY = """
class modis height_top height_bottom roughness_ratio leaf_orientation root_a root_b
    0    16        0.5          0.01           0.120            -0.30     11      2
    1     1       17.0          8.50           0.055             0.01      7      2
    2     1       17.0          8.50           0.055             0.01      7      2
    3     3       14.0          7.00           0.055             0.01      7      2
    4     2       35.0          1.00           0.075             0.10      7      1
    5     2       35.0          1.00           0.075             0.10      7      1
    6     4       18.0         10.00           0.055             0.01      6      2
    7     4       20.0         11.50           0.055             0.25      6      2
    8     4       20.0         11.50           0.055             0.25      6      2
    9     6        0.5          0.10           0.120             0.01      7    1.5
   10     7        0.5          0.10           0.120             0.25      7    1.5
   11     7        0.5          0.10           0.120             0.25      7    1.5
   12    10        0.5          0.01           0.120            -0.30     11      2
   13    10        0.5          0.01           0.120            -0.30     11      2
   14    10        0.5          0.01           0.120            -0.30     11      2
   15    12        0.5          0.01           0.120            -0.30      6      3
   16    12        0.5          0.01           0.120            -0.30      6      3
"""

# of visible and near infrared light
REFLECTANCE = """
class leaf_vis leaf_nir stem_vis stem_nir
    0     0.11     0.58     0.36     0.58
    1     0.07     0.35     0.16     0.39
    2     0.07     0.35     0.16     0.39
    3     0.07     0.35     0.16     0.39
    4     0.10     0.45     0.16     0.39
    5     0.10     0.45     0.16     0.39
    6     0.10     0.45     0.16     0.39
    7     0.10     0.45     0.16     0.39
    8     0.10     0.45     0.16     0.39
    9     0.07     0.35     0.16     0.39
   10     0.10     0.45     0.16     0.39
   11     0.10     0.45     0.16     0.39
   12     0.11     0.58     0.36     0.58
   13     0.11     0.58     0.36     0.58
   14     0.11     0.58     0.36     0.58
   15     0.11     0.58     0.36     0.58
   16     0.11     0.58     0.36     0.58
"""

TRANSMITTANCE = """
class leaf_vis leaf_nir stem_vis stem_nir
    0     0.07     0.25     0.22     0.38
    1     0.05     0.10    0.001    0.001
    2     0.05     0.10    0.001    0.001
    3     0.05     0.10    0.001    0.001
    4     0.05     0.25    0.001    0.001
    5     0.05     0.25    0.001    0.001
    6     0.05     0.25    0.001    0.001
    7     0.05     0.25    0.001    0.001
    8     0.05     0.25    0.001    0.001
    9     0.05     0.10    0.001    0.001
   10     0.05     0.25    0.001    0.001
   11     0.05     0.25    0.001    0.001
   12     0.07     0.25     0.22     0.38
   13     0.07     0.25     0.22     0.38
   14     0.07     0.25     0.22     0.38
   15     0.07     0.25     0.22     0.38
   16     0.07     0.25     0.22     0.38
"""

# umol m-2 s-1, 1, umol umol-1, K, kPa^0.5
LEAF = """
class vcmax25 slope quantum_efficiency minimum_temperature medlyn_slope
    0      43     9               0.06              273.15         5.25
    1      51     6               0.06              268.15         2.35
    2      43     6               0.06              268.15         2.35
    3      43     6               0.06              268.15         2.35
    4      75     9               0.06              273.15         4.12
    5      69     9               0.06              273.15         4.12
    6      40     9               0.06              273.15         4.45
    7      51     9               0.06              273.15         4.45
    8      51     9               0.06              273.15         4.45
    9      17     9               0.06              273.15         4.70
   10      17     9               0.06              273.15         4.70
   11      33     9               0.06              273.15         4.70
   12      43     9               0.06              273.15         2.22
   13      43     9               0.06              273.15         5.25
   14      24     5               0.04              273.15         1.62
   15      50     9               0.06              273.15         5.79
   16      50     9               0.06              273.15         5.79
"""
