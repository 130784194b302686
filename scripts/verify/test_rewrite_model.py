"""Whatever happens to rows, columns and processes, in whatever order: when the program has caught up, the day files are
the tables."""

import os
import random
import signal
import time

import pytest

import conftest
import model
from rewriting import compare_days
from test_rewrites import settings
from test_stream_crashes import KILLS, failpoints, forget_temporary_files, mortal

SEED = int(os.environ.get('SLUICE_TEST_SEED', '20261126'))
# Each is a few kills, after which everything has to come right.
ROUNDS = 1 + KILLS // 10
ANYTHING = dict(flush={'max_interval': '1s', 'max_rows': 200, 'max_size': '1MiB'}, rewrite={'interval': '1s'}, memory_limit='16MiB')


class Trial:
    """A model's database and lake, and the processes between them."""

    def __init__(self, made, place, folder, seed):
        self.made, self.place, self.seed, self.dice = made, place, seed, random.Random(seed)
        self.tables = model.tables()
        made.execute('; '.join([model.SETUP, *(table.create() for table in self.tables.values()),
                                'CREATE PUBLICATION sluice FOR TABLES IN SCHEMA public WITH (publish_via_partition_root = true)']))
        # Each has a folder of its own, since they run beside each other.
        self.programs = {}
        for name in ('replicate', 'rewrite', 'backfill'):
            (folder / name).mkdir()
            self.programs[name] = conftest.Sluice(folder / name)
            self.programs[name].binary = conftest.needed('SLUICE_TEST_FAILPOINT_BINARY')
            self.programs[name].secrets.add(made.password)
        self.log = []

    def begin(self):
        """Writes rows and loads them."""
        with self.writers(pause=0.002, alters=0):
            time.sleep(0.5)
        # What is deleted before the load was never in the lake.
        for name in [name for name, table in self.tables.items() if table.soft]:
            self.made.execute(f'TRUNCATE graves.{name}')
        self.end('replicate', self.start('replicate', '--until-caught-up', rewrite=True), (0,))

    @property
    def config(self):
        return settings({name: table.kept for name, table in self.tables.items()}, **ANYTHING)

    def writers(self, **options):
        return model.ModelWriters(self.made, self.tables, f'{self.seed}/{self.dice.random()}', **options)

    def start(self, name, *arguments, failpoint=None, **options):
        """Starts a command; `replicate` and `rewrite` may be told where to die."""
        self.log.append(' '.join([name, *arguments, *([f'until {failpoint}'] if failpoint else [])]))
        environment = {'SLUICE_FAILPOINT': failpoint} if failpoint else {}
        if failpoint and 'Removal' in failpoint:
            # A day without rows keeps its file for an hour otherwise.
            environment['SLUICE_EMPTY_DAY_SECONDS'] = '0'
        program = self.programs[name]
        if name == 'replicate':
            return program.start_replicating(self.made, self.place, *arguments, config=self.config, environment=environment, **options)
        return program.start_on_slot(name, self.made, self.place, *arguments, config=self.config, environment=environment)

    def end(self, name, process, codes, seconds=60):
        run = self.programs[name].finish(process, seconds)
        assert run.code in codes, f'seed {self.seed}: {"; ".join(self.log)}\n{run}'
        return run

    def kill(self, name, process):
        if process.poll() is None:
            process.kill()
        return self.end(name, process, (-signal.SIGKILL, 0))

    def until_killed(self, rewrites, seconds, failpoint=None):
        """Streams and rewrites for a while, or up to a failpoint, and is killed; says whether it died by itself."""
        process = self.start('replicate', rewrite=rewrites, failpoint=failpoint if rewrites else None)
        deadline = time.monotonic() + seconds
        other = None
        while process.poll() is None and time.monotonic() < deadline:
            if not rewrites:
                if other is not None and other.poll() is not None:
                    died = self.end('rewrite', other, (0, -signal.SIGKILL)).code != 0
                    other = None
                    if died:
                        break
                if other is None:
                    other = self.start('rewrite', failpoint=failpoint)
            time.sleep(0.02)
        died = process.poll() is not None or not rewrites and other is None
        if other is not None:
            died = self.kill('rewrite', other).code != 0 and died
        self.kill('replicate', process)
        return died

    def backfill(self):
        """Exports some days of some tables anew, beside everything else."""
        tables = self.dice.sample(list(self.tables), self.dice.randrange(1, 4))
        first = self.dice.randrange(1, model.DAYS + 1)
        last = min(model.DAYS, first + self.dice.randrange(3))
        days = self.dice.choice([['--date', f'2026-01-{first:02d}'], ['--from', f'2026-01-{first:02d}', '--to', f'2026-01-{last:02d}'],
                                 ['--date', '1970-01-01'], ['--mode', 'full']])
        return self.start('backfill', *days, *(part for table in tables for part in ('--table', table)), '--jobs', '1')

    def export_an_empty_day(self):
        """Leaves a file without rows, which goes when all changes that its snapshot sees have gone by."""
        self.made.execute("INSERT INTO plain (id, created_at) VALUES (100000, '2026-03-01 12:00Z')")
        self.end('replicate', self.start('replicate', '--until-caught-up', rewrite=True), (0,))
        self.made.execute('DELETE FROM plain WHERE id = 100000')
        self.end('backfill', self.start('backfill', '--date', '2026-03-01', '--table', 'plain'), (0,))

    def check(self):
        """Catches up, and compares."""
        alone = self.dice.random() < 0.5
        run = self.end('replicate', self.start('replicate', '--until-caught-up', rewrite=alone), (0,), 120)
        if not alone:
            run = self.end('rewrite', self.start('rewrite'), (0,), 120)
        problems = compare_days(self.made, self.place, {name: table.kept for name, table in self.tables.items()})
        assert problems == [], '\n'.join([*problems[:20], f'seed {self.seed}: {"; ".join(self.log)}', str(run)])


@pytest.fixture
def trial(database, place, tmp_path):
    return Trial(database, place, tmp_path, f'{SEED}/{type(place).__name__}')


def test_any_history(trial):
    trial.begin()
    written = 0
    for number in range(ROUNDS):
        with trial.writers(pause=0.02) as writers:
            for _ in range(3):
                backfill = trial.backfill() if trial.dice.random() < 0.7 else None
                trial.until_killed(rewrites=trial.dice.random() < 0.7, seconds=trial.dice.uniform(0.3, 3))
                if backfill is not None:
                    if trial.dice.random() < 0.5:
                        time.sleep(trial.dice.random())
                    trial.kill('backfill', backfill)
        written += writers.transactions
        trial.check()
    assert written > 20 * ROUNDS


def test_killed_where_days_are_written(trial, request):
    """At every failpoint of rewriting; the fast selection has half of them in each kind of lake."""
    # Files of changes are merged on other occasions.
    names = [name for name in failpoints(rewriting=True) if 'Compaction' not in name]
    assert names
    if KILLS <= 50:
        names = names[request.node.callspec.params['place'] == 's3'::2]
    passes = [1, 2, 5, 20] if KILLS > 50 else [1]
    trial.begin()
    missed = []
    for count in passes:
        trial.dice.shuffle(names)
        for name in names:
            if 'Removal' in name:
                trial.export_an_empty_day()
            # Few days change places, and fewer go, before the process ends.
            if count > 1 and ('Removal' in name or 'Additions' in name):
                continue
            with trial.writers(pause=0.02):
                if not trial.until_killed(rewrites=trial.dice.random() < 0.7, seconds=max(20, 6 * count), failpoint=f'{name}:{count}'):
                    missed.append(f'{name}:{count}')
            if trial.dice.random() < 0.5 and KILLS > 50:
                trial.check()
    trial.check()
    assert missed == []


@pytest.mark.parametrize('failpoint', ['afterRewriteState:1', 'afterRewriteState:2', 'afterDayWrite:2', 'beforeDayWrite:4'])
def test_killed_within_a_large_transaction(database, mortal, folder, failpoint):
    """Some days have taken up a part of it, and others not."""
    database.execute("CREATE TABLE t (id int PRIMARY KEY, note text, created_at date); CREATE PUBLICATION sluice FOR ALL TABLES;"
                     " INSERT INTO t SELECT g, md5(g::text), date '2026-01-01' + g % 3 FROM generate_series(1, 20000) g")
    config = dict(ANYTHING, rewrite={'interval': '1h'})
    mortal.replicate(database, folder, config=config)
    database.execute("UPDATE t SET note = repeat(md5(id::text), 8), created_at = created_at + id % 2; UPDATE t SET note = repeat(md5(note), 8) WHERE id % 3 = 0;"
                     " DELETE FROM t WHERE id % 7 = 0; UPDATE t SET id = -id; INSERT INTO t SELECT g, repeat('x', 200), '2026-02-01' FROM generate_series(1, 9000) g")
    mortal.replicate(database, folder, config=config)
    for _ in range(2):
        process = mortal.start_on_slot('rewrite', database, folder, config=config, environment={'SLUICE_FAILPOINT': failpoint})
        assert mortal.finish(process).code in (-signal.SIGKILL, 0)
        database.execute("UPDATE t SET note = note || '!' WHERE id % 10 = 3")
        mortal.replicate(database, folder, config=config)
    mortal.rewrite(database, folder, config=config)
    assert compare_days(database, folder, ['t']) == []
    forget_temporary_files(mortal)
