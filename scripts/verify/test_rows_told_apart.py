"""Settings and tables under which changes would not find their rows: refused before anything is loaded, or followed."""

import duckdb
import psycopg2
import pyarrow.parquet
import pytest

from database import Options
from rewriting import Kept, compare_days

KEYED = """
CREATE TABLE t (tenant int, id numeric, v int, created_at date, PRIMARY KEY (tenant, id));
INSERT INTO t SELECT 1, 100000000000000000 + n, n, date '2026-01-01' + n % 3 FROM generate_series(1, 9) n
"""
WHOLE = """
CREATE TABLE t (id int, v int, created_at date);
ALTER TABLE t REPLICA IDENTITY FULL;
INSERT INTO t SELECT n, n, date '2026-01-01' + n % 3 FROM generate_series(1, 6) n
"""
GENERATED_DAY = """
CREATE TABLE t (id int PRIMARY KEY, seen timestamp, created_at date GENERATED ALWAYS AS (seen::date) STORED);
INSERT INTO t (id, seen) SELECT n, timestamp '2026-01-01' + n % 3 * interval '1 day' FROM generate_series(1, 9) n
"""
SALT = 'grain-of-salt'


def settings(database, **options):
    return {'database': {'slot': database.name}, 'mask_salt': SALT, 'tables': [{'table': 't', **options}]}


def rows(folder, table, columns):
    connection = duckdb.connect()
    files = f"read_parquet('{folder.path}/{table}/**/*.parquet', union_by_name = true, hive_partitioning = false)"
    return sorted(connection.execute(f'SELECT {columns} FROM {files}').fetchall())


def tables_of(folder):
    return sorted(path.name for path in folder.path.iterdir() if not path.name.startswith('_')) if folder.path.exists() else []


@pytest.mark.parametrize('sql, options, said', [
    (KEYED, {'exclude_columns': ['tenant']}, 'column tenant tells the rows of table t apart, so that changes find no row without it'),
    (KEYED, {'exclude_columns': ['tenant', 'id']}, 'column id tells the rows of table t apart'),
    (KEYED, {'columns': {'id': {'as': 'double'}}}, 'column id tells the rows of table t apart, but as: double rounds'),
    (KEYED, {'mask': {'tenant': None}}, 'column tenant tells the rows of table t apart, so that its mask'),
    (KEYED + '; ALTER TABLE t REPLICA IDENTITY FULL', {'exclude_columns': ['id']}, 'column id tells the rows of table t apart'),
    (WHOLE + '; ALTER TABLE t ALTER id SET NOT NULL; CREATE UNIQUE INDEX u ON t (id) INCLUDE (v);'
     ' ALTER TABLE t REPLICA IDENTITY USING INDEX u', {'exclude_columns': ['id', 'v']}, 'column id tells the rows of table t apart'),
    (WHOLE, {'deletes': 'soft'}, 'table t has no primary key by which to find the rows that deletes: soft keeps'),
    (GENERATED_DAY, {}, 'the partition column created_at of table t is generated'),
    (GENERATED_DAY, {'partition_by': 'created_at'}, 'the partition column created_at of table t is generated'),
])
def test_settings_under_which_changes_find_no_row_are_refused(database, sluice, folder, sql, options, said):
    database.execute(sql)
    run = sluice.replicate(database, folder, config=settings(database, **options), expect=78)
    assert said in run.err, run.err
    assert tables_of(folder) == []
    # No slot is left behind to hold WAL.
    assert database.execute(f"SELECT count(*) FROM pg_replication_slots WHERE slot_name = '{database.name}'") == [(0,)]


@pytest.mark.parametrize('sql, options, columns, change', [
    # What a decimal cannot hold tells a row apart as text.
    (KEYED, {'columns': {'id': {'as': 'decimal(4,0)'}}}, 'tenant, v, created_at',
     "UPDATE t SET v = 100 WHERE v = 1; DELETE FROM t WHERE v = 2; UPDATE t SET id = 7, created_at = '2026-02-01' WHERE v = 3"),
    (WHOLE, {'exclude_columns': ['id']}, 'v, created_at', 'UPDATE t SET v = 100 WHERE id = 1; DELETE FROM t WHERE id = 2'),
    (GENERATED_DAY, {'partition_by': 'seen', 'exclude_columns': ['created_at']}, 'id, seen',
     "UPDATE t SET seen = seen + interval '5 days' WHERE id = 2; DELETE FROM t WHERE id = 3"),
])
def test_settings_that_leave_rows_told_apart(database, sluice, folder, sql, options, columns, change):
    database.execute(sql)
    config = settings(database, **options)
    sluice.replicate(database, folder, config=config)
    for statement in change.split(';'):
        database.execute(statement)
    sluice.replicate(database, folder, rewrite=True, config=config)
    assert rows(folder, 't', columns) == sorted(database.execute(f'SELECT {columns} FROM t'))


def test_a_publication_without_the_key_carries_what_the_server_allows(database, sluice, folder):
    database.execute(KEYED + '; CREATE PUBLICATION sluice FOR TABLE t (v, created_at)')
    with pytest.raises(psycopg2.errors.InvalidColumnReference):
        database.execute('UPDATE t SET v = 0')
    sluice.replicate(database, folder, config=settings(database))
    database.execute("INSERT INTO t VALUES (2, 2, 2, '2026-01-02'), (2, 3, 3, '2026-02-02')")
    sluice.replicate(database, folder, rewrite=True, config=settings(database))
    assert rows(folder, 't', 'v, created_at') == sorted(database.execute('SELECT v, created_at FROM t'))


def test_a_generated_key_under_a_whole_row_as_identity(database, sluice, folder):
    database.execute("CREATE TABLE t (a int, k int GENERATED ALWAYS AS (a * 10) STORED PRIMARY KEY, created_at date); ALTER TABLE t REPLICA IDENTITY FULL;"
                     " INSERT INTO t (a, created_at) SELECT n, date '2026-01-01' + n % 3 FROM generate_series(1, 9) n")
    sluice.replicate(database, folder, config=settings(database))
    for change in ('DELETE FROM t WHERE a = 1', 'UPDATE t SET a = 20 WHERE a = 2', 'UPDATE t SET created_at = created_at + 1 WHERE a > 6'):
        database.execute(change)
    sluice.replicate(database, folder, rewrite=True, config=settings(database))
    assert rows(folder, 't', 'a, created_at') == sorted(database.execute('SELECT a, created_at FROM t'))
    refused = sluice.replicate(database, folder, config=settings(database, deletes='soft'), expect=78)
    assert 'table t has no primary key by which to find' in refused.err


def test_an_export_alone_may_leave_the_key_out(database, sluice, folder):
    database.execute(KEYED)
    sluice.backfill(database, folder, '--mode', 'full', config=settings(database, exclude_columns=['tenant', 'id']))
    assert len(rows(folder, 't', 'v')) == 9


def test_the_key_is_left_out_of_a_table_that_streams_already(database, sluice, folder):
    database.execute(KEYED)
    sluice.replicate(database, folder, config=settings(database))
    config = settings(database, exclude_columns=['id'])
    assert 'column id tells the rows' in sluice.backfill(database, folder, '--mode', 'full', config=config, expect=1).err
    assert 'column id tells the rows' in sluice.replicate(database, folder, config=config, expect=78).err
    assert len(rows(folder, 't', 'id')) == 9


# MARK: generated columns


def test_a_generated_key_stops_its_table_alone(database, sluice, folder):
    database.execute("CREATE TABLE g (a int NOT NULL, k int GENERATED ALWAYS AS (a * 10) STORED PRIMARY KEY, v int, created_at date);"
                     " INSERT INTO g (a, v, created_at) SELECT n, n, date '2026-01-01' + n % 3 FROM generate_series(1, 9) n;" + KEYED)
    config = {'database': {'slot': database.name}, 'tables': [{'table': 'g'}, {'table': 't'}]}
    failed = sluice.replicate(database, folder, config=config, expect=1)
    assert 'column k tells the rows of table g apart, but is generated' in failed.err
    assert 'ALTER TABLE g REPLICA IDENTITY FULL' in failed.err and '1 table is not loaded: g' in failed.err
    assert tables_of(folder) == ['t']
    database.execute('UPDATE g SET v = 0 WHERE a = 1; DELETE FROM g WHERE a = 2; UPDATE t SET v = 0 WHERE v = 1')
    sluice.replicate(database, folder, rewrite=True, config=config, expect=1)
    assert [v for v, in rows(folder, 't', 'v')] == sorted(v for v, in database.execute('SELECT v FROM t'))
    # What the message says to do is enough, also for changes from before that name no rows.
    database.execute('CREATE UNIQUE INDEX ga ON g (a); ALTER TABLE g REPLICA IDENTITY USING INDEX ga')
    sluice.replicate(database, folder, rewrite=True, config=config)
    database.execute("UPDATE g SET v = 5 WHERE a = 3; DELETE FROM g WHERE a = 4; UPDATE g SET created_at = '2026-02-01' WHERE a = 5")
    sluice.replicate(database, folder, rewrite=True, config=config)
    assert rows(folder, 'g', 'a, v, created_at') == sorted(database.execute('SELECT a, v, created_at FROM g'))


def test_changes_that_name_no_rows_are_not_passed_over(database, sluice, folder):
    """The key becomes a generated column while changes stream."""
    database.execute("CREATE TABLE t (id int PRIMARY KEY, v int, created_at date); INSERT INTO t SELECT n, n, '2026-01-01' FROM generate_series(1, 9) n")
    config = settings(database)
    sluice.replicate(database, folder, rewrite=True, config=config)
    database.execute('ALTER TABLE t DROP CONSTRAINT t_pkey, ADD k int GENERATED ALWAYS AS (id * 10) STORED PRIMARY KEY')
    database.execute('DELETE FROM t WHERE id = 1')
    # Whatever else happens to the table: it is not said to be up to date.
    failed = sluice.replicate(database, folder, rewrite=True, config=config, expect=1)
    assert 'update or delete rows without saying which' in failed.err or 'is generated' in failed.err, failed.err
    stuck = sluice.finish(sluice.start_on_slot('rewrite', database, folder, config=config))
    assert stuck.code == 0 or 'update or delete rows without saying which' in stuck.err, stuck.err
    database.execute('ALTER TABLE t REPLICA IDENTITY FULL')
    database.execute('ALTER PUBLICATION sluice DROP TABLE t')
    database.execute('ALTER PUBLICATION sluice ADD TABLE t')
    sluice.replicate(database, folder, rewrite=True, config=config)
    database.execute('DELETE FROM t WHERE id = 2')
    sluice.replicate(database, folder, rewrite=True, config=config)
    assert rows(folder, 't', 'id, v') == sorted(database.execute('SELECT id, v FROM t'))


def test_changes_that_do_not_say_their_key(database, sluice, folder):
    """As a stream of an earlier release has written them under such settings."""
    database.execute(KEYED)
    config = settings(database)
    sluice.replicate(database, folder, config=config)
    database.execute('DELETE FROM t WHERE v = 1')
    sluice.replicate(database, folder, config=config)
    path, = folder.path.glob('t_changes/**/*.parquet')
    table = pyarrow.parquet.read_table(path)
    pyarrow.parquet.write_table(table.replace_schema_metadata({**table.schema.metadata, b'sluice.key': b'[]'}), path)
    failed = sluice.rewrite(database, folder, config=config, expect=1)
    assert 'changes of table public.t update or delete rows without saying which' in failed.err
    assert 'the days of 1 table are not up to date: t' in failed.err
    # Loaded again, it has all of them.
    for change in ('DROP', 'ADD'):
        database.execute(f'ALTER PUBLICATION sluice {change} TABLE t')
    sluice.replicate(database, folder, rewrite=True, config=config)
    assert [v for v, in rows(folder, 't', 'v')] == sorted(v for v, in database.execute('SELECT v FROM t'))


def test_generated_columns_are_in_the_lake_for_all_rows_or_for_none(database, sluice, folder):
    database.execute("CREATE TABLE t (id int PRIMARY KEY, v int, twice int GENERATED ALWAYS AS (v * 2) STORED, created_at date);"
                     " INSERT INTO t (id, v, created_at) SELECT n, n, date '2026-01-01' + n % 3 FROM generate_series(1, 6) n")
    config = settings(database)
    # Nothing streams yet.
    sluice.backfill(database, folder, '--mode', 'full', config=config)
    assert rows(folder, 't', 'id, twice') == database.execute('SELECT id, twice FROM t ORDER BY id')
    loaded = sluice.replicate(database, folder, config=config)
    assert 'table t comes into the lake without its generated columns' in loaded.err and 'columns=twice' in loaded.err
    for options in ((), ('--mode', 'full'), ('--date', '2026-01-02')):
        if options:
            sluice.backfill(database, folder, *options, config=config)
        database.execute('UPDATE t SET v = v + 10 WHERE id = 1')
        database.execute('UPDATE t SET created_at = created_at + 1 WHERE id = 2')
        sluice.replicate(database, folder, rewrite=True, config=config)
        assert compare_days(database, folder, {'t': Kept(Options(exclude_columns=('twice',)))}) == []


def test_a_column_that_is_generated_no_longer_comes_with_the_values_of_all_rows(database, sluice, folder):
    database.execute("CREATE TABLE t (id int PRIMARY KEY, v int, twice int GENERATED ALWAYS AS (v * 2) STORED, created_at date);"
                     " INSERT INTO t (id, v, created_at) SELECT n, n, date '2026-01-01' + n % 3 FROM generate_series(1, 6) n")
    sluice.replicate(database, folder, config=settings(database))
    database.execute('UPDATE t SET v = v + 10 WHERE id = 1')
    sluice.replicate(database, folder, rewrite=True, config=settings(database))
    database.execute('ALTER TABLE t ALTER twice DROP EXPRESSION')
    database.execute('UPDATE t SET twice = 1 WHERE id = 2')
    sluice.replicate(database, folder, rewrite=True, config=settings(database))
    assert compare_days(database, folder, {'t': Kept(exported=True)}) == []


# MARK: soft deletes, names, days


def test_rows_that_were_kept_when_deleted_and_are_so_no_longer(database, sluice, folder):
    database.execute("CREATE TABLE t (id int PRIMARY KEY, v int, created_at date);"
                     " INSERT INTO t SELECT n, n, date '2026-01-01' + n % 3 FROM generate_series(1, 6) n")
    soft, hard = settings(database, deletes='soft'), settings(database)
    sluice.replicate(database, folder, config=soft)
    database.execute('DELETE FROM t WHERE id < 5')
    sluice.replicate(database, folder, rewrite=True, config=soft)
    # The first comes again in another day, the second in its own, the third by another row's change of key.
    for change in ("INSERT INTO t VALUES (1, 10, '2026-02-01')", "INSERT INTO t VALUES (2, 20, '2026-01-03')", 'UPDATE t SET id = 3 WHERE id = 5'):
        database.execute(change)
    sluice.replicate(database, folder, rewrite=True, config=hard)
    assert [row[:2] for row in rows(folder, 't', 'id, v, _deleted') if row[2] is not True] == database.execute('SELECT id, v FROM t ORDER BY id')
    # What nothing takes the place of stays until its day is exported.
    assert rows(folder, 't', 'id, _deleted')[3:4] == [(4, True)]
    sluice.backfill(database, folder, '--mode', 'full', config=hard)
    assert rows(folder, 't', 'id, v') == database.execute('SELECT id, v FROM t ORDER BY id')


def test_deletes_that_cannot_be_kept_are_not_made_hard(database, sluice, folder):
    """The settings change between a process that streams and one that rewrites."""
    database.execute(WHOLE)
    sluice.replicate(database, folder, config=settings(database))
    database.execute('DELETE FROM t WHERE id = 1')
    sluice.replicate(database, folder, config=settings(database))
    failed = sluice.rewrite(database, folder, config=settings(database, deletes='soft'), expect=1)
    assert 'delete rows that deletes: soft should keep' in failed.err
    assert len(rows(folder, 't', 'id')) == 6
    sluice.rewrite(database, folder, config=settings(database))
    assert len(rows(folder, 't', 'id')) == 5


def test_a_table_that_streams_keeps_its_name(database, sluice, folder):
    database.execute(KEYED)
    sluice.replicate(database, folder, config=settings(database))
    config = settings(database, name='another')
    said = 'table t is called t in the lake, where its changes are, and keeps that name'
    assert said in sluice.backfill(database, folder, '--mode', 'full', config=config).err
    database.execute('UPDATE t SET v = 0 WHERE v = 3')
    assert said in sluice.replicate(database, folder, rewrite=True, config=config).err
    assert tables_of(folder) == ['t', 't_changes']
    assert [v for v, in rows(folder, 't', 'v')] == sorted(v for v, in database.execute('SELECT v FROM t'))


def test_chosen_days_leave_tables_without_days_alone(database, sluice, folder):
    database.execute(KEYED + '; CREATE TABLE n (id int PRIMARY KEY, v int); INSERT INTO n VALUES (1, 1)')
    config = {'database': {'slot': database.name}, 'tables': [{'table': 't'}, {'table': 'n'}]}
    sluice.replicate(database, folder, config=config)
    database.execute('UPDATE t SET v = 30 WHERE v = 3; UPDATE n SET v = 2')
    sluice.replicate(database, folder, config=config)
    some = sluice.rewrite(database, folder, '--date', '2026-01-01', config=config)
    assert 'table n has no days, and is left alone where some are chosen' in some.err
    assert rows(folder, 'n', 'v') == [(1,)] and (30,) in rows(folder, 't', 'v')
    sluice.rewrite(database, folder, config=config)
    assert rows(folder, 'n', 'v') == [(2,)]


def test_a_dry_run_says_how_many_bytes_are_read_written_and_copied(database, sluice, folder):
    database.execute("CREATE TABLE t (id int PRIMARY KEY, v text, created_at date); INSERT INTO t SELECT n, md5(n::text), '2026-01-01' FROM generate_series(1, 30000) n")
    config = {**settings(database), 'parquet': {'row_group_size': '64KiB'}}
    sluice.replicate(database, folder, config=config)
    database.execute("UPDATE t SET v = 'x' WHERE id = 1; INSERT INTO t VALUES (0, 'new', '2026-01-02')")
    sluice.replicate(database, folder, config=config)
    lines = sluice.rewrite(database, folder, '--dry-run', config=config).out.splitlines()
    assert lines[0].split() == ['table', 'day', 'inserted', 'updated', 'deleted', 'row', 'groups', 'to', 'read', 'to', 'write', 'copied']
    first, second = (line.split() for line in lines[1:3])
    assert first[:5] == ['t', '2026-01-01', '0', '1', '0'] and second[:6] == ['t', '2026-01-02', '1', '0', '0', '0/0']
    sizes = {'B': 1, 'KiB': 1024, 'MiB': 1 << 20}
    read, written, copied = (float(first[place].lstrip('~')) * sizes[first[place + 1]] for place in (6, 8, 10))
    total = next(folder.path.glob('t/**/*.parquet')).stat().st_size
    assert 0 < read == written < copied and 0.8 * total < read + copied <= total, (first, total)


def test_too_few_files_may_be_open(database, sluice, folder):
    database.execute(KEYED)
    sluice.replicate(database, folder, config=settings(database))
    database.execute('UPDATE t SET v = 0 WHERE v = 1')
    sluice.replicate(database, folder, config=settings(database))
    process = sluice.start_on_slot('rewrite', database, folder, config=settings(database),
                                   wrapper=('/bin/sh', '-c', 'ulimit -n 12; exec "$0" "$@"'))
    run = sluice.finish(process)
    assert run.code == 1 and 'Let the process have more files open: ulimit -n' in run.err, run.err
