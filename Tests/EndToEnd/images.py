"""Images made by hand, for registries: layers from lists of files, and a root file system out of layers."""
import gzip, hashlib, io, json, tarfile

LAYER_TYPE = 'application/vnd.docker.image.rootfs.diff.tar.gzip'
CONFIG_TYPE = 'application/vnd.docker.container.image.v1+json'
MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json'


def sha256(data):
    return 'sha256:' + hashlib.sha256(data).hexdigest()


def entry(name, data=b'', mode=0o644, kind=tarfile.REGTYPE, target='', device=(0, 0)):
    """One tar entry as it is asked for, however odd its name."""
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.type, info.linkname = len(data), mode, kind, target
    info.devmajor, info.devminor = device
    return info, data


def tar(entries):
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode='w', format=tarfile.PAX_FORMAT) as archive:
        for info, data in entries:
            archive.addfile(info, io.BytesIO(data))
    return memory.getvalue()


def folder(name, mode=0o755):
    return entry(name, mode=mode, kind=tarfile.DIRTYPE)


def link(name, target):
    return entry(name, kind=tarfile.SYMTYPE, target=target, mode=0o777)


def hard_link(name, target):
    return entry(name, kind=tarfile.LNKTYPE, target=target)


class HandMade:
    """The documents and blobs of an image with the given uncompressed layers; all of them may be changed."""

    def __init__(self, layers, config=None):
        self.blobs = [gzip.compress(layer, mtime=0) for layer in layers]
        self.config = {'architecture': 'amd64', 'os': 'linux', 'created': '2024-01-01T00:00:00Z',
                       'config': {'Env': ['PATH=/bin'], 'Cmd': ['sh'], **(config or {})},
                       'rootfs': {'type': 'layers', 'diff_ids': [sha256(layer) for layer in layers]}}
        self.layers = [{'mediaType': LAYER_TYPE, 'size': len(blob), 'digest': sha256(blob)} for blob in self.blobs]
        self.manifest_type = MANIFEST_TYPE

    @property
    def config_bytes(self):
        return json.dumps(self.config).encode()

    @property
    def manifest(self):
        config = self.config_bytes
        return {'schemaVersion': 2, 'mediaType': self.manifest_type,
                'config': {'mediaType': CONFIG_TYPE, 'size': len(config), 'digest': sha256(config)},
                'layers': self.layers}

    def push(self, registry, repository, tag):
        for blob in [*self.blobs, self.config_bytes]:
            registry.push_blob(repository, blob, sha256(blob))
        registry.push_manifest(repository, tag, json.dumps(self.manifest).encode(), self.manifest_type)
        return f'{registry.host}/{repository}:{tag}'


def shell_layer(busybox):
    """A layer with busybox, its usual names, and the folders of a small system."""
    names = 'sh cat cp date dd echo env false find grep head id ln ls mkdir mkfifo mv od rm seq sha256sum sleep sort stat tail touch true uname wc'
    return tar([folder('bin'), folder('etc'), folder('tmp', 0o1777), entry('bin/busybox', busybox, 0o755),
                entry('etc/passwd', b'root:x:0:0:root:/:/bin/sh\n'), *[link('bin/' + name, 'busybox') for name in names.split()]])


def push_shell(registry, busybox, repository='base', tag='1'):
    """A base image with a shell, and its name."""
    return HandMade([shell_layer(busybox)]).push(registry, repository, tag)


def diff_ids(registry, repository, tag):
    return registry.config(repository, tag)['rootfs']['diff_ids']


def files(registry, repository, tag):
    """path → (kind, mode, owner, content or target) of an image's root file system."""
    manifest, _ = registry.manifest(repository, tag)
    found = {}
    for layer in manifest['layers']:
        data = registry.blob(repository, layer['digest'])
        data = gzip.decompress(data) if data[:2] == b'\x1f\x8b' else data
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                merge(found, archive, member)
    return found


def merge(found, archive, member):
    path = member.name.strip('/').removeprefix('./')
    head, _, name = path.rpartition('/')
    if name.startswith('.wh.'):
        gone = head + '/' if name == '.wh..wh..opq' else (head + '/' if head else '') + name[4:]
        for other in [other for other in found if other == gone or other.startswith(gone.rstrip('/') + '/')]:
            del found[other]
        return
    content = member.linkname
    if member.isreg() or member.islnk():
        content = hashlib.sha256(archive.extractfile(member).read()).hexdigest()
    kind = tarfile.REGTYPE if member.islnk() else member.type
    found[path] = (kind, member.mode, member.uid, member.gid, content)
