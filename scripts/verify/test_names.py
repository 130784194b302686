"""Tables and columns that are named or made as they seldom are."""

import pyarrow.parquet
import pytest

import conftest
import database as truth
import lake
from compare import compare
from database import Options

OTHERS = [('billing', 'invoices'), ('Odd Schema', 'Odd.Table')]


@pytest.fixture(scope='module')
def names():
    made = conftest.create_database()
    made.load(conftest.FIXTURES / 'names.sql')
    yield made
    conftest.drop_database(made)


@pytest.fixture(scope='module')
def public_tables(names):
    connection = truth.connect(names.url)
    yield [('public', table) for table in truth.tables(connection)]
    connection.close()


def test_the_public_schema_is_exported(names, public_tables, sluice, folder):
    sluice.backfill(names, folder, '--mode', 'full')
    assert compare(names.url, folder.url, public_tables) == []
    outside = {entry.name for entry in folder.path.parent.iterdir()} - {'lake', 'sluice'}
    assert not outside, 'something was written outside the lake'


def test_the_public_schema_is_exported_to_s3(names, public_tables, sluice, bucket):
    sluice.backfill(names, bucket, '--mode', 'full')
    assert compare(names.url, bucket.url, public_tables, store=bucket.store) == []


def test_tables_are_named_as_in_sql(names, sluice, folder):
    chosen = ['"Odd Name"', 'public."a/b"', '".."', '"say ""hi"".now"', '"select"', 'BILLING.Invoices', '"Odd Schema"."Odd.Table"']
    options = [option for name in chosen for option in ('--table', name)]
    sluice.backfill(names, folder, '--mode', 'full', *options)
    tables = [('public', name) for name in ('Odd Name', 'a/b', '..', 'say "hi".now', 'select')] + OTHERS
    assert compare(names.url, folder.url, tables) == []


def test_wildcards_choose_tables(names, sluice, folder):
    sluice.backfill(names, folder, '--mode', 'full', '--table', 'billing.*', '--table', 'by_*')
    tables = [('public', f'by_{kind}') for kind in ('date', 'timestamp', 'timestamptz', 'domain')] + OTHERS[:1]
    assert compare(names.url, folder.url, tables) == []


def test_the_configuration_names_tables_and_columns(names, sluice, folder):
    config = {'tables': [
        {'table': '"Odd Name"', 'name': 'even_name'},
        {'table': 'other_date', 'partition_by': 'happened_on'},
        {'table': 'columns', 'exclude_columns': ['Upper', 'with.dot', '🚰'], 'partition_by': 'order'},
    ]}
    sluice.backfill(names, folder, '--mode', 'full', config=config)
    assert compare(names.url, folder.url, [('public', name) for name in ('Odd Name', 'other_date', 'columns')], {
        ('public', 'Odd Name'): Options(name='even_name'),
        ('public', 'other_date'): Options(partition_by='happened_on'),
        ('public', 'columns'): Options(exclude_columns=('Upper', 'with.dot', '🚰'), partition_by='order'),
    }) == []


@pytest.mark.parametrize('tables', [
    ['CREATE TABLE "Invoices" (id int)', 'CREATE TABLE invoices (id int)'],
    ['CREATE TABLE orders (id int)', 'CREATE TABLE orders_changes (id int)'],
], ids=['case', 'changes'])
def test_two_tables_that_would_share_a_name_are_refused(database, sluice, folder, tables):
    for table in tables:
        database.execute(table)
    run = sluice.backfill(database, folder, '--mode', 'full', expect=78)
    assert tables[1].split()[2] in run.err
    assert not folder.path.exists() or lake.objects(folder.path) == []


def test_columns_that_sluice_adds_itself_are_not_there_twice(database, sluice, folder):
    database.execute('CREATE TABLE taken (id int PRIMARY KEY, _lsn text, _rescued text, amount numeric(5,2));'
                     "INSERT INTO taken VALUES (1, 'mine', 'mine as well', 'NaN')")
    database.execute('CREATE TABLE fine (id int PRIMARY KEY); INSERT INTO fine VALUES (1)')
    run = sluice.finish(sluice.start('backfill', '--mode', 'full', '--database', database.url, *folder.arguments))
    for path in lake.objects(folder.path):
        names = pyarrow.parquet.read_schema(folder.path / path).names
        assert len(names) == len(set(names)), path
    if run.code == 0:
        values = pyarrow.parquet.read_table(folder.path / 'taken' / 'taken.parquet').to_pylist()[0].values()
        assert {'mine', 'mine as well'} <= set(values)
    else:
        assert run.code in (1, 78) and 'taken' in run.err and '_lsn' in run.err, str(run)


def test_a_query_over_the_lake_finds_the_days(names, sluice, folder):
    """As a user would ask: with a pattern over all files, and the days as columns."""
    import duckdb

    sluice.backfill(names, folder, '--mode', 'full', '--table', 'changed')
    found = duckdb.connect().sql(f"SELECT year, month, day, count(*) FROM read_parquet('{folder.url}/changed/**/*.parquet',"
                       ' hive_partitioning = true) GROUP BY ALL ORDER BY ALL').fetchall()
    assert [tuple(map(int, row)) for row in found] == [
        (2025, 1, 10, 23), (2025, 1, 11, 24), (2025, 1, 12, 24), (2025, 1, 13, 24), (2025, 1, 14, 5), (2025, 1, 20, 1)]
