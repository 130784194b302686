"""What goes wrong around the stream: servers that restart, sessions that are ended, stores that refuse, hang or answer
late, processes that fight for a slot, slots and lakes that do not belong together."""

import json
import pathlib
import re
import shutil
import signal
import time

import psycopg2
import psycopg2.extras
import pyarrow.parquet
import pytest

import changes
import conftest
import lake
import load
from cluster import Cluster
from test_crashes import SlowServer
from test_stream import checkpoint, confirmed
from test_stream_crashes import FLUSH, check, ids
from witness import Witness, position

TABLE = 'CREATE TABLE t (id bigint PRIMARY KEY, note text); CREATE PUBLICATION sluice FOR TABLE t'


@pytest.fixture
def source():
    made = conftest.create_database()
    made.execute(load.TABLES)
    made.execute('CREATE PUBLICATION sluice FOR ALL TABLES')
    yield made
    conftest.drop_database(made)


@pytest.fixture
def simple(database):
    database.execute(TABLE)
    return database


def until(condition, seconds=90, what='it'):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f'{what} did not happen within {seconds} seconds'
        time.sleep(0.05)


def end(sluice, process, code=0, sent=signal.SIGTERM):
    process.send_signal(sent)
    run = sluice.finish(process, 60)
    assert run.code == code, str(run)
    return run


# MARK: the database


@pytest.mark.parametrize('mode', ['fast', 'immediate'])
def test_the_server_restarts_again_and_again(sluice, folder, mode):
    cluster = Cluster()
    try:
        made = cluster.database
        made.execute(load.TABLES)
        made.execute('CREATE PUBLICATION sluice FOR ALL TABLES')
        witness = Witness(made, slot='witness')
        process = sluice.start_replicating(made, folder, config=FLUSH)
        until(lambda: (folder.path / '_sluice/postgres/checkpoint.json').exists(), what='the first checkpoint')
        since = position(checkpoint(folder, 'postgres')['generations'][0]['position'])
        for number in range(3):
            with load.Load(made, seed=number, pause=0.05):
                time.sleep(1.5)
            cluster.stop(mode, seconds=60)
            time.sleep(0.3)
            cluster.start()
        run = end(sluice, process)
        assert run.err.count('connects again') >= 3
        assert check(sluice, made, folder, witness, since) > 100
    finally:
        cluster.remove()


def test_the_server_is_away_for_a_while(sluice, folder):
    cluster = Cluster()
    try:
        made = cluster.database
        made.execute(TABLE)
        process = sluice.start_replicating(made, folder, config=FLUSH)
        until(lambda: confirmed_or_none(made), what='the slot')
        cluster.stop('fast', seconds=60)
        time.sleep(4)
        assert process.poll() is None, str(sluice.finish(process))
        cluster.start()
        made.execute("INSERT INTO t VALUES (1, 'x')")
        until(lambda: ids(folder) == [1], what='the change')
        run = end(sluice, process)
        assert run.err.count('cannot connect') >= 2
    finally:
        cluster.remove()


def test_commits_of_its_own_wait_for_no_standby(sluice, folder):
    """With synchronous_standby_names = '*' the standby that they would wait for is the stream itself, which has not begun."""
    cluster = Cluster("synchronous_standby_names = '*'")
    try:
        cluster.database.execute("SET synchronous_commit = 'local'; CREATE TABLE t (id bigint PRIMARY KEY); INSERT INTO t VALUES (1)")
        sluice.finish_as(sluice.start_replicating(cluster.database, folder, '--until-caught-up'), 0, seconds=90)
        assert (folder.path / 't').is_dir()
    finally:
        cluster.remove()


def test_the_walsender_is_ended_again_and_again(source, sluice, folder):
    witness = Witness(source, slot=f'{source.name}_w')
    process = sluice.start_replicating(source, folder, config=FLUSH)
    until(lambda: source.execute('SELECT 1 FROM pg_stat_replication r JOIN pg_replication_slots s ON s.active_pid = r.pid'
                                 ' WHERE s.slot_name = %s', (source.name,)), what='the connection')
    with load.Load(source, pause=0.05):
        for _ in range(5):
            time.sleep(0.7)
            # The pauses between connections grow.
            until(lambda: source.execute('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots'
                                         ' WHERE slot_name = %s AND active_pid IS NOT NULL', (source.name,)), what='the next connection')
    run = end(sluice, process)
    assert run.err.count('connects again') >= 3
    assert check(sluice, source, folder, witness, 0) > 100


def test_a_fast_shutdown_does_not_wait_for_the_next_flush(sluice, folder):
    """The server waits until its reader has everything: changes are flushed early instead of in an hour."""
    cluster = Cluster()
    try:
        made = cluster.database
        made.execute(TABLE)
        process = sluice.start_replicating(made, folder, config={'flush': {'max_interval': '1h'}})
        until(lambda: confirmed_or_none(made), what='the slot')
        time.sleep(1)
        made.execute("INSERT INTO t VALUES (1, 'x')")
        time.sleep(0.5)
        cluster.stop('fast', seconds=120)
        cluster.start()
        end(sluice, process)
        assert ids(folder) == [1]
    finally:
        cluster.remove()


def confirmed_or_none(made):
    rows = made.execute('SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = %s AND active', (made.name,))
    return rows[0][0] if rows else None


def test_an_idle_stream_does_not_hold_wal_back(simple, sluice, folder):
    """WAL of tables that nobody publishes is confirmed as well."""
    simple.execute('CREATE TABLE other (id int, filler text)')
    process = sluice.start_replicating(simple, folder)
    until(lambda: confirmed_or_none(simple), what='the slot')
    simple.execute("INSERT INTO other SELECT g, repeat('x', 500) FROM generate_series(1, 20000) g")
    written = simple.execute('SELECT pg_current_wal_flush_lsn()')[0][0]
    until(lambda: position(confirmed(simple)) >= position(written), 60, 'the confirmation')
    assert position(confirmed(simple)) <= position(checkpoint(folder, simple.name)['position'])
    end(sluice, process)


# MARK: ends


def test_sigterm_brings_everything_into_the_lake(simple, sluice, place):
    process = sluice.start_replicating(simple, place, config={'flush': {'max_interval': '1h'}})
    until(lambda: confirmed_or_none(simple), what='the slot')
    simple.execute("INSERT INTO t SELECT g, 'x' FROM generate_series(1, 1000) g")
    time.sleep(1)
    end(sluice, process)
    assert ids(place) == list(range(1, 1001))
    assert confirmed(simple) == checkpoint(place, simple.name)['position']


def test_sigterm_while_the_slot_waits_for_a_transaction(simple, sluice, folder):
    writer = psycopg2.connect(simple.url)
    try:
        writer.cursor().execute("INSERT INTO t VALUES (1, 'x')")
        process = sluice.start_replicating(simple, folder)
        time.sleep(2)
        process.send_signal(signal.SIGTERM)
        run = sluice.finish(process, 10)
        assert run.code == 0 and 'this waits for' in run.err, str(run)
        assert simple.execute('SELECT 1 FROM pg_replication_slots WHERE slot_name = %s', (simple.name,)) == []
    finally:
        writer.close()


def test_sigterm_before_a_load_is_tried_again(simple, sluice, folder):
    sluice.replicate(simple, folder)
    simple.execute('CREATE TABLE late (id bigint PRIMARY KEY); ALTER PUBLICATION sluice ADD TABLE late')
    writer = psycopg2.connect(simple.url)
    try:
        writer.cursor().execute('INSERT INTO late VALUES (1)')
        process = sluice.start_replicating(simple, folder)
        ended = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND query LIKE %s AND pid <> pg_backend_pid()'
        until(lambda: simple.execute(ended, (simple.name, 'WITH RECURSIVE tree%')), what='the load')
        time.sleep(1)
        run = end(sluice, process)
        assert 'tries again to load' in run.err
    finally:
        writer.close()


def test_until_lsn(simple, sluice, folder):
    sluice.replicate(simple, folder)
    simple.execute("INSERT INTO t VALUES (1, 'x')")
    end_of_first = simple.execute('SELECT pg_current_wal_insert_lsn()')[0][0]
    simple.execute("INSERT INTO t VALUES (2, 'x')")
    sluice.replicate(simple, folder, '--until-lsn', end_of_first)
    assert 1 in ids(folder)


def test_sigterm_within_a_long_transaction_gives_up_what_comes_again(simple, sluice, folder):
    process = sluice.start_replicating(simple, folder, config={'flush': {'max_interval': '1h'}})
    until(lambda: confirmed_or_none(simple), what='the slot')
    simple.execute("INSERT INTO t SELECT g, repeat('x', 500) FROM generate_series(1, 700000) g")
    time.sleep(0.5)
    run = end(sluice, process)
    sluice.replicate(simple, folder)
    assert ids(folder) == list(range(1, 700_001)), str(run)


def test_sigterm_while_tables_are_loaded(simple, sluice, place):
    simple.execute("INSERT INTO t SELECT g, repeat('x', 500) FROM generate_series(1, 300000) g")
    process = sluice.start_replicating(simple, place)
    until(lambda: confirmed_or_none(simple), what='the slot')
    end(sluice, process)
    simple.execute("INSERT INTO t VALUES (1000000, 'late')")
    sluice.replicate(simple, place)
    assert changes.History(simple.url, place, 't').folded(place, ('id',)) == changes.History(simple.url, place, 't').truth


def test_sigterm_while_it_waits_for_the_slot(simple, sluice, folder):
    sluice.replicate(simple, folder)
    simple.execute('SELECT pg_logical_emit_message(true, %s, %s)', ('x', 'y'))
    holder = psycopg2.connect(simple.url, connection_factory=psycopg2.extras.LogicalReplicationConnection)
    holder.cursor().start_replication(slot_name=simple.name, options={'proto_version': '1', 'publication_names': 'sluice'})
    process = sluice.start_replicating(simple, folder)
    time.sleep(1)
    run = end(sluice, process)
    holder.close()
    assert 'in use by the server process' in run.err


# MARK: two processes


def test_a_load_beyond_the_wanted_end_makes_no_small_files(simple, sluice, folder):
    sluice.replicate(simple, folder)
    simple.execute('CREATE TABLE late (id bigint PRIMARY KEY); ALTER PUBLICATION sluice ADD TABLE late')
    writer = psycopg2.connect(simple.url)
    try:
        writer.cursor().execute('INSERT INTO late VALUES (1)')
        process = sluice.start_replicating(simple, folder, '--until-caught-up')
        for number in range(100):
            simple.execute('INSERT INTO t VALUES (%s)', (number,))
            time.sleep(0.02)
    finally:
        writer.close()
    run = sluice.finish_as(process, 0)
    assert run.err.count('flushed') < 5, str(run)


def test_the_second_process_waits_for_the_first(simple, sluice, folder, tmp_path):
    first = sluice.start_replicating(simple, folder)
    output = sluice.output
    until(lambda: confirmed_or_none(simple), what='the slot')
    (tmp_path / 'other').mkdir()
    other = conftest.Sluice(tmp_path / 'other')
    second = other.start_replicating(simple, folder)
    time.sleep(1)
    simple.execute("INSERT INTO t VALUES (1, 'x')")
    sluice.output = output
    end(sluice, first)
    until(lambda: confirmed_or_none(simple), what='the second connection')
    simple.execute("INSERT INTO t VALUES (2, 'x')")
    time.sleep(0.5)
    run = end(other, second)
    assert 'in use by the server process' in run.err
    assert ids(folder) == [1, 2]


def test_a_process_that_was_frozen_does_no_harm(simple, sluice, place, tmp_path):
    """While it stands still another takes over; when it wakes up it ends, and its changes are there once."""
    first = sluice.start_replicating(simple, place, config={'flush': {'max_interval': '2s'}})
    output = sluice.output
    until(lambda: confirmed_or_none(simple), what='the slot')
    time.sleep(0.5)
    simple.execute("INSERT INTO t VALUES (1, 'x')")
    time.sleep(0.7)
    first.send_signal(signal.SIGSTOP)
    simple.execute('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = %s', (simple.name,))
    (tmp_path / 'other').mkdir()
    other = conftest.Sluice(tmp_path / 'other')
    other.replicate(simple, place)
    simple.execute("INSERT INTO t VALUES (2, 'x')")
    first.send_signal(signal.SIGCONT)
    sluice.output = output
    run = sluice.finish(first, 60)
    assert run.code == 1 and 'another process has taken over' in run.err, str(run)
    other.replicate(simple, place)
    assert ids(place) == [1, 2]


# MARK: the store


def test_a_slow_store_does_not_lose_the_connection(simple, sluice, bucket):
    """The server ends sessions that are silent for a second; each upload takes three."""
    simple.execute(f"ALTER ROLE postgres IN DATABASE {simple.name} SET wal_sender_timeout = '1s'")
    sluice.replicate(simple, bucket)
    simple.execute("INSERT INTO t SELECT g, 'x' FROM generate_series(1, 100) g")
    with SlowServer(bucket.endpoint, 3) as slow:
        place = conftest.Bucket(bucket.url.split('/', 3)[3], endpoint=slow.endpoint)
        run = sluice.replicate(simple, place)
    assert 'connects again' not in run.err
    assert ids(bucket) == list(range(1, 101))


def test_a_store_that_refuses_ends_the_process_with_a_remedy(simple, sluice, bucket):
    sluice.replicate(simple, bucket)
    simple.execute("INSERT INTO t VALUES (1, 'x')")
    reader = conftest.Bucket(bucket.url.split('/', 3)[3], role='READER_')
    run = sluice.replicate(simple, reader, expect=1)
    assert 'denied' in run.err.lower()
    sluice.replicate(simple, bucket)
    assert ids(bucket) == [1]


# MARK: what belongs together


@pytest.mark.parametrize('what', ['a flush', 'a transaction'])
def test_a_full_disk_is_waited_for(simple, sluice, folder, tmp_path, what):
    """The folder for spills lies in a file system of 4 MiB that only the program sees, until there is more room."""
    mount, room = tmp_path / 'small', tmp_path / 'room'
    mount.mkdir()
    script = (f'mount -t tmpfs -o size=4m tmpfs {mount} && touch {tmp_path}/mounted;'
              f' (while [ ! -e {room} ]; do sleep 0.1; done; rm -f {mount}/filler; mount -o remount,size=400m {mount}) &'
              f' [ "{what}" = "a transaction" ] || dd if=/dev/zero of={mount}/filler bs=4k count=1015 2>/dev/null;'
              ' exec "$@"')
    wrapper = ['unshare', '--mount', '--map-root-user', '--user', 'sh', '-c', script, 'sh']
    config = {'spill_directory': str(mount), 'memory_limit': '16MiB', 'flush': {'max_size': '1MiB', 'max_interval': '1s'}}
    sluice.replicate(simple, folder)
    process = sluice.start_replicating(simple, folder, config=config, wrapper=wrapper)
    until(lambda: confirmed_or_none(simple), what='the connection')
    count = 3_000 if what == 'a flush' else 300_000
    simple.execute('INSERT INTO t SELECT g, md5(g::text) FROM generate_series(0, %s) g', (count - 1,))
    time.sleep(6)
    assert process.poll() is None, str(sluice.finish(process))
    assert ids(folder) == []
    room.touch()
    until(lambda: len(ids(folder)) == count, seconds=60, what='the changes')
    run = end(sluice, process)
    assert 'the disk is full' in run.err
    assert sorted(ids(folder)) == list(range(count))


def test_a_slot_that_is_gone_is_noticed(simple, sluice, folder):
    sluice.replicate(simple, folder)
    simple.execute('SELECT pg_drop_replication_slot(%s)', (simple.name,))
    run = sluice.replicate(simple, folder, expect=1)
    assert 'is gone' in run.err and 'sluice drop' in run.err


def test_a_slot_that_somebody_else_has_read_is_noticed(simple, sluice, folder):
    sluice.replicate(simple, folder)
    simple.execute("INSERT INTO t VALUES (1, 'x')")
    simple.execute('SELECT count(*) FROM pg_logical_slot_get_binary_changes(%s, NULL, NULL, %s, %s, %s, %s)',
                   (simple.name, 'proto_version', '1', 'publication_names', 'sluice'))
    run = sluice.replicate(simple, folder, expect=1)
    assert 'is ahead of the lake' in run.err


def test_a_slot_behind_the_checkpoint_is_only_behind(simple, sluice, folder):
    """A server that crashed may have forgotten what was confirmed: what comes again is dropped."""
    sluice.replicate(simple, folder)
    simple.execute('SELECT pg_copy_logical_replication_slot(%s, %s)', (simple.name, 'behind'))
    simple.execute("INSERT INTO t VALUES (1, 'x')")
    sluice.replicate(simple, folder)
    simple.execute('SELECT pg_drop_replication_slot(%s)', (simple.name,))
    simple.execute('SELECT pg_copy_logical_replication_slot(%s, %s)', ('behind', simple.name))
    simple.execute("INSERT INTO t VALUES (2, 'x')")
    sluice.replicate(simple, folder)
    assert ids(folder) == [1, 2]


def test_a_lake_of_another_cluster_is_refused(simple, sluice, folder):
    sluice.replicate(simple, folder)
    path = folder.path / '_sluice' / simple.name / 'checkpoint.json'
    document = json.loads(path.read_text())
    document['source']['system'] = '1'
    path.write_text(json.dumps(document))
    run = sluice.replicate(simple, folder, expect=1)
    assert 'another database' in run.err


def test_a_lost_slot_is_noticed(sluice, folder):
    cluster = Cluster("max_slot_wal_keep_size = '1MB'", "max_wal_size = '32MB'")
    try:
        made = cluster.database
        made.execute(TABLE)
        sluice.replicate(made, folder)
        for _ in range(5):
            made.execute("INSERT INTO t SELECT g, repeat('x', 100) FROM generate_series(1, 1000) g; DELETE FROM t; SELECT pg_switch_wal()")
        connection = psycopg2.connect(made.url)
        connection.autocommit = True
        connection.cursor().execute('CHECKPOINT')
        connection.close()
        run = sluice.replicate(made, folder, expect=1)
        assert 'is lost' in run.err and 'sluice drop' in run.err, str(run)
    finally:
        cluster.remove()


# MARK: the database refuses


def test_a_role_without_replication_is_told_so(simple, sluice, folder):
    simple.execute('GRANT CONNECT ON DATABASE {0} TO sluice_restricted'.format(simple.name))
    run = sluice.replicate(simple.as_role('sluice_restricted', restricted_password()), folder, expect=78)
    assert 'ALTER ROLE sluice_restricted REPLICATION' in run.err


def restricted_password():
    from urllib.parse import urlsplit

    return urlsplit(conftest.needed('SLUICE_TEST_POSTGRES_RESTRICTED')).password


def test_a_table_without_key_is_left_out(database, sluice, folder):
    """Published, its UPDATEs would fail in the application."""
    database.execute("""
        CREATE TABLE keyed (id int PRIMARY KEY); CREATE TABLE keyless (id int);
        CREATE TABLE "Odd one" (id int PRIMARY KEY); ALTER TABLE "Odd one" REPLICA IDENTITY NOTHING
    """)
    run = sluice.replicate(database, folder)
    assert 'keyless has no primary key and is left out' in run.err
    assert 'Odd one has replica identity NOTHING and is left out' in run.err
    assert 'run ALTER TABLE "public"."Odd one" REPLICA IDENTITY DEFAULT' in run.err
    database.execute('INSERT INTO keyless VALUES (1); UPDATE keyless SET id = 2')
    assert database.execute('SELECT tablename FROM pg_publication_tables') == [('keyed',)]


# MARK: sizes


def test_a_thousand_tables_in_one_flush(database, sluice, folder):
    database.execute('DO $$ BEGIN FOR n IN 1..1000 LOOP EXECUTE format('
                     "'CREATE TABLE t%s (id int PRIMARY KEY, a text, b numeric, c timestamptz, d jsonb)', n); END LOOP; END $$")
    database.execute('CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder)
    database.execute("DO $$ BEGIN FOR n IN 1..1000 LOOP EXECUTE format('INSERT INTO t%s VALUES (%s, ''x'', 1, now(), ''{}'')', n, n);"
                     ' END LOOP; END $$')
    run = sluice.replicate(database, folder)
    with lake.opened(folder.url, folder.store) as path:
        assert sum(1 for file in lake.objects(path) if '_changes/' in file) == 1000
    assert run.peak_mib < 400, run.peak_mib


def test_a_backlog_is_cut_where_the_policy_says(simple, sluice, folder):
    """Of a stream that never pauses hardly any read ends where a transaction does."""
    sluice.replicate(simple, folder)
    for first in range(0, 150_000, 1000):
        simple.execute("INSERT INTO t SELECT g, repeat('x', 200) FROM generate_series(%s, %s) g", (first, first + 999))
    run = sluice.replicate(simple, folder, config={'flush': {'max_rows': 1000}})
    sizes = [int(count) for count in re.findall(r'flushed (\d+) changes', run.err)]
    # A read has a mebibyte, and the transaction at its end is taken to its own.
    assert sum(sizes) == 150_000 and max(sizes) < 8_000, sizes


def test_memory_does_not_grow_with_the_transaction(simple, sluice, folder):
    config = {'memory_limit': '32MiB', 'flush': {'max_size': '8MiB'}}
    sluice.replicate(simple, folder, config=config)
    peaks = []
    for count in (20_000, 1_000_000):
        simple.execute('TRUNCATE t')
        simple.execute("INSERT INTO t SELECT g, md5(g::text) FROM generate_series(1, %s) g", (count,))
        peaks.append(sluice.replicate(simple, folder, config=config).peak_mib)
    assert peaks[1] < peaks[0] + 60, peaks
    assert len(ids(folder)) == 1_020_002


# MARK: several streams in a lake


@pytest.fixture
def second(tmp_path):
    """Another database with the same table, and a program of its own."""
    made = conftest.create_database()
    made.execute(TABLE + "; INSERT INTO t VALUES (1, 'of the second')")
    (tmp_path / 'second').mkdir()
    program = conftest.Sluice(tmp_path / 'second')
    yield made, program
    conftest.drop_database(made)


def rows(folder, table):
    return sorted(row for path in (folder.path / table).rglob('*.parquet') for row in pyarrow.parquet.read_table(path).column('note').to_pylist())


def test_a_table_of_the_lake_belongs_to_one_stream(simple, second, sluice, folder):
    made, program = second
    simple.execute("INSERT INTO t VALUES (1, 'of the first')")
    sluice.replicate(simple, folder)
    refused = program.replicate(made, folder, expect=78)
    for word in (f'slot {simple.name}', f'database {simple.name}', 'name:', 'lake.url', 'sluice drop', f'_sluice/{simple.name}/'):
        assert word in refused.err, refused.err
    # Nobody would read the slot.
    assert made.execute('SELECT count(*) FROM pg_replication_slots WHERE database = current_database()') == [(0,)]
    assert 'sluice drop' in program.backfill(made, folder, '--mode', 'full', expect=1).err
    # In a database a second slot is as much another stream.
    twin = {'database': {'slot': f'{simple.name}_2', 'publication': 'twin'}, 'tables': [{'table': 't'}]}
    assert f'slot {simple.name}' in sluice.replicate(simple, folder, expect=78, config=twin).err
    assert rows(folder, 't') == ['of the first']
    program.replicate(made, folder, rewrite=True, config={'tables': [{'table': 't', 'name': 'u'}]})
    made.execute("INSERT INTO t VALUES (2, 'later')")
    program.replicate(made, folder, rewrite=True, config={'tables': [{'table': 't', 'name': 'u'}]})
    sluice.replicate(simple, folder, rewrite=True)
    assert (rows(folder, 't'), rows(folder, 'u')) == (['of the first'], ['later', 'of the second'])


def test_a_dropped_stream_leaves_its_tables_to_others(simple, second, sluice, folder):
    made, program = second
    sluice.replicate(simple, folder)
    simple.execute("INSERT INTO t VALUES (7, 'of the first')")
    sluice.replicate(simple, folder)
    sluice.finish_as(sluice.start_on_slot('drop', simple, folder, '--yes'), 0)
    program.replicate(made, folder, rewrite=True)
    made.execute("INSERT INTO t VALUES (2, 'later')")
    program.replicate(made, folder, rewrite=True)
    assert rows(folder, 't') == ['later', 'of the second']


def test_changes_of_a_stream_that_is_gone_are_not_taken_for_others(simple, second, sluice, folder):
    made, program = second
    sluice.replicate(simple, folder)
    simple.execute("INSERT INTO t VALUES (7, 'of the first')")
    sluice.replicate(simple, folder)
    shutil.rmtree(folder.path / '_sluice' / simple.name)
    assert f'{folder.path}/t_changes/' in program.replicate(made, folder, expect=78).err
    shutil.rmtree(folder.path / 't_changes')
    program.replicate(made, folder, rewrite=True)
    assert rows(folder, 't') == ['of the second']


def test_a_table_that_comes_later_is_refused_as_well(simple, second, sluice, folder):
    made, program = second
    sluice.replicate(simple, folder)
    made.execute('DROP PUBLICATION sluice; DROP TABLE t; CREATE TABLE v (id int PRIMARY KEY); CREATE PUBLICATION sluice FOR ALL TABLES')
    process = program.start_replicating(made, folder, config=FLUSH)
    until(lambda: (folder.path / 'v').exists(), what='the load')
    made.execute("CREATE TABLE t (id bigint PRIMARY KEY, note text); INSERT INTO t VALUES (1, 'of the second')")
    refused = program.finish(process)
    assert refused.code == 78 and f'slot {simple.name}' in refused.err, str(refused)
    assert rows(folder, 't') == [] and not list(folder.path.glob('t_changes/**/*.parquet'))
