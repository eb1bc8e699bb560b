"""Reads an image (docker-archive tar, OCI layout tar or directory) and flattens it to the values that are compared."""
import base64, gzip, hashlib, io, json, os, posixpath, subprocess, tarfile

CONFIG_KEYS = ('Env', 'Cmd', 'Entrypoint', 'WorkingDir', 'User', 'ExposedPorts', 'Volumes', 'Labels', 'StopSignal',
               'Healthcheck', 'Shell', 'OnBuild')
LINKS_MAX = 40  # symlinks followed in one path, as the kernel allows
TEXT_BYTES_MAX = 256  # shorter files are shown as text beside their hash, so that a difference explains itself


class Source:
    """The files of a tar or of a directory, by name."""

    def __init__(self, path):
        self.directory = path if os.path.isdir(path) else None
        self.members = {}
        if not self.directory:
            self.tar = tarfile.open(path)
            self.members = {posixpath.normpath(m.name): m for m in self.tar}

    def has(self, name):
        return os.path.exists(os.path.join(self.directory, name)) if self.directory else name in self.members

    def open(self, name):
        if self.directory:
            return open(os.path.join(self.directory, name), 'rb')
        member = self.members[posixpath.normpath(name)]
        while member.issym():  # docker-archives written by older tools link equal layers
            member = self.members[posixpath.normpath(posixpath.join(posixpath.dirname(member.name), member.linkname))]
        return self.tar.extractfile(member)

    def json(self, name):
        return json.load(self.open(name))


def blob(digest):
    return 'blobs/' + digest.replace(':', '/')


def image_manifest(source):
    """The manifest of the only image of an OCI layout; of an index the first that isn't an attestation."""
    entry = {'mediaType': 'index'}
    value = source.json('index.json')
    while 'manifests' in value:
        entries = [m for m in value['manifests'] if m.get('platform', {}).get('os') != 'unknown']
        if not entries:
            raise SystemExit('the index names no image')
        entry = entries[0]
        value = source.json(blob(entry['digest']))
    return value


def parts(source):
    """(config JSON, [layer name])"""
    if source.has('index.json'):
        manifest = image_manifest(source)
        return source.json(blob(manifest['config']['digest'])), [blob(l['digest']) for l in manifest['layers'] or []]
    if source.has('manifest.json'):
        manifest = source.json('manifest.json')[0]
        return source.json(manifest['Config']), manifest['Layers'] or []
    raise SystemExit('neither index.json nor manifest.json: not an OCI layout and not a docker-archive')


def unpacked(stream):
    head = stream.read(4)
    rest = head + stream.read()
    if head[:2] == b'\x1f\x8b':
        return io.BytesIO(gzip.decompress(rest))
    if head == b'\x28\xb5\x2f\xfd':
        return io.BytesIO(subprocess.run(['zstd', '-dc'], input=rest, stdout=subprocess.PIPE, check=True).stdout)
    return io.BytesIO(rest)


class Tree:
    """path tuple -> node; a node is a dict, shared by the names of a hard link."""

    def __init__(self):
        self.nodes = {}

    def resolve(self, path, links=0):
        """The path with links in all but its last part followed inside the root."""
        done = ()
        for i, part in enumerate(path):
            if part == '..':
                done = done[:-1]
                continue
            last = i == len(path) - 1
            node = self.nodes.get(done + (part,))
            if last or not node or node['type'] != 'symlink':
                done += (part,)
                continue
            if links > LINKS_MAX:
                raise SystemExit(f'too many links in {path}')
            target = tuple(p for p in node['target'].split('/') if p not in ('', '.'))
            base = () if node['target'].startswith('/') else done
            return self.resolve(base + target + tuple(path[i + 1:]), links + 1)
        return done

    def remove(self, path, keep=frozenset()):
        for p in [p for p in self.nodes if p[:len(path)] == path and p not in keep]:
            del self.nodes[p]

    def put(self, path, node):
        for i in range(1, len(path)):
            if path[:i] not in self.nodes:
                self.nodes[path[:i]] = {'type': 'dir', 'mode': 0o755, 'uid': 0, 'gid': 0, 'xattrs': {}}
        old = self.nodes.get(path)
        if old and old['type'] == 'dir' and node['type'] != 'dir':
            self.remove(path)
        self.nodes[path] = node


def content(data):
    values = {'size': len(data), 'sha256': hashlib.sha256(data).hexdigest()}
    if 0 < len(data) <= TEXT_BYTES_MAX and b'\0' not in data:
        try:
            values['text'] = data.decode()
        except UnicodeDecodeError:
            pass
    return values


def node_of(tar, member):
    kind = {tarfile.DIRTYPE: 'dir', tarfile.SYMTYPE: 'symlink', tarfile.FIFOTYPE: 'fifo', tarfile.CHRTYPE: 'char',
            tarfile.BLKTYPE: 'block'}.get(member.type, 'file')
    node = {'type': kind, 'mode': member.mode & 0o7777, 'uid': member.uid, 'gid': member.gid}
    node['xattrs'] = {k[13:]: v for k, v in member.pax_headers.items() if k.startswith('SCHILY.xattr.')}
    if kind == 'symlink':
        node['target'], node['mode'] = member.linkname, 0o777
    if kind in ('char', 'block'):
        node['device'] = f'{member.devmajor}:{member.devminor}'
    if kind == 'file':
        node |= content(tar.extractfile(member).read())
    return node


def apply_layer(tree, stream):
    written = set()
    with tarfile.open(fileobj=stream, errors='surrogateescape') as tar:
        for member in tar:
            path = tuple(p for p in member.name.split('/') if p not in ('', '.'))
            if not path:
                continue
            path = tree.resolve(path)
            name = path[-1]
            if name == '.wh..wh..opq':
                for p in [p for p in tree.nodes if len(p) > len(path) - 1 and p[:len(path) - 1] == path[:-1]]:
                    if p not in written and len(p) >= len(path):
                        del tree.nodes[p]
                continue
            if name.startswith('.wh.'):
                if not name.startswith('.wh..wh.'):
                    tree.remove(path[:-1] + (name[4:],), written)
                continue
            if member.islnk():
                target = tree.resolve(tuple(p for p in member.linkname.split('/') if p not in ('', '.')))
                if target not in tree.nodes:
                    raise SystemExit(f'hard link {member.name} to {member.linkname}, which is not there')
                tree.put(path, tree.nodes[target])
            else:
                tree.put(path, node_of(tar, member))
            written.update(path[:i] for i in range(1, len(path) + 1))


def escaped(name):
    """Backslashes doubled, bytes that are not UTF-8 as \\xHH."""
    raw = name.encode('utf-8', 'surrogateescape').replace(b'\\', b'\\\\')
    return raw.decode('utf-8', 'backslashreplace')


def xattr_text(value):
    raw = value.encode('utf-8', 'surrogateescape')
    text = raw.decode('ascii', 'replace')
    return text if text.isprintable() and '\ufffd' not in text else 'base64:' + base64.b64encode(raw).decode()


def rows(tree):
    """One dict per path, sorted. What depends on the build of busybox (its bytes) is left out."""
    first, result = {}, []
    for path in sorted(tree.nodes, key=lambda p: '/'.join(p).encode('utf-8', 'surrogateescape')):
        node = tree.nodes[path]
        name = escaped('/' + '/'.join(path))
        row = {'path': name, 'type': node['type'], 'mode': f"{node['mode']:04o}", 'uid': node['uid'], 'gid': node['gid']}
        if node['type'] == 'file' and path[-1] != 'busybox' and not name.startswith('/bin/'):
            row.update({k: node[k] for k in ('size', 'sha256', 'text') if k in node})
        if node['type'] == 'symlink':
            row['target'] = escaped(node['target'])
        if 'device' in node:
            row['device'] = node['device']
        if node['xattrs']:
            row['xattrs'] = {k: xattr_text(v) for k, v in sorted(node['xattrs'].items())}
        if node['type'] != 'dir':
            if id(node) in first:
                row['hardlink'] = first[id(node)]
            first.setdefault(id(node), name)
        result.append(row)
    return result


def describe(path):
    """{'config': …, 'rootfs': [row]} of the image at `path`."""
    source = Source(path)
    config, layers = parts(source)
    tree = Tree()
    for layer in layers:
        apply_layer(tree, unpacked(source.open(layer)))
    values = config.get('config') or {}
    return {'config': {k: values[k] for k in CONFIG_KEYS if values.get(k)}, 'rootfs': rows(tree)}
