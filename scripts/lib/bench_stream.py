"""Measures readers of one backlog of changes side by side and prints the medians; started by scripts/bench.

Every reader gets a copy of the same slot. Each round runs every contender once. Own CPU is what the process used, the
walsender's is read from /proc while it serves it. The environment says where things are: BENCH_SLUICE, BENCH_SINK,
BENCH_RECVLOGICAL, BENCH_DATABASE (a URL), BENCH_FOLDER; the database's password is where libpq finds it.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time
import urllib.parse

import psycopg2

SLOT = 'bench_run'
TICKS = os.sysconf('SC_CLK_TCK')


def connect():
    connection = psycopg2.connect(os.environ['BENCH_DATABASE'])
    connection.autocommit = True
    return connection


def query(sql, *values):
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone() if cursor.description else None


def fresh_slot():
    """A new copy of the slot that keeps the backlog."""
    for _ in range(100):
        if query('SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s AND active', SLOT)[0] == 0:
            break
        time.sleep(0.1)
    if query('SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s', SLOT)[0]:
        query('SELECT pg_drop_replication_slot(%s)', SLOT)
    query("SELECT pg_copy_logical_replication_slot('backlog', %s)", SLOT)


def processor_seconds(pid):
    try:
        fields = pathlib.Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / TICKS


def measure(command, log):
    """Wall seconds, own CPU seconds, the walsender's CPU seconds, peak MiB."""
    with open(os.devnull, 'wb') as nowhere, open(log, 'w+b') as errors, connect() as connection:
        started = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=nowhere, stderr=errors)
        walsender, served = None, 0.0
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if walsender is None:
                with connection.cursor() as cursor:
                    cursor.execute('SELECT active_pid FROM pg_replication_slots WHERE slot_name = %s', (SLOT,))
                    walsender = cursor.fetchone()[0]
            else:
                served = processor_seconds(walsender) or served
            time.sleep(0.02)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            sys.exit(f'{command[0]} ended with {process.returncode}:\n{errors.read().decode()[-2000:]}')
    return wall, usage.ru_utime + usage.ru_stime, served, usage.ru_maxrss / 1024


def contenders(folder, end):
    url = os.environ['BENCH_DATABASE']
    parts = urllib.parse.urlparse(url)
    database = ['-h', parts.hostname, '-p', str(parts.port), '-U', parts.username, '-d', parts.path[1:]]
    received = [os.environ['BENCH_RECVLOGICAL'], *database, '-S', SLOT, '--start', '--no-loop', '-f', '-',
                f'--endpos={end}', '-o', 'proto_version=1', '-o', 'publication_names=backlog', '-o', 'binary=true']
    return {
        'pg_recvlogical > /dev/null': received,
        'receive and decode only': [os.environ['BENCH_SINK'], url, SLOT, 'backlog', end],
        'sluice replicate': [os.environ['BENCH_SLUICE'], 'replicate', '--no-rewrite', '--config', f'{folder}/stream.yaml',
                             '--database', url, '--lake', f'{folder}/lake', '--until-caught-up'],
    }


def prepare_lake(folder):
    """A lake that has the table as it was before the backlog: empty, and its checkpoint where the slot begins."""
    shutil.rmtree(f'{folder}/lake', ignore_errors=True)
    control = pathlib.Path(folder, 'lake', '_sluice', SLOT)
    control.mkdir(parents=True)
    control.joinpath('checkpoint.json').write_bytes(pathlib.Path(folder, 'checkpoint.json').read_bytes())


def checkpoint(folder):
    import json

    system, = query('SELECT system_identifier::text FROM pg_control_system()')
    position, = query("SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = 'backlog'")
    oid, = query("SELECT 'invoices'::regclass::oid::bigint")
    database, = query('SELECT current_database()')
    pathlib.Path(folder, 'checkpoint.json').write_text(json.dumps({
        'format': 1, 'position': position, 'updated': '', 'generations': [], 'files': [],
        'source': {'system': system, 'timeline': 1, 'database': database, 'slot': SLOT},
        'tables': [{'name': 'invoices', 'oid': oid, 'schema': 'public', 'table': 'invoices', 'loaded': '1:1:'}],
    }))


def written(folder):
    """Changes, bytes and files in the lake."""
    files = list(pathlib.Path(folder, 'lake', 'invoices_changes').glob('**/*.parquet'))
    count = "import duckdb, sys; print(duckdb.sql(f\"SELECT sum(num_rows) FROM parquet_file_metadata('{sys.argv[1]}')\").fetchone()[0])"
    counted = subprocess.run([sys.executable, '-c', count, f'{folder}/lake/invoices_changes/**/*.parquet'],
                             capture_output=True, text=True, check=True)
    return int(counted.stdout), sum(file.stat().st_size for file in files), len(files)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--changes', type=int, required=True)
    arguments.add_argument('--runs', type=int, required=True)
    given = arguments.parse_args()
    folder = os.environ['BENCH_FOLDER']
    pathlib.Path(folder, 'stream.yaml').write_text(f'database: {{slot: {SLOT}, publication: backlog}}\n')
    end, = query('SELECT lsn::text FROM backlog_end')
    checkpoint(folder)
    commands = contenders(folder, end)
    results, size = {name: [] for name in commands}, None
    for run in range(given.runs):
        for name, command in commands.items():
            fresh_slot()
            prepare_lake(folder)
            results[name].append(measure(command, f'{folder}/errors.log'))
            wall, cpu, served, peak = results[name][-1]
            print(f'run {run + 1}: {name}: {wall:.2f} s, {cpu:.2f} s CPU, walsender {served:.2f} s, {peak:.0f} MiB',
                  file=sys.stderr)
            if name == 'sluice replicate':
                rows, size, files = written(folder)
                if rows != given.changes:
                    sys.exit(f'{name} wrote {rows} changes instead of {given.changes}')
    shutil.rmtree(f'{folder}/lake', ignore_errors=True)
    query('SELECT pg_drop_replication_slot(%s)', SLOT)

    medians = {name: [statistics.median(column) for column in zip(*runs)] for name, runs in results.items()}
    limit = medians['pg_recvlogical > /dev/null'][0]
    print(f'\n{given.changes:,} changes over TCP; medians of {given.runs} runs on {os.cpu_count()} cores\n')
    table = [['', 'wall s', 'x recvlogical', 'own CPU s', 'walsender CPU s', 'own/walsender', 'changes/s', 'peak MiB', 'output MB']]
    for name, (wall, cpu, served, peak) in medians.items():
        table.append([name, f'{wall:.2f}', f'{wall / limit:.2f}', f'{cpu:.2f}', f'{served:.2f}', f'{cpu / served:.2f}',
                      f'{given.changes / wall:,.0f}', f'{peak:.0f}', f'{size / 1e6:.0f}' if name == 'sluice replicate' else '-'])
    widths = [max(len(row[index]) for row in table) for index in range(len(table[0]))]
    for row in table:
        print('  '.join(cell.ljust(width) if index == 0 else cell.rjust(width)
                        for index, (cell, width) in enumerate(zip(row, widths))))


if __name__ == '__main__':
    main()
