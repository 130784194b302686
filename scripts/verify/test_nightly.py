"""scripts/run_etl.sh, as cron or a workflow calls it."""

import datetime
import fcntl
import pathlib
import subprocess

import pytest
import yaml

import conftest

SCRIPT = pathlib.Path(__file__).parent.parent / 'run_etl.sh'


@pytest.fixture
def nightly(database, folder, tmp_path):
    """Runs the script in a folder of its own, with settings there."""
    database.execute("""
        CREATE TABLE invoices (id bigint PRIMARY KEY, amount numeric(10,2), created_at timestamptz);
        INSERT INTO invoices SELECT g, g / 7.0, date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - g % 4 * interval '1 day' + interval '1 hour'
        FROM generate_series(1, 200) g""")
    work = tmp_path / 'work'
    work.mkdir()
    (work / 'sluice.yaml').write_text(yaml.safe_dump({'lake': {'url': folder.url}, 'tables': [{'table': 'invoices'}]}))

    def run(*arguments, expect=0):
        environment = {'PATH': '/usr/bin:/bin', 'HOME': str(tmp_path), 'LANG': 'C.UTF-8', 'SLUICE': conftest.needed('SLUICE_TEST_BINARY'),
                       'SLUICE_DATABASE': database.url}
        done = subprocess.run([SCRIPT, *arguments], cwd=work, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == expect, done.stdout + done.stderr
        assert database.password not in done.stdout + done.stderr
        return done

    run.work, run.database = work, database
    return run


def days_of(folder):
    return sorted(path.stem.rpartition('_')[2] for path in folder.path.glob('invoices/**/*.parquet'))


def ago(days):
    return datetime.datetime.now(datetime.UTC).date() - datetime.timedelta(days)


def test_yesterday_a_day_and_everything(nightly, folder):
    nightly()
    assert days_of(folder) == [f'{ago(1):%Y%m%d}']
    nightly(str(ago(3)))
    assert days_of(folder) == [f'{ago(3):%Y%m%d}', f'{ago(1):%Y%m%d}']
    nightly('full')
    assert days_of(folder) == [f'{ago(days):%Y%m%d}' for days in (3, 2, 1, 0)]
    logs = sorted((nightly.work / 'logs').glob('etl_*.log'))
    assert len(logs) == 3
    for log in logs:
        text = log.read_text()
        assert '==> sluice backfill' in text and '==> sluice validate' in text
        assert nightly.database.password not in text


def test_what_fails_is_the_end_of_the_run(nightly):
    nightly.database.execute('DROP TABLE invoices')
    done = nightly(expect=1)
    assert 'sluice validate' not in done.stdout + done.stderr


@pytest.mark.parametrize('arguments', [['yesterday'], ['2026-02-30'], ['2026-1-1'], ['2026-01-01', '2026-01-02'], ['--full']])
def test_wrong_usage(nightly, folder, arguments):
    done = nightly(*arguments, expect=64)
    assert arguments[-1] in done.stderr and 'run_etl.sh' in done.stderr
    assert not folder.path.exists()


def test_one_run_at_a_time(nightly):
    (nightly.work / 'logs').mkdir()
    with open(nightly.work / 'logs' / '.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert 'another run' in nightly(expect=75).stderr
    nightly()
