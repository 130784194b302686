"""Exactly once: killed at every failpoint and at random moments under load, the stream loses and repeats nothing."""

import os
import pathlib
import random
import re
import signal
import time

import psycopg2
import pyarrow.parquet
import pytest

import changes
import conftest
import lake
import load
from test_stream import checkpoint
from witness import Witness, position

# `scripts/test --crash` asks for all of them.
KILLS = int(os.environ.get('SLUICE_TEST_KILLS', '12'))
PASSES = [1, 2, 7, 40] if KILLS > 50 else [1]
FLUSH = {'flush': {'max_interval': '1s', 'max_rows': 400, 'max_size': '1MiB'}, 'memory_limit': '16MiB'}
SEED = int(os.environ.get('SLUICE_TEST_SEED', '20261122'))


# What is reached only where day files are rewritten has these words in its name.
REWRITING = re.compile('Day|Rewrite|Compaction')


def failpoints(rewriting=False):
    """The names in the source, so that none is forgotten: those of the stream, or those of rewriting."""
    source = pathlib.Path(__file__).parents[2] / 'Sources/Replication/Failpoint.swift'
    return [name for line in source.read_text().splitlines() if line.startswith('    case ')
            for name in re.findall(r'\w+', line.removeprefix('    case ')) if bool(REWRITING.search(name)) == rewriting]


@pytest.fixture
def mortal(sluice):
    """The program as it is built with failpoints."""
    sluice.binary = conftest.needed('SLUICE_TEST_FAILPOINT_BINARY')
    return sluice


@pytest.fixture
def source():
    made = conftest.create_database()
    made.execute(load.TABLES)
    made.execute('CREATE PUBLICATION sluice FOR ALL TABLES')
    yield made
    conftest.drop_database(made)


def ids(place, table='t'):
    """The ids of all inserted rows, in the order of the files."""
    with lake.opened(place.url, place.store) as folder:
        return [value for path in changes.files(folder, table)
                for value in pyarrow.parquet.read_table(folder / path, columns=['id'], partitioning=None)['id'].to_pylist()]


def kill_at(sluice, made, place, failpoint, seconds=15):
    """Starts the program to die at a failpoint; says whether it did."""
    process = sluice.start_replicating(made, place, config=FLUSH, environment={'SLUICE_FAILPOINT': failpoint})
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    died = process.poll() == -signal.SIGKILL
    if process.poll() is None:
        process.kill()
    run = sluice.finish(process)
    assert run.code == -signal.SIGKILL, str(run)
    return died


def kill_after(sluice, made, place, seconds):
    process = sluice.start_replicating(made, place, config=FLUSH)
    time.sleep(seconds)
    process.kill()
    run = sluice.finish(process)
    assert run.code == -signal.SIGKILL, str(run)


def forget_temporary_files(sluice):
    # Killed processes had no chance to clear up.
    for path in sluice.temporary.glob('sluice-spill-*'):
        for file in sorted(path.rglob('*'), reverse=True):
            file.unlink() if file.is_file() else file.rmdir()
        path.rmdir()


def check(sluice, made, place, witness, since=0):
    """The changes are those that the witness has seen, and together with the snapshots they are the tables."""
    run = sluice.replicate(made, place, config=FLUSH)
    seen = witness.changes(since)
    problems = changes.compare(made.url, place, seen, {table: table for table in load.KEYS})
    assert problems == [], f'seed {SEED}\n{run}'
    for table, key in load.KEYS.items():
        history = changes.History(made.url, place, table)
        found = history.folded(place, key)
        assert history.truth == found, f'seed {SEED}: {table} has {len(found)} rows instead of {len(history.truth)}\n{run}'
    forget_temporary_files(sluice)
    return len(seen)


def test_killed_at_every_failpoint(source, mortal, place):
    dice = random.Random(SEED)
    witness = Witness(source, slot=f'{source.name}_w')
    names = failpoints()
    missed = []
    # Once only, and in this order: before there is a slot, and before the tables are loaded.
    for name in ('afterPublication', 'afterSlot'):
        assert kill_at(mortal, source, place, name), name
    with load.Load(source, seed=SEED, pause=0.1):
        time.sleep(0.3)
        for name in ('beforeLoad', 'afterLoad', 'afterLoadCheckpoint', 'afterLoad', 'afterLoadCheckpoint'):
            if not kill_at(mortal, source, place, name):
                missed.append(name)
        rest = [name for name in names if 'Load' not in name and name not in ('afterSlot', 'afterSpill')]
        for passes in PASSES:
            dice.shuffle(rest)
            for name in rest:
                # What happens once in each start happens no second time.
                count = 1 if name in ('afterPublication', 'afterTakeOver', 'afterOrphanRemoval', 'afterStart') else passes
                if not kill_at(mortal, source, place, f'{name}:{count}', seconds=60):
                    missed.append(f'{name}:{count}')
    # More than memory may hold, in one transaction.
    source.execute("INSERT INTO keyed SELECT g, 'spill', 0, now(), (SELECT string_agg(md5(g::text || s), '') FROM generate_series(1, 15) s)"
                   " FROM generate_series(90000000, 90060000) g")
    if not kill_at(mortal, source, place, 'afterSpill', seconds=60):
        missed.append('afterSpill')
    assert missed == []
    assert check(mortal, source, place, witness) > 1000


def test_killed_before_a_new_table_was_in_any_checkpoint(database, mortal, folder):
    database.execute('CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION sluice FOR ALL TABLES')
    mortal.replicate(database, folder, config=FLUSH)
    database.execute('CREATE TABLE late (id int PRIMARY KEY); INSERT INTO late VALUES (1)')
    writer = psycopg2.connect(database.url)
    try:
        # Its load has to wait, so that nothing else puts its name into the checkpoint.
        writer.cursor().execute('INSERT INTO late VALUES (2)')
        assert kill_at(mortal, database, folder, 'afterUpload')
    finally:
        writer.close()
    mortal.replicate(database, folder, config=FLUSH)
    assert ids(folder, 'late') == [1]
    forget_temporary_files(mortal)


def test_killed_at_random_moments(source, sluice, place):
    dice = random.Random(SEED + 1)
    witness = Witness(source, slot=f'{source.name}_w')
    with load.Load(source, seed=SEED + 1, pause=0.1) as writers:
        time.sleep(0.2)
        kill_after(sluice, source, place, 1.5)
        # The slot has begun somewhere among the writers' transactions.
        since = position(checkpoint(place, source.name)['generations'][0]['position'])
        for _ in range(KILLS):
            kill_after(sluice, source, place, dice.uniform(0.05, 1.6))
    assert writers.transactions > 20
    assert check(sluice, source, place, witness, since) > 100


def test_a_snapshot_and_the_stream_leave_no_gap(source, sluice, folder, tmp_path):
    """Snapshots taken at any moment, while writers commit so that commits linger between WAL and visibility: each adds
    up to the table with the changes that it does not include."""
    snapshots = [conftest.Folder(tmp_path / f'snapshot-{number}') for number in range(max(12, KILLS * 2))]
    process = sluice.start_replicating(source, folder, config=FLUSH)
    output = sluice.output
    while not source.execute('SELECT 1 FROM pg_replication_slots WHERE slot_name = %s AND active', (source.name,)):
        time.sleep(0.05)
    with load.Load(source, writers=4, seed=SEED + 2, truncates=False, pause=0.25):
        for place in snapshots:
            sluice.backfill(source, place, '--mode', 'full', '--jobs', '1')
    process.send_signal(signal.SIGTERM)
    sluice.output = output
    sluice.finish_as(process, 0)
    sluice.replicate(source, folder, config=FLUSH)
    for table, key in load.KEYS.items():
        history = changes.History(source.url, folder, table)
        for number, place in enumerate([folder, *snapshots]):
            assert history.folded(place, key) == history.truth, f'seed {SEED}, {table}, snapshot {number}'
