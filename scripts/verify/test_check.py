"""`sluice check` finds what keeps sluice from working, each time with a command that puts it right, and changes nothing."""

import json
import os
import re
import shlex

import psycopg2
import psycopg2.extras
import pytest

import cluster
import lake
from conftest import Bucket, Database, Folder, create_database, drop_database, needed

WELL = """
    CREATE TABLE orders (id int PRIMARY KEY, note text, created_at timestamptz NOT NULL);
    CREATE INDEX ON orders (created_at);
    INSERT INTO orders SELECT n, 'x', '2025-01-01'::timestamptz + n * interval '1 minute' FROM generate_series(1, 30000) n;
    ANALYZE orders;
"""


def check(sluice, database, place, *arguments, expect=None, config=None, environment=None):
    """Runs it as a program would, and returns the findings."""
    url = database if isinstance(database, str) else database.url
    slot = {} if isinstance(database, str) else {'database': {'slot': database.name}}
    run = sluice.finish(sluice.start('check', '--json', '--database', url, *place.arguments, *arguments,
                                     config=place.configured({**slot, **(config or {})}),
                                     environment={**place.environment, **(environment or {})}))
    found = json.loads(run.out)
    assert run.code == (1 if found['failures'] else 0), str(run)
    if expect is not None:
        assert run.code == expect, str(run)
    return found['checks']


def findings(checks, check, subject=None):
    return [found for found in checks if found['check'] == check and (subject is None or found['subject'] == subject)]


def worst(checks, check, subject=None):
    """The worst status of a check, and what puts it right."""
    found = findings(checks, check, subject)
    assert found, (check, subject, checks)
    status = max((each['status'] for each in found), key=['ok', 'warn', 'fail'].index)
    return status, [step['text'] for each in found if each['status'] == status for step in each['remedies']]


@pytest.fixture(scope='module')
def poor():
    """A server with the settings that a fresh one has, and as little room as can be."""
    made = cluster.Cluster('wal_level = replica', 'max_replication_slots = 1', 'max_wal_senders = 1',
                           "synchronous_standby_names = ''", "wal_sender_timeout = '1s'")
    yield made
    made.remove()


def test_all_is_well(database, sluice, place):
    database.execute(WELL)
    checks = check(sluice, database, place, expect=0)
    # The server has other users.
    shared = ('max_slot_wal_keep_size', 'server', 'transactions', 'prepared_transactions', 'other_slots')
    unwell = [found for found in checks if found['status'] != 'ok' and found['check'] not in shared]
    assert unwell == []
    assert {found['group'] for found in checks} >= {'database', 'tables', 'slot', 'lake'}
    if isinstance(place, Folder):
        assert not place.path.exists(), 'the folder was made'
    with lake.opened(place.url, place.store) as folder:
        assert not folder.exists() or [path for path in lake.hidden_objects(folder)] + lake.objects(folder) == []
    assert database.execute('SELECT count(*) FROM pg_publication') == [(0,)]


def test_a_lake_that_is_there_is_left_as_it_was(database, sluice, folder):
    database.execute(WELL)
    sluice.backfill(database, folder, '--mode', 'full')
    before = sorted(str(path) for path in folder.path.rglob('*'))
    checks = check(sluice, database, folder, expect=0)
    assert worst(checks, 'write')[0] == 'ok' and worst(checks, 'read')[0] == 'ok'
    assert sorted(str(path) for path in folder.path.rglob('*')) == before


def test_settings_of_the_server(poor, sluice, folder):
    """A server that cannot be replicated from; exports need nothing of that."""
    poor.database.execute(WELL)
    poor.database.execute("SELECT pg_create_physical_replication_slot('old', true)")
    try:
        checks = check(sluice, poor.url, folder, expect=1)
        assert worst(checks, 'wal_level') == ('fail', ["ALTER SYSTEM SET wal_level = 'logical';", 'Restart the server'])
        status, remedies = worst(checks, 'max_replication_slots')
        assert status == 'fail' and remedies[0] == 'ALTER SYSTEM SET max_replication_slots = 6;', remedies
        # Nothing that is pasted as a whole drops a slot.
        assert remedies[-1].startswith('Or, if nobody needs old any more: SELECT pg_catalog.pg_drop_replication_slot('), remedies
        steps = findings(checks, 'max_replication_slots')[0]['remedies']
        assert not any('drop' in step['text'] for step in steps if step['kind'] != 'advice'), steps
        assert worst(checks, 'wal_sender_timeout')[0] == 'warn'
        status, remedies = worst(checks, 'max_slot_wal_keep_size')
        assert status == 'warn' and re.fullmatch(r"ALTER SYSTEM SET max_slot_wal_keep_size = '\d+GB';", remedies[0])
        assert check(sluice, poor.url, folder, '--for', 'backfill', expect=0)
        # The only process that sends WAL is taken, which is no matter of passwords.
        busy = psycopg2.connect(poor.url, connection_factory=psycopg2.extras.PhysicalReplicationConnection)
        checks = check(sluice, poor.url, folder, expect=1)
        busy.close()
        assert worst(checks, 'max_wal_senders')[0] == 'fail' and worst(checks, 'replication')[0] == 'ok', checks
    finally:
        poor.database.execute("SELECT pg_drop_replication_slot('old')")


def test_the_role(database, sluice, folder):
    """What the role lacks is granted by the very statements that are printed."""
    database.execute(WELL)
    database.execute("""
        CREATE SCHEMA "Odd ""one"; CREATE TABLE "Odd ""one"."Te;st" (id int PRIMARY KEY);
        CREATE TABLE guarded (id int PRIMARY KEY); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
        CREATE ROLE "sluice Checked" LOGIN PASSWORD 'checked'; GRANT SELECT ON guarded TO "sluice Checked"
    """)
    tables = [{'table': 'orders', 'partition_by': 'created_at'}, {'table': '"Odd ""one"."Te;st"'}, {'table': 'guarded'}]
    role = database.as_role('sluice%20Checked', 'checked')
    config = {'tables': tables, 'database': {'slot': database.name}}
    try:
        checks = check(sluice, role, folder, expect=1, config=config)
        assert worst(checks, 'replication') == ('fail', ['ALTER ROLE "sluice Checked" REPLICATION;'])
        assert worst(checks, 'row_security', 'guarded') == ('fail', ['ALTER ROLE "sluice Checked" BYPASSRLS;'])
        assert worst(checks, 'select', 'orders') == ('fail', ['GRANT SELECT ON "public"."orders" TO "sluice Checked";'])
        assert len(worst(checks, 'select', 'Odd "one.Te;st')[1]) == 2
        assert worst(checks, 'publication')[1][0].startswith('CREATE PUBLICATION "sluice" FOR TABLE ')
        for found in checks:
            if found['status'] == 'fail':
                for step in found['remedies']:
                    assert step['kind'] == 'sql', found
                    database.execute(step['text'])
        again = check(sluice, role, folder, expect=0, config=config)
        assert worst(again, 'publication')[0] == 'ok'
    finally:
        database.execute('DROP OWNED BY "sluice Checked"; DROP ROLE "sluice Checked"')


def test_transactions_that_the_role_may_not_look_into(database, sluice, folder):
    """A long one may be among them; with the grant that is printed it is seen."""
    database.execute(WELL)
    database.execute("CREATE ROLE sluice_blind LOGIN REPLICATION PASSWORD 'blind'; GRANT SELECT ON orders TO sluice_blind")
    config = {'tables': [{'table': 'orders'}], 'database': {'slot': database.name}}
    role = database.as_role('sluice_blind', 'blind')
    writer = psycopg2.connect(database.url)
    try:
        writer.cursor().execute("INSERT INTO orders VALUES (-1, 'x', now())")
        status, remedies = worst(check(sluice, role, folder, config=config), 'transactions')
        assert status == 'warn' and remedies[-1] == 'GRANT pg_read_all_stats TO "sluice_blind";', remedies
        database.execute(remedies[-1])
        granted = check(sluice, role, folder, config=config)
        assert not any('GRANT' in step['text'] for found in findings(granted, 'transactions') for step in found['remedies'])
    finally:
        writer.close()
        database.execute('DROP OWNED BY sluice_blind; DROP ROLE sluice_blind')


def test_an_export_leaves_out_what_may_not_be_read(database, sluice, folder):
    database.execute(WELL)
    database.execute("""
        CREATE TABLE hidden (id int PRIMARY KEY); CREATE ROLE sluice_reader LOGIN PASSWORD 'open-sesame';
        GRANT SELECT ON orders TO sluice_reader
    """)
    role = database.as_role('sluice_reader', 'open-sesame')
    try:
        checks = check(sluice, role, folder, '--for', 'backfill', expect=0)
        assert worst(checks, 'select', 'hidden') == ('warn', ['GRANT SELECT ON "public"."hidden" TO "sluice_reader";'])
        sluice.backfill(role, folder, '--mode', 'full')
        named = {'tables': [{'table': 'orders'}, {'table': 'hidden'}]}
        assert worst(check(sluice, role, folder, '--for', 'backfill', expect=1, config=named), 'select', 'hidden')[0] == 'fail'
    finally:
        database.execute('DROP OWNED BY sluice_reader; DROP ROLE sluice_reader')


def test_tables_and_publication(database, sluice, folder):
    database.execute(WELL)
    database.execute("""
        CREATE TABLE keyless (a int); CREATE TABLE silent (id int PRIMARY KEY); ALTER TABLE silent REPLICA IDENTITY NOTHING;
        CREATE TABLE loose (id int PRIMARY KEY, created_at timestamptz, body text);
        CREATE TABLE computed (a int, id int GENERATED ALWAYS AS (a * 2) STORED PRIMARY KEY);
        CREATE TABLE undated (id int PRIMARY KEY, issued_on date NOT NULL);
        CREATE TABLE parted (id int, created_at date NOT NULL, PRIMARY KEY (id, created_at)) PARTITION BY RANGE (created_at);
        CREATE TABLE parted_1 PARTITION OF parted DEFAULT;
        CREATE UNLOGGED TABLE light (id int PRIMARY KEY);
        CREATE PUBLICATION narrow FOR TABLE parted, silent WITH (publish = 'insert');
        INSERT INTO silent VALUES (1)
    """)
    config = {'database': {'slot': database.name, 'publication': 'narrow'}, 'tables': [{'table': '*'}, {'table': 'keyless'}]}
    checks = check(sluice, database, folder, expect=1, config=config)
    assert worst(checks, 'publication') == ('fail', ['ALTER PUBLICATION "narrow" SET (publish_via_partition_root = true);'])
    assert "ALTER PUBLICATION \"narrow\" SET (publish = 'insert, update, delete, truncate');" in [
        step['text'] for found in findings(checks, 'publication') for step in found['remedies']]
    assert worst(checks, 'identity', 'keyless') == ('fail', ['ALTER TABLE "public"."keyless" REPLICA IDENTITY FULL;'])
    status, remedies = worst(checks, 'identity', 'silent')
    assert status in ('warn', 'fail') and remedies == ['ALTER TABLE "public"."silent" REPLICA IDENTITY DEFAULT;']
    assert worst(checks, 'generated_key', 'computed')[0] == 'fail'
    assert worst(checks, 'partition_column', 'loose') == (
        'warn', ['ALTER TABLE "public"."loose" ALTER COLUMN "created_at" SET NOT NULL;'])
    assert worst(checks, 'partition_index', 'loose')[1] == ['CREATE INDEX CONCURRENTLY ON "public"."loose" ("created_at");']
    assert worst(checks, 'partition_column', 'undated') == ('warn', ['partition_by: issued_on'])
    assert worst(checks, 'unlogged', 'light')[0] == 'warn'
    assert 'loose (body)' in worst_message(checks, 'toast')
    # A publication of somebody else's is extended by its owner.
    assert worst(checks, 'table', 'orders')[0] == 'ok'


def worst_message(checks, check):
    return findings(checks, check)[0]['message']


def test_settings_that_do_not_fit(database, sluice, folder):
    database.execute(WELL)
    tables = [{'table': 'orders', 'columns': {'note': {'as': 'uuid'}}}, {'table': 'missing'}]
    checks = check(sluice, database, folder, expect=1, config={'tables': tables})
    assert worst(checks, 'settings', 'orders')[0] == 'fail' and worst(checks, 'table', 'public.missing')[0] == 'fail'


def test_a_slot_that_nobody_reads(database, sluice, folder):
    database.execute(WELL)
    sluice.replicate(database, folder)
    database.execute("INSERT INTO orders SELECT -n, repeat('x', 500), now() FROM generate_series(1, 5000) n")
    checks = check(sluice, database, folder, expect=0)
    status, remedies = worst(checks, 'slot', database.name)
    assert status == 'warn' and 'MiB of WAL' in worst_message(checks, 'slot')
    # For the settings, the database and the lake that were looked at, and without the password.
    command = shlex.split(remedies[0])
    assert command[:2] == ['sluice', 'replicate'] and command[command.index('--lake') + 1] == folder.url, remedies
    assert command[command.index('--database') + 1] == database.url.replace(f':{database.password}@', '@'), remedies
    # And one that does not belong to the lake.
    database.execute(f"SELECT pg_replication_slot_advance('{database.name}', pg_current_wal_lsn())")
    assert worst(check(sluice, database, folder, expect=1), 'checkpoint')[0] == 'fail'


def test_a_database_that_cannot_be_reached_hides_nothing(database, sluice, folder):
    url = 'postgresql://alice:open-sesame@127.0.0.1:1/billing'
    run = sluice.run('check', '--database', url, *folder.arguments, expect=1)
    assert re.search(r"fail +server .*cannot connect", run.out) and re.search(r'ok +write', run.out), run.out
    assert "psql 'postgresql://alice@127.0.0.1:1/billing'" in run.out
    assert 'open-sesame' not in run.out + run.err and '\x1b' not in run.out


@pytest.mark.parametrize('kind', ['file', 'missing bucket', 'denied', 'no credentials', 'elsewhere'])
def test_a_lake_that_cannot_be_used_hides_nothing(database, sluice, tmp_path, moto, kind):
    database.execute(WELL)
    environment = {}
    if kind == 'file':
        (tmp_path / 'file').write_text('in the way')
        place = Folder(tmp_path / 'file' / 'lake')
    elif kind == 'missing bucket':
        place = Bucket('lake', bucket='no-such-bucket', endpoint=moto)
    elif kind == 'denied':
        place = Bucket('proof/denied', role='READER_')
    elif kind == 'no credentials':
        place = Bucket('proof/nobody')
        environment = {'AWS_ACCESS_KEY_ID': '', 'AWS_SECRET_ACCESS_KEY': ''}
    else:
        place = Bucket('proof/elsewhere', endpoint='http://127.0.0.1:1')
        environment = {'AWS_MAX_ATTEMPTS': '1'}
    checks = check(sluice, database, place, expect=1, environment=environment)
    # Into a bucket that is missing nothing is written: some servers would make it.
    status, remedies = worst(checks, 'read' if kind == 'missing bucket' else 'write')
    assert status == 'fail' and remedies, checks
    assert (findings(checks, 'write') == []) == (kind == 'missing bucket')
    assert worst(checks, 'table', 'orders')[0] == 'ok'
    wanted = {'file': 'lake: { url', 'missing bucket': f'aws s3 mb s3://no-such-bucket --region us-east-1 --endpoint-url {moto}', 'denied': 's3:PutObject',
              'no credentials': 'AWS_ACCESS_KEY_ID', 'elsewhere': 'lake.endpoint'}
    assert wanted[kind] in ' '.join(remedies), remedies


def test_who_we_are(database, sluice, moto):
    """On AWS the token service says it."""
    database.execute(WELL)
    place = Bucket('lake', bucket='no-such-bucket', endpoint=moto)
    checks = check(sluice, database, place, environment={'AWS_ENDPOINT_URL_STS': moto})
    status, _ = worst(checks, 'identity')
    assert status == 'ok' and 'arn:aws:' in findings(checks, 'identity')[0]['message']
    assert findings(checks, 'metrics') == []
    # And CloudWatch, where it is configured.
    watched = check(sluice, database, place, config={'monitoring': {'cloudwatch': {'region': 'us-east-1'}}},
                    environment={'AWS_ENDPOINT_URL': moto})
    assert worst(watched, 'metrics')[0] == 'ok', watched
    # The group is made by the first run that logs; whether it may is not known before.
    assert worst(watched, 'logs') == ('warn', ['aws logs create-log-group --log-group-name /aws/tokyo-ia/etl/dev']), watched
