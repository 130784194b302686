"""The tables that `sluice athena sql` prints, made in Spark: row by row they are what PostgreSQL has.

Not among the tests of every day, for which Spark is too large: `scripts/test --spark` runs this.
"""

import json
import os
import pathlib
import subprocess

import carriers
import conftest
import lake
import test_values
from compare import compare
from conftest import FIXTURES

# Spark refuses files that have UUID or TIME.
CONFIG = {'tables': [{'table': '*'}, {key: value for key, value in test_values.CONFIG['tables'][1].items()}],
          'athena': {'database': 'spark_reads', 'partitions': 'registered'}}
OPTIONS = {key: value for key, value in test_values.OPTIONS.items() if key[1] == CONFIG['tables'][1]['table']}


def test_the_declared_tables_show_every_value_in_spark(tmp_path, bucket):
    sluice, made = conftest.Sluice(tmp_path), conftest.create_database()
    try:
        made.load(FIXTURES / 'types.sql')
        sluice.backfill(made, bucket, '--mode', 'full', config=CONFIG)
        printed = sluice.finish_as(sluice.start_on_slot('athena sql', made, bucket, config=CONFIG), 0).out
        with lake.opened(bucket.url, bucket.store) as folder:
            asked = {}

            def remembered(path, columns):
                asked.setdefault(pathlib.Path(path).relative_to(folder).parts[0], {}).update(columns)
                return []

            compare(made.url, str(folder), options=OPTIONS, readers={'nobody': remembered})
            rows = read(statements(printed, bucket.url, folder), asked, tmp_path)

            def spark(path, columns):
                name = pathlib.Path(path).relative_to(folder).parts[0]
                places = {column: place for place, column in enumerate(asked[name])}
                return [tuple(value(carrier, row[places[column]]) for column, carrier in columns) for row in rows.get(path, [])]

            assert compare(made.url, str(folder), options=OPTIONS, readers={'Spark': spark}) == []
    finally:
        conftest.drop_database(made)


def statements(printed, url, folder):
    """Those in the SQL of Hive, over a copy of the lake."""
    plain = '\n'.join(line for line in printed.splitlines() if not line.startswith('--'))
    found = [statement.strip() for statement in plain.split(';\n')]
    return [statement.replace(url, f'file://{folder}') for statement in found if statement.startswith(('CREATE DATABASE', 'CREATE EXTERNAL', 'ALTER'))]


def read(statements, tables, folder):
    """Path -> the rows of the file, as Spark has them through the tables."""
    request = {
        'statements': statements, 'database': CONFIG['athena']['database'],
        'tables': {name: [expression(carrier, quoted(column)) for column, carrier in columns.items()] for name, columns in tables.items()},
    }
    (folder / 'request.json').write_text(json.dumps(request))
    here = pathlib.Path(__file__).parent
    done = subprocess.run([conftest.needed('SLUICE_TEST_SPARK'), here / 'spark_tables.py', folder / 'request.json', folder / 'rows'],
                          cwd=folder, capture_output=True, text=True, env={'PATH': '/usr/bin:/bin', 'HOME': str(folder), **java()})
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    rows = {}
    for line in open(folder / 'rows'):
        path, row = json.loads(line)
        rows.setdefault(path, []).append(row)
    return rows


def java():
    return {name: os.environ[name] for name in ('JAVA_HOME',) if name in os.environ}


def quoted(name):
    return '`' + name.replace('`', '``') + '`'


def expression(carrier, column):
    """The SQL by which Spark hands out a value that `value` takes."""
    match carrier:
        case carriers.DecimalNumber():
            return f'CAST({column} AS STRING)'
        case carriers.Bytes():
            return f'hex({column})'
        case carriers.Date():
            return f'unix_date({column})'
        case carriers.Timestamp():
            return f'unix_micros({column})'
        case carriers.List():
            return f'transform({column}, element -> {expression(carrier.element, "element")})'
        case carriers.Map():
            return f'map_entries({column})'
    return column


def value(carrier, item):
    if item is None:
        return None
    match carrier:
        case carriers.Bytes():
            return bytes.fromhex(item)
        case carriers.List():
            return tuple(value(carrier.element, element) for element in item)
    return carrier.from_reader(item)
