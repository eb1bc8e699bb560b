"""What registries do to a build: passwords, deaths in the middle, lost manifests and blobs, strangers' tags."""
import base64, json, os, subprocess, time
from hostile_bases import Server
from images import HandMade, entry, folder, push_shell, sha256, shell_layer, tar
from services import Registry, wait_until
from world import Missing, SHELL, busybox, finish, image, werf

DOCKERFILE = '''FROM {base}
COPY word /word
RUN cat /word > /copy && echo a-step-runs
'''


def small(world, base, **more):
    return world.project({'Dockerfile': DOCKERFILE.format(base=base), 'word': 'first\n', 'werf.yaml': werf(image('app', **more))})


def docker_config(world, name, host, user, password):
    folder = world.path(name)
    os.makedirs(folder)
    auth = base64.b64encode(f'{user}:{password}'.encode()).decode()
    with open(folder + '/config.json', 'w') as file:
        json.dump({'auths': {host: {'auth': auth}}}, file)
    return '--docker-config=' + folder


def said(world, project, *flags, **options):
    return world.weft(project, 'run', 'app', *flags, '--', 'cat', '/copy', **options).output


def test_passwords(world):
    registry = world.registry(locked=True)
    project = small(world, push_shell(registry, busybox()))
    repo = f'--repo={registry.host}/shop'
    right = docker_config(world, 'right', registry.host, Registry.USER, Registry.PASSWORD)
    wrong = docker_config(world, 'wrong', registry.host, Registry.USER, 'a-wrong-secret')
    for flags in ([wrong], [], ['--docker-config=' + world.path('nowhere')]):
        run = world.fails(project, 'build', repo, *flags, says=registry.host)
        assert 'HTTP 401' in run.errors, run
        assert 'a-wrong-secret' not in run.all and base64.b64encode(b'a-wrong-secret').decode() not in run.all, run
    run = world.build(project, repo, right, '--log-debug')
    assert Registry.PASSWORD not in run.all, 'the password is printed'
    world.weft(project, 'build', repo, env={'DOCKER_CONFIG': world.path('right')})
    assert said(world, project, repo, right, store=world.path('store-b')) == 'first\n'
    with open(world.path('right') + '/config.json', 'w') as file:
        file.write('{ "auths": ')
    world.fails(project, 'build', repo, right, says='config.json')


def test_no_registry_there(world):
    project = small(world, 'scratch', **{})
    project.write({'Dockerfile': SHELL, 'busybox': busybox()})
    project.commit()
    registry = world.registry()
    registry.stop()
    run = world.fails(project, 'build', f'--repo={registry.host}/shop', says=registry.host)
    assert run.seconds < 60, run


def test_a_registry_that_dies_while_it_is_pushed_to(world):
    registry = world.registry()
    base = push_shell(registry, busybox())
    steps = ''.join(f'COPY big{number} /\nRUN sha256sum /big{number} > /sum{number}\n' for number in range(3))
    project = world.project({'Dockerfile': f'FROM {base}\n{steps}', 'werf.yaml': werf(image('app', staged=True))})
    before, endings = {}, []
    for number in range(4):
        project.write({f'big{n}': os.urandom(6_000_000) for n in range(3)})
        project.commit()
        process = world.start(project, 'build', f'--repo={registry.host}/shop')
        time.sleep(world.random.uniform(0.3, 2.0))
        registry.stop()
        time.sleep(world.random.uniform(0.0, 1.5))
        registry.start()
        run = finish(process)
        endings.append(run.code)
        assert run.code == 0 or (run.code == 1 and registry.host in run.errors), run
        report = world.build(project, f'--repo={registry.host}/shop').report
        tag = report['Images']['app']['DockerTag']
        manifest, _ = registry.manifest('shop', tag)
        for layer in manifest['layers']:
            assert sha256(registry.blob('shop', layer['digest'])) == layer['digest'], layer
        after = registry.digests('shop')
        assert before.items() <= after.items(), 'a tag was overwritten or went away'
        before = after
        assert all(len(tags) == 1 for tags in registry.stages('shop').values()), registry.stages('shop')
    assert 0 in endings, 'a registry that was away for a second ends every build'


def test_check_built_images(world):
    registry = world.registry()
    base = push_shell(registry, busybox())
    for name, more in (('plain', {}), ('staged', {'staged': True})):
        project = world.project({
            'Dockerfile': DOCKERFILE.format(base=base), 'word': name, 'werf.yaml': werf(image('app', **more))}, folder=name)
        repo = f'--repo={registry.host}/{name}'
        run = world.fails(project, 'build', '--check-built-images', repo, says=['stages required', 'app'])
        assert 'a-step-runs' not in run.output, run
        assert registry.tags(name) == [], 'a check has written to the registry'
        world.weft(project, 'build', repo)
        before = registry.digests(name)
        world.weft(project, 'build', '--check-built-images', repo)
        world.weft(project, 'build', '--check-built-images', repo, store=world.path('store-b-' + name))
        assert registry.digests(name) == before, 'a check has written to the registry'
        project.write({'word': 'changed'})
        project.commit()
        world.fails(project, 'build', '--check-built-images', repo, says='stages required')
        assert registry.digests(name) == before, 'a check has written to the registry'


def test_a_stage_whose_tag_is_deleted_is_built_again(world):
    registry = world.registry()
    project = small(world, push_shell(registry, busybox()))
    repo = f'--repo={registry.host}/shop'
    first = world.build(project, repo).report['Images']['app']
    registry.delete_manifest('shop', first['DockerImageDigest'])
    assert first['DockerTag'] not in registry.tags('shop')
    second = world.build(project, repo).report['Images']['app']
    assert second['Rebuilt'] and second['DockerTag'] > first['DockerTag'], (first, second)
    assert said(world, project, repo, store=world.path('store-b')) == 'first\n'


def check_lost(world, lose, stores, **more):
    """A stage of which `lose` takes something away is marked, and built again under another name."""
    registry = world.registry()
    project = small(world, push_shell(registry, busybox()), **more)
    project.write({'other/Dockerfile': 'ARG APP\nFROM $APP\nRUN cat /word /copy > /all\n',
                   'werf.yaml': werf(image('app', **more), image('late', context='other', dependencies=[
                       {'image': 'app', 'imports': [{'type': 'ImageName', 'targetBuildArg': 'APP'}]}]))})
    project.commit()
    repo = f'--repo={registry.host}/shop'
    first = world.build(project, 'app', repo, store=stores[0]).report['Images']['app']
    manifest, _ = registry.manifest('shop', first['DockerTag'])
    lose(registry, manifest, first)
    before = {tag for tag in registry.tags('shop')}
    run = world.build(project, repo, store=stores[1])
    second = run.report['Images']['app']
    assert second['DockerTag'] != first['DockerTag'] and second['Rebuilt'], run
    assert f'{first["DockerTag"]}-rejected' in registry.tags('shop'), registry.tags('shop')
    assert before <= set(registry.tags('shop'))
    fresh = world.path('store-fresh')
    assert said(world, project, repo, store=fresh) == 'first\n'
    third = world.build(project, repo, store=fresh)
    assert not any(value['Rebuilt'] for value in third.report['Images'].values()), third


def test_a_stage_whose_config_is_lost(world):
    check_lost(world, lambda registry, manifest, _: registry.lose_blob(manifest['config']['digest']),
               [world.path('store-a'), world.path('store-b')])


def test_a_stage_whose_layer_is_lost(world):
    check_lost(world, lambda registry, manifest, _: registry.lose_blob(manifest['layers'][-1]['digest']),
               [world.path('store-a'), world.path('store-b')])


def test_a_staged_stage_whose_layer_is_lost(world):
    check_lost(world, lambda registry, manifest, _: registry.lose_blob(manifest['layers'][-1]['digest']),
               [world.path('store-a'), world.path('store-b')], staged=True)


def test_strangers_tags_are_left_alone(world):
    registry = world.registry()
    base = push_shell(registry, busybox())
    project = small(world, base, staged=True)
    repo = f'--repo={registry.host}/shop'
    stranger = HandMade([tar([entry('stranger', b'x')])])
    names = ['latest', 'v1.0', 'a' * 128, '0' * 56, '0' * 56 + '-1', '0' * 56 + '-123456789012345678901234567890',
             'F' * 56 + '-1700000000000', 'managed-image-other', '0' * 56 + '-1700000000000-rejected', '_']
    for name in names:
        stranger.push(registry, 'shop', name)
    before = registry.digests('shop')
    first = world.build(project, repo)
    world.build(project, repo, store=world.path('store-b'))
    after = registry.digests('shop')
    assert before.items() <= after.items(), 'a stranger was changed'
    # A stranger under the name of one of our stages: it is no image of ours, and must not become one.
    tag = first.report['Images']['app']['DockerTag']
    project.write({'word': 'second\n'})
    project.commit()
    second = world.build(project, repo)
    assert second.report['Images']['app']['DockerTag'].split('-')[0] != tag.split('-')[0]
    assert after.items() <= registry.digests('shop').items(), 'a tag was overwritten'


def test_an_index_under_a_stage_s_name_is_not_used(world):
    registry = world.registry()
    project = small(world, push_shell(registry, busybox()))
    digest = world.build(project, f'--repo={registry.host}/first').report['Images']['app']['DockerTag'].split('-')[0]
    kind = 'application/vnd.oci.image.index.v1+json'
    index = json.dumps({'schemaVersion': 2, 'mediaType': kind, 'manifests': []}).encode()
    tag = digest + '-1700000000000'
    registry.push_manifest('shop', tag, index, kind)
    before = registry.digests('shop')
    report = world.build(project, f'--repo={registry.host}/shop', store=world.path('store-b')).report
    assert report['Images']['app']['DockerTag'] != tag, report
    assert before.items() <= registry.digests('shop').items(), 'a tag was overwritten'


def renamed(registry, repository, tag, change):
    """Puts an image under `tag` whose config is changed by `change`."""
    manifest, _ = registry.manifest(repository, tag)
    config = registry.config(repository, tag)
    change(config)
    data = json.dumps(config).encode()
    registry.push_blob(repository, data, sha256(data))
    manifest['config'].update({'digest': sha256(data), 'size': len(data)})
    registry.push_manifest(repository, tag, json.dumps(manifest).encode(), manifest['mediaType'])


def test_any_time_of_creation(world):
    registry = world.registry()
    project = small(world, push_shell(registry, busybox()))
    repo = f'--repo={registry.host}/shop'
    tag = world.build(project, repo).report['Images']['app']['DockerTag']
    for number, created in enumerate(('0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999999Z', 'yesterday')):
        renamed(registry, 'shop', tag, lambda config: config.update({'created': created}))
        run = world.build(project, repo, store=world.path(f'store-{number}'))
        assert run.report['Images']['app']['DockerTag'] == tag, run


def test_a_stage_whose_documents_are_no_image_is_built_again(world):
    registry = world.registry()
    project = small(world, push_shell(registry, busybox()))
    repo = f'--repo={registry.host}/shop'
    tag = world.build(project, repo).report['Images']['app']['DockerTag']
    renamed(registry, 'shop', tag, lambda config: config['rootfs'].update({'diff_ids': []}))
    run = world.build(project, repo, store=world.path('store-b'))
    assert run.report['Images']['app']['DockerTag'] != tag, run
    assert f'{tag}-rejected' in registry.tags('shop'), registry.tags('shop')


def test_a_blob_that_rotted_in_the_store(world):
    registry = world.registry()
    project = small(world, push_shell(registry, busybox()))
    tag = world.build(project, f'--repo={registry.host}/one').report['Images']['app']['DockerTag']
    manifest, _ = registry.manifest('one', tag)
    for number, damage in enumerate((lambda size: bytes(size), lambda size: bytes(size - 1))):
        for layer in manifest['layers']:
            path = f'{world.store}/blobs/sha256/{layer["digest"][7:]}'
            if os.path.exists(path):
                with open(path, 'wb') as file:
                    file.write(damage(layer['size']))
        # Another registry has nothing, and mounts nothing.
        other = world.registry()
        report = world.build(project, f'--repo={other.host}/two').report
        made, _ = other.manifest('two', report['Images']['app']['DockerTag'])
        for layer in made['layers']:
            assert sha256(other.blob('two', layer['digest'])) == layer['digest'], layer
        manifest = made


def test_a_base_s_layers_are_mounted_before_they_are_fetched(world):
    registry = world.registry()
    base = push_shell(registry, busybox())
    project = world.project({'Dockerfile': f'FROM {base}\nLABEL a=b\n', 'werf.yaml': werf(image('app'))})
    tag = world.build(project, f'--repo={registry.host}/shop').report['Images']['app']['DockerTag']
    layer = registry.manifest('shop', tag)[0]['layers'][0]['digest']
    assert registry.blob('shop', layer)
    assert not os.path.exists(f'{world.store}/blobs/sha256/{layer[7:]}'), 'a layer was fetched that could be mounted'


def test_a_file_from_the_web(world):
    """Its name is BuildKit's, and what its address says of the user goes nowhere."""
    web = Server()
    world.services.append(web)
    web.answers['/'] = (200, 'text/plain', b'top\n')
    address = f'http://me:a-token@{web.host}/'
    registry = world.registry()
    base = push_shell(registry, busybox())
    project = world.project({
        'Dockerfile': f'FROM {base}\nADD {address} /d/\nRUN ls /d > /copy\n', 'werf.yaml': werf(image('app'))})
    run = world.weft(project, 'build', '--log-debug')
    assert 'a-token' not in run.all, run
    assert said(world, project) == '__unnamed__\n'
    del web.answers['/']
    other = world.path('store-b')
    run = world.fails(project, 'build', store=other, says=web.host)
    assert 'a-token' not in run.all, run
