"""A backfill of tables whose changes a stream brings: what it writes fits beside the changes."""

import json

import pyarrow.parquet

import changes
import conftest
import lake
from cluster import Cluster, Standby
from compare import compare
from database import Options

DAYS = """
CREATE TABLE d (id bigint PRIMARY KEY, note text, amount numeric(12,2), created_at timestamptz);
INSERT INTO d SELECT n, 'n' || n, n, timestamptz '2026-03-01 12:00+00' + n * interval '1 day' FROM generate_series(0, 9) n;
CREATE PUBLICATION sluice FOR TABLE d
"""


def days(place, table='d'):
    """The files of a table's rows, by day: how many rows, columns, and the footer's entries."""
    found = {}
    with lake.opened(place.url, place.store) as folder:
        for path in lake.objects(folder):
            if not path.startswith(f'{table}/'):
                continue
            with pyarrow.parquet.ParquetFile(folder / path) as file:
                entries = {key.decode(): value.decode() for key, value in (file.metadata.metadata or {}).items()}
                found[path[-12:-8]] = (file.metadata.num_rows, file.schema_arrow.names, entries)
    return found


def of_slot(database, **options):
    return {'database': {'slot': database.name}, **options}


def test_a_day_that_lost_its_rows_says_what_snapshot_has_seen_none(database, sluice, place):
    database.execute(DAYS)
    sluice.replicate(database, place)
    before = days(place)
    assert len(before) == 10
    database.execute("DELETE FROM d WHERE id IN (2, 5)")
    run = sluice.backfill(database, place, '--from', '2026-03-01', '--to', '2026-03-05', config=of_slot(database))
    after = days(place)
    # The day of row 2 has been exported, that of row 5 not.
    assert set(after) == set(before) and [after[day][0] for day in ('0303', '0306')] == [0, 1]
    rows, columns, entries = after['0303']
    assert columns == before['0303'][1]
    assert entries['sluice.snapshot'] != before['0303'][2]['sluice.snapshot']
    assert entries['sluice.snapshot'] == after['0302'][2]['sluice.snapshot'] and json.loads(entries['sluice.key']) == ['id']
    assert json.loads(entries['sluice.partition']) == {'column': 'created_at', 'time_zone': 'UTC'}
    assert 'emptied=1' in run.err, run.err
    # A day that never had rows has no file.
    sluice.backfill(database, place, '--date', '2026-04-01', config=of_slot(database))
    assert set(days(place)) == set(before)
    sluice.replicate(database, place)
    sluice.backfill(database, place, '--mode', 'full', config=of_slot(database))
    assert set(days(place)) == set(before)
    history = changes.History(database.url, place, 'd')
    assert history.folded(place, ('id',)) == history.truth
    # Without a stream nothing is applied again, and what has no rows goes away.
    sluice.run('drop', '--yes', '--database', database.url, *place.arguments, config=place.configured(of_slot(database)),
               environment=place.environment)
    sluice.backfill(database, place, '--mode', 'full', config=of_slot(database))
    assert set(days(place)) == set(before) - {'0303', '0306'}
    assert compare(database.url, place.url, store=place.store, others=True) == []


def test_columns_are_called_as_the_stream_calls_them(database, sluice, folder):
    database.execute(DAYS)
    database.execute('ALTER TABLE d ADD COLUMN _op text')
    sluice.replicate(database, folder)
    assert days(folder)['0301'][1] == ['id', 'note', 'amount', 'created_at', '_op__v2', '_lsn', '_rescued']
    database.execute('ALTER TABLE d ALTER amount TYPE text, ALTER created_at TYPE date, ALTER id TYPE text')
    # The stream has seen nothing of it yet; what it will call them is known all the same.
    names = ['id__v2', 'note', 'amount__v2', 'created_at__v2', '_op__v2', '_lsn', '_rescued']
    for _ in range(2):
        sluice.backfill(database, folder, '--mode', 'full', config=of_slot(database))
        for _, columns, entries in days(folder).values():
            assert columns == names
            assert [column['name'] for column in json.loads(entries['sluice.columns'])] == names[:5]
            assert json.loads(entries['sluice.key']) == ['id__v2']
            assert json.loads(entries['sluice.partition'])['column'] == 'created_at__v2'
        database.execute("UPDATE d SET note = 'changed'")
        sluice.replicate(database, folder)
    assert set(names[:5]) < set(changes.columns_of(folder.path / changes.files(folder.path, 'd')[-1]))


def test_rows_and_columns_are_those_of_the_publication(database, sluice, folder):
    database.execute("""
        CREATE TABLE f (id int PRIMARY KEY, kind text, secret text);
        INSERT INTO f SELECT g, CASE WHEN g % 2 = 0 THEN 'even' ELSE 'odd' END, 'hidden' FROM generate_series(1, 100) g;
        ALTER TABLE f REPLICA IDENTITY FULL;
        CREATE PUBLICATION sluice FOR TABLE f (id, kind) WHERE (kind = 'even')""")
    sluice.replicate(database, folder)
    # Settings may name what the publication leaves out.
    tables = [{'table': 'f', 'exclude_columns': ['secret']}]
    for config in (of_slot(database), of_slot(database, tables=tables)):
        sluice.backfill(database, folder, '--mode', 'full', config=config)
        assert compare(database.url, folder.url, [('public', 'f')], {('public', 'f'): Options(exclude_columns=('secret',))},
                       others=True, where="kind = 'even'") == []


def test_a_standby_is_refused_for_them_alone(sluice, folder, tmp_path):
    cluster = Cluster()
    try:
        made = cluster.database
        made.execute(DAYS)
        made.execute('CREATE TABLE alone (id int PRIMARY KEY); INSERT INTO alone VALUES (1)')
        sluice.replicate(made, folder)
        standby = Standby(cluster)
        try:
            run = sluice.backfill(standby.url, folder, '--mode', 'full', expect=1)
            assert 'table d cannot be exported from a standby' in run.err and 'set database.url to the primary' in run.err
            assert days(folder, 'alone').keys() != set() and len(days(folder)) == 10
            # Beside no stream a standby's rows are as good as any.
            sluice.backfill(standby.url, conftest.Folder(tmp_path / 'other'), '--mode', 'full')
        finally:
            standby.remove()
    finally:
        cluster.remove()
