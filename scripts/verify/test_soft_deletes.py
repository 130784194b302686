"""Rows that are deleted and kept stay, whatever is exported anew in the meantime."""

import signal
import threading

import pyarrow.parquet
import pytest

from rewriting import Kept, compare_days, day_objects
from scenarios import GRAVES, buried, days, large, swap
from test_rewrites import CHANGES, another, run, settings
from test_crashes import is_awaited, locked, wait_for
from test_stream_crashes import mortal
from test_stream_faults import end, until

KEPT = Kept(graves='t', exported=True)
SOFT = settings({'t': KEPT})
FULL = ('--mode', 'full')
FIRST_DAYS = ('--from', '2026-01-01', '--to', '2026-01-02')

both_selections = pytest.mark.parametrize('selection', [FULL, FIRST_DAYS], ids=['full', 'days'])


@pytest.fixture
def source(database):
    """A database with a table of four days, which is published and whose deleted rows are kept."""
    database.execute(GRAVES + large('t') + ';' + buried('t') + 'CREATE PUBLICATION sluice FOR TABLES IN SCHEMA public')
    return database


def right(made, place, kept=KEPT):
    problems = compare_days(made, place, {'t': kept})
    assert problems == [], '\n'.join(problems)


def export(sluice, made, place, selection=FULL):
    return sluice.backfill(made, place, *selection, '--table', 't', config={**SOFT, 'database': {'slot': made.name}})


def take_up(sluice, made, place, rewrite=True, **options):
    return sluice.replicate(made, place, rewrite=rewrite, config=SOFT, **options)


@both_selections
def test_an_export_keeps_them(source, sluice, place, selection):
    take_up(sluice, source, place)
    run(source, ["DELETE FROM t WHERE id IN (1, 4, 5, 6, 8)", "UPDATE t SET created_at = '2026-01-05' WHERE id = 10; DELETE FROM t WHERE id = 10"])
    take_up(sluice, source, place)
    right(source, place)
    for _ in range(2):
        export(sluice, source, place, selection)
        right(source, place)
    take_up(sluice, source, place)
    right(source, place)
    run(source, ["DELETE FROM t WHERE id IN (2, 3)", "INSERT INTO t (id, created_at) VALUES (4, '2026-01-02'), (8, '2026-01-04')"])
    take_up(sluice, source, place)
    right(source, place)


@both_selections
def test_keys_that_come_again_before_an_export(source, sluice, place, selection):
    """In the same day and in another one, in days that are exported and days that are not."""
    take_up(sluice, source, place)
    run(source, ["DELETE FROM t WHERE id IN (1, 2, 3, 4, 10, 11)"])
    take_up(sluice, source, place)
    run(source, ["INSERT INTO t (id, created_at) VALUES (1, '2026-01-01'), (2, '2026-01-02'), (3, '2026-01-04'), (10, '2026-01-01')", "DELETE FROM t WHERE id = 2",
                 "UPDATE t SET id = 4 WHERE id = 12"])
    export(sluice, source, place, selection)
    take_up(sluice, source, place)
    right(source, place)


@both_selections
def test_rows_that_are_deleted_before_an_export_and_not_taken_up_yet(source, sluice, place, selection):
    take_up(sluice, source, place)
    run(source, ["UPDATE t SET note = 'the last words' WHERE id IN (1, 7)", "DELETE FROM t WHERE id IN (1, 7)", "UPDATE t SET created_at = '2026-01-03', note = 'on the way' WHERE id = 2; DELETE FROM t WHERE id = 2",
                 "UPDATE t SET created_at = '2026-01-02' WHERE id = 9; DELETE FROM t WHERE id = 9", "UPDATE t SET id = 100 WHERE id = 3", "UPDATE t SET id = 101, created_at = '2026-01-04' WHERE id = 4; DELETE FROM t WHERE id = 101",
                 "DELETE FROM t WHERE id = 5; INSERT INTO t (id, created_at) VALUES (5, '2026-01-04')", "INSERT INTO t (id, note, created_at) VALUES (50, 'short', '2026-01-01'); DELETE FROM t WHERE id = 50"])
    export(sluice, source, place, selection)
    run(source, ["DELETE FROM t WHERE id IN (6, 8)", "INSERT INTO t (id, created_at) VALUES (1, '2026-01-04')", "UPDATE t SET id = 7 WHERE id = 12"])
    export(sluice, source, place, selection)
    take_up(sluice, source, place)
    right(source, place)
    run(source, ["DELETE FROM t WHERE id < 20"])
    take_up(sluice, source, place)
    right(source, place)


def test_keys_are_exchanged_between_exports(source, sluice, place):
    """No pass takes up what has happened before both exports; large values stay with their rows."""
    take_up(sluice, source, place)
    run(source, [swap('t', 1, 12)])
    export(sluice, source, place)
    run(source, [swap('t', 1, 12), swap('t', 2, 11)])
    export(sluice, source, place)
    run(source, ["UPDATE t SET n = 100 WHERE id IN (1, 2, 11, 12)"])
    take_up(sluice, source, place)
    right(source, place)


def test_an_export_takes_over_rows_of_another(source, sluice, place):
    """A key of a row that the first export has is that of another before: their large values must not be mixed up."""
    take_up(sluice, source, place)
    run(source, [swap('t', 1, 12), "UPDATE t SET created_at = '2026-01-01', note = 'here' WHERE id = 1", swap('t', 5, 8), "UPDATE t SET note = 'changed' WHERE id = 2"])
    export(sluice, source, place)
    run(source, ["DELETE FROM t WHERE id IN (2, 8, 12)", "UPDATE t SET created_at = '2026-01-04' WHERE id = 1", "INSERT INTO t (id, note, created_at) VALUES (20, 'new', '2026-01-01')"])
    export(sluice, source, place)
    run(source, ["DELETE FROM t WHERE id IN (1, 5, 20)", "UPDATE t SET id = 8 WHERE id = 7"])
    export(sluice, source, place)
    take_up(sluice, source, place)
    right(source, place)


def test_days_without_other_rows(source, sluice, place):
    take_up(sluice, source, place)
    run(source, ["DELETE FROM t"])
    take_up(sluice, source, place)
    for selection in (FIRST_DAYS, FULL):
        export(sluice, source, place, selection)
        right(source, place)
    take_up(sluice, source, place)
    right(source, place)


FATES = {
    'updated': "UPDATE t SET note = 'the last words', n = -id WHERE id IN (1, 4, 7)",
    'moved': "UPDATE t SET created_at = created_at + interval '1 day' * (CASE WHEN id < 7 THEN 2 ELSE -2 END) WHERE id IN (1, 2, 4, 7, 10)",
    'new': "INSERT INTO t (id, note, big, created_at) VALUES (50, 'short', 'b', '2026-01-01'), (51, 'short', 'b', '2026-01-04'), (52, 'short', 'b', '2026-02-01')",
    'other keys': "UPDATE t SET id = id + 100 WHERE id IN (1, 4, 7); UPDATE t SET id = id + 200, created_at = '2026-01-02' WHERE id IN (2, 10)",
    'replaced': "DELETE FROM t WHERE id IN (1, 4, 10); INSERT INTO t (id, note, big, created_at) VALUES (1, 'again', 'b', '2026-01-01'), (4, 'again', 'b', '2026-01-04'), (10, 'again', 'b', '2026-01-01')",
    'dug up': "INSERT INTO t (id, note, big, created_at) VALUES (3, 'again', 'b', '2026-01-01'), (9, 'again', 'b', '2026-01-01')",
    'after truncate': "TRUNCATE t; TRUNCATE graves.t; INSERT INTO t (id, note, big, created_at) SELECT id, 'again', 'b', '2026-01-01'::timestamptz + interval '1 day' * (id % 4) FROM generate_series(1, 8) id",
}


@both_selections
@pytest.mark.parametrize('fate', FATES.values(), ids=list(FATES))
def test_passes_that_end_before_what_an_export_has_seen(source, sluice, folder, selection, fate):
    """What becomes of rows first is taken up in one pass, that they are deleted in another, and an export knows both."""
    take_up(sluice, source, folder)
    run(source, ["DELETE FROM t WHERE id IN (3, 9)"])
    take_up(sluice, source, folder)
    run(source, [fate])
    take_up(sluice, source, folder, rewrite=False)
    run(source, ["UPDATE t SET note = 'later' WHERE id % 2 = 0", "DELETE FROM t WHERE id % 3 <> 0", "DELETE FROM t WHERE id IN (3, 6); INSERT INTO t (id, note, created_at) VALUES (3, 'at last', '2026-01-02')",
                 "INSERT INTO t (id, note, created_at) VALUES (1, 'at last', '2026-01-04')"])
    export(sluice, source, folder, selection)
    sluice.rewrite(source, folder, config=SOFT)
    take_up(sluice, source, folder)
    right(source, folder)
    export(sluice, source, folder, FULL)
    take_up(sluice, source, folder)
    right(source, folder)


@pytest.mark.parametrize('rule', [{}, {'deletes': 'soft'}], ids=['hard', 'soft'])
@pytest.mark.parametrize('failpoint', ['afterDayAdditions:1', 'beforeDayWrite:2', 'beforeDayWrite:3', 'beforeDayWrite:4'])
def test_killed_while_rows_change_places(source, mortal, folder, failpoint, rule):
    """What a day has taken in ahead is all there is of a row whose former day is written."""
    config = settings({'t': KEPT if rule else Kept()})
    mortal.replicate(source, folder, rewrite=True, config=config)
    run(source, ["UPDATE t SET created_at = timestamptz '2026-01-05' - (created_at - timestamptz '2026-01-01') - interval '1 s' WHERE id <> 1", "UPDATE t SET id = 100 WHERE id = 2"])
    mortal.replicate(source, folder, config=config)
    process = mortal.start_on_slot('rewrite', source, folder, config=config, environment={'SLUICE_FAILPOINT': failpoint})
    assert mortal.finish(process).code == -signal.SIGKILL
    run(source, ["UPDATE t SET note = 'in place' WHERE id IN (3, 12)", "DELETE FROM t WHERE id IN (4, 8, 100)"])
    again = mortal.replicate(source, folder, rewrite=True, config=config)
    assert 'again' not in again.err
    problems = compare_days(source, folder, {'t': KEPT if rule else Kept()})
    assert problems == [], '\n'.join(problems)


@both_selections
def test_truncate_removes_them(source, sluice, place, selection):
    """Also where an export has seen that the table is empty, and its former rows are still there."""
    take_up(sluice, source, place)
    run(source, ["DELETE FROM t WHERE id IN (1, 4)"])
    take_up(sluice, source, place)
    run(source, ["DELETE FROM t WHERE id IN (2, 5)", "TRUNCATE t; TRUNCATE graves.t", "INSERT INTO t (id, created_at) VALUES (1, '2026-01-01'), (7, '2026-01-01'), (8, '2026-01-02')",
                 "DELETE FROM t WHERE id = 7"])
    export(sluice, source, place, selection)
    take_up(sluice, source, place)
    right(source, place)


@pytest.mark.parametrize('change', ["DROP COLUMN n", "ADD COLUMN more text DEFAULT 'x'", "ALTER n TYPE bigint"], ids=['dropped', 'added', 'wider'])
def test_columns_that_change(database, sluice, folder, change):
    """What the former file has and the new one has not stays with the rows that are kept."""
    kept = Kept(graves='t', exported=True, dropped=('n',) if 'DROP' in change else ())
    database.execute(GRAVES + days('t') + buried('t') + 'CREATE PUBLICATION sluice FOR TABLES IN SCHEMA public')
    take_up(sluice, database, folder)
    run(database, ["DELETE FROM t WHERE id IN (1, 4)"])
    take_up(sluice, database, folder)
    run(database, [f"ALTER TABLE t {change}; ALTER TABLE graves.t {change.replace(' DEFAULT ' + chr(39) + 'x' + chr(39), '')}", "DELETE FROM t WHERE id = 2", "UPDATE t SET note = 'x' WHERE id = 3"])
    take_up(sluice, database, folder)
    if 'ADD' in change:
        # What was deleted before the column came has nothing in it.
        run(database, ["UPDATE graves.t SET more = NULL"])
    export(sluice, database, folder)
    take_up(sluice, database, folder)
    right(database, folder, kept)
    if 'DROP' in change:
        found = pyarrow.parquet.read_table(folder.path / 't/year=2026/month=01/day=01/t_20260101.parquet', columns=['id', 'n', '_deleted']).to_pylist()
        assert sorted(row['n'] for row in found if row['_deleted'] and row['id'] == 1) == [1]


def test_a_table_without_days(database, sluice, place):
    database.execute(GRAVES + 'CREATE TABLE t (id int PRIMARY KEY, note text);' + buried('t')
                     + "INSERT INTO t SELECT g, 'row ' || g FROM generate_series(1, 9) g; CREATE PUBLICATION sluice FOR TABLES IN SCHEMA public")
    take_up(sluice, database, place)
    run(database, ["DELETE FROM t WHERE id < 4"])
    take_up(sluice, database, place)
    run(database, ["DELETE FROM t WHERE id = 4; INSERT INTO t VALUES (1, 'again'); UPDATE t SET id = 50 WHERE id = 5"])
    export(sluice, database, place)
    take_up(sluice, database, place)
    right(database, place)
    run(database, ["DELETE FROM t"])
    take_up(sluice, database, place)
    export(sluice, database, place)
    right(database, place)


@both_selections
def test_an_export_that_ends_after_a_pass_has_gone_beyond_its_snapshot(source, sluice, place, tmp_path, selection):
    """It waits for a lock on another table with the snapshot in which it then reads the table."""
    source.execute("CREATE TABLE first AS SELECT g AS id, date '2026-01-01' AS created_at FROM generate_series(1, 5000) g; ALTER TABLE first REPLICA IDENTITY FULL; ANALYZE first; ANALYZE t")
    take_up(sluice, source, place)
    run(source, ["DELETE FROM t WHERE id IN (2, 6, 11)"])
    take_up(sluice, source, place)
    other = another(tmp_path, source)
    blocker = locked(source, 'first')
    process = other.start('backfill', *selection, '--database', source.url, *place.arguments, '--jobs', '1', '--table', 'first', '--table', 't',
                          config=place.configured({**SOFT, 'database': {'slot': source.name}}), environment=place.environment)
    wait_for(lambda: is_awaited(source, 'first'), process)
    run(source, CHANGES)
    take_up(sluice, source, place)
    blocker.close()
    other.finish_as(process, 0)
    take_up(sluice, source, place)
    problems = compare_days(source, place, {'first': Kept(exported=True), 't': KEPT})
    assert problems == [], '\n'.join(problems)


def test_exports_of_a_day_beside_its_rewriting(source, sluice, place, tmp_path):
    other = another(tmp_path, source)
    config = {**SOFT, 'flush': {'max_interval': '1s'}, 'rewrite': {'interval': '1s'}}
    process = sluice.start_replicating(source, place, rewrite=True, config=config)
    until(lambda: 't' in {path.split('/')[0] for path in day_objects(place)}, what='the load')
    stop = threading.Event()

    def write():
        number = 0
        while not stop.wait(0.05):
            number += 1
            run(source, [f"DELETE FROM t WHERE id = {50 + (number + 3) % 7}", f"INSERT INTO t (id, note, created_at) VALUES ({50 + number % 7}, 'round {number}', '2026-01-0{1 + number % 3}') ON CONFLICT DO NOTHING",
                         f"UPDATE t SET created_at = '2026-01-0{1 + number % 4}' WHERE id = {1 + number % 12}"])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(6):
            export(other, source, place, (FIRST_DAYS, FULL)[number % 3 == 2])
    finally:
        stop.set()
        writer.join()
    end(sluice, process)
    take_up(sluice, source, place)
    right(source, place)


def test_a_table_that_is_loaded_again(source, sluice, folder):
    """For a column with a default, while deletes are pending."""
    take_up(sluice, source, folder)
    run(source, ["DELETE FROM t WHERE id = 1"])
    take_up(sluice, source, folder)
    run(source, ["DELETE FROM t WHERE id = 4", "ALTER TABLE t ADD state text DEFAULT 'open'; ALTER TABLE graves.t ADD state text", "UPDATE t SET note = 'x' WHERE id IN (5, 6)", "DELETE FROM t WHERE id IN (6, 7)"])
    assert 'loaded again' in take_up(sluice, source, folder).err
    take_up(sluice, source, folder)
    # Rows that the new export never had do not have the column.
    run(source, ["UPDATE graves.t SET state = NULL WHERE id = 7"])
    right(source, folder)


def test_a_day_that_is_exported_again_to_find_a_row(database, sluice, folder):
    """What was deleted in it is in the file that it replaces."""
    database.execute(GRAVES + large('t') + ';' + buried('t') + 'CREATE PUBLICATION sluice FOR TABLES IN SCHEMA public')
    take_up(sluice, database, folder)
    run(database, ["DELETE FROM t WHERE id IN (1, 7)"])
    take_up(sluice, database, folder)
    (folder.path / 't/year=2026/month=01/day=02/t_20260102.parquet').unlink()
    run(database, ["UPDATE t SET note = 'y', created_at = '2026-01-03' WHERE id = 6", "DELETE FROM t WHERE id = 8", "UPDATE t SET note = 'x' WHERE id = 5"])
    take_up(sluice, database, folder)
    right(database, folder)


def test_what_is_masked_or_left_out_by_now_does_not_stay_in_them(source, sluice, folder):
    def replicate(rule):
        config = {**SOFT, 'tables': [{**SOFT['tables'][0], **rule}]}
        sluice.replicate(source, folder, rewrite=True, config={**config, 'mask_salt': 'salt'})

    def values(*columns):
        found = {}
        for path in folder.path.glob('t/**/*.parquet'):
            for row in pyarrow.parquet.ParquetFile(path).read().to_pylist():
                found[row['id']] = tuple(len(row[name] or '') if name in row else None for name in columns), row['_deleted']
        return found

    replicate({})
    run(source, ["DELETE FROM t WHERE id IN (1, 4)"])
    replicate({})
    present, deleted = values('note', 'big')[2], values('note', 'big')[1]
    assert present[0][1] > 1000 and deleted[0][1] > 1000 and deleted[1]
    replicate({'mask': {'big': 'truncate(3)'}, 'exclude_columns': ['other']})
    found = values('note', 'big', 'other')
    assert len(found) == 12
    assert found[2] == ((5, 3, None), False) and found[1] == ((5, 0, None), True), found
    # What is masked by the same settings stays.
    run(source, ["DELETE FROM t WHERE id = 2"])
    replicate({'mask': {'big': 'truncate(3)'}, 'exclude_columns': ['other']})
    replicate({'mask': {'big': 'truncate(3)'}})
    found = values('note', 'big', 'other')
    assert found[2][0][:2] == (5, 3) and found[2][1] and found[1] == ((5, 0, 0), True) and found[3][0][2] > 1000, found
