"""Several builds at the same time on one host: each stage is published once, and everybody names the same one."""
import fcntl, json, os, time
from images import push_shell
from services import wait_until
from world import busybox, finish, image, werf

# `app` and `twin` share stages; `late` needs `app`.
STEPS = '''ARG BASE
FROM $BASE
WORKDIR /srv
RUN sleep 0.2; echo one > one
RUN sleep 0.2; echo two > two
COPY word word
RUN cat word > three
'''


def project(world, base):
    def one(name, **more):
        return image(name, args={'BASE': base}, **more)
    files = {'Dockerfile': STEPS, 'Dockerfile.twin': STEPS + 'RUN echo twin > twin\n', 'word': 'first\n',
             'Dockerfile.late': 'ARG APP\nFROM $APP\nRUN sleep 0.1; cat one two three > all\n'}
    files['werf.yaml'] = werf(
        one('app', staged=True), one('twin', dockerfile='Dockerfile.twin', staged=True), one('plain'),
        image('late', dockerfile='Dockerfile.late', dependencies=[
            {'image': 'app', 'imports': [{'type': 'ImageName', 'targetBuildArg': 'APP'}]}]))
    return world.project(files)


def build_at_once(world, project, repo, stores):
    """One build for each of `stores`, all started together; their reports."""
    runs = []
    for number, store in enumerate(stores):
        path = world.path(f'at-once-{number}.json')
        flags = [f'--repo={repo}'] if repo else []
        runs.append((path, world.start(
            project, 'build', *flags, '--save-build-report', f'--build-report-path={path}', store=store)))
    reports = []
    for path, process in runs:
        run = finish(process)
        assert run.code == 0, run
        reports.append(json.load(open(path)))
    return reports


def assert_equal(reports):
    names = [{name: value['DockerImageName'] for name, value in report['Images'].items()} for report in reports]
    assert all(each == names[0] for each in names), f'the builds name different images: {names}'


def assert_once(stages):
    assert stages, 'nothing was published'
    twice = {digest: tags for digest, tags in stages.items() if len(tags) > 1}
    assert not twice, f'published more than once: {twice}'


def rounds(world, stores, count=3):
    registry = world.registry()
    ours = project(world, push_shell(registry, busybox()))
    for number in range(count):
        ours.write({'word': f'round {number}\n'})
        ours.commit()
        reports = build_at_once(world, ours, f'{registry.host}/shop', stores)
        assert_equal(reports)
        assert_once(registry.stages('shop'))


def test_one_store(world):
    rounds(world, [world.store] * 2)


def test_stores_of_their_own(world):
    rounds(world, [world.path('store-a'), world.path('store-b')])


def test_four_at_once(world):
    rounds(world, [world.store, world.store, world.path('store-b'), world.path('store-c')], count=1)


def test_one_store_without_a_registry(world):
    registry = world.registry()
    ours = project(world, push_shell(registry, busybox()))
    assert_equal(build_at_once(world, ours, None, [world.store] * 3))
    tags = os.listdir(world.store + '/repos/shop/tags')
    stages = {}
    for tag in tags:
        stages.setdefault(tag.split('-')[0], []).append(tag)
    assert_once(stages)


def murmur(text):
    """MurmurHash3, x86, 32 bits, seed 0, as werf prints it."""
    data, state = text.encode(), 0
    for at in range(0, len(data) // 4 * 4, 4):
        word = int.from_bytes(data[at:at + 4], 'little') * 0xcc9e2d51 & 0xffffffff
        word = (word << 15 | word >> 17) & 0xffffffff
        state ^= word * 0x1b873593 & 0xffffffff
        state = ((state << 13 | state >> 19) * 5 + 0xe6546b64) & 0xffffffff
    tail = data[len(data) // 4 * 4:]
    if tail:
        word = int.from_bytes(tail, 'little') * 0xcc9e2d51 & 0xffffffff
        word = (word << 15 | word >> 17) & 0xffffffff
        state ^= word * 0x1b873593 & 0xffffffff
    state ^= len(data)
    for shift, factor in ((16, 0x85ebca6b), (13, 0xc2b2ae35)):
        state = (state ^ state >> shift) * factor & 0xffffffff
    return f'{state ^ state >> 16:x}'


def test_a_lock_held_by_werf_is_waited_for(world):
    assert (murmur('A'), murmur('da/ta'), murmur('backend')) == ('54dcf7ce', 'afa96f8', '27dba8ed')
    registry = world.registry()
    ours = project(world, push_shell(registry, busybox()))
    known = world.build(ours, 'plain', f'--repo={registry.host}/first', store=world.path('store-a'))
    digest = known.report['Images']['plain']['DockerTag'].split('-')[0]
    locks = world.path('home/service/locks')
    os.makedirs(locks, exist_ok=True)
    with open(f'{locks}/{murmur(f"shop.{digest}")}', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = world.start(ours, 'build', 'plain', f'--repo={registry.host}/shop')
        # Its blobs are there, its tag is what waits.
        uploads = f'{registry.folder}/data/docker/registry/v2/repositories/shop/_layers/sha256'
        wait_until(lambda: os.path.isdir(uploads) and len(os.listdir(uploads)) > 4, 'the layers in the registry')
        time.sleep(2)
        assert process.poll() is None, finish(process)
        assert digest not in registry.stages('shop'), 'published without the lock'
    run = finish(process)
    assert run.code == 0, run
    assert_once(registry.stages('shop'))
