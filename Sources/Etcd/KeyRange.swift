// Which keys a request means: one, or all that begin alike.

/// Keys from `key` up to `end`, as etcd counts them: by their bytes. Without an end, `key` alone.
package struct KeyRange: Hashable, Sendable {
    package let key: [UInt8]
    /// Not in the range; empty means one key, a zero byte "no end".
    package let end: [UInt8]

    package init(key: [UInt8], end: [UInt8]) { (self.key, self.end) = (key, end) }

    package static func one(_ key: [UInt8]) -> KeyRange { KeyRange(key: key, end: []) }

    /// All keys that begin with `prefix`.
    package static func all(startingWith prefix: [UInt8]) -> KeyRange {
        KeyRange(key: prefix.isEmpty ? [0] : prefix, end: end(ofPrefix: prefix))
    }

    /// Those of them that come after `key`.
    package static func all(startingWith prefix: [UInt8], after key: [UInt8]) -> KeyRange {
        KeyRange(key: key + [0], end: end(ofPrefix: prefix))
    }

    /// The first key that does not begin with `prefix`.
    private static func end(ofPrefix prefix: [UInt8]) -> [UInt8] {
        var end = prefix
        while let last = end.popLast() {
            if last < 255 { return end + [last + 1] }
        }
        return [0]
    }
}
