"""Compares what our reader found in files with what pyarrow finds.

    dump.py FILE DUMP...   pairs of a file and of what ColumnDump.swift wrote: {"NAME": [VALUE...]...} as a list of pairs
"""

import decimal
import json
import struct
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

JULIAN_EPOCH = 2440588
# Decimals have up to 76 digits.
decimal.getcontext().prec = 100


def plain(array):
    """The array's values as ColumnDump.swift writes them."""
    kind = array.type
    if isinstance(array, pa.ChunkedArray):
        return [value for chunk in array.chunks for value in plain(chunk)]
    if isinstance(kind, pa.BaseExtensionType):
        return plain(array.storage)
    if pa.types.is_dictionary(kind):
        return plain(array.dictionary_decode())
    valid = array.is_valid().to_pylist()
    if pa.types.is_map(kind):
        offsets = array.offsets.to_pylist()
        pairs = [list(pair) for pair in zip(plain(array.keys), plain(array.items))]
        return [pairs[a:b] if ok else None for ok, a, b in zip(valid, offsets, offsets[1:])]
    if pa.types.is_fixed_size_list(kind):
        array = array.cast(pa.list_(kind.value_type))
        kind = array.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        offsets = array.offsets.to_pylist()
        values = plain(array.values)
        return [values[a:b] if ok else None for ok, a, b in zip(valid, offsets, offsets[1:])]
    if pa.types.is_struct(kind):
        fields = [plain(array.field(index)) for index in range(kind.num_fields)]
        return [[field[row] for field in fields] if ok else None for row, ok in enumerate(valid)]
    if pa.types.is_timestamp(kind) or pa.types.is_time64(kind) or pa.types.is_duration(kind):
        return array.cast(pa.int64()).to_pylist()
    if pa.types.is_date32(kind) or pa.types.is_time32(kind):
        return array.cast(pa.int32()).to_pylist()
    if pa.types.is_floating(kind):
        # Python's own numbers do not keep what a NaN carries.
        bits = array.view({16: pa.uint16(), 32: pa.uint32(), 64: pa.uint64()}[kind.bit_width]).to_pylist()
        return [None if value is None else value.to_bytes(kind.bit_width // 8, "little").hex() for value in bits]
    if pa.types.is_decimal(kind):
        return [None if value is None else ("decimal", int(value.scaleb(kind.scale))) for value in array.to_pylist()]
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return plain(array.cast(pa.binary()))
    return [value.hex() if isinstance(value, bytes) else value for value in array.to_pylist()]


def same(ours, theirs):
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(same(a, b) for a, b in zip(ours, theirs))
    if isinstance(theirs, tuple):
        number = ours if isinstance(ours, int) else int.from_bytes(bytes.fromhex(ours), "big", signed=True)
        return number == theirs[1]
    if isinstance(ours, str) and isinstance(theirs, int) and len(ours) == 24:
        # INT96, of which pyarrow was asked for microseconds; it takes both parts for unsigned, and wraps.
        nanoseconds, day = struct.unpack("<QI", bytes.fromhex(ours))
        return ((day - JULIAN_EPOCH) * 86_400_000_000 + nanoseconds // 1_000 - theirs) % 2**64 == 0
    if isinstance(ours, int) and isinstance(theirs, int) and theirs >= 2**31 and ours < 0:
        return ours + (2**32 if theirs < 2**32 else 2**64) == theirs
    return ours == theirs and isinstance(ours, bool) == isinstance(theirs, bool)


# What pyarrow wrote and does not read again; nothing is compared.
UNREAD = {
    "DecodeArrow of DictAccumulator": "texts in DELTA encodings that were a dictionary in memory",
    "Expected all lists to be of size": "lists of fixed size that are NULL",
    "Nested data conversions not implemented": "large texts in lists",
}


def read(path):
    """The table, or None where nobody reads it."""
    file = pq.ParquetFile(path, coerce_int96_timestamp_unit="us")
    try:
        return file.read()
    except (OSError, pa.ArrowException) as error:
        if any(reason in str(error) for reason in UNREAD):
            return None
        # DuckDB's differences of INT32, which may have 33 bits; pyarrow does not read them.
        if "InitBlock EOF" not in str(error):
            raise
        return duckdb.read_parquet(path).to_arrow_table()


def compare(path, dump):
    table = read(path)
    if table is None:
        return
    with open(dump, encoding="utf-8") as file:
        ours = json.load(file)
    assert [name for name, _ in ours] == table.column_names, f"columns {[name for name, _ in ours]}"
    for index, (name, values) in enumerate(ours):
        theirs = plain(table.column(index))
        assert len(values) == len(theirs), f"{name} has {len(values)} rows instead of {len(theirs)}"
        for row, (left, right) in enumerate(zip(values, theirs)):
            assert same(left, right), f"{name} of row {row} is {left!r} instead of {right!r}"


def main():
    failures = 0
    for path, dump in zip(sys.argv[1::2], sys.argv[2::2]):
        try:
            compare(path, dump)
        except Exception as error:  # every file is to be looked at
            failures += 1
            print(f"{path}: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr)
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
