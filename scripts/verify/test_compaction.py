"""Files of changes of finished commit dates are merged: every change stays, in its place, and once."""

import os
import re
import shutil
import signal
from datetime import datetime, timedelta, timezone

import pyarrow.parquet
import pytest

import changes
import conftest
import lake
from rewriting import compare_days
from scenarios import large
from test_rewrites import SMALL, run
from test_stream_crashes import KILLS, failpoints
from witness import Witness

TABLES = {'t': 't', 'u': 'u'}
# Of each table those before its columns change, and those after.
MERGED = 4
STEPS = [
    ["UPDATE t SET note = 'one' WHERE id = 1", "UPDATE u SET note = 'one'", "INSERT INTO t (id, created_at) VALUES (100, '2026-01-01')"],
    ["UPDATE t SET id = 200 WHERE id = 2; DELETE FROM t WHERE id = 3", "INSERT INTO u VALUES (9, 'x', 'NaN')"],
    ["ALTER TABLE t ADD COLUMN added int", "UPDATE t SET added = 1 WHERE id > 6", "TRUNCATE u", "ALTER TABLE u ALTER amount TYPE numeric(12,2)"],
    ["INSERT INTO u VALUES (10, 'y', 1234567890.25)", "UPDATE t SET created_at = created_at + interval '1 day' WHERE id < 6"],
]


@pytest.fixture
def source(database):
    database.execute(large('t') + '; CREATE TABLE u (id int PRIMARY KEY, note text, amount numeric(8,2)); INSERT INTO u VALUES (1, NULL, 1.5);'
                     ' CREATE PUBLICATION sluice FOR ALL TABLES')
    return database


def change_files(place):
    with lake.opened(place.url, place.store) as folder:
        return [path for table in TABLES.values() for path in changes.files(folder, table)]


def age(place):
    """Gives all files of changes a commit date of ten days ago, as if they had been written then."""
    year, month, number = (datetime.now(timezone.utc).date() - timedelta(days=10)).isoformat().split('-')
    for path in change_files(place):
        other = re.sub(r'year=\d+/month=\d+/day=\d+', f'year={year}/month={month}/day={number}', path)
        other = re.sub(r'_changes_\d{8}_', f'_changes_{year}{month}{number}_', other)
        if not place.url.startswith('s3://'):
            (place.path / other).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(place.path / path, place.path / other)
        else:
            bucket, _, prefix = place.url.removeprefix('s3://').partition('/')
            client = place.store.client()
            client.copy_object(Bucket=bucket, Key=f'{prefix}/{other}', CopySource={'Bucket': bucket, 'Key': f'{prefix}/{path}'})
            client.delete_object(Bucket=bucket, Key=f'{prefix}/{path}')


def fill(source, sluice, place):
    """Makes several files of changes for each table, all taken up into the days and of a date that is finished."""
    witness = Witness(source, slot=f'{source.name}_w')
    sluice.replicate(source, place, config=SMALL)
    for step in STEPS:
        run(source, step)
        sluice.replicate(source, place, rewrite=True, config=SMALL)
    age(place)
    assert len(change_files(place)) == 8
    return witness.changes()


def test_files_are_merged(source, sluice, place):
    seen = fill(source, sluice, place)
    sluice.rewrite(source, place, config=SMALL)
    assert len(change_files(place)) == MERGED
    assert changes.compare(source.url, place, seen, TABLES) == []
    assert compare_days(source, place, TABLES.keys()) == []
    before = change_files(place)
    sluice.rewrite(source, place, config=SMALL)
    assert change_files(place) == before


def test_what_is_not_finished_or_not_taken_up_is_left_alone(source, sluice, folder):
    fill(source, sluice, folder)
    before = change_files(folder)
    sluice.rewrite(source, folder, config={**SMALL, 'rewrite': {'compact_changes_after': '365d'}})
    sluice.rewrite(source, folder, '--dry-run', config=SMALL)
    sluice.rewrite(source, folder, '--date', '2026-01-01', config=SMALL)
    assert change_files(folder) == before
    run(source, ["UPDATE u SET note = 'today'"])
    sluice.replicate(source, folder, config=SMALL)
    sluice.rewrite(source, folder, config=SMALL)
    # One is not old enough.
    assert len(change_files(folder)) == MERGED + 1
    assert compare_days(source, folder, TABLES.keys()) == []


def test_a_day_is_caught_up_from_merged_files(source, sluice, folder, tmp_path):
    sluice.replicate(source, folder, config=SMALL)
    shutil.copytree(folder.path / 't', tmp_path / 'older')
    for step in STEPS:
        run(source, step)
        sluice.replicate(source, folder, rewrite=True, config=SMALL)
    age(folder)
    sluice.rewrite(source, folder, config=SMALL)
    assert len(change_files(folder)) == MERGED
    shutil.copytree(tmp_path / 'older', folder.path / 't', dirs_exist_ok=True)
    sluice.rewrite(source, folder, config=SMALL)
    assert compare_days(source, folder, TABLES.keys()) == []


@pytest.mark.parametrize('failpoint', [name for name in failpoints(rewriting=True) if 'Compaction' in name])
def test_killed_while_files_are_merged(source, sluice, folder, failpoint):
    """At any moment every change is there; when the next run is done, each is there once."""
    sluice.binary = conftest.needed('SLUICE_TEST_FAILPOINT_BINARY')
    seen = fill(source, sluice, folder)
    for count in (1, 2, 3) if KILLS > 50 else (1,):
        process = sluice.start_on_slot('rewrite', source, folder, config=SMALL, environment={'SLUICE_FAILPOINT': f'{failpoint}:{count}'})
        ended = sluice.finish(process)
        assert ended.code == -signal.SIGKILL or count > 1, str(ended)
        for table in TABLES:
            found = {(lsn, sequence) for path in change_files(folder) if os.path.basename(path).startswith(f'{table}_')
                     for lsn, sequence in positions(folder.path / path)}
            assert found == {(change.lsn, change.sequence) for change in seen if change.relation.name == table}
        assert compare_days(source, folder, TABLES.keys()) == []
    sluice.rewrite(source, folder, config=SMALL)
    assert len(change_files(folder)) == MERGED
    assert changes.compare(source.url, folder, seen, TABLES) == []
    for path in sluice.temporary.glob('sluice-spill-*'):
        shutil.rmtree(path)


def positions(path):
    table = pyarrow.parquet.read_table(path, columns=['_lsn', '_seq'], partitioning=None)
    return zip(table['_lsn'].to_pylist(), table['_seq'].to_pylist())
