// The path of an archive's entry, cleaned as a name below a root.

enum EntryPath {
    /// Names from the top to the last, without `.`, empty names and the slash in front. `..` takes back the name before
    /// it; nil when it climbs above the top, which only an attack does.
    static func names(_ path: [UInt8]) -> [[UInt8]]? {
        var names: [[UInt8]] = []
        for name in path.split(separator: Directory.slash) {
            if name == [Directory.dot] { continue }
            if name == [Directory.dot, Directory.dot] {
                guard names.popLast() != nil else { return nil }
            } else {
                names.append(Array(name))
            }
        }
        return names
    }

    static func joined(_ names: some Sequence<[UInt8]>) -> [UInt8] { Array(names.joined(separator: [Directory.slash])) }
}
