"""The views that `sluice athena sql` prints show the tables: current rows and pending changes come to what PostgreSQL has.

The statements are written for Athena and Trino. They run here in DuckDB, translated, over the lake's files.
"""

import json
import os
import re
import shutil
import signal
import struct
import threading

import duckdb
import pytest
import sqlglot

import conftest
import database
import lake
from compare import differences
from database import lake_name, quote
from rewriting import META, Comparison, Kept
from scenarios import GRAVES, SCENARIOS, days, large, swap
from test_rewrites import CHANGES, run, settings
from test_stream_faults import end, until

# What SQL cannot tell apart.
WITHOUT_VIEW = {
    'lists': "its key's column k1 has a type by which SQL cannot find rows",
    'whole_types': 'it has no key, and its column list has a type by which SQL cannot compare rows',
}

# What a view cannot follow: it has one key, and one list of columns by which rows are equal, for all pending changes. None
# is printed then, and after a pass it is right again.
REFUSED = {
    'a column is dropped of rows without a key': 'changes are pending from before its columns changed, by which its rows are told apart',
    'the replica identity changes': 'changes are pending that name rows by ',
    'a table that gets another key': 'changes are pending that name rows by id, while later ones name them by code',
}
REMEDY = ': run sluice rewrite, then print it again'

# A view that is made once has the columns of that time.
CHANGED_COLUMNS = {
    'columns are added and dropped', 'columns become wider', 'keys become wider', 'columns change their type or name',
    'large values stay where columns are added', 'the partition column changes its type', 'a column changes its type and back', *REFUSED,
}

# Its changes name rows by all of their values as long as they may be older than its key, so its view ends, as those of tables
# without a key do, once rows have been rewritten.
KEYED_LATER = 'a primary key goes and comes again under the whole row as identity'
CHANGED_COLUMNS.add(KEYED_LATER)

# What every change has.
STAMP = {'_op': 'VARCHAR', '_lsn': 'BIGINT', '_seq': 'BIGINT', '_xid': 'BIGINT', '_committed_at': 'TIMESTAMPTZ', '_unchanged': 'VARCHAR[]',
         '_old_key': 'VARCHAR', '_rescued': 'VARCHAR'}

FOLDERS = {'year': 'BIGINT', 'month': 'BIGINT', 'day': 'BIGINT'}


class Reader:
    """DuckDB over a lake, with a table of current rows and one of changes for each table."""

    def __init__(self, folder, present, tables):
        self.connection = duckdb.connect(config={'threads': 2, 'autoinstall_known_extensions': False})
        self.connection.execute("SET TimeZone = 'UTC'")
        for name in tables:
            current, pending = self.columns(folder, present, name), self.columns(folder, present, name + '_changes')
            # A catalog has each column in both tables.
            own = {column: kind for column, kind in pending.items() if column not in STAMP}
            for column in FOLDERS:
                own.pop(column, None)
            there = {column: kind for column, kind in current.items() if column not in META}
            self.define(folder, name, current, {**own, '_lsn': 'BIGINT', '_rescued': 'VARCHAR', '_deleted': 'BOOLEAN', **current})
            self.define(folder, name + '_changes', pending, {**STAMP, **FOLDERS, **there, **pending})

    def columns(self, folder, present, name):
        if not any(path.startswith(name + '/') for path in present):
            return {}
        return {row[0]: row[1] for row in self.connection.execute(f'DESCRIBE SELECT * FROM {source(folder, name)}').fetchall()}

    def define(self, folder, name, there, columns):
        items = [quote(column) if column in there else f'CAST(NULL AS {kind}) AS {quote(column)}' for column, kind in columns.items()]
        origin = f' FROM {source(folder, name)}' if there else ' WHERE false'
        self.connection.execute(f'CREATE VIEW {quote(name)} AS SELECT {", ".join(items)}{origin}')

    def make(self, statement):
        for translated in sqlglot.transpile(statement, read='trino', write='duckdb'):
            self.connection.execute(translated)

    def rows(self, name, types):
        """(column -> value) of the rows of a view."""
        there = {row[0] for row in self.connection.execute(f'DESCRIBE {quote(name)}').fetchall()}
        columns = [carrier.duckdb(quote(column)) if column in there else 'NULL' for column, carrier in types.items()]
        for row in self.connection.execute(f'SELECT {", ".join(columns)} FROM {quote(name)}').fetchall():
            yield {column: None if item is None else carrier.from_reader(list(zip(*item)) if isinstance(item, list) and type(carrier).__name__ == 'Map' else item)
                   for (column, carrier), item in zip(types.items(), row)}


def source(folder, name):
    pattern = f'{folder}/'.replace("'", "''") + ''.join(f'[{letter}]' if letter in '[*?' else letter for letter in name)
    return f"read_parquet('{pattern}/**/*.parquet', union_by_name = true, hive_partitioning = {str(name.endswith('_changes')).lower()})"


def printed(sluice, made, place, *arguments, config=None):
    """What `sluice athena sql` prints: statements and, for tables without view, reasons, by the table's name in the lake."""
    text = sluice.finish_as(sluice.start_on_slot('athena sql', made, place, *arguments, config=config), 0).out
    statements = dict(re.findall(r'^-- (\S+)_live: [^\n]*\n--[^\n]*\n(CREATE .*?;)$(?=\n*\Z|\n\n--|\n--)', text, re.MULTILINE | re.DOTALL))
    reasons = dict(re.findall(r'^-- (\S+) has no live view: (.*)$', text, re.MULTILINE))
    assert len(statements) + len(reasons) == len(re.findall('^-- \\S+(?:_live:| has )', text, re.MULTILINE)), text
    return statements, reasons


def compare_views(made, place, tables, statements, keyless=True):
    """The differences between views and tables, as sentences; `keyless` says whether rows without key are looked at too,
    'added' that only those to which rows are only added."""
    problems = []
    connection = database.connect(made.url)
    try:
        catalog = database.Catalog(connection)
        with lake.opened(place.url, place.store) as folder:
            described = {name: database.describe(connection, catalog, 'public', name, kept.options) for name, kept in tables.items()}
            present = lake.objects(folder)
            reader = Reader(folder, present, [table.lake_name for table in described.values()])
            for name, table in described.items():
                statement = statements.get(table.lake_name)
                changes = sorted((path for path in present if path.startswith(table.lake_name + '_changes/')), key=os.path.basename)
                comparison = Comparison(connection, catalog, folder, table, tables[name], changes)
                if statement is None or not comparison.key and (not keyless or keyless == 'added' and is_whole(made, name)):
                    continue
                try:
                    reader.make(statement)
                    if comparison.last:
                        comparison.last = {tuple(map(unsigned, key)): lsn for key, lsn in comparison.last.items()}
                    found = [comparison.assembled({column: unsigned(value) for column, value in values.items()})
                             for values in reader.rows(table.lake_name + '_live', {**comparison.carriers, **META})]
                except Exception as error:
                    problems.append(f'{name}: {type(error).__name__}: {error}'[:1500])
                    continue
                wanted = [tuple(map(unsigned, row)) for rows in comparison.expected().values() for row in rows]
                problems += [f'{name}: {problem}' for problem in differences(table, wanted, found)]
    finally:
        connection.close()
    return problems


def unsigned(value):
    """DuckDB makes a negative zero positive in max_by of lists."""
    return bytes(len(value)) if isinstance(value, bytes) and value in (struct.pack('>d', -0.0), struct.pack('>f', -0.0)) else value


def is_whole(made, name):
    return made.execute('SELECT relreplident FROM pg_class WHERE oid = %s::regclass', (quote(name),))[0][0] == 'f'


# MARK: scenarios

# After which rounds days are rewritten. What was printed before that is looked at after it, too.
WAYS = {'never': lambda number: False, 'every other time': lambda number: number % 2 == 0}


@pytest.fixture(scope='module', params=WAYS)
def played(request, tmp_path_factory):
    """What was wrong with the views in all that happens in the scenarios, by scenario: they share each process."""
    names = {item.callspec.params['name'] for item in request.session.items
             if item.module is request.module and 'played' in getattr(item, 'fixturenames', ())}
    chosen = {name: SCENARIOS[name] for name in SCENARIOS if name in names}
    folder = tmp_path_factory.mktemp('views')
    made = conftest.create_database()
    try:
        yield play(made, conftest.Sluice(folder), conftest.Folder(folder / 'lake'), chosen, WAYS[request.param])
    finally:
        conftest.drop_database(made)


def play(made, sluice, place, chosen, is_rewritten):
    tables = {table: kept for each in chosen.values() for table, kept in each.tables.items()}
    config = settings(tables)
    made.execute('CREATE EXTENSION hstore; ' + GRAVES)
    for each in chosen.values():
        made.execute(each.setup)
    made.execute('CREATE PUBLICATION sluice FOR TABLES IN SCHEMA public WITH (publish_via_partition_root = true)')
    problems = {name: [] for name in chosen}

    def look(statements, when, keyless=True, at_load=False):
        found = compare_views(made, place, tables, statements, keyless)
        for name, each in chosen.items():
            # Of some tables what the lake keeps can be told after a change only.
            if at_load and not each.from_the_load:
                continue
            problems[name] += [f'{when}, {problem}' for problem in found if problem.split(': ')[0] in each.tables
                               and not (name == KEYED_LATER and keyless == 'added' and 'up to which this view holds' in problem)]

    refused = set()

    def statements():
        found, reasons = printed(sluice, made, place, config=config)
        assert set(found) | set(reasons) == {lake_name('public', table) for table in tables}
        for name, each in chosen.items():
            for table in each.tables:
                reason = reasons.get(lake_name('public', table))
                if reason and name in REFUSED and reason.startswith(REFUSED[name]) and reason.endswith(REMEDY):
                    refused.add(name)
                elif reason != WITHOUT_VIEW.get(table):
                    problems[name].append(f'{table}: {reason}')
        return found

    sluice.replicate(made, place, config=config)
    look(statements(), 'load', at_load=True)
    for number in range(max(len(each.rounds) for each in chosen.values())):
        for each in chosen.values():
            if number < len(each.rounds):
                run(made, each.rounds[number])
        sluice.replicate(made, place, config=config)
        now = statements()
        look(now, f'round {number + 1}')
        if is_rewritten(number):
            sluice.rewrite(made, place, config=config)
            look(now, f'round {number + 1}, rewritten since', keyless='added')
            look(statements(), f'round {number + 1}, rewritten')
    for name in set(chosen) & set(REFUSED) - refused:
        problems[name].append('a view was printed each time')
    return problems


@pytest.mark.parametrize('name', SCENARIOS)
def test_views_are_the_tables(played, name):
    assert played[name] == []


@pytest.fixture(scope='module')
def kept(request, tmp_path_factory):
    """What was wrong with views that were made before all that happens in the scenarios, by scenario."""
    names = {item.callspec.params['name'] for item in request.session.items
             if item.module is request.module and 'kept' in getattr(item, 'fixturenames', ())}
    chosen = {name: SCENARIOS[name] for name in SCENARIOS if name in names}
    folder = tmp_path_factory.mktemp('kept')
    mortal = conftest.Sluice(folder)
    mortal.binary = conftest.needed('SLUICE_TEST_FAILPOINT_BINARY')
    made = conftest.create_database()
    try:
        yield play_on(made, mortal, conftest.Folder(folder / 'lake'), chosen)
    finally:
        conftest.drop_database(made)


def play_on(made, sluice, place, chosen):
    tables = {table: kept for each in chosen.values() for table, kept in each.tables.items()}
    config = settings(tables)
    made.execute('CREATE EXTENSION hstore; ' + GRAVES)
    for each in chosen.values():
        made.execute(each.setup)
    made.execute('CREATE PUBLICATION sluice FOR TABLES IN SCHEMA public WITH (publish_via_partition_root = true)')
    problems = {name: [] for name in chosen}
    sluice.replicate(made, place, config=config)
    statements, _ = printed(sluice, made, place, config=config)
    kills = 0

    def look(when):
        found = compare_views(made, place, tables, statements, keyless=False)
        for name, each in chosen.items():
            mine = [problem for problem in found if problem.split(': ')[0] in each.tables]
            problems[name] += [f'{when}, {problem}' for problem in mine]

    for number in range(max(len(each.rounds) for each in chosen.values())):
        for each in chosen.values():
            if number < len(each.rounds):
                run(made, each.rounds[number])
        sluice.replicate(made, place, config=config)
        look(f'round {number + 1}')
        # Each pass gets further than the one before.
        for failpoint in ('afterDayWrite:20', 'afterDayAdditions:1', 'beforeDayRemoval:1', 'afterDayWrite:40', 'beforeRewriteState:1'):
            process = sluice.start_on_slot('rewrite', made, place, config=config, environment={'SLUICE_FAILPOINT': failpoint})
            if sluice.finish(process).code == -signal.SIGKILL:
                kills += 1
                look(f'round {number + 1}, killed at {failpoint}')
        sluice.rewrite(made, place, config=config)
        look(f'round {number + 1}, rewritten')
    assert kills >= 3
    return problems


@pytest.mark.parametrize('name', [name for name in SCENARIOS if name not in CHANGED_COLUMNS])
def test_views_of_keyed_tables_stay_right_without_being_made_anew(kept, name):
    assert kept[name] == []


# MARK: the engines

# What Athena's engine 3 and Trino document, of what the views call: aggregate, array, conditional, conversion, JSON, math,
# string, binary and window functions; and types that have parameters.
FUNCTIONS = {
    'arbitrary', 'array_join', 'bool_or', 'cast', 'coalesce', 'concat', 'contains', 'count', 'element_at', 'json_format', 'json_parse', 'max',
    'max_by', 'min', 'mod', 'nullif', 'replace', 'row_number', 'substr', 'sum', 'to_hex', 'try_cast', 'unnest', 'upper',
}
TYPES = {'decimal', 'map', 'time', 'timestamp'}
WORDS_BEFORE_PARENTHESES = {'and', 'as', 'else', 'filter', 'from', 'in', 'not', 'on', 'or', 'over', 'then', 'when', 'where', 'by', 'join', 'side', 'with'}


def test_views_are_written_for_athena_and_trino(database, sluice, folder):
    kinds = ['int', 'numeric(8,2)', 'date', 'timestamptz', 'timestamp', 'text', 'bytea', 'uuid', 'boolean', 'real', 'double precision']
    columns = ', '.join(f'k{number} {kind}' for number, kind in enumerate(kinds))
    database.execute(large('t') + ';' + days('small') + days('soft') + KEYLESS
                     + f'CREATE TABLE keys ({columns}, list int[], made date, PRIMARY KEY ({", ".join(f"k{number}" for number in range(len(kinds)))}));'
                     + f'CREATE TABLE whole ({columns}, made date); ALTER TABLE whole REPLICA IDENTITY FULL; INSERT INTO whole (k0) VALUES (1); INSERT INTO keys VALUES '
                       "(1, 1, '2026-01-01', '2026-01-01', '2026-01-01', '', '', gen_random_uuid(), true, 1, 1);"
                     + 'CREATE PUBLICATION sluice FOR ALL TABLES')
    names = {'t', 'small', 'soft', 'added', 'counted', 'keys', 'whole'}
    config = settings({name: Kept(graves=name if name == 'soft' else None) for name in names})
    sluice.replicate(database, folder, config=config)
    run(database, ["INSERT INTO added VALUES (100, 'x', 1, '2026-01-01')", "UPDATE t SET id = 100 WHERE id = 1"])
    sluice.replicate(database, folder, config=config)
    statements, reasons = printed(sluice, database, folder, config=config)
    assert set(statements) == names, reasons
    for table, statement in statements.items():
        # Texts and names in quotes hold anything.
        plain = re.sub(r"'(?:[^']|'')*'" + '|"(?:[^"]|"")*"', '', statement).lower()
        called = set(re.findall(r'([a-z_]\w*) ?\(', plain)) - WORDS_BEFORE_PARENTHESES
        assert called <= FUNCTIONS | TYPES, (table, called - FUNCTIONS - TYPES)
        for dialect in ('athena', 'trino'):
            parsed = sqlglot.parse_one(statement.rstrip(';'), read=dialect, error_level=sqlglot.ErrorLevel.RAISE)
            assert isinstance(parsed, sqlglot.exp.Create)
            unknown = {node.sql(dialect) for node in parsed.find_all(sqlglot.exp.Command, sqlglot.exp.Anonymous)}
            assert unknown == set(), (table, dialect, unknown)


# MARK: one table


def refused(sluice, made, place, **options):
    """The reasons for which no view is printed now, which the log has too."""
    done = sluice.finish_as(sluice.start_on_slot('athena sql', made, place, **options), 0)
    reasons = dict(re.findall(r'^-- (\S+) has no live view: (.*)$', done.out, re.MULTILINE))
    assert all(f'{table} has no live view now: {reason}' in done.err for table, reason in reasons.items()), str(done)
    return reasons


KEYLESS = days('added', key='') + days('counted', key='', after='ALTER TABLE counted REPLICA IDENTITY FULL;')


def views(sluice, made, place, names, keyless=True, exported=False, **options):
    """Asserts that views that are printed now show the tables, and returns them."""
    statements, reasons = printed(sluice, made, place, **options)
    assert reasons == {}
    assert compare_views(made, place, {name: Kept(exported=exported) for name in names}, statements, keyless) == []
    return statements


def test_some_days_are_ahead(database, sluice, folder):
    """As a pass leaves them that ends in between."""
    database.execute(large('t') + ';' + KEYLESS + 'CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder)
    run(database, ["UPDATE t SET note = 'x', created_at = created_at + interval '1 day' WHERE id % 2 = 0", "UPDATE t SET id = 100 WHERE id = 4", "DELETE FROM t WHERE id = 7",
                   "UPDATE t SET id = 4, created_at = '2026-01-01' WHERE id = 12"]
        + [f"INSERT INTO {name} VALUES (100, 'x', 1, '2026-01-01'), (101, 'x', 1, '2026-01-02')" for name in ('added', 'counted')])
    sluice.replicate(database, folder)
    first = views(sluice, database, folder, ['t', 'added', 'counted'])
    for day in range(5, 0, -1):
        sluice.rewrite(database, folder, '--date', f'2026-01-0{day}')
        assert compare_views(database, folder, {'t': Kept(), 'added': Kept()}, first) == []
        now, _ = printed(sluice, database, folder)
        assert compare_views(database, folder, {'t': Kept()}, now) == []
    # Nothing in their rows says how far they are.
    reasons = refused(sluice, database, folder)
    assert set(reasons) == {'added', 'counted'}
    assert all('has taken up changes that other days have not' in reason and reason.endswith(REMEDY) for reason in reasons.values()), reasons
    sluice.rewrite(database, folder)
    views(sluice, database, folder, ['t', 'added', 'counted'])
    assert compare_views(database, folder, {'t': Kept(), 'added': Kept()}, first) == []


def test_the_load_has_seen_changes_that_are_in_the_lake(database, sluice, folder):
    """Writers go on while tables are loaded: of what they do a part is in the snapshot and in the files of changes."""
    database.execute(large('t') + ';' + KEYLESS + 'CREATE PUBLICATION sluice FOR ALL TABLES;'
                     " CREATE TABLE ballast AS SELECT g AS id FROM generate_series(1, 300000) g; ALTER TABLE ballast REPLICA IDENTITY FULL")
    stop = threading.Event()

    def write():
        number = 1000
        while not stop.wait(0.01):
            number += 1
            run(database, [f"UPDATE t SET id = {number} WHERE id = (SELECT min(id) FROM t); UPDATE t SET note = '{number}' WHERE id = {number}",
                           f"INSERT INTO added VALUES ({number}, 'x', 1, '2026-01-01'); INSERT INTO counted VALUES (1, 'x', 1, '2026-01-01')",
                           "DELETE FROM counted WHERE ctid = (SELECT min(ctid) FROM counted)"])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        process = sluice.start_replicating(database, folder, config={'flush': {'max_interval': '1s'}})
        until(lambda: (folder.path / 't_changes').exists() and (folder.path / 't').exists(), what='the load')
    finally:
        stop.set()
        writer.join()
    end(sluice, process)
    sluice.replicate(database, folder)
    views(sluice, database, folder, ['t', 'added', 'counted'], exported=True)
    sluice.rewrite(database, folder)
    views(sluice, database, folder, ['t', 'added', 'counted'], exported=True)


def test_days_that_were_exported_again(database, sluice, folder):
    """They are ahead of the changes that are pending, and their rows do not say so."""
    database.execute(large('t') + ';' + days('small') + 'CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder)
    run(database, ["UPDATE t SET note = 'x' WHERE id IN (1, 5)", "UPDATE t SET id = 200 WHERE id = 4; UPDATE t SET id = 100 WHERE id = 2", "DELETE FROM t WHERE id = 3",
                   "INSERT INTO t (id, created_at) VALUES (101, '2026-01-01')", "UPDATE t SET note = 'y' WHERE id = 100", *(change.replace(' t ', ' small ') for change in CHANGES)])
    sluice.replicate(database, folder)
    sluice.backfill(database, folder, '--from', '2026-01-01', '--to', '2026-01-02', config={'database': {'slot': database.name}})
    views(sluice, database, folder, ['t', 'small'], exported=True)
    sluice.rewrite(database, folder)
    views(sluice, database, folder, ['t', 'small'], exported=True)


def test_days_without_a_key_that_were_exported_again(database, sluice, folder):
    """Their rows are there already, and nothing in them says so."""
    database.execute(KEYLESS + 'CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder)
    run(database, [f"INSERT INTO {name} VALUES (100, 'x', 1, '2026-01-01'), (101, 'x', 1, '2026-01-03')" for name in ('added', 'counted')])
    sluice.replicate(database, folder)
    views(sluice, database, folder, ['added', 'counted'])
    sluice.backfill(database, folder, '--date', '2026-01-01', config={'database': {'slot': database.name}})
    assert set(refused(sluice, database, folder)) == {'added', 'counted'}
    sluice.rewrite(database, folder)
    views(sluice, database, folder, ['added', 'counted'], exported=True)


def test_a_key_that_changes_again_after_a_pass(database, sluice, folder):
    """The row's large values are under a key that it had neither before nor has it now."""
    database.execute(large('t') + '; CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder)
    first = views(sluice, database, folder, ['t'])
    for number in range(1, 6):
        run(database, [f"UPDATE t SET id = id + 100, created_at = created_at + interval '1 day' WHERE id % 100 < {2 * number}", swap('t', 11 if number < 5 else 12, 12 if number < 5 else 10)])
        sluice.replicate(database, folder)
        assert compare_views(database, folder, {'t': Kept()}, first) == []
        sluice.rewrite(database, folder, *(['--date', '2026-01-02'] if number % 2 else []))
        assert compare_views(database, folder, {'t': Kept()}, first) == []


def test_a_view_that_is_older_than_an_export(database, sluice, folder):
    database.execute(large('t') + ';' + days('small') + 'CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder)
    first = views(sluice, database, folder, ['t', 'small'])
    tables = {name: Kept(exported=True) for name in ('t', 'small')}
    for number in range(1, 4):
        run(database, [f"UPDATE t SET id = id + 100, created_at = created_at + interval '1 day' WHERE id % 5 = {number}", f"UPDATE t SET note = '{number}', other = 'short' WHERE id % 3 = 0",
                       f"DELETE FROM t WHERE id % 100 = {number}", f"UPDATE small SET id = id + 100, created_at = created_at + interval '1 day' WHERE id % 5 = {number}", swap('small', 10, 11)])
        sluice.replicate(database, folder)
        sluice.rewrite(database, folder)
        sluice.backfill(database, folder, '--from', '2026-01-01', '--to', '2026-01-04', config={'database': {'slot': database.name}})
        assert compare_views(database, folder, tables, first) == []
        sluice.rewrite(database, folder)
        assert compare_views(database, folder, tables, first) == []


def test_large_values_that_are_nowhere(database, sluice, folder):
    """A row has moved out of a day that was exported again since, and its new day has not taken it up."""
    database.execute(large('t') + '; CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder)
    run(database, ["UPDATE t SET created_at = '2026-01-09' WHERE id = 1"])
    sluice.replicate(database, folder)
    sluice.backfill(database, folder, '--date', '2026-01-01', config={'database': {'slot': database.name}})
    statements, _ = printed(sluice, database, folder)
    problems = compare_views(database, folder, {'t': Kept(exported=True)}, statements)
    assert len(problems) == 1 and 'large values of a row of t are in none of its files' in problems[0], problems
    sluice.rewrite(database, folder)
    views(sluice, database, folder, ['t'], exported=True)


def test_views_that_cannot_be_right_any_more_fail(database, sluice, folder):
    """Rather than to show something else."""
    database.execute(days('t', 'code int') + days('counted', key='', after='ALTER TABLE counted REPLICA IDENTITY FULL;') + days('added', key='')
                     + 'CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder)
    run(database, ["UPDATE t SET code = id", "DELETE FROM counted WHERE id = 1", "INSERT INTO added VALUES (100, 'x', 1, '2026-01-01')"])
    sluice.replicate(database, folder)
    first = views(sluice, database, folder, ['t', 'counted', 'added'])

    def problem(name):
        found = compare_views(database, folder, {name: Kept()}, first)
        assert len(found) == 1, found
        return found[0]

    sluice.rewrite(database, folder)
    # The row that a DELETE names is gone; then there is a row that a pending change has brought.
    assert 'is not there' in problem('counted')
    run(database, ["INSERT INTO counted VALUES (1, 'row 1', 1, '2026-01-01 10:00Z')"])
    sluice.replicate(database, folder)
    sluice.rewrite(database, folder)
    assert 'have taken up changes after' in problem('counted')
    run(database, ["ALTER TABLE t ALTER code SET NOT NULL; CREATE UNIQUE INDEX t_code ON t (code); ALTER TABLE t REPLICA IDENTITY USING INDEX t_code",
                   "ALTER TABLE added REPLICA IDENTITY FULL", "DELETE FROM t WHERE id = 3", "DELETE FROM added WHERE id = 3"])
    sluice.replicate(database, folder)
    assert 'do not say its key (id)' in problem('t')
    assert 'rows of added change or go' in problem('added')
    assert 'from before its replica identity changed' not in str(refused(sluice, database, folder).get('counted'))
    sluice.rewrite(database, folder)
    views(sluice, database, folder, ['t', 'counted', 'added'])


def test_more_changes_of_a_key_than_the_view_follows(database, sluice, folder):
    database.execute(large('t') + '; CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder)
    run(database, [f'UPDATE t SET id = {-number} WHERE id = {1 - number or 1}' for number in range(1, 9)])
    sluice.replicate(database, folder)
    views(sluice, database, folder, ['t'])
    run(database, ['UPDATE t SET id = -9 WHERE id = -8'])
    sluice.replicate(database, folder)
    statements, _ = printed(sluice, database, folder)
    problems = compare_views(database, folder, {'t': Kept()}, statements)
    assert len(problems) == 1 and 'run sluice rewrite' in problems[0], problems
    # A row whose values have all come does not need its former keys.
    run(database, ["UPDATE t SET big = 'small', other = 'small' WHERE id = -9"])
    sluice.replicate(database, folder)
    views(sluice, database, folder, ['t'])
    sluice.rewrite(database, folder)
    views(sluice, database, folder, ['t'])


def test_a_pass_that_ends_within_a_transaction(database, sluice, folder):
    """As a crash leaves it: of one commit a part was taken up."""
    database.execute("CREATE TABLE t (id int PRIMARY KEY, note text, big text, created_at date); ALTER TABLE t ALTER big SET STORAGE EXTERNAL; CREATE PUBLICATION sluice FOR ALL TABLES;"
                     " INSERT INTO t SELECT g, md5(g::text), repeat(md5(g::text), 80), date '2026-01-01' + g % 3 FROM generate_series(1, 6000) g;"
                     " CREATE TABLE added (id int, note text, created_at date); INSERT INTO added VALUES (0, 'first', '2026-01-01')")
    config = dict(memory_limit='16MiB')
    sluice.replicate(database, folder, config=config)
    run(database, ["INSERT INTO added VALUES (0, 'second', '2026-01-01')"])
    sluice.replicate(database, folder, config=config)
    first = views(sluice, database, folder, ['t', 'added'], config=config)
    run(database, ["INSERT INTO added SELECT g, repeat(md5(g::text), 90), date '2026-01-01' + g % 2 FROM generate_series(1, 9000) g", "UPDATE t SET note = repeat(md5(id::text), 40), created_at = created_at + id % 2; UPDATE t SET id = -id WHERE id % 3 = 0; UPDATE t SET note = repeat('y', 900);"
                   " DELETE FROM t WHERE id % 7 = 0"])
    sluice.replicate(database, folder, config=config)
    sluice.binary, whole = conftest.needed('SLUICE_TEST_FAILPOINT_BINARY'), sluice.binary
    tables = {'t': Kept(), 'added': Kept()}
    cut = set()

    def state(name):
        path = folder.path / f'_sluice/{database.name}/tables/{name}.json'
        return json.loads(path.read_text()) if path.exists() else {}

    while cut != set(tables):
        died = sluice.finish(sluice.start_on_slot('rewrite', database, folder, config=config, environment={'SLUICE_FAILPOINT': 'afterRewriteState'}))
        assert died.code == -signal.SIGKILL, str(died)
        now_cut = {name for name in tables if state(name).get('sequence') is not None} - cut
        if now_cut:
            cut |= now_cut
            now, _ = printed(sluice, database, folder, config=config)
            for statements in (first, now):
                assert compare_views(database, folder, tables, statements) == []
    sluice.binary = whole
    sluice.rewrite(database, folder, config=config)
    for statements in (first, now):
        assert compare_views(database, folder, tables, statements) == []
    for path in sluice.temporary.iterdir():
        shutil.rmtree(path)


def test_what_cannot_be_printed(database, sluice, folder):
    lost = sluice.finish_as(sluice.start_on_slot('athena sql', database, folder), 1)
    assert 'sluice replicate' in lost.err
    database.execute(days('a') + days('b') + 'CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder)
    assert set(printed(sluice, database, folder, '--table', 'a')[0]) == {'a'}
    unknown = sluice.finish_as(sluice.start_on_slot('athena sql', database, folder, '--table', 'nothing'), 1)
    assert 'nothing' in unknown.err


def test_a_slot_that_is_made_again(database, sluice, folder):
    """Changes of its former life are in the lake, and are not pending."""
    database.execute(days('t') + days('added', key='') + 'CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder)
    run(database, ["DELETE FROM t WHERE id < 4", "INSERT INTO added VALUES (100, 'x', 1, '2026-01-01')"])
    sluice.replicate(database, folder)
    sluice.finish_as(sluice.start_on_slot('drop', database, folder, '--yes'), 0)
    run(database, ["INSERT INTO t VALUES (1, 'again', 1, '2026-01-01')", "INSERT INTO added VALUES (100, 'x', 1, '2026-01-01')",
                   "CREATE PUBLICATION sluice FOR ALL TABLES"])
    sluice.replicate(database, folder)
    views(sluice, database, folder, ['t', 'added'], exported=True)
    run(database, ["UPDATE t SET note = 'x'", "INSERT INTO added VALUES (100, 'x', 1, '2026-01-01')"])
    sluice.replicate(database, folder)
    views(sluice, database, folder, ['t', 'added'], exported=True)
