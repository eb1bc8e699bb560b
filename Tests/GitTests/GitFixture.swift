// A real repository in a temporary folder, with fixed identity and dates.
import FileTrees
import Foundation
import SystemPackage
import Testing

@testable import Git

final class GitFixture {
    let url: URL
    let program: GitProgram

    var path: FilePath { FilePath(url.path) }

    init(committing files: [String: String] = [:], inside parent: URL? = nil, named name: String? = nil) throws {
        let base = parent ?? FileManager.default.temporaryDirectory
        url = base.appendingPathComponent(name ?? "weft-git-\(UUID().uuidString)").resolvingSymlinksInPath()
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        program = GitProgram(environment: [
            "PATH=\(path)", "HOME=\(url.path)", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
            "GIT_AUTHOR_NAME=T", "GIT_AUTHOR_EMAIL=t@e", "GIT_AUTHOR_DATE=1700000000 +0130",
            "GIT_COMMITTER_NAME=T", "GIT_COMMITTER_EMAIL=t@e", "GIT_COMMITTER_DATE=1700000000 +0130",
        ])
        try git("init", "-q", "-b", "main")
        for (path, text) in files { try write(path, text) }
        if !files.isEmpty { try commit() }
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    @discardableResult
    func git(_ arguments: String..., input: [UInt8] = []) throws -> String {
        let output = try program.run(["-c", "protocol.file.allow=always"] + arguments, in: path, input: input)
        return String(decoding: output, as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    func commit(_ message: String = "x") throws {
        try git("add", "-A")
        try git("commit", "-q", "-m", message)
    }

    func write(_ path: String, _ text: String, mode: Int = 0o644) throws {
        let file = url.appendingPathComponent(path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    }

    func remove(_ path: String) throws { try FileManager.default.removeItem(at: url.appendingPathComponent(path)) }

    func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: url.appendingPathComponent(path).path, withDestinationPath: target)
    }

    /// A commit whose root tree holds these entries, made without a work tree: names may be anything.
    func commitTree(_ entries: [(mode: String, name: [UInt8], id: String)]) throws -> ObjectID {
        var input: [UInt8] = []
        for entry in entries {
            let kind = entry.mode == "040000" ? "tree" : "blob"
            input += Array("\(entry.mode) \(kind) \(entry.id)\t".utf8) + entry.name + [0]
        }
        let tree = try git("mktree", "-z", input: input)
        return try #require(ObjectID(try git("commit-tree", tree, "-m", "x")))
    }

    func blob(_ text: String) throws -> String { try git("hash-object", "-w", "--stdin", input: Array(text.utf8)) }

    func repository(_ folder: String = "") throws -> Repository {
        try Repository.discover(from: folder.isEmpty ? path : path.appending(folder), git: program)
    }
}
