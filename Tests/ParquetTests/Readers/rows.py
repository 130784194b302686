"""Compares rows that were written as JSON with what pyarrow finds in the same file.

    rows.py FILE JSON...   pairs of a file and of its rows, one JSON object a line
"""

import datetime
import json
import math
import struct
import sys

import pyarrow as pa
import pyarrow.parquet as pq

JULIAN_EPOCH = 2440588
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
DECIMALS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
# Columns whose meaning pyarrow does not know, or tells by the type alone.
INTERVALS = {"interval", "interval!"}
TEXTS = {"enum", "string", "json"}


class Number(str):
    """A number with a point or exponent, as it is written."""


def day(count):
    """Days since 1970; years that Python does not have are found 400 years at a time, after which days repeat."""
    cycles, rest = divmod(count + datetime.date(1970, 1, 1).toordinal() - datetime.date(2000, 1, 1).toordinal(), 146_097)
    found = datetime.date(2000, 1, 1) + datetime.timedelta(days=rest)
    year = found.year + 400 * cycles
    sign = "-" if year < 0 else "+" if year > 9_999 else ""
    return f"{sign}{abs(year):04}-{found.month:02}-{found.day:02}"


def clock(count, unit):
    seconds, fraction = divmod(count, PER_SECOND[unit])
    decimals = f".{fraction:0{DECIMALS[unit]}}" if DECIMALS[unit] else ""
    return f"{seconds // 3_600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{decimals}"


def instant(count, unit, zone):
    days, rest = divmod(count, 86_400 * PER_SECOND[unit])
    return f"{day(days)}T{clock(rest, unit)}{'Z' if zone else ''}"


def interval(data):
    months, days, milliseconds = struct.unpack("<III", data)
    text = "P" + (f"{months}M" if months else "") + (f"{days}D" if days else "")
    if milliseconds or text == "P":
        text += f"T{milliseconds // 1_000}" + (f".{milliseconds % 1_000:03}" if milliseconds % 1_000 else "") + "S"
    return text


def floating(value):
    if math.isnan(value):
        return "NaN"
    return ("Infinity" if value > 0 else "-Infinity") if math.isinf(value) else value


def texts(array, name):
    """What each value is to be in JSON."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        values = array.to_pylist() if str(kind) == "extension<arrow.uuid>" else texts(array.storage, name)
        return [value if value is None or isinstance(value, str) else str(value) for value in values]
    if pa.types.is_dictionary(kind):
        return texts(array.dictionary_decode(), name)
    valid = array.is_valid().to_pylist()
    if pa.types.is_map(kind):
        offsets, keys = array.offsets.to_pylist(), texts(array.keys, "")
        pairs = [[key, value] for key, value in zip(keys, texts(array.items, ""))]
        isObject = pa.types.is_string(kind.key_type)
        rows = [pairs[a:b] if ok else None for ok, a, b in zip(valid, offsets, offsets[1:])]
        return [dict(row) if isObject and row is not None else row for row in rows]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        offsets, values = array.offsets.to_pylist(), texts(array.values, "")
        return [values[a:b] if ok else None for ok, a, b in zip(valid, offsets, offsets[1:])]
    if pa.types.is_struct(kind):
        names = [kind.field(index).name for index in range(kind.num_fields)]
        fields = [texts(array.field(index), names[index]) for index in range(kind.num_fields)]
        return [dict(zip(names, (field[row] for field in fields))) if ok else None for row, ok in enumerate(valid)]
    if pa.types.is_null(kind):
        return [None] * len(array)
    write = leaf(kind, name)
    return [None if value is None else write(value) for value in plain(array).to_pylist()]


def plain(array):
    """The array as numbers where Python has no value for all that it may hold."""
    kind = array.type
    if pa.types.is_date32(kind) or pa.types.is_time32(kind):
        return array.cast(pa.int32())
    if pa.types.is_timestamp(kind) or pa.types.is_time64(kind):
        return array.cast(pa.int64())
    return array


def leaf(kind, name):
    if pa.types.is_date32(kind):
        return day
    if pa.types.is_time(kind):
        return lambda value: clock(value, kind.unit)
    if pa.types.is_timestamp(kind):
        return lambda value: instant(value, kind.unit, kind.tz)
    if pa.types.is_decimal(kind):
        return lambda value: f"{value:f}"
    if pa.types.is_floating(kind):
        return floating
    if name in INTERVALS:
        return interval
    if name in TEXTS:
        return lambda value: value if isinstance(value, str) else value.decode()
    return lambda value: value.hex() if isinstance(value, bytes) else value


def same(ours, theirs, kind):
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return list(ours) == list(theirs) and all(same(ours[key], theirs[key], kind) for key in ours)
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(ours) == len(theirs) and all(same(a, b, kind) for a, b in zip(ours, theirs))
    if isinstance(theirs, float):
        if not isinstance(ours, Number):
            return False
        form = {"halffloat": "<e", "float": "<f"}.get(kind, "<d")
        return struct.pack(form, float(ours)) == struct.pack(form, theirs)
    return ours == theirs and type(ours) is type(theirs)


def compare(path, rows):
    table = pq.ParquetFile(path).read()
    with open(rows, encoding="utf-8") as file:
        lines = file.read().split("\n")
    assert lines.pop() == "", "the last row has no newline"
    assert len(lines) == table.num_rows, f"{len(lines)} rows instead of {table.num_rows}"
    assert all(character.isprintable() for line in lines for character in line if ord(character) < 0xA0)
    ours = [json.loads(line, parse_float=Number) for line in lines]
    assert all(list(row) == table.column_names for row in ours), f"columns {list(ours[0])}"
    for name in table.column_names:
        column = table.column(name)
        theirs = [value for chunk in column.chunks for value in texts(chunk, name)]
        for row, expected in enumerate(theirs):
            assert same(ours[row][name], expected, str(column.type)), (
                f"{name} of row {row} is {ours[row][name]!r} instead of {expected!r}"
            )


def main():
    failures = 0
    for path, rows in zip(sys.argv[1::2], sys.argv[2::2]):
        try:
            compare(path, rows)
        except Exception as error:  # every file is to be looked at
            failures += 1
            print(f"{path}: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr)
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
