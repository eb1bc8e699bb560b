"""Interleaved rounds of commands, and how they are told: what the scripts of this folder share.

    import rounds
    commands = {'small': {'weft': rounds.Command(['weft', 'digest', 'tree']), 'sha256sum': rounds.Command('find … | xargs sha256sum', shell=True)}}
    load = os.getloadavg()
    samples = rounds.measure(commands, count=7)
    rows = rounds.summarize(samples, own='weft')
    report = {'machine': rounds.machine('/tmp', load), 'versions': {…}, 'rounds': 7, 'rows': rows}
    rounds.write(options, report, rounds.heading(report) + rounds.table(rows))

- A round runs all engines of a case one after another; the next round begins with another engine. Medians are of rounds.
- Wall time is this program's clock around the whole command. CPU time is user and system time of the command and of all its
  children that it waited for (wait4): on a machine that others use too, it is the one to trust.
- `value` lets a command say itself what it measured: a function from its standard output to a number.
"""
import datetime, json, os, platform, shutil, signal, statistics, subprocess, sys, tempfile, threading, time
COMMAND_SECONDS_MAX = 900


class Command:
    """A program with arguments, or a line for bash (`shell`). `before` runs first, unmeasured; `check` gets the standard output and
    says what is wrong with it, or None; `value` reads the result from it instead of the clock."""

    def __init__(self, words, shell=False, folder=None, environment=None, stdin=None, before=None, check=None, value=None):
        self.words = ['bash', '-o', 'pipefail', '-c', words] if shell else list(words)
        self.folder, self.environment, self.stdin = folder, environment or {}, stdin
        self.before, self.check, self.value = before, check, value


class Sample:
    """One run: seconds of the clock, seconds of CPU, both outputs, and what `value` read (else the seconds of the clock)."""

    def __init__(self, wall, cpu, output, errors, value=None):
        self.wall, self.cpu, self.output, self.errors = wall, cpu, output, errors
        self.value = wall if value is None else value


def run(command, name='command', log=None):
    """Runs it once. It ends this program when the command fails, takes too long, or its check finds a fault."""
    if command.before:
        command.before()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors, open(command.stdin or os.devnull, 'rb') as stdin:
        start = time.monotonic()
        process = subprocess.Popen(command.words, stdin=stdin, stdout=output, stderr=errors, cwd=command.folder, start_new_session=True,
                                   env={**os.environ, **command.environment})
        # wait(timeout=…) polls with sleeps of up to 50 ms, which would be measured: a timer ends the command instead.
        timer = threading.Timer(COMMAND_SECONDS_MAX, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except KeyboardInterrupt:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            wall = time.monotonic() - start
            timer.cancel()
        process.returncode = code = os.waitstatus_to_exitcode(status)
        output.seek(0), errors.seek(0)
        text, complaint = output.read().decode(errors='replace'), errors.read().decode(errors='replace')
    if log:
        log.write(f'$ {" ".join(command.words)}\n{text[-20_000:]}{complaint[-20_000:]}\n[{name}: {wall:.4f} s, exit code {code}]\n\n')
        log.flush()
    fault = f'exit code {code}' if code else command.check and command.check(text)
    if fault:
        raise SystemExit(f'{name}: {fault}: {" ".join(command.words)}\n' + '\n'.join((complaint or text).splitlines()[-10:]))
    return Sample(wall, usage.ru_utime + usage.ru_stime, text, complaint, command.value(text) if command.value else None)


def rotated(items, number):
    items = list(items)
    turn = number % len(items)
    return items[turn:] + items[:turn]


def say_round(number, count):
    print(f'round {number + 1} of {count}', file=sys.stderr, flush=True)


def measure(cases, count, warm=0, log=None):
    """`cases`: {case: {engine: Command}}. Gives {(case, engine): [Sample]}, `count` of each; `warm` rounds before are thrown away."""
    samples = {}
    for number in range(-warm, count):
        say_round(number, count) if number >= 0 else print('warming', file=sys.stderr, flush=True)
        for case, engines in cases.items():
            for engine in rotated(engines, number):
                sample = run(engines[engine], f'{case}, {engine}', log)
                if number >= 0:
                    samples.setdefault((case, engine), []).append(sample)
    return samples


def summarize(samples, own):
    """A row for each case and engine: median, min, max of the wall time (or of what `value` read), CPU median, and the ratios: how
    many times what `own` takes the engine takes. The ratio is that of the medians; 'None' for a case that `own` is not in."""
    rows = []
    for (case, engine), found in samples.items():
        values = [sample.value for sample in found]
        rows.append({'case': case, 'engine': engine, 'median': statistics.median(values), 'min': min(values), 'max': max(values),
                     'cpu': statistics.median(sample.cpu for sample in found), 'rounds': values})
    base = {row['case']: row for row in rows if row['engine'] == own}
    for row in rows:
        mine = base.get(row['case'])
        row['ratio'] = row['median'] / mine['median'] if mine and mine['median'] > 0 else None
        row['cpu_ratio'] = row['cpu'] / mine['cpu'] if mine and mine['cpu'] > 0 else None
    return rows


# ---- telling

def first_line(command):
    """The first line that a program prints, for `--version`; `absent` when there is no such program."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except FileNotFoundError:
        return 'absent'
    return (done.stdout.splitlines() or ['unknown'])[0].replace(' version', '')


def filesystem(folder):
    """Its kind; of ext4 whether it keeps a journal: without one, making a file costs more the more were removed lately."""
    def ask(*command):
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.strip()
    kind, source = ask('findmnt', '-n', '-o', 'FSTYPE,SOURCE', '-T', folder).split()[:2]
    features = ask('tune2fs', '-l', source) if kind == 'ext4' and os.geteuid() == 0 else ''
    return kind if not features else f"{kind} with{'' if 'has_journal' in features else 'out'} a journal"


def machine(folder, load_before):
    """What the figures depend on; `folder` is where the files were, `load_before` what os.getloadavg() said at the beginning."""
    def field(path, name):
        return next((line.split(':', 1)[1].strip() for line in open(path) if line.startswith(name)), 'unknown')
    return {'date': datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%d %H:%M UTC'), 'cores': len(os.sched_getaffinity(0)),
            'cpu': field('/proc/cpuinfo', 'model name'), 'kernel': platform.release(),
            'memory_gib': round(int(field('/proc/meminfo', 'MemTotal').split()[0]) / (1 << 20), 1), 'filesystem': filesystem(folder),
            'load_before': load_before, 'load_after': os.getloadavg()}


def heading(report):
    """Two paragraphs above a table: the machine, the versions."""
    facts = report['machine']
    loads = [' '.join(f'{v:.2f}' for v in facts[key]) for key in ('load_before', 'load_after')]
    return (f"{facts['date']}; {facts['cores']} cores of {facts['cpu']}, {facts['memory_gib']} GiB, Linux {facts['kernel']}, "
            f"{facts['filesystem']}; load average {loads[0]} before, {loads[1]} after; {report['rounds']} rounds.\n\n"
            + '; '.join(f'{k}: {v}' for k, v in report['versions'].items()) + '.\n\n')


def markdown_table(names, rows, text_columns=1):
    """`rows`: lists of texts as long as `names`; columns after the first `text_columns` are numbers."""
    line = '|' + '|'.join('---' if index < text_columns else '---:' for index in range(len(names))) + '|'
    return '\n'.join(['| ' + ' | '.join(names) + ' |', line] + ['| ' + ' | '.join(row) + ' |' for row in rows]) + '\n'


def table(rows, unit='ms', scale=1000, own='weft'):
    """The rows of `summarize`. `scale` takes what was measured (seconds) to `unit`."""
    def ratio(row, key):
        return '' if row['engine'] == own or row[key] is None else f'{row[key]:.2f}'
    return markdown_table(
        ['Case', 'Engine', f'Median {unit}', 'Min', 'Max', f'Ratio to {own}', 'CPU ms', 'Ratio of CPU'],
        [[row['case'], row['engine'], *(f'{row[key] * scale:.2f}' for key in ('median', 'min', 'max')), ratio(row, 'ratio'),
          f"{row['cpu'] * 1000:.1f}", ratio(row, 'cpu_ratio')] for row in rows], text_columns=2)


def median(samples, key):
    """Of one number of what a script measured itself: `samples` are dictionaries, one for each round."""
    return statistics.median(sample[key] for sample in samples)


def spread(samples, key, form='{:.2f}'):
    """Median, min, max as texts."""
    numbers = [sample[key] for sample in samples]
    return [form.format(number) for number in (statistics.median(numbers), min(numbers), max(numbers))]


def section(title, text, goal):
    return f'### {title}\n\n{goal}\n\n{text}\n'


# ---- the command line

def add_options(parser, count=7):
    parser.add_argument('--rounds', type=positive, default=count, metavar='N', help='default: %(default)s')
    parser.add_argument('--quick', action='store_true', help='2 rounds')
    parser.add_argument('--json', metavar='FILE', help='everything that was measured, for other programs')
    parser.add_argument('--markdown', metavar='FILE', help='the tables that are printed')


def positive(text):
    number = int(text)
    if number < 1:
        raise ValueError('1 or more')
    return number


def round_count(options):
    return 2 if options.quick else options.rounds


def write(options, report, text):
    """Prints the text and writes what --json and --markdown ask for."""
    print(text, end='')
    for path, content in ((options.json, json.dumps(report, indent=1) + '\n'), (options.markdown, text)):
        if path:
            with open(path, 'w') as file:
                file.write(content)


def need_programs(packages):
    """`packages`: {program: Debian package}. Says which are missing and how to get them."""
    missing = sorted({package for program, package in packages.items() if not shutil.which(program)})
    if missing:
        raise SystemExit('not installed: ' + ' '.join(missing) + '. apt-get install ' + ' '.join(missing))


def weft_program(path):
    """The absolute path of a weft that can be run."""
    path = os.path.abspath(path)
    if not os.access(path, os.X_OK):
        raise SystemExit(f'{path} is not a program: swift build -c release, or name another with --weft')
    return path
