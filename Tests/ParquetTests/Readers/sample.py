"""The rows of SampleTable.swift, by the same rules, and how the bounds of each column are stored."""

import datetime
import math
import struct
import uuid
from decimal import Decimal, getcontext

getcontext().prec = 60
EPOCH = datetime.datetime(1970, 1, 1)
UTC = datetime.timezone.utc


def remainder(value, divisor):
    """The remainder with the sign of the dividend, as Swift has it."""
    return int(math.fmod(value, divisor))


def single(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def moment(value):
    return EPOCH + datetime.timedelta(microseconds=value * 60_000_000_123)


def wide(value):
    return Decimal(value * 10**24).scaleb(-6)


def elements(row, make):
    return [None if (row + e) % 5 == 0 else make(e) for e in range(row % 4)]


def lists(row, make):
    return [None if (row + e) % 4 == 0 else [make(e, i) for i in range(e)] for e in range(row % 3)]


# What each column holds, and the types that pyarrow and DuckDB have for it.
RULES = {
    "id": (lambda row, value: row, "int64", "BIGINT"),
    "flag": (lambda row, value: row % 3 == 0, "bool", "BOOLEAN"),
    "tiny": (lambda row, value: remainder(value, 128), "int8", "TINYINT"),
    "short": (lambda row, value: remainder(value, 32_768), "int16", "SMALLINT"),
    "int": (lambda row, value: value * 400, "int32", "INTEGER"),
    "int32": (lambda row, value: -value * 400, "int32", "INTEGER"),
    "long": (lambda row, value: value * 1_000_000_007, "int64", "BIGINT"),
    "int64": (lambda row, value: -value * 1_000_000_007, "int64", "BIGINT"),
    "real": (lambda row, value: math.nan if row % 11 == 0 else single(value / 4), "float", "FLOAT"),
    "double": (lambda row, value: -0.0 if row % 11 == 0 else value / 8, "double", "DOUBLE"),
    "text": (lambda row, value: "é" * (row % 50) + str(value), "string", "VARCHAR"),
    "choice": (lambda row, value: ["", "red", "green", "blue"][row % 4], "string", "VARCHAR"),
    "json": (lambda row, value: '{"a": %d}' % value, "arrow.json", "JSON"),
    "binary": (lambda row, value: b"\xff" * (row % 80) + bytes([row % 256]), "binary", "BLOB"),
    "fixed": (
        lambda row, value: bytes(row * (i + 1) * 37 % 256 for i in range(5)), "fixed_size_binary[5]", "BLOB",
    ),
    "uuid": (
        lambda row, value: uuid.UUID(bytes=bytes(row * (i + 3) % 256 for i in range(16))),
        "arrow.uuid", "UUID",
    ),
    "day": (
        lambda row, value: EPOCH.date() + datetime.timedelta(days=remainder(value, 100_000)), "date32[day]", "DATE",
    ),
    "time": (
        lambda row, value: (EPOCH + datetime.timedelta(microseconds=row * 12_345_678 % 86_400_000_000)).time(),
        "time64[us]", "TIME",
    ),
    "local": (lambda row, value: moment(value), "timestamp[us]", "TIMESTAMP"),
    "instant": (
        lambda row, value: moment(value).replace(tzinfo=UTC), "timestamp[us, tz=UTC]", "TIMESTAMP WITH TIME ZONE",
    ),
    "d9": (lambda row, value: Decimal(value * 400).scaleb(-2), "decimal128(9, 2)", "DECIMAL(9,2)"),
    "d18": (lambda row, value: Decimal(value * 1_000_000_007).scaleb(-4), "decimal128(18, 4)", "DECIMAL(18,4)"),
    "d20": (lambda row, value: Decimal(value * 10**13), "decimal128(20, 0)", "DECIMAL(20,0)"),
    "d38": (lambda row, value: wide(value), "decimal128(38, 6)", "DECIMAL(38,6)"),
    "numbers": (lambda row, value: elements(row, lambda e: row * 10 + e), "list<element: int32>", "INTEGER[]"),
    "flags": (lambda row, value: elements(row, lambda e: (row + e) % 3 == 0), "list<element: bool>", "BOOLEAN[]"),
    "words": (lambda row, value: elements(row, lambda e: f"w{(row + e) % 9}"), "list<element: string>", "VARCHAR[]"),
    "amounts": (
        lambda row, value: elements(row, lambda e: wide(value + e)),
        "list<element: decimal128(38, 6)>", "DECIMAL(38,6)[]",
    ),
    "pairs": (
        lambda row, value: {f"k{e}": None if row % 5 == 0 else f"v{row}" for e in range(row % 3)},
        "map<string, string>", "MAP(VARCHAR, VARCHAR)",
    ),
    "counts": (
        lambda row, value: {e - 1: None if row % 5 == 0 else value / 8 for e in range(row % 3)},
        "map<int64, double>", "MAP(BIGINT, DOUBLE)",
    ),
    "nested": (
        lambda row, value: lists(row, lambda e, i: row + i), "list<element: list<element: int64>>", "BIGINT[][]",
    ),
    "phrases": (
        lambda row, value: lists(row, lambda e, i: None if i > 0 and row % 5 == 0 else f"p{row % 40 + i}"),
        "list<element: list<element: string>>", "VARCHAR[][]",
    ),
}
NAMES = list(RULES)
# Columns of one value a row.
FLAT = NAMES[: NAMES.index("numbers")]


def column(name, shape, count):
    """What the column holds. `shape` is "mixed", "required" or "nulls"."""
    index = NAMES.index(name)

    def cell(row):
        if index > 0 and shape == "nulls":
            return None
        if index > 0 and shape == "mixed" and ((row + index) % 7 == 0 or 1_000 <= row < 2_500):
            return None
        return RULES[name][0](row, row * 2_654_435_761 % 1_000_003 - 500_000)

    return [cell(row) for row in range(count)]


def entries(value, path):
    """The entries of a leaf, `None` wherever a row has no value for it; `path` goes on below the column's name."""
    if not path:
        yield value
    elif not value:
        yield None
    else:
        below = value.values() if path[1] == "value" else value
        for element in below:
            yield from entries(element, path[2:])


def integer(data):
    return int.from_bytes(data, "little", signed=True)


DECODE = {
    "flag": lambda data: data == b"\1",
    "real": lambda data: struct.unpack("<f", data)[0],
    "double": lambda data: struct.unpack("<d", data)[0],
    "uuid": lambda data: uuid.UUID(bytes=data),
    "fixed": bytes,
    "day": lambda data: EPOCH.date() + datetime.timedelta(days=integer(data)),
    "time": lambda data: (EPOCH + datetime.timedelta(microseconds=integer(data))).time(),
    "local": lambda data: EPOCH + datetime.timedelta(microseconds=integer(data)),
    "instant": lambda data: EPOCH.replace(tzinfo=UTC) + datetime.timedelta(microseconds=integer(data)),
    "d9": lambda data: Decimal(integer(data)).scaleb(-2),
    "d18": lambda data: Decimal(integer(data)).scaleb(-4),
    "d20": lambda data: Decimal(int.from_bytes(data, "big", signed=True)),
    "d38": lambda data: Decimal(int.from_bytes(data, "big", signed=True)).scaleb(-6),
    "flags": lambda data: data == b"\1",
    "amounts": lambda data: Decimal(int.from_bytes(data, "big", signed=True)).scaleb(-6),
}


def decode(path, data):
    """The value of a bound that is not of variable width."""
    if path == ("counts", "key_value", "value"):
        return DECODE["double"](data)
    return DECODE.get(path[0], integer)(data)
