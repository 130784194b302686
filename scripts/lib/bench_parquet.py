"""Measures the Parquet module beside pyarrow and prints the medians as tables in markdown; started by scripts/bench.

Each round runs every measurement once, so that whatever disturbs the machine disturbs all of them. A measurement is a
process of its own with one thread: it times a table in memory going to a file, or a file coming back into memory. Both
programs read the files of both, and all that they read is compared with the source by checksums of every column. The
environment says where things are: BENCH_PARQUET, BENCH_SOURCE, BENCH_FOLDER.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

CODECS = ['snappy', 'zstd']
ZSTD_LEVEL = 3
ROW_GROUP_ROWS = 1 << 20
PROGRAMS = {
    'Sluice': [os.environ['BENCH_PARQUET']],
    'pyarrow': [sys.executable, str(pathlib.Path(__file__).with_name('bench_parquet_pyarrow.py'))],
}


def run(program, *arguments):
    """The measurement that a program prints."""
    done = subprocess.run([*PROGRAMS[program], *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f'{program} {" ".join(map(str, arguments))} ended with {done.returncode}:\n{done.stderr[-2000:]}')
    return json.loads(done.stdout)


def differences(wanted, found):
    return [name for name in wanted if found.get(name) != wanted[name]] or sorted(found.keys() - wanted.keys())


def measure(source, wanted, folder, programs):
    """One round: measurements by (codec, 'write', program) and (codec, program that wrote, program that read)."""
    results = {}
    for codec in CODECS:
        files = {program: pathlib.Path(folder, f'{program}-{codec}.parquet') for program in programs}
        for program, file in files.items():
            file.unlink(missing_ok=True)
            results[codec, 'write', program] = run(program, 'write', source, file, codec, ZSTD_LEVEL, ROW_GROUP_ROWS)
            results[codec, 'write', program]['size'] = file.stat().st_size
        for writer, file in files.items():
            for program in programs:
                results[codec, writer, program] = run(program, 'read', file)
                wrong = differences(wanted, results[codec, writer, program].pop('checksums'))
                if wrong:
                    sys.exit(f'{program} reads other values than those of the source from {file}: {", ".join(wrong)}')
        for file in files.values():
            file.unlink()
    for (codec, what, program), result in results.items():
        name = f'writes {codec}' if what == 'write' else f'reads {codec} of {what}'
        print(f'  {program} {name}: {result["wall"]:.2f} s, {result["cpu"]:.2f} s CPU, {result["user"]:.2f} s in user mode',
              file=sys.stderr)
    return results


def table(header, rows):
    rows = [header, *rows]
    widths = [max(len(row[index]) for row in rows) for index in range(len(header))]
    line = '|' + '|'.join('-' * (width + 1) + (':' if header[index] in MEASURES else '-') for index, width in enumerate(widths)) + '|'
    text = ['| ' + ' | '.join(cell.rjust(width) if name in MEASURES else cell.ljust(width)
                              for name, cell, width in zip(header, row, widths)) + ' |' for row in rows]
    return '\n'.join([text[0], line, *text[1:]])


MEASURES = {
    'MB/s': lambda result: result['table'] / 1e6 / result['wall'],
    'CPU s': lambda result: result['cpu'],
    'user CPU s': lambda result: result['user'],
    'wall s': lambda result: result['wall'],
    'file MB': lambda result: result['size'] / 1e6,
    'peak MB': lambda result: result['peak'] / 1e6,
    'peak MB beside the table': lambda result: (result['peak'] - result['start']) / 1e6,
}


def compared(label, results, measures):
    """A row for each program and one of the ratios; `results` by program."""
    values = {program: [MEASURES[name](result) for name in measures] for program, result in results.items()}
    rows = [[*label, program, *(f'{value:.2f}' if 's' == name[-1] and value < 100 else f'{value:,.0f}'
                                for name, value in zip(measures, columns))] for program, columns in values.items()]
    ratios = [ours / theirs if theirs else float('nan') for ours, theirs in zip(values['Sluice'], values['pyarrow'])]
    return [*rows, [*label, '**Sluice / pyarrow**', *(f'**{ratio:.2f}**' for ratio in ratios)]]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--rows', type=int, required=True)
    arguments.add_argument('--runs', type=int, required=True)
    given = arguments.parse_args()
    source, folder = os.environ['BENCH_SOURCE'], os.environ['BENCH_FOLDER']
    wanted = run('pyarrow', 'read', source)
    nbytes, wanted = wanted['table'], wanted['checksums']
    if any(int(checksum.split()[0]) != given.rows for checksum in wanted.values()):
        sys.exit(f'{source} does not hold {given.rows} rows')
    rounds = []
    for number in range(given.runs):
        print(f'run {number + 1}', file=sys.stderr)
        # What a program leaves of free memory is what the next one finds, so that they take turns in being first.
        rounds.append(measure(source, wanted, folder, list(PROGRAMS)[::-1 if number % 2 else 1]))
    medians = {key: {name: statistics.median(one[key][name] for one in rounds) for name in rounds[0][key]}
               for key in rounds[0]}
    for result in medians.values():
        result['table'] = nbytes

    version = subprocess.run([sys.executable, '-c', 'import pyarrow; print(pyarrow.__version__)'], capture_output=True, text=True)
    print(f'''
{given.rows:,} invoices, {len(wanted)} columns, {nbytes / 1e6:,.0f} MB in memory (Arrow's `nbytes`, for both programs). One thread,
medians of {given.runs} runs on a machine of {os.cpu_count()} cores. Row groups of {ROW_GROUP_ROWS:,} rows, dictionaries, pages of 1 MiB or 20,000
rows, zstd at level {ZSTD_LEVEL}, decimals as integers of 64 bits in both files. Else as each has it: Sluice writes and
verifies page checksums and writes page indexes, pyarrow {version.stdout.strip()} does not; both write statistics. pyarrow reads
without `pre_buffer`, which is its faster way. MB/s are by the wall clock. CPU seconds beyond those in user mode are the
kernel's, most of them for memory, and vary with what else the machine does. Files lie in the page cache and are not
synced. Every column was compared with the source after every read.
''')
    measures = ['MB/s', 'wall s', 'CPU s', 'user CPU s', 'file MB', 'peak MB', 'peak MB beside the table']
    print(table(['codec', 'write', *measures], [row for codec in CODECS for row in compared(
        [codec], {program: medians[codec, 'write', program] for program in PROGRAMS}, measures)]))
    print()
    measures = ['MB/s', 'wall s', 'CPU s', 'user CPU s', 'peak MB']
    print(table(['codec', 'file of', 'read', *measures], [row for codec in CODECS for writer in PROGRAMS for row in compared(
        [codec, writer], {program: medians[codec, writer, program] for program in PROGRAMS}, measures)]))


if __name__ == '__main__':
    main()
