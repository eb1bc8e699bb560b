"""The cases as `reference` and `run` both see them: names, contexts, steering files, and the web server that some need."""
import errno, functools, http.server, os, shutil, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
STEERING = ('args', 'target', 'secrets', 'needs', 'expected-error', 'reference.json')
BASES = ('base', 'base-onbuild')
HTTP_PORT = 18573
PORT_SECONDS_MAX = 600  # another run may hold the port


def selected(prefixes):
    """Names of cases that begin with one of the prefixes; all when there is none."""
    names = sorted(os.listdir(f'{HERE}/cases'))
    chosen = [n for n in names if not prefixes or any(n.startswith(p) for p in prefixes)]
    if not chosen:
        raise SystemExit('no case of that name')
    return chosen


def folder(name):
    return f'{HERE}/cases/{name}'


def is_refused(name):
    return os.path.exists(f'{folder(name)}/expected-error')


def copy_context(source, target):
    """A copy with the modes that git keeps, whatever the umask, without the files that steer the case."""
    shutil.copytree(source, target, symlinks=True)
    for where, _, names in os.walk(target):
        os.chmod(where, 0o755)
        for name in names:
            path = os.path.join(where, name)
            if not os.path.islink(path):
                os.chmod(path, 0o755 if os.stat(path).st_mode & 0o100 else 0o644)
    for name in STEERING:
        if os.path.lexists(f'{target}/{name}'):
            os.remove(f'{target}/{name}')


def pairs(name, file):
    """KEY=VALUE lines of a steering file."""
    path = f'{folder(name)}/{file}'
    if not os.path.exists(path):
        return []
    with open(path) as lines:
        return [line.rstrip('\n').split('=', 1) for line in lines if line.strip()]


def target(name):
    path = f'{folder(name)}/target'
    return open(path).read().strip() if os.path.exists(path) else None


def serve():
    """http/ at the port that the cases name, until the process ends; waits for another run's end."""
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass
    handler = functools.partial(Quiet, directory=f'{HERE}/http')
    deadline = time.monotonic() + PORT_SECONDS_MAX
    while True:
        try:
            server = http.server.ThreadingHTTPServer(('127.0.0.1', HTTP_PORT), handler)
            break
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise SystemExit(f'port {HTTP_PORT}, which the cases name: {error.strerror}')
            time.sleep(1)
    threading.Thread(target=server.serve_forever, daemon=True).start()
