// Limits on hosts with cgroup v1 trees beside v2, which the runtime does not see: weft puts its processes there itself.
import CLinux
import Glibc
import Synchronization

// Safety: arrays of C strings live for the length of one call.

/// One group in each v1 tree that a limit needs. The run's own thread joins them, starts the runtime, and leaves: what
/// it starts is in them from its first instruction on.
struct LegacyGroups {
    /// The runtime's own processes and threads are counted beside the step's: crun has one, runc (Go) about a dozen.
    static let allowance: [Runtime.Kind: Int64] = [.crun: 1, .runc: 16]
    /// Bytes of a control file that are read.
    private static let fileBytesMax = 64 << 10

    private let id: String
    private var held: [(controller: String, tree: Handle)] = []

    init(id: String) { self.id = id }

    var isEmpty: Bool { held.isEmpty }

    /// Trees by controller, opened once; they are mounted nowhere.
    private static let trees = Mutex<[String: Handle]>([:])

    /// Controllers that sit in v1 trees here, each with those it shares its tree with (proc_cgroups, cgroups(7)).
    static func controllers() -> [String: [String]] {
        guard let text = try? RootDirectory(path: "/proc").read("self/cgroup", limit: fileBytesMax) else { return [:] }
        return controllers(in: String(decoding: text, as: UTF8.self))
    }

    static func controllers(in text: String) -> [String: [String]] {
        var found: [String: [String]] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, !parts[1].isEmpty, !parts[1].contains("=") else { continue }
            let names = parts[1].split(separator: ",").map(String.init)
            for name in names { found[name] = names }
        }
        return found
    }

    private static func tree(_ controller: String, with names: [String]) throws -> Handle {
        try trees.withLock { trees in
            if let tree = trees[controller] { return tree }
            let raw = try unsafe CStrings.with(names) { names in
                var count: CInt = 0
                while unsafe names[Int(count)] != nil { count += 1 }
                return unsafe linux_cgroup_tree(names, count)
            }
            let tree = Handle(owning: try Kernel.checkShim(raw, "open the cgroup tree of", controller))
            trees[controller] = tree
            return tree
        }
    }

    private func name(_ rest: String = "") throws -> FileName { try FileName("weft/\(id)\(rest)") }

    /// Makes the group in the tree of `controller` and sets its files; those marked optional are not everywhere.
    mutating func hold(
        _ controller: String, with names: [String], _ settings: [(file: String, value: Int64, optional: Bool)]
    ) throws {
        let tree = try Self.tree(controller, with: names)
        for folder in ["weft", try name()] where try Kernel.status(folder, at: tree) == nil {
            do {
                try Kernel.makeDirectory(folder, at: tree, mode: 0o755)
            } catch {
                // Another run made it meanwhile.
                guard error.code == EEXIST else { throw error }
            }
        }
        held.append((controller, tree))
        for setting in settings {
            do {
                try write(String(setting.value), setting.file, tree)
            } catch {
                if !setting.optional { throw error }
            }
        }
    }

    private func write(_ text: String, _ file: String, _ tree: Handle) throws {
        let file = try Kernel.open(try name("/" + file), at: tree, flags: O_WRONLY)
        try Kernel.writeAll(Array(text.utf8), to: file)
    }

    /// Runs `body` with the calling thread, and what it starts, in the groups.
    func inside<Result>(_ body: () throws -> Result) throws -> Result {
        guard !isEmpty else { return try body() }
        let before = try held.map { try place(of: $0.controller) }
        defer { for (group, path) in zip(held, before) { try? join(path, group.tree) } }
        for group in held { try write("0", "tasks", group.tree) }
        return try body()
    }

    /// The calling thread's group below the tree's root.
    private func place(of controller: String) throws -> String {
        let text = try RootDirectory(path: "/proc").read("thread-self/cgroup", limit: Self.fileBytesMax) ?? []
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            if parts.count == 3, parts[1].split(separator: ",").contains(Substring(controller)) {
                return String(parts[2].drop { $0 == "/" })
            }
        }
        return ""
    }

    private func join(_ path: String, _ tree: Handle) throws {
        let file = try Kernel.open(try FileName(path.isEmpty ? "tasks" : path + "/tasks"), at: tree, flags: O_WRONLY)
        try Kernel.writeAll([UInt8(ascii: "0")], to: file)
    }

    /// The number after `key` in a control file.
    func count(_ key: String, in file: String, of controller: String) -> Int {
        guard let group = held.first(where: { $0.controller == controller }), let name = try? name("/" + file),
            let opened = try? Kernel.open(name, at: group.tree, flags: O_RDONLY),
            let text = try? Kernel.readAll(opened, limit: Self.fileBytesMax)
        else { return 0 }
        return Cgroup.count(key, in: String(decoding: text, as: UTF8.self))
    }

    /// Removes the groups; busy ones are left to `Runtime.reap`.
    func remove() {
        for group in held { try? Kernel.remove(try name(), at: group.tree, directory: true) }
    }

    /// The groups of a run of which only the id is known, as they are now.
    private static func known(_ id: String) -> [(controller: String, tree: Handle, name: FileName)] {
        controllers().filter { ["memory", "pids", "cpu"].contains($0.key) }.compactMap { controller, names in
            guard let tree = try? tree(controller, with: names), let name = try? FileName("weft/" + id),
                let status = try? Kernel.status(name, at: tree), status.kind == .directory
            else { return nil }
            return (controller, tree, name)
        }
    }

    static func remaining(id: String) -> [String] { known(id).map(\.controller) }

    static func remove(id: String) {
        for group in known(id) { try? Kernel.remove(group.name, at: group.tree, directory: true) }
    }
}
