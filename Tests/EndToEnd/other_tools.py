"""Images that weft publishes, used by others: skopeo, buildah, docker."""
import json, os, shutil, subprocess, time
from services import free_port, wait_until
from world import SHELL, Missing, busybox, image, need, werf

GREETING = 'good morning from weft'
DOCKERFILE = SHELL + f'''ENV GREETING="{GREETING}"
RUN mkdir -p /srv/data && echo kept > /srv/data/kept && echo gone > /srv/data/gone && chmod 4755 /srv/data/kept
RUN rm /srv/data/gone && chown 12:34 /srv/data
WORKDIR /srv
ENTRYPOINT ["/bin/sh", "-c"]
CMD ["echo $GREETING; cat data/kept; ls data"]
'''
SAID = [GREETING, 'kept', 'kept']


def published(world):
    """A registry and the tag of an image in it, with the base once unstaged and once staged."""
    registry = world.registry()
    project = world.project({
        'busybox': busybox(), 'Dockerfile': DOCKERFILE,
        'werf.yaml': werf(image('app'), image('staged', staged=True))})
    repo = f'{registry.host}/shop'
    report = world.build(project, f'--repo={repo}').report
    return registry, [report['Images'][name]['DockerImageName'] for name in ('app', 'staged')]


def checked(*command, **options):
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, **options)
    assert answer.returncode == 0, f'{" ".join(command)}: {answer.returncode}\n{answer.stdout}\n{answer.stderr}'
    return answer.stdout


def test_skopeo_copies_to_oci(world):
    skopeo = need('skopeo')
    _, names = published(world)
    for number, name in enumerate(names):
        layout = world.path(f'layout-{number}')
        checked(skopeo, 'copy', '--insecure-policy', '--src-tls-verify=false', f'docker://{name}', f'oci:{layout}:x')
        found = json.loads(checked(skopeo, 'inspect', '--config', f'oci:{layout}:x'))
        assert f'GREETING={GREETING}' in found['config']['Env'], found
        assert found['config']['Labels']['werf'] == 'shop', found
        assert len(found['rootfs']['diff_ids']) == len([h for h in found['history'] if not h.get('empty_layer')]), found


def test_buildah_runs_the_image(world):
    buildah = need('buildah')
    _, names = published(world)
    place = ['--root', world.path('buildah'), '--runroot', world.path('buildah-run'), '--storage-driver', 'vfs']
    environment = {**os.environ, 'BUILDAH_ISOLATION': 'chroot', 'TMPDIR': world.folder}
    for name in names:
        container = checked(
            buildah, *place, 'from', '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024', '--tls-verify=false',
            name, env=environment).strip()
        said = checked(
            buildah, *place, 'run', '--isolation=chroot', container, '--', '/bin/sh', '-c',
            'echo $GREETING; cat data/kept; ls data', env=environment)
        assert said.split('\n')[:3] == SAID, said
        checked(buildah, *place, 'rm', container, env=environment)


class Docker:
    """A dockerd of its own: no bridge, no rules, every folder in the test's."""

    def __init__(self, world, *options, inside=()):
        self.options, self.inside = options, inside
        self.client = need('/usr/bin/docker')
        self.daemon = need('/usr/sbin/dockerd')
        need('containerd', 'runc')
        self.folder = world.path('docker')
        os.makedirs(self.folder)
        # A socket's path has at most 107 bytes.
        self.socket = f'unix://{self.folder}/socket'
        self.process = None

    def start(self):
        log = open(self.folder + '/log', 'ab')
        words = [
            'dockerd', f'--data-root={self.folder}/data', f'--exec-root={self.folder}/exec',
            f'--pidfile={self.folder}/pid', f'--host={self.socket}', '--iptables=false', '--ip6tables=false',
            '--bridge=none', '--storage-driver=vfs', '--config-file=/dev/null/none', '--exec-opt=native.cgroupdriver=cgroupfs', *self.options]
        words = [word for word in words if not word.startswith('--config-file')]
        # What the daemon mounts goes with its namespace.
        self.process = subprocess.Popen(
            [*self.inside, 'unshare', '--mount', '--propagation', 'slave', self.daemon, *words[1:]], stdout=log, stderr=log,
            stdin=subprocess.DEVNULL)
        wait_until(self.answers, f'dockerd, see {self.folder}/log: {open(self.folder + "/log").read()[-2000:]}', 60)

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError('dockerd ended: ' + open(self.folder + '/log').read()[-3000:])
        return subprocess.run([self.client, '-H', self.socket, 'version'], capture_output=True).returncode == 0

    def stop(self):
        if not self.process:
            return
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __call__(self, *arguments):
        return checked(self.client, '-H', self.socket, *arguments)


def test_docker_pulls_and_runs(world):
    docker = Docker(world)
    _, names = published(world)
    world.services.append(docker)
    docker.start()
    for name in names:
        docker('pull', '--quiet', name)
        said = docker('run', '--rm', '--network=none', name)
        assert said.split('\n')[:3] == SAID, said
        said = docker('run', '--rm', '--network=none', name, 'stat -c "%a %u:%g" data data/kept; test ! -e data/gone && echo none')
        assert said.split('\n')[:3] == ['755 12:34', '4755 0:0', 'none'], said
