"""The rows and the stored bounds of EdgeTable.swift: values whose bounds are easily wrong."""

import math
from dataclasses import dataclass
from decimal import Decimal

NAN, INF = math.nan, math.inf


@dataclass
class Edge:
    values: list
    # `None` where no bounds may be stored.
    bounds: tuple | None
    is_exact: tuple = (True, True)


EDGES = {
    "zeros": Edge([0.0, -0.0, 0.0, None], (-0.0, 0.0)),
    "zeros, single": Edge([0.0, -0.0, 0.0, None], (-0.0, 0.0)),
    "zero": Edge([0.0, 0.0, 0.0, 0.0], (-0.0, 0.0)),
    "negative zero": Edge([-0.0, None, -0.0, -0.0], (-0.0, 0.0)),
    "NaN alone": Edge([NAN, None, NAN, NAN], None),
    "NaN and a number": Edge([1.5, None, NAN, 1.5], None),
    "NaN and a number, single": Edge([-1.5, None, NAN, 2.0], None),
    "infinities": Edge([INF, -INF, 0.0, 1.5], (-INF, INF)),
    "negative infinity": Edge([-INF, -INF, None, None], (-INF, -INF)),
    "extremes": Edge([2**63 - 1, -(2**63), 0, None], (-(2**63), 2**63 - 1)),
    "true": Edge([True, None, True, True], (True, True)),
    "empty text": Edge(["", None, "", ""], ("", "")),
    "empty binary": Edge([b"", None, b"\0", b""], (b"", b"\0")),
    "64 bytes": Edge(["é" * 32, None, "a" * 64, "b"], ("a" * 64, "é" * 32)),
    "long text": Edge(["é" * 40, None, "a" * 65, "b" * 99], ("a" * 64, "é" * 31 + "ê"), (False, False)),
    "long minimum": Edge(["a" * 65, "b", None, None], ("a" * 64, "b"), (False, True)),
    # The cut falls into a character, which has no successor of its length; nor has the one before.
    "long maximum": Edge(["a", "b" + "\x7f" * 62 + "éé", None, None], ("a", "c"), (True, False)),
    "highest text": Edge(["\U0010ffff" * 20, "a", None, None], None),
    "long binary": Edge(
        [b"\1" * 70, b"\2" * 62 + b"\xff" * 9, None, b"\2"], (b"\1" * 64, b"\2" * 61 + b"\3"), (False, False)
    ),
    "highest binary": Edge([b"\xff" * 65, b"a", None, None], None),
    "high bytes": Edge([b"\x80", b"\x7f", b"\xff", b""], (b"", b"\xff")),
    "fixed bytes": Edge([b"\x80\0", b"\x7f\xff", b"\xff\xff", None], (b"\x7f\xff", b"\xff\xff")),
    "decimal of 4 bytes": Edge(
        [Decimal("-1.00"), Decimal("0.01"), None, Decimal("-0.01")], (Decimal("-1.00"), Decimal("0.01"))
    ),
    "decimal of 9 bytes": Edge(
        [Decimal(-1), Decimal(10**20 - 1), Decimal(1 - 10**20), Decimal(0)], (Decimal(1 - 10**20), Decimal(10**20 - 1))
    ),
    "decimal of 16 bytes": Edge(
        [Decimal(-1), Decimal(1 - 10**38), Decimal(-256), None], (Decimal(1 - 10**38), Decimal(-1))
    ),
    "wíth.dots \"and\" spaces": Edge([1, 2, 3, None], (1, 3)),
}
KEY_VALUES = {"sluice.lsn": "0/16B3748", "välue": "über", "empty": "", "json": '{"a":[1,2]}'}
