"""A backfill that ends before its time: killed, stopped, cut off from the database, out of disk."""

import random
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

import psycopg2
import pyarrow.parquet
import pytest

import conftest
import lake
from compare import compare

# The same moments in every run, as shares of the time that a whole run takes.
KILLS = [random.Random(20250101 + number).uniform(0.05, 1.0) for number in range(10)]


@pytest.fixture
def changing():
    """The billing tables, which a test changes while it exports them."""
    made = conftest.create_database()
    made.load(conftest.SQL / 'billing.sql', invoices=40000, transactions=60000, users=5000, subscriptions=1000)
    yield made
    conftest.drop_database(made)


def check_whole(place):
    """Whatever a reader sees is a whole file, under a name that a table's day has."""
    with lake.opened(place.url, place.store) as folder:
        for path in lake.objects(folder):
            assert path.endswith('.parquet'), f'a reader would see {path}'
            with pyarrow.parquet.ParquetFile(folder / path, page_checksum_verification=True) as file:
                file.read()


class SlowServer:
    """Stands before an S3 server and lets each object wait before it is passed on."""

    def __init__(self, endpoint, seconds):
        self.server, self.seconds = urllib.parse.urlsplit(endpoint), seconds
        self.busy = threading.Event()
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.endpoint = f'http://127.0.0.1:{self.listener.getsockname()[1]}'

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection((self.server.hostname, self.server.port))
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self.pass_on, args=(source, target), daemon=True).start()

    def pass_on(self, source, target):
        try:
            while data := source.recv(1 << 16):
                if data.startswith(b'PUT '):
                    self.busy.set()
                    time.sleep(self.seconds)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            source.close()
            target.close()


def start(sluice, database, place, *arguments):
    sluice.secrets.add(database.password)
    return sluice.start('backfill', '--mode', 'full', '--database', database.url, *place.arguments, *arguments,
                        config=place.configured({'memory_limit': '16MiB'}), environment=place.environment)


def test_killed_ten_times_then_equal(changing, sluice, place):
    whole = sluice.backfill(changing, place, '--mode', 'full')
    killed = 0
    for number, share in enumerate(KILLS):
        # Each attempt finds other rows, in other days, than the last whole run did.
        changing.execute("UPDATE invoices SET notes = 'attempt %s' WHERE id %% 10 = %s", (number, number))
        changing.execute("DELETE FROM transactions WHERE created_at::date = date '2025-01-01' + %s", (number * 3,))
        changing.execute("INSERT INTO users (user_uuid, email, country, is_active, login_count, created_at, updated_at)"
                         " VALUES (gen_random_uuid(), 'new', 'DE', true, 0, timestamptz '2025-06-01 00:00+00' + %s * interval '1 day', now())",
                         (number,))
        process = start(sluice, changing, place)
        time.sleep(whole.seconds * share)
        process.send_signal(signal.SIGKILL)
        killed += sluice.finish(process).code == -signal.SIGKILL
        check_whole(place)
    assert killed >= 5, 'the runs ended before they could be killed'
    sluice.backfill(changing, place, '--mode', 'full')
    assert compare(changing.url, place.url, store=place.store) == []
    # The killed runs had no chance to clear up here; the last run must not depend on it.
    shutil.rmtree(sluice.temporary)
    sluice.temporary.mkdir()


def test_debris_of_killed_runs_does_not_pile_up(changing, sluice, folder):
    """What killed runs leave behind unseen is gone after a whole one."""
    whole = sluice.backfill(changing, folder, '--mode', 'full')
    for share in KILLS[:5]:
        process = start(sluice, changing, folder)
        time.sleep(whole.seconds * share)
        process.send_signal(signal.SIGKILL)
        sluice.finish(process)
    sluice.backfill(changing, folder, '--mode', 'full')
    assert [path for path in lake.hidden_objects(folder.path) if not path.startswith('_sluice/runs/')] in ([], ['_sluice/tmp/lock'])


@pytest.mark.parametrize('name', ['SIGTERM', 'SIGINT'])
def test_stopped(changing, sluice, place, name):
    whole = sluice.backfill(changing, place, '--mode', 'full')
    process = start(sluice, changing, place)
    time.sleep(whole.seconds * 0.5)
    process.send_signal(getattr(signal, name))
    run = sluice.finish(process, seconds=90)
    assert run.code >= 0, f'the signal was not handled: {run}'
    check_whole(place)
    sluice.backfill(changing, place, '--mode', 'full')
    assert compare(changing.url, place.url, store=place.store, readers={}) == []


def test_cut_off_from_the_database(changing, sluice, folder):
    sluice.backfill(changing, folder, '--mode', 'full')
    changing.execute("UPDATE invoices SET notes = 'cut off'")
    # A lock that the run has to wait for tells when it is in the middle.
    blocker = psycopg2.connect(changing.url)
    with blocker.cursor() as cursor:
        cursor.execute('LOCK TABLE transactions IN ACCESS EXCLUSIVE MODE')
    process = start(sluice, changing, folder, '--jobs', '1')
    deadline = time.monotonic() + 90
    while not changing.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'transactions'::regclass"):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    changing.execute('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()'
                     ' AND pid NOT IN (pg_backend_pid(), %s)', (blocker.info.backend_pid,))
    blocker.close()
    run = sluice.finish(process, seconds=120)
    # The server is still there, so that the next attempt succeeds.
    assert run.code == 0 and 'tries again' in run.err, str(run)
    check_whole(folder)
    sluice.backfill(changing, folder, '--mode', 'full')
    assert compare(changing.url, folder.url, readers={'pyarrow': lake.arrow_rows}) == []


def test_stopped_while_a_slow_server_takes_the_files(changing, sluice, bucket):
    """Nobody waits for uploads that have not begun."""
    with SlowServer(bucket.endpoint, seconds=2) as slow:
        place = conftest.Bucket(bucket.url.split('/', 3)[3], endpoint=slow.endpoint)
        process = start(sluice, changing, place, '--table', 'invoices')
        assert slow.busy.wait(60), 'nothing was written'
        process.send_signal(signal.SIGTERM)
        run = sluice.finish(process, seconds=30)
    assert run.code == 1 and 'interrupted by SIGTERM' in run.err, str(run)
    check_whole(bucket)


def test_out_of_disk(changing, sluice, tmp_path):
    """The lake lies in a file system of 1 MiB that only the program sees."""
    mount = tmp_path / 'small'
    mount.mkdir()
    small = conftest.Folder(mount / 'lake')
    script = (f'mount -t tmpfs -o size=1m tmpfs {mount} && "$@"; code=$?;'
              f' find {mount} -name "*.parquet" -not -path "*/.*" -not -path "*/_*" >{tmp_path}/seen;'
              f' cp -r {mount} {tmp_path}/copy; exit $code')
    wrapper = ['unshare', '--mount', '--map-root-user', '--user', 'sh', '-c', script, 'sh']
    probe = subprocess.run(['unshare', '--mount', '--map-root-user', '--user', 'mount', '-t', 'tmpfs', 'tmpfs', str(mount)],
                           capture_output=True, text=True)
    assert probe.returncode == 0, f'no mount namespace to be had: {probe.stderr}'
    run = sluice.backfill(changing, small, '--mode', 'full', expect=1, wrapper=wrapper)
    assert 'no space left' in run.err.lower() or 'disk is full' in run.err.lower() or 'disk full' in run.err.lower(), run.err
    # Which tables it was, and what has become of the others.
    assert 'ERROR table ' in run.err and 'of the tables failed: ' in run.err, run.err
    assert run.out.startswith('table'), str(run)
    check_whole(conftest.Folder(tmp_path / 'copy' / 'lake'))


UNSORTED = """
CREATE TABLE unsorted (id bigint PRIMARY KEY, note text, created_at timestamptz);
INSERT INTO unsorted
SELECT n, repeat(md5(n::text), 1 + n % 8), timestamptz '2015-01-01 00:00+00' + (n::bigint * 7919 % 60) * interval '1 day'
FROM generate_series(1, 150000) n;
ANALYZE unsorted
"""


def wait_for(condition, process, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.005)


def test_cut_off_after_rows_went_to_the_disk(database, sluice, folder):
    """The second attempt must not find what the first one has left in its local files."""
    database.execute(UNSORTED)
    process = start(sluice, database, folder, '--jobs', '1')
    copied = 'SELECT 1 FROM pg_stat_progress_copy WHERE datname = current_database() AND tuples_processed > 90000'
    wait_for(lambda: database.execute(copied), process)
    assert database.execute('SELECT pg_terminate_backend(pid) FROM pg_stat_progress_copy WHERE datname = current_database()')
    run = sluice.finish(process)
    assert run.code == 0 and 'tries again' in run.err, str(run)
    assert compare(database.url, folder.url, readers={'pyarrow': lake.arrow_rows}) == []


def locked(database, table):
    """A connection that holds the table against everybody else."""
    blocker = psycopg2.connect(database.url)
    with blocker.cursor() as cursor:
        cursor.execute(f'LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE')
    return blocker


def is_awaited(database, table):
    return database.execute(f"SELECT 1 FROM pg_locks WHERE NOT granted AND relation = '{table}'::regclass")


def test_only_the_table_that_is_cut_off_is_tried_again(database, sluice, folder):
    """What fails is said once, and of the others nothing is done twice."""
    database.execute('CREATE TABLE first AS SELECT 1 AS id; CREATE TABLE second AS SELECT 2 AS id')
    blocker = locked(database, 'second')
    process = start(sluice, database, folder, '--jobs', '2', '--table', 'first', '--table', 'second', '--table', 'nowhere')
    wait_for(lambda: is_awaited(database, 'second'), process)
    database.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND relation = 'second'::regclass")
    blocker.close()
    run = sluice.finish(process)
    assert run.code == 1 and run.err.count('tries again') == 1, str(run)
    assert run.err.count('unknown table nowhere') == 1 and '1 of the tables failed: nowhere' in run.err, run.err
    assert run.err.count('exported 1 rows of first') == 1, run.err
    assert compare(database.url, folder.url) == []


@pytest.mark.parametrize('name', ['SIGTERM', 'SIGINT'])
def test_stopped_while_it_waits_for_a_lock(database, sluice, folder, name):
    """The wait is told, does not hold up the other tables, and ends with a signal."""
    database.execute('CREATE TABLE open_table AS SELECT 1 AS id; CREATE TABLE locked_table AS SELECT 2 AS id')
    blocker = locked(database, 'locked_table')
    process = start(sluice, database, folder, '--jobs', '2')
    wait_for(lambda: is_awaited(database, 'locked_table'), process)
    wait_for((folder.path / 'open_table' / 'open_table.parquet').exists, process)
    wait_for(lambda: 'locked_table is locked' in open(sluice.output[1].name).read(), process)
    process.send_signal(getattr(signal, name))
    run = sluice.finish(process, seconds=30)
    assert run.code == 1 and f'interrupted by {name}' in run.err, str(run)
    assert 'locked_table is locked by another session' in run.err and f'pid={blocker.info.backend_pid}' in run.err, run.err
    blocker.close()


def test_a_table_that_another_takes_the_place_of(database, sluice, folder):
    """Between the snapshot and the reading of a table its name may come to mean another one."""
    database.execute("CREATE TABLE events AS SELECT 1 AS id, date '2025-01-10' AS created_at")
    database.execute('CREATE TABLE first AS SELECT n AS id FROM generate_series(1, 1000) n; ANALYZE first')
    sluice.backfill(database, folder, '--mode', 'full')
    blocker = locked(database, 'first')
    process = start(sluice, database, folder, '--jobs', '1')
    wait_for(lambda: is_awaited(database, 'first'), process)
    database.execute('ALTER TABLE events RENAME TO events_before')
    database.execute("CREATE TABLE events AS SELECT 2 AS id, date '2025-01-10' AS created_at")
    blocker.close()
    run = sluice.finish(process)
    assert run.code == 0 and 'renamed' in run.err, str(run)
    assert compare(database.url, folder.url, [('public', 'events'), ('public', 'first')]) == []
