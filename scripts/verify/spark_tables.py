"""Runs statements in Spark and prints the rows of tables, with the file of each: spark_tables.py REQUEST ROWS

It runs in a Python of its own, which has pyspark.
"""

import json
import os
import sys
from urllib.parse import unquote, urlsplit

from pyspark.sql import SparkSession


def session():
    builder = SparkSession.builder.master('local[1]').enableHiveSupport()
    here = os.getcwd()
    for key, value in {
        'spark.ui.enabled': 'false',
        'spark.driver.bindAddress': '127.0.0.1',
        'spark.driver.host': '127.0.0.1',
        'spark.sql.session.timeZone': 'UTC',
        'spark.sql.parquet.datetimeRebaseModeInRead': 'CORRECTED',
        'spark.sql.warehouse.dir': f'{here}/warehouse',
        'spark.hadoop.javax.jdo.option.ConnectionURL': f'jdbc:derby:;databaseName={here}/metastore;create=true',
        'spark.driver.extraJavaOptions': f'-Dderby.system.home={here} -Dderby.stream.error.file={here}/derby.log',
    }.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel('OFF')
    return spark


def plain(value):
    """Rows within rows as lists."""
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def main(request, rows):
    wanted = json.load(open(request))
    spark = session()
    for statement in wanted['statements']:
        spark.sql(statement)
        if statement.startswith('CREATE DATABASE'):
            spark.sql(f"USE {wanted['database']}")
    with open(rows, 'w') as out:
        for table, expressions in wanted['tables'].items():
            for row in spark.sql(f'SELECT input_file_name(), {", ".join(expressions)} FROM `{table}`').collect():
                print(json.dumps([unquote(urlsplit(row[0]).path), plain(row[1:])]), file=out)


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
