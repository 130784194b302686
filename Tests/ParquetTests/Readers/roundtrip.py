"""Compares files of random tables with what pyarrow and DuckDB read: the dump of ColumnDump.swift with pyarrow's values,
and those with DuckDB's.

    roundtrip.py FILE DUMP...

Everything is compared but what `EXCLUSIONS` names.
"""

import math
import struct
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

import dump

# What DuckDB does not read, by the column chunk and the leaf.
EXCLUDED_CHUNKS = {
    "it reads BYTE_STREAM_SPLIT for numbers only": lambda chunk, leaf: (
        chunk.physical_type == "FIXED_LEN_BYTE_ARRAY" and "BYTE_STREAM_SPLIT" in chunk.encodings
    ),
    "it reads DELTA_LENGTH_BYTE_ARRAY for texts and blobs only": lambda chunk, leaf: (
        leaf.logical_type.type == "DECIMAL" and "DELTA_LENGTH_BYTE_ARRAY" in chunk.encodings
    ),
}
# What it does not read as what it is, by the leaf's type in pyarrow.
EXCLUDED_TYPES = {
    "it has decimals of 38 digits, and makes others floating-point numbers": pa.types.is_decimal256,
}
# What keeps it from opening a file at all, by the leaf.
EXCLUDED_FILES = {
    "it does not know the annotation BSON": lambda leaf: leaf.converted_type == "BSON",
}


def leaves(kind):
    """The types of the leaves below a type."""
    if pa.types.is_nested(kind):
        return [leaf for index in range(kind.num_fields) for leaf in leaves(kind.field(index).type)]
    return [kind]


NANOSECONDS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


def normal(value, kind, other):
    """A value of `kind` as it compares with values of the type that the other reader has for it."""
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    if isinstance(other, pa.BaseExtensionType):
        other = other.storage_type
    if value is None:
        return None
    if pa.types.is_map(kind):
        return [
            [normal(key, kind.key_type, other.key_type), normal(item, kind.item_type, other.item_type)]
            for key, item in value
        ]
    if pa.types.is_list(kind):
        return [normal(element, kind.value_type, other.value_type) for element in value]
    if pa.types.is_struct(kind):
        return [normal(value[i], kind.field(i).type, other.field(i).type) for i in range(kind.num_fields)]
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        return value * NANOSECONDS[kind.unit]
    if pa.types.is_float16(kind):
        number = struct.unpack("<e", bytes.fromhex(value))[0]
        return "NaN" if math.isnan(number) else struct.pack("<f", number).hex()
    if pa.types.is_float32(kind) and pa.types.is_float16(other) and math.isnan(struct.unpack("<f", bytes.fromhex(value))[0]):
        return "NaN"
    if pa.types.is_string(kind) and pa.types.is_fixed_size_binary(other):
        # A UUID in letters.
        return bytes.fromhex(value).decode().replace("-", "")
    if pa.types.is_interval(kind):
        return struct.pack("<III", value.months, value.days, value.nanoseconds // 1_000_000).hex()
    return value


def compare_duckdb(path, connection):
    file = pq.ParquetFile(path)
    columns = [file.schema.column(index) for index in range(file.metadata.num_columns)]
    if any(test(column) for column in columns for test in EXCLUDED_FILES.values()):
        return
    names = file.schema_arrow.names
    excluded = set()
    for group in range(file.metadata.num_row_groups):
        for index, column in enumerate(columns):
            chunk = file.metadata.row_group(group).column(index)
            if any(test(chunk, column) for test in EXCLUDED_CHUNKS.values()):
                excluded.update(name for name in names if column.path == name or column.path.startswith(name + "."))
    table = file.read()
    for field in table.schema:
        if field.name in excluded or any(test(leaf) for leaf in leaves(field.type) for test in EXCLUDED_TYPES.values()):
            continue
        query = f"SELECT {quoted(field.name)} FROM read_parquet({quoted(path, chr(39))})"
        theirs = connection.sql(query).to_arrow_table().column(0)
        assert same(theirs, table.column(field.name)), f"DuckDB: {field.name}, a {field.type}"


def quoted(name, mark='"'):
    return mark + name.replace(mark, mark * 2) + mark


def same(theirs, ours):
    left, right = dump.plain(theirs), dump.plain(ours)
    return [normal(value, theirs.type, ours.type) for value in left] == [
        normal(value, ours.type, theirs.type) for value in right
    ]


def main():
    failures = 0
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for path, dumped in zip(sys.argv[1::2], sys.argv[2::2]):
        try:
            dump.compare(path, dumped)
            compare_duckdb(path, connection)
        except Exception as error:  # every file is to be looked at
            failures += 1
            print(f"{path}: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr)
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
