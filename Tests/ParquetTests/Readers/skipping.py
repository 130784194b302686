"""Writes the files of ForeignSkippingTests.swift, as pyarrow and DuckDB write them.

    skipping.py FOLDER

Row `i` of 20,000 has the id `i`, the text of its id in ten digits, the group `i % 7` or NULL where `i % 11` is 0, the
amount `i / 100` and `i % 3` tags that begin with the hundreds of its id.
"""

import decimal
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 20_000


def table():
    rows = range(ROWS)
    tags = [[f"{row // 100:03}-{tag}" for tag in range(row % 3)] for row in rows]
    amounts = [decimal.Decimal(row) / 100 for row in rows]
    inner = pa.struct([("city", pa.string()), ("zip", pa.int32())])
    return pa.table(
        {
            "id": pa.array(rows, pa.int64()),
            "text": pa.array([f"{row:010}" for row in rows], pa.string()),
            "group": pa.array([None if row % 11 == 0 else row % 7 for row in rows], pa.int32()),
            "amount": pa.array(amounts, pa.decimal128(20, 2)),
            "tags": pa.array(tags, pa.list_(pa.string())),
            "address": pa.array([None if row % 5 == 0 else {"city": f"c{row}", "zip": row} for row in rows], inner),
        }
    )


def main(folder):
    rows = table()
    for version in ["1.0", "2.0"]:
        for dictionary in [True, False]:
            pq.write_table(
                rows,
                f"{folder}/pyarrow-{version}-{dictionary}.parquet",
                row_group_size=8_000,
                data_page_size=4_096,
                write_batch_size=200,
                data_page_version=version,
                use_dictionary=dictionary,
                write_page_index=True,
                compression="zstd",
            )
    pq.write_table(rows, f"{folder}/pyarrow-unindexed.parquet", row_group_size=8_000, data_page_size=4_096)
    database = duckdb.connect()
    database.register("rows", rows)
    for version in ["V1", "V2"]:
        # Only what has a dictionary has a bloom filter: values come twice, and odd ones not at all.
        database.execute(
            f"""COPY (SELECT id // 10 * 2 AS id, CAST(id // 10 * 2 AS VARCHAR) AS text FROM rows)
            TO '{folder}/duckdb-{version}.parquet' (FORMAT parquet, PARQUET_VERSION {version}, ROW_GROUP_SIZE 4096)"""
        )


if __name__ == "__main__":
    main(sys.argv[1])
