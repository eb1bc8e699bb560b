"""What a weft may leave behind, and must not: processes, mounts, containers' state, work areas, locks."""
import fcntl, glob, os, time

STATE = '/run/weft'
SETTLE_SECONDS_MAX = 10


def areas(store):
    """Work areas of a store: a folder per process."""
    return [name for name in os.listdir(store + '/run') if not name.startswith('.')] if os.path.isdir(store + '/run') else []


def processes(folder):
    """Processes that have a mount of `folder` in their namespace, or name its store in their arguments."""
    found, own, host = [], os.getpid(), set(mounts(folder))
    for place in glob.glob('/proc/[0-9]*'):
        number = int(place[6:])
        if number == own:
            continue
        try:
            # A container sees its root as "/", with the folder among the overlay's options.
            targets = {line.split()[4] for line in open(place + '/mountinfo') if folder + '/' in line}
            words = open(place + '/cmdline').read().replace('\0', ' ')
        except OSError:
            continue
        if targets - host or f'={folder}/store' in words:
            found.append(f'{number} {words}')
    return found


def mounts(folder):
    """Mounts below `folder` in the host's namespace."""
    return [line.split()[1] for line in open('/proc/self/mounts') if folder + '/' in line]


def held_locks(*folders):
    held = []
    for folder in folders:
        for path in glob.glob(folder + '/**/*', recursive=True):
            if os.path.basename(os.path.dirname(path)) != 'locks' and not path.endswith('.lock') \
                    and os.path.basename(path) not in ('lock', '.gate') or not os.path.isfile(path):
                continue
            with open(path) as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    held.append(path)
    return held


def unfinished(store):
    """Blobs that are not what their names say."""
    import hashlib
    wrong = []
    for path in glob.glob(store + '/blobs/sha256/*'):
        with open(path, 'rb') as file:
            if hashlib.file_digest(file, 'sha256').hexdigest() != os.path.basename(path):
                wrong.append(path)
    return wrong


def traces(world, stores=None, states=()):
    """Everything that is left, as sentences; `states` are names of work areas that were there once."""
    found = [f'process {line}' for line in processes(world.folder)]
    found += [f'mount {target}' for target in mounts(world.folder) if target not in world.mounts]
    found += [f'held lock {path}' for path in held_locks(world.home, *(stores or [world.store]))]
    for store in stores or [world.store]:
        found += [f'work area {store}/run/{name}' for name in areas(store)]
        found += [f'damaged blob {path}' for path in unfinished(store)]
    found += [f'state {STATE}/{name}' for name in states if os.path.exists(f'{STATE}/{name}')]
    return found


def assert_clean(world, stores=None, states=(), seconds=SETTLE_SECONDS_MAX):
    """Nothing is left; the kernel may take a moment to end what was killed."""
    end = time.monotonic() + seconds
    while True:
        found = traces(world, stores, states)
        if not found:
            return
        if time.monotonic() > end:
            raise AssertionError('left behind: ' + '; '.join(found))
        time.sleep(0.1)
