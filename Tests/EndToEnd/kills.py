"""kill -9 at random moments: the next weft cleans up, and the build ends with the images of one that was not disturbed."""
import os, signal, time
from images import diff_ids, files, push_shell
from services import wait_until
from traces import areas, assert_clean, mounts, traces
from two_builds import assert_once
from world import busybox, finish, image, werf

KILLS = 20
KILLS_PER_VERSION = 5

# Steps give the same bytes whenever they run.
SLOW = '''FROM {base}
COPY version /srv/version
RUN sleep 0.3; seq 1 200000 > /srv/{name}-one; touch -d @1000 /srv/{name}-one /srv
RUN --mount=type=cache,target=/cache date > /cache/seen; sleep 0.3; mkdir /srv/{name}; ln -s ../version /srv/{name}/link; touch -h -d @1000 /srv/{name}/link; touch -d @1000 /srv/{name} /srv
RUN sleep 0.3; cat /srv/version /srv/{name}-one | sha256sum > /srv/{name}/sum; touch -d @1000 /srv/{name}/sum /srv/{name} /srv
ENV LAST={name}
'''


def project(world, base):
    files = {f'Dockerfile.{name}': SLOW.format(name=name, base=base) for name in 'ab'}
    files['Dockerfile.c'] = 'ARG A\nFROM $A\nRUN sleep 0.2; cp /srv/a/sum /srv/sum; rm /srv/version\n'
    files['version'] = '0'
    files['werf.yaml'] = werf(
        image('a', dockerfile='Dockerfile.a', staged=True), image('b', dockerfile='Dockerfile.b'),
        image('c', dockerfile='Dockerfile.c', dependencies=[
            {'image': 'a', 'imports': [{'type': 'ImageName', 'targetBuildArg': 'A'}]}]))
    return world.project(files)


def content(registry, repository, report):
    """What images are, without times of publication."""
    found = {}
    for name, value in report['Images'].items():
        tag = value['DockerTag']
        found[name] = (tag.split('-')[0], diff_ids(registry, repository, tag), files(registry, repository, tag),
                       registry.config(repository, tag)['config'].get('Env'))
    return found


def assert_same(found, wanted):
    for name in wanted:
        for part, have, want in zip(('digest', 'diff ids', 'files', 'Env'), found[name], wanted[name]):
            # c is built on a's stage id, which is another in every repo; what it removes bears the time of that.
            if name != 'c' or part == 'files':
                assert have == want, f'{name} has other {part}: {have} instead of {want}'


def test_killed_builds_end_with_the_same_images(world):
    registry = world.registry()
    ours = project(world, push_shell(registry, busybox()))
    repo, states = f'{registry.host}/shop', set()
    before = {}
    for version in range(KILLS // KILLS_PER_VERSION):
        ours.write({'version': str(version)})
        ours.commit()
        reference = world.build(ours, f'--repo={registry.host}/reference', store=world.path('reference'))
        for _ in range(KILLS_PER_VERSION):
            process = world.start(ours, 'build', f'--repo={repo}')
            time.sleep(world.random.uniform(0, reference.seconds))
            process.kill()
            process.communicate()
            states |= set(areas(world.store))
            assert not mounts(world.folder), f'mounts outlive weft: {mounts(world.folder)}'
        run = world.build(ours, f'--repo={repo}')
        assert_same(content(registry, 'shop', run.report), content(registry, 'reference', reference.report))
        assert_clean(world, stores=[world.store, world.path('reference')], states=states)
        assert_once(registry.stages('shop'))
        after = registry.digests('shop')
        assert before.items() <= after.items(), 'a tag was overwritten or went away'
        before = after
    assert len(states) > 1, 'no run was killed while it worked'


def test_a_step_of_a_killed_weft_is_ended_by_the_next(world):
    registry = world.registry()
    base = push_shell(registry, busybox())
    slow = world.project({'Dockerfile': f'FROM {base}\nRUN echo $((6 * 7)) is said; sleep 1000\n', 'werf.yaml': werf(image('app'))})
    quick = world.project(
        {'Dockerfile': f'FROM {base}\nRUN echo done > /done\n', 'werf.yaml': werf(image('app'))}, folder='quick')
    process = world.start(slow, 'build')
    while '42 is said' not in (line := process.stdout.readline()):
        assert line, process.communicate()
    states = areas(world.store)
    process.kill()
    process.communicate()
    assert any(line.startswith('process') for line in traces(world)), 'the step should still run: nothing to clean up'
    world.build(quick)
    assert_clean(world, states=states)
