"""Large values that an update leaves alone stay with their row, whatever has its key by now, is exported, or killed."""

import signal

import pyarrow.parquet
import pytest

from rewriting import Kept, compare_days, day_objects
from scenarios import GRAVES, buried, large
from test_rewrites import run, settings
from test_stream_crashes import mortal

TURN = "created_at = timestamptz '2026-01-05' - (created_at - timestamptz '2026-01-01') - interval '1 s'"
NEW = "INSERT INTO t (id, note, big, other, created_at) VALUES ({}, 'new', 'wrong', 'wrong', '2026-01-0{}')"


@pytest.fixture(params=['hard', 'soft'])
def trial(request, database, mortal, folder):
    return Trial(database, mortal, folder, request.param == 'soft')


class Trial:
    """A table of four days with large values, and its lake."""

    def __init__(self, made, sluice, place, soft):
        self.made, self.sluice, self.place = made, sluice, place
        self.kept = Kept(graves='t' if soft else None, exported=True)
        self.config = settings({'t': self.kept})
        made.execute(GRAVES + large('t') + ';' + (buried('t') if soft else '') + 'CREATE PUBLICATION sluice FOR TABLES IN SCHEMA public')
        self.stream()

    def write(self, *transactions):
        run(self.made, transactions)

    def stream(self, rewrite=True, **config):
        return self.sluice.replicate(self.made, self.place, rewrite=rewrite, config={**self.config, **config})

    def export(self, *selection):
        self.sluice.backfill(self.made, self.place, *selection, '--table', 't', config={**self.config, 'database': {'slot': self.made.name}})

    def rewrite(self):
        return self.sluice.rewrite(self.made, self.place, config=self.config)

    def kill(self, failpoint):
        process = self.sluice.start_on_slot('rewrite', self.made, self.place, config=self.config, environment={'SLUICE_FAILPOINT': failpoint})
        assert self.sluice.finish(process).code == -signal.SIGKILL

    def check(self):
        problems = compare_days(self.made, self.place, {'t': self.kept})
        assert problems == [], '\n'.join(problems)


# What a pass takes up, and what an export of some days has seen beside.
OTHERS = {
    'new key': ("UPDATE t SET created_at = '2026-01-02' WHERE id = 1", ["UPDATE t SET id = 100 WHERE id = 1", NEW.format(1, 4)]),
    'two new keys': ("UPDATE t SET id = 100, created_at = '2026-01-02' WHERE id = 1", ["UPDATE t SET id = 200 WHERE id = 100", NEW.format(100, 4)]),
    'where it came from': ("UPDATE t SET created_at = '2026-01-02' WHERE id = 1", ["UPDATE t SET id = 200 WHERE id = 1", NEW.format(1, 1)]),
    'a new day and key': ("UPDATE t SET created_at = '2026-01-02' WHERE id = 1", ["UPDATE t SET id = 100, created_at = '2026-01-03' WHERE id = 1", NEW.format(1, 1)]),
    'moved on': ("UPDATE t SET created_at = '2026-01-02' WHERE id = 1", ["UPDATE t SET created_at = '2026-01-03' WHERE id = 1"]),
    'changed and moved on': ("UPDATE t SET created_at = '2026-01-02' WHERE id = 1", ["UPDATE t SET big = 'later', other = 'later' WHERE id = 1", "UPDATE t SET created_at = '2026-01-03' WHERE id = 1"]),
}


@pytest.mark.parametrize('exported', ['14', '12', '4', '3'])
@pytest.mark.parametrize('first, then', OTHERS.values(), ids=list(OTHERS))
def test_another_row_has_the_key_in_a_day_that_is_ahead(trial, first, then, exported):
    trial.write(first)
    trial.stream(rewrite=False)
    trial.write(*then)
    for day in exported:
        trial.export('--date', f'2026-01-0{day}')
    trial.rewrite()
    trial.stream()
    trial.check()


@pytest.mark.parametrize('selection', [('--mode', 'full'), ('--from', '2026-01-01', '--to', '2026-01-02')], ids=['full', 'first days'])
@pytest.mark.parametrize('failpoint', ['afterDayAdditions:1', 'beforeDayWrite:2', 'beforeDayWrite:4', 'afterDayWrite:1'])
def test_a_killed_pass_is_followed_by_an_export(trial, failpoint, selection):
    """All days exchange rows, which have other keys then; some are deleted before, and some after."""
    trial.write(f'UPDATE t SET {TURN}, id = id + 50 WHERE id <> 1', 'DELETE FROM t WHERE id IN (53, 60)', NEW.format(90, 1) + '; DELETE FROM t WHERE id = 90')
    trial.stream(rewrite=False)
    trial.kill(failpoint)
    trial.write("UPDATE t SET note = 'in place' WHERE id IN (56, 62)", 'DELETE FROM t WHERE id IN (54, 58, 61, 52, 55)')
    trial.export(*selection)
    trial.stream()
    trial.check()


@pytest.mark.parametrize('failpoint', ['afterDayAdditions:1', 'beforeDayWrite:2', 'afterDayWrite:1'])
def test_rows_change_places_and_take_those_of_others(trial, failpoint):
    """None of them is nowhere in the meantime."""
    trial.write('DELETE FROM t WHERE id IN (1, 11)' + "; UPDATE t SET id = 1, created_at = '2026-01-01' WHERE id = 12; UPDATE t SET id = 11, created_at = '2026-01-04' WHERE id = 3"
                + "; UPDATE t SET created_at = '2026-01-04' WHERE id = 2; UPDATE t SET created_at = '2026-01-01' WHERE id = 10")
    trial.stream(rewrite=False)
    trial.kill(failpoint)
    files = (trial.place.path / path for path in day_objects(trial.place))
    numbers = {number for path in files for number in pyarrow.parquet.ParquetFile(path).read(columns=['n'])['n'].to_pylist()}
    assert {2, 3, 10, 12} <= numbers
    trial.write('DELETE FROM t WHERE id IN (1, 11, 10)')
    assert 'again' not in trial.stream().err
    trial.check()


@pytest.mark.parametrize('failpoint', ['afterDayAdditions:1', 'beforeDayWrite:2', 'beforeDayWrite:4'])
def test_less_memory_after_a_killed_pass(trial, failpoint):
    """A pass that took less than the one before would do away with what days have taken in ahead."""
    trial.write(*(f"UPDATE t SET note = repeat('{number} ', 600000) WHERE id = 1" for number in range(20)))
    trial.write(f'UPDATE t SET {TURN} WHERE id <> 1', 'UPDATE t SET id = id + 50 WHERE id > 1', "UPDATE t SET note = 'short' WHERE id = 1")
    trial.stream(rewrite=False)
    trial.kill(failpoint)
    trial.write("UPDATE t SET note = 'in place' WHERE id IN (53, 62)", 'DELETE FROM t WHERE id IN (54, 58, 61, 52, 55)')
    assert 'again' not in trial.stream(memory_limit='16MiB').err
    trial.check()


@pytest.mark.parametrize('again', [NEW.format(1, 1), 'UPDATE t SET id = 1 WHERE id = 2'], ids=['insert', 'rename'])
def test_what_nothing_tells_any_more_is_said(trial, again):
    """A deleted row had a key by which an export has found another row."""
    trial.write('UPDATE t SET id = 100 WHERE id = 1', 'DELETE FROM t WHERE id = 100', again)
    trial.export('--mode', 'full')
    said = trial.stream().err
    if trial.kept.graves:
        assert 'deleted rows of table t stay without some of their values' in said and 'columns="big, other" rows=1' in said
        trial.made.execute('UPDATE graves.t SET big = NULL, other = NULL WHERE id = 100')
    trial.check()
