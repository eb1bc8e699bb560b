"""The world of one test: a folder with projects, stores and services, and weft's runs in it."""
import json, os, random, re, shutil, signal, subprocess, tempfile, time
from services import Registry, free_port

RUN_SECONDS_MAX = 120  # longer than any build here on a slow host
BUSYBOX = '/bin/busybox'


class Missing(Exception):
    """The host lacks a program."""


class Skipped(Exception):
    """The host can't do what the test needs."""


def long():
    """Begins a test that takes its time: it runs when it is asked for."""
    if not os.environ.get('WEFT_LONG_TESTS'):
        raise Skipped('long: runs with WEFT_LONG_TESTS=1')


def need(*programs):
    """Paths of programs."""
    found = []
    for program in programs:
        path = program if os.access(program, os.X_OK) else shutil.which(program)
        if not path:
            raise Missing(f'{program} is not installed')
        found.append(path)
    return found[0] if len(found) == 1 else found


class Run:
    """What a run of weft came to."""

    def __init__(self, code, output, errors, seconds):
        self.code, self.output, self.errors, self.seconds = code, output, errors, seconds
        self.all = output + errors

    def __repr__(self):
        return f'exit code {self.code} after {self.seconds:.1f} s\n{self.output[-3000:]}\n{self.errors[-3000:]}'


class World:
    def __init__(self, program, seed):
        self.program = program
        self.random = random.Random(seed)
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix='weft-e2e-'))
        self.store = self.path('store')
        self.home = self.path('home')
        self.services = []
        self.mounts = set()  # made by the test itself
        self.variables = {}  # of every weft's environment
        self.prefix = []  # of weft's command lines: another namespace

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def close(self, keeps=False):
        for service in reversed(self.services):
            service.stop()
        for line in reversed(open('/proc/mounts').read().splitlines()):
            target = line.split()[1]
            if target.startswith(self.folder + '/'):
                subprocess.run(['umount', '-l', target])
        if not keeps:
            subprocess.run(['rm', '-rf', self.folder])

    def registry(self, **options):
        need('docker-registry')
        registry = Registry(self.path(f'registry-{len(self.services)}'), **options)
        self.services.append(registry)
        registry.start()
        return registry

    def environment(self, **extra):
        environment = {'PATH': os.environ['PATH'], 'HOME': self.path('user'), 'LANG': 'C.UTF-8', **self.variables}
        environment.update(extra)
        return environment

    def command(self, *arguments, store=None, home=None):
        """The whole command line; arguments begin with the name of a command."""
        os.makedirs(home or self.home, exist_ok=True)
        os.makedirs(self.path('user'), exist_ok=True)
        words = list(arguments)
        at = words.index('--') if '--' in words else len(words)
        return [self.program, *words[:at], f'--backend-storage-path={store or self.store}',
                f'--home-dir={home or self.home}', *words[at:]]

    def start(self, project, *arguments, store=None, home=None, env=None):
        """A run that goes on; its outputs are pipes."""
        return subprocess.Popen(
            self.prefix + self.command(*arguments, store=store, home=home), cwd=project.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment(**(env or {})), text=True,
            errors='replace')

    def run(self, project, *arguments, timeout=RUN_SECONDS_MAX, **options):
        started = time.monotonic()
        process = self.start(project, *arguments, **options)
        return finish(process, started, timeout)

    def weft(self, project, *arguments, **options):
        """A run that must succeed."""
        run = self.run(project, *arguments, **options)
        assert run.code == 0, f'{" ".join(arguments)}: {run}'
        return run

    def build(self, project, *arguments, **options):
        """A build that must succeed, and its report."""
        report = self.path(f'report-{self.random.randrange(1 << 40)}.json')
        run = self.weft(project, 'build', '--save-build-report', f'--build-report-path={report}', *arguments, **options)
        run.report = json.load(open(report))
        return run

    def fails(self, project, *arguments, says=(), **options):
        """A run that must fail with a sentence on standard error that has each of the texts `says`."""
        run = self.run(project, *arguments, **options)
        assert run.code not in (0, None) and 0 < run.code < 128, f'{" ".join(arguments)} should have failed: {run}'
        assert 'Error' in run.errors, f'no error on standard error: {run}'
        for text in [says] if isinstance(says, str) else says:
            assert text in run.all, f'{text!r} is not said: {run}'
        assert 'Fatal error' not in run.all and 'Swift runtime' not in run.all, f'a crash: {run}'
        return run

    def project(self, files, name='shop', folder=None):
        return Project(self.path(folder or name), files, name)


def finish(process, started=None, timeout=RUN_SECONDS_MAX):
    """Waits for a run; one that hangs is a failure."""
    started = started or time.monotonic()
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        output, errors = process.communicate()
        raise AssertionError(f'no end after {timeout} s:\n{output[-2000:]}\n{errors[-2000:]}')
    return Run(process.returncode, output, errors, time.monotonic() - started)


class Project:
    """A git repository with a werf.yaml."""

    def __init__(self, folder, files, name):
        self.folder, self.name = folder, name
        os.makedirs(folder)
        self.git('init', '-q')
        self.git('config', 'user.name', 'Test')
        self.git('config', 'user.email', 'test@localhost')
        self.git('config', 'commit.gpgsign', 'false')
        self.write(files)
        self.commit()

    def git(self, *arguments):
        return subprocess.run(['git', *arguments], cwd=self.folder, check=True, capture_output=True).stdout.decode()

    def write(self, files):
        for path, content in files.items():
            place = os.path.join(self.folder, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, 'wb') as file:
                file.write(content if isinstance(content, bytes) else content.encode())

    def commit(self, message='Change'):
        self.git('add', '-A')
        self.git('commit', '-q', '--allow-empty', '--no-verify', '-m', message)


def werf(*images, project='shop'):
    """A werf.yaml with images as texts: `name: x` and what belongs to it, one line each."""
    return '---\n'.join([f'configVersion: 1\nproject: {project}\n'] + [text.strip('\n') + '\n' for text in images])


def image(name, dockerfile='Dockerfile', context='.', **more):
    lines = [f'image: {name}', f'dockerfile: {dockerfile}', f'context: {context}']
    return '\n'.join(lines + [f'{key}: {json.dumps(value)}' for key, value in more.items()])


def busybox():
    """The bytes of a static busybox: all that test images have."""
    path = need(BUSYBOX)
    answer = subprocess.run(['ldd', path], capture_output=True, text=True)
    if '=>' in answer.stdout:
        raise Missing('/bin/busybox is not static (busybox-static)')
    return open(path, 'rb').read()


# Begins a Dockerfile of a project whose context has `busybox`.
SHELL = '''FROM scratch
COPY --chmod=755 busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
'''
