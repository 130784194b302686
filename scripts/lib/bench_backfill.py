"""Measures exports of one table side by side and prints the medians; started by scripts/bench.

Each round runs every contender once, so that whatever disturbs the machine disturbs all of them. Own CPU is what the
process and its children used, not the server's. The environment says where things are: BENCH_SLUICE, BENCH_PSQL,
BENCH_DATABASE (a URL), BENCH_FOLDER.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

DUCKDB = """
import pathlib, sys, duckdb
url, folder = sys.argv[1:]
extension = next(pathlib.Path(duckdb.__file__).parent.parent.glob('**/postgres_scanner.duckdb_extension'))
connection = duckdb.connect(config={'threads': 2, 'autoinstall_known_extensions': False})
connection.execute(f"LOAD '{extension}'")
connection.execute(f"ATTACH '{url}' AS source (TYPE postgres, READ_ONLY)")
connection.execute(f'''COPY (
    SELECT *, strftime(day, '%Y') AS year, strftime(day, '%m') AS month, strftime(day, '%d') AS day FROM (
        SELECT *, CAST(created_at AS TIMESTAMP) AS day FROM source.public.invoices))
    TO '{folder}' (FORMAT parquet, COMPRESSION snappy, PARTITION_BY (year, month, day))''')
"""


def contenders(sluice, psql, url, folder):
    def backfill(jobs):
        return [sluice, 'backfill', '--mode', 'full', '--config', f'{folder}/empty.yaml', '--database', url,
                '--lake', f'{folder}/lake', '--table', 'invoices', '--jobs', str(jobs)]

    return {
        'psql COPY binary > /dev/null': [psql, '-X', '-q', '-c', 'COPY invoices TO STDOUT (FORMAT binary)', url],
        'sluice backfill --jobs 2': backfill(2),
        'sluice backfill --jobs 1': backfill(1),
        'duckdb, by day, 2 threads': [sys.executable, '-c', DUCKDB, url, f'{folder}/lake'],
    }


def measure(command):
    """Wall seconds, CPU seconds, peak MiB."""
    with open(os.devnull, 'wb') as nowhere, open(f'{os.environ["BENCH_FOLDER"]}/errors.log', 'w+b') as errors:
        started = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=nowhere, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - started
        if process.returncode != 0:
            errors.seek(0)
            sys.exit(f'{command[0]} ended with {process.returncode}:\n{errors.read().decode()[-2000:]}')
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def exported(folder):
    """Rows, bytes and files in a lake."""
    files = list(pathlib.Path(folder, 'lake').glob('**/*.parquet'))
    # In a process of its own: what is loaded here would count in the peak memory of whatever is started afterwards.
    count = "import duckdb, sys; print(duckdb.sql(f\"SELECT sum(num_rows) FROM parquet_file_metadata('{sys.argv[1]}')\").fetchone()[0])"
    counted = subprocess.run([sys.executable, '-c', count, f'{folder}/lake/**/*.parquet'], capture_output=True, text=True, check=True)
    return int(counted.stdout), sum(file.stat().st_size for file in files), len(files)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--rows', type=int, required=True)
    arguments.add_argument('--runs', type=int, required=True)
    given = arguments.parse_args()
    folder = os.environ['BENCH_FOLDER']
    pathlib.Path(folder, 'empty.yaml').write_text('')
    commands = contenders(os.environ['BENCH_SLUICE'], os.environ['BENCH_PSQL'], os.environ['BENCH_DATABASE'], folder)
    results, sizes = {name: [] for name in commands}, {}
    for run in range(given.runs):
        for name, command in commands.items():
            shutil.rmtree(f'{folder}/lake', ignore_errors=True)
            results[name].append(measure(command))
            wall, cpu, peak = results[name][-1]
            print(f'run {run + 1}: {name}: {wall:.2f} s, {cpu:.2f} s CPU, {peak:.0f} MiB', file=sys.stderr)
            if os.path.exists(f'{folder}/lake'):
                rows, sizes[name], files = exported(folder)
                if rows != given.rows or files != 90:
                    sys.exit(f'{name} wrote {rows} rows into {files} files instead of {given.rows} into 90')
    shutil.rmtree(f'{folder}/lake', ignore_errors=True)

    medians = {name: [statistics.median(column) for column in zip(*runs)] for name, runs in results.items()}
    limit = medians['psql COPY binary > /dev/null'][0]
    print(f'\n{given.rows:,} invoices, 16 columns, 90 days; medians of {given.runs} runs on {os.cpu_count()} cores\n')
    header = ['', 'wall s', 'x psql', 'own CPU s', 'rows per own CPU s', 'peak MiB', 'output MB']
    table = [header]
    for name, (wall, cpu, peak) in medians.items():
        size = f'{sizes[name] / 1e6:.0f}' if name in sizes else '-'
        table.append([name, f'{wall:.2f}', f'{wall / limit:.2f}', f'{cpu:.2f}', f'{given.rows / cpu:,.0f}', f'{peak:.0f}', size])
    widths = [max(len(row[index]) for row in table) for index in range(len(header))]
    for row in table:
        print('  '.join(cell.ljust(width) if index == 0 else cell.rjust(width)
                        for index, (cell, width) in enumerate(zip(row, widths))))
    ours, theirs = medians['sluice backfill --jobs 2'], medians['duckdb, by day, 2 threads']
    print(f'\nsluice --jobs 2 beside duckdb: {ours[0] / theirs[0]:.2f} x wall, {ours[1] / theirs[1]:.2f} x CPU,'
          f' {ours[2] / theirs[2]:.2f} x memory')


if __name__ == '__main__':
    main()
