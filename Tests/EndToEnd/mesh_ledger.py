"""Publications agreed on by a mesh's voters: two builds of one stage end with one of them, whoever dies meanwhile."""
import json, os, signal, time
from images import push_shell
from mesh_world import CLIENT, Mesh, built_by
from services import wait_until
from two_builds import assert_equal, assert_once
from world import busybox, finish, image, long, werf

OTHER = 'other'
INIT_SECONDS = 60
# What each run writes is another.
STEPS = '''ARG BASE
FROM $BASE
WORKDIR /srv
RUN sleep {pause}; cat /proc/sys/kernel/random/uuid > one
RUN sleep {pause}; cat one /proc/sys/kernel/random/uuid > two
COPY word word
RUN cat word one two /proc/sys/kernel/random/uuid > three
'''


def project(world, base, pause=0.2):
    files = {'Dockerfile': STEPS.format(pause=pause), 'word': 'first\n',
             'Dockerfile.late': 'ARG APP\nFROM $APP\nRUN sleep 0.1; cat one two three > all\n'}
    files['werf.yaml'] = werf(
        image('app', args={'BASE': base}, staged=True), image('plain', args={'BASE': base}),
        image('late', dockerfile='Dockerfile.late', dependencies=[
            {'image': 'app', 'imports': [{'type': 'ImageName', 'targetBuildArg': 'APP'}]}]))
    return world.project(files)


def with_ledger(world, names='abc', voters='abc', **settings):
    """A mesh with a ledger that was made, and two clients of classes that share nothing."""
    mesh = Mesh(world, names, voters=voters, clients={CLIENT: 'default', OTHER: 'second'}, classes=[
        {'name': 'default', 'publish': ['**']}, {'name': 'second', 'publish': ['**']}, {'name': 'reader'}], **settings)
    made = mesh.weft('mesh', 'ledger', 'init', timeout=INIT_SECONDS + 10)
    assert made.code == 0 and 'is made' in made.output, made
    return mesh


def clients(mesh):
    return [mesh.flags(), mesh.flags(client=OTHER, **{'class': 'second'})]


def start_both(mesh, ours, repo, *flags):
    """A build of each client, with a store and locks of its own."""
    runs = []
    for number, client in enumerate(clients(mesh)):
        path = mesh.world.path(f'both-{number}-{mesh.world.random.randrange(1 << 30):x}.json')
        runs.append((path, mesh.start_build(
            ours, f'--repo={repo}', '--insecure-registry', '--save-build-report', f'--build-report-path={path}', *flags, mesh=client,
            store=mesh.world.path(f'store-{number}'), home=mesh.world.path(f'home-{number}'))))
    return runs


def reports_of(runs):
    ends = [(path, finish(process)) for path, process in runs]
    for _, run in ends:
        assert run.code == 0, run
    return [json.load(open(path)) for path, _ in ends], [run for _, run in ends]


def assert_in_registry(registry, report):
    for value in report['Images'].values():
        status = registry.request('GET', f'/v2/shop/manifests/{value["DockerTag"]}', Accept='*/*')[0]
        assert status == 200, f'{value["DockerTag"]} is not in the registry: {status}'


def leader(mesh):
    found = [name for name, row in mesh.status().items() if row['ledger'] == 'leader']
    return found[0] if found else None


def test_two_builds_publish_once(world):
    """Their classes share no results, so each has other bytes for every stage."""
    mesh = with_ledger(world)
    registry = mesh.registry()
    ours = project(world, push_shell(registry, busybox()))
    repo = f'{registry.host}/shop'
    for word in range(3):
        ours.write({'word': f'{word}\n'})
        ours.commit()
        reports, runs = reports_of(start_both(mesh, ours, repo))
        assert_equal(reports)
        assert_once(registry.stages('shop'))
        assert_in_registry(registry, reports[0])
        assert any('with other contents' in run.all for run in runs), 'no build says that it took the other\'s bytes'
    rows = json.loads(mesh.weft('mesh', 'ledger', 'show', repo, '--json').output)
    assert {row['state'] for row in rows} == {'tagged'}, rows
    assert {row['publisher'] for row in rows} <= {CLIENT, OTHER} and {row['class'] for row in rows} <= {'default', 'second'}, rows
    named = {value['DockerTag'] for report in reports for value in report['Images'].values()}
    assert named <= {row['stage'] for row in rows}, f'not all images are in the ledger: {named}'
    one = mesh.weft('mesh', 'ledger', 'show', repo, rows[0]['stage'])
    assert rows[0]['manifest'] in one.output, one
    assert repo in mesh.weft('mesh', 'ledger', 'show').output


def test_the_leader_is_killed_meanwhile(world):
    mesh = with_ledger(world)
    registry = mesh.registry()
    ours = project(world, push_shell(registry, busybox()), pause=1)
    runs = start_both(mesh, ours, f'{registry.host}/shop')
    wait_until(lambda: any('a stage runs' in node.log for node in mesh.nodes.values()), 'a stage that runs')
    wait_until(lambda: leader(mesh), 'a leader')
    killed = leader(mesh)
    mesh[killed].kill()
    reports, _ = reports_of(runs)
    assert_equal(reports)
    assert_once(registry.stages('shop'))
    assert_in_registry(registry, reports[0])
    wait_until(lambda: leader(mesh) not in (None, killed), 'another leader')
    # It comes back, and has what it missed.
    mesh[killed].start()
    wait_until(lambda: mesh.status().get(killed, {}).get('ledger') in ('voter', 'leader'), f'{killed} votes again', 30)


def test_without_a_majority_publishing_waits(world):
    mesh = with_ledger(world, names='abcd')
    registry = mesh.registry()
    ours = project(world, push_shell(registry, busybox()))
    repo = [f'--repo={registry.host}/shop', '--insecure-registry']
    for name in 'ab':
        mesh[name].kill()
    store = world.path('store-kept')
    failed = world.fails(
        ours, 'build', 'plain', *mesh.flags(via='cd'), *repo, '--publish-timeout=4s', says=['publishing waits', 'can\'t be asked', '4 s'],
        store=store)
    assert 'Building stage plain/RUN5' in failed.all, f'nothing was built meanwhile: {failed}'
    assert not registry.stages('shop'), registry.stages('shop')
    # What was built is kept: the next build only publishes, as soon as there is a majority again.
    process = mesh.start_build(ours, 'plain', *repo, mesh=mesh.flags(via='cd'), store=store)
    time.sleep(3)
    assert process.poll() is None, finish(process)
    mesh['a'].start()
    run = finish(process)
    assert run.code == 0 and 'publishing goes on' in run.all, run
    assert sum(built_by(run).values()) == 0, f'stages were built again: {run}'
    assert_once(registry.stages('shop'))


def test_who_may_not_publish_is_refused(world):
    mesh = with_ledger(world)
    registry = mesh.registry()
    ours = project(world, push_shell(registry, busybox()))
    repo = [f'--repo={registry.host}/shop', '--insecure-registry']
    mesh.ca('issue', 'client', 'guest=reader')
    reader = mesh.flags(client='guest', **{'class': 'reader'})
    world.fails(ours, 'build', 'plain', *reader, *repo, says=['may not publish', 'reader'])
    assert not registry.stages('shop'), registry.stages('shop')
    # Another class's name in the config is none in the certificate.
    world.fails(ours, 'build', 'plain', *mesh.flags(client='guest'), *repo, says='has reader')
    # What others published it may use.
    mesh.build(ours, 'plain', *repo, store=world.path('store-other'))
    mesh.build(ours, 'plain', *repo, mesh=reader, store=world.path('store-reader'))


def test_a_repo_has_one_ledger(world):
    mesh = with_ledger(world)
    registry = mesh.registry()
    ours = project(world, push_shell(registry, busybox()))
    repo = [f'--repo={registry.host}/shop', '--insecure-registry']
    # What was there before the ledger is taken in when it is built on.
    before = world.build(ours, 'app', *repo, store=world.path('store-before'))
    mesh.build(ours, *repo)
    rows = {row['stage']: row for row in json.loads(mesh.weft('mesh', 'ledger', 'show', repo[0][7:], '--json').output)}
    old = rows.get(before.report['Images']['app']['DockerTag'])
    assert old is None or old['origin'] == 'tag', old
    assert any(row['origin'] == 'proposal' for row in rows.values()), rows
    # Who knows nothing of the mesh may use what is there, and publishes nothing.
    world.build(ours, *repo, store=world.path('store-alone'))
    ours.write({'word': 'second\n'})
    ours.commit()
    world.fails(ours, 'build', *repo, says=['published to by a mesh', '--mesh'], store=world.path('store-alone'))


def test_a_ledger_that_was_not_made(world):
    mesh = Mesh(world, voters='abc')
    registry = mesh.registry()
    ours = project(world, push_shell(registry, busybox()))
    repo = [f'--repo={registry.host}/shop', '--insecure-registry']
    wait_until(lambda: {row['ledger'] for row in mesh.status().values()} == {'not made'}, 'voters that agree', 30)
    world.fails(ours, 'build', 'plain', *mesh.flags(), *repo, says='weft mesh ledger init')
    first = mesh.weft('mesh', 'ledger', 'init', timeout=INIT_SECONDS + 10)
    again = mesh.weft('mesh', 'ledger', 'init')
    assert first.code == 0 and again.code == 0 and 'made before' in again.output, (first, again)
    assert first.output.split()[-1] == again.output.split()[-1], (first, again)
    mesh.build(ours, 'plain', *repo)
    # All die at once, and come back with what was published.
    for node in mesh.nodes.values():
        node.kill()
    mesh.start()
    wait_until(lambda: leader(mesh), 'a leader', 30)
    shown = mesh.weft('mesh', 'ledger', 'show', repo[0][7:])
    assert 'tagged' in shown.output, shown
    ours.write({'word': 'after\n'})
    ours.commit()
    mesh.build(ours, 'plain', *repo)


def test_a_voter_without_its_data_does_not_begin_anew(world):
    mesh = with_ledger(world)
    mesh['a'].stop()
    os.system(f'rm -rf {mesh["a"].store}/ledger/etcd')
    mesh['a'].start()
    wait_until(lambda: 'voter replace a' in mesh['a'].log, 'a word of how to go on')
    assert mesh.status()['a']['ledger'] == 'down'
    assert leader(mesh) in ('b', 'c')
