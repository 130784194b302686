"""Objects that go while a stream runs: they are missed however busy the server is, and a day that has lost its rows is never
taken for one that has none."""

import json
import threading
import time

import psycopg2

import conftest
from faults import Objects
from test_stream_faults import end, until

TABLES = """
    CREATE TABLE quiet (id int PRIMARY KEY, note text, created_at timestamptz NOT NULL);
    CREATE TABLE busy (id int PRIMARY KEY, note text, created_at timestamptz NOT NULL);
    CREATE TABLE parted (id int, note text, created_at timestamptz, PRIMARY KEY (id, created_at)) PARTITION BY RANGE (created_at);
    CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2026-01-01Z') TO ('2026-02-01Z');
    INSERT INTO quiet SELECT g, 'n' || g, '2026-01-01 05:00Z'::timestamptz + g % 3 * interval '1 day' FROM generate_series(1, 60) g;
    INSERT INTO busy SELECT id, note, created_at FROM quiet;
    INSERT INTO parted SELECT id, note, created_at FROM quiet;
    CREATE PUBLICATION sluice FOR ALL TABLES WITH (publish_via_partition_root = true)
"""
CONFIG = {'flush': {'max_interval': '1s'}, 'rewrite': {'interval': '1s'}}
DAYS = ['2026-01-01', '2026-01-02', '2026-01-03']


def day_path(table, day):
    year, month, number = day.split('-')
    return f'{table}/year={year}/month={month}/day={number}/{table}_{year}{month}{number}.parquet'


class Busy:
    """Updates a table all the time."""

    def __init__(self, made):
        self.made, self.count, self.stopping = made, 0, threading.Event()
        self.thread = threading.Thread(target=self.write)

    def write(self):
        connection = psycopg2.connect(self.made.url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            while not self.stopping.is_set():
                cursor.execute("UPDATE busy SET note = %s WHERE id = 1", (str(self.count),))
                self.count += 1
                time.sleep(0.02)
        connection.close()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()


def test_objects_that_go_are_missed(database, sluice, folder):
    database.execute(TABLES)
    (sluice.folder / 'other').mkdir()
    other = conftest.Sluice(sluice.folder / 'other')
    other.secrets.add(database.password)

    def validate(*arguments, expect=0):
        run = other.finish_as(other.start_on_slot('validate', database, folder, '--json', *arguments, config=CONFIG), expect)
        report = json.loads(run.out)
        return report, {(each.get('table'), each.get('day'), each['kind']) for each in report['findings'] if each['severity'] == 'failure'}

    objects = Objects(folder)
    sluice.replicate(database, folder, rewrite=True, config=CONFIG)
    process = sluice.start_replicating(database, folder, rewrite=True, config=CONFIG)
    try:
        with Busy(database) as busy:
            until(lambda: busy.count > 50, what='writing')
            # Changes of a partition are its root's, whatever else the server says of it.
            database.execute("INSERT INTO parted VALUES (100, 'new', '2026-01-02 06:00Z')")
            report, found = validate()
            assert found == set() and 'parted_1' not in json.dumps(report)
            for table, day in (('quiet', DAYS[0]), ('busy', DAYS[2]), ('parted', DAYS[2])):
                objects.delete(day_path(table, day))
            # Whatever passes come and go.
            wanted = {('quiet', DAYS[0], 'missing'), ('busy', DAYS[2], 'missing'), ('parted', DAYS[2], 'missing')}
            assert validate(expect=1)[1] == wanted
            passes = busy.count + 150
            until(lambda: busy.count > passes, what='writing')
            assert validate(expect=1)[1] == wanted
            # A day to which a change comes is exported again, and not what the change alone says.
            database.execute("UPDATE quiet SET note = 'changed' WHERE id = 3; INSERT INTO parted VALUES (101, 'new', '2026-01-03 06:00Z')")
            until(lambda: folder.path.joinpath(day_path('quiet', DAYS[0])).exists()
                  and objects.rows(day_path('quiet', DAYS[0])).num_rows == 20, what='the day')
            until(lambda: validate(expect=1)[1] == {('busy', DAYS[2], 'missing')}, what='the days that changes came to')
    finally:
        run = end(sluice, process)
    assert 'objects of table quiet are gone that were written before' in run.err
    validate('--repair')
    assert validate('--deep')[1] == set()
