"""Start-up: `import vadose` and `vadose --help` beyond Python's own start; both are to stay below 0.3 s."""

from __future__ import annotations

import sys

from common import measure, record

LIMIT = 0.3
ROUNDS = 7


def best(*command: str) -> float:
    return min(measure(*command).wall_s for _ in range(ROUNDS))


def main() -> None:
    bare = best(sys.executable, "-c", "pass")
    record(
        "startup",
        python_s=bare,
        import_s=best(sys.executable, "-c", "import vadose") - bare,
        help_s=best(sys.executable, "-m", "vadose", "--help") - bare,
        limit_s=LIMIT,
    )


if __name__ == "__main__":
    main()
