"""What readers see while days are rewritten under them: each day whole, old or new, and a row that moves at least once."""

import io
import threading
import time
from urllib.parse import urlsplit

import duckdb
import psycopg2
import pyarrow
import pyarrow.fs
import pyarrow.parquet
import pytest

import database as databases
from test_rewrites import SMALL
from test_stream_faults import end

# Rows 1 to 1200 stay in their days; of `moving` and `keyless` every row goes from day to day, always forward.
SETUP = """
CREATE TABLE staying (id int PRIMARY KEY, version int, filler text, created_at date);
INSERT INTO staying SELECT g, 0, md5(g::text) || md5((-g)::text), date '2026-01-01' + (g - 1) / 600 FROM generate_series(1, 1200) g;
CREATE TABLE moving (id int PRIMARY KEY, version int, created_at date);
INSERT INTO moving SELECT g, 0, date '2026-01-01' FROM generate_series(1, 60) g;
CREATE TABLE keyless AS TABLE moving; ALTER TABLE keyless REPLICA IDENTITY FULL;
CREATE PUBLICATION sluice FOR ALL TABLES
"""
STAYING, MOVING = {1: set(range(1, 601)), 2: set(range(601, 1201))}, set(range(1, 61))
LAST = 12
# What an engine may say when a file is replaced while it is being read; never a wrong answer.
CLEAN = (OSError, pyarrow.ArrowException, duckdb.Error)


class Absent(Exception):
    """There is no such file."""


class FolderByArrow:
    kind = 'folder'

    def __init__(self, place):
        self.place = place

    def rows(self, path, columns):
        file = self.place.path / path
        if not file.exists():
            raise Absent
        try:
            table = pyarrow.parquet.ParquetFile(file).read(columns)
        except FileNotFoundError:
            raise Absent from None
        return list(zip(*(table.column(name).to_pylist() for name in columns)))


class FolderByDuckDB(FolderByArrow):
    def __init__(self, place):
        super().__init__(place)
        self.connection = duckdb.connect(config={'threads': 2, 'autoinstall_known_extensions': False})

    def rows(self, path, columns):
        file = self.place.path / path
        try:
            return self.connection.execute(f"SELECT {', '.join(columns)} FROM read_parquet('{file}')").fetchall()
        except duckdb.IOException as error:
            if 'No files found' in str(error) or 'No such file' in str(error):
                raise Absent from None
            raise


class StoreByRanges:
    """As engines read from S3: the footer first, then the pieces that it names."""

    kind = 's3'

    def __init__(self, place):
        parts = urlsplit(place.endpoint)
        self.files = pyarrow.fs.S3FileSystem(access_key=place.environment['AWS_ACCESS_KEY_ID'], secret_key=place.environment['AWS_SECRET_ACCESS_KEY'],
                                             endpoint_override=parts.netloc, scheme=parts.scheme, region='us-east-1')
        self.prefix = place.url.removeprefix('s3://')

    def rows(self, path, columns):
        try:
            with self.files.open_input_file(f'{self.prefix}/{path}') as file:
                table = pyarrow.parquet.ParquetFile(file, page_checksum_verification=True).read(columns)
        except FileNotFoundError:
            raise Absent from None
        return list(zip(*(table.column(name).to_pylist() for name in columns)))


class StoreByObjects:
    """Each object in one request."""

    kind = 's3'

    def __init__(self, place):
        self.client = place.store.client()
        self.bucket, _, self.prefix = place.url.removeprefix('s3://').partition('/')

    def rows(self, path, columns):
        try:
            body = self.client.get_object(Bucket=self.bucket, Key=f'{self.prefix}/{path}')['Body'].read()
        except self.client.exceptions.NoSuchKey:
            raise Absent from None
        table = pyarrow.parquet.ParquetFile(io.BytesIO(body)).read(columns)
        return list(zip(*(table.column(name).to_pylist() for name in columns)))


READERS = {'pyarrow': FolderByArrow, 'DuckDB': FolderByDuckDB, 'ranges': StoreByRanges, 'objects': StoreByObjects}


class Look:
    """A thread that reads the two tables again and again and keeps what was wrong."""

    def __init__(self, name, reader, stopping):
        self.name, self.reader, self.stopping = name, reader, stopping
        self.problems, self.errors, self.looks = [], [], 0
        self.versions, self.seen = {}, set()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.stopping.is_set():
            for check in (self.stays, lambda: self.moves('moving'), lambda: self.moves('keyless')):
                try:
                    check()
                    self.looks += 1
                except CLEAN as error:
                    self.errors.append(f'{type(error).__name__}: {error}')
                except Exception as error:
                    self.problems.append(f'{type(error).__name__}: {error}')
            time.sleep(0.01)

    def stays(self):
        for day, ids in STAYING.items():
            try:
                rows = self.reader.rows(databases.object_name('staying', databases.day_number(f'2026-01-{day:02d}')), ['id', 'version'])
            except Absent:
                self.problems.append(f'day {day} of staying is missing')
                continue
            found = [row[0] for row in rows]
            if len(set(found)) != len(found):
                self.problems.append(f'day {day} has {len(found) - len(set(found))} rows twice')
            if not ids <= set(found):
                self.problems.append(f'day {day} lacks {sorted(ids - set(found))[:8]}')
            if getattr(self.reader, 'kind') == 'folder' or isinstance(self.reader, StoreByObjects):
                older = [key for key, version in rows if version < self.versions.get(key, 0)]
                if older:
                    self.problems.append(f'day {day} went back to former versions of {older[:8]}')
                self.versions.update(rows)
            self.seen.add(tuple(sorted(rows))[0])

    def moves(self, table):
        """The new day of a row is read after its old one."""
        found = {}
        for day in range(1, LAST + 1):
            try:
                rows = self.reader.rows(databases.object_name(table, databases.day_number(f'2026-01-{day:02d}')), ['id', 'version', '_lsn'])
            except Absent:
                continue
            if len({row[0] for row in rows}) != len(rows):
                self.problems.append(f'day {day} of {table} has rows twice')
            for key, version, lsn in rows:
                found.setdefault(key, []).append((version, lsn))
        missing = MOVING - set(found)
        if missing:
            self.problems.append(f'{sorted(missing)[:8]} of {table} are in no day')
        for key, versions in found.items():
            if len({lsn for _, lsn in versions}) != len(versions):
                self.problems.append(f'versions {versions} of row {key} cannot be told apart')


@pytest.mark.parametrize('kind', ['folder', 's3'])
def test_readers_see_whole_days(database, sluice, request, kind):
    place = request.getfixturevalue('folder' if kind == 'folder' else 'bucket')
    database.execute(SETUP)
    config = {**SMALL, 'flush': {'max_interval': '1s'}, 'rewrite': {'interval': '1s'}}
    sluice.replicate(database, place, rewrite=True, config=config)
    process = sluice.start_replicating(database, place, rewrite=True, config=config)
    stopping = threading.Event()
    looks = [Look(name, reader(place), stopping) for name, reader in READERS.items() if reader.kind == kind]
    for look in looks:
        look.thread.start()
    connection = psycopg2.connect(database.url)
    connection.autocommit = True
    began, number = time.monotonic(), 0
    try:
        with connection.cursor() as cursor:
            while time.monotonic() < began + 8:
                number += 1
                cursor.execute("UPDATE staying SET version = version + 1 WHERE id %% 5 = %s OR id IN (1, 601)", (number % 5,))
                cursor.execute("INSERT INTO staying SELECT 10000 + %s, 0, 'later', date '2026-01-01' + %s", (number, number % 2))
                for table in ('moving', 'keyless'):
                    cursor.execute(f"UPDATE {table} SET version = version + 1, created_at = least(created_at + 1, date '2026-01-12') WHERE id %% 7 = %s",
                                   (number % 7,))
                time.sleep(0.1)
    finally:
        connection.close()
        stopping.set()
        for look in looks:
            look.thread.join(60)
    end(sluice, process)
    for look in looks:
        assert look.problems == [], (look.name, look.problems[:5], len(look.problems), look.errors[:3])
        # Otherwise nothing was shown.
        assert look.looks > 10 and len(look.seen) >= 4, (look.name, look.looks, len(look.seen), look.errors[:3])
