"""Compares what pieces of work cost with the numbers in the repository; started by scripts/test.

    thresholds.py THRESHOLDS COUNTS PROGRAM...     compares, and writes how many comparisons held and failed to COUNTS
    thresholds.py --print PROGRAM...               prints what THRESHOLDS should hold

A program names its cases when asked for `cases`, and does one when asked to `count` it: it calls allocation_count before
and after, and prints how many rows it has done and how often memory was asked for in between.

Instructions are counted by callgrind, which cuts at those two calls. Counted are those of the program itself and of
Swift's libraries. Others are left out: libc and the codecs take other ways on other CPUs, of the same work, while what we
compile is the same everywhere. What is slower in a way that only they see, a copy of many bytes for instance, does not
show here; scripts/bench is for that.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile

# Runs of one binary differ by an allocation or two, those of another build of the same sources by little more.
TOLERANCE = 0.03
MEASURES = [('instructions a row', '{:,.1f}'), ('allocations', '{:,.0f}')]


def own_instructions(path):
    """The instructions of the program and of Swift's libraries in a file of callgrind's.

    Its format: https://valgrind.org/docs/manual/cl-format.html. Names are defined as `(number) name` once and are
    `(number)` afterwards; the line behind `calls=` holds the cost of what was called, which has lines of its own.
    """
    names, costs = {}, collections.Counter()
    current = None
    is_call = False
    for line in path.read_text(errors='replace').splitlines():
        if line.startswith(('ob=', 'cob=')):
            number, _, name = line.partition('=')[2].partition(' ')
            names[number] = name or names[number]
            if line.startswith('ob='):
                current = names[number]
        elif line.startswith('calls='):
            is_call = True
        elif re.match(r'[\d+*-]', line):
            if not is_call:
                costs[current] += int(line.split()[1])
            is_call = False
    return costs


def is_ours(library, program):
    return library == program or os.path.basename(library).startswith('libswift')


def count(program, case):
    environment = {'PATH': os.environ['PATH'], 'SWIFT_DETERMINISTIC_HASHING': '1'}
    with tempfile.TemporaryDirectory() as folder:
        # What clang says for debuggers is more than valgrind can read; the symbols are enough.
        stripped = f'{os.path.realpath(folder)}/{os.path.basename(program)}'
        subprocess.run(['strip', '--strip-debug', '-o', stripped, program], check=True)
        done = subprocess.run(
            ['valgrind', '--tool=callgrind', f'--callgrind-out-file={folder}/out', '--dump-before=allocation_count',
             stripped, 'count', case], env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f'{program} count "{case}" ended with {done.returncode}:\n{done.stderr[-2000:]}')
        # The first part ends where the work begins, the second where it ends.
        costs = own_instructions(pathlib.Path(folder, 'out.2'))
    rows, allocations = map(int, done.stdout.split())
    instructions = sum(cost for library, cost in costs.items() if is_ours(library, stripped))
    if instructions == 0:
        sys.exit(f'{program} count "{case}": no instructions of the program itself were counted')
    return {'instructions a row': round(instructions / rows, 1), 'allocations': allocations}


def count_all(programs):
    """Costs by program and case, several counted at a time: it does not change them."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        counted = {}
        for program in programs:
            names = subprocess.run([program, 'cases'], capture_output=True, text=True, check=True).stdout.splitlines()
            for case in names:
                counted[f'{os.path.basename(program)}: {case}'] = pool.submit(count, program, case)
        return {name: cost.result() for name, cost in counted.items()}


def compare(wanted, counted):
    """Lines of a table, and how many comparisons held and failed."""
    lines, good, bad = [['', *(word for name, _ in MEASURES for word in (name, 'threshold', ''))]], 0, 0
    for case in [*counted, *(wanted.keys() - counted.keys())]:
        line = [case]
        for name, form in MEASURES:
            now, then = counted.get(case, {}).get(name), wanted.get(case, {}).get(name)
            if now is None or then is None:
                verdict = 'is not counted any more' if now is None else 'has no threshold'
            elif now > then * (1 + TOLERANCE):
                verdict = f'FAILED {now / then - 1:+.1%}' if then else 'FAILED'
            else:
                verdict = f'{now / then - 1:+.1%}' if then and abs(now / then - 1) >= 0.0005 else ''
                if then and now < then * (1 - TOLERANCE):
                    verdict += ' better'
            failed = 'FAILED' in verdict or now is None or then is None
            good, bad = good + (not failed), bad + failed
            line += [form.format(now) if now is not None else '-', form.format(then) if then is not None else '-', verdict]
        lines.append(line)
    return lines, good, bad


def main():
    if sys.argv[1] == '--print':
        print(json.dumps(count_all(sys.argv[2:]), indent=4))
        return
    thresholds, counts, *programs = sys.argv[1:]
    if platform.machine() != 'x86_64':
        print(f'the thresholds are those of x86-64: nothing is compared on {platform.machine()}')
        pathlib.Path(counts).write_text('0 0\n')
        return
    lines, good, bad = compare(json.loads(pathlib.Path(thresholds).read_text()), count_all(programs))
    widths = [max(len(line[index]) for line in lines) for index in range(len(lines[0]))]
    for line in lines:
        print('  '.join(cell.ljust(width) if index % 3 == 0 else cell.rjust(width)
                        for index, (cell, width) in enumerate(zip(line, widths))).rstrip())
    if any(cell.endswith('better') for line in lines for cell in line):
        print('What has become better may be kept: scripts/test --thresholds --print (see scripts/README.md)')
    pathlib.Path(counts).write_text(f'{good} {bad}\n')


if __name__ == '__main__':
    main()
