"""What people, reports and werf's cleanup see of images that hold others: plans, records, service tags."""
import json, os, threading, urllib.error, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from world import SHELL, busybox, image, werf

STAGED = '''FROM scratch AS builder
COPY --chmod=755 busybox /bin/busybox
RUN ["/bin/busybox", "touch", "/made"]
FROM scratch
COPY --from=builder /made /made
ENV READY=yes
'''
PAGES = SHELL.replace('FROM scratch', 'FROM scratch AS application') + '''RUN echo made > /made
FROM scratch AS frontend
COPY --from=application /made /made
FROM scratch AS assets
COPY --from=frontend /made /public/made
'''


def plan(output):
    """The sets of the first block, each a list of names."""
    sets, inside = [], False
    for line in output.splitlines():
        words = line.replace('│', '').split()
        if 'build plan' in line:
            if inside:
                break
            inside = True
        elif inside and words[:1] == ['Set']:
            sets.append([])
        elif inside and 'image' in words:
            sets[-1].append(words[-1])
    return sets


def project(world, **more):
    return world.project({'busybox': busybox(), 'Dockerfile': STAGED, 'plain': SHELL, 'werf.yaml': werf(
        image('plain', dockerfile='plain'), image('app', staged=True, **more))})


def test_sets_of_a_plan(world):
    work = world.project({'busybox': busybox(), 'Dockerfile': PAGES, 'plain': SHELL, 'werf.yaml': werf(
        image('assets', target='assets'), image('backend', dockerfile='plain'), image('frontend', target='frontend'))})
    assert plan(world.weft(work, 'build').all) == [['backend', 'frontend'], ['assets']]
    work.write({'werf.yaml': werf(
        image('backend', dockerfile='plain'), image('frontend', target='frontend', staged=True),
        image('assets', target='assets', staged=True))})
    work.commit()
    assert plan(world.weft(work, 'build').all) == [
        ['backend', 'frontend/stage/application', 'assets/stage/application'],
        ['frontend', 'assets/stage/frontend'], ['assets']]


def test_report_of_a_staged_image(world):
    run = world.build(project(world))
    images = run.report['Images']
    assert sorted(images) == ['app', 'app/stage/builder', 'plain'], sorted(images)
    assert images['app/stage/builder']['ConfigType'] == 'unknown' and not images['app/stage/builder']['Final']
    assert [stage['Name'] for stage in images['app/stage/builder']['Stages']] == ['COPY', 'RUN']
    assert [stage['Name'] for stage in images['app']['Stages']] == ['COPY', 'ENV']
    assert plan(run.all) == [['plain', 'app/stage/builder'], ['app']], plan(run.all)


def test_service_tags_of_inner_images(world):
    registry = world.registry()
    world.weft(project(world), 'build', f'--repo={registry.host}/shop')
    tags = registry.tags('shop')
    assert 'managed-image-app__slash__stage__slash__builder' in tags, tags
    assert len([tag for tag in tags if tag.startswith('meta-')]) == 3, tags


def test_no_service_tags_without_cleanup(world):
    registry = world.registry()
    work = project(world)
    work.write({'werf.yaml': 'configVersion: 1\nproject: shop\ncleanup:\n  disable: true\n---\n' + image('app')})
    work.commit()
    world.weft(work, 'build', f'--repo={registry.host}/shop')
    assert not [tag for tag in registry.tags('shop') if tag.startswith(('meta-', 'managed-'))], registry.tags('shop')


class Guard(BaseHTTPRequestHandler):
    """Passes requests on to a registry and forbids service tags."""
    registry, protocol_version = None, 'HTTP/1.1'

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        if self.command == 'PUT' and '/manifests/meta-' in self.path:
            return self.answer(403, {'Content-Type': 'application/json'}, b'{"errors":[{"code":"DENIED"}]}')
        headers = {name: ', '.join(self.headers.get_all(name)) for name in self.headers}
        request = urllib.request.Request(
            f'http://127.0.0.1:{self.registry.port}{self.path}', body or None, headers, method=self.command)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                self.answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            self.answer(error.code, error.headers, error.read())

    def answer(self, status, headers, body):
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ('content-length', 'transfer-encoding', 'connection'):
                self.send_header(name, value)
        self.send_header('Content-Length', headers.get('Content-Length') or str(len(body)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = pass_on

    def log_message(self, *_):
        pass


def test_a_registry_that_refuses_service_tags(world):
    registry = world.registry()
    server = ThreadingHTTPServer(('127.0.0.1', 0), type('ThisGuard', (Guard,), {'registry': registry}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        run = world.build(project(world), f'--repo=localhost:{server.server_address[1]}/shop')
    finally:
        server.shutdown()
    assert 'was not written' in run.errors and run.report['Images']['app']['DockerImageDigest'], run
    assert not [tag for tag in registry.tags('shop') if tag.startswith('meta-')]


def test_flags_of_run(world):
    work = project(world, final=False)
    report, rendered = world.path('report.json'), world.path('rendered.yaml')
    world.weft(work, 'run', 'plain', '--save-build-report', f'--build-report-path={report}',
               f'--config-render-path={rendered}', '--', 'true')
    assert 'plain' in json.load(open(report))['Images']
    assert 'dockerfile: plain' in open(rendered).read()
    world.fails(work, 'run', 'app', '--final-images-only', '--', 'true', says='not final')
    by_platform = world.path('platforms.json')
    world.weft(work, 'build', '--save-build-report', f'--build-report-path={by_platform}',
               env={'WERF_ENABLE_REPORT_BY_PLATFORM': '1', 'WERF_CONTAINERIZED': 'yes'})
    told = json.load(open(by_platform))
    assert told['Runtime']['InContainer'] and list(told['ImagesByPlatform']['plain']) == [os.uname().sysname.lower() + '/amd64']
