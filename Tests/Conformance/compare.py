#!/usr/bin/env python3
"""README: compare.py IMAGE REFERENCE.json — does an image equal what BuildKit made of the same case?

IMAGE is a docker-archive or OCI-layout tar, or an OCI-layout directory (`skopeo copy … docker-archive:F`, `oci:D`, `oci-archive:F`).
Prints one line per difference ("-" only or otherwise in the reference, "+" in the image) and exits 1; exits 0 when equal, 2 for an
unusable argument. Compared: every path with type, mode, owner, size, SHA-256, link target, extended attributes, device numbers and
hard-link groups; of the config Env, Cmd, Entrypoint, WorkingDir, User, ExposedPorts, Volumes, Labels, StopSignal, Healthcheck, Shell,
OnBuild (empty and absent are equal). Not compared: times, history, the number of layers, bytes below /bin and of any file `busybox`,
labels and values given with --ignore-label PREFIX (a builder's own labels).
"""
import argparse, json, os, sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import image


def shown_value(value):
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (str, dict)) and not str(value).isalnum() else value


def differences(want, have):
    for key in image.CONFIG_KEYS:
        a, b = want['config'].get(key), have['config'].get(key)
        if (a or None) != (b or None):
            yield f'- config {key} {json.dumps(a, ensure_ascii=False, sort_keys=True)}'
            yield f'+ config {key} {json.dumps(b, ensure_ascii=False, sort_keys=True)}'
    left, right = ({r['path']: r for r in side['rootfs']} for side in (want, have))
    for path in sorted(left.keys() | right.keys()):
        a, b = left.get(path), right.get(path)
        if a == b:
            continue
        fields = [k for k in ('type', 'mode', 'uid', 'gid', 'size', 'sha256', 'text', 'target', 'device', 'xattrs', 'hardlink')
                  if not a or not b or a.get(k) != b.get(k)]
        for sign, row in (('-', a), ('+', b)):
            if row:
                shown = ' '.join(f'{k}={shown_value(row[k])}' for k in fields if k in row) or '(without ' + ', '.join(fields) + ')'
                yield f'{sign} {json.dumps(path, ensure_ascii=False)} {shown}'


def without_labels(value, prefixes):
    labels = {k: v for k, v in value['config'].get('Labels', {}).items() if not k.startswith(tuple(prefixes))}
    value['config']['Labels'] = labels
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('image')
    parser.add_argument('reference')
    parser.add_argument('--ignore-label', action='append', default=[], metavar='PREFIX')
    options = parser.parse_args()
    try:
        with open(options.reference) as file:
            want = json.load(file)
        if 'error' in want:
            raise SystemExit(f"BuildKit refuses this case: {want['error']}")
        have = image.describe(options.image)
    except (OSError, ValueError, KeyError, SystemExit) as error:
        print(f'compare.py: {error}', file=sys.stderr)
        return 2
    if options.ignore_label:
        want, have = without_labels(want, options.ignore_label), without_labels(have, options.ignore_label)
    found = list(differences(want, have))
    print('\n'.join(found), end='\n' if found else '')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
