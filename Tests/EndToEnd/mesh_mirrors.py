"""Nodes as mirrors of registries: what one fetched, all have, whether the registry still answers or not."""
import json, os, subprocess, time
from images import HandMade, entry, push_shell, tar
from mesh_world import NOWHERE, Mesh, ip
from other_tools import Docker
from services import wait_until
from world import busybox, need

LISTEN = '127.0.0.1:5080'
MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json'
BIG_BYTES = 6_000_000


def mirror(world, names='ab', allow=('team/**',), upstream='base.example'):
    """A mesh before a docker-registry, and that."""
    mesh = Mesh(world, names, start=False)
    registry = mesh.registry()
    for node in mesh.nodes.values():
        node.settings = {'registry': {'listen': LISTEN, 'upstreams': [
            {'name': upstream, 'url': f'http://{registry.host}', 'allow': list(allow)}]}}
    mesh.start()
    return mesh, registry


def pull(mesh, name, image, layout):
    """skopeo beside a node; its exit code and what it said."""
    layout = mesh.world.path(layout)
    run = subprocess.run(
        [*mesh.inside(name), need('skopeo'), 'copy', '--insecure-policy', '--src-tls-verify=false', f'docker://{LISTEN}/{image}',
         f'oci:{layout}:x'], capture_output=True, text=True, timeout=60)
    return run.returncode, run.stdout + run.stderr


def got(mesh, name, image, layout):
    code, said = pull(mesh, name, image, layout)
    assert code == 0, said
    index = json.load(open(mesh.world.path(layout) + '/index.json'))
    return index['manifests'][0]['digest']


def test_what_one_node_fetched_all_have(world):
    mesh, registry = mirror(world)
    push_shell(registry, busybox(), 'team/base')
    first = got(mesh, 'a', 'base.example/team/base:1', 'first')
    came = sum(mesh.traffic('a'))
    again = got(mesh, 'a', 'base.example/team/base:1', 'again')
    assert again == first and sum(mesh.traffic('a')) - came < 200_000, 'what is there was fetched again'
    registry.stop()
    # The other one never saw it, and the registry is gone.
    assert got(mesh, 'b', 'base.example/team/base:1', 'other') == first


def test_a_tag_that_moves_is_seen(world):
    mesh, registry = mirror(world, 'a')
    push_shell(registry, busybox(), 'team/base')
    first = got(mesh, 'a', 'base.example/team/base:1', 'first')
    HandMade([tar([entry('news', b'x')])]).push(registry, 'team/base', '1')
    second = got(mesh, 'a', 'base.example/team/base:1', 'second')
    assert second != first
    registry.stop()
    assert got(mesh, 'a', 'base.example/team/base:1', 'third') == second, 'the last that was known is served'


def test_a_silent_registry_holds_nobody_up(world):
    """What is known is served; only the first question waits."""
    mesh, registry = mirror(world, 'a')
    push_shell(registry, busybox(), 'team/base')
    known = got(mesh, 'a', 'base.example/team/base:1', 'known')
    # Packets to it vanish: no answer, and no refusal either.
    ip('-n', mesh['a'].space, 'neigh', 'replace', registry.host.split(':')[0], 'lladdr', NOWHERE, 'nud', 'permanent', 'dev', 'eth0')
    assert got(mesh, 'a', 'base.example/team/base:1', 'first') == known
    start = time.monotonic()
    assert got(mesh, 'a', 'base.example/team/base:1', 'second') == known
    assert time.monotonic() - start < 5, f'{time.monotonic() - start:.1f} s'


def test_only_what_may_be_fetched(world):
    mesh, registry = mirror(world, 'a')
    for repository in ('team/base', 'secret/base'):
        push_shell(registry, busybox(), repository)
    for image in ('base.example/secret/base:1', 'other.example/team/base:1', 'team/base:1', 'base.example/team/none:1'):
        code, said = pull(mesh, 'a', image, 'nothing')
        assert code != 0 and ('manifest unknown' in said or 'name unknown' in said), f'{image}: {said}'
    assert got(mesh, 'a', 'base.example/team/base:1', 'good')


def test_repos_of_docker_hub_need_no_name_before_them(world):
    """As dockerd asks its mirrors."""
    mesh, registry = mirror(world, 'a', ['library/**'], upstream='docker.io')
    push_shell(registry, busybox(), 'library/base')
    short = got(mesh, 'a', 'library/base:1', 'short')
    assert short == got(mesh, 'a', 'docker.io/library/base:1', 'long')
    # As containerd does.
    answer = subprocess.run(
        [*mesh.inside('a'), need('curl'), '-sSf', f'http://{LISTEN}/v2/library/base/manifests/1?ns=docker.io'], capture_output=True)
    _, _, bytes_there = registry.request('GET', '/v2/library/base/manifests/1', Accept=MANIFEST_TYPE)
    assert answer.stdout == bytes_there, answer


def test_dockerd_pulls_through_a_node(world):
    """An image of Docker Hub, for all that docker knows."""
    mesh, registry = mirror(world, 'a', ['library/**'], upstream='docker.io')
    push_shell(registry, busybox(), 'library/base')
    docker = Docker(world, f'--registry-mirror=http://{LISTEN}', inside=mesh.inside('a'))
    world.services.append(docker)
    docker.start()
    docker('pull', '--quiet', 'base:1')
    assert 'hello' in docker('run', '--rm', '--network=none', 'base:1', '/bin/echo', 'hello')


def test_a_registry_that_ends_in_the_middle(world):
    """The rest comes when it is there again, and the beginning is not fetched twice."""
    mesh, registry = mirror(world, 'a')
    HandMade([tar([entry('big', os.urandom(BIG_BYTES))])]).push(registry, 'team/big', '1')
    mesh['a'].slow('16mbit')
    start = sum(mesh.traffic('a'))
    process = subprocess.Popen(
        [*mesh.inside('a'), need('skopeo'), 'copy', '--insecure-policy', '--src-tls-verify=false',
         f'docker://{LISTEN}/base.example/team/big:1', f'oci:{world.path("big")}:x'], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)
    wait_until(lambda: sum(mesh.traffic('a')) - start > BIG_BYTES // 3, 'a third of it', 30)
    registry.stop()
    registry.start()
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    moved = sum(mesh.traffic('a')) - start
    assert moved < 1.5 * BIG_BYTES, f'{moved} bytes for {BIG_BYTES}'
