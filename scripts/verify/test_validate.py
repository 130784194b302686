"""`sluice validate` finds what differs between database and lake, names it, repairs it, and finds nothing where nothing
differs, also while both change."""

import json
import random
import secrets
import shlex
import shutil
import signal
import time

import psycopg2
import pytest

import conftest
from cluster import Cluster
from faults import Objects
from test_stream_faults import end, until
from writers import Writers

DAYS = [f'2026-01-{day:02d}' for day in range(1, 13)]
ROWS = 40
SETTINGS = 'settings/settings.parquet'

# A table of each kind, with ROWS rows in each of the days.
TABLES = f"""
CREATE TABLE invoices (id bigint PRIMARY KEY, number text NOT NULL, amount numeric(12,2), note text, email text, created_at timestamptz NOT NULL);
CREATE INDEX ON invoices (created_at);
ALTER TABLE invoices ALTER note SET STORAGE EXTERNAL;
CREATE TABLE events (kind text, weight double precision, created_at timestamp);
ALTER TABLE events REPLICA IDENTITY FULL;
CREATE TABLE kept (id int PRIMARY KEY, label text, on_day date);
CREATE TABLE settings (name text PRIMARY KEY, value jsonb);
CREATE TABLE codes (a int NOT NULL, b text NOT NULL, created_at date, label text);
CREATE UNIQUE INDEX codes_ab ON codes (a, b);
ALTER TABLE codes REPLICA IDENTITY USING INDEX codes_ab;
CREATE TABLE parts (id bigint, created_at timestamptz, size real, PRIMARY KEY (id, created_at)) PARTITION BY RANGE (created_at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01Z') TO ('2026-01-06Z');
CREATE TABLE parts_2 PARTITION OF parts DEFAULT;
INSERT INTO invoices SELECT g, 'n' || g, g / 7.0, CASE g % 9 WHEN 0 THEN repeat('long ' || g, 600) WHEN 1 THEN NULL ELSE 'x' END, g || '@example.com',
    timestamptz '2026-01-01 01:00Z' + (g % 12) * interval '1 day' FROM generate_series(1, {12 * ROWS}) g;
INSERT INTO events SELECT 'k' || g % 7, g / 3.0, timestamp '2026-01-01' + (g % 12) * interval '1 day' FROM generate_series(1, {12 * ROWS}) g;
INSERT INTO events SELECT 'k' || g % 7, g / 3.0, timestamp '2026-01-01' + (g % 12) * interval '1 day' FROM generate_series(1, 90) g;
INSERT INTO kept SELECT g, 'l' || g, date '2026-01-01' + g % 12 FROM generate_series(1, {12 * ROWS}) g;
INSERT INTO settings SELECT 'n' || g, jsonb_build_object('v', g) FROM generate_series(1, 50) g;
INSERT INTO codes SELECT g, 'b' || g, date '2026-01-01' + g % 12, 'x' FROM generate_series(1, {12 * ROWS}) g;
INSERT INTO parts SELECT g, timestamptz '2026-01-01 05:00Z' + g % 12 * interval '1 day', g / 9.0 FROM generate_series(1, {12 * ROWS}) g;
CREATE PUBLICATION sluice FOR ALL TABLES WITH (publish_via_partition_root = true);
"""

# Changes of every table that are in files of changes and day files afterwards.
CHANGES = [
    "UPDATE invoices SET number = number || '!' WHERE id % 5 = 0; DELETE FROM invoices WHERE id % 41 = 0",
    "UPDATE invoices SET created_at = created_at + interval '1 day' WHERE id % 60 = 7",
    "DELETE FROM events WHERE kind = 'k3' AND weight < 20; UPDATE events SET kind = 'new' WHERE kind = 'k4'",
    "DELETE FROM kept WHERE id % 50 = 0; UPDATE kept SET label = 'other' WHERE id % 50 = 1",
    "UPDATE settings SET value = '{\"v\": null}' WHERE name = 'n7'; DELETE FROM settings WHERE name = 'n8'; INSERT INTO settings VALUES ('new', '[]')",
    "UPDATE codes SET b = 'renamed' WHERE a % 30 = 0; DELETE FROM codes WHERE a % 31 = 0",
    "UPDATE parts SET created_at = created_at + interval '5 days', size = 0 WHERE id % 44 = 0",
]
CONFIG = {
    'parquet': {'row_group_size': '64KiB'},
    'tables': [
        {'table': 'invoices', 'mask': {'email': 'sha256'}}, {'table': 'events'}, {'table': 'kept', 'partition_by': 'on_day', 'deletes': 'soft'},
        {'table': 'settings'}, {'table': 'codes'}, {'table': 'parts'},
    ],
    'mask_salt': 'salt',
    'flush': {'max_interval': '1s'}, 'rewrite': {'interval': '1s'},
}


def validate(sluice, made, place, *arguments, expect=0, config=CONFIG):
    """Runs `sluice validate --json` and returns what it found."""
    run = sluice.finish_as(sluice.start_on_slot('validate', made, place, '--json', *arguments, config=config), expect)
    return json.loads(run.out)


def failures(report):
    """(table, day, kind) of what is not right."""
    return {(each.get('table'), each.get('day'), each['kind']) for each in report['findings']
            if each['severity'] == 'failure' and not each['repaired']}


def day_path(table, number):
    """The object of one of DAYS, counted from 1."""
    year, month, day = DAYS[number - 1].split('-')
    return f'{table}/year={year}/month={month}/day={day}/{table}_{year}{month}{day}.parquet'


@pytest.fixture(scope='module', params=['folder', 's3'])
def streamed(request, tmp_path_factory):
    """A lake with tables of each kind, loaded and streamed, and its database, program and objects."""
    folder = tmp_path_factory.mktemp('validate')
    sluice = conftest.Sluice(folder)
    place = conftest.Folder(folder / 'lake') if request.param == 'folder' else conftest.Bucket(f'proof/{secrets.token_hex(6)}')
    # Where others write at the same time, the log that nobody has read grows beyond what is looked through.
    cluster = Cluster()
    made = cluster.database
    try:
        made.execute(TABLES)
        sluice.replicate(made, place, rewrite=True, config=CONFIG)
        for change in CHANGES:
            made.execute(change)
        sluice.replicate(made, place, rewrite=True, config=CONFIG)
        yield made, place, sluice, Objects(place)
        assert list(sluice.temporary.iterdir()) == [], 'the program left temporary files'
    finally:
        cluster.remove()


def test_a_right_lake_is_right(streamed):
    made, place, sluice, _ = streamed
    report = validate(sluice, made, place)
    assert report['ok'] and failures(report) == set()
    assert {table['name']: table['days'] for table in report['tables']} == {
        'invoices': 12, 'events': 12, 'kept': 12, 'settings': 1, 'codes': 12, 'parts': 13}
    report = validate(sluice, made, place, '--deep')
    assert report['ok'] and failures(report) == set()
    assert all(table['compared_rows'] == made.execute(f'SELECT count(*) FROM {table["name"]}')[0][0] for table in report['tables'])


def test_what_is_set_for_a_table_holds_when_it_is_renamed(streamed):
    """Also before a change has told the stream: what is masked or left out never comes into the lake in clear."""
    made, place, sluice, objects = streamed
    made.execute('ALTER TABLE invoices RENAME TO bills')
    try:
        report = validate(sluice, made, place, '--deep', '--table', 'bills')
        assert report['ok'] and [table['name'] for table in report['tables']] == ['invoices']
        objects.delete(day_path('invoices', 2))
        report = validate(sluice, made, place, '--deep', '--repair', '--table', 'bills')
        assert {(each['table'], each['day']) for each in report['findings'] if each['repaired']} == {('invoices', DAYS[1])}
        assert not any('@' in (text or '') for text in objects.rows(day_path('invoices', 2)).column('email').to_pylist())
        sluice.finish_as(sluice.start_on_slot('backfill', made, place, '--date', DAYS[2], '--table', 'bills', config=CONFIG), 0)
        assert not any('@' in (text or '') for text in objects.rows(day_path('bills', 3)).column('email').to_pylist())
        objects.delete(day_path('bills', 3))
    finally:
        made.execute('ALTER TABLE bills RENAME TO invoices')
    assert validate(sluice, made, place, '--deep', '--table', 'invoices')['ok']


def test_what_footers_tell_is_found_without_reading_rows(streamed):
    made, place, sluice, objects = streamed
    wanted = set()

    def fault(kind, table, number, damage):
        damage(day_path(table, number))
        wanted.add((table, DAYS[number - 1], kind))

    fault('missing', 'invoices', 2, objects.delete)
    fault('damaged', 'events', 3, objects.truncate)
    fault('damaged', 'kept', 4, objects.flip_footer)
    objects.truncate(SETTINGS, 0.9)
    wanted.add(('settings', 'all', 'damaged'))
    objects.write('codes/copy of codes.parquet', objects.read(day_path('codes', 1)))
    report = validate(sluice, made, place, expect=1)
    assert failures(report) == wanted | {('codes', None, 'stray')}
    objects.delete('codes/copy of codes.parquet')
    text = sluice.finish_as(sluice.start_on_slot('validate', made, place, config=CONFIG), 1)
    assert '--repair' in text.err.splitlines()[-1], str(text)
    report = validate(sluice, made, place, '--repair')
    assert {(each['table'], each['day']) for each in report['findings'] if each['repaired']} == {each[:2] for each in wanted}
    assert validate(sluice, made, place, '--deep')['ok']


def test_what_rows_tell_is_found_and_repaired(streamed):
    made, place, sluice, objects = streamed
    wanted = {}

    def fault(table, days, kind='differs', **facts):
        for day in days if isinstance(days, tuple) else (days,):
            wanted[table, DAYS[day - 1] if day else 'all'] = (kind, facts)

    objects.flip_page(day_path('invoices', 1))
    fault('invoices', 1, 'damaged')
    objects.lose(day_path('invoices', 2), 3)
    fault('invoices', 2)
    objects.repeat(day_path('invoices', 3), 1)
    fault('invoices', 3)
    objects.change(day_path('invoices', 4), 'note', 'another', 2)
    fault('invoices', 4, columns=['note'])
    objects.move(day_path('invoices', 5), day_path('invoices', 6))
    fault('invoices', (5, 6))
    objects.delete(day_path('invoices', 7))
    fault('invoices', 7, 'missing')
    objects.write(day_path('invoices', 8), objects.read(day_path('invoices', 9)))
    fault('invoices', 8)
    objects.change(day_path('invoices', 10), 'amount', None, 5)
    fault('invoices', 10, columns=['amount'])
    objects.repeat(day_path('events', 1))
    fault('events', 1)
    objects.lose(day_path('events', 2))
    fault('events', 2)
    objects.change(day_path('events', 3), 'weight', 1e300)
    fault('events', 3)
    objects.lose(day_path('kept', 5), 7)
    fault('kept', 5)
    objects.change(SETTINGS, 'value', '{"v": 0}', 4)
    fault('settings', 0, columns=['value'])
    objects.move(day_path('codes', 1), day_path('codes', 12))
    fault('codes', (1, 12))
    objects.change(day_path('parts', 2), 'size', 0.5, 1)
    fault('parts', 2, columns=['size'])

    report = validate(sluice, made, place, '--deep', expect=1)
    assert failures(report) == {(*place, kind) for place, (kind, _) in wanted.items()}
    for each in report['findings']:
        for name, value in wanted.get((each.get('table'), each.get('day')), (None, {}))[1].items():
            assert each[name] == value, each
    # Days that are not asked for are not looked at.
    report = validate(sluice, made, place, '--deep', '--table', 'invoices', '--from', DAYS[1], '--to', DAYS[2], expect=1)
    assert {each[:2] for each in failures(report)} == {('invoices', DAYS[1]), ('invoices', DAYS[2])}
    before = objects.read(day_path('invoices', 11))
    report = validate(sluice, made, place, '--deep', '--repair')
    assert {(each['table'], each['day']) for each in report['findings'] if each['repaired']} == set(wanted)
    assert objects.read(day_path('invoices', 11)) == before
    assert validate(sluice, made, place, '--deep')['ok']


def test_without_a_stream_changes_are_missed(streamed):
    """What the lake cannot know yet is no difference, but it is said who has to bring it."""
    made, place, sluice, _ = streamed
    made.execute("UPDATE invoices SET number = 'late' WHERE id = 1")
    run = sluice.finish_as(sluice.start_on_slot('validate', made, place, '--deep', config=CONFIG), 1)
    assert 'start sluice replicate' in run.out and 'for the reasons above' in run.err.splitlines()[-1], str(run)
    sluice.replicate(made, place, rewrite=True, config=CONFIG)
    assert validate(sluice, made, place, '--deep')['ok']


class Steady(Writers):
    """Writers of all tables: inserts, updates, deletes, moves between days, now and then a large transaction."""

    def __init__(self, made, count, seed):
        self.url = made.url
        super().__init__([random.Random(seed + number) for number in range(count)])

    def write(self, dice, number):
        connection = psycopg2.connect(self.url)
        try:
            while not self.stopping.is_set():
                try:
                    with connection, connection.cursor() as cursor:
                        cursor.execute(f"SET LOCAL synchronous_commit = {dice.choice(['on', 'off'])}")
                        for _ in range(dice.choice([1, 1, 2, 5])):
                            cursor.execute(self.statement(dice, number))
                except (psycopg2.errors.DeadlockDetected, psycopg2.errors.UniqueViolation):
                    continue
                with self.lock:
                    self.transactions += 1
                time.sleep(dice.random() * 0.03)
        except Exception as error:
            self.errors.append(error)
        finally:
            connection.close()

    def statement(self, dice, number):
        # Each writer has keys of its own, and shares the days.
        key = 10_000 * (number + 1) + dice.randrange(2_000)
        day = dice.choice(DAYS)
        move = f"created_at = created_at + interval '{dice.choice([-1, 1])} day'"
        return dice.choice([
            f"INSERT INTO invoices VALUES ({key}, 'w', {dice.random()}, repeat('y', {dice.choice([1, 3000])}), NULL, '{day} 12:00Z') ON CONFLICT (id) DO UPDATE SET number = 'again'",
            f"UPDATE invoices SET amount = {dice.random()} WHERE id BETWEEN {key} AND {key + 50}",
            f"UPDATE invoices SET {move} WHERE id BETWEEN {key} AND {key + 20}",
            f"DELETE FROM invoices WHERE id BETWEEN {key} AND {key + 20}",
            f"INSERT INTO invoices SELECT g, 'large', g, NULL, 'e', '{day} 09:00Z' FROM generate_series({key + 3_000}, {key + 4_000}) g ON CONFLICT DO NOTHING",
            f"INSERT INTO events SELECT 'w{number}', g, '{day}' FROM generate_series(1, 5) g",
            f"DELETE FROM events WHERE kind = 'w{number}' AND created_at = '{day}'",
            f"UPDATE events SET weight = weight + 1 WHERE kind = 'w{number}' AND created_at = '{day}'",
            f"INSERT INTO kept VALUES ({key}, 'w', '{day}') ON CONFLICT (id) DO UPDATE SET on_day = EXCLUDED.on_day",
            f"DELETE FROM kept WHERE id BETWEEN {key} AND {key + 10}",
            f"INSERT INTO settings VALUES ('w{key % 50}-{number}', '1') ON CONFLICT (name) DO UPDATE SET value = '{dice.randrange(9)}'",
            f"DELETE FROM settings WHERE name = 'w{key % 50}-{number}'",
            f"INSERT INTO codes VALUES ({key}, 'w', '{day}', 'l') ON CONFLICT (a, b) DO UPDATE SET label = 'k'",
            f"UPDATE codes SET created_at = '{day}' WHERE a BETWEEN {key} AND {key + 30}",
            f"INSERT INTO parts VALUES ({key}, '{day} 03:00Z', 1) ON CONFLICT DO NOTHING",
            f"UPDATE parts SET {move} WHERE id BETWEEN {key} AND {key + 30}",
        ])


def test_nothing_is_found_while_writers_commit_and_the_stream_rewrites(streamed):
    made, place, sluice, objects = streamed
    (sluice.folder / 'other').mkdir()
    other = conftest.Sluice(sluice.folder / 'other')
    other.secrets.add(made.password)
    process = sluice.start_replicating(made, place, rewrite=True, config=CONFIG)
    try:
        with Steady(made, 3, seed=11) as writers:
            until(lambda: writers.transactions > 50, what='writing')
            for _ in range(3):
                report = validate(other, made, place, '--deep')
                assert failures(report) == set()
            # A fault is found and repaired beside all that; in a row that no writer touches.
            def ids():
                return objects.rows(day_path('invoices', 11)).column('id').to_pylist()

            lost = next(key for key in ids() if key < 1_000)
            for _ in range(3):
                objects.lose(day_path('invoices', 11), ids().index(lost))
                report = validate(other, made, place, '--deep', '--repair', '--table', 'invoices')
                if DAYS[10] in {each['day'] for each in report['findings'] if each['repaired']}:
                    break
                # The stream has replaced the object at the very moment of the fault.
                assert lost in ids(), report
            else:
                pytest.fail('the fault was never there')
            assert lost in ids()
    finally:
        end(sluice, process)
    sluice.replicate(made, place, rewrite=True, config=CONFIG)
    assert validate(sluice, made, place, '--deep')['ok']


def test_a_lake_that_was_only_exported(database, sluice, folder):
    database.execute(TABLES)
    sluice.backfill(database, folder, '--mode', 'full', config=CONFIG)
    assert validate(sluice, database, folder, '--deep')['ok']
    objects = Objects(folder)
    objects.lose(day_path('invoices', 3))
    objects.delete(day_path('events', 4))
    database.execute("UPDATE codes SET label = 'since' WHERE a = 24")
    report = validate(sluice, database, folder, expect=1)
    assert failures(report) == {('events', DAYS[3], 'missing')}
    report = validate(sluice, database, folder, '--deep', expect=1)
    assert failures(report) == {('invoices', DAYS[2], 'differs'), ('events', DAYS[3], 'missing'), ('codes', DAYS[0], 'differs')}
    validate(sluice, database, folder, '--deep', '--repair')
    assert validate(sluice, database, folder, '--deep')['ok']
    database.execute("INSERT INTO codes VALUES (-1, 'x', '2026-02-01', 'after the export')")
    assert {each['severity'] for each in validate(sluice, database, folder, '--deep')['findings']} == {'warning'}
    assert failures(validate(sluice, database, folder, '--date', '2026-02-01', '--table', 'codes', expect=1)) == {('codes', '2026-02-01', 'missing')}


def test_a_table_that_the_lake_does_not_have(database, sluice, folder):
    database.execute(TABLES)
    sluice.backfill(database, folder, '--mode', 'full', '--table', 'invoices', config=CONFIG)
    report = validate(sluice, database, folder, expect=1)
    assert {each[0] for each in failures(report)} == {'events', 'kept', 'settings', 'codes', 'parts'}
    assert validate(sluice, database, folder, '--table', 'invoices', '--deep')['ok']
    assert 'no table public.nothing' in validate(sluice, database, folder, '--table', 'nothing', expect=1)['findings'][0]['text']


def test_files_that_do_not_agree_with_the_settings(database, sluice, folder):
    database.execute(TABLES)
    sluice.backfill(database, folder, '--mode', 'full', '--table', 'invoices', '--table', 'codes', config=CONFIG)
    other = {**CONFIG, 'tables': [{'table': 'invoices', 'exclude_columns': ['note'], 'mask': {'email': 'null'}, 'time_zone': 'Asia/Tokyo'}, {'table': 'codes'}]}
    database.execute('ALTER TABLE codes ADD COLUMN extra int; ALTER TABLE codes ALTER label TYPE bytea USING label::bytea')
    report = validate(sluice, database, folder, expect=1, config=other)
    texts = ' '.join(each['text'] for each in report['findings'])
    for part in ['exclude_columns leaves out', 'masked otherwise', 'divided into days otherwise', 'column label as STRING', 'no column extra']:
        assert part in texts, texts


# MARK: what goes wrong beside rows


def words(report, table=None, severity=None):
    """What is said of a table; without one, of the stream."""
    return ' '.join(each['text'] for each in report['findings']
                    if each.get('table') == table and severity in (None, each['severity']))


def test_a_table_that_cannot_be_exported_keeps_no_other_from_being_repaired(sluice, folder):
    made = conftest.create_database(encoding='SQL_ASCII', lc_collate='C', lc_ctype='C')
    try:
        made.execute("""
            CREATE TABLE aa (id int PRIMARY KEY, note text); INSERT INTO aa VALUES (1, E'\\xff');
            CREATE TABLE t (id int PRIMARY KEY, created_at date);
            INSERT INTO t SELECT g, date '2026-01-01' + g % 3 FROM generate_series(1, 30) g""")
        sluice.backfill(made, folder, '--mode', 'full', '--table', 't')
        Objects(folder).delete(day_path('t', 2))
        for arguments in ('--repair',), ('--deep', '--repair'):
            report = validate(sluice, made, folder, *arguments, expect=1, config={})
            assert ('aa', None, 'repair') in failures(report) and {each[0] for each in failures(report)} == {'aa'}
            assert 'not valid in its encoding' in words(report, 'aa')
            assert report['conclusion'].endswith('still not right after the repair: the lines above say why')
            if '--deep' not in arguments:
                assert [each['day'] for each in report['findings'] if each['repaired']] == [DAYS[1]]
        assert validate(sluice, made, folder, '--deep', '--table', 't', config={})['ok']
    finally:
        conftest.drop_database(made)


# What is streamed, and what is only exported into the same lake.
BESIDE = """
CREATE TABLE s (id int PRIMARY KEY, u int NOT NULL, created_at date); CREATE UNIQUE INDEX s_u ON s (u);
ALTER TABLE s REPLICA IDENTITY USING INDEX s_u;
CREATE TABLE e (id int, created_at date);
INSERT INTO s SELECT g, g, date '2026-01-01' + g % 3 FROM generate_series(1, 30) g;
INSERT INTO e SELECT g, date '2026-01-01' + g % 3 FROM generate_series(1, 30) g;
CREATE PUBLICATION sluice FOR TABLE s WITH (publish_via_partition_root = true)
"""
BESIDE_CONFIG = {'tables': [{'table': 'public.*'}], 'flush': {'max_interval': '1s'}}


@pytest.fixture
def beside(database, sluice, folder):
    database.execute(BESIDE)
    sluice.replicate(database, folder, rewrite=True, config=BESIDE_CONFIG)
    sluice.backfill(database, folder, '--mode', 'full', '--table', 'e', config=BESIDE_CONFIG)
    return Objects(folder)


def test_a_stream_that_is_broken_fails_its_tables_and_no_others(database, sluice, folder, beside):
    def look(*arguments, expect=1):
        return validate(sluice, database, folder, *arguments, expect=expect, config=BESIDE_CONFIG)

    report = look('--deep', expect=0)
    # Why a table goes stale is said while it has not.
    assert 'not in publication sluice' in words(report, 'e') and 'REPLICA IDENTITY FULL, then ALTER PUBLICATION' in words(report, 'e')
    database.execute("ALTER PUBLICATION sluice SET (publish = 'insert')")
    assert 'leaves out UPDATE, DELETE, TRUNCATE' in words(look(expect=0))
    database.execute("ALTER PUBLICATION sluice SET (publish = 'insert, update, delete, truncate')")

    beside.lose(day_path('e', 1))
    process = sluice.start_replicating(database, folder, rewrite=True, config=BESIDE_CONFIG)
    (sluice.folder / 'other').mkdir()
    other = conftest.Sluice(sluice.folder / 'other')
    other.secrets.add(database.password)
    try:
        until(lambda: database.execute('SELECT active FROM pg_replication_slots WHERE slot_name = current_database()')[0][0], what='reading')
        process.send_signal(signal.SIGSTOP)
        database.execute("INSERT INTO s VALUES (31, 31, '2026-01-01')")
        report = validate(other, database, folder, '--deep', '--wait', '1s', expect=1, config=BESIDE_CONFIG)
    finally:
        process.send_signal(signal.SIGCONT)
        end(sluice, process)
    assert failures(report) == {('s', None, 'uncompared'), ('e', DAYS[0], 'differs')} and 'has not reached' in words(report, 's')

    database.execute("INSERT INTO s VALUES (32, 32, '2026-01-01')")
    for break_it, said in [
        ('SELECT pg_replication_slot_advance(current_database(), pg_current_wal_flush_lsn())', 'is ahead of the lake'),
        ('SELECT pg_drop_replication_slot(current_database())', 'is gone'),
    ]:
        database.execute(break_it)
        assert said in words(look(), None, 'failure')
        report = look('--deep')
        assert failures(report) == {(None, None, 'stream'), ('s', None, 'uncompared'), ('e', DAYS[0], 'differs')}
        assert said in words(report, 's') and 'run sluice drop' in words(report, 's')


def test_a_checkpoint_that_is_lost_is_no_lake_without_a_stream(database, sluice, folder, beside):
    control = f'_sluice/{database.name}'
    database.execute('UPDATE s SET u = -u')
    sluice.replicate(database, folder, rewrite=True, config=BESIDE_CONFIG)
    state = beside.read(f'{control}/tables/s.json')

    # What one table needs fails that one.
    beside.write(f'{control}/tables/s.json', b'garbage')
    for arguments in (), ('--deep',):
        report = validate(sluice, database, folder, *arguments, expect=1, config=BESIDE_CONFIG)
        assert {each[0] for each in failures(report)} == {'s'} and 'remove it' in words(report, 's')
    run = sluice.finish_as(sluice.start_on_slot('status', database, folder, config=BESIDE_CONFIG), 0)
    assert 'tables/s.json does not say' in run.out, str(run)
    beside.write(f'{control}/tables/s.json', state)

    beside.write(f'{control}/checkpoint.json', b'')
    run = sluice.finish_as(sluice.start_on_slot('validate', database, folder, config=BESIDE_CONFIG), 1)
    assert 'sluice drop' in run.err.splitlines()[-1], str(run)

    beside.delete(f'{control}/checkpoint.json')
    report = validate(sluice, database, folder, expect=1, config=BESIDE_CONFIG)
    assert failures(report) == {(None, None, 'stream')}
    assert 'checkpoint.json is gone' in words(report)
    # States and changes each tell of a stream, and a slot alone does not: it may be another lake's.
    beside.delete(f'{control}/tables/s.json')
    report = validate(sluice, database, folder, '--table', 'e', expect=1, config=BESIDE_CONFIG)
    assert failures(report) == {(None, None, 'stream')}
    shutil.move(folder.path / 's_changes', folder.path.parent / 's_changes')
    report = validate(sluice, database, folder, '--table', 'e', config=BESIDE_CONFIG)
    assert 'no checkpoint of it' in words(report, None, 'warning')

    # What a stream has left that was ended is none of a stream.
    shutil.move(folder.path.parent / 's_changes', folder.path / 's_changes')
    beside.write('_sluice/other/dropped.json', b'{"format": 1, "generations": 9}')
    assert validate(sluice, database, folder, '--table', 'e', config=BESIDE_CONFIG)['ok']
    beside.delete('_sluice/other/dropped.json')
    shutil.move(folder.path / 's_changes', folder.path.parent / 's_changes')

    # As the message says.
    beside.write(f'{control}/tables/s.json', state)
    sluice.finish_as(sluice.start_on_slot('drop', database, folder, '--yes', config=BESIDE_CONFIG), 0)
    database.execute(BESIDE.splitlines()[-1])
    sluice.replicate(database, folder, rewrite=True, config=BESIDE_CONFIG)
    assert validate(sluice, database, folder, '--deep', config=BESIDE_CONFIG)['ok']


def test_commands_are_printed_as_a_shell_takes_them(database, sluice, folder):
    database.execute("""
        CREATE SCHEMA "Odd Näme"; CREATE TABLE "Odd Näme"."x.y'q""z" (id int PRIMARY KEY, created_at date);
        INSERT INTO "Odd Näme"."x.y'q""z" SELECT g, date '2026-01-01' + g % 2 FROM generate_series(1, 9) g""")
    folder.path.mkdir()
    config, objects = {'tables': [{'table': '*.*'}]}, Objects(folder)
    for _ in range(2):
        said = words(validate(sluice, database, folder, expect=1, config=config), 'odd%20n%C3%A4me_x.y%27q%22z')
        said, _, command = said.partition('sluice backfill ')
        sluice.backfill(database, folder, *shlex.split(command.partition(', then ')[0]), config=config)
        report = validate(sluice, database, folder, '--deep', config=config)
        assert report['ok'] and report['tables'][0]['days'] == 2
        objects.truncate('odd%20n%C3%A4me_x.y%27q%22z/year=2026/month=01/day=01/odd%20n%C3%A4me_x.y%27q%22z_20260101.parquet')
    assert 'cannot read' in said, said


def test_what_was_not_looked_at_is_not_called_right(database, sluice, folder):
    database.execute(TABLES)
    sluice.backfill(database, folder, '--mode', 'full', config=CONFIG)
    assert ('nosuch.*', None, 'table') in failures(validate(sluice, database, folder, '--table', 'nosuch.*', expect=1))
    full = ('sh', '-c', 'exec "$@" >/dev/full', 'sh')
    run = sluice.finish_as(sluice.start_on_slot('validate', database, folder, wrapper=full, config=CONFIG), 1)
    assert 'cannot be written' in run.err.splitlines()[-1], str(run)
    Objects(folder).delete(day_path('codes', 12))
    for arguments in (), ('--deep',):
        report = validate(sluice, database, folder, '--table', 'codes', *arguments)
        assert 'but for what the warnings name' in report['conclusion']
    # A lock is waited for no longer than is asked.
    connection = psycopg2.connect(database.url)
    connection.cursor().execute('LOCK TABLE kept')
    try:
        report = validate(sluice, database, folder, '--deep', '--wait', '1s', '--table', 'kept', '--table', 'codes', expect=1)
    finally:
        connection.close()
    assert failures(report) == {('kept', None, 'uncompared')} and 'wait for longer with --wait' in words(report, 'kept')
