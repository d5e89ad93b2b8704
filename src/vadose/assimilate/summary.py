"""Sentences that say what an assimilation was, before its evaluation says what it brought."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def summary(manifest: Mapping[str, Any]) -> list[str]:
    """What was assimilated into what, how many observations were refused for what, and what was lost."""
    experiments = manifest["experiments"]
    places = len(manifest["sites"]) if manifest["sites"] else manifest["grid"]["cells"]
    said = [
        f"{manifest['members']} members of {places} {'place' if places == 1 else 'places'} from "
        f"{manifest['period'][0][:10]} to {manifest['period'][1][:10]}; experiments: "
        f"{', '.join(e['name'] for e in experiments)}."
    ]
    for one in manifest["observations"]:
        refused = sum(one["counts"].values())
        said.append(
            f"{one['name']}: {one['values']} values at {one['places']} {'place' if one['places'] == 1 else 'places'}"
            + (f"; {refused} refused while reading ({_listed(one['counts'])})." if refused else ".")
        )
    for one in experiments:
        if one["lost_members"]:
            said.append(f"{one['name']}: {len(one['lost_members'])} members died and were left out from then on.")
        if one["updates"]:
            said.append(
                f"{one['name']}: {one['analyses']} analyses added {one['water_added']:.3g} kg m-2 of water on balance."
            )
    said += [f"{f['what']} failed: {f['why']}" for f in manifest["failures"]]
    return said


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {reason}" for reason, n in counts.items() if n)
