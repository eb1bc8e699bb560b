// The two places that a project's file can be read from, behind one shape: the commit, and the disk.
import FileTrees
import SystemPackage

/// What stands at a path, no link followed.
enum ViewEntry {
    case missing, directory, file
    case link(target: PathBytes)
}

/// Paths are relative to the top of the work tree, and no element of them is a link.
protocol ProjectView {
    func entry(at path: PathBytes) throws -> ViewEntry
    func names(in folder: PathBytes) throws -> [PathBytes]
    func bytes(at path: PathBytes) throws -> [UInt8]
    /// What stands at a path, looked up at once; nil when a link is on the way.
    func direct(_ path: PathBytes) throws -> ViewEntry?
}

/// Bytes of one configuration file.
private let configurationFileMax = 64 * 1_024 * 1_024

struct CommitView: ProjectView {
    let files: CommitFiles
    let expected: ExpectedFiles

    func entry(at path: PathBytes) throws -> ViewEntry {
        guard let node = try files.tree.node(at: path) else { return .missing }
        switch node.kind {
        case .directory, .submodule: return .directory
        case .file, .executable: return .file
        case .link: return .link(target: try files.bytes(of: node, limitBytes: 4_096))
        }
    }

    func direct(_ path: PathBytes) throws -> ViewEntry? {
        guard let node = try files.tree.lookUp(path) else { return nil }
        switch node {
        case .missing: return .missing
        case .found(let node): return node.kind == .link ? nil : node.kind.hasContent ? .file : .directory
        }
    }

    func names(in folder: PathBytes) throws -> [PathBytes] { try files.tree.entries(at: folder)?.map(\.name) ?? [] }

    func bytes(at path: PathBytes) throws -> [UInt8] {
        guard let node = try files.tree.node(at: path) else { throw GitError.notAFile(path: GoPath.text(path)) }
        if let bytes = expected[node.id] { return bytes }
        return try files.bytes(of: node, limitBytes: configurationFileMax)
    }
}

final class DiskView: ProjectView, Sendable {
    private let root: DiskFolder

    init(_ workTree: FilePath) throws { root = try DiskFolder(workTree) }

    func entry(at path: PathBytes) throws -> ViewEntry {
        if path.isEmpty { return .directory }
        guard let status = try root.status(path) else { return .missing }
        switch status.kind {
        case .directory: return .directory
        case .file: return .file
        case .link: return .link(target: try root.linkTarget(path))
        case .special(let kind): throw FileTreeError.specialFile(path: GoPath.text(path), kind: kind)
        }
    }

    func direct(_ path: PathBytes) throws -> ViewEntry? {
        do {
            let entry = try entry(at: path)
            if case .link = entry { return nil }
            return entry
        } catch FileTreeError.throughLink { return nil }
    }

    func names(in folder: PathBytes) throws -> [PathBytes] {
        let names = try folder.isEmpty ? root.names() : root.folder(folder).names()
        return names.filter { $0 != Array(".git".utf8) }
    }

    func bytes(at path: PathBytes) throws -> [UInt8] { try root.bytes(of: path, limitBytes: configurationFileMax) }
}

extension ProjectView {
    /// Follows all links of a formatted path. Nil when something on the way is missing. `onLink` gets each link that was
    /// followed. Throws when a link leaves the repository.
    func resolve(
        _ path: PathBytes, onLink: (PathBytes) throws -> Void = { _ in }
    ) throws -> (path: PathBytes, isDirectory: Bool)? {
        // The whole path at once, where no link is on the way.
        switch try direct(path) {
        case .missing: return nil
        case .directory: return (path, true)
        case .file: return (path, false)
        case .link, nil: return try follow(path, onLink)
        }
    }

    private func follow(
        _ path: PathBytes, _ onLink: (PathBytes) throws -> Void
    ) throws -> (path: PathBytes, isDirectory: Bool)? {
        var ahead = Array(path.split(separator: slash).map { PathBytes($0) }.reversed())
        var here: [PathBytes] = []
        var isDirectory = true
        var links = 0
        while let element = ahead.popLast() {
            if element == Array(".".utf8) { continue }
            if element == Array("..".utf8) {
                guard here.popLast() != nil else { throw leaving(path, element) }
                isDirectory = true
                continue
            }
            guard isDirectory else { return nil }
            let next = PathBytes((here + [element]).joined(separator: [slash]))
            switch try entry(at: next) {
            case .missing: return nil
            case .directory: here.append(element)
            case .file:
                isDirectory = false
                here.append(element)
            case .link(let target):
                links += 1
                guard links <= linksMax else { throw GitError.tooManyLinks(path: GoPath.text(path)) }
                guard target.first != slash else { throw leaving(next, target) }
                try onLink(next)
                guard climb(target) <= here.count else { throw leaving(next, target) }
                ahead += target.split(separator: slash).map { PathBytes($0) }.reversed()
            }
        }
        return (PathBytes(here.joined(separator: [slash])), isDirectory)
    }

    /// How many `..` a link's target begins with.
    private func climb(_ target: PathBytes) -> Int {
        GoPath.clean(target).split(separator: slash).prefix { $0.elementsEqual("..".utf8) }.count
    }

    private func leaving(_ path: PathBytes, _ target: PathBytes) -> GitError {
        .linkLeavesRepository(path: GoPath.text(path), target: GoPath.text(target))
    }
}

private let slash = UInt8(ascii: "/")

/// Links followed on the way to one file, as many as the kernel follows.
private let linksMax = 40
