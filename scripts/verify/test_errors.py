"""What goes wrong is said in a way that tells what to do, with the exit code that the kind of mistake has."""

import re
import socket

import pytest

import lake
from compare import compare
from conftest import Bucket, Folder

ONE_TABLE = "CREATE TABLE events (id int PRIMARY KEY, name text, created_at timestamptz); INSERT INTO events VALUES (1, 'a', '2025-01-10 10:00+00')"


def last_line(run):
    return run.err.strip().splitlines()[-1]


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


# MARK: the database


def test_nobody_listens(sluice, folder):
    port = free_port()
    run = sluice.backfill(f'postgresql://alice:open-sesame@127.0.0.1:{port}/billing', folder, expect=1)
    for word in ('127.0.0.1', str(port), 'alice'):
        assert word in run.err, run.err
    assert 'open-sesame' not in run.out + run.err


def test_wrong_password(database, sluice, folder):
    run = sluice.backfill(database.as_role(database.user, 'open-sesame'), folder, expect=1)
    assert 'password' in run.err and database.user in run.err and str(database.port) in run.err
    assert 'open-sesame' not in run.out + run.err


@pytest.mark.parametrize('level', ['trace', 'debug'])
def test_passwords_are_not_logged_at_any_level(database, sluice, folder, level):
    database.execute(ONE_TABLE)
    # The runner looks for the password in all that is printed.
    sluice.backfill(database, folder, '--mode', 'full', '--log-level', level)


def test_unknown_database(database, sluice, folder):
    run = sluice.backfill(database.url.replace(database.name, 'no_such_database'), folder, expect=1)
    assert 'no_such_database' in run.err


def test_unknown_table(database, sluice, folder):
    database.execute(ONE_TABLE)
    run = sluice.backfill(database, folder, '--mode', 'full', '--table', 'evnets', '--table', 'events', expect=1)
    assert 'evnets' in run.err


def test_permission_denied(database, sluice, folder):
    """The other tables are exported all the same."""
    database.execute(ONE_TABLE)
    database.execute("CREATE TABLE closed AS SELECT * FROM events; CREATE TABLE other AS SELECT * FROM events;"
                     "CREATE ROLE sluice_limited LOGIN PASSWORD 'limited'; GRANT SELECT ON events, other TO sluice_limited")
    try:
        run = sluice.backfill(database.as_role('sluice_limited', 'limited'), folder, '--mode', 'full', '--table', 'events', '--table', 'closed',
                              '--table', 'other', expect=1)
    finally:
        database.execute('DROP OWNED BY sluice_limited; DROP ROLE sluice_limited')
    assert re.search(r'ERROR.*closed', run.err) and 'ermission denied' in run.err and 'GRANT' in run.err, run.err
    assert compare(database.url, folder.url, [('public', 'events'), ('public', 'other')]) == []


def test_row_level_security(database, sluice, tmp_path):
    """Rows that a policy hides would be missing in the lake: better no export than half of one."""
    database.execute(ONE_TABLE)
    database.execute("INSERT INTO events VALUES (2, 'b', '2025-01-10 10:00+00'); ALTER TABLE events ENABLE ROW LEVEL SECURITY;"
                     "CREATE POLICY some_rows ON events USING (id = 1); CREATE TABLE other AS SELECT 1 AS id;"
                     "CREATE ROLE sluice_limited LOGIN PASSWORD 'limited'; GRANT SELECT ON events, other TO sluice_limited")
    limited, full = Folder(tmp_path / 'limited'), Folder(tmp_path / 'full')
    try:
        run = sluice.backfill(database.as_role('sluice_limited', 'limited'), limited, '--mode', 'full', expect=1)
    finally:
        database.execute('DROP OWNED BY sluice_limited; DROP ROLE sluice_limited')
    assert re.search(r'ERROR.*events.*row-level security.*BYPASSRLS', run.err), run.err
    assert compare(database.url, limited.url, [('public', 'other')]) == []
    sluice.backfill(database, full, '--mode', 'full')
    assert compare(database.url, full.url) == []


@pytest.mark.parametrize('column, said', [('updated_at', 'updated_at'), ('name', 'text'), ('id', 'integer'), ('Created_At', 'Created_At')])
def test_partition_column_missing_or_of_a_wrong_type(database, sluice, folder, column, said):
    database.execute(ONE_TABLE)
    config = {'tables': [{'table': 'events', 'partition_by': column}]}
    run = sluice.backfill(database, folder, '--mode', 'full', config=config, expect=1)
    assert 'events' in run.err and column in run.err and said in run.err, run.err
    assert not folder.path.exists() or lake.objects(folder.path) == []


# MARK: usage


@pytest.mark.parametrize('arguments, said', [
    (['--date', '2025-13-01'], 'YYYY-MM-DD'),
    (['--date', '2025-02-29'], '2025-02-29'),
    (['--date', '01.02.2025'], 'YYYY-MM-DD'),
    (['--date', '2025-1-1'], 'YYYY-MM-DD'),
    (['--from', 'yesterday', '--to', '2025-01-01'], 'YYYY-MM-DD'),
    (['--from', '2025-01-02', '--to', '2025-01-01'], '2025-01-02'),
    (['--from', '2025-01-02'], '--to'),
    (['--to', '2025-01-02'], '--from'),
    (['--date', '2025-01-02', '--from', '2025-01-01', '--to', '2025-01-03'], '--date'),
    (['--mode', 'full', '--date', '2025-01-02'], '--date'),
    (['--mode', 'half'], 'half'),
    (['--jobs', '0'], 'jobs'),
    (['--jobs', 'many'], 'jobs'),
    (['--table', '"unclosed'], 'unclosed'),
    (['--table', ''], 'table'),
    (['--speed', 'high'], '--speed'),
    (['--log-format', 'xml'], 'xml'),
    (['--log-level', 'loud'], 'loud'),
    (['stray'], 'stray'),
], ids=lambda value: ' '.join(value) if isinstance(value, list) else '')
def test_wrong_usage(sluice, folder, arguments, said):
    run = sluice.backfill('postgresql://nobody@127.0.0.1:1/nothing', folder, *arguments, expect=64)
    assert said in run.err, run.err
    assert not folder.path.exists()


def test_no_database_or_no_lake(sluice, folder):
    for arguments, said in ((['--lake', folder.url], 'SLUICE_DATABASE'), (['--database', 'postgresql://x@127.0.0.1/y'], 'SLUICE_LAKE')):
        run = sluice.finish(sluice.start('backfill', *arguments))
        assert run.code in (64, 78), str(run)
        assert said in run.err, run.err


def test_unknown_command(sluice):
    run = sluice.run('evaporate', expect=64)
    assert 'evaporate' in run.err


def test_help_has_an_example(sluice):
    run = sluice.run('backfill', '--help')
    assert 'sluice backfill --mode full' in run.out, run.out


# MARK: configuration


@pytest.mark.parametrize('text, line, said', [
    ('memory_limit: 512MiB\nmemory: 1\n', 2, ['memory']),
    ('tables:\n  - table: events\n    partition_bye: created_at\n', 3, ['partition_bye']),
    ('tables:\n  - partition_by: created_at\n', 2, ['table']),
    ('memory_limit: a lot\n', 1, ['memory_limit', 'a lot']),
    ('memory_limit: 1KiB\n', 1, ['memory_limit', '1KiB']),
    ('parquet:\n  compression: brotli\n', 2, ['compression', 'brotli', 'snappy']),
    ('tables:\n  - table: events\n    time_zone: Mars/Olympus\n', 3, ['time_zone', 'Mars/Olympus']),
    ('tables:\n  - table: events\n    columns:\n      id:\n        as: decimal(99,2)\n', 5, ['decimal(99,2)']),
    ('lake:\n  url: ftp://somewhere\n', 2, ['ftp://somewhere']),
    ('tables: events\n', 1, ['tables']),
    ('lake: [\n', 2, []),
], ids=lambda value: value.splitlines()[-1].strip() if isinstance(value, str) else '')
def test_wrong_configuration(sluice, tmp_path, text, line, said):
    environment = {'SLUICE_DATABASE': 'postgresql://x@127.0.0.1:1/y'}
    if 'lake' not in text:
        environment['SLUICE_LAKE'] = str(tmp_path / 'lake')
    run = sluice.run('backfill', config=text, environment=environment, expect=78)
    assert re.search(rf'sluice-\w+\.yaml:{line}\b|line {line}\b', run.err), run.err
    for word in said:
        assert word in run.err, run.err


def test_missing_configuration_file(sluice):
    run = sluice.run('backfill', '--config', 'nowhere.yaml', expect=78)
    assert 'nowhere.yaml' in run.err


# MARK: the lake


def test_the_lake_is_a_file(database, sluice, tmp_path):
    database.execute(ONE_TABLE)
    (tmp_path / 'file').write_text('not a folder')
    run = sluice.backfill(database, Folder(tmp_path / 'file'), '--mode', 'full', expect=1)
    assert str(tmp_path / 'file') in run.err, run.err


def test_missing_bucket(database, sluice, moto):
    database.execute(ONE_TABLE)
    place = Bucket('lake', bucket='no-such-bucket', endpoint=moto)
    run = sluice.backfill(database, place, '--mode', 'full', expect=1)
    assert 'no-such-bucket' in run.err and re.search('does not exist|NoSuchBucket|no such bucket', run.err, re.IGNORECASE), run.err


def test_access_denied(database, sluice):
    database.execute(ONE_TABLE)
    run = sluice.backfill(database, Bucket('proof/denied', role='READER_'), '--mode', 'full', expect=1)
    assert re.search('access denied', run.err, re.IGNORECASE) and 's3:PutObject' in run.err, run.err
    # Trying again would change nothing.
    assert 'attempt' not in run.err, run.err


def test_wrong_secret_key(database, sluice):
    database.execute(ONE_TABLE)
    run = sluice.backfill(database, Bucket('proof/forged', secret='guessed-secret-key'), '--mode', 'full', expect=1)
    assert re.search('secret|signature|credentials', run.err, re.IGNORECASE), run.err
    assert 'guessed-secret-key' not in run.out + run.err


def test_no_credentials(database, sluice):
    database.execute(ONE_TABLE)
    place = Bucket('proof/none')
    place.environment = {'AWS_EC2_METADATA_DISABLED': 'true'}
    run = sluice.backfill(database, place, '--mode', 'full', expect=1)
    assert 'credentials' in run.err.lower() and 'AWS_ACCESS_KEY_ID' in run.err, run.err


def test_the_object_store_is_not_there(database, sluice):
    database.execute(ONE_TABLE)
    port = free_port()
    run = sluice.backfill(database, Bucket('proof/none', endpoint=f'http://127.0.0.1:{port}'), '--mode', 'full', expect=1)
    assert f'127.0.0.1:{port}' in run.err or ('127.0.0.1' in run.err and str(port) in run.err), run.err


def test_the_last_line_says_what_failed(database, sluice, folder):
    database.execute(ONE_TABLE)
    run = sluice.backfill(database, folder, '--mode', 'full', '--table', 'evnets', expect=1)
    assert last_line(run), str(run)
    assert 'ERROR' in last_line(run) or 'evnets' in last_line(run) or 'Error' in last_line(run), run.err


def test_fewer_sessions_than_workers(database, sluice, folder):
    """A role that may not open as many sessions as there are workers gets its export all the same."""
    database.execute(ONE_TABLE)
    database.execute("CREATE TABLE other AS SELECT * FROM events; CREATE TABLE third AS SELECT * FROM events;"
                     "CREATE ROLE sluice_limited LOGIN PASSWORD 'open-sesame' CONNECTION LIMIT 2; GRANT SELECT ON events, other, third TO sluice_limited")
    try:
        run = sluice.backfill(database.as_role('sluice_limited', 'open-sesame'), folder, '--mode', 'full', '--jobs', '3')
    finally:
        database.execute('DROP OWNED BY sluice_limited; DROP ROLE sluice_limited')
    assert re.search('WARNING.*2 of the workers.*too many connections', run.err), run.err
    assert compare(database.url, folder.url) == []


def test_a_type_whose_schema_is_closed(database, sluice, folder):
    database.execute("CREATE SCHEMA closed; CREATE EXTENSION ltree SCHEMA closed; CREATE TABLE trees AS SELECT 'a.b'::closed.ltree AS path;"
                     "CREATE ROLE sluice_limited LOGIN PASSWORD 'open-sesame'; GRANT SELECT ON trees TO sluice_limited")
    try:
        run = sluice.backfill(database.as_role('sluice_limited', 'open-sesame'), folder, '--mode', 'full', expect=1)
    finally:
        database.execute('DROP OWNED BY sluice_limited; DROP ROLE sluice_limited')
    assert re.search('ERROR.*trees.*schema closed.*GRANT USAGE', run.err), run.err
