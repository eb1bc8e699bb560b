// A few files and links as a context on disk, and what instructions make of it.
import Dockerfiles
import Glibc
import Testing

@testable import Building
@testable import Sandbox

// Safety: paths are passed to system calls for the length of the call only.

/// A private folder on this host.
final class Scratch {
    let path: String

    init() throws {
        // In memory where it can be: the tests make a hundred thousand files.
        let place = unsafe access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(place)/weft-building-XXXXXX".utf8CString)
        let made: String? = unsafe template.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress, let path = unsafe mkdtemp(base) else { return nil }
            return unsafe String(cString: path)
        }
        path = try #require(made)
    }

    deinit {
        do { try Kernel.removeTree(try FileName(path)) } catch { Issue.record("the test left files: \(error)") }
    }
}

/// Paths and what stands there: nil for a file, which holds its own path, and the target of a link.
struct SmallContext: CustomStringConvertible {
    private(set) var entries: [(path: String, target: String?)]

    init(_ entries: [(String, String?)]) {
        self.entries = entries.map { (path: $0.0, target: $0.1) }.sorted { $0.path < $1.path }
    }

    var description: String {
        entries.map { $0.target.map { target in "\(target) <- " } ?? "" + $0.path }.joined(separator: ", ")
    }

    /// The part that `patterns` select, or all of it.
    func selected(_ patterns: [String]) throws -> SmallContext {
        let links = entries.compactMap { entry in entry.target.map { (Array(entry.path.utf8), Array($0.utf8)) } }
        let selection = try ContextSelection(patterns, links: Dictionary(uniqueKeysWithValues: links))
        guard let chosen = selection?.choose(among: entries.map { Array($0.path.utf8) }) else { return self }
        return SmallContext(zip(entries, chosen).filter(\.1).map { ($0.0.path, $0.0.target) })
    }

    func write(into folder: String) throws {
        try Kernel.ensureDirectory(folder, mode: 0o755)
        for entry in entries {
            var above = folder
            for part in entry.path.split(separator: "/").dropLast() {
                above += "/" + part
                try Kernel.ensureDirectory(above, mode: 0o755)
            }
            let path = folder + "/" + entry.path
            if let target = entry.target {
                try #require(unsafe symlink(target, path) == 0)
            } else {
                try Kernel.writeFile(try FileName(path), Array(entry.path.utf8), mode: 0o644)
            }
        }
    }
}

/// How an instruction uses its patterns.
enum Use: CaseIterable {
    case copy, copyWithParents, mount

    /// What it makes of the context in `folder`; "fails" when it can't.
    func outcome(_ patterns: [String], of folder: String, in scratch: String) throws -> [String] {
        let root = try RootDirectory(path: folder)
        if self == .mount {
            let path = "/" + patterns[0]
            guard let opened = try? root.openFile(path), let place = try? root.hostPath(of: path) else {
                return ["fails"]
            }
            let below = opened.isDirectory ? try Self.listing(of: place) : []
            return [String(place.dropFirst(folder.count))] + below
        }
        let target = scratch + "/copied"
        try Kernel.ensureDirectory(target, mode: 0o755)
        defer { try? Kernel.removeTree(FileName(target)) }
        let source = CopySource(root: root, origin: .context, patterns: patterns)
        var request = CopyRequest(sources: [source], destination: "/to/")
        request.fixedTime = 0
        if self == .copyWithParents {
            request.parents = { pattern in
                let patterns = try IgnorePatterns(flags: [pattern])
                return { patterns.matches($0) }
            }
        }
        do { try FileCopier.copy(request, into: RootDirectory(path: target)) } catch { return ["fails"] }
        return try Self.listing(of: target)
    }

    /// Every path with its kind, mode and content. COPY gives all the same time.
    static func listing(of folder: String) throws -> [String] {
        try listing(of: Kernel.openDirectory(try FileName(folder)), at: "")
    }

    private static func listing(of directory: Handle, at prefix: String) throws -> [String] {
        var lines: [String] = []
        for name in try Kernel.names(in: directory) {
            let status = try #require(try Kernel.status(name, at: directory))
            var line = "\(prefix)\(name.text) \(status.kind) \(status.mode)"
            switch status.kind {
            case .link: line += " " + (try Kernel.readLink(name, at: directory).text)
            case .directory:
                let below = try Kernel.openDirectory(name, at: directory)
                lines += try listing(of: below, at: prefix + name.text + "/")
            default:
                let file = try Kernel.open(name, at: directory, flags: O_RDONLY)
                line += " " + String(decoding: try Kernel.readAll(file, limit: 1 << 10), as: UTF8.self)
            }
            lines.append(line)
        }
        return lines
    }
}
