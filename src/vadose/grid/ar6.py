"""The AR6 land reference regions of the IPCC, as corners of polygons with straight edges in lon and lat.

Source: Iturbide et al. (2020), doi 10.5194/essd-12-2959-2020, version 4 of the reference regions, CC BY 4.0.
The package regionmask would download them; these corners are the same polygons.
"""

from __future__ import annotations

import numpy as np

SOURCE = "IPCC WGI reference regions v4, Iturbide et al. (2020), doi 10.5194/essd-12-2959-2020, CC BY 4.0"

# abbreviation | name | corners lon,lat; rings part at a semicolon
_TABLE = """
GIC | Greenland/Iceland | -10,62 -38,62 -42,58 -50,58 -82,85 -10,85
NWN | N.W.North-America | -105,50 -130,50 -143,58 -168,52.5 -168,72.6 -129,72.6 -125,77.6 -105,81
NEN | N.E.North-America | -50,50 -105,50 -105,81 -82,85 -50,58
WNA | W.North-America | -130,50 -105,50 -105,33.8 -122.5,33.8
CNA | C.North-America | -90,50 -90,25 -105,33.8 -105,50
ENA | E.North-America | -70,25 -90,25 -90,50 -50,50 -77,31
NCA | N.Central-America | -90,25 -104.5,16 -122.5,33.8 -105,33.8
SCA | S.Central-America | -75,12 -83.4,2.2 -104.5,16 -90,25
CAR | Caribbean | -75,12 -90,25 -70,25 -55,12
NWS | N.W.South-America | -75,12 -72,12 -72,-15 -79,-15 -83.4,-10 -83.4,2.2
NSA | N.South-America | -72,12 -55,12 -50,7.6 -50,-8 -72,-8
NES | N.E.South-America | -34,-20 -50,-20 -50,0 -34,0
SAM | South-American-Monsoon | -66.4,-20 -72,-15 -72,-8 -50,-8 -50,-20
SWS | S.W.South-America | -72,-15 -66.4,-20 -71.5,-47 -79,-47 -74.6,-20 -79,-15
SES | S.E.South-America | -34,-20 -56,-40 -70.2,-40 -66.4,-20
SSA | S.South-America | -79,-56 -79,-47 -71.5,-47 -70.2,-40 -56,-40 -56,-56
NEU | N.Europe | -10,48 -10,72.6 40,72.6 40,61.3
WCE | West&Central-Europe | -10,45 -10,48 40,61.3 40,45
EEU | E.Europe | 40,45 40,65 60,65 60,45
MED | Mediterranean | -10,30 -10,45 40,45 40,30
SAH | Sahara | -20,14.7 -20,30 33,30 42.1,14.7
WAF | Western-Africa | -20,7.6 -20,14.7 15,14.7 8,0
CAF | Central-Africa | 8,-10 8,0 15,14.7 27,14.7 27,-10
NEAF | N.Eastern-Africa | 27,2.3 27,14.7 42.1,14.7 43.7,12 53,15 53,7 46.5,2.3
SEAF | S.Eastern-Africa | 27,-10 27,2.3 46.5,2.3 46.5,-10
WSAF | W.Southern-Africa | 8,-36 8,-10 25,-10 25,-36
ESAF | E.Southern-Africa | 25,-10 46.5,-10 31,-36 25,-36
MDG | Madagascar | 36.2,-27 46.5,-10 53,-10 53,-27
RAR | Russian-Arctic | 40,65 40,72.6 94,82 180,73.8 180,65 ; -180,73.8 -168,72.6 -168,65 -180,65
WSB | W.Siberia | 60,45 60,65 90,65 90,45
ESB | E.Siberia | 90,45 90,65 130,65 130,45
RFE | Russian-Far-East | 130,45 130,65 180,65 180,59.9 157,50 152,45
WCA | W.C.Asia | 40,30 40,45 75,45 75,30 60,30 60,23.5 47.6,30
ECA | E.C.Asia | 75,37 75,45 117,45 108,37
TIB | Tibetan-Plateau | 75,30 75,37 100,37 100,30 88,26
EAS | E.Asia | 100,19.5 100,37 108,37 117,45 152,45 132,25 132,19.5
ARP | Arabian-Peninsula | 33,30 47.6,30 60,23.5 60,19.5 53,15 43.7,12
SAS | S.Asia | 60,23.5 60,30 75,30 88,26 100,30 100,19.5 87,19.5 79,7 76,7 70,19.5 66.5,23.5
SEA | S.E.Asia | 93,-10 93,19.5 132,19.5 132,5 155,-10
NAU | N.Australia | 110,-20 110,-10 155,-10 155,-20
CAU | C.Australia | 110,-30 110,-20 145.5,-20 145.5,-32.9 140,-30
EAU | E.Australia | 145.5,-32.9 145.5,-20 155,-20 155,-38
SAU | S.Australia | 110,-36 110,-30 140,-30 155,-38 155,-50
NZ | New-Zealand | 155,-50 155,-30 180,-30 180,-50
EAN | E.Antarctica | -180,-90 -180,-83 -56,-83 -56,-75 -25,-75 5,-64 180,-64 180,-90
WAN | W.Antarctica | -180,-83 -180,-70 -80,-70 -65,-62 -56,-62 -56,-83
"""


def ar6_names() -> dict[str, str]:
    """Abbreviation -> name of the 46 land regions."""
    return {short: name for short, name, _ in _rows()}


def ar6_rings(abbreviation: str) -> tuple[np.ndarray, ...]:
    """Rings [n, 2] of lon, lat in degrees of one region, not closed."""
    text = {short: corners for short, _, corners in _rows()}[abbreviation]
    return tuple(np.array([pair.split(",") for pair in ring.split()], dtype=float) for ring in text.split(";"))


def _rows() -> list[list[str]]:
    return [[field.strip() for field in line.split("|")] for line in _TABLE.strip().splitlines()]
