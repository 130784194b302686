"""Writes random tables with pyarrow and DuckDB, for our reader.

    foreign.py SEED COUNT FOLDER     FOLDER/pyarrow-SEED.parquet and FOLDER/duckdb-SEED.parquet, and those of the next seeds
"""

import datetime
import decimal
import math
import os
import random
import struct
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

UTC = datetime.timezone.utc
# Numbers whose bits are easily lost; NaN with something to carry too.
FLOATS = [0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 1.5, struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000123))[0]]


def integer(bits, signed=True):
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return lambda r: r.choice([low, high, 0]) if r.random() < 0.1 else r.randint(low, high)


def number(r):
    return r.choice(FLOATS) if r.random() < 0.3 else r.uniform(-1e6, 1e6)


def text(r):
    if r.random() < 0.001:
        return "z" * (1 << 20)
    return r.choice(["", "a", "é" * 40, f"/a/path/to/{r.randrange(1_000_003)}", "x" * r.randrange(200)])


def binary(length=None):
    return lambda r: r.randbytes(r.randrange(40) if length is None else length)


def moment(r):
    return datetime.datetime(1, 1, 2) + datetime.timedelta(microseconds=r.randrange(9_998 * 365 * 86_400_000_000))


def digits(precision, scale):
    return lambda r: decimal.Decimal(r.randrange(-(10**precision) + 1, 10**precision)).scaleb(-scale)


decimal.getcontext().prec = 80
LEAVES = [
    (pa.bool_(), lambda r: r.random() < 0.5), (pa.int8(), integer(8)), (pa.int16(), integer(16)),
    (pa.int32(), integer(32)), (pa.int64(), integer(64)), (pa.uint8(), integer(8, False)),
    (pa.uint16(), integer(16, False)), (pa.uint32(), integer(32, False)), (pa.uint64(), integer(64, False)),
    (pa.float16(), lambda r: struct.unpack("<e", struct.pack("<H", r.randrange(0x7C01)))[0]),
    (pa.float32(), number), (pa.float64(), number), (pa.string(), text), (pa.large_string(), text),
    (pa.binary(), binary()), (pa.large_binary(), binary()), (pa.binary(7), binary(7)), (pa.binary(16), binary(16)),
    (pa.date32(), lambda r: r.randrange(-719_162, 2_932_896)), (pa.time32("ms"), lambda r: r.randrange(86_400_000)),
    (pa.time64("us"), lambda r: r.randrange(86_400_000_000)), (pa.time64("ns"), lambda r: r.randrange(86_400_000_000_000)),
    (pa.timestamp("s"), lambda r: r.randrange(-(10**9), 10**9)), (pa.timestamp("ms", "UTC"), integer(42)),
    (pa.timestamp("us"), moment), (pa.timestamp("us", "UTC"), lambda r: moment(r).replace(tzinfo=UTC)),
    (pa.timestamp("ns"), lambda r: integer(52)(r) * 1_000), (pa.decimal128(9, 2), digits(9, 2)), (pa.decimal128(18, 0), digits(18, 0)),
    (pa.decimal128(38, 10), digits(38, 10)), (pa.decimal256(60, 5), digits(60, 5)),
    (pa.dictionary(pa.int32(), pa.string()), lambda r: r.choice(["red", "green", "", "blue"])), (pa.null(), lambda r: None),
]
# As DuckDB calls them, with the values as SQL.
DUCKDB_LEAVES = {
    "BOOLEAN": "i % 3 = 0", "TINYINT": "((h % 256)::INTEGER - 128)::TINYINT", "SMALLINT": "((h % 65536)::INTEGER - 32768)::SMALLINT",
    "INTEGER": "((h % 4294967296)::BIGINT - 2147483648)::INTEGER", "BIGINT": "(h::HUGEINT - 9223372036854775808)::BIGINT",
    "UTINYINT": "(h % 256)::UTINYINT", "UINTEGER": "(h % 4294967296)::UINTEGER", "UBIGINT": "h",
    "HUGEINT": "h::HUGEINT * 4 - 5", "FLOAT": "(h % 1000003 / 7)::FLOAT", "DOUBLE": "CASE h % 5 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN '-inf' ELSE h / 3 END",
    "VARCHAR": "CASE h % 4 WHEN 0 THEN '' WHEN 1 THEN 'few' ELSE 'text ' || h END", "BLOB": "('b' || h)::BLOB",
    "UUID": "md5(h::VARCHAR)::UUID", "DATE": "DATE '2000-01-01' + (h % 100000)::INTEGER",
    "TIME": "TIME '00:00:00' + to_microseconds((h % 86400000000)::BIGINT)",
    "TIMESTAMP": "TIMESTAMP '1970-01-01' + to_microseconds((h % 4000000000000000)::BIGINT)",
    "TIMESTAMPTZ": "TIMESTAMPTZ '1970-01-01 00:00:00+00' + to_microseconds((h % 4000000000000000)::BIGINT)",
    "TIMESTAMP_NS": "make_timestamp_ns((h % 4000000000000000000)::BIGINT)",
    "INTERVAL": "to_months((h % 50)::INTEGER) + to_days((h % 40)::INTEGER) + to_milliseconds((h % 5000000)::BIGINT)",
    "DECIMAL(9,2)": "((h % 1000000000)::DECIMAL(18,0) / 100)::DECIMAL(9,2)", "DECIMAL(18,3)": "(h % 1000000000000000)::DECIMAL(18,3)",
    "DECIMAL(38,5)": "h::DECIMAL(38,5)", "COLOUR": "(CASE h % 3 WHEN 0 THEN 'red' WHEN 1 THEN 'green' ELSE '' END)::COLOUR",
    "INTEGER[]": "([(h % 7)::INTEGER, NULL, i])[1:(h % 4)::INTEGER]", "VARCHAR[][]": "CASE h % 3 WHEN 0 THEN [] WHEN 1 THEN [['a', NULL], NULL, []] ELSE [[h::VARCHAR]] END",
    "STRUCT": "{'a': i, 'b': [h % 3], 'c': {'d': CASE WHEN h % 2 = 0 THEN 'x' END}}",
    "MAP": "CASE h % 3 WHEN 0 THEN MAP {} WHEN 1 THEN MAP {'k': {'v': i}} ELSE MAP {'k': NULL, 'l': {'v': 3}} END",
}
DELTA = {"int": "DELTA_BINARY_PACKED", "text": ["DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"]}


def kind(r, depth=0):
    """A type and what makes its values."""
    if depth > 2 or r.random() < 0.65:
        leaf, make = r.choice(LEAVES)
        return leaf, shaped(r, make)
    choice = r.randrange(5)
    if choice == 0:
        names = [f"f{i}" for i in range(r.randint(1, 3))]
        members = [kind(r, depth + 1) for _ in names]
        fields = [pa.field(n, t, nullable=pa.types.is_null(t) or r.random() < 0.7) for n, (t, _) in zip(names, members)]
        return pa.struct(fields), lambda r: {f.name: cell(r, m, f.nullable) for f, (_, m) in zip(fields, members)}
    inner, make = kind(r, depth + 1)
    if choice == 1:
        key, make_key = r.choice([(pa.string(), text), (pa.int32(), integer(32)), (pa.date32(), lambda r: r.randrange(9_999))])
        return pa.map_(key, inner), lambda r: [(make_key(r), cell(r, make)) for _ in range(r.randrange(4))]
    if choice == 2:
        return pa.list_(inner, 2), lambda r: [cell(r, make) for _ in range(2)]
    maker = pa.list_ if choice == 3 else pa.large_list
    return maker(inner), lambda r: [cell(r, make) for _ in range(r.choice([0, 1, 3, 9]))]


def shaped(r, make):
    """Values that are all the same, few, or any."""
    shape = r.randrange(4)
    if shape > 1:
        return make
    few = [make(r) for _ in range(1 if shape == 0 else 5)]
    return lambda r: r.choice(few)


def cell(r, make, nullable=True):
    return None if nullable and r.random() < 0.2 else make(r)


def column(r, make, nullable, count):
    nulls = r.randrange(4) if nullable else 0
    if nulls == 3:
        return [None] * count
    values = [cell(r, make, nulls == 1) for _ in range(count)]
    if nulls == 2 and count:
        start = r.randrange(count)
        values[start : start + 100] = [None] * len(values[start : start + 100])
    return values


def leaf_paths(schema):
    """The leaves as pyarrow's options name them, each with its type."""
    sink = pa.BufferOutputStream()
    pq.write_table(schema.empty_table(), sink)
    found = pq.ParquetFile(pa.BufferReader(sink.getvalue())).schema
    return [found.column(index) for index in range(len(found))]


def encoding(r, leaf):
    choices = {
        "BOOLEAN": ["PLAIN", "RLE"], "INT32": ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"],
        "INT64": ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"], "FLOAT": ["PLAIN", "BYTE_STREAM_SPLIT"],
        "DOUBLE": ["PLAIN", "BYTE_STREAM_SPLIT"],
        "BYTE_ARRAY": ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"],
        "FIXED_LEN_BYTE_ARRAY": ["PLAIN", "DELTA_BYTE_ARRAY", "BYTE_STREAM_SPLIT"],
    }
    return r.choice(choices[leaf.physical_type])


def write_pyarrow(seed, path):
    r = random.Random(seed)
    count = r.choice([0, 1, 30, 400, 2_000])
    fields, arrays = [], []
    for index in range(r.randint(1, 4)):
        column_type, make = kind(r)
        nullable = pa.types.is_null(column_type) or r.random() < 0.75
        fields.append(pa.field(f"c{index}", column_type, nullable=nullable))
        arrays.append(pa.array(column(r, make, nullable, count), column_type))
    schema = pa.schema(fields)
    compliant = r.random() < 0.8
    options = {
        "version": r.choice(["1.0", "2.4", "2.6"]), "data_page_version": r.choice(["1.0", "2.0"]),
        "compression": r.choice(["none", "snappy", "gzip", "zstd", "lz4"]),
        "row_group_size": r.choice([7, 100, 100_000]), # Below that pyarrow writes pages that it reads as nothing.
        "data_page_size": r.choice([100, 1_000, 1 << 20]),
        "write_batch_size": r.choice([3, 64, 1_024]), "write_page_index": r.random() < 0.5,
        "write_page_checksum": r.random() < 0.5, "store_decimal_as_integer": r.random() < 0.5,
        "max_rows_per_page": r.choice([5, 20_000]), "use_compliant_nested_type": compliant,
        "store_schema": r.random() < 0.7,  "dictionary_pagesize_limit": r.choice([10, 1 << 20]),
    }
    if r.random() < 0.1:
        options["use_deprecated_int96_timestamps"] = True
    if r.random() < 0.5 and compliant and "use_deprecated_int96_timestamps" not in options:
        options["use_dictionary"] = False
        # The physical types depend on the options.
        physical = {k: options[k] for k in ("version", "store_decimal_as_integer")}
        sink = pa.BufferOutputStream()
        pq.write_table(schema.empty_table(), sink, **physical)
        found = pq.ParquetFile(pa.BufferReader(sink.getvalue())).schema
        options["column_encoding"] = {leaf.path: encoding(r, leaf) for leaf in (found.column(i) for i in range(len(found)))}
    else:
        options["use_dictionary"] = r.random() < 0.7
    pq.write_table(pa.table(arrays, schema=schema), path, **options)


def write_duckdb(seed, path, connection):
    r = random.Random(seed)
    names = r.sample(list(DUCKDB_LEAVES), r.randint(1, 5))
    count = r.choice([0, 1, 50, 3_000, 12_000])
    columns = []
    for index, name in enumerate(names):
        value = DUCKDB_LEAVES[name]
        nulls = r.randrange(4)
        if nulls == 1:
            value = f"CASE WHEN h % 5 > 0 THEN {value} END"
        elif nulls == 2:
            value = f"CASE WHEN i < 100 THEN {value} END"
        # Few values that come again and again make a dictionary.
        few = r.random() < 0.4
        hashed = f"hash(({'i % 9' if few else 'i'}) * {index + 1 + seed})"
        columns.append(f"(SELECT {value} FROM (SELECT {hashed} AS h)) AS c{index}")
    options = [
        "FORMAT PARQUET", f"PARQUET_VERSION {r.choice(['V1', 'V2'])}",
        f"COMPRESSION {r.choice(['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'ZSTD', 'LZ4_RAW'])}",
        f"ROW_GROUP_SIZE {r.choice([2_048, 122_880])}",
    ]
    if r.random() < 0.3:
        options.append(f"DICTIONARY_SIZE_LIMIT {r.choice([1, 100])}")
    if r.random() < 0.3:
        options.append(f"BLOOM_FILTER_FALSE_POSITIVE_RATIO {r.choice([0.5, 0.001])}")
    if r.random() < 0.3:
        options.append("FIELD_IDS 'auto'")
    query = f"SELECT {', '.join(columns)} FROM range({count}) AS t(i)"
    connection.execute(f"COPY ({query}) TO '{path}' ({', '.join(options)})")


def main():
    seed, count, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; CREATE TYPE COLOUR AS ENUM ('red', 'green', '')")
    for number in range(seed, seed + count):
        try:
            write_pyarrow(number, os.path.join(folder, f"pyarrow-{number}.parquet"))
            write_duckdb(number, os.path.join(folder, f"duckdb-{number}.parquet"), connection)
        except Exception as error:
            error.add_note(f"seed {number}")
            raise


if __name__ == "__main__":
    main()
