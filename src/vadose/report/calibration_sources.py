"""What the methods of a calibration run rest on, for its citations."""

from __future__ import annotations

CITATIONS = [
    {
        "citation": "McColl, K. A., Wang, W., Peng, B., Akbar, R., Short Gianotti, D. J., Lu, H., Pan, M., and "
        "Entekhabi, D. (2017): Global characterization of surface soil moisture drydowns, Geophysical Research Letters "
        "44, 3682-3690",
        "doi": "10.1002/2017GL072819",
    },
    {
        "citation": "Cappe, O., Moulines, E., and Ryden, T. (2005): Inference in Hidden Markov Models, Springer",
        "doi": "10.1007/0-387-28982-8",
    },
    {
        "citation": "Duan, Q., Sorooshian, S., and Gupta, V. (1992): Effective and efficient global optimization for "
        "conceptual rainfall-runoff models, Water Resources Research 28, 1015-1031",
        "doi": "10.1029/91WR02985",
    },
    {
        "citation": "Duan, Q., Gupta, V. K., and Sorooshian, S. (1993): Shuffled complex evolution approach for "
        "effective and efficient global minimization, Journal of Optimization Theory and Applications 76, 501-521",
        "doi": "10.1007/BF00939380",
    },
    {
        "citation": "Duan, Q., Sorooshian, S., and Gupta, V. K. (1994): Optimal use of the SCE-UA global optimization "
        "method for calibrating watershed models, Journal of Hydrology 158, 265-284",
        "doi": "10.1016/0022-1694(94)90057-4",
    },
    {
        "citation": "Saxton, K. E. and Rawls, W. J. (2006): Soil water characteristic estimates by texture and organic "
        "matter for hydrologic solutions, Soil Science Society of America Journal 70, 1569-1578",
        "doi": "10.2136/sssaj2005.0117",
    },
    {
        "citation": "Clapp, R. B. and Hornberger, G. M. (1978): Empirical equations for some soil hydraulic "
        "properties, Water Resources Research 14, 601-604",
        "doi": "10.1029/WR014i004p00601",
    },
]
