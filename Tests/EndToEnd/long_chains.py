"""Dockerfiles far longer than anybody writes."""
from images import push_shell
from world import SHELL, busybox, image, werf

LAYERS = 600  # the kernel stacks 500
VARIABLES = 10_000


def test_more_layers_than_the_kernel_stacks(world):
    lines = []
    for number in range(LAYERS // 2):
        lines += [f'COPY word /copy/{number}', f'RUN echo {number} > /run-{number % 20}']
    registry = world.registry()
    base = push_shell(registry, busybox())
    project = world.project({
        'word': 'x', 'werf.yaml': werf(image('app')),
        'Dockerfile': f'FROM {base}\n' + '\n'.join(lines) + '\nRUN ls /copy | wc -l > /count; cat /run-* | sort -n | head -1 >> /count\n'})
    repo = f'--repo={registry.host}/shop'
    world.weft(project, 'build', repo, timeout=600)
    for store in (world.store, world.path('store-b')):
        said = world.weft(project, 'run', 'app', repo, '--', 'cat', '/count', store=store, timeout=300).output
        assert said.split() == [str(LAYERS // 2), str(LAYERS // 2 - 20)], said


def test_many_variables(world):
    for name, more in (('plain', {}), ('staged', {'staged': True})):
        count = VARIABLES if name == 'plain' else 300
        lines = '\n'.join(f'ENV V{number}=${{V{number - 1}:-0}}' if number % 100 else f'ENV V{number}={number}' for number in range(count))
        project = world.project({
            'busybox': busybox(), 'Dockerfile': SHELL + lines + '\n', 'werf.yaml': werf(image('app', **more))}, folder=name)
        world.weft(project, 'build', timeout=300)
        said = world.weft(project, 'run', 'app', '--', 'sh', '-c', f'echo $V{count - 1}', store=world.store).output
        assert said.strip() == str((count - 1) // 100 * 100), said
