"""Compares what pyarrow and DuckDB read from a file with the rules by which ParquetReaderTests.swift wrote it."""

import datetime
import math
import struct
import sys
import uuid
from decimal import Decimal, getcontext

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

getcontext().prec = 60
EPOCH = datetime.datetime(1970, 1, 1)
NAMES = (
    "id flag short int long real double text choice json binary uuid day time local instant d9 d18 d38 "
    "numbers words pairs nested nothing"
).split()


def remainder(value, divisor):
    """The remainder with the sign of the dividend, as Swift has it."""
    return int(math.fmod(value, divisor))


def single(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def expected(row, index):
    if index == 0:
        return row
    if (row + index) % 7 == 0 or 1_000 <= row < 2_500 or index == len(NAMES) - 1:
        return None
    value = row * 2_654_435_761 % 1_000_003 - 500_000
    moment = EPOCH + datetime.timedelta(microseconds=value * 60_000_000_123)
    rules = {
        "flag": lambda: row % 3 == 0,
        "short": lambda: remainder(value, 32_768),
        "int": lambda: value * 400,
        "long": lambda: value * 1_000_000_007,
        "real": lambda: math.nan if row % 11 == 0 else single(value / 4),
        "double": lambda: -0.0 if row % 11 == 0 else value / 8,
        "text": lambda: "é" * (row % 50) + str(value),
        "choice": lambda: ["", "red", "green", "blue"][row % 4],
        "json": lambda: '{"a": %d}' % value,
        "binary": lambda: b"\xff" * (row % 80) + bytes([row % 256]),
        "uuid": lambda: uuid.UUID(bytes=bytes(row * (i + 3) % 256 for i in range(16))),
        "day": lambda: EPOCH.date() + datetime.timedelta(days=remainder(value, 100_000)),
        "time": lambda: (EPOCH + datetime.timedelta(microseconds=row * 12_345_678 % 86_400_000_000)).time(),
        "local": lambda: moment,
        "instant": lambda: moment.replace(tzinfo=datetime.timezone.utc),
        "d9": lambda: Decimal(value * 400).scaleb(-2),
        "d18": lambda: Decimal(value * 1_000_000_007).scaleb(-4),
        "d38": lambda: Decimal(value * 10**24).scaleb(-6),
        "numbers": lambda: [None if (row + e) % 5 == 0 else row * 10 + e for e in range(row % 4)],
        "words": lambda: [None if (row + e) % 5 == 0 else f"w{(row + e) % 9}" for e in range(row % 4)],
        "pairs": lambda: {f"k{e}": None if row % 5 == 0 else f"v{row}" for e in range(row % 3)},
        "nested": lambda: [
            None if (row + e) % 4 == 0 else [row + i for i in range(e)] for e in range(row % 3)
        ],
    }
    return rules[NAMES[index]]()


def same(read, wanted):
    if isinstance(wanted, float) and isinstance(read, float):
        return struct.pack("<d", read) == struct.pack("<d", wanted) or math.isnan(read) and math.isnan(wanted)
    return read == wanted and type(read) is type(wanted)


def compare(reader, name, read, wanted):
    assert len(read) == len(wanted), f"{reader}: {name} has {len(read)} values instead of {len(wanted)}"
    for row, (left, right) in enumerate(zip(read, wanted)):
        assert same(left, right), f"{reader}: {name} of row {row} is {left!r} instead of {right!r}"


def check(path, count):
    columns = [[expected(row, index) for row in range(count)] for index in range(len(NAMES))]
    table = pq.ParquetFile(path, page_checksum_verification=True).read()
    assert table.column_names == NAMES and table.num_rows == count
    table.validate(full=True)
    for name, wanted in zip(NAMES, columns):
        read = table.column(name).to_pylist()
        if name == "pairs":
            read = [None if value is None else dict(value) for value in read]
        compare("pyarrow", name, read, wanted)

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, wanted in zip(NAMES, columns):
        read = [row[0] for row in connection.execute(f'SELECT "{name}" FROM read_parquet(?)', [path]).fetchall()]
        if name == "instant":
            read = [None if value is None else value.astimezone(datetime.timezone.utc) for value in read]
        compare("DuckDB", name, read, wanted)

    # Statistics and page index: a filter must find exactly the rows that a scan finds.
    for row in range(0, count, 61):
        for index, name in enumerate(NAMES[:19]):
            value = columns[index][row]
            if value is None or value != value or name == "instant":
                continue
            rows = connection.execute(
                f'SELECT id FROM read_parquet(?) WHERE "{name}" = ? ORDER BY id', [path, value]
            ).fetchall() if row % 610 == 0 else [(row,)]
            assert (row,) in rows, f"DuckDB: filter {name} = {value!r} does not find row {row}"
    metadata = pq.ParquetFile(path).metadata
    start = 0
    for group in range(metadata.num_row_groups):
        size = metadata.row_group(group).num_rows
        for index, name in enumerate(NAMES[:19]):
            statistics = metadata.row_group(group).column(index).statistics
            present = [value for value in columns[index][start : start + size] if value is not None and value == value]
            nulls = sum(value is None for value in columns[index][start : start + size])
            assert statistics.null_count == nulls, f"null count of {name}"
            if name in ("text", "json", "binary", "uuid", "choice") or not statistics.has_min_max:
                continue
            assert statistics.min == min(present) and statistics.max == max(present), f"bounds of {name}"
        start += size
    assert count == 0 or metadata.metadata[b"key"].decode() == "välue"


if __name__ == "__main__":
    check(sys.argv[1], int(sys.argv[2]))
