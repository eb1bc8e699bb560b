"""A mesh on this host for benchmarks/peers/mesh: nodes, their certificates and stores, a client that builds nothing itself.

    with meshnodes.Mesh(program, folder, 'abc', slots=4) as mesh:
        sample = mesh.build(project, 'wait-*')
        mesh.nodes['a'].metrics()['weft_sent_bytes_total', 'peers']

- Nodes listen at 127.0.77.1 and on: every address of 127/8 is this host's, so none has to be added, and none is in the way of others.
- `Space` gives the client a network namespace of its own, whose device counts what the client sends and receives.
- `Wires` gives every node one, and a link of a given rate to the others.
- `Quota` holds a node and all its steps to a part of a core.
- Everything ends with the `with`: nodes, what runs in their containers, mounts, namespaces, groups, folders. Nodes are killed by the
  kernel when this program is.
"""
import contextlib, json, os, re, shutil, signal, subprocess, threading, time, urllib.request
import rounds
PORT, METRICS_PORT, REGISTRY_PORT = 5090, 5070, 5080
LOOPBACK = '127.0.77'
CLIENT = 'bench'
MIB = 1 << 20
UP_SECONDS_MAX = 30
STOP_SECONDS_MAX = 30
MARK = 'WEFT_BENCH_MESH'


class Unfit(Exception):
    """This host lacks something that a case needs."""


def wait_until(is_so, what, seconds=UP_SECONDS_MAX, pause=0.05):
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit(f'{what}: not within {seconds} s')
        time.sleep(pause)


@contextlib.contextmanager
def undisturbed():
    """Ctrl-C and SIGTERM come afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ip(*words, check=True):
    done = subprocess.run(['ip', *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if check and done.returncode:
        raise Unfit(f'ip {" ".join(words)}: {done.stderr.strip()}')
    return done.stdout


# ---- what a node may have

class Quota:
    """Control groups of one node. The time of a core is given out by the controller `cpu` of cgroup v1: the runtime moves steps to
    groups of the v2 tree, and leaves them in the v1 group of their node. On a host with v2 alone steps would leave it."""

    PERIOD_US = 100_000

    def __init__(self, name, cores):
        self.cores = cores
        self.folders = {controller: f'{self.root(controller)}/weft-bench-{os.getpid()}-{name}' for controller in ('cpu', 'cpuacct')}
        for folder in self.folders.values():
            os.makedirs(folder, exist_ok=True)
        self.set(cores)

    def set(self, cores):
        """None: no quota."""
        self.write('cpu', 'cpu.cfs_period_us', self.PERIOD_US)
        self.write('cpu', 'cpu.cfs_quota_us', int(cores * self.PERIOD_US) if cores else -1)

    @staticmethod
    def root(controller):
        for line in open('/proc/self/mountinfo'):
            left, right = line.rstrip().split(' - ')
            kind, _, options = right.split(' ', 2)
            if kind == 'cgroup' and controller in options.split(','):
                return left.split()[4]
        raise Unfit(f'no cgroup v1 tree has the controller {controller}; in a v2 tree the runtime moves steps out of their node\'s group')

    def write(self, controller, name, value):
        with open(f'{self.folders[controller]}/{name}', 'w') as file:
            file.write(f'{value}\n')

    def read(self, controller, name):
        with open(f'{self.folders[controller]}/{name}') as file:
            return file.read()

    def cpu_seconds(self):
        """Of everything that ran in the group."""
        return int(self.read('cpuacct', 'cpuacct.usage')) / 1e9

    def holds(self, pid):
        """Whether the process is in the group; None when it is gone."""
        try:
            groups = [line.rstrip().split(':', 2)[1:] for line in open(f'/proc/{pid}/cgroup')]
        except OSError:
            return None
        return any('cpu' in controllers.split(',') and group.endswith('/' + os.path.basename(self.folders['cpu']))
                   for controllers, group in groups)

    def words(self):
        """Begins a command line inside."""
        line = ''.join(f'echo $$ >"{folder}/cgroup.procs"; ' for folder in self.folders.values())
        return ['sh', '-c', line + 'exec "$@"', 'sh']

    @undisturbed()
    def remove(self):
        for folder in self.folders.values():
            end = time.monotonic() + STOP_SECONDS_MAX
            while os.path.isdir(folder) and time.monotonic() < end:
                for pid in open(f'{folder}/cgroup.procs').read().split():
                    end_process(int(pid))
                try:
                    os.rmdir(folder)
                except OSError:
                    time.sleep(0.05)


class Space:
    """A network namespace for the client, and a wire to this host, whose end there has the addresses of the nodes."""

    NET = '10.99.77'

    def __init__(self, count):
        self.name, self.outer = f'weft-bench-{os.getpid()}', f'wb{os.getpid()}'
        try:
            ip('netns', 'add', self.name)
            ip('link', 'add', 'name', self.outer, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', self.name)
            for number in range(1, count + 1):
                ip('addr', 'add', f'{self.NET}.{number}/24', 'dev', self.outer)
            ip('link', 'set', self.outer, 'up')
            for device in ('lo', 'eth0'):
                ip('-n', self.name, 'link', 'set', device, 'up')
            ip('-n', self.name, 'addr', 'add', f'{self.NET}.200/24', 'dev', 'eth0')
        except BaseException:
            self.remove()
            raise

    def words(self):
        return ['nsenter', f'--net=/run/netns/{self.name}']

    def traffic(self):
        """Bytes that the client received, and bytes that it sent; heads of packets included."""
        found = json.loads(ip('-s', '-j', '-n', self.name, 'link', 'show', 'dev', 'eth0'))[0]['stats64']
        return found['rx']['bytes'], found['tx']['bytes']

    @undisturbed()
    def remove(self):
        ip('link', 'del', self.outer, check=False)
        ip('netns', 'del', self.name, check=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()


class Wires:
    """A network namespace for each of so many nodes, on a bridge of this host; each link bears `rate` (as tc writes it) in both
    directions. The client is on this host."""

    NET = '10.99.78'
    # What a link of 400 Mbit/s bears in a millisecond, and more than the largest packet of a device that cuts it later.
    BURST, LATENCY = '128kb', '50ms'

    def __init__(self, count, rate):
        self.bridge, self.names = f'wh{os.getpid()}', [f'weft-wire-{os.getpid()}-{number}' for number in range(1, count + 1)]
        try:
            ip('link', 'add', 'name', self.bridge, 'type', 'bridge')
            ip('addr', 'add', f'{self.NET}.254/24', 'dev', self.bridge)
            ip('link', 'set', self.bridge, 'up')
            for number, name in enumerate(self.names, 1):
                outer = f'w{os.getpid()}-{number}'
                ip('netns', 'add', name)
                ip('link', 'add', 'name', outer, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
                ip('link', 'set', outer, 'master', self.bridge, 'up')
                for device in ('lo', 'eth0'):
                    ip('-n', name, 'link', 'set', device, 'up')
                ip('-n', name, 'addr', 'add', f'{self.NET}.{number}/24', 'dev', 'eth0')
                for words in (['-n', name, 'qdisc', 'replace', 'dev', 'eth0'], ['qdisc', 'replace', 'dev', outer]):
                    shape = ['root', 'tbf', 'rate', rate, 'burst', self.BURST, 'latency', self.LATENCY]
                    done = subprocess.run(['tc', *words, *shape], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                    if done.returncode:
                        raise Unfit(f'tc {" ".join(words)}: {done.stdout.strip()}')
        except BaseException:
            self.remove()
            raise

    def words(self, number):
        """Begins a command line at the node of this number, from 1 on."""
        return ['nsenter', f'--net=/run/netns/{self.names[number - 1]}']

    @undisturbed()
    def remove(self):
        for name in self.names:
            ip('netns', 'del', name, check=False)
        ip('link', 'del', self.bridge, check=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()


# ---- nodes

class Node:
    """One `weft node`. `cores` are numbers for taskset; `place` begins its command line where it has a network of its own."""

    def __init__(self, mesh, name, address, slots, cores=None, quota=None, place=()):
        self.mesh, self.name, self.address, self.slots, self.cores, self.place = mesh, name, address, slots, cores, place
        self.quota = Quota(name, quota) if quota else None
        self.store, self.log_path = f'{mesh.folder}/stores/{name}', f'{mesh.folder}/{name}.log'
        self.process = None

    def config(self, join):
        tls = f'{self.mesh.folder}/tls'
        return {'name': self.name, 'store': self.store, 'drainTimeout': '1s',
                'tls': {'certificate': f'{tls}/nodes/{self.name}/{self.name}.pem', 'key': f'{tls}/nodes/{self.name}/{self.name}.key',
                        'authority': f'{tls}/authority.pem', 'denied': f'{tls}/denied'},
                'peers': {'listen': f'{self.address}:{PORT}', 'join': [f'{one}:{PORT}' for one in join]},
                'registry': {'listen': f'{self.address}:{REGISTRY_PORT}'},
                'metrics': {'listen': f'{self.address}:{METRICS_PORT}'},
                'capacity': {'slots': self.slots, 'memory': '1GiB', 'reserve': '64MiB'}}

    def start(self, join):
        path = f'{self.mesh.folder}/{self.name}.yaml'
        with open(path, 'w') as file:
            json.dump(self.config(join), file, indent=1)
        words = ['setpriv', '--pdeathsig', 'KILL', *self.place, *(self.quota.words() if self.quota else []),
                 *(['taskset', '-c', self.cores] if self.cores else []), self.mesh.program, 'node', '--config', path]
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                            env={**os.environ, MARK: self.mesh.folder})

    def ask(self, path):
        with urllib.request.urlopen(f'http://{self.address}:{METRICS_PORT}{path}', timeout=5) as answer:
            return answer.read().decode()

    def is_up(self):
        if self.process.poll() is not None:
            raise SystemExit(f'node {self.name} does not start:\n{self.log[-2000:]}')
        try:
            return self.ask('/health').startswith('ok')
        except OSError:
            return False

    def metrics(self):
        """name → value; (name, label) → value for what has one label or more: the last one's text."""
        found = {}
        for name, labels, value in re.findall(r'^(\w+)(?:\{(.*)\})? (\S+)$', self.ask('/metrics'), re.M):
            found[(name, re.findall(r'="([^"]*)"', labels)[-1]) if labels else name] = float(value)
        return found

    @property
    def log(self):
        with open(self.log_path, errors='replace') as file:
            return file.read()

    def cpu_seconds(self):
        """Of its own process, and of those that it waited for: the runtime and, through it, steps."""
        with open(f'/proc/{self.process.pid}/stat') as file:
            fields = file.read().rsplit(')', 1)[1].split()
        return sum(map(int, fields[11:15])) / os.sysconf('SC_CLK_TCK')

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGKILL)
            self.process.wait()


def end_process(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass


# ---- the mesh

class Mesh:
    """`joined` False: nodes that know nothing of each other. `space` is where the client is, and what addresses nodes have.
    `wires` is where nodes are. `cores`: {node: numbers for taskset}. `quota`: cores that each node and its steps may use together."""

    def __init__(self, program, folder, names, slots, joined=True, space=None, wires=None, cores=None, quota=None):
        self.program, self.folder, self.joined, self.space = program, os.path.abspath(folder), joined, space
        self.nodes = {}
        os.makedirs(f'{self.folder}/stores')
        try:
            for number, name in enumerate(names, 1):
                address = f'{(space or wires).NET if space or wires else LOOPBACK}.{number}'
                place = wires.words(number) if wires else ()
                self.nodes[name] = Node(self, name, address, slots, (cores or {}).get(name), quota, place)
            self.weft('ca', 'init', '--dir', f'{self.folder}/tls', f'--client={CLIENT}',
                      *(f'--node={node.name}={node.address}' for node in self.nodes.values()))
            self.start()
        except BaseException:
            self.stop()
            raise

    def start(self):
        for node in self.nodes.values():
            node.start([other.address for other in self.nodes.values() if other is not node] if self.joined else [])
        wait_until(lambda: all(node.is_up() for node in self.nodes.values()), 'nodes answer')
        count = len(self.nodes) if self.joined else 1
        wait_until(lambda: all(node.metrics().get(('weft_members', 'alive')) == count for node in self.nodes.values()), 'nodes have met')

    def weft(self, *words):
        """A run whose time is nobody's business."""
        done = subprocess.run([self.program, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise SystemExit(f'weft {" ".join(words)}: exit code {done.returncode}\n{done.stdout[-2000:]}')
        return done.stdout

    def client(self, *names, here='never'):
        """The path of a client's config that knows these nodes, or all."""
        place, path = f'{self.folder}/tls/clients/{CLIENT}/{CLIENT}', f'{self.folder}/mesh-{"".join(names) or "all"}.yaml'
        with open(path, 'w') as file:
            json.dump({'certificate': place + '.pem', 'key': place + '.key', 'authority': f'{self.folder}/tls/authority.pem',
                       'join': [f'{self.nodes[name].address}:{PORT}' for name in names or self.nodes], 'class': 'default',
                       'work': {'here': here}}, file, indent=1)
        return path

    def command(self, project, *images, via=(), store='client'):
        """`weft build` of these images, or all, by a client that has `store`."""
        inside = self.space.words() if self.space else []
        return [*inside, self.program, 'build', *images, '--dir', project, '--mesh', self.client(*via), '--repo', ':local',
                '--parallel-tasks-limit=-1', '--backend-storage-path', f'{self.folder}/{store}', '--home-dir', f'{self.folder}/{store}-home']

    def build(self, project, *images, via=(), store='client', log=None):
        try:
            sample = rounds.run(rounds.Command(self.command(project, *images, via=via, store=store)), 'weft build', log)
        except SystemExit as reason:
            raise SystemExit(f'{reason}\n{self.log_ends()}')
        sample.built = built_by(sample.output + sample.errors)
        return sample

    def watch(self, project, *images):
        """A build that goes on while its lines are read."""
        return Watched(self.command(project, *images))

    def curl(self, *words):
        """Begins a command line of curl with the client's certificate."""
        place = f'{self.folder}/tls/clients/{CLIENT}/{CLIENT}'
        return ['curl', '-sS', '--fail', '--cacert', f'{self.folder}/tls/authority.pem', '--cert', place + '.pem',
                '--key', place + '.key', *words]

    def log_ends(self):
        """The last lines of all nodes, for whoever asks why something failed."""
        return '\n'.join(f'{node.name}: {line}' for node in self.nodes.values() for line in node.log.splitlines()[-4:])

    def total(self, *key):
        """A number of /metrics, over all nodes."""
        return sum(node.metrics().get(key if len(key) > 1 else key[0], 0) for node in self.nodes.values())

    # The end

    def remains(self):
        """Processes that have the mark of this mesh, or a mount from its folder: containers of its nodes."""
        found = []
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                marked = f'{MARK}={self.folder}\0'.encode() in open(f'/proc/{pid}/environ', 'rb').read()
                if marked or int(pid) != os.getpid() and self.folder + '/' in open(f'/proc/{pid}/mountinfo').read() and not shares_mounts(pid):
                    found.append(int(pid))
            except OSError:
                continue
        return found

    @undisturbed()
    def stop(self):
        for node in self.nodes.values():
            node.kill()
        end = time.monotonic() + STOP_SECONDS_MAX
        while (left := self.remains()) and time.monotonic() < end:
            for pid in left:
                end_process(pid)
            time.sleep(0.05)
        for node in self.nodes.values():
            if node.quota:
                node.quota.remove()
        for line in reversed(list(open('/proc/self/mountinfo'))):
            if (place := line.split()[4]).startswith(self.folder + '/'):
                subprocess.run(['umount', '-l', place], stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Watched:
    """A build in the background. `lines`: (seconds of the monotonic clock, line)."""

    def __init__(self, words):
        self.lines = []
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        errors='replace', start_new_session=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append((time.monotonic(), line.rstrip()))

    def found(self, pattern, after=0):
        """(seconds, match) of each line that has the pattern, since a moment."""
        return [(at, match) for at, line in list(self.lines) if at >= after and (match := re.search(pattern, line))]

    def wait_for(self, is_so, what, seconds):
        def check():
            if not is_so() and self.process.poll() is not None:
                self.reader.join()
                if not is_so():
                    raise SystemExit(f'{what}: the build has ended\n{self.tail()}')
            return is_so()
        wait_until(check, what, seconds, pause=0.005)

    def tail(self):
        return '\n'.join(line for _, line in self.lines[-20:])

    def finish(self):
        """Its exit code, when it has ended by itself."""
        try:
            code = self.process.wait(rounds.COMMAND_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            raise SystemExit(f'a build does not end\n{self.tail()}')
        self.reader.join()
        return code

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def shares_mounts(pid):
    return os.readlink(f'/proc/{pid}/ns/mnt') == os.readlink('/proc/self/ns/mnt')


def built_by(text):
    """node → stages that it built, as the build says at its end."""
    return {name: int(count) for name, count in re.findall(r'(this host|\S+) built (\d+) stages? in ', text)}


# ---- what is built

class Project:
    """A git repository with images on busybox. `images`: {name: lines after the first two}; `files`: {path: bytes}; `below`: {name: the
    image that this one stands on, instead of busybox}."""

    HEAD = 'FROM scratch\nCOPY busybox /bin/busybox\n'
    HEAD_ON_IMAGE = 'ARG BELOW\nFROM $BELOW\n'
    IMAGE = '---\nimage: {name}\ndockerfile: Dockerfile.{name}\nstaged: false\n'
    BELOW = 'dependencies:\n- image: {image}\n  imports:\n  - type: ImageName\n    targetBuildArg: BELOW\n'

    def __init__(self, folder, images, files=None, below=None):
        below = below or {}
        self.folder = os.path.abspath(folder)
        os.makedirs(self.folder)
        shutil.copyfile(shutil.which('busybox'), f'{self.folder}/busybox')
        os.chmod(f'{self.folder}/busybox', 0o755)
        texts = {f'Dockerfile.{name}': '\n'.join([self.HEAD_ON_IMAGE if name in below else self.HEAD, *lines, ''])
                 for name, lines in images.items()}
        texts['werf.yaml'] = 'configVersion: 1\nproject: bench\n' + ''.join(
            self.IMAGE.format(name=name) + (self.BELOW.format(image=below[name]) if name in below else '') for name in images)
        for path, content in {**{name: text.encode() for name, text in texts.items()}, **(files or {})}.items():
            os.makedirs(os.path.dirname(f'{self.folder}/{path}'), exist_ok=True)
            with open(f'{self.folder}/{path}', 'wb') as file:
                file.write(content)
        for words in (['init', '-q'], ['add', '-A'], ['commit', '-q', '-m', 'Everything']):
            subprocess.run(['git', '-C', self.folder, '-c', 'user.name=bench', '-c', 'user.email=bench@example.org', '-c', 'gc.auto=0',
                            '-c', 'core.compression=0', *words], check=True, stdout=subprocess.DEVNULL)


def shell(line):
    """A RUN of busybox, whose other names are not there."""
    return 'RUN ' + json.dumps(['/bin/busybox', 'sh', '-c', line])
