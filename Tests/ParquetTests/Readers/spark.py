"""Spark must find in each file what it finds in the same table as pyarrow writes it: spark.py FILE...

Files whose names begin with the same word hold the same table. Both of Spark's readers are asked, the vectorized one and the
one that goes row by row.
"""

import os
import sys
import tempfile

import pyarrow.parquet
from pyspark.sql import SparkSession


def session():
    builder = SparkSession.builder.master("local[1]")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        # Spark refuses dates before 1582 of writers that it does not know, pyarrow among them, unless it is told that they are
        # of the calendar that is in use today.
        "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    }.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def rows(spark, path):
    return [repr(row) for row in spark.read.parquet(path).collect()]


def main(paths):
    spark = session()
    print("Spark", spark.version)
    objections = 0
    expected = {}
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            name = os.path.basename(path)
            table = name.split("-")[0]
            for vectorized in ("true", "false"):
                spark.conf.set("spark.sql.parquet.enableVectorizedReader", vectorized)
                if table not in expected:
                    copy = f"{folder}/{table}.parquet"
                    pyarrow.parquet.write_table(pyarrow.parquet.read_table(path), copy, compression="none")
                    expected[table] = rows(spark, copy)
                try:
                    found = rows(spark, path)
                except Exception as error:  # whatever Java throws
                    lines = str(error).splitlines()
                    found = [line for line in lines if "Caused by" in line][-1:] or lines[:1]
                if found != expected[table]:
                    objections += 1
                    print(f"{name}, vectorized {vectorized}: {found[:1]}", file=sys.stderr)
    return 1 if objections else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
