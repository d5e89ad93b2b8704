"""Hydraulic parameters by USDA texture class, in the order of `vadose.soil.classes.USDA_CLASSES`.

Clapp & Hornberger (1978), Water Resour. Res. 14, 601-604, Table 2: arithmetic means (the table also has the
logarithmic mean of the suction, which is 1.4 to 5 times smaller; land models use the arithmetic one).
Cosby et al. (1984), Water Resour. Res. 20, 682-690, Table 3: means; suction and K_s are means of logarithms.
Rawls, Brakensiek & Saxton (1982), Trans. ASAE 25, 1316-1320, Table 2: geometric means of bubbling head and lambda.
Noah: table STAS of Noah-MP 5 (He et al. 2023), after Cosby et al. (older Noah tables have b = 6.66 for sandy clay loam
and the conductivity 1.07e-6 m s-1 for sand).
Only Noah has the class silt; the others take their silt loam for it.
"""

from __future__ import annotations

# name -> values of sand, loamy sand, sandy loam, silt loam, silt, loam, sandy clay loam, silty clay loam, clay loam,
# sandy clay, silty clay, clay
CLAPP_HORNBERGER = {
    "b": (4.05, 4.38, 4.90, 5.30, 5.30, 5.39, 7.12, 7.75, 8.52, 10.4, 10.4, 11.4),
    "theta_s": (0.395, 0.410, 0.435, 0.485, 0.485, 0.451, 0.420, 0.477, 0.476, 0.426, 0.492, 0.482),
    "suction_cm": (12.1, 9.0, 21.8, 78.6, 78.6, 47.8, 29.9, 35.6, 63.0, 15.3, 49.0, 40.5),
    "K_s_cm_min": (1.056, 0.938, 0.208, 0.0432, 0.0432, 0.0417, 0.0378, 0.0102, 0.0147, 0.0130, 0.0062, 0.0077),
}
COSBY = {
    "b": (2.79, 4.26, 4.74, 5.33, 5.33, 5.25, 6.77, 8.72, 8.17, 10.73, 10.39, 11.55),
    "theta_s": (0.339, 0.421, 0.434, 0.476, 0.476, 0.439, 0.404, 0.464, 0.465, 0.406, 0.468, 0.468),
    "log10_suction_cm": (0.84, 0.56, 1.15, 1.88, 1.88, 1.55, 1.13, 1.79, 1.42, 0.99, 1.51, 1.67),
    "log10_K_s_inch_h": (0.82, 0.30, -0.13, -0.40, -0.40, -0.32, -0.20, -0.54, -0.46, 0.01, -0.72, -0.86),
}
RAWLS = {
    "theta_s": (0.437, 0.437, 0.453, 0.501, 0.501, 0.463, 0.398, 0.471, 0.464, 0.430, 0.479, 0.475),
    "theta_r": (0.020, 0.035, 0.041, 0.015, 0.015, 0.027, 0.068, 0.040, 0.075, 0.109, 0.056, 0.090),
    "suction_cm": (7.26, 8.69, 14.66, 20.76, 20.76, 11.15, 28.08, 32.56, 25.89, 29.17, 34.19, 37.30),
    "lambda": (0.592, 0.474, 0.322, 0.211, 0.211, 0.220, 0.250, 0.151, 0.194, 0.168, 0.127, 0.131),
    "K_s_cm_h": (21.0, 6.11, 2.59, 0.68, 0.68, 1.32, 0.43, 0.15, 0.23, 0.12, 0.09, 0.06),
}
NOAH = {
    "b": (2.79, 4.26, 4.74, 5.33, 3.86, 5.25, 6.77, 8.72, 8.17, 10.73, 10.39, 11.55),
    "theta_s": (0.339, 0.421, 0.434, 0.476, 0.484, 0.439, 0.404, 0.464, 0.465, 0.406, 0.468, 0.468),
    "suction_m": (0.069, 0.036, 0.141, 0.759, 0.955, 0.355, 0.135, 0.617, 0.263, 0.098, 0.324, 0.468),
    "K_s_m_s": (
        (4.66e-5, 1.41e-5, 5.23e-6, 2.81e-6, 2.18e-6, 3.38e-6, 4.45e-6, 2.03e-6, 2.45e-6, 7.22e-6, 1.34e-6, 9.74e-7)
    ),
    "critical_point": (0.192, 0.283, 0.312, 0.360, 0.347, 0.329, 0.315, 0.387, 0.382, 0.338, 0.404, 0.412),
    "wilting_point": (0.010, 0.028, 0.047, 0.084, 0.061, 0.066, 0.069, 0.120, 0.103, 0.100, 0.126, 0.138),
}
