"""Mistakes of users: each is a sentence that names what and where, in bounded time, and never a crash."""
import os, socket, subprocess
from images import push_shell
from services import free_port
from traces import assert_clean
from world import SHELL, Project, busybox, image, werf

SIMPLE = 'FROM scratch\nCOPY word /\n'


def simple(world, **files):
    return world.project({'Dockerfile': SIMPLE, 'word': 'x', 'werf.yaml': werf(image('app')), **files})


class Bare:
    """A folder that is no repository."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder)


def test_no_git_repository(world):
    bare = Bare(world.path('bare'))
    with open(bare.folder + '/werf.yaml', 'w') as file:
        file.write(werf(image('app')))
    world.fails(bare, 'build', says='git')


def test_no_commit(world):
    bare = Bare(world.path('bare'))
    subprocess.run(['git', 'init', '-q'], cwd=bare.folder, check=True)
    world.fails(bare, 'build', says='commit')


def test_no_configuration(world):
    project = world.project({'Dockerfile': SIMPLE})
    world.fails(project, 'build', says='werf.yaml')


def test_no_such_image(world):
    project = simple(world)
    world.fails(project, 'build', 'aqq', says='aqq')
    world.fails(project, 'build', 'none/*', says='none/*')
    world.fails(project, 'run', 'aqq', says='aqq')


def test_images_that_need_each_other(world):
    def needs(name):
        return [{'image': name, 'imports': [{'type': 'ImageName', 'targetBuildArg': 'X'}]}]
    project = simple(world, **{'werf.yaml': werf(
        image('one', dependencies=needs('two')), image('two', dependencies=needs('three')),
        image('three', dependencies=needs('one')))})
    world.fails(project, 'build', says=['one', 'two', 'three'])


def test_no_dockerfile(world):
    project = simple(world, **{'werf.yaml': werf(image('app', dockerfile='deploy/Dockerfile'))})
    world.fails(project, 'build', says='deploy/Dockerfile')


def test_a_bad_instruction_is_placed(world):
    project = simple(world, Dockerfile='FROM scratch\nCOPY word /\nRUM true\n')
    world.fails(project, 'build', says=['Dockerfile:3', 'RUM'])


def test_a_bad_configuration_is_placed(world):
    project = simple(world, **{'werf.yaml': 'configVersion: 1\nproject: shop\n---\nimage: app\ndockerfil: Dockerfile\n'})
    world.fails(project, 'build', says=['werf.yaml', 'dockerfil'])
    project.write({'werf.yaml': 'configVersion: 1\nproject: shop\n---\nimage: {{ .Nothing.There }\n'})
    project.commit()
    world.fails(project, 'build', says='werf.yaml')


def test_no_such_base_image(world):
    registry = world.registry()
    for name, said in ((f'{registry.host}/none:1', f'{registry.host}/none'), (f'{registry.host}/UPPER:1', 'UPPER')):
        project = world.project({'Dockerfile': f'FROM {name}\nRUN true\n', 'werf.yaml': werf(image('app'))},
                                folder=said.rsplit('/')[-1])
        world.fails(project, 'build', says=said)


def test_a_registry_that_refuses_connections(world):
    port = free_port()
    project = world.project({'Dockerfile': f'FROM localhost:{port}/base:1\nRUN true\n', 'werf.yaml': werf(image('app'))})
    world.fails(project, 'build', says=f'localhost:{port}', timeout=60)


def test_a_registry_that_never_answers(world):
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        listener.listen(64)
        port = listener.getsockname()[1]
        project = world.project({'Dockerfile': f'FROM localhost:{port}/base:1\nRUN true\n', 'werf.yaml': werf(image('app'))})
        process = world.start(project, 'build')
        try:
            output, errors = process.communicate(timeout=300)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise AssertionError('a silent registry is waited for without end')
        assert process.returncode == 1 and f'localhost:{port}' in errors, errors


def test_a_command_that_fails(world):
    project = world.project({
        'busybox': busybox(), 'Dockerfile': SHELL + 'RUN echo last words; exit 3\nRUN touch /never\n', 'werf.yaml': werf(image('app'))})
    world.fails(project, 'build', says=['exit code 3', 'Dockerfile:4', 'last words'])
    project.write({'Dockerfile': SHELL + "RUN sh -c 'kill -9 $$'; exit $?\n"})
    project.commit()
    world.fails(project, 'build', says=['Dockerfile:4', 'signal 9'])
    project.write({'Dockerfile': SHELL + 'RUN ["/bin/none", "x"]\n'})
    project.commit()
    world.fails(project, 'build', says=['/bin/none', 'Dockerfile:4'])
    assert_clean(world)


def test_other_images_finish_when_one_fails(world):
    project = world.project({
        'busybox': busybox(), 'bad': SHELL + 'RUN exit 1\n', 'good': SHELL + 'RUN sleep 1; echo good > /good\n',
        'werf.yaml': werf(image('bad', dockerfile='bad'), image('good', dockerfile='good'))})
    world.fails(project, 'build', says='bad:4')
    world.weft(project, 'build', 'good')


def test_missing_secrets(world):
    project = world.project({
        'busybox': busybox(), 'Dockerfile': SHELL + 'RUN --mount=type=secret,id=token,required=true cat /run/secrets/token\n',
        'werf.yaml': werf(image('app'))})
    world.fails(project, 'build', says=['token', 'Dockerfile:4'])


def test_secrets_are_looked_for_before_anything_is_built(world):
    project = world.project({
        'busybox': busybox(), 'Dockerfile': SHELL + 'RUN echo built > /made\n',
        'werf-giterminism.yaml': 'giterminismConfigVersion: 1\nconfig:\n  secrets:\n'
                                 '    allowFiles: ["**/*"]\n    allowEnvVariables: [TOKEN]\n',
        'werf.yaml': werf(image('free'), image('app', secrets=[{'env': 'TOKEN'}]),
                          image('other', secrets=[{'src': 'nowhere'}]))})
    for images, said in (([], ['TOKEN', 'werf.yaml:8']), (['other'], ['nowhere', 'werf.yaml:13']), (['app', 'free'], ['TOKEN'])):
        run = world.fails(project, 'build', *images, says=said)
        assert 'RUN' not in run.output, run
    world.weft(project, 'build', 'free')
    world.weft(project, 'build', 'app', env={'TOKEN': 'x'})


def test_images_that_are_not_built_do_not_matter(world):
    project = world.project({
        'busybox': busybox(), 'Dockerfile': SHELL, 'with': 'ARG X\n' + SHELL,
        'werf.yaml': werf(image('base'), image('app', dockerfile='with', dependencies=[
            {'image': 'base', 'imports': [{'type': 'ImageDigest', 'targetBuildArg': 'X'}]}]))})
    world.weft(project, 'build', 'base')
    for images in ([], ['app']):
        world.fails(project, 'build', *images, says=['ImageDigest', '--repo'])


def test_flags_as_werf_takes_them(world):
    project = simple(world)
    run = world.build(project, '--parallel=false', '--log-pretty=false', '--dev=true', '-N', 'other')
    assert run.report['Images']['app']['DockerRepo'].startswith('other'), run.report
    world.weft(project, 'build', '--dev=false', env={'WERF_DEV': '1'})
    world.fails(project, 'build', '-N', 'UPPER', says=['--project-name', 'UPPER'])
    world.fails(project, 'build', env={'WERF_STAGED_DOCKERFILE_VERSION': '2'}, says=['v1', 'v2'])
    home = world.path('werf-home')
    os.makedirs(home)
    project.write({'word': 'y'})
    project.commit()
    world.weft(project, 'build', env={'WERF_HOME': home})
    assert os.path.isdir(home + '/service/locks'), 'WERF_HOME goes before --home-dir'


def test_secrets_are_used_and_not_kept(world):
    secret = 'tell-nobody-4711'
    registry = world.registry()
    project = world.project({
        'busybox': busybox(), 'token': secret,
        'Dockerfile': SHELL.replace('COPY', 'COPY --link') + 'RUN --mount=type=secret,id=token cat /run/secrets/token && wc -c < /run/secrets/token > /size\n',
        '.dockerignore': 'token\n', 'werf-giterminism.yaml': 'giterminismConfigVersion: 1\nconfig:\n  secrets:\n    allowFiles: ["**/*"]\n',
        'werf.yaml': werf(image('app', secrets=[{'id': 'token', 'src': 'token'}]))})
    run = world.build(project, f'--repo={registry.host}/shop', '--log-debug')
    assert secret not in run.all, 'the secret is printed'
    found = subprocess.run(['grep', '-rl', secret, world.store, registry.folder], capture_output=True, text=True).stdout
    assert not found, f'the secret is kept in {found}'
    said = world.weft(project, 'run', 'app', f'--repo={registry.host}/shop', '--', 'cat', '/size').output
    assert said.strip() == str(len(secret)), said


def test_what_is_not_there_yet_is_said(world):
    project = simple(world)
    world.fails(project, 'build', '--synchronization=http://localhost:1', says='--synchronization')
    world.fails(project, 'build', '--repo=UPPER/Case', says='UPPER/Case')
    world.fails(project, 'build', '--no-such-flag', says='no-such-flag')
    world.fails(project, 'build', '--parallel-tasks-limit=many', says='many')
    world.fails(project, 'build', store='/proc/nothing', says='/proc/nothing')
