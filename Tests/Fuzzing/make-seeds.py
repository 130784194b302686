"""Writes the seeds of fuzzers with pyarrow: whole files for ParquetFile, their pages for ColumnChunk,
footers, and indexes of pages.

    make-seeds.py            replaces Corpus/{ParquetFile,ColumnChunk,Footer,PageIndex}/pyarrow-*

The forms are those that ParquetFileFuzz.swift and ColumnChunkFuzz.swift take.
"""

import datetime
import decimal
import io
import pathlib
import struct

import pyarrow as pa
import pyarrow.parquet as pq

CORPUS = pathlib.Path(__file__).resolve().parent / "Corpus"
# Larger seeds make every change of libFuzzer's less likely to matter.
MAXIMUM_BYTE_COUNT = 2_000

NUMBERS = [1, None, 3, 3, 3, 3, 3, 3, 3, 3, None, -5]
TEXTS = ["a", None, "bc", "bc", "", "a long one, with many letters", "bc"]
LISTS = [[1, 2], [], None, [None, 3], [4] * 9]
PAIRS = [{"x": 1, "y": ["a", None]}, None, {"x": None, "y": []}, {"x": 3, "y": None}]
MAPS = [[("a", 1), ("b", None)], [], None]
DEEP = [[[{"a": [1]}], []], None, [None, [{"a": None}, None]]]

TABLES = {
    "int32": pa.table({"c": pa.array(NUMBERS, pa.int32())}),
    "int64": pa.table({"c": pa.array(NUMBERS, pa.int64())}),
    "float": pa.table({"c": pa.array(NUMBERS, pa.float32())}),
    "double": pa.table({"c": pa.array(NUMBERS, pa.float64())}),
    "boolean": pa.table({"c": pa.array([True, None, False] * 5)}),
    "text": pa.table({"c": pa.array(TEXTS)}),
    "fixed": pa.table({"c": pa.array([b"12345", None, b"12346"], pa.binary(5))}),
    "list": pa.table({"c": pa.array(LISTS, pa.list_(pa.int32()))}),
    "pair": pa.table({"c": pa.array(PAIRS, pa.struct({"x": pa.int64(), "y": pa.list_(pa.string())}))}),
    "map": pa.table({"c": pa.array(MAPS, pa.map_(pa.string(), pa.int32()))}),
    "deep": pa.table({"c": pa.array(DEEP, pa.list_(pa.list_(pa.struct({"a": pa.list_(pa.int32())}))))}),
    "required": pa.table(
        {"c": pa.array([1, 2, 3], pa.int32())}, schema=pa.schema([pa.field("c", pa.int32(), nullable=False)])
    ),
    "nulls": pa.table({"c": pa.array([None] * 40, pa.int64())}),
    "annotated": pa.table({
        "d": pa.array([datetime.date(2020, 1, 1), None]),
        "t": pa.array([datetime.datetime(2020, 1, 1), None], pa.timestamp("us", "UTC")),
        "n": pa.array([decimal.Decimal("1.25"), None], pa.decimal128(20, 2)),
        "u": pa.array([1, None], pa.uint16()),
    }),
    "no-rows": pa.table({"c": pa.array([], pa.int32())}),
}
OLD = {"data_page_version": "1.0"}
NEW = {"data_page_version": "2.0"}
FILES = (
    # Of each table only the options that say something new of it.
    [(table, "plain", OLD | {"use_dictionary": False}) for table in TABLES]
    + [(table, "dictionary", OLD) for table in ("int32", "text", "list", "fixed", "pair")]
    + [(table, "v2", NEW | {"use_dictionary": False}) for table in ("int32", "list", "pair", "nulls", "text", "boolean")]
    + [
        ("int32", "delta", NEW | {"use_dictionary": False, "column_encoding": "DELTA_BINARY_PACKED"}),
        ("int64", "delta", OLD | {"use_dictionary": False, "column_encoding": "DELTA_BINARY_PACKED"}),
        ("text", "lengths", NEW | {"use_dictionary": False, "column_encoding": "DELTA_LENGTH_BYTE_ARRAY"}),
        ("text", "prefixes", OLD | {"use_dictionary": False, "column_encoding": "DELTA_BYTE_ARRAY"}),
        ("fixed", "prefixes", NEW | {"use_dictionary": False, "column_encoding": "DELTA_BYTE_ARRAY"}),
        ("double", "split", OLD | {"use_dictionary": False, "column_encoding": "BYTE_STREAM_SPLIT"}),
        ("boolean", "runs", NEW | {"use_dictionary": False, "column_encoding": "RLE"}),
        ("int32", "snappy", OLD | {"compression": "snappy"}),
        ("int32", "zstd", NEW | {"compression": "zstd"}),
        ("text", "gzip", NEW | {"compression": "gzip"}),
        ("text", "lz4", OLD | {"compression": "lz4"}),
        ("int32", "groups", OLD | {"row_group_size": 5}),
        ("int64", "pages", OLD | {"data_page_size": 1, "write_batch_size": 4, "write_page_index": True}),
        ("annotated", "index", OLD | {"write_page_index": True, "version": "2.6"}),
        ("int32", "checksums", OLD | {"write_page_checksum": True}),
    ]
)
# The same as others but for their pages.
PAGES_ALONE = [(table, "plain") for table in ("int64", "float", "double", "required", "nulls")] + [
    ("fixed", "dictionary"), ("nulls", "v2"), ("text", "v2"), ("int64", "delta"), ("fixed", "prefixes"),
    ("list", "v2"), ("boolean", "runs"), ("boolean", "v2"),
]
FOOTERS = [("no-rows", "plain"), ("annotated", "index"), ("map", "plain"), ("deep", "plain"), ("text", "dictionary")]
# The nodes above the leaf, from the root on, as ClaimedColumn takes them: optional 1, repeated 2, none 3.
NESTING = {"list": [1, 2, 1], "required": [0]}


def encode(table, options):
    file = io.BytesIO()
    options = {"compression": "none", "store_schema": False} | options
    pq.write_table(TABLES[table], file, **options)
    return file.getvalue()


def pages(data):
    """The pages of the first column, in the form of ColumnChunkFuzz."""
    metadata = pq.ParquetFile(io.BytesIO(data)).metadata
    column = metadata.row_group(0).column(0)
    kinds = ["BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"]
    codecs = {"UNCOMPRESSED": 0, "SNAPPY": 1, "GZIP": 2, "ZSTD": 6, "LZ4": 7}
    start = column.dictionary_page_offset or column.data_page_offset
    return (
        kinds.index(column.physical_type), codecs[column.compression], column.num_values,
        data[start : start + column.total_compressed_size],
    )


def indexes():
    """Column index, offset index and a bloom filter of 32 bytes of three rows in one page and in three."""
    # An i32 list of places is what the offset index has: where, how many bytes, which row.
    filter_of_nothing = bytes.fromhex("15401c1c00001c1c00001c1c000000") + bytes(32)
    one = bytes.fromhex("19110219180401000000191804030000001502191600" + "00"), bytes.fromhex("191c1608155016000000")
    three = (
        bytes.fromhex("19310201021938040100000000040300000019380401000000000403000000150219360002" + "0000"),
        bytes.fromhex("193c16081518160000162015181602001638151816040000"),
    )
    for name, (bounds, places) in {"one-page": one, "three-pages": three}.items():
        yield name, bytes([len(bounds), len(places)]) + bounds + places + filter_of_nothing


def main():
    for name in ("ParquetFile", "ColumnChunk", "Footer", "PageIndex"):
        (CORPUS / name).mkdir(parents=True, exist_ok=True)
        for old in (CORPUS / name).glob("pyarrow-*"):
            old.unlink()
    for name, data in indexes():
        (CORPUS / "PageIndex" / f"written-{name}").write_bytes(data)
    for table, name, options in FILES:
        data = encode(table, options)
        assert len(data) <= MAXIMUM_BYTE_COUNT, f"{table}-{name} has {len(data)} bytes"
        (CORPUS / "ParquetFile" / f"pyarrow-{table}-{name}").write_bytes(data[4:-8] + data[-8:-6])
        if (table, name) in FOOTERS:
            length = int.from_bytes(data[-8:-4], "little")
            (CORPUS / "Footer" / f"pyarrow-{table}-{name}").write_bytes(data[-8 - length : -8])
        if (table, name) in PAGES_ALONE:
            (CORPUS / "ParquetFile" / f"pyarrow-{table}-{name}").unlink()
        if table in ("pair", "map", "deep", "float", "annotated", "no-rows") or name in ("groups", "index", "checksums", "snappy", "lz4"):
            continue
        kind, codec, count, chunk = pages(data)
        nodes = NESTING.get(table, [1])
        nesting = sum(node << 2 * depth for depth, node in enumerate(nodes + [3] * (4 - len(nodes))))
        rows = min(pq.ParquetFile(io.BytesIO(data)).metadata.row_group(0).num_rows, 255)
        head = struct.pack("<BBBIB", kind, nesting, codec, count, rows)
        (CORPUS / "ColumnChunk" / f"pyarrow-{table}-{name}").write_bytes(head + chunk)


if __name__ == "__main__":
    main()
