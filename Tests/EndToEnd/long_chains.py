"""Images far longer than anybody writes: more layers than the kernel stacks, thousands of instructions."""
from images import HandMade, entry, folder, shell_layer, tar
from world import SHELL, busybox, image, werf

LAYERS = 520  # the kernel stacks 500
STEPS = 12
VARIABLES = 10_000
VARIABLES_STAGED = 300


def check_layers(world, below, steps):
    """An image of `below` layers that come from a registry and `steps` that are built."""
    registry = world.registry()
    base = HandMade([shell_layer(busybox()), *[
        tar([folder('below'), entry(f'below/{n}', b'x'), entry('last', str(n).encode())]) for n in range(below)]]
    ).push(registry, 'base', '1')
    lines = [f'COPY word /copy/{n}' if n % 2 else f'RUN echo {n} > /run-{n % 20}; rm -f /below/{n}' for n in range(steps)]
    lines.append('RUN ls /copy /below | wc -l > /count; cat /run-* | sort -n | tail -1 >> /count; cat /last >> /count')
    project = world.project({
        'word': 'x', 'werf.yaml': werf(image('app')), 'Dockerfile': f'FROM {base}\n' + '\n'.join(lines) + '\n'})
    repo = f'--repo={registry.host}/shop'
    world.weft(project, 'build', repo, timeout=1800)
    gone = min(below, (steps + 1) // 2 * 2) // 2
    lines = steps // 2 + below - gone + 3  # and what `ls` writes about two folders
    for store in (world.store, world.path('store-b')):
        said = world.weft(project, 'run', 'app', repo, '--', 'cat', '/count', store=store, timeout=600).output.split()
        assert said == [str(lines), str(steps - 2), str(below - 1)], (said, lines)


def test_more_layers_than_the_kernel_stacks(world):
    check_layers(world, LAYERS - STEPS, STEPS)


def test_more_steps_than_the_kernel_stacks(world):
    check_layers(world, 20, 600)


def test_more_steps_than_an_image_has_layers(world):
    lines = '\n'.join(f'COPY word /copy/{n}' for n in range(10_000))
    project = world.project({'word': 'x', 'werf.yaml': werf(image('app')), 'Dockerfile': f'FROM scratch\n{lines}\n'})
    world.fails(project, 'build', '--log-quiet', says=('Dockerfile:1002:1', 'at most 1000 layers'), timeout=900)


def variables(world, count, **more):
    lines = '\n'.join(f'ENV V{n}={n}' if n % 100 == 0 else f'ENV V{n}=${{V{n - 1}}}' for n in range(count))
    project = world.project({'busybox': busybox(), 'Dockerfile': SHELL + lines + '\n', 'werf.yaml': werf(image('app', **more))})
    world.weft(project, 'build', timeout=900)
    said = world.weft(project, 'run', 'app', '--', 'sh', '-c', f'echo $V{count - 1}', timeout=300).output
    assert said.strip() == str((count - 1) // 100 * 100), said


def test_many_variables(world):
    variables(world, VARIABLES)


def test_many_variables_of_a_staged_image(world):
    variables(world, VARIABLES_STAGED, staged=True)
