"""Every type, value by value: what pyarrow and DuckDB read is what PostgreSQL says."""

import pathlib

import pytest

import conftest
from compare import compare
from database import Options

CONFIG = {'tables': [
    {'table': '*'},
    {'table': 't_numeric_choices', 'columns': {
        'fixed': {'as': 'decimal(10,4)'}, 'narrow': {'as': 'decimal(12,3)'}, 'double': {'as': 'double'}}},
    {'table': 't_bytes', 'columns': {'chosen': {'as': 'uuid'}}},
    {'table': 't_times', 'columns': {'chosen': {'as': 'time'}}},
]}
OPTIONS = {
    ('public', rule['table']): Options(representations={name: column['as'] for name, column in rule['columns'].items()})
    for rule in CONFIG['tables'] if 'columns' in rule
}
TABLES = sorted(
    line.split()[2] for line in pathlib.Path(conftest.FIXTURES, 'types.sql').read_text().splitlines()
    if line.startswith('CREATE TABLE'))


@pytest.fixture(scope='module')
def types():
    made = conftest.create_database()
    made.load(conftest.FIXTURES / 'types.sql')
    yield made
    conftest.drop_database(made)


@pytest.fixture(scope='module')
def exported(types, module_sluice, tmp_path_factory):
    place = conftest.Folder(tmp_path_factory.mktemp('types') / 'lake')
    module_sluice.backfill(types, place, '--mode', 'full', config=CONFIG)
    return place


@pytest.mark.parametrize('table', TABLES)
def test_every_value_arrives(types, exported, table):
    assert compare(types.url, exported.url, [('public', table)], OPTIONS, others=True) == []


def test_nothing_else_arrives(types, exported):
    assert compare(types.url, exported.url, options=OPTIONS, readers={}) == []


@pytest.mark.parametrize('parquet', [
    {'compression': 'zstd', 'compression_level': 7}, {'compression': 'gzip'}, {'compression': 'lz4'}, {'compression': 'none'},
    {'row_group_size': '64KiB'},
], ids=str)
def test_every_value_arrives_however_files_are_written(types, sluice, folder, parquet):
    sluice.backfill(types, folder, '--mode', 'full', '--jobs', '1', config={**CONFIG, 'parquet': parquet})
    assert compare(types.url, folder.url, options=OPTIONS) == []


def test_every_value_arrives_in_s3(types, sluice, bucket):
    sluice.backfill(types, bucket, '--mode', 'full', config=CONFIG)
    assert compare(types.url, bucket.url, options=OPTIONS, store=bucket.store) == []


def test_the_settings_of_role_and_database_change_nothing(types, exported, sluice, folder):
    """A role may have other ideas of how dates and bytes look; what the lake says does not depend on them."""
    types.execute("CREATE ROLE sluice_elsewhere LOGIN SUPERUSER PASSWORD 'elsewhere'")
    try:
        for setting in ("timezone = 'Asia/Kathmandu'", "datestyle = 'German, DMY'", 'intervalstyle = iso_8601', 'bytea_output = escape',
                        'extra_float_digits = -5', "client_encoding = 'LATIN1'", 'xmloption = document', 'search_path = pg_catalog',
                        'row_security = off', 'default_transaction_isolation = serializable', 'statement_timeout = 60000'):
            types.execute(f'ALTER ROLE sluice_elsewhere SET {setting}')
        # All the same, names of relations are printed as the search path demands.
        config = {'tables': [*CONFIG['tables'], {'table': 't_identifiers', 'exclude_columns': ['class', 'classes', 'type', 'procedure']}]}
        options = {**OPTIONS, ('public', 't_identifiers'): Options(exclude_columns=('class', 'classes', 'type', 'procedure'))}
        sluice.backfill(types.as_role('sluice_elsewhere', 'elsewhere'), folder, '--mode', 'full', config=config)
        assert compare(types.url, folder.url, options=options) == []
    finally:
        types.execute('DROP ROLE sluice_elsewhere')


def test_a_database_in_another_encoding(sluice, folder):
    made = conftest.create_database(encoding='LATIN1', lc_collate='C', lc_ctype='C')
    try:
        made.execute("CREATE TABLE \"Größe\" (\"Länge\" text PRIMARY KEY, created_at date, feld text[], dokument json)")
        made.execute("INSERT INTO \"Größe\" VALUES ('Käse', '2025-01-10', '{é,NULL}', '\"ü\"')")
        sluice.backfill(made, folder, '--mode', 'full')
        assert compare(made.url, folder.url) == []
    finally:
        conftest.drop_database(made)
