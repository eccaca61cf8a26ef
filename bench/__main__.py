"""`python -m bench [exports|pages|dashboards|fan_out|library|start ...]`: measure, and print a table of ratios."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bench import dashboards, exports, fan_out, library, pages, start

BENCHES = {
    "exports": exports.measure,
    "pages": pages.measure,
    "dashboards": dashboards.measure,
    "fan_out": fan_out.measure,
    "library": library.measure,
    "start": start.measure,
}


def main(names: Sequence[str]) -> int:
    """Run the named measurements, or all of them."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f'there is no bench "{unknown[0]}"; there are {", ".join(BENCHES)}', file=sys.stderr)
        return 2
    print(f"{'':<34} {'seconds':>8} {'floor':>7} {'ratio':>6}")
    for name in names or BENCHES:
        for figure in BENCHES[name]():
            print(f"{figure.name:<34} {figure.seconds:>8.3f} {figure.floor:>7.3f} {figure.ratio:>6.2f}  {figure.note}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
