"""What a link of a node carries, beside docker-registry: the cases `layer` and `start` of benchmarks/peers/mesh."""
import hashlib, os, resource, subprocess
import meshnodes, rounds
from meshnodes import MIB


# ---- a layer beside docker-registry

class Registry:
    """docker-registry on core 0 with one blob; `tls` with the node's certificate, and only for certificates of its authority."""

    def __init__(self, mesh, folder, port, tls):
        self.address = f'{meshnodes.LOOPBACK}.1:{port}'
        self.base = f'{"https" if tls else "http"}://{self.address}/v2/bench'
        os.makedirs(folder)
        place = f'{mesh.folder}/tls'
        text = (f'version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n'
                f'http:\n  addr: {self.address}\n')
        if tls:
            text += (f'  tls:\n    certificate: {place}/nodes/a/a.pem\n    key: {place}/nodes/a/a.key\n    minimumtls: tls1.2\n'
                     f'    clientcas: [{place}/authority.pem]\n')
        with open(f'{folder}/config.yml', 'w') as file:
            file.write(text)
        self.log = open(f'{folder}/log', 'w')
        words = ['setpriv', '--pdeathsig', 'KILL', 'taskset', '-c', '0', 'docker-registry', 'serve', f'{folder}/config.yml']
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True)
        try:
            meshnodes.wait_until(lambda: self.answers(mesh), 'docker-registry answers')
        except BaseException:
            self.end()
            raise

    def answers(self, mesh):
        return subprocess.run(mesh.curl(self.base.removesuffix('bench')), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def put(self, mesh, path, digest):
        place = subprocess.run(mesh.curl('-o', '/dev/null', '-w', '%header{location}', '-X', 'POST', f'{self.base}/blobs/uploads/'),
                               check=True, stdout=subprocess.PIPE, text=True).stdout
        subprocess.run(mesh.curl('-o', '/dev/null', '-X', 'PUT', '-H', 'Content-Type: application/octet-stream', '-T', path,
                                 f'{place}{"&" if "?" in place else "?"}digest={digest}'), check=True)

    def cpu_seconds(self):
        return meshnodes.Node.cpu_seconds(self)

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


def make_blob(bench):
    path, hasher = bench.path('blob'), hashlib.sha256()
    with open(path, 'wb') as file:
        for _ in range(bench.sizes['blob'] // (16 * MIB)):
            piece = os.urandom(16 * MIB)
            hasher.update(piece)
            file.write(piece)
    return path, f'sha256:{hasher.hexdigest()}'


TIMES = '%{time_pretransfer} %{time_total} %{http_version} %{size_download}\\n'


class Get:
    """GETs of one URL, `count` at once, each by a curl of its own on core 1."""

    def __init__(self, mesh, server, url, version, count=1):
        self.mesh, self.server, self.url, self.version, self.count = mesh, server, url, version, count

    def words(self, *more):
        return self.mesh.curl(self.version, *more, self.url)

    def check(self, digest):
        got = subprocess.run(['bash', '-o', 'pipefail', '-c', '"$@" | sha256sum', 'bash', *self.words()], check=True,
                             stdout=subprocess.PIPE, text=True)
        if got.stdout.split()[0] != digest.removeprefix('sha256:'):
            raise SystemExit(f'{self.url} answers with something else')

    def measure(self, size):
        cpu, own = self.server.cpu_seconds(), children_cpu()
        runs = [subprocess.Popen(['taskset', '-c', '1', *self.words('-o', '/dev/null', '-w', TIMES)], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, text=True) for _ in range(self.count)]
        texts = [(run.communicate()[0], run.returncode) for run in runs]
        times = [text.split() for text, code in texts if code == 0]
        if len(times) < self.count or any(int(one[3]) != size or one[2] != ('2' if self.version == '--http2' else '1.1') for one in times):
            raise SystemExit(f'{self.url} by {self.version}: {texts}')
        # Both begin within a millisecond or two.
        seconds = max(float(one[1]) for one in times) - min(float(one[0]) for one in times)
        gigabytes = self.count * size / 1e9
        return {'seconds': seconds, 'rate': gigabytes / seconds, 'cpu': (self.server.cpu_seconds() - cpu) / gigabytes,
                'curl_cpu': (children_cpu() - own) / gigabytes}


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def layer(bench):
    if not {0, 1} <= os.sched_getaffinity(0):
        raise meshnodes.Unfit('this needs the cores 0 and 1')
    size, servers = bench.sizes['blob'], []
    with bench.mesh('a', slots=1, cores={'a': '0'}) as mesh:
        try:
            path, digest = make_blob(bench)
            node, own = mesh.nodes['a'], f'https://{mesh.nodes["a"].address}:{meshnodes.PORT}/weft/blobs/{digest}'
            subprocess.run(mesh.curl('--http2', '-o', '/dev/null', '-H', f'weft-size: {size}', '-T', path, own), check=True)
            for port, tls in ((5443, True), (5000, False)):
                servers.append(Registry(mesh, bench.path('registry'), port, tls))
                servers[-1].put(mesh, path, digest)
            os.remove(path)
            (secure, plain), blob = servers, f'blobs/{digest}'
            gets = {'weft, mutual TLS, HTTP/2': Get(mesh, node, own, '--http2'),
                    'weft, mutual TLS, HTTP/2, two at once': Get(mesh, node, own, '--http2', 2),
                    'docker-registry, mutual TLS, HTTP/2': Get(mesh, secure, f'{secure.base}/{blob}', '--http2'),
                    'docker-registry, mutual TLS, HTTP/2, two at once': Get(mesh, secure, f'{secure.base}/{blob}', '--http2', 2),
                    'docker-registry, mutual TLS, HTTP/1.1': Get(mesh, secure, f'{secure.base}/{blob}', '--http1.1'),
                    'docker-registry, plain TCP, HTTP/1.1': Get(mesh, plain, f'{plain.base}/{blob}', '--http1.1')}
            for get in gets.values():
                get.check(digest)
            found = bench.each('layer', list(gets), lambda name: gets[name].measure(size))
        finally:
            for server in servers:
                server.end()
    base = rounds.median(found['weft, mutual TLS, HTTP/2'], 'rate')
    rows = [{'server': name, 'rate': rounds.median(samples, 'rate'), 'ratio': rounds.median(samples, 'rate') / base, 'samples': samples}
            for name, samples in found.items()]
    table = rounds.markdown_table(
        ['Server', 'GB/s', 'Min', 'Max', 'of weft\'s', 'Server CPU s for a GB', 'curl CPU s for a GB'],
        [[row['server'], *rounds.spread(row['samples'], 'rate'), f"{row['ratio']:.2f}",
          *(f"{rounds.median(row['samples'], key):.2f}" for key in ('cpu', 'curl_cpu'))] for row in rows])
    return {'rows': rows, 'text': rounds.section(
        'A layer beside docker-registry', table, f'{size // MIB} MiB, page cache to curl, a core each side. To reach: weft ≥ 0.7 GB/s, and '
        '≥ 2 times docker-registry behind TLS.')}


# ---- start and calls

def start(bench):
    calls = bench.sizes['calls']
    with bench.mesh('abc', slots=1) as mesh:
        path, digest = bench.path('small'), 'sha256:' + hashlib.sha256(b'small\n').hexdigest()
        with open(path, 'wb') as file:
            file.write(b'small\n')
        url = f'https://{mesh.nodes["a"].address}:{meshnodes.PORT}/weft/blobs/{digest}'
        subprocess.run(mesh.curl('--http2', '-o', '/dev/null', '-H', 'weft-size: 6', '-T', path, url), check=True)
        client = mesh.client('a')
        members, quiet = f"'{bench.program}' mesh members --mesh '{client}'", '>/dev/null'
        # What follows # is never sent: curl counts with it.
        get = mesh.curl('--http2', '-w', '%{http_code}\\n', '-o', '/dev/null')
        answered = lambda text: None if text.split() == ['200'] * calls else f'not {calls} answers of 200'
        short = {'weft --version': rounds.Command([bench.program, '--version']),
                 'weft mesh members': rounds.Command([bench.program, 'mesh', 'members', '--mesh', client]),
                 'weft mesh status': rounds.Command([bench.program, 'mesh', 'status', '--mesh', client])}
        loop = f'for n in $(seq {calls}); do {members} {quiet} || exit 1; done'
        at_once = f"seq {calls} | xargs -P 64 -n 1 sh -c '\"$0\" mesh members --mesh \"$1\" {quiet}' '{bench.program}' '{client}'"
        many_urls = f'{url}#[1-{calls}]'
        many = {f'{calls} x weft mesh members, one after another': rounds.Command(loop, shell=True),
                f'{calls} x weft mesh members, 64 at once': rounds.Command(at_once, shell=True),
                f'{calls} GETs of a connection, one after another': rounds.Command([*get, many_urls], check=answered),
                f'{calls} GETs of a connection, 64 at once': rounds.Command(
                    [*get, '--parallel', '--parallel-max', '64', many_urls], check=answered)}
        node = mesh.nodes['a']
        before = node.metrics()['weft_calls_total']
        rounds.run(short['weft mesh members'])
        own_calls = node.metrics()['weft_calls_total'] - before
        samples = rounds.measure({'start': short}, 5 * bench.count, warm=1) | rounds.measure({'calls': many}, bench.count)
    rows = rounds.summarize(samples, own=None)
    for row in rows:
        row['count'] = calls if row['case'] == 'calls' else 1
    table = rounds.markdown_table(
        ['What', 'Median ms', 'Min', 'Max', 'A second', 'Client CPU ms of one'],
        [[row['engine'], *(f'{row[key] * 1000:.1f}' for key in ('median', 'min', 'max')), f"{row['count'] / row['median']:.0f}",
          f"{row['cpu'] * 1000 / row['count']:.2f}"] for row in rows])
    return {'rows': rows, 'calls': own_calls, 'text': rounds.section(
        'Start and calls', table, 'Whole commands. A `weft mesh members` is a process, a handshake with certificates on both sides and '
        f'{own_calls:.0f} call{"s"[:own_calls != 1]}; GETs are of six bytes, by one curl over one connection.')}
