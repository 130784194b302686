"""Names of columns that change hands: what the lake has under a name is what the table has under it, in older rows too."""

import pytest

from database import Options
from rewriting import Kept, compare_days
from scenarios import days, large
from test_rewrites import SOON, end, right, run, settings, until

WHOLE = 'ALTER TABLE t REPLICA IDENTITY FULL'

# Name -> (the table, transactions that change its columns and rows, further transactions).
CHANGES = {
    'a large column gets another name': (
        large('t'),
        ["ALTER TABLE t RENAME big TO body", "UPDATE t SET n = 100 WHERE id < 4",
         "UPDATE t SET created_at = created_at + interval '1 day' WHERE id IN (2, 5)", "UPDATE t SET id = 50 WHERE id = 6"],
        ["UPDATE t SET created_at = created_at + interval '2 days' WHERE id IN (1, 7)", "UPDATE t SET id = 70 WHERE id = 7"]),
    'a column takes the place of another': (
        large('t'),
        ["ALTER TABLE t ADD big2 text; ALTER TABLE t ALTER big2 SET STORAGE EXTERNAL", "UPDATE t SET big2 = repeat('new ' || id || ' ', 900)",
         "ALTER TABLE t DROP big; ALTER TABLE t RENAME big2 TO big", "UPDATE t SET n = 100 WHERE id < 4"],
        ["UPDATE t SET created_at = created_at + interval '1 day' WHERE id IN (2, 5)"]),
    'the last column is dropped and added again': (
        days('t', 'x text', after="UPDATE t SET x = 'old ' || id"),
        ["ALTER TABLE t DROP x; ALTER TABLE t ADD x text", "UPDATE t SET n = 100 WHERE id < 3"],
        ["UPDATE t SET x = 'new' WHERE id = 3"]),
    'a column is dropped and added again with a default': (
        days('t', 'x text', after="UPDATE t SET x = 'old ' || id"),
        ["ALTER TABLE t DROP note", "UPDATE t SET n = 100 WHERE id < 3", "ALTER TABLE t ADD note text DEFAULT 'all'", "UPDATE t SET n = 101 WHERE id = 3"],
        ["UPDATE t SET note = 'new' WHERE id = 3"]),
    'a column goes and comes back under its name': (
        days('t', 'x text', after="UPDATE t SET x = 'old ' || id"),
        ["ALTER TABLE t RENAME note TO away", "UPDATE t SET n = 100 WHERE id < 3", "ALTER TABLE t RENAME away TO note", "UPDATE t SET n = 101 WHERE id = 3"],
        ["ALTER TABLE t RENAME note TO away", "UPDATE t SET n = 102 WHERE id = 5"]),
    'two columns exchange their names': (
        large('t'),
        ["ALTER TABLE t RENAME big TO tmp; ALTER TABLE t RENAME other TO big; ALTER TABLE t RENAME tmp TO other",
         "UPDATE t SET created_at = created_at + interval '1 day' WHERE id IN (2, 5)"],
        ["UPDATE t SET n = 100 WHERE id = 3"]),
    'two columns exchange their names for a while': (
        days('t', 'x text', after="UPDATE t SET x = 'old ' || id"),
        ["ALTER TABLE t RENAME note TO tmp; ALTER TABLE t RENAME x TO note; ALTER TABLE t RENAME tmp TO x", "UPDATE t SET n = 100 WHERE id < 4",
         "ALTER TABLE t RENAME note TO tmp; ALTER TABLE t RENAME x TO note; ALTER TABLE t RENAME tmp TO x", "UPDATE t SET n = 101 WHERE id = 5"],
        ["UPDATE t SET n = 102 WHERE id = 6"]),
    'a column of rows without a key is dropped and added again': (
        days('t', 'x text', key='', after=WHOLE + "; UPDATE t SET x = 'old ' || id"),
        ["ALTER TABLE t DROP x; ALTER TABLE t ADD x text", "DELETE FROM t WHERE id = 2; UPDATE t SET created_at = created_at + interval '1 day' WHERE id = 5"],
        ["DELETE FROM t WHERE id = 3; UPDATE t SET x = 'new' WHERE id = 4"]),
    'days come': (
        "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT g, g FROM generate_series(1, 9) g",
        ["ALTER TABLE t ADD created_at date", "UPDATE t SET created_at = date '2026-01-01' + id WHERE id < 5"],
        ["UPDATE t SET created_at = created_at + 1 WHERE id < 3; DELETE FROM t WHERE id = 4"]),
    'days go': (
        days('t'), ["ALTER TABLE t DROP created_at", "UPDATE t SET n = 100 WHERE id < 5"], ["DELETE FROM t WHERE id = 4"]),
    'the column of the days gets another name': (
        days('t'), ["ALTER TABLE t RENAME created_at TO made_at", "UPDATE t SET n = 100 WHERE id < 5"], ["DELETE FROM t WHERE id = 4"]),
    'the column of the days becomes a text': (
        days('t'), ["ALTER TABLE t ALTER created_at TYPE text", "UPDATE t SET n = 100 WHERE id < 5"], ["DELETE FROM t WHERE id = 4"]),
}
KEPT = {
    'the column of the days becomes a text': dict(versions={'created_at': (('created_at__v2', None),)}, dropped=('created_at',)),
}


@pytest.mark.parametrize('name', CHANGES)
def test_the_stream_finds_it_afterwards(database, sluice, folder, name):
    """All of it is in the log when the process comes back."""
    setup, first, further = CHANGES[name]
    kept = dict(exported=True, **KEPT.get(name, {}))
    database.execute(setup + '; CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder, rewrite=True)
    run(database, ["UPDATE t SET n = 99 WHERE id = 9", *first])
    assert 'table t is loaded again' in sluice.replicate(database, folder, rewrite=True).err
    right(database, folder, **kept)
    run(database, further)
    sluice.replicate(database, folder, rewrite=True)
    right(database, folder, **kept)
    # Nothing is found twice.
    run(database, ["UPDATE t SET n = 1000 WHERE id = 12"])
    assert 'loaded again' not in sluice.replicate(database, folder, rewrite=True).err
    right(database, folder, **kept)


@pytest.mark.parametrize('name', ['a large column gets another name', 'the last column is dropped and added again',
                                  'two columns exchange their names for a while'])
def test_it_happens_while_a_process_runs(database, sluice, folder, name):
    setup, first, further = CHANGES[name]
    database.execute(setup + '; CREATE PUBLICATION sluice FOR ALL TABLES')
    process = sluice.start_replicating(database, folder, rewrite=True, config=SOON)
    until(lambda: compare_days(database, folder, {'t': Kept()}) == [], what='the load')
    for each in (first, further):
        run(database, each)
        until(lambda: compare_days(database, folder, {'t': Kept(exported=True)}) == [], what='what has changed')
    end(sluice, process)


def test_it_happens_to_a_table_that_does_not_change_afterwards(database, sluice, folder):
    """No change tells of it: it is found when the process begins."""
    database.execute(days('t', 'x text', after="UPDATE t SET x = 'old ' || id") + '; CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder, rewrite=True)
    database.execute("ALTER TABLE t DROP x; ALTER TABLE t ADD x text; ALTER TABLE t RENAME note TO remark")
    assert 'table t is loaded again' in sluice.replicate(database, folder, rewrite=True).err
    right(database, folder, exported=True)
    assert 'loaded again' not in sluice.replicate(database, folder, rewrite=True).err


def test_settings_of_columns_are_changed(database, sluice, folder):
    """Columns that are no longer left out have their values in all rows, those that are have them in none, and other days are
    made of the rows at once."""
    database.execute(large('t') + "; ALTER TABLE t ADD other_day date; UPDATE t SET other_day = date '2026-02-01' + n;"
                     "CREATE PUBLICATION sluice FOR ALL TABLES")

    def replicate(options):
        return sluice.replicate(database, folder, rewrite=True, config=settings({'t': Kept(options)}, database={'slot': database.name})).err

    for options in (Options(exclude_columns=('big',)), Options(exclude_columns=('big', 'n')), Options(exclude_columns=('n',)), Options(), Options(time_zone='Asia/Tokyo'),
                    Options(partition_by='other_day')):
        loaded = replicate(options)
        assert ('is loaded again' in loaded) == (options != Options(exclude_columns=('big',)))
        right(database, folder, options=options, exported=True)
        run(database, ["UPDATE t SET note = note || '!' WHERE id % 4 = 1; UPDATE t SET created_at = created_at + interval '1 day' WHERE id = 5"])
        assert 'is loaded again' not in replicate(options)
        right(database, folder, options=options, exported=True)


def test_what_does_not_need_a_load(database, sluice, folder):
    """Columns without values in older rows, and columns that go."""
    database.execute(days('t', 'x text', after="UPDATE t SET x = 'old ' || id") + '; CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder, rewrite=True)
    run(database, ["UPDATE t SET n = 99 WHERE id = 9", "ALTER TABLE t ADD y text", "UPDATE t SET n = 100, y = 'y' WHERE id < 3",
                   "ALTER TABLE t DROP x", "UPDATE t SET n = 101 WHERE id = 3", "ALTER TABLE t ADD z int", "UPDATE t SET z = 5 WHERE id = 4"])
    assert 'loaded again' not in sluice.replicate(database, folder, rewrite=True).err
    right(database, folder, dropped=('x',))
    database.execute("ANALYZE t; ALTER TABLE t ADD w int; ALTER TABLE t DROP y")
    assert 'loaded again' not in sluice.replicate(database, folder, rewrite=True).err
    run(database, ["UPDATE t SET w = 6 WHERE id = 7"])
    assert 'loaded again' not in sluice.replicate(database, folder, rewrite=True).err
    right(database, folder, dropped=('x', 'y'))


def test_a_new_table_beside_one_that_is_loaded_again(database, sluice, folder):
    """Both loads are asked for at once."""
    database.execute(days('t') + '; CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder, rewrite=True)
    database.execute('ALTER TABLE t RENAME note TO remark; ' + days('u'))
    assert 'table t is loaded again' in sluice.replicate(database, folder, rewrite=True).err
    right(database, folder, ['t', 'u'], exported=True)
