"""Day files follow the changes: after a pass they are the tables, row by row, whatever has happened in between."""

import json
import pathlib
import re
import secrets
import shutil
import signal
import threading

import psycopg2
import pyarrow.parquet
import pytest

import conftest
from database import Options, lake_name
from rewriting import Kept, compare_days, day_objects, rewritten
from test_stream_crashes import mortal
from scenarios import GRAVES, SCENARIOS, days, large
from test_crashes import is_awaited, locked, wait_for
from test_stream_faults import end, until

# Small row groups, so that some are copied and some are not.
SMALL = {'parquet': {'row_group_size': '64KiB'}}


def run(made, transactions):
    """Runs each text as a transaction of its own."""
    connection = psycopg2.connect(made.url)
    try:
        for transaction in transactions:
            with connection, connection.cursor() as cursor:
                cursor.execute(transaction)
    finally:
        connection.close()


def settings(tables, **others):
    """The configuration for tables of which the lake keeps something."""
    rules = []
    for name, kept in tables.items():
        rule = {'table': '"' + name.replace('"', '""') + '"', 'time_zone': kept.options.time_zone}
        if kept.options.partition_by:
            rule['partition_by'] = kept.options.partition_by
        if kept.options.exclude_columns:
            rule['exclude_columns'] = list(kept.options.exclude_columns)
        if kept.options.representations:
            rule['columns'] = {column: {'as': kind} for column, kind in kept.options.representations.items()}
        if kept.graves:
            rule['deletes'] = 'soft'
        rules.append(rule)
    return {**SMALL, 'tables': rules, **others}


# MARK: scenarios

# How the changes come to a pass: one after each round by the process that streams; all rounds at once, from several files
# and by a process that only rewrites; all rounds at once from one file, in text form.
WAYS = {
    'a pass a round': ('folder', False),
    'rounds in files': ('s3', False),
    'all in one file': ('folder', True),
}


@pytest.fixture(scope='module', params=WAYS)
def played(request, tmp_path_factory):
    """What was wrong in the lake after all that happens in the scenarios, by scenario: they share each process."""
    way = request.param
    names = {item.callspec.params['name'] for item in request.session.items
             if item.module is request.module and 'played' in getattr(item, 'fixturenames', ())}
    chosen = {name: SCENARIOS[name] for name in SCENARIOS if name in names}
    folder = tmp_path_factory.mktemp('rewrites')
    sluice = conftest.Sluice(folder)
    kind, as_text = WAYS[way]
    place = conftest.Folder(folder / 'lake') if kind == 'folder' else conftest.Bucket(f'proof/{secrets.token_hex(6)}')
    made = conftest.create_database()
    try:
        yield play(made, sluice, place, chosen, way, as_text)
    finally:
        conftest.drop_database(made)


def play(made, sluice, place, chosen, way, as_text):
    tables = {table: kept for each in chosen.values() for table, kept in each.tables.items()}
    config = settings(tables)
    made.execute('CREATE EXTENSION hstore; ' + GRAVES)
    if as_text:
        # One such column, and every table comes in text form.
        made.execute('CREATE TABLE addressed (id int PRIMARY KEY, address inet)')
    for each in chosen.values():
        made.execute(each.setup)
    made.execute('CREATE PUBLICATION sluice FOR TABLES IN SCHEMA public WITH (publish_via_partition_root = true)')
    problems = {name: [] for name in chosen}

    def blame(found, when):
        for name, each in chosen.items():
            if when == 'load' and not each.from_the_load:
                continue
            problems[name] += [f'{when}, {problem}' for problem in found if problem.split(': ')[0] in each.tables]

    def take_up(command, when, **options):
        """A pass; a table that fails does not keep the others from being looked at."""
        arguments = ['--until-caught-up'] if command == 'replicate' else []
        run = sluice.finish(sluice.start_on_slot(command, made, place, *arguments, config=config, **options))
        failures = re.findall('cannot rewrite the days of table (.*)', run.err)
        assert run.code == (1 if failures else 0), str(run)
        blame([f'{table}: {failure}' for failure in failures for table in tables
               if failure.startswith(lake_name('public', table) + ': ')], when)

    def compare(when):
        blame(compare_days(made, place, tables, others=True), when)

    take_up('replicate', 'load')
    compare('load')
    for number in range(max(len(each.rounds) for each in chosen.values())):
        for each in chosen.values():
            if number < len(each.rounds):
                run(made, each.rounds[number])
        if way == 'a pass a round':
            take_up('replicate', f'round {number + 1}')
            compare(f'round {number + 1}')
        elif way == 'rounds in files':
            sluice.replicate(made, place, config=config)
    command = 'rewrite' if way == 'rounds in files' else 'replicate'
    if way != 'a pass a round':
        take_up(command, 'end')
        compare('end')
    # The program's own judgement of the same lake, types and names of all kinds.
    judged = sluice.finish(sluice.start_on_slot('validate', made, place, '--deep', '--json', config=config))
    names = {lake_name('public', table): table for table in tables}
    blame([f'{names.get(each.get("table"), each.get("table"))}: {each["text"]}' for each in json.loads(judged.out)['findings']
           if each['severity'] == 'failure'], 'validate')
    before = day_objects(place)
    take_up(command, 'again')
    again = rewritten(before, day_objects(place))
    blame([f'{table}: {again[lake_name("public", table)]} files were written without changes'
           for table in tables if again[lake_name('public', table)]], 'again')
    return problems


@pytest.mark.parametrize('name', SCENARIOS)
def test_days_are_the_tables(played, name):
    assert played[name] == []


# MARK: processes

SOON = dict(flush={'max_interval': '1s'}, rewrite={'interval': '1s'}, **SMALL)


@pytest.fixture
def source(database):
    """A database with a table of four days, which is published."""
    database.execute(large('t') + '; CREATE PUBLICATION sluice FOR ALL TABLES')
    return database


def right(made, place, tables=('t',), **kept):
    """Asserts that the days are the tables."""
    problems = compare_days(made, place, {table: Kept(**kept) for table in tables})
    assert problems == [], '\n'.join(problems)


def test_a_running_process_takes_changes_up_by_itself(source, sluice, place):
    process = sluice.start_replicating(source, place, rewrite=True, config=SOON)
    for number in range(3):
        run(source, [f"UPDATE t SET note = 'round {number}' WHERE id % 4 = {number}",
                     f"INSERT INTO t (id, created_at) VALUES ({100 + number}, '2026-01-0{number + 1}')",
                     f"UPDATE t SET created_at = created_at + interval '1 day' WHERE id = {number + 1}"])
        until(lambda: compare_days(source, place, ['t']) == [], what='the rewrite')
    end(sluice, process)
    right(source, place)


def test_one_process_streams_and_another_rewrites(source, sluice, folder, tmp_path):
    other = another(tmp_path, source)
    sluice.replicate(source, folder)
    process = sluice.start_replicating(source, folder, config=SOON)
    for number in range(3):
        run(source, [f"UPDATE t SET note = 'round {number}'", f"DELETE FROM t WHERE id = {number + 1}"])
        until(lambda: other.rewrite(source, folder, config=SOON) and compare_days(source, folder, ['t']) == [], what='the rewrite')
    end(sluice, process)


def another(tmp_path, made):
    (tmp_path / 'other').mkdir()
    other = conftest.Sluice(tmp_path / 'other')
    other.secrets.add(made.password)
    return other


def test_two_processes_rewrite_at_once(source, sluice, place, tmp_path):
    """One of them may be told that the other is at it; what is in the lake is right."""
    other = another(tmp_path, source)
    sluice.replicate(source, place)
    for number in range(3):
        run(source, [f"UPDATE t SET note = 'round {number}', created_at = created_at + interval '1 day'", f"INSERT INTO t (id, created_at) VALUES ({100 + number}, '2026-01-01')"])
        sluice.replicate(source, place)
        processes = [(program, program.start_on_slot('rewrite', source, place, config=SOON)) for program in (sluice, other)]
        runs = [program.finish(process) for program, process in processes]
        assert 0 in [each.code for each in runs] and all(each.code in (0, 1) for each in runs), '\n'.join(map(str, runs))
        right(source, place)


def test_some_tables_and_some_days(database, sluice, folder):
    database.execute(days('a') + days('b') + 'CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder)
    run(database, [f"UPDATE {table} SET note = 'x' WHERE id IN (1, 4, 7); UPDATE {table} SET created_at = created_at + interval '1 day' WHERE id IN (2, 5, 8)"
                   for table in 'ab'])
    sluice.replicate(database, folder)
    before = day_objects(folder)
    dry = sluice.rewrite(database, folder, '--dry-run')
    assert '2026-01-01' in dry.out and '2026-01-04' in dry.out, dry.out
    assert day_objects(folder) == before
    sluice.rewrite(database, folder, '--table', 'a', '--date', '2026-01-02')
    after = day_objects(folder)
    # Of the days after it those that have to be written first, since rows move on to them.
    assert [path for path in after if before[path] != after[path]] == [f'a/year=2026/month=01/day=0{day}/a_2026010{day}.parquet' for day in (2, 3, 4)]
    sluice.rewrite(database, folder, '--table', 'a', '--from', '2026-01-01', '--to', '2026-01-01')
    assert rewritten(before, day_objects(folder)) == {'a': 4}
    sluice.rewrite(database, folder, '--table', 'a')
    assert compare_days(database, folder, ['a'], others=True) == []
    run(database, ["DELETE FROM a WHERE id < 4", "UPDATE b SET id = id + 100"])
    sluice.replicate(database, folder, rewrite=True)
    right(database, folder, 'ab')


def test_a_table_is_divided_into_days_otherwise(database, sluice, folder):
    """It is loaded again, which is said; then it goes on."""
    database.execute(days('t', 'other date') + "UPDATE t SET other = date '2026-02-01' + n; CREATE PUBLICATION sluice FOR ALL TABLES")
    sluice.replicate(database, folder)
    for number, options in enumerate((Options(time_zone='Asia/Tokyo'), Options(partition_by='other'))):
        config = settings({'t': Kept(options)}, database={'slot': database.name})
        run(database, [f"UPDATE t SET note = 'round {number}', created_at = '2026-01-02 22:00Z' WHERE id % 4 = {number}"])
        done = sluice.replicate(database, folder, rewrite=True, config=config)
        assert 'table t is loaded again: its rows find their day otherwise than before' in done.err
        right(database, folder, options=options, exported=True)
        run(database, [f"UPDATE t SET note = 'after {number}', other = other + 1 WHERE id % 3 = {number}"])
        sluice.replicate(database, folder, rewrite=True, config=config)
        right(database, folder, options=options, exported=True)


def test_what_cannot_be_rewritten(source, sluice, folder):
    lost = sluice.rewrite(source, folder, expect=1)
    assert 'sluice replicate' in lost.err
    sluice.replicate(source, folder)
    unknown = sluice.rewrite(source, folder, '--table', 'nothing', expect=1)
    assert 'nothing' in unknown.err
    assert sluice.rewrite(source, folder, '--date', '2026-02-30', expect=64)


def test_a_transaction_that_is_larger_than_a_pass(database, sluice, folder):
    """Its changes are taken up in parts, and so are those of the next."""
    database.execute("CREATE TABLE t (id int PRIMARY KEY, note text, created_at date); CREATE PUBLICATION sluice FOR ALL TABLES;"
                     " INSERT INTO t SELECT g, md5(g::text), date '2026-01-01' + g % 3 FROM generate_series(1, 30000) g")
    config = dict(SOON, memory_limit='16MiB')
    sluice.replicate(database, folder, config=config)
    run(database, ["UPDATE t SET note = repeat(md5(id::text), 8), created_at = created_at + id % 2; UPDATE t SET note = repeat(md5(note), 8) WHERE id % 3 = 0;"
                   " DELETE FROM t WHERE id % 7 = 0; INSERT INTO t SELECT g, repeat('x', 200), '2026-02-01' FROM generate_series(40000, 45000) g",
                   "UPDATE t SET id = -id"])
    done = sluice.replicate(database, folder, rewrite=True, config=config)
    right(database, folder)
    assert done.peak_mib < 200, done.peak_mib


# MARK: what is published


def test_only_inserts_are_published(database, sluice, folder):
    database.execute(days('a') + days('b', key='') + "CREATE PUBLICATION sluice FOR ALL TABLES WITH (publish = 'insert')")
    sluice.replicate(database, folder)
    for number in range(2):
        run(database, [f"INSERT INTO {table} SELECT id + {100 * (number + 1)}, note, n, created_at + interval '2 days' FROM {table} WHERE id < 5" for table in 'ab'])
        sluice.replicate(database, folder, rewrite=True)
        right(database, folder, 'ab')


def test_rows_enter_and_leave_a_row_filter(database, sluice, folder):
    database.execute(days('f', after='ALTER TABLE f REPLICA IDENTITY FULL;') + 'CREATE PUBLICATION sluice FOR TABLE f WHERE (n % 2 = 0)')
    sluice.replicate(database, folder)
    for step in ("UPDATE f SET n = n + 1 WHERE id < 8", "UPDATE f SET n = n + 1, created_at = created_at + interval '1 day' WHERE id > 5", "DELETE FROM f WHERE id IN (2, 3)"):
        run(database, [step])
        sluice.replicate(database, folder, rewrite=True)
        right(database, folder, 'f', where='n % 2 = 0')


def test_tables_come_and_come_again(database, sluice, folder):
    """A new table, one that is made again under its name, and one that was out of the publication for a while."""
    database.execute(days('a') + days('b') + days('c') + 'CREATE PUBLICATION sluice FOR TABLE a, b')
    sluice.replicate(database, folder)
    change = "UPDATE {0} SET note = 'changed' WHERE id = 2; UPDATE {0} SET created_at = '2026-02-01' WHERE id = 3; DELETE FROM {0} WHERE id > 9"
    run(database, [change.format('a'), change.format('b')])
    sluice.replicate(database, folder, rewrite=True)
    run(database, ["ALTER PUBLICATION sluice ADD TABLE c; ALTER PUBLICATION sluice DROP TABLE b", change.format('c'), "UPDATE b SET note = 'unseen'; DELETE FROM b WHERE id < 4",
                   "UPDATE a SET note = 'before the end'", "DROP TABLE a", days('a', first='2026-01-03'), "ALTER PUBLICATION sluice ADD TABLE a, b",
                   change.format('a'), change.format('b').replace('changed', 'changed again')])
    sluice.replicate(database, folder, rewrite=True)
    right(database, folder, 'abc', exported=True)
    run(database, [f"UPDATE {table} SET id = id + 100, created_at = created_at + interval '1 day'" for table in 'abc'])
    sluice.replicate(database, folder, rewrite=True)
    right(database, folder, 'abc')


# MARK: backfills

CHANGES = [
    "UPDATE t SET note = 'changed' WHERE id IN (1, 6)", "DELETE FROM t WHERE id = 2", "UPDATE t SET created_at = '2026-01-04' WHERE id = 3",
    "UPDATE t SET created_at = '2026-01-01' WHERE id = 12", "INSERT INTO t (id, created_at) VALUES (100, '2026-01-01'), (101, '2026-01-09')",
    "UPDATE t SET id = 200 WHERE id = 4", "UPDATE t SET id = 4 WHERE id = 5", "DELETE FROM t WHERE id BETWEEN 7 AND 9",
]
MORE_CHANGES = ["UPDATE t SET note = 'again' WHERE id % 2 = 0", "UPDATE t SET created_at = created_at + interval '1 day' WHERE id = 100", "DELETE FROM t WHERE id = 200"]


@pytest.mark.parametrize('selection', [('--mode', 'full'), ('--from', '2026-01-01', '--to', '2026-01-03')], ids=['full', 'days'])
def test_a_backfill_ends_after_a_pass_has_gone_beyond_its_snapshot(source, sluice, place, tmp_path, selection):
    """It waits for a lock on one table with the snapshot in which it then reads the other."""
    source.execute("CREATE TABLE first AS SELECT g AS id, date '2026-01-01' AS created_at FROM generate_series(1, 5000) g; ALTER TABLE first REPLICA IDENTITY FULL; ANALYZE first; ANALYZE t")
    sluice.replicate(source, place)
    other = another(tmp_path, source)
    blocker = locked(source, 'first')
    process = other.start('backfill', *selection, '--database', source.url, *place.arguments, '--jobs', '1', '--table', 'first', '--table', 't',
                          config=place.configured({'database': {'slot': source.name}}), environment=place.environment)
    wait_for(lambda: is_awaited(source, 'first'), process)
    run(source, CHANGES)
    sluice.replicate(source, place, rewrite=True)
    assert compare_days(source, place, ['t'], others=True) == []
    blocker.close()
    other.finish_as(process, 0)
    sluice.replicate(source, place, rewrite=True)
    right(source, place, ['first', 't'], exported=True)
    run(source, MORE_CHANGES)
    sluice.replicate(source, place, rewrite=True)
    right(source, place, ['first', 't'], exported=True)


@pytest.mark.parametrize('changes', [[], MORE_CHANGES], ids=['nothing', 'changes'])
def test_older_files_come_back(source, sluice, folder, tmp_path, changes):
    """As a backfill leaves them that began before the changes and ends after the pass that took them up."""
    sluice.replicate(source, folder)
    shutil.copytree(folder.path / 't', tmp_path / 'older')
    run(source, CHANGES)
    sluice.replicate(source, folder, rewrite=True)
    right(source, folder)
    shutil.copytree(tmp_path / 'older', folder.path / 't', dirs_exist_ok=True)
    run(source, changes)
    sluice.replicate(source, folder, rewrite=True)
    right(source, folder)


def test_backfills_of_a_day_beside_its_rewriting(source, sluice, folder, tmp_path):
    other = another(tmp_path, source)
    process = sluice.start_replicating(source, folder, rewrite=True, config=SOON)
    until(lambda: (folder.path / 't').exists(), what='the load')
    stop = threading.Event()

    def write():
        number = 0
        while not stop.wait(0.05):
            number += 1
            run(source, [f"UPDATE t SET note = 'round {number}' WHERE id % 3 = {number % 3}", f"UPDATE t SET created_at = '2026-01-0{1 + number % 4}' WHERE id = {1 + number % 12}",
                         f"DELETE FROM t WHERE id = {50 + (number + 3) % 7}", f"INSERT INTO t (id, created_at) VALUES ({50 + number % 7}, '2026-01-02') ON CONFLICT DO NOTHING"])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            other.backfill(source, folder, '--from', '2026-01-01', '--to', '2026-01-02', '--table', 't', config={'database': {'slot': source.name}})
    finally:
        stop.set()
        writer.join()
    end(sluice, process)
    sluice.replicate(source, folder, rewrite=True)
    right(source, folder, exported=True)


NEW, KNOWN = '2030-01-01', '2026-01-02'


@pytest.mark.parametrize('day, passes', [(KNOWN, 1), (NEW, 1), (NEW, 2)])
def test_a_process_that_was_replaced_brings_nothing_back(source, mortal, place, tmp_path, day, passes):
    """Stopped before it writes a day, it goes on when the row has left that day again, in one pass of another or in two."""
    other = another(tmp_path, source)
    mortal.replicate(source, place, config=SMALL)
    run(source, [f"UPDATE t SET created_at = '{day}' WHERE id = 1"])
    mortal.replicate(source, place, config=SMALL)
    process = mortal.start_on_slot('rewrite', source, place, config=SMALL, environment={'SLUICE_FAILPOINT': 'beforeDayPut:1:stop'})
    until(lambda: is_stopped(process), what='the stop')
    try:
        if passes == 2:
            other.rewrite(source, place, config=SMALL)
        run(source, ["UPDATE t SET created_at = '2026-01-01' WHERE id = 1"])
        other.replicate(source, place, rewrite=True, config=SMALL)
        right(source, place)
    finally:
        process.send_signal(signal.SIGCONT)
    stopped = mortal.finish(process)
    assert stopped.code in (0, 1), str(stopped)
    right(source, place)


def is_stopped(process):
    return pathlib.Path(f'/proc/{process.pid}/stat').read_text().rpartition(')')[2].split()[0] == 'T'


def test_a_day_that_has_lost_its_rows_loses_its_file_later(source, mortal, place):
    mortal.replicate(source, place)
    run(source, ["DELETE FROM t WHERE date_trunc('day', created_at) = '2026-01-02'"])
    mortal.replicate(source, place, rewrite=True)
    right(source, place)
    path = 't/year=2026/month=01/day=02/t_20260102.parquet'
    mortal.rewrite(source, place)
    assert path in day_objects(place)
    mortal.rewrite(source, place, environment={'SLUICE_EMPTY_DAY_SECONDS': '0'})
    assert path not in day_objects(place)
    right(source, place)


def test_days_that_cannot_be_read_are_exported_again(source, sluice, folder):
    """A file may be empty, cut off or damaged inside, its day touched by changes or not."""
    sluice.replicate(source, folder)
    paths = [folder.path / f't/year=2026/month=01/day=0{day}/t_2026010{day}.parquet' for day in (1, 2, 3)]
    whole = [path.read_bytes() for path in paths]
    paths[0].write_bytes(b'')
    paths[1].write_bytes(whole[1][:-20])
    paths[2].write_bytes(whole[2][:4] + bytes(len(whole[2]) // 2) + whole[2][4 + len(whole[2]) // 2:])
    run(source, ["UPDATE t SET note = 'x' WHERE created_at >= '2026-01-02'"])
    done = sluice.replicate(source, folder, rewrite=True)
    for path in paths:
        assert re.search(f'WARNING cannot read {re.escape(str(path))}: .*sluice backfill --date 2026-01-0', done.err), done.err
    right(source, folder, exported=True)


def test_a_day_whose_rows_are_lost_is_exported_again(source, sluice, folder):
    """An update that leaves large values alone does not say what they are."""
    sluice.replicate(source, folder)
    (folder.path / 't/year=2026/month=01/day=02/t_20260102.parquet').unlink()
    run(source, ["UPDATE t SET note = 'x' WHERE id = 5", "UPDATE t SET note = 'y', created_at = '2026-01-03' WHERE id = 6"])
    sluice.replicate(source, folder, rewrite=True)
    right(source, folder, exported=True)


def test_a_new_column_with_a_default_has_its_values_in_older_rows(database, sluice, folder):
    """No change tells of them, so the table is loaded again."""
    database.execute(days('a') + days('b') + 'CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder)
    run(database, ["UPDATE a SET note = 'before'; UPDATE b SET note = 'before'", "ALTER TABLE a ADD state text DEFAULT 'open', ADD place int",
                   "ALTER TABLE b ADD token uuid DEFAULT gen_random_uuid()", "UPDATE a SET place = 1 WHERE id = 3; DELETE FROM b WHERE id = 4"])
    done = sluice.replicate(database, folder, rewrite=True)
    assert 'loaded again' in done.err
    sluice.replicate(database, folder, rewrite=True)
    right(database, folder, 'ab', exported=True)
    run(database, ["ALTER TABLE a ADD later text", "UPDATE a SET later = 'x' WHERE id < 4"])
    done = sluice.replicate(database, folder, rewrite=True)
    assert 'loaded again' not in done.err
    right(database, folder, 'ab', exported=True)


def test_columns_with_a_default_come_while_one_process_runs(database, sluice, folder):
    """The table was loaded by the process itself; more columns come while the ones before have it loaded again."""
    database.execute(days('t') + '; CREATE PUBLICATION sluice FOR ALL TABLES')
    process = sluice.start_replicating(database, folder, rewrite=True, config=SOON)
    until(lambda: compare_days(database, folder, {'t': Kept()}) == [], what='the load')
    run(database, ["ALTER TABLE t ADD COLUMN c int DEFAULT 7", "UPDATE t SET n = 100 WHERE id = 1"])
    until(lambda: compare_days(database, folder, {'t': Kept(exported=True)}) == [], what='the first column')
    run(database, ["ALTER TABLE t ADD COLUMN d int DEFAULT 8", "UPDATE t SET n = 101 WHERE id = 1",
                   "ALTER TABLE t ADD COLUMN e int DEFAULT 9", "UPDATE t SET n = 102 WHERE id = 2"])
    until(lambda: compare_days(database, folder, {'t': Kept(exported=True)}) == [], what='the others')
    assert end(sluice, process).err.count('loaded again') >= 2


@pytest.mark.parametrize('key, after, change', [
    ('PRIMARY KEY', '', 'ALTER TABLE t RENAME id TO ident'),
    ('PRIMARY KEY', 'ALTER TABLE t REPLICA IDENTITY FULL', 'ALTER TABLE t RENAME id TO ident'),
    ('', 'ALTER TABLE t REPLICA IDENTITY FULL', 'ALTER TABLE t RENAME id TO ident'),
], ids=['renamed', 'full', 'whole row'])
def test_a_column_of_the_key_gets_another_name(database, sluice, folder, key, after, change):
    """Older rows do not have it, so the table is loaded again."""
    database.execute(days('t', key=key, after=after) + '; CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder, rewrite=True)
    run(database, ["UPDATE t SET n = 99 WHERE id = 2", change, "UPDATE t SET n = 100 WHERE ident::text = '1'; DELETE FROM t WHERE ident::text = '5'"])
    done = sluice.replicate(database, folder, rewrite=True)
    assert 'loaded again' in done.err
    right(database, folder, exported=True)
    run(database, ["UPDATE t SET n = 101 WHERE ident::text = '1'; DELETE FROM t WHERE ident::text = '6'"])
    done = sluice.replicate(database, folder, rewrite=True)
    assert 'loaded again' not in done.err
    right(database, folder, exported=True)
    run(database, ["ALTER TABLE t RENAME ident TO id", "UPDATE t SET n = 102 WHERE id = 1; DELETE FROM t WHERE id = 7"])
    done = sluice.replicate(database, folder, rewrite=True)
    assert 'loaded again' in done.err
    right(database, folder, exported=True)


def test_all_rows_have_their_values_in_the_column_of_a_new_type(database, sluice, folder):
    """No change tells of those that nobody touches, so the table is loaded again."""
    database.execute(days('t', 'amount text', after="UPDATE t SET amount = n") + '; CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder, rewrite=True)
    run(database, ["UPDATE t SET amount = '0' WHERE id = 1", "ALTER TABLE t ALTER amount TYPE int USING amount::int", "UPDATE t SET amount = amount + 1 WHERE id < 4"])
    done = sluice.replicate(database, folder, rewrite=True)
    assert 'loaded again' in done.err and 'amount__v2' in done.err, done.err
    right(database, folder, exported=True, versions={'amount': (('amount__v2', None),)}, dropped=('amount',))
    run(database, ["UPDATE t SET amount = 100 WHERE id = 12", "ALTER TABLE t ALTER amount TYPE bigint", "UPDATE t SET amount = 10000000000 WHERE id = 11"])
    assert 'loaded again' not in sluice.replicate(database, folder, rewrite=True).err
    right(database, folder, exported=True, versions={'amount': (('amount__v2', None),)}, dropped=('amount',))


def test_the_type_of_the_key_changes(database, sluice, folder):
    """Its values are in a column of another name then."""
    database.execute(days('t') + '; CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder, rewrite=True)
    run(database, ["ALTER TABLE t ALTER id TYPE text", "UPDATE t SET n = 100 WHERE id = '1'; DELETE FROM t WHERE id = '5'"])
    assert 'loaded again' in sluice.replicate(database, folder, rewrite=True).err
    right(database, folder, exported=True, versions={'id': (('id__v2', None),)})


def test_a_process_that_only_rewrites_does_not_miss_rows_in_silence(database, sluice, folder):
    """Until the table is loaded again, its days have no column to find rows by."""
    database.execute(days('t') + '; CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder, rewrite=True)
    old = {path: path.read_bytes() for path in (folder.path / 't').rglob('*.parquet')}
    run(database, ["ALTER TABLE t RENAME id TO ident", "UPDATE t SET n = 100 WHERE ident = 1; DELETE FROM t WHERE ident = 5"])
    sluice.replicate(database, folder)
    for path, content in old.items():
        path.write_bytes(content)
    failed = sluice.finish(sluice.start_on_slot('rewrite', database, folder))
    assert failed.code == 1 and 'has no column ident, by which changes of table public.t name their rows' in failed.err, str(failed)


@pytest.mark.parametrize('between', [False, True], ids=['before all changes', 'between changes'])
def test_a_primary_key_comes_under_a_whole_row_as_identity(database, sluice, folder, between):
    """Of older changes it says nothing: then two rows could have the same."""
    database.execute(days('t', key='', after='ALTER TABLE t REPLICA IDENTITY FULL; INSERT INTO t SELECT 1, note || note, n, created_at FROM t WHERE id = 1')
                     + '; CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder, rewrite=True)
    if between:
        run(database, ["UPDATE t SET n = 9 WHERE id = 5"])
        sluice.replicate(database, folder, rewrite=True)
    run(database, ["UPDATE t SET n = 8 WHERE id = 1 AND note = 'row 1'", "DELETE FROM t WHERE id = 1 AND note = 'row 1row 1'", "ALTER TABLE t ADD PRIMARY KEY (id)", "UPDATE t SET n = 10 WHERE id = 2"])
    sluice.replicate(database, folder)
    described = {pyarrow.parquet.read_metadata(path).metadata[b'sluice.key'] for path in (folder.path / 't_changes').rglob('*.parquet')}
    assert described == {b'[]'}, described
    sluice.replicate(database, folder, rewrite=True)
    right(database, folder, exported=True)
    run(database, ["UPDATE t SET n = 11 WHERE id = 1"])
    assert 'loaded again' not in sluice.replicate(database, folder, rewrite=True).err
    right(database, folder, exported=True)
    described = {pyarrow.parquet.read_metadata(path).metadata[b'sluice.key'] for path in (folder.path / 't_changes').rglob('*.parquet')}
    assert described == {b'[]', b'["id"]'}, described


def test_a_primary_key_goes_and_comes_while_a_process_runs(database, sluice, folder):
    """The server describes the table in the same words each time."""
    database.execute(days('t', after='ALTER TABLE t REPLICA IDENTITY FULL') + '; CREATE PUBLICATION sluice FOR ALL TABLES')
    process = sluice.start_replicating(database, folder, rewrite=True, config=SOON)
    until(lambda: compare_days(database, folder, {'t': Kept()}) == [], what='the load')
    run(database, ["UPDATE t SET n = 10 WHERE id = 2"])
    until(lambda: compare_days(database, folder, {'t': Kept(exported=True)}) == [], what='the first change')
    run(database, ["ALTER TABLE t DROP CONSTRAINT t_pkey", "INSERT INTO t SELECT id, note || note, n, created_at FROM t WHERE id = 1"])
    until(lambda: compare_days(database, folder, {'t': Kept(exported=True)}) == [], what='the second row of the key')
    run(database, ["DELETE FROM t WHERE id = 1 AND note = 'row 1row 1'"])
    until(lambda: compare_days(database, folder, {'t': Kept(exported=True)}) == [], what='its end')
    run(database, ["ALTER TABLE t ADD PRIMARY KEY (id)", "UPDATE t SET id = 100 WHERE id = 1"])
    until(lambda: compare_days(database, folder, {'t': Kept(exported=True)}) == [], what='another key')
    end(sluice, process)
