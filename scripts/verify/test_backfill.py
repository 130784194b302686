"""What a backfill does to a lake: modes, days, time zones, memory, parallel workers, and doing it again."""

import json
import re
import subprocess
import threading
from datetime import date, datetime, timedelta, timezone

import psycopg2
import pyarrow.parquet
import pytest

import lake
from compare import compare
from database import Options

EVENTS = """
CREATE TABLE events (id int PRIMARY KEY, what text, created_at timestamptz);
INSERT INTO events SELECT n, 'event ' || n, timestamptz '2025-03-01 00:00+00' + n * interval '37 minutes' FROM generate_series(1, 400) n
"""


def listing(place):
    """The objects that a reader sees, with what their rows are."""
    with lake.opened(place.url, place.store) as folder:
        return {path: pyarrow.parquet.read_table(folder / path).to_pylist() for path in lake.objects(folder)}


def test_the_billing_tables(billing, sluice, place):
    run = sluice.backfill(billing, place, '--mode', 'full')
    assert compare(billing.url, place.url, store=place.store) == []
    for table, rows in (('invoices', 10000), ('transactions', 20000), ('users', 5000), ('subscriptions', 1000)):
        # The closing table: name, rows, files.
        line = next(line for line in run.out.splitlines() if line.startswith(table))
        assert [re.sub(r'[,_  ]', '', cell) for cell in line.split()][1:3] == [str(rows), '90'], run.out
        assert re.search(rf'INFO.*exported {rows} rows of {table}', run.err), run.err


def test_a_second_run_gives_the_same(billing, sluice, place):
    sluice.backfill(billing, place, '--mode', 'full', '--table', 'users', '--jobs', '1')
    first = listing(place)
    sluice.backfill(billing, place, '--mode', 'full', '--table', 'users', '--jobs', '3')
    assert listing(place) == first


def test_the_run_is_recorded(billing, sluice, place):
    sluice.backfill(billing, place, '--mode', 'full', '--table', 'subscriptions')
    with lake.opened(place.url, place.store) as folder:
        hidden = [path for path in lake.hidden_objects(folder) if path != '_sluice/tmp/lock']
        assert len(hidden) == 1, hidden
        assert re.fullmatch(r'_sluice/runs/\d{4}/\d\d/\d\d/[^/]+-backfill-[^/]+\.json', hidden[0])
        record = json.loads((folder / hidden[0]).read_text())
    text = json.dumps(record)
    assert 'subscriptions' in text and '1000' in text and billing.password not in text


def test_rows_that_went_away_go_away(database, sluice, place):
    database.execute(EVENTS)
    sluice.backfill(database, place, '--mode', 'full')
    before = listing(place)
    database.execute("DELETE FROM events WHERE created_at >= '2025-03-04 00:00+00' AND created_at < '2025-03-06 00:00+00'")
    database.execute("DELETE FROM events WHERE id = 1; UPDATE events SET what = 'changed' WHERE id = 2")
    database.execute("UPDATE events SET created_at = '2026-01-01 00:00+00' WHERE id = 3")
    sluice.backfill(database, place, '--mode', 'full')
    assert compare(database.url, place.url, store=place.store) == []
    assert len(listing(place)) == len(before) - 2 + 1
    database.execute('TRUNCATE events')
    sluice.backfill(database, place, '--mode', 'full')
    assert listing(place) == {}


def test_a_full_backfill_of_one_table_leaves_the_others(database, sluice, place):
    database.execute(EVENTS)
    database.execute('CREATE TABLE events_more AS SELECT * FROM events')
    sluice.backfill(database, place, '--mode', 'full')
    database.execute('DELETE FROM events; DELETE FROM events_more')
    sluice.backfill(database, place, '--mode', 'full', '--table', 'events')
    assert {path.split('/')[0] for path in listing(place)} == {'events_more'}


def test_some_days_only(database, sluice, place):
    database.execute(EVENTS)
    sluice.backfill(database, place, '--date', '2025-03-03')
    where = "created_at >= '2025-03-03 00:00+00' AND created_at < '2025-03-04 00:00+00'"
    assert compare(database.url, place.url, store=place.store, where=where) == []
    sluice.backfill(database, place, '--mode', 'incremental', '--from', '2025-03-04', '--to', '2025-03-06')
    where = "created_at >= '2025-03-03 00:00+00' AND created_at < '2025-03-07 00:00+00'"
    assert compare(database.url, place.url, store=place.store, where=where) == []
    # A day again, with what has changed since; the others stay as they were exported.
    before = listing(place)
    database.execute("UPDATE events SET what = 'later'")
    sluice.backfill(database, place, '--date', '2025-03-05')
    after = listing(place)
    changed = [path for path in after if after[path] != before[path]]
    assert set(after) == set(before) and [path.split('/')[3] for path in changed] == ['day=05']
    assert {row['what'] for row in after[changed[0]]} == {'later'}


def test_a_day_without_rows_is_told(database, sluice, folder):
    database.execute(EVENTS)
    run = sluice.backfill(database, folder, '--from', '2025-02-27', '--to', '2025-03-01')
    assert re.search(r'WARNING.*no data found for table events on date 2025-02-27', run.err), run.err
    assert re.search(r'WARNING.*no data found for table events on date 2025-02-28', run.err), run.err
    assert '2025-03-01' not in ''.join(line for line in run.err.splitlines() if 'no data found' in line)
    assert len(listing(folder)) == 1


def test_yesterday_is_the_default(database, sluice, folder):
    def today():
        return datetime.now(timezone.utc).date()

    while True:
        day = today()
        database.execute('DROP TABLE IF EXISTS events')
        database.execute('CREATE TABLE events (id int PRIMARY KEY, created_at timestamptz)')
        database.execute('INSERT INTO events SELECT n, %s::timestamptz + n * interval \'6 hours\' FROM generate_series(-12, 12) n',
                         (datetime(day.year, day.month, day.day, tzinfo=timezone.utc),))
        sluice.backfill(database, folder)
        # Once more if midnight came in between.
        if today() == day:
            break
    yesterday = day - timedelta(days=1)
    assert compare(database.url, folder.url,
                   where=f"(created_at AT TIME ZONE 'UTC')::date = date '{yesterday}'") == []


def test_a_day_of_odd_rows(database, sluice, folder):
    """1970-01-01 has the rows that have no day of their own as well."""
    database.execute("CREATE TABLE odd (id int PRIMARY KEY, created_at timestamptz);"
                     "INSERT INTO odd VALUES (1, NULL), (2, 'infinity'), (3, '-infinity'), (4, '0044-03-15 00:00 BC'),"
                     " (5, '1970-01-01 12:00+00'), (6, '1970-01-02 12:00+00'), (7, '1969-12-31 12:00+00'),"
                     # The first and the last that 64 bits of microseconds since 1970 do not hold.
                     " (8, '294247-01-10 04:00:54.775808+00'), (9, '294276-12-31 23:59:59.999999+00');"
                     "CREATE TABLE odd_local (id int PRIMARY KEY, created_at timestamp);"
                     "INSERT INTO odd_local SELECT id, created_at AT TIME ZONE 'UTC' FROM odd")
    sluice.backfill(database, folder, '--date', '1970-01-01')
    assert compare(database.url, folder.url, where='id NOT IN (6, 7)') == []
    sluice.backfill(database, folder, '--from', '1969-12-31', '--to', '1970-01-02')
    assert compare(database.url, folder.url) == []


@pytest.mark.parametrize('zone', ['Asia/Tokyo', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia', 'Africa/Monrovia'])
def test_days_begin_in_the_time_zone_that_is_configured(database, sluice, folder, zone):
    """Around changes of the clock too: days of 23, 24 and 25 hours, and one that Samoa never had."""
    database.execute('CREATE TABLE events (id serial PRIMARY KEY, created_at timestamptz);'
                     'CREATE TABLE local_events (id serial PRIMARY KEY, created_at timestamp)')
    for start in ('2025-03-08 00:00+00', '2025-11-01 00:00+00', '2011-12-28 00:00+00', '1972-01-06 00:00+00', '1899-12-31 00:00+00'):
        database.execute("INSERT INTO events (created_at) SELECT %s::timestamptz + n * interval '29 minutes 59.5 seconds'"
                         ' FROM generate_series(0, 200) n', (start,))
    database.execute("INSERT INTO local_events (created_at) SELECT created_at AT TIME ZONE 'UTC' FROM events")
    config = {'tables': [{'table': '*', 'time_zone': zone}]}
    options = {('public', name): Options(time_zone=zone) for name in ('events', 'local_events')}
    sluice.backfill(database, folder, '--mode', 'full', config=config)
    assert compare(database.url, folder.url, options=options) == []
    # The days of a run are those of the zone too.
    database.execute("UPDATE events SET id = id + 100000")
    sluice.backfill(database, folder, '--table', 'events', '--from', '2025-03-07', '--to', '2025-03-12', config=config)
    sluice.backfill(database, folder, '--table', 'events', '--from', '2025-10-31', '--to', '2025-11-06', config=config)
    sluice.backfill(database, folder, '--table', 'events', '--from', '2011-12-26', '--to', '2012-01-03', config=config)
    sluice.backfill(database, folder, '--table', 'events', '--from', '1972-01-04', '--to', '1972-01-12', config=config)
    sluice.backfill(database, folder, '--table', 'events', '--from', '1899-12-29', '--to', '1900-01-06', config=config)
    assert compare(database.url, folder.url, options=options) == []


UNSORTED = """
CREATE TABLE unsorted (id bigint PRIMARY KEY, note text, tags text[], amount numeric(20,4), created_at timestamptz);
INSERT INTO unsorted
SELECT n, repeat(md5(n::text), 1 + n % 8), ARRAY[md5((n * 7)::text), NULL], n / 7.0,
       timestamptz '2015-01-01 00:00+00' + (n::bigint * 7919 % {days}) * interval '1 day' + n % 86400 * interval '1 second'
FROM generate_series(1, {rows}) n
"""


@pytest.mark.parametrize('jobs', [1, 2, 5])
@pytest.mark.parametrize('index', ['', 'CREATE INDEX ON unsorted (created_at)', 'CREATE INDEX ON unsorted (created_at DESC NULLS LAST)'],
                         ids=['ctid', 'index', 'descending'])
def test_rows_in_no_order_with_little_memory(database, sluice, folder, jobs, index):
    """More days are open at once than memory holds, so that rows go to spill files and come back."""
    database.execute(UNSORTED.format(days=97, rows=120000))
    # A value that no range of days contains, holes, and rows that moved.
    database.execute('UPDATE unsorted SET created_at = NULL WHERE id % 1000 = 0; UPDATE unsorted SET note = \'moved\' WHERE id % 5 = 0')
    if index:
        database.execute(index)
    database.execute('ANALYZE unsorted')
    run = sluice.backfill(database, folder, '--mode', 'full', '--jobs', jobs, config={'memory_limit': '16MiB'})
    assert compare(database.url, folder.url, readers={'pyarrow': lake.arrow_rows}) == []
    assert run.peak_mib < 256, f'{run.peak_mib} MiB with a memory limit of 16 MiB'


def test_ten_years_take_the_memory_of_three_months(database, sluice, folder):
    peaks = {}
    for days in (90, 3650):
        database.execute('DROP TABLE IF EXISTS unsorted')
        database.execute(UNSORTED.format(days=days, rows=200000))
        database.execute('ANALYZE unsorted')
        run = sluice.backfill(database, folder, '--mode', 'full', config={'memory_limit': '32MiB'})
        assert len(listing(folder)) == days
        peaks[days] = run.peak_mib
    assert compare(database.url, folder.url, readers={'pyarrow': lake.arrow_rows}) == []
    assert peaks[3650] < peaks[90] * 1.5 + 48, peaks


def test_a_row_larger_than_memory_allows(database, sluice, folder):
    database.execute("CREATE TABLE large (id int PRIMARY KEY, body text, raw bytea, created_at date);"
                     "INSERT INTO large SELECT n, repeat('0123456789abcdef', 2000000), decode(repeat('00ff', 4000000), 'hex'),"
                     " '2025-01-10' FROM generate_series(1, 3) n")
    sluice.backfill(database, folder, '--mode', 'full', config={'memory_limit': '16MiB'})
    assert compare(database.url, folder.url) == []


def test_a_large_object_goes_to_s3_in_parts(database, sluice, bucket):
    database.execute("CREATE TABLE large (id int PRIMARY KEY, body bytea, created_at date);"
                     "INSERT INTO large SELECT n, decode((SELECT string_agg(md5(n * 100000 + m || ''), '') FROM generate_series(1, 8192) m), 'hex'),"
                     " '2025-01-10' FROM generate_series(1, 400) n")
    sluice.backfill(database, bucket, '--mode', 'full')
    assert compare(database.url, bucket.url, store=bucket.store, readers={'pyarrow': lake.arrow_rows}) == []


def test_all_tables_are_of_one_moment(database, sluice, folder):
    """Each transaction writes to both tables: a lake in which only one of them has it was never true."""
    database.execute('CREATE TABLE one (id bigint PRIMARY KEY, created_at date); CREATE TABLE two (LIKE one INCLUDING ALL)')
    database.execute("INSERT INTO one SELECT n, date '2025-01-01' + (n % 60)::int FROM generate_series(1, 60000) n; INSERT INTO two SELECT * FROM one")
    stop = threading.Event()
    written = []

    def write():
        connection = psycopg2.connect(database.url)
        number = 100000
        while not stop.is_set():
            number += 1
            with connection, connection.cursor() as cursor:
                for table in ('one', 'two'):
                    cursor.execute(f"INSERT INTO {table} VALUES (%s, date '2025-01-01' + %s)", (number, number % 60))
                cursor.execute('DELETE FROM one WHERE id = %s', (number - 100000,))
                cursor.execute('DELETE FROM two WHERE id = %s', (number - 100000,))
            written.append(number)
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for attempt in range(3):
            before = len(written)
            sluice.backfill(database, folder, '--mode', 'full', '--jobs', '2')
            assert len(written) > before
            ids = {table: [] for table in ('one', 'two')}
            for path, rows in listing(folder).items():
                ids[path.split('/')[0]] += [row['id'] for row in rows]
            assert sorted(ids['one']) == sorted(ids['two'])
            assert len(set(ids['one'])) == len(ids['one'])
    finally:
        stop.set()
        writer.join()


def test_a_role_that_sees_only_some_tables(database, sluice, folder):
    """Without a list of tables, what the role may not read is not asked for."""
    database.execute("CREATE TABLE open_table AS SELECT 1 AS id; CREATE TABLE closed_table AS SELECT 1 AS id;"
                     "CREATE ROLE sluice_some LOGIN PASSWORD 'some'; GRANT SELECT ON open_table TO sluice_some")
    try:
        sluice.backfill(database.as_role('sluice_some', 'some'), folder, '--mode', 'full')
        assert compare(database.url, folder.url, [('public', 'open_table')]) == []
    finally:
        database.execute('DROP OWNED BY sluice_some; DROP ROLE sluice_some')


def test_settings_come_from_the_environment(database, sluice, folder):
    database.execute(EVENTS)
    sluice.run('backfill', '--mode', 'full', environment={'SLUICE_DATABASE': database.url, 'SLUICE_LAKE': f'file://{folder.url}'})
    assert compare(database.url, folder.url) == []


def test_settings_come_from_the_configuration(database, sluice, folder):
    database.execute(EVENTS)
    password = database.password
    url = database.url.replace(password, '${EVENTS_PASSWORD}')
    sluice.run('backfill', '--mode', 'full', config={'database': {'url': url}, 'lake': {'url': folder.url}},
               environment={'EVENTS_PASSWORD': password})
    assert compare(database.url, folder.url) == []


def test_the_log_can_be_json(database, sluice, folder):
    database.execute(EVENTS)
    run = sluice.backfill(database, folder, '--mode', 'full', '--log-format', 'json')
    entries = [json.loads(line) for line in run.err.splitlines()]
    assert any('exported 400 rows of events' in json.dumps(entry) for entry in entries), run.err


def test_a_terminal_shows_progress(database, sluice, folder, tmp_path):
    database.execute(UNSORTED.format(days=30, rows=300000))
    command = ' '.join(f"'{word}'" for word in (sluice.binary, 'backfill', '--mode', 'full', '--database', database.url, '--lake', folder.url))
    shown = subprocess.run(['script', '-qec', command, '/dev/null'], capture_output=True, stdin=subprocess.DEVNULL, cwd=tmp_path,
                           env={'PATH': '/usr/bin:/bin', 'HOME': str(tmp_path), 'TERM': 'xterm', 'LANG': 'C.UTF-8'})
    assert shown.returncode == 0, shown.stdout
    assert b'rows/s' in shown.stdout and b'\r' in shown.stdout.replace(b'\r\n', b'\n'), shown.stdout


def test_a_locked_table_is_waited_for_and_the_log_says_by_whom(database, sluice, folder):
    database.execute('CREATE TABLE locked (id int PRIMARY KEY, created_at date); INSERT INTO locked VALUES (1, \'2025-01-10\')')
    holder = psycopg2.connect(database.url)
    try:
        with holder.cursor() as cursor:
            cursor.execute('LOCK TABLE locked IN ACCESS EXCLUSIVE MODE')
            cursor.execute('SELECT pg_backend_pid()')
            [pid] = cursor.fetchone()
        release = threading.Timer(7, holder.commit)
        release.start()
        run = sluice.backfill(database, folder, '--mode', 'full')
        release.join()
    finally:
        holder.close()
    assert re.search(rf'WARNING.*locked is locked by another session.*pid={pid}', run.err), run.err
    assert compare(database.url, folder.url) == []


def test_columns_that_are_left_out_need_not_be_readable(database, sluice, folder):
    database.execute("CREATE TABLE guarded (id int PRIMARY KEY, secret text, created_at date); INSERT INTO guarded VALUES (1, 's', '2025-01-10');"
                     "CREATE ROLE sluice_guarded LOGIN PASSWORD 'sesame'; GRANT SELECT (id, created_at) ON guarded TO sluice_guarded")
    try:
        role = database.as_role('sluice_guarded', 'sesame')
        run = sluice.backfill(role, folder, '--mode', 'full', '--table', 'guarded', expect=1)
        assert 'permission denied for column secret of table guarded' in run.err, run.err
        sluice.backfill(role, folder, '--mode', 'full', config={'tables': [{'table': 'guarded', 'exclude_columns': ['secret']}]})
        options = {('public', 'guarded'): Options(exclude_columns=('secret',))}
        assert compare(database.url, folder.url, options=options) == []
    finally:
        database.execute('REVOKE ALL ON guarded FROM sluice_guarded; DROP ROLE sluice_guarded')
def test_a_partitioned_table_that_lost_its_partitions(database, sluice, place):
    database.execute("CREATE TABLE events (id int, created_at date) PARTITION BY RANGE (created_at);"
                     "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');"
                     "INSERT INTO events VALUES (1, '2025-01-03'), (2, '2025-01-04')")
    sluice.backfill(database, place, '--mode', 'full')
    database.execute('DROP TABLE events_1')
    run = sluice.backfill(database, place, '--date', '2025-01-03')
    assert 'no data found for table events on date 2025-01-03' in run.err
    sluice.backfill(database, place, '--mode', 'full')
    assert compare(database.url, place.url, store=place.store) == []


def test_a_partition_that_lies_on_another_server(database, sluice, folder):
    database.execute("CREATE EXTENSION postgres_fdw; CREATE TABLE far_events AS SELECT 7 AS id, date '2025-02-03' AS created_at;"
                     "CREATE TABLE events (id int, created_at date) PARTITION BY RANGE (created_at);"
                     "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2025-02-01'); INSERT INTO events VALUES (1, '2025-01-03')")
    database.execute(f"CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{database.host}', port '{database.port}', dbname '{database.name}');"
                     f"CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (user '{database.user}', password '{database.password}');"
                     "CREATE FOREIGN TABLE events_2 PARTITION OF events FOR VALUES FROM ('2025-02-01') TO ('2025-03-01') SERVER far OPTIONS (table_name 'far_events')")
    sluice.backfill(database, folder, '--mode', 'full')
    assert compare(database.url, folder.url) == []


def test_the_session_is_the_same_whatever_role_and_url_say(database, sluice, folder):
    database.execute("CREATE TABLE words AS SELECT 'Grüße, 12 €' AS word, 1.5::float8 AS number, '1 day 02:03'::interval AS span, '\\x00ff'::bytea AS raw, 12.5::money AS price;"
                     "CREATE ROLE sluice_odd LOGIN PASSWORD 'odd'; GRANT SELECT ON words TO sluice_odd")
    for name, value in (('quote_all_identifiers', 'on'), ('datestyle', "'SQL, DMY'"), ('intervalstyle', 'iso_8601'), ('timezone', "'Asia/Tokyo'"),
                        ('bytea_output', 'escape'), ('extra_float_digits', '-10'), ('search_path', 'nowhere'), ('statement_timeout', '1000'),
                        ('idle_in_transaction_session_timeout', '1000'), ('idle_session_timeout', '1000')):
        database.execute(f'ALTER ROLE sluice_odd SET {name} = {value}')
    try:
        sluice.backfill(database.as_role('sluice_odd', 'odd') + '?client_encoding=LATIN9', folder, '--mode', 'full')
    finally:
        database.execute('DROP OWNED BY sluice_odd; DROP ROLE sluice_odd')
    assert compare(database.url, folder.url) == []
