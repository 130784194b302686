"""The catalog that `sluice athena` and `sluice replicate` make: its tables say what the files hold, stay in step with them, and
leave alone what is somebody else's. Glue and Athena are moto's; what Athena would read runs in DuckDB."""

import base64
import json
import pathlib
import re
import threading
import time
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import duckdb
import pytest
import sqlglot

import conftest
import lake
import test_live_view
import test_values
from compare import compare
from conftest import FIXTURES
from database import lake_name, quote
from scenarios import GRAVES, SCENARIOS
from test_rewrites import run, settings

DATABASE = 'lake_tables'
OUTPUT = 's3://results/athena/'
CURRENT_YEAR = time.gmtime().tm_year


@pytest.fixture(scope='module')
def aws(tmp_path_factory):
    with conftest.moto_server(tmp_path_factory.mktemp('aws')) as endpoint:
        yield endpoint


class Catalog:
    """Glue and Athena as a test sees them, and how the program is told of them."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        post(endpoint, '/moto-api/reset')
        keys = {'endpoint_url': endpoint, 'region_name': 'us-east-1', 'aws_access_key_id': 'k', 'aws_secret_access_key': 's'}
        self.glue, self.athena = boto3.client('glue', **keys), boto3.client('athena', **keys)
        boto3.client('s3', **keys).create_bucket(Bucket='results')
        self.environment = {'AWS_ENDPOINT_URL_GLUE': endpoint, 'AWS_ENDPOINT_URL_ATHENA': endpoint}

    def table(self, name):
        return self.glue.get_table(DatabaseName=DATABASE, Name=name)['Table']

    def names(self):
        return {table['Name'] for table in self.glue.get_tables(DatabaseName=DATABASE)['TableList']}

    def columns(self, name):
        return {column['Name']: column['Type'] for column in self.table(name)['StorageDescriptor']['Columns']}

    def versions(self):
        return {name: self.table(name).get('VersionId') for name in self.names()}

    def days(self, name):
        """Values -> folder of the registered days."""
        pages = self.glue.get_paginator('get_partitions').paginate(DatabaseName=DATABASE, TableName=name)
        return {tuple(map(int, entry['Values'])): entry['StorageDescriptor']['Location'] for page in pages for entry in page['Partitions']}

    def change(self, name, change):
        """Does what somebody else might to a table."""
        allowed = {'Name', 'Description', 'Owner', 'Retention', 'StorageDescriptor', 'PartitionKeys', 'TableType', 'Parameters'}
        input = {key: value for key, value in self.table(name).items() if key in allowed}
        change(input)
        self.glue.update_table(DatabaseName=DATABASE, TableInput=input)

    def statements(self):
        """What Athena was asked, in no order."""
        ids = self.athena.list_query_executions()['QueryExecutionIds']
        return [self.athena.get_query_execution(QueryExecutionId=id)['QueryExecution'] for id in ids]

    def make_views(self, tables, sql=None):
        """What Athena would have made of the statements."""
        text = '' if sql is None else f'/* Presto View: {base64.b64encode(json.dumps({"originalSql": sql}).encode()).decode()} */'
        for table in tables:
            self.glue.create_table(DatabaseName=DATABASE, TableInput={
                'Name': table + '_live', 'TableType': 'VIRTUAL_VIEW', 'ViewOriginalText': text, 'Parameters': {'presto_view': 'true'}})


def post(endpoint, path, body=b''):
    request = urllib.request.Request(endpoint + path, data=body, method='POST', headers={'Content-Type': 'application/json'})
    return urllib.request.urlopen(request, timeout=60).read()


@pytest.fixture
def catalog(aws):
    return Catalog(aws)


def with_athena(config=None, **others):
    return {**(config or {}), 'athena': {'database': DATABASE, 'output': OUTPUT, **others}}


def athena(sluice, made, place, command, *arguments, expect=0, environment=None, config=None):
    return sluice.finish_as(sluice.start_on_slot(f'athena {command}', made, place, *arguments, config=with_athena() if config is None else config,
                                                 environment=environment), expect)


def results(done):
    """(kind, name) -> (result, details) of what a command has printed."""
    rows = [re.split(r'\s{2,}', line.strip(), maxsplit=3) for line in done.out.splitlines()[1:]]
    return {(row[0], row[1]): (row[2], row[3] if len(row) > 3 else '') for row in rows}


TABLES = """
    CREATE TABLE invoices (id bigint PRIMARY KEY, amount int, note text, "Total" numeric(12,2), created_at timestamptz NOT NULL);
    COMMENT ON TABLE invoices IS 'What customers owe';
    COMMENT ON COLUMN invoices."Total" IS 'With ''tax''';
    INSERT INTO invoices SELECT n, n, 'x', n, '2021-03-04'::timestamptz + n * interval '100 days' FROM generate_series(1, 8) n;
    CREATE TABLE plain (id int PRIMARY KEY, year int, tags text[]);
    INSERT INTO plain VALUES (1, 2020, '{a,NULL}');
    CREATE TABLE own_days (id int PRIMARY KEY, month int, created_at date, "a,b" int, "ID" int);
    INSERT INTO own_days VALUES (1, 5, '2024-05-06'), (2, 5, NULL);
"""


# MARK: setup


def test_a_catalog_from_nothing(catalog, database, sluice, bucket):
    database.execute(TABLES)
    sluice.replicate(database, bucket)
    first = athena(sluice, database, bucket, 'setup', environment=catalog.environment)
    made = {name: outcome for name, (outcome, _) in results(first).items()}
    names = {name for table in ('invoices', 'plain', 'own_days') for name in (table, table + '_changes')}
    assert made == {('database', DATABASE): 'created', **{('table', name): 'created' for name in names},
                    **{('view', name + '_live'): 'created' for name in ('invoices', 'plain', 'own_days')}}
    assert catalog.names() == names
    invoices = catalog.table('invoices')
    assert invoices['Description'] == 'What customers owe'
    assert catalog.columns('invoices') == {
        'id': 'bigint', 'amount': 'int', 'note': 'string', 'total': 'decimal(12,2)', 'created_at': 'timestamp', '_lsn': 'bigint',
        '_rescued': 'string'}
    assert next(column for column in invoices['StorageDescriptor']['Columns'] if column['Name'] == 'total')['Comment'] == "With 'tax'"
    assert invoices['StorageDescriptor']['Location'] == bucket.url + '/invoices/'
    assert [key['Name'] for key in invoices['PartitionKeys']] == ['year', 'month', 'day']
    parameters, year = invoices['Parameters'], CURRENT_YEAR
    assert {name: parameters[name] for name in parameters if name.startswith(('projection', 'storage'))} == {
        'projection.enabled': 'true', 'projection.year.type': 'integer', 'projection.year.digits': '4',
        'projection.year.range': f'2021,{year + 1}', 'projection.month.type': 'integer', 'projection.month.range': '1,12',
        'projection.month.digits': '2', 'projection.day.type': 'integer', 'projection.day.range': '1,31', 'projection.day.digits': '2',
        'storage.location.template': bucket.url + '/invoices/year=${year}/month=${month}/day=${day}/'}
    assert parameters['parquet.compression'] == 'SNAPPY' and parameters['classification'] == 'parquet'
    # One object, and a column whose name is that of a folder's.
    plain = catalog.table('plain')
    assert plain['PartitionKeys'] == [] and 'projection.enabled' not in plain['Parameters']
    assert catalog.columns('plain')['year'] == 'int' and catalog.columns('plain')['tags'] == 'array<string>'
    own = catalog.table('own_days')
    assert [key['Name'] for key in own['PartitionKeys']] == ['partition_year', 'partition_month', 'partition_day']
    assert own['Parameters']['storage.location.template'].endswith('year=${partition_year}/month=${partition_month}/day=${partition_day}/')
    # Rows without a date lie in 1970.
    assert own['Parameters']['projection.partition_year.range'] == f'1970,{year + 1}'
    assert 'partition_year' in first.err and 'columns id and ID' in first.err and 'column a,b that is left out' in first.err
    assert list(catalog.columns('own_days')) == ['id', 'month', 'created_at', '_lsn', '_rescued']
    changes = catalog.columns('invoices_changes')
    assert list(changes)[:8] == ['_op', '_lsn', '_seq', '_xid', '_committed_at', '_unchanged', '_old_key', '_rescued']
    assert changes['_committed_at'] == 'timestamp' and changes['_unchanged'] == 'array<string>' and changes['total'] == 'decimal(12,2)'
    asked = catalog.statements()
    assert {re.match(r'CREATE OR REPLACE VIEW "(\w+)"', one['Query'])[1] for one in asked} == {'invoices_live', 'plain_live', 'own_days_live'}
    live = next(one['Query'] for one in asked if '"own_days_live"' in one['Query'])
    assert '"a,b"' not in live and '"ID"' not in live
    assert all(one['QueryExecutionContext']['Database'] == DATABASE and one['WorkGroup'] == 'primary' for one in asked)
    # Nothing is done twice.
    catalog.make_views(['invoices', 'plain', 'own_days'])
    before = catalog.versions()
    for command in ('setup', 'repair'):
        again = athena(sluice, database, bucket, command, environment=catalog.environment)
        assert {outcome for outcome, _ in results(again).values()} == {'unchanged'}
    assert catalog.versions() == before and len(catalog.statements()) == 3


def test_what_others_have_changed_stays(catalog, database, sluice, bucket):
    database.execute(TABLES)
    sluice.replicate(database, bucket)
    environment = catalog.environment
    athena(sluice, database, bucket, 'setup', environment=environment)

    def others(table):
        table['Parameters'] |= {'team': 'billing', 'projection.year.range': '2000,2100', 'numbers': '1.50'}
        table['StorageDescriptor']['Parameters'] = {'kept': 'yes'}
        table['StorageDescriptor']['Columns'].insert(1, {'Name': 'theirs', 'Type': 'string', 'Comment': 'of others'})
        table['StorageDescriptor']['Columns'][0]['Comment'] = 'noted by hand'
        table['Owner'], table['Retention'] = 'them', 7

    catalog.change('invoices', others)
    database.execute("""
        ALTER TABLE invoices ALTER amount TYPE bigint, ADD due date, DROP note;
        COMMENT ON COLUMN invoices.id IS 'The number';
        INSERT INTO invoices VALUES (9, 9, 9, '2022-01-01', '2022-02-01')""")
    sluice.replicate(database, bucket)
    # Days are not wide yet.
    done = results(athena(sluice, database, bucket, 'repair', environment=environment))
    assert 'amount' not in done['table', 'invoices'][1] and 'column amount int -> bigint' in done['table', 'invoices_changes'][1]
    assert catalog.columns('invoices')['amount'] == 'int'
    sluice.rewrite(database, bucket)
    done = results(athena(sluice, database, bucket, 'repair', environment=environment))
    assert 'column amount int -> bigint' in done['table', 'invoices'][1]
    table = catalog.table('invoices')
    assert table['StorageDescriptor']['Columns'][0]['Comment'] == 'noted by hand'
    done = results(athena(sluice, database, bucket, 'setup', environment=environment))
    assert done['table', 'invoices'] == ('changed', 'comment of id')
    table = catalog.table('invoices')
    assert table['StorageDescriptor']['Columns'][0]['Comment'] == 'The number'
    assert table['StorageDescriptor']['Columns'][1] == {'Name': 'theirs', 'Type': 'string', 'Comment': 'of others'}
    assert table['StorageDescriptor']['Parameters'] == {'kept': 'yes'}
    assert table['Owner'] == 'them' and table['Retention'] == 7
    assert table['Parameters']['team'] == 'billing' and table['Parameters']['numbers'] == '1.50'
    # A range that is wider than needed does no harm.
    assert table['Parameters']['projection.year.range'] == '2000,2100'
    columns = catalog.columns('invoices')
    assert columns['amount'] == 'bigint' and columns['due'] == 'date' and columns['note'] == 'string'
    # A table of the same name that is not the lake's.
    catalog.glue.delete_table(DatabaseName=DATABASE, Name='plain')
    theirs = {'Name': 'plain', 'TableType': 'EXTERNAL_TABLE', 'StorageDescriptor': {'Columns': [], 'Location': 's3://other/plain/'}}
    catalog.glue.create_table(DatabaseName=DATABASE, TableInput=theirs)
    failed = athena(sluice, database, bucket, 'setup', expect=1, environment=environment)
    assert results(failed)['table', 'plain'][0] == 'failed' and 's3://other/plain/' in failed.out
    # Nor is there a view over it, or one in place of another's.
    assert ('view', 'plain_live') not in results(failed) and catalog.table('plain').get('Parameters') is None
    catalog.change('invoices', lambda table: table['Parameters'].pop('sluice.live_view'))
    catalog.make_views(['invoices'], 'SELECT count(*) FROM invoices')
    for command in ('setup', 'repair'):
        done = athena(sluice, database, bucket, command, '--table', 'invoices', environment=environment)
        assert results(done)['view', 'invoices_live'] == ('none', 'a table or view of others has this name')
    # One's own is known by what it reads.
    catalog.glue.delete_table(DatabaseName=DATABASE, Name='invoices_live')
    catalog.make_views(['invoices'], 'SELECT 1 FROM "invoices_changes"')
    done = athena(sluice, database, bucket, 'repair', '--table', 'invoices', environment=environment)
    assert results(done)['view', 'invoices_live'] == ('changed', 'definition')
    assert catalog.table('plain')['StorageDescriptor']['Location'] == 's3://other/plain/'


# MARK: in step


def test_the_catalog_follows_the_stream(catalog, database, sluice, bucket):
    database.execute(TABLES)
    environment, config = catalog.environment, with_athena()

    def replicate(rewrite=True, environment=environment):
        return sluice.replicate(database, bucket, rewrite=rewrite, config=config, environment=environment)

    replicate()
    assert {'invoices', 'invoices_changes', 'plain', 'own_days'} <= catalog.names()
    assert catalog.table('invoices')['Description'] == 'What customers owe'
    assert len(catalog.statements()) == 3
    catalog.make_views(['invoices', 'plain', 'own_days'])
    before = catalog.versions()
    done = replicate()
    assert catalog.versions() == before and 'in the catalog' not in done.err
    # A view that somebody has dropped is made anew.
    catalog.glue.delete_table(DatabaseName=DATABASE, Name='plain_live')
    replicate()
    assert len(catalog.statements()) == 4
    catalog.make_views(['plain'])
    database.execute("""
        ALTER TABLE invoices ADD due date, ALTER amount TYPE bigint;
        INSERT INTO invoices VALUES (100, 1, 'far', 1, '2040-01-01', '2040-02-01');
        CREATE TABLE later (id int PRIMARY KEY);
        INSERT INTO later VALUES (1);
        ALTER PUBLICATION sluice ADD TABLE later""")
    done = replicate()
    assert catalog.columns('invoices') | {'due': 'date', 'amount': 'bigint'} == catalog.columns('invoices')
    assert catalog.table('invoices')['Parameters']['projection.year.range'] == '2021,2041'
    assert 'later' in catalog.names(), done.err
    # Once for the new column, and once more if that was seen before the days had it.
    assert sum('"invoices_live"' in one['Query'].split('\n')[0] for one in catalog.statements()) in (2, 3)
    # One table that is refused does not keep the others back.
    database.execute("ALTER TABLE plain ADD more int; INSERT INTO plain (id, more) VALUES (77, 1)")
    with refusing_for(catalog, 'invoices') as endpoint:
        done = replicate(environment={**environment, 'AWS_ENDPOINT_URL_GLUE': endpoint})
    assert 'table invoices in the catalog is not up to date' in done.err and 'Allow glue:GetTable' in done.err
    assert catalog.columns('plain')['more'] == 'int'
    # A catalog that refuses, or is not there, is a warning.
    database.execute("ALTER TABLE invoices ADD more int; INSERT INTO invoices VALUES (101, 1, 'x', 1, '2022-01-01', '2022-02-01', 5)")
    with refusing('AccessDeniedException', 'User: me is not authorized to perform: glue:GetDatabase') as endpoint:
        done = replicate(environment={**environment, 'AWS_ENDPOINT_URL_GLUE': endpoint})
    assert 'not up to date' in done.err and 'Allow glue:GetDatabase' in done.err
    assert 'more' not in catalog.columns('invoices')
    replicate()
    assert catalog.columns('invoices')['more'] == 'int'


def test_years_are_there_before_their_days(catalog, database, sluice, bucket):
    database.execute(TABLES)
    environment, config = catalog.environment, with_athena()
    sluice.replicate(database, bucket, config=config, environment=environment)
    database.execute("INSERT INTO invoices (id, created_at) VALUES (100, '2040-02-01'), (101, '2019-02-01')")
    sluice.replicate(database, bucket, rewrite=False)
    seen = []
    with passing_on(catalog, lambda operation: operation == 'UpdateTable' and seen.append(days_of(bucket, 'invoices'))) as endpoint:
        sluice.rewrite(database, bucket, config=config, environment={**environment, 'AWS_ENDPOINT_URL_GLUE': endpoint})
    assert len(seen[0]) == 8 and len(days_of(bucket, 'invoices')) == 10
    assert catalog.table('invoices')['Parameters']['projection.year.range'] == '2019,2041'
    database.execute("ALTER TABLE invoices ADD more int; INSERT INTO invoices (id, created_at, more) VALUES (102, '2045-02-01', 1)")
    sluice.replicate(database, bucket, rewrite=False)
    with refusing('AccessDeniedException', 'no') as endpoint:
        done = sluice.rewrite(database, bucket, config=config, environment={**environment, 'AWS_ENDPOINT_URL_GLUE': endpoint})
    assert 'does not have the years 2019 to 2046 of table invoices' in done.err and 'the catalog is not up to date' in done.err
    # Rewriting brings in what the stream did not.
    assert 'more' not in catalog.columns('invoices')
    sluice.rewrite(database, bucket, config=config, environment=environment)
    assert catalog.columns('invoices')['more'] == 'int'
    assert catalog.table('invoices')['Parameters']['projection.year.range'] == '2019,2046'


def refusing(code, message, only=None):
    """A server that refuses each request, or those for one operation, and answers the others with nothing."""

    def answer(operation, request):
        isRefused = only is None or operation == only
        return 400 if isRefused else 200, json.dumps({'__type': code, 'Message': message} if isRefused else {}).encode()

    return serving(answer)


def refusing_for(catalog, table):
    """A server that answers as the catalog does, and refuses to tell of one table."""

    def answer(operation, request):
        if operation == 'GetTable' and json.loads(request[0])['Name'] == table:
            return 400, json.dumps({'__type': 'AccessDeniedException', 'Message': 'not this one'}).encode()
        return 200, forwarded(catalog, request)

    return serving(answer)


def passing_on(catalog, look):
    """A server that answers as the catalog does, and has a look before each request."""

    def answer(operation, request):
        look(operation)
        return 200, forwarded(catalog, request)

    return serving(answer)


def forwarded(catalog, request):
    return urllib.request.urlopen(urllib.request.Request(catalog.endpoint, *request), timeout=60).read()


@contextmanager
def serving(answer):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers['Content-Length']))
            status, body = answer(self.headers['X-Amz-Target'].split('.')[1], (body, dict(self.headers)))
            self.send_response(status)
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f'http://127.0.0.1:{server.server_port}'
    finally:
        server.shutdown()
        server.server_close()


# MARK: registered days


def test_days_are_registered_for_engines_that_do_not_know_projection(catalog, database, sluice, bucket):
    database.execute(TABLES)
    environment, config = catalog.environment, with_athena(partitions='registered')
    sluice.replicate(database, bucket, config=config, environment=environment)
    table = catalog.table('invoices')
    assert not [name for name in table['Parameters'] if name.startswith(('projection', 'storage'))]
    wanted = {tuple(map(int, re.findall(r'=(\d+)', day))) for day in days_of(bucket, 'invoices')}
    present = catalog.days('invoices')
    assert set(present) == wanted and len(wanted) == 8
    assert present[2021, 6, 12] == bucket.url + '/invoices/year=2021/month=06/day=12/'
    database.execute("INSERT INTO invoices VALUES (100, 1, 'x', 1, '2022-01-01')")
    sluice.replicate(database, bucket, config=config, environment=environment, rewrite=True)
    assert (2022, 1, 1) in catalog.days('invoices')
    assert len(catalog.days('invoices_changes')) == 1
    # What somebody has removed comes back; wider columns come to the days too.
    catalog.glue.batch_delete_partition(DatabaseName=DATABASE, TableName='invoices', PartitionsToDelete=[{'Values': ['2022', '1', '1']}])
    catalog.glue.delete_table(DatabaseName=DATABASE, Name='own_days')
    database.execute("ALTER TABLE invoices ALTER amount TYPE bigint; UPDATE invoices SET amount = 2 WHERE id = 1")
    sluice.replicate(database, bucket, rewrite=True)
    done = results(athena(sluice, database, bucket, 'repair', environment=environment, config=config))
    assert done['table', 'own_days'][0] == 'created'
    assert done['partitions', 'invoices'] == ('changed', '1 added, 8 with new or wider columns')
    pages = catalog.glue.get_partitions(DatabaseName=DATABASE, TableName='invoices')['Partitions']
    assert len(pages) == 9
    assert {column['Type'] for page in pages for column in page['StorageDescriptor']['Columns'] if column['Name'] == 'amount'} == {'bigint'}
    # And back.
    done = results(athena(sluice, database, bucket, 'setup', environment=environment))
    assert catalog.table('invoices')['Parameters']['projection.enabled'] == 'true'


def days_of(place, name):
    with lake.opened(place.url, place.store) as folder:
        return {path.rsplit('/', 1)[0] for path in lake.objects(folder) if path.startswith(name + '/year=')}


# MARK: validate


def test_counts_are_compared(catalog, database, sluice, bucket):
    database.execute(TABLES)
    sluice.replicate(database, bucket)
    environment = catalog.environment

    def seed(*counts):
        answers = [{'rows': [{'Data': [{'VarCharValue': '_col0'}]}, {'Data': [{'VarCharValue': str(count)}]}], 'column_info': []}
                   for count in counts]
        post(catalog.endpoint, '/moto-api/static/athena/query-results', json.dumps(
            {'account_id': '123456789012', 'region': 'us-east-1', 'results': answers}).encode())

    seed(8, 0, 2, 0, 1, 0)
    done = athena(sluice, database, bucket, 'validate', environment=environment)
    rows = {line.split()[0]: line.split()[1:] for line in done.out.splitlines()[1:]}
    assert {name: row[0] for name, row in rows.items()} == {
        'invoices': '8', 'invoices_changes': '0', 'own_days': '2', 'own_days_changes': '0', 'plain': '1', 'plain_changes': '0'}
    assert all(row[-1] == 'equal' and row[0] == row[1] for row in rows.values())
    assert {one['Query'] for one in catalog.statements()} == {f'SELECT count(*) FROM "{name}"' for name in rows}
    seed(7, 0)
    done = athena(sluice, database, bucket, 'validate', '--table', 'invoices', expect=1, environment=environment)
    assert re.search(r'^invoices +8 +7 .*differs$', done.out, re.MULTILINE) and 'athena repair' in done.err


def test_an_export_brings_the_catalog_up(catalog, database, sluice, bucket):
    database.execute(TABLES)
    sluice.backfill(database, bucket, '--mode', 'full', config=with_athena(), environment=catalog.environment)
    assert catalog.names() == {'invoices', 'plain', 'own_days'}
    database.execute("ALTER TABLE invoices ADD more int; INSERT INTO invoices (id, created_at, more) VALUES (9, '2019-05-05', 1)")
    seen = []
    with passing_on(catalog, lambda operation: operation == 'UpdateTable' and seen.append(days_of(bucket, 'invoices'))) as endpoint:
        sluice.backfill(database, bucket, '--date', '2019-05-05', '--table', 'invoices', config=with_athena(),
                        environment={**catalog.environment, 'AWS_ENDPOINT_URL_GLUE': endpoint})
    # The year is known before its first day is there, the column when the export is through.
    assert len(seen) == 2 and len(seen[1]) == len(seen[0]) + 1
    assert catalog.columns('invoices')['more'] == 'int'
    assert catalog.table('invoices')['Parameters']['projection.year.range'].startswith('2019,')
    database.execute("INSERT INTO own_days (id, created_at) VALUES (900, '2019-05-05')")
    with refusing('AccessDeniedException', 'no') as endpoint:
        done = sluice.backfill(database, bucket, '--date', '2019-05-05', '--jobs', '1', config=with_athena(),
                               environment={**catalog.environment, 'AWS_ENDPOINT_URL_GLUE': endpoint})
    assert 'the catalog is not up to date' in done.err and 'Allow glue:GetDatabase' in done.err
    # One table that cannot be looked at stands for all.
    assert done.err.count('the catalog does not have the years') == 1


# MARK: refusals


@pytest.mark.parametrize('service, code, message, only, wanted', [
    ('GLUE', 'AccessDeniedException', 'User: me is not authorized', None, 'Allow glue:GetDatabase'),
    ('GLUE', 'AccessDeniedException', 'Insufficient Lake Formation permission(s) on lake_tables', None, 'Lake Formation'),
    ('ATHENA', 'InvalidRequestException', 'No output location provided.', None, 'Set athena.output'),
    ('ATHENA', 'InvalidRequestException', 'WorkGroup primary is not found.', None, 'Set athena.workgroup'),
    ('ATHENA', 'AccessDeniedException', 'no', None, 'Allow athena:StartQueryExecution'),
])
def test_refusals_say_what_to_do(catalog, lake_once, service, code, message, only, wanted):
    sluice, made, place = lake_once
    with refusing(code, message, only) as endpoint:
        environment = {**catalog.environment, f'AWS_ENDPOINT_URL_{service}': endpoint}
        done = athena(sluice, made, place, 'setup', expect=1, environment=environment)
    assert wanted in done.out + done.err and message in done.out + done.err
    if service == 'ATHENA':
        # Who may not run statements still has the tables.
        assert {'plain', 'plain_changes'} <= catalog.names()


@pytest.fixture(scope='module')
def lake_once(tmp_path_factory):
    sluice, made = conftest.Sluice(tmp_path_factory.mktemp('lake')), conftest.create_database()
    place = conftest.Bucket(f'proof/{made.name}')
    made.execute("CREATE TABLE plain (id int PRIMARY KEY); INSERT INTO plain VALUES (1)")
    sluice.replicate(made, place)
    yield sluice, made, place
    conftest.drop_database(made)


def test_check_and_validate_look_at_the_catalog(catalog, database, sluice, bucket):
    """Nothing is made; what is missing or refused has its remedy."""
    database.execute(TABLES)
    sluice.replicate(database, bucket)

    def look(command, expect, **environment):
        done = sluice.finish_as(sluice.start_on_slot(command, database, bucket, config=with_athena(), environment={**catalog.environment, **environment}), expect)
        return re.sub(r' +', ' ', done.out)

    assert f'ok glue the catalog has no database {DATABASE} yet' in look('check', 0)
    missing = look('validate', 1)
    for name in ('invoices', 'invoices_changes', 'plain'):
        assert f'the catalog lacks {DATABASE}.{name}; run sluice athena repair' in missing
    assert catalog.glue.get_databases()['DatabaseList'] == []
    athena(sluice, database, bucket, 'setup', environment=catalog.environment)
    catalog.make_views(['invoices', 'plain', 'own_days'])
    assert f'ok glue the catalog has database {DATABASE}' in look('check', 0)
    assert 'catalog' not in look('validate', 0)
    catalog.change('invoices', lambda table: table['StorageDescriptor']['Columns'].pop(1))
    assert f"FAIL invoices the catalog's {DATABASE}.invoices is not what the files are" in look('validate', 1)
    athena(sluice, database, bucket, 'repair', environment=catalog.environment)
    look('validate', 0)
    for service, action in (('GLUE', 'glue:GetDatabase'), ('ATHENA', 'athena:StartQueryExecution')):
        with refusing('AccessDeniedException', 'no') as endpoint:
            refused = {f'AWS_ENDPOINT_URL_{service}': endpoint}
            assert f'Allow {action}' in look('check', 1, **refused)
            assert re.search('FAIL catalog .*Allow ' + action.split(':')[0], look('validate', 1, **refused))


def test_what_cannot_be_a_catalog_is_refused(database, sluice, folder, bucket):
    def refused(place, config):
        return athena(sluice, database, place, 'setup', expect=78, config=config).err

    assert 'athena' in refused(folder, with_athena())
    assert 'athena.database' in refused(bucket, {})
    assert 'lz4' in refused(bucket, with_athena({'parquet': {'compression': 'lz4'}}))


# MARK: the SQL


def declared(text):
    """Table -> (column -> type in DuckDB, folder columns) of the statements that were printed; each has to be understood."""
    tables = {}
    for statement in re.findall(r'^CREATE EXTERNAL TABLE .*?^\);$', text, re.MULTILINE | re.DOTALL):
        parsed = sqlglot.parse_one(statement.rstrip(';'), read='hive', error_level=sqlglot.ErrorLevel.RAISE)
        assert isinstance(parsed, sqlglot.exp.Create)
        columns = {definition.name: definition.args['kind'].sql('duckdb') for definition in parsed.this.expressions}
        keys = next((property.this for property in parsed.args['properties'].expressions
                     if isinstance(property, sqlglot.exp.PartitionedByProperty)), None)
        tables[parsed.this.this.name] = columns, [key.name for key in keys.expressions] if keys else []
    return tables


def kind(declared_type, actual):
    """A column as Athena reads it. What lies in the file as a number or as bytes is shown as that; DuckDB knows better."""
    if (actual, declared_type) in {('TIME', 'BIGINT'), ('UUID', 'BLOB')}:
        return None
    return declared_type


def test_declared_types_show_every_value(tmp_path):
    made = conftest.create_database()
    try:
        made.load(FIXTURES / 'types.sql')
        sluice, place = conftest.Sluice(tmp_path), conftest.Folder(tmp_path / 'lake')
        sluice.backfill(made, place, '--mode', 'full', config=test_values.CONFIG)
        done = sluice.finish_as(sluice.start_on_slot('athena sql', made, place, config=test_values.CONFIG), 0)
        tables = declared(done.out)
        assert set(tables) == {lake_name('public', table) for table in test_values.TABLES}

        def rows(path, columns):
            types, _ = tables[pathlib.Path(path).relative_to(place.path).parts[0]]
            with duckdb.connect(config={'threads': 2, 'autoinstall_known_extensions': False}) as connection:
                connection.execute("SET TimeZone = 'UTC'")
                literal = "'" + str(path).replace("'", "''") + "'"
                source = f'read_parquet({literal}, hive_partitioning = false)'
                actual = [row[1] for row in connection.execute(f'DESCRIBE SELECT * FROM {source}').fetchall()]
                aliases = [f'c{index}' for index in range(len(columns))]
                items = []
                for (name, carrier), alias, present in zip(columns, aliases, actual):
                    wanted = kind(types[name.lower()], present)
                    items.append(carrier.duckdb(f'CAST({alias} AS {wanted})' if wanted else alias))
                found = connection.execute(f'SELECT {", ".join(items)} FROM {source} AS t({", ".join(aliases)})').fetchall()
            maps = [type(carrier).__name__ == 'Map' for _, carrier in columns]
            return [tuple(None if item is None else carrier.from_reader(list(zip(*item)) if is_map and not isinstance(item, dict) else item)
                          for (_, carrier), item, is_map in zip(columns, row, maps)) for row in found]

        assert compare(made.url, place.url, options=test_values.OPTIONS, readers={'declared': rows}) == []
    finally:
        conftest.drop_database(made)


class Declared(test_live_view.Reader):
    """DuckDB over a lake, with the tables that the printed statements declare and nothing else."""

    text = ''

    def __init__(self, folder, present, tables):
        self.connection = duckdb.connect(config={'threads': 2, 'autoinstall_known_extensions': False})
        self.connection.execute("SET TimeZone = 'UTC'")
        for name, (types, keys) in declared(self.text).items():
            there = {column.lower(): column for column in self.columns(folder, present, name)}
            items = [f'CAST({quote(there[column]) if column in there else "NULL"} AS {type}) AS {quote(column)}'
                     for column, type in types.items()]
            items += [f"CAST(regexp_extract(filename, '/{part}=(\\d+)/', 1) AS INT) AS {quote(key)}"
                      for key, part in zip(keys, ('year', 'month', 'day'))]
            source = test_live_view.source(folder, name).replace('hive_partitioning = true', 'hive_partitioning = false')
            origin = f' FROM {source[:-1]}, filename = true)' if there else ' WHERE false'
            if not there:
                items = [item if 'filename' not in item else f'CAST(NULL AS INT) AS {quote(key)}' for item, key in
                         zip(items, [*types, *keys])]
            self.connection.execute(f'CREATE VIEW {quote(name)} AS SELECT {", ".join(items)}{origin}')


CHOSEN = ['rows move to other days', 'large values move', 'truncated', 'tables without days', 'columns are added and dropped',
          'columns become wider', 'deleted rows are kept', 'rows without a key are added', 'midnight in other time zones']


def test_views_over_the_declared_tables_are_the_tables(monkeypatch, tmp_path):
    """What is printed, executed: the tables as declared, the views over them, row by row what PostgreSQL has."""
    monkeypatch.setattr(test_live_view, 'Reader', Declared)
    sluice, place, made = conftest.Sluice(tmp_path), conftest.Folder(tmp_path / 'lake'), conftest.create_database()
    try:
        chosen = [SCENARIOS[name] for name in CHOSEN]
        tables = {table: kept for each in chosen for table, kept in each.tables.items()}
        config = settings(tables)
        made.execute('CREATE EXTENSION hstore; ' + GRAVES)
        for each in chosen:
            made.execute(each.setup)
        made.execute('CREATE PUBLICATION sluice FOR TABLES IN SCHEMA public WITH (publish_via_partition_root = true)')
        sluice.replicate(made, place, config=config)
        for each in chosen:
            for transactions in each.rounds:
                run(made, transactions)
        sluice.replicate(made, place, config=config)
        for _ in ('pending', 'taken up'):
            Declared.text = sluice.finish_as(sluice.start_on_slot('athena sql', made, place, config=config), 0).out
            statements, reasons = test_live_view.printed(sluice, made, place, config=config)
            assert reasons == {} and set(statements) == {lake_name('public', table) for table in tables}
            assert set(declared(Declared.text)) == {name + suffix for name in statements for suffix in ('', '_changes')}
            assert test_live_view.compare_views(made, place, tables, statements) == []
            sluice.rewrite(made, place, config=config)
    finally:
        conftest.drop_database(made)
