"""Compares what pyarrow, DuckDB and the file's own metadata say with what the tests wrote.

    judge.py sample FILE...   files of SampleTable.swift, named SHAPE-ROWS-CODEC-ENCODING.parquet
    judge.py edges FILE       the file of EdgeTable.swift
"""

import datetime
import io
import math
import os
import struct
import sys
from itertools import pairwise

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

import edges
import layout
import sample

ROWS_A_GROUP = 3_000
ROWS_A_PAGE = 700
CODECS = {"none": 0, "snappy": 1, "gzip": 2, "zstd": 6, "lz4": 7}


def same(read, wanted):
    """Equal and of one type; of floats every bit counts, save those of NaN."""
    if isinstance(wanted, float) and isinstance(read, float):
        return struct.pack("<d", read) == struct.pack("<d", wanted) or math.isnan(read) and math.isnan(wanted)
    if isinstance(wanted, list) and isinstance(read, list):
        return len(read) == len(wanted) and all(map(same, read, wanted))
    return read == wanted and type(read) is type(wanted)


def compare(reader, name, read, wanted):
    assert len(read) == len(wanted), f"{reader}: {name} has {len(read)} values instead of {len(wanted)}"
    for row, (left, right) in enumerate(zip(read, wanted)):
        assert same(left, right), f"{reader}: {name} of row {row} is {left!r} instead of {right!r}"


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def pyarrow_column(table, name):
    read = table.column(name).to_pylist()
    if pa.types.is_map(table.schema.field(name).type):
        return [None if value is None else dict(value) for value in read]
    return read


def duckdb_column(connection, path, name):
    # Python has zones only with another package.
    expression = f"epoch_us({quoted(name)})" if name == "instant" else quoted(name)
    read = [row[0] for row in connection.execute(f"SELECT {expression} FROM read_parquet(?)", [path]).fetchall()]
    if name == "instant":
        epoch = sample.EPOCH.replace(tzinfo=sample.UTC)
        return [None if value is None else epoch + datetime.timedelta(microseconds=value) for value in read]
    return read


def type_name(kind):
    """As pyarrow prints it, without the names of a map's fields and the storage of an extension type."""
    if pa.types.is_map(kind):
        return f"map<{kind.key_type}, {kind.item_type}>"
    return kind.extension_name if isinstance(kind, pa.BaseExtensionType) else str(kind)


def read_everything(path, columns, connection):
    """Compares all values and types of both readers."""
    file = pq.ParquetFile(path, page_checksum_verification=True)
    table = file.read()
    table.validate(full=True)
    assert table.column_names == list(columns)
    described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [path]).fetchall()
    assert [row[0] for row in described] == list(columns)
    for name, wanted in columns.items():
        compare("pyarrow", name, pyarrow_column(table, name), wanted)
        compare("DuckDB", name, duckdb_column(connection, path, name), wanted)
    return file, table, {row[0]: row[1] for row in described}


def check_filters(path, name, wanted, connection):
    """Statistics must not make a reader miss a row."""
    present = [value for value in wanted if value is not None and value == value]
    if any(isinstance(value, float) for value in wanted):
        # NaN is the greatest of all, in PostgreSQL as in DuckDB.
        query = f"SELECT file_row_number FROM read_parquet(?, file_row_number = true) WHERE {quoted(name)} > ?"
        for value in {*(present and [min(present), max(present)]), 0.0}:
            rows = [row for row, other in enumerate(wanted) if other is not None and not other <= value]
            found = connection.execute(query, [path, value]).fetchall()
            assert sorted(row[0] for row in found) == rows, f"DuckDB: {name} > {value!r} finds other rows"
    # The bounds are among them, and of the rest a few.
    for value in {*present[:: max(1, len(present) // 3)], *(present and [min(present), max(present)])}:
        rows = [row for row, other in enumerate(wanted) if other == value]
        if name != "instant":
            query = f"SELECT file_row_number FROM read_parquet(?, file_row_number = true) WHERE {quoted(name)} = ?"
            found = connection.execute(query, [path, value]).fetchall()
            assert sorted(row[0] for row in found) == rows, f"DuckDB: {name} = {value!r} finds other rows"
        # pyarrow compares no UUID and no JSON.
        if name not in ("uuid", "json"):
            count = pq.read_table(path, columns=[name], filters=[(name, "=", value)]).num_rows
            assert count == len(rows), f"pyarrow: {name} = {value!r} finds {count} rows instead of {len(rows)}"


def has_bounds(values):
    """Whether there is a value and no NaN, and the largest one has an upper bound of 64 bytes."""
    present = [value for value in values if value is not None]
    if not present or any(value != value for value in present):
        return False
    return not (isinstance(present[0], bytes) and len(max(present)) > 64 and max(present).startswith(b"\xff" * 64))


def check_bounds(what, bounds, values, read, is_variable):
    """`read` turns stored bytes into a value; bounds that do not say whether they are exact are those of a page."""
    if not has_bounds(values):
        assert bounds.min is None and bounds.max is None, f"{what}: there are bounds"
        return
    present = [value for value in values if value is not None]
    assert bounds.min is not None and bounds.max is not None, f"{what}: there are no bounds"
    if not is_variable:
        wanted = [min(present), max(present)]
        if isinstance(present[0], float):
            # Zeros compare as equal: a bound covers both.
            wanted = [bound or zero for bound, zero in zip(wanted, (-0.0, 0.0))]
        assert same([read(bounds.min), read(bounds.max)], wanted), f"{what}: {bounds} instead of {wanted}"
        assert bounds.min_is_exact in (None, True) and bounds.max_is_exact in (None, True), f"{what}: is exact"
        return
    stored = [value.encode() if isinstance(value, str) else value for value in present]
    low, high = min(stored), max(stored)
    assert len(bounds.min) <= 64 and len(bounds.max) <= 64, f"{what}: bounds are too long"
    assert bounds.min == low if len(low) <= 64 else low.startswith(bounds.min), f"{what}: minimum {bounds.min!r}"
    assert bounds.max == high if len(high) <= 64 else bounds.max > high, f"{what}: maximum {bounds.max!r}"
    if isinstance(present[0], str):
        bounds.min.decode(), bounds.max.decode()
    if bounds.min_is_exact is not None:
        assert bounds.min_is_exact == (len(low) <= 64) and bounds.max_is_exact == (len(high) <= 64), f"{what}: is exact"


def check_chunk(chunk, values):
    """`values` are those of the chunk's rows, in the column that the leaf belongs to."""
    name, path = chunk.path[0], chunk.path[1:]
    what = ".".join(chunk.path)
    leaf = [list(sample.entries(value, path)) for value in values]
    flat = [entry for row in leaf for entry in row]
    is_variable = name in ("text", "choice", "json", "binary", "words", "pairs", "phrases")

    def read(data):
        return sample.decode(chunk.path, data)

    assert chunk.entries == len(flat) and chunk.nulls == flat.count(None), f"{what}: counts"
    check_bounds(what, chunk.bounds, flat, read, is_variable)
    assert chunk.pages[0].first_row == 0 and sum(page.rows for page in chunk.pages) == chunk.rows
    has_index = True
    for page in chunk.pages:
        entries = [entry for row in leaf[page.first_row : page.first_row + page.rows] for entry in row]
        assert 0 < page.rows <= ROWS_A_PAGE and page.entries == len(entries), f"{what}: rows of a page"
        present = [entry for entry in entries if entry is not None]
        if page.bounds is None:
            has_index &= not present or has_bounds(present)
            continue
        assert page.nulls == entries.count(None) and page.is_null_page == (not present), f"{what}: NULLs of a page"
        if page.is_null_page:
            assert page.bounds == layout.Bounds(b"", b""), f"{what}: bounds of a page of NULLs"
        else:
            check_bounds(f"{what} from row {page.first_row}", page.bounds, entries, read, is_variable)
    if chunk.boundary_order is None:
        assert not has_index, f"{what}: no column index"
        return
    bounds = [page.bounds for page in chunk.pages if not page.is_null_page]
    low = [bound.min if is_variable else read(bound.min) for bound in bounds]
    high = [bound.max if is_variable else read(bound.max) for bound in bounds]
    is_ascending = all(a <= b for side in (low, high) for a, b in pairwise(side))
    is_descending = all(a >= b for side in (low, high) for a, b in pairwise(side))
    assert chunk.boundary_order == (1 if is_ascending else 2 if is_descending else 0), f"{what}: boundary order"


def check_checksums(data, groups_metadata):
    """A changed byte at the end of each chunk must not go unnoticed."""
    for group in range(groups_metadata.num_row_groups):
        for index in range(0, groups_metadata.num_columns, 5):
            column = groups_metadata.row_group(group).column(index)
            start = column.dictionary_page_offset or column.data_page_offset
            broken = bytearray(data)
            broken[start + column.total_compressed_size - 1] ^= 1
            try:
                pq.ParquetFile(io.BytesIO(broken), page_checksum_verification=True).read_row_group(group)
            except OSError as error:
                assert "CRC" in str(error), error
            else:
                raise AssertionError(f"{column.path_in_schema}: a changed page was read")


def check_sample(path, connection, known={}):
    shape, count, codec, encoding = os.path.basename(path).removesuffix(".parquet").split("-")
    count = int(count)
    if (shape, count) not in known:
        known[shape, count] = {name: sample.column(name, shape, count) for name in sample.NAMES}
    columns = known[shape, count]
    file, table, described = read_everything(path, columns, connection)
    for name, (_, arrow_type, duckdb_type) in sample.RULES.items():
        field = table.schema.field(name)
        assert type_name(field.type) == arrow_type, f"pyarrow: {name} is {field.type}"
        assert field.nullable == (name != "id" and shape != "required"), f"pyarrow: {name} is nullable or is not"
        assert described[name] == duckdb_type, f"DuckDB: {name} is {described[name]}"
    metadata = file.metadata
    assert metadata.num_row_groups == -(-count // ROWS_A_GROUP)
    assert metadata.created_by == "sluice version 0.0.0 (build test)"
    with open(path, "rb") as stream:
        data = stream.read()
    start = 0
    for group, chunks in enumerate(layout.chunks(data)):
        for index, chunk in enumerate(chunks):
            check_chunk(chunk, columns[chunk.path[0]][start : start + chunk.rows])
            assert chunk.codec in (CODECS[codec], 0) and (chunk.path[0] != "text" or chunk.codec == CODECS[codec])
            seen = metadata.row_group(group).column(index)
            assert seen.path_in_schema == ".".join(chunk.path) and seen.has_offset_index
            assert seen.has_column_index == (chunk.boundary_order is not None)
            assert seen.statistics.null_count == chunk.nulls
            assert seen.statistics.has_min_max == (chunk.bounds.min is not None), f"pyarrow: {chunk.path} has bounds"
            assert not chunk.has_dictionary or encoding == "dictionary", f"{chunk.path} has a dictionary"
            if chunk.path[0] == "choice" and encoding == "dictionary" and shape != "nulls" and count > 100:
                assert chunk.has_dictionary and all(page.is_dictionary for page in chunk.pages if not page.is_null_page)
        start += chunks[0].rows
    assert start == count
    if count > ROWS_A_GROUP and codec in ("none", "zstd"):
        check_checksums(data, metadata)
    if codec == "zstd":
        for name in sample.FLAT:
            check_filters(path, name, columns[name], connection)


def check_edges(path, connection):
    columns = {name: edge.values for name, edge in edges.EDGES.items()}
    file, table, _ = read_everything(path, columns, connection)
    for key, value in edges.KEY_VALUES.items():
        assert file.metadata.metadata[key.encode()] == value.encode(), f"pyarrow: the value of {key}"
    stored = connection.execute("SELECT key, value FROM parquet_kv_metadata(?)", [path]).fetchall()
    assert dict(stored) == {key.encode(): value.encode() for key, value in edges.KEY_VALUES.items()}, "DuckDB: keys"
    [chunks] = layout.chunks(open(path, "rb").read())
    seen = connection.execute(
        "SELECT path_in_schema, stats_null_count, stats_min_value, stats_max_value, min_is_exact, max_is_exact "
        "FROM parquet_metadata(?)",
        [path],
    ).fetchall()
    for index, (name, edge) in enumerate(edges.EDGES.items()):
        nulls = edge.values.count(None)
        statistics = file.metadata.row_group(0).column(index).statistics
        assert statistics.null_count == chunks[index].nulls == seen[index][1] == nulls, f"{name}: NULLs"
        exact = chunks[index].bounds.min_is_exact, chunks[index].bounds.max_is_exact
        if edge.bounds is None:
            assert not statistics.has_min_max and seen[index][2:4] == (None, None) and exact == (None, None), name
            assert chunks[index].boundary_order is None, f"{name}: column index"
        else:
            found = [statistics.min, statistics.max]
            assert same(found, list(edge.bounds)), f"{name}: {found}"
            assert exact == seen[index][4:] == edge.is_exact, f"{name}: {exact} {seen[index][4:]}"
            assert chunks[index].boundary_order == 1
            [page] = chunks[index].pages
            assert (page.bounds.min, page.bounds.max) == (chunks[index].bounds.min, chunks[index].bounds.max), name
        check_filters(path, name, edge.values, connection)


if __name__ == "__main__":
    database = duckdb.connect()
    for argument in sys.argv[2:]:
        try:
            {"sample": check_sample, "edges": check_edges}[sys.argv[1]](argument, database)
        except AssertionError as error:
            error.add_note(os.path.basename(argument))
            raise
