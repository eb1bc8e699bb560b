"""What is built again and what is not, giterminism, reports and what is printed."""
import json, os, pty, re, subprocess
from world import SHELL, busybox, finish, image, werf

DOCKERFILE = SHELL + '''COPY {file} /{file}
RUN echo made-from-$(cat /{file}) > /made && echo runs-{file}
'''
ESCAPE = '\x1b'


def two_images(world, **more):
    """`one` and `two` have a file each, and their own contexts."""
    return world.project({
        'one/busybox': busybox(), 'two/busybox': busybox(), 'one/one': '1', 'two/two': '2',
        'one/Dockerfile': DOCKERFILE.format(file='one'), 'two/Dockerfile': DOCKERFILE.format(file='two'),
        'werf.yaml': werf(image('one', context='one', **more), image('two', context='two', **more))})


def places(world):
    yield 'local', []
    yield 'registry', [f'--repo={world.registry().host}/shop']


def check_only_dependents(world, **more):
    for place, flags in places(world):
        project = two_images(world, **more) if not os.path.exists(world.path('shop')) else project  # noqa: F821
        first = world.build(project, *flags, store=world.path('store-' + place))
        assert all(value['Rebuilt'] for value in first.report['Images'].values()), first.report
        second = world.build(project, *flags, store=world.path('store-' + place))
        names = {name: value['DockerImageName'] for name, value in first.report['Images'].items()}
        assert {name: value['DockerImageName'] for name, value in second.report['Images'].items()} == names
        assert not any(value['Rebuilt'] for value in second.report['Images'].values()), second.report
        assert 'runs-one' not in second.output and 'runs-two' not in second.output, second
        project.write({'one/one': project.git('rev-parse', 'HEAD')})
        project.commit()
        third = world.build(project, *flags, store=world.path('store-' + place))
        rebuilt = {name: value['Rebuilt'] for name, value in third.report['Images'].items()}
        assert rebuilt == {'one': True, 'two': False}, rebuilt
        assert third.report['Images']['two']['DockerImageName'] == names['two']
        assert 'runs-one' in third.output and 'runs-two' not in third.output, third
        assert world.weft(project, 'run', 'one', *flags, '--', 'cat', '/made', store=world.path('store-' + place)
                          ).output.startswith('made-from-'), 'the new content is not in the image'


def test_only_dependents_are_rebuilt(world):
    check_only_dependents(world)


def test_only_dependents_are_rebuilt_of_staged_images(world):
    check_only_dependents(world, staged=True)


def test_another_store_reuses_what_a_registry_has(world):
    flags = [f'--repo={world.registry().host}/shop']
    project = two_images(world)
    first = world.build(project, *flags)
    second = world.build(project, *flags, store=world.path('store-b'))
    assert not any(value['Rebuilt'] for value in second.report['Images'].values()), second.report
    assert [value['DockerImageName'] for value in first.report['Images'].values()] \
        == [value['DockerImageName'] for value in second.report['Images'].values()]
    said = world.weft(project, 'run', 'two', *flags, '--', 'cat', '/made', store=world.path('store-b')).output
    assert said == 'made-from-2\n', said


def test_uncommitted_files(world):
    project = two_images(world)
    world.build(project)
    project.write({'one/one': 'changed', 'two/new': 'not used'})
    world.fails(project, 'build', 'one', says='one/one')
    world.weft(project, 'build', 'two')
    run = world.build(project, '--loose-giterminism')
    assert not any(value['Rebuilt'] for value in run.report['Images'].values()), 'the context is the commit\'s'
    run = world.build(project, '--dev')
    rebuilt = {name: value['Rebuilt'] for name, value in run.report['Images'].items()}
    assert rebuilt == {'one': True, 'two': False}, rebuilt
    said = world.weft(project, 'run', 'one', '--dev', '--', 'cat', '/made').output
    assert said == 'made-from-changed\n', said
    assert project.git('log', '--format=%s').strip() == 'Change', 'weft has committed to the branch'
    assert 'one/one' in project.git('status', '--porcelain'), 'weft has changed the work tree'


def test_an_uncommitted_file_of_the_context_is_named(world):
    project = world.project({
        'busybox': busybox(), 'Dockerfile': SHELL + 'COPY . /all\n', 'werf.yaml': werf(image('app'))})
    world.build(project)
    project.write({'folder/a file': 'x'})
    world.fails(project, 'build', says='folder/a file')
    project.write({'.gitignore': 'folder\n'})
    world.fails(project, 'build', says='.gitignore')
    project.commit()
    world.build(project)


def test_build_reports(world):
    registry = world.registry()
    project = two_images(world, staged=True)
    repo = f'{registry.host}/shop'
    run = world.build(project, f'--repo={repo}')
    assert set(run.report) >= {'Images', 'ImagesByPlatform'}, run.report.keys()
    for name, value in run.report['Images'].items():
        tag = value['DockerTag']
        assert value['WerfImageName'] == name and value['DockerRepo'] == repo, value
        assert value['DockerImageName'] == f'{repo}:{tag}' and re.fullmatch('[0-9a-f]{56}-[0-9]{13}', tag), value
        manifest, digest = registry.manifest('shop', tag)
        assert value['DockerImageID'] == manifest['config']['digest'], value
        assert value['DockerImageDigest'] == digest, value
        assert value['Rebuilt'] is True and value['Stages'], value
        assert value['Size'] == sum(layer['size'] for layer in manifest['layers']), value
    path = world.path('report.env')
    world.weft(project, 'build', f'--repo={repo}', '--save-build-report', f'--build-report-path={path}')
    lines = open(path).read().splitlines()
    assert f'WERF_ONE_DOCKER_IMAGE_NAME={run.report["Images"]["one"]["DockerImageName"]}' in lines, lines
    assert f'WERF_TWO_DOCKER_IMAGE_NAME={run.report["Images"]["two"]["DockerImageName"]}' in lines, lines
    world.weft(project, 'build', f'--repo={repo}', '--save-build-report', env={'WERF_DIR': project.folder})
    assert json.load(open(project.folder + '/.werf-build-report.json'))['Images'].keys() == {'one', 'two'}
    world.fails(project, 'build', '--save-build-report', '--build-report-path=x.txt', says='x.txt')
    world.fails(project, 'build', '--save-build-report', '--build-report-path=/nowhere/x.json', says='/nowhere/x.json')


def test_quiet_prints_errors_only(world):
    project = two_images(world)
    run = world.weft(project, 'build', '--log-quiet')
    assert run.all == '', run
    project.write({'one/Dockerfile': DOCKERFILE.format(file='one') + 'RUN echo a-last-word; exit 7\n'})
    project.commit()
    run = world.fails(project, 'build', '--log-quiet', says=['exit code 7', 'one/Dockerfile:6'])
    assert run.output == '', run


def test_colours_only_on_terminals_that_want_them(world):
    project = two_images(world)
    assert ESCAPE not in world.weft(project, 'build').all
    assert ESCAPE in world.weft(project, 'build', '--log-color-mode=on').all
    assert ESCAPE not in world.weft(project, 'build', '--log-color-mode=off').all
    assert ESCAPE + '[3' in on_terminal(world, project, {})
    shown = on_terminal(world, project, {'NO_COLOR': '1'})
    assert not re.search(ESCAPE + r'\[[0-9;]*m', shown), shown[-500:]
    assert ESCAPE not in on_terminal(world, project, {'NO_COLOR': '1', 'WERF_LOG_PRETTY': '0'})


def on_terminal(world, project, extra):
    """What a build writes to a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        world.command('build'), cwd=project.folder, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
        env=world.environment(TERM='xterm-256color', **extra))
    os.close(theirs)
    shown = b''
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
    os.close(ours)
    assert process.wait() == 0, shown.decode(errors='replace')
    return shown.decode(errors='replace')
