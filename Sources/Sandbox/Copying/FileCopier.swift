// COPY and ADD without a container: files go straight from a context or another root into a mounted root.
import Glibc
import SystemPackage

/// Copies by BuildKit's rules (Dockerfile reference, COPY and ADD). Every path of the request is resolved inside its
/// root, whatever links it holds. Blocks; `checkpoint` is called between files and pieces of big ones.
package struct FileCopier {
    /// Directories below each other in one copied tree; each holds two descriptors while it is copied.
    static let depthMax = 200

    private let request: CopyRequest
    private var writer: CopyWriter

    /// Copies all of `request` into `root`. What was copied before an error stays: the caller drops the layer.
    @discardableResult
    package static func copy(
        _ request: CopyRequest, into root: RootDirectory, checkpoint: @escaping () throws -> Void = {}
    ) throws -> CopySummary {
        var copier = try FileCopier(request, into: root, checkpoint: checkpoint)
        for source in request.sources {
            copier.writer.origin = source.origin
            for pattern in source.patterns {
                if let parents = request.parents {
                    try copier.copyWithParents(pattern, parents, from: source.root)
                } else if source.hasWildcards {
                    try copier.copy(pattern, from: source.root)
                } else {
                    try copier.copy(try FileName("/" + pattern), from: source.root)
                }
            }
        }
        for file in request.inlineFiles { try copier.write(file) }
        return copier.writer.summary
    }

    private init(_ request: CopyRequest, into root: RootDirectory, checkpoint: @escaping () throws -> Void) throws {
        guard request.destination.hasPrefix("/") else {
            throw SandboxError.request("the destination \"\(request.destination)\" is not absolute")
        }
        self.request = request
        writer = CopyWriter(
            root: root, owner: try request.owner.map { try Accounts(of: root).owner($0) },
            mode: try request.mode.map { try FileModeChange($0) }, fixedTime: request.fixedTime,
            checkpoint: checkpoint)
    }

    private var namesDirectory: Bool { request.destination.hasSuffix("/") || request.destination.hasSuffix("/.") }

    private mutating func copy(_ pattern: String, from root: RootDirectory) throws {
        let matches = try SourceGlob.expand(pattern, in: root)
        if matches.isEmpty, !request.allowsEmptyWildcard {
            throw SandboxError.missing("no source files matched \"\(pattern)\"")
        }
        for match in matches {
            writer.links = [:]
            try copy(match, from: root)
        }
    }

    /// One source. A link that is named as a source is followed, inside its root; what it leads to goes under the
    /// link's name.
    private mutating func copy(_ path: FileName, from root: RootDirectory) throws {
        try writer.checkpoint()
        let source = try root.locate(path)
        guard source.exists else {
            throw SandboxError.missing("\"\(path.text)\" not found: no such file or directory in the source")
        }
        guard let leaf = source.leaf else { return try copyDirectory(source) }
        guard let status = try Kernel.status(leaf, at: source.deepest) else {
            throw SandboxError.missing("\"\(path.text)\" not found: it vanished while it was copied")
        }
        let name = path.components.last { $0 != ".." } ?? leaf
        if status.kind == .file, try unpack(leaf, in: source.deepest) { return }
        let place = try place(for: name)
        try writer.copy(leaf, in: source.deepest, status: status, to: place.name, in: place.parent, at: place.path)
    }

    /// Where a single file goes: into the destination when that is a directory, else under its name.
    private mutating func place(for name: FileName) throws -> (parent: Handle, name: FileName, path: FileName) {
        var location = try writer.root.locate(try FileName(request.destination))
        let made: [(parent: Handle, name: FileName)]
        let final: FileName
        if namesDirectory || location.isDirectory {
            made = try writer.makeMissing(&location)
            final = name
        } else if let leaf = location.leaf, location.missing.isEmpty {
            (made, final) = ([], leaf)
        } else {
            made = try writer.makeMissing(&location, butLast: true)
            final = location.missing.removeLast()
        }
        try setTimes(made)
        location.leaf = nil
        return (location.deepest, final, try FileName(location.text))
    }

    private func setTimes(_ made: [(parent: Handle, name: FileName)]) throws {
        guard request.fixedTime != nil else { return }
        for (parent, name) in made.reversed() {
            if let status = try Kernel.status(name, at: parent) {
                try writer.setTimes(name, at: parent, from: status)
            }
        }
    }

    /// A directory's content goes into the destination, which keeps its own owner and mode.
    private mutating func copyDirectory(_ source: RootDirectory.Location) throws {
        let exclusion = request.exclusion
        let target = try destinationDirectory()
        try copyTree(from: source.deepest, to: target) { path, _ in
            guard let exclusion, exclusion.excludes(path) else { return .take }
            return exclusion.hasExceptions ? .look : .skip
        }
        try finish(target, like: source.deepest)
    }

    private mutating func destinationDirectory() throws -> CopyTarget {
        var location = try writer.root.locate(try FileName(request.destination))
        if location.leaf != nil {
            throw SandboxError.request("cannot copy a directory onto \(location.text), which is not a directory")
        }
        let made = try writer.makeMissing(&location)
        try setTimes(made)
        return CopyTarget(location.deepest, path: try FileName(location.text))
    }

    private func finish(_ target: CopyTarget, like source: Handle) throws {
        guard let opened = target.opened else { return }
        try writer.setTimes("", at: opened, from: try Kernel.status(of: source))
    }

    /// `--parents`: the path below the pivot `/./`, or below the root, is made in the destination as it is. What is before
    /// the pivot and no directory is a source like any other.
    private mutating func copyWithParents(
        _ pattern: String, _ parents: CopyRequest.Parents, from root: RootDirectory
    ) throws {
        var base = ""
        var rest = pattern[...]
        if let pivot = pattern.firstRange(of: "/./") {
            base = String(pattern[..<pivot.lowerBound])
            rest = pattern[pivot.upperBound...]
        }
        let wanted = try TreePattern(String(rest), parents)
        let isPlain = !PathPattern.hasWildcard(pattern)
        for match in try SourceGlob.expand(base, in: root) {
            let source = try root.locate(match)
            if isPlain, try !root.locate(try FileName(match.text + "/" + rest), followLast: false).exists {
                throw SandboxError.missing("\"\(pattern)\" not found: no such file or directory in the source")
            }
            guard source.isDirectory else {
                try copy(match, from: root)
                continue
            }
            let exclusion = request.exclusion
            let target = try destinationDirectory()
            try copyTree(from: source.deepest, to: target) { path, names in
                if let exclusion, exclusion.excludes(path) { return exclusion.hasExceptions ? .look : .skip }
                return wanted.matches(path) ? .take : wanted.mayMatch(below: names) ? .look : .skip
            }
            try finish(target, like: source.deepest)
        }
    }

    private mutating func write(_ file: CopyRequest.InlineFile) throws {
        guard let name = try FileName(file.name).components.last, name != ".." else {
            throw SandboxError.request("\"\(file.name)\" is not a file's name")
        }
        let place = try place(for: name)
        try writer.write(file.content, to: place.name, in: place.parent, at: place.path)
    }

    /// True when `name` was an archive and lies unpacked in the destination.
    private mutating func unpack(_ name: FileName, in directory: Handle) throws -> Bool {
        guard let unpacking = request.unpacking else { return false }
        let archive = try Kernel.open(name, at: directory, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        defer { withExtendedLifetime(archive) {} }
        guard try unpacking.isArchive(archive.descriptor) else { return false }
        var location = try writer.root.locate(try FileName(request.destination))
        guard location.leaf == nil else {
            throw SandboxError.request("cannot unpack \(name.text) onto \(location.text), which is not a directory")
        }
        let made = try writer.makeMissing(&location, forArchive: true)
        try unpacking.unpack(archive.descriptor, writer.root.handle.descriptor, location.text, writer.owner)
        try setTimes(made)
        return true
    }
}

extension FileCopier {
    enum Choice {
        case take
        /// Not wanted itself, but perhaps something in it.
        case look
        case skip
    }

    /// Copies what lies in `source`. `choose` gets a path relative to the first call's source, whole and in parts.
    private mutating func copyTree(
        from source: Handle, to target: CopyTarget, names: [String] = [], _ choose: (String, [String]) -> Choice
    ) throws {
        guard names.count < Self.depthMax else {
            throw SandboxError.request("\(target.path.text): more than \(Self.depthMax) directories below each other")
        }
        for name in try Kernel.names(in: source) {
            try writer.checkpoint()
            guard let status = try Kernel.status(name, at: source) else { continue }
            let parts = names + [name.text]
            let choice = choose(parts.joined(separator: "/"), parts)
            if status.kind == .directory, choice != .skip {
                let directory = try Kernel.openDirectory(name, at: source)
                let below = CopyTarget(
                    name, in: target, from: CopyTarget.Origin(directory: directory, status: status))
                if choice == .take { _ = try below.open(&writer) }
                try copyTree(from: directory, to: below, names: parts, choose)
                try below.finish(writer)
            } else if status.kind != .directory, choice == .take {
                let parent = try target.open(&writer)
                try writer.copy(name, in: source, status: status, to: name, in: parent, at: target.path)
            }
        }
    }
}
