"""The timeline of a build, what is learned from it, and builds that go on after a failure."""
import json, os, signal, time
from world import SHELL, busybox, finish, image, werf

RUNS = SHELL + 'RUN echo {name}-{word} && {command}\n'


def images(world, failing=(), word='1'):
    """Three images, of which `top` is built on `left`."""
    def needs(name):
        return [{'image': name, 'imports': [{'type': 'ImageName', 'targetBuildArg': 'BASE'}]}]
    files = {f'{name}/Dockerfile': RUNS.format(name=name, word=word, command='false' if name in failing else 'true')
             for name in ('left', 'right')}
    files |= {f'{name}/busybox': busybox() for name in ('left', 'right')}
    files |= {'top/Dockerfile': 'ARG BASE\nFROM ${BASE}\nRUN echo top\n'}
    files['werf.yaml'] = werf(image('left', context='left', staged=True), image('right', context='right'),
                              image('top', context='top', dependencies=needs('left')))
    return files


def spans(path):
    with open(path) as file:
        events = json.load(file)['traceEvents']
    return {(event['name'], event['cat']): event for event in events if event['ph'] in ('X', 'i')}


def check(world, *flags):
    project = world.project(images(world))
    trace = world.path('trace.json')
    world.build(project, '--trace', trace, *flags)
    first = spans(trace)
    assert ('left/RUN3', 'run') in first and ('left/RUN3', 'publish') in first and ('top/RUN1', 'run') in first, first.keys()
    run, publish = first['left/RUN3', 'run'], first['left/RUN3', 'publish']
    assert run['args']['outcome'] == 'done' and len(run['args']['digest']) == 56 and run['dur'] > 0, run
    assert run['ts'] + run['dur'] <= publish['ts'] + 1, (run, publish)
    assert first['left/RUN3', 'publish']['ts'] < first['top/RUN1', 'run']['ts']
    world.build(project, f'--trace={trace}', *flags)
    again = spans(trace)
    assert not [name for name, kind in again if kind in ('run', 'copy', 'publish')], again.keys()
    assert again['right/dockerfile', 'reused']['args']['reason'] == 'the repo has it', again.keys()


def test_traces(world):
    check(world)


def test_traces_with_a_registry(world):
    check(world, f'--repo={world.registry().host}/shop')


def test_trace_of_a_failed_build(world):
    project = world.project(images(world, failing=['right']))
    trace = world.path('trace.json')
    world.fails(project, 'build', '--trace', trace, says='right')
    failed = spans(trace)['right/RUN3', 'run']['args']
    assert failed['outcome'] == 'failed' and 'exit code 1' in failed['message'], failed


def test_trace_of_a_stopped_build(world):
    files = images(world)
    files['right/Dockerfile'] = SHELL + 'RUN echo $((6 * 7)) is said; sleep 1000\n'
    project = world.project(files)
    process = world.start(project, 'build', '--trace', world.path('trace.json'))
    while '42 is said' not in (line := process.stdout.readline()):
        assert line, process.communicate()
    process.send_signal(signal.SIGTERM)
    run = finish(process, timeout=30)
    assert run.code == 1, run
    assert spans(world.path('trace.json'))['right/RUN3', 'run']['args']['outcome'] == 'stopped'


def test_trace_that_can_not_be_written(world):
    project = world.project(images(world))
    began = time.monotonic()
    world.fails(project, 'build', '--trace', world.path('missing/trace.json'), says=['--trace', 'there is no folder'])
    assert time.monotonic() - began < 20 and not os.path.exists(world.path('store/blobs')), 'it was built first'


def test_keep_going(world):
    project = world.project(images(world, failing=['left']))
    run = world.fails(project, 'build', '--keep-going', says=['left/RUN3', 'image top was not built'])
    assert 'right-1' in run.output, run
    run = world.run(project, 'build', 'right')
    assert run.code == 0 and 'right-1' not in run.output, f'right was not built before: {run}'


def test_durations_are_learned(world):
    project = world.project(images(world))
    world.build(project)
    book = world.path('store/durations/shop')
    first = open(book).read()
    assert first.startswith('weft-durations 1\n') and ' run left/RUN3\n' in first and ' image top\n' in first, first
    world.build(project)
    assert open(book).read() == first, 'nothing was measured, and something was learned'
    project.write(images(world, word='2'))
    project.commit()
    world.build(project)
    assert open(book).read() != first
