"""A mesh on one host: each node, and the client, in a network namespace of its own, joined by a bridge in another one."""
import ctypes, json, os, re, signal, subprocess, threading, time
from services import Registry, wait_until
from world import Skipped, finish, need

NET = '10.89.0'
PORT = 5090
CLIENT = 'me'
SLOTS = 2
CLONE_NEWNET = 0x40000000
# No device has it: what is sent there is lost, without a word.
NOWHERE = '02:de:ad:00:00:01'
STOP_SECONDS_MAX = 10
MEMBERS_SECONDS_MAX = 20
# A clock that is off by $CLOCK_OFFSET seconds, for what asks the C library.
CLOCK = r'''
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static long offset(void) { const char *text = getenv("CLOCK_OFFSET"); return text ? atol(text) : 0; }
int clock_gettime(clockid_t id, struct timespec *now) {
    int code = syscall(SYS_clock_gettime, id, now);
    if (!code && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) now->tv_sec += offset();
    return code;
}
int gettimeofday(struct timeval *now, void *zone) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    now->tv_sec = time.tv_sec; now->tv_usec = time.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *now) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    if (now) *now = time.tv_sec;
    return time.tv_sec;
}
'''


def ip(*words, check=True):
    answer = subprocess.run(['ip', *words], capture_output=True, text=True)
    if check and answer.returncode:
        raise Skipped(f'ip {" ".join(words)}: {answer.stderr.strip()}')
    return answer.stdout


def remove_spaces(choice):
    """Removes the namespaces of tests whose process is chosen by its number: those of ours, or of who was killed."""
    for line in ip('netns', 'list', check=False).splitlines():
        parts = line.split()[0].split('-')
        if len(parts) == 4 and parts[0] == 'weft' and choice(parts[1]):
            ip('netns', 'del', line.split()[0], check=False)


class Node:
    """A member of the mesh, or what could become one."""

    def __init__(self, mesh, name, address, settings):
        self.mesh, self.name, self.address, self.settings = mesh, name, address, settings
        self.space = mesh.space(name)
        self.store = mesh.world.path('nodes', name)
        self.log_path = mesh.world.path(f'mesh/{name}.log')
        self.process = None

    @property
    def log(self):
        return open(self.log_path, errors='replace').read() if os.path.exists(self.log_path) else ''

    def titles(self, after=0):
        """Stages that began to run there, in the log from this place on."""
        return re.findall(r'a stage runs .*?stage=(\S+)', self.log[after:])

    def start(self, join=None, **environment):
        folder = f'{self.mesh.tls}/nodes/{self.name}'
        others = [node.address for node in self.mesh.nodes.values() if node is not self]
        config = {
            'name': self.name, 'store': self.store, 'drainTimeout': '20s',
            'tls': {'certificate': f'{folder}/{self.name}.pem', 'key': f'{folder}/{self.name}.key',
                    'authority': f'{self.mesh.tls}/authority.pem', 'denied': f'{self.mesh.tls}/denied'},
            'peers': {'listen': f'{self.address}:{PORT}', 'join': [f'{each}:{PORT}' for each in (others if join is None else join)]},
            'registry': {'listen': '127.0.0.1:5080'}, 'capacity': {'slots': SLOTS, 'memory': '1GiB', 'reserve': '1MiB'},
            'log': {'level': 'debug'}, **self.ledger(folder), **self.settings}
        path = self.mesh.world.path(f'mesh/{self.name}.yaml')
        with open(path, 'w') as file:
            json.dump(config, file, indent=1)
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen(
                [*self.mesh.inside(self.name), self.mesh.world.program, 'node', '--config', path], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd=self.mesh.world.folder, env=self.mesh.environment(**environment))

    def ledger(self, folder):
        voters = self.mesh.voters
        if not voters:
            return {}
        own = {'certificate': f'{folder}/ledger.pem', 'key': f'{folder}/ledger.key', 'authority': f'{folder}/ledger-authority.pem'}
        return {'ledger': {'voters': voters, **(own if self.name in voters else {})}}

    def wait_up(self):
        wait_until(lambda: 'is up' in self.log or self.process.poll() is not None, f'node {self.name} is up')
        assert self.process.poll() is None, f'node {self.name} ended at once: {self.log[-2000:]}'

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, seconds=30):
        """Asks it to end, and waits; its exit code."""
        self.signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait()

    def pause(self):
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def cut(self):
        ip('-n', self.space, 'link', 'set', 'eth0', 'down')

    def join_again(self):
        ip('-n', self.space, 'link', 'set', 'eth0', 'up')

    def mute(self):
        """It hears everything, and nobody hears it."""
        for address in self.mesh.addresses(but=self.name):
            ip('-n', self.space, 'neigh', 'replace', address, 'lladdr', NOWHERE, 'nud', 'permanent', 'dev', 'eth0')

    def unmute(self):
        for address in self.mesh.addresses(but=self.name):
            ip('-n', self.space, 'neigh', 'del', address, 'dev', 'eth0', check=False)

    def slow(self, rate):
        """At most `rate` in both directions, as tc writes it."""
        for space, device in ((self.space, 'eth0'), (self.mesh.hub, f'v-{self.name}')):
            words = ['-n', space, 'qdisc', 'replace', 'dev', device, 'root', 'tbf', 'rate', rate, 'burst', '32kb', 'latency', '300ms']
            answer = subprocess.run([need('tc'), *words], capture_output=True, text=True)
            if answer.returncode:
                raise Skipped(f'this kernel has no slow links (tc tbf): {answer.stderr.strip()}')

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None


class Mesh:
    """Nodes with the given names, all started unless told otherwise; weft's runs of `world` are in the client's namespace."""

    def __init__(self, world, names='abc', start=True, voters='', clients={CLIENT: 'default'}, **settings):
        need('ip', 'nsenter', 'setpriv', 'git')
        if voters:
            need('etcd')
        self.world, self.nodes, self.voters = world, {}, list(voters)
        self.tag = f'weft-{os.getpid()}-{world.random.randrange(1 << 20):x}'
        self.hub = self.space('hub')
        self.tls = world.path('mesh/tls')
        self.next = 2
        os.makedirs(world.path('mesh'))
        os.makedirs(world.path('nodes'))
        world.services.append(self)
        remove_spaces(lambda pid: not os.path.exists(f'/proc/{pid}'))
        ip('netns', 'add', self.hub)
        ip('-n', self.hub, 'link', 'add', 'name', 'bridge', 'type', 'bridge')
        ip('-n', self.hub, 'link', 'set', 'bridge', 'up')
        ip('-n', self.hub, 'link', 'set', 'lo', 'up')
        ip('-n', self.hub, 'addr', 'add', f'{NET}.1/24', 'dev', 'bridge')
        self.client_address = self.plug(CLIENT)
        for name in names:
            self.nodes[name] = Node(self, name, self.plug(name), settings)
        nodes = [f'--node={node.name}={node.address}' for node in self.nodes.values()]
        self.ca('init', *nodes, *[f'--client={name}={classes}' for name, classes in clients.items()], f'--voters={len(voters)}')
        world.prefix = self.inside(CLIENT)
        if start:
            self.start()

    # What is below

    def space(self, name):
        return f'{self.tag}-{name}'

    def plug(self, name):
        """A namespace on the bridge; its address."""
        space, address, outer = self.space(name), f'{NET}.{self.next}', f'v-{name}'
        self.next += 1
        ip('netns', 'add', space)
        ip('-n', self.hub, 'link', 'add', 'name', outer, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space)
        ip('-n', self.hub, 'link', 'set', outer, 'master', 'bridge', 'up')
        for device in ('lo', 'eth0'):
            ip('-n', space, 'link', 'set', device, 'up')
        ip('-n', space, 'addr', 'add', f'{address}/24', 'dev', 'eth0')
        ip('-n', space, 'route', 'add', 'default', 'via', f'{NET}.1')
        return address

    def inside(self, name):
        """Begins a command line in a namespace; it ends when the test is killed."""
        return ['setpriv', '--pdeathsig', 'KILL', 'nsenter', f'--net=/run/netns/{self.space(name)}']

    def environment(self, **more):
        """Of everything but builds: a node has nothing of what the client's environment tells."""
        found = self.world.environment(WEFT_TEST=self.tag, **more)
        return {name: value for name, value in found.items() if name not in self.world.variables}

    def addresses(self, but=None):
        return [node.address for node in self.nodes.values() if node.name != but] + [self.client_address]

    def ca(self, command, *words, folder=None, **environment):
        answer = subprocess.run(
            [self.world.program, 'ca', command, *words, '--dir', folder or self.tls], capture_output=True, text=True,
            env=self.environment(**environment))
        assert answer.returncode == 0, f'weft ca {command}: {answer.stdout}{answer.stderr}'
        return answer.stdout

    def clock(self, seconds):
        """An environment whose programs believe that it is so much later."""
        library = self.world.path('mesh/clock.so')
        if not os.path.exists(library):
            subprocess.run([need('cc'), '-shared', '-fPIC', '-O1', '-x', 'c', '-o', library, '-'], input=CLOCK, text=True, check=True)
        return {'LD_PRELOAD': library, 'CLOCK_OFFSET': str(seconds)}

    def traffic(self, name=CLIENT):
        """Bytes that came in, and bytes that went out."""
        statistics = json.loads(ip('-s', '-j', '-n', self.space(name), 'link', 'show', 'dev', 'eth0'))[0]['stats64']
        return statistics['rx']['bytes'], statistics['tx']['bytes']

    # Nodes

    def __getitem__(self, name):
        return self.nodes[name]

    def add(self, name, **settings):
        """One node more; it is not started."""
        self.nodes[name] = Node(self, name, self.plug(name), settings)
        self.ca('issue', 'node', f'{name}={self.nodes[name].address}')
        return self.nodes[name]

    def start(self):
        for node in self.nodes.values():
            node.start()
        for node in self.nodes.values():
            node.wait_up()
        self.wait_for_members({name: 'alive' for name in self.nodes})

    def wait_for_members(self, states, seconds=MEMBERS_SECONDS_MAX, via=None):
        """Waits until every running node (or `via`) sees exactly these states; absent and gone are the same."""
        eyes = [via] if via else [name for name in states if self.nodes[name].is_running and states[name] == 'alive']
        seen = {}
        def agree():
            for eye in eyes:
                seen[eye] = {name: state for name, state in self.members(eye).items()}
                if any(seen[eye].get(name, 'gone') not in self.alike(state) for name, state in states.items()):
                    return False
            return True
        try:
            wait_until(agree, f'members {states}', seconds, pause=0.2)
        except AssertionError as error:
            raise AssertionError(f'{error}; seen: {seen}')

    @staticmethod
    def alike(state):
        return (state,) if state in ('alive', 'suspect') else ('dead', 'left', 'gone', 'failed')

    def members(self, via=None):
        """name → state, as the node `via` sees them; empty when it doesn't answer."""
        run = self.weft('mesh', 'members', '--json', mesh=self.config(CLIENT, [via]) if via else None)
        return {row['name']: row['state'] for row in json.loads(run.output)} if run.code == 0 else {}

    def status(self):
        run = self.weft('mesh', 'status', '--json')
        assert run.code == 0, run
        return {row['name']: row for row in json.loads(run.output)}

    # The client

    def config(self, client=CLIENT, via=None, folder=None, **more):
        """The path of a mesh.yaml."""
        place = f'{folder or self.tls}/clients/{client}'
        nodes = [self.nodes[name] for name in via] if via else list(self.nodes.values())
        value = {'certificate': f'{place}/{client}.pem', 'key': f'{place}/{client}.key',
                 'authority': f'{self.tls}/authority.pem', 'join': [f'{node.address}:{PORT}' for node in nodes],
                 'class': 'default', **more}
        path = self.world.path(f'mesh/mesh-{self.world.random.randrange(1 << 40):x}.yaml')
        with open(path, 'w') as file:
            json.dump(value, file)
        return path

    def weft(self, *words, mesh=None, timeout=30):
        """A run that needs no project."""
        started = time.monotonic()
        process = subprocess.Popen(
            [*self.inside(CLIENT), self.world.program, *words, f'--mesh={mesh or self.config()}'], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment())
        return finish(process, started, timeout)

    def flags(self, **more):
        return [f'--mesh={self.config(**more)}']

    def build(self, project, *flags, mesh=None, **options):
        return self.world.build(project, *(mesh or self.flags()), *flags, **options)

    def start_build(self, project, *flags, mesh=None, **options):
        return self.world.start(project, 'build', *(mesh or self.flags()), *flags, **options)

    def curl(self, *words, client=CLIENT, timeout=20):
        """Status and body of an answer; status 0: the connection was not accepted, or was closed."""
        place = f'{self.tls}/clients/{client}/{client}' if client else None
        certificate = ['--cert', place + '.pem', '--key', place + '.key'] if client else []
        answer = subprocess.run(
            [*self.inside(CLIENT), need('curl'), '-sS', '--http2', '--path-as-is', '-m', str(timeout), '--cacert',
             f'{self.tls}/authority.pem', *certificate, '-w', '\n%{http_code}', *words], capture_output=True, timeout=timeout + 5)
        body, _, status = answer.stdout.rpartition(b'\n')
        return int(status or 0), body.decode(errors='replace') + answer.stderr.decode(errors='replace')

    def url(self, name, path):
        return f'https://{self.nodes[name].address}:{PORT}{path}'

    def registry(self, **options):
        """A docker-registry beside the bridge: nodes and clients reach it."""
        need('docker-registry')
        registry = HubRegistry(self, **options)
        self.world.services.append(registry)
        registry.start()
        return registry

    # The end

    def leftovers(self, but=()):
        """Processes of this mesh: those that inherited its mark, and containers on its stores."""
        found = []
        own = set(line.split()[4] for line in open('/proc/self/mountinfo'))
        for number in filter(str.isdigit, os.listdir('/proc')):
            if int(number) == os.getpid() or int(number) in but:
                continue
            try:
                words = open(f'/proc/{number}/cmdline').read().replace('\0', ' ')
                marked = f'WEFT_TEST={self.tag}' in open(f'/proc/{number}/environ', errors='replace').read()
                mounts = {line.split()[4] for line in open(f'/proc/{number}/mountinfo') if self.world.folder + '/' in line}
            except OSError:
                continue
            if words and (marked or mounts - own):
                found.append((int(number), words))
        return found

    def stages(self, on_nodes=False):
        """Processes of stages: in a container whose root is a layer of one of our stores, or only of a node's."""
        place = self.world.path('nodes/' if on_nodes else '')
        found = []
        for number, words in self.leftovers():
            try:
                root = next(line for line in open(f'/proc/{number}/mountinfo') if line.split()[4] == '/')
            except (OSError, StopIteration):
                continue
            if place in root:
                found.append(words)
        return found

    def stop(self):
        for node in self.nodes.values():
            if node.is_running:
                node.kill()
        end = time.monotonic() + STOP_SECONDS_MAX
        while (left := self.leftovers()) and time.monotonic() < end:
            for number, _ in left:
                try:
                    os.kill(number, signal.SIGKILL)
                except OSError:
                    pass
            time.sleep(0.05)
        remove_spaces(lambda pid: pid == str(os.getpid()))


class HubRegistry(Registry):
    """A docker-registry in the bridge's namespace."""

    def __init__(self, mesh, **options):
        super().__init__(mesh.world.path(f'registry-{len(mesh.world.services)}'), **options)
        self.mesh = mesh
        self.host = f'{NET}.1:{self.port}'
        path = self.folder + '/config.yml'
        config = json.load(open(path))
        config['http']['addr'] = self.host
        with open(path, 'w') as file:
            json.dump(config, file)

    def start(self):
        log = open(self.folder + '/log', 'ab')
        self.process = subprocess.Popen(
            [*self.mesh.inside('hub'), 'docker-registry', 'serve', self.folder + '/config.yml'], stdout=log, stderr=log,
            stdin=subprocess.DEVNULL, env=self.mesh.environment())
        wait_until(self.answers, f'docker-registry at {self.host}')

    def request(self, method, path, body=None, **headers):
        path = path if path.startswith('http') else f'http://{self.host}{path}'
        return within(self.mesh.hub, lambda: Registry.request(self, method, path, body, **headers))


def within(space, work):
    """The result of `work` in a network namespace, on a thread that ends with it."""
    outcome = []
    def run():
        with open(f'/run/netns/{space}') as file:
            if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET):
                outcome.append((None, OSError(ctypes.get_errno(), 'setns')))
                return
        try:
            outcome.append((work(), None))
        except Exception as error:
            outcome.append((None, error))
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    value, error = outcome[0]
    if error:
        raise error
    return value


def built_by(run):
    """node → stages, from a build's report; '' is the client's host."""
    rows = re.findall(r'(this host|\S+) built (\d+) stages? in ', run.all)
    return {'' if name == 'this host' else name: int(count) for name, count in rows}


def holders(mesh, digest, via):
    """Who holds it, as one node heard it."""
    run = mesh.weft('mesh', 'availability', digest, '--json', mesh=mesh.config(via=[via]))
    assert run.code == 0, run
    return json.loads(run.output)['holders']
