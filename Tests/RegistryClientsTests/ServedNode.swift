// A node's registry on loopback, for programs of others.
import BlobStore
import Digests
import Foundation
import Glibc
import HTTPMessages
import Logging
import Synchronization
import SystemPackage
import Testing
import Transport

@testable import RegistryServer

struct ServedNode: Sendable {
    let folder: FilePath
    let store: Store
    let port: Int
    let service: RegistryService

    var host: String { "127.0.0.1:\(port)" }

    private static let hasLocale = unsafe setlocale(LC_CTYPE, "C.UTF-8") != nil

    static func run(
        _ rights: RightsSettings = everything, missing: (any MissingContents)? = nil,
        _ body: (ServedNode) async throws -> Void
    ) async throws {
        #expect(hasLocale)
        let folder = FilePath("/tmp/weft-test-\(UInt64.random(in: .min ... .max))")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        let store = try Store(root: folder.appending("store"))
        let service = RegistryService(
            contents: StoredContents(store: store, cores: 2), missing: missing, rights: SettingsRights(rights),
            threads: globalConcurrentExecutor)
        let listener = try await Listener.bind(
            address: "127.0.0.1", port: 0, tls: nil, service: service, limits: .registry,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await listener.run() }
            defer { group.cancelAll() }
            try await body(ServedNode(folder: folder, store: store, port: listener.port, service: service))
        }
    }

    static var everything: RightsSettings {
        var settings = RightsSettings()
        settings.grants = [.init(who: .anyone, actions: Set(RegistryAction.allCases), repos: repos("**"))]
        return settings
    }

    /// Everybody pulls; ann, whose token is `secret`, does all.
    static var withUser: RightsSettings {
        var settings = RightsSettings()
        settings.tokens = [TokenRecord(user: "ann", hash: BlobDigest(of: Array("secret".utf8)).hex)].compactMap(\.self)
        settings.grants = [
            .init(who: .anyone, actions: [.pull], repos: repos("**")),
            .init(who: .user("ann"), actions: Set(RegistryAction.allCases), repos: repos("**")),
        ]
        return settings
    }

    /// Runs a program with a home of its own.
    @discardableResult
    func program(_ name: String, _ arguments: String...) async throws -> ProgramResult {
        let home = folder.appending("home").string
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        let log = folder.appending("log-\(UInt64.random(in: .min ... .max))").string
        let environment = ["HOME": home, "STORAGE_DRIVER": "vfs", "WERF_HOME": home + "/werf", "LC_ALL": "C.UTF-8"]
        let process = try Programs.process(name, arguments, environment: environment, log: log)
        try await process.runToItsEnd()
        let output = String(decoding: try Data(contentsOf: URL(filePath: log)), as: UTF8.self)
        return ProgramResult(code: process.terminationStatus, output: output)
    }

    /// A project with one image of two layers, committed.
    func makeProject() async throws -> String {
        let path = folder.appending("project").string
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let files = [
            "werf.yaml": "project: tiny\nconfigVersion: 1\n---\nimage: app\ndockerfile: Dockerfile\n",
            "Dockerfile": "FROM scratch\nCOPY a.txt /a.txt\nCOPY large.bin /data/\n",
            "a.txt": "hello\n",
            "large.bin": String(repeating: "0123456789abcdef", count: 40_000),
        ]
        for (name, text) in files { try Data(text.utf8).write(to: URL(filePath: path + "/" + name)) }
        for arguments in [["init", "-q"], ["add", "-A"]] {
            let result = try await git(path, arguments)
            try #require(result.isGood, "\(result.output)")
        }
        let author = ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "x"]
        let result = try await git(path, author)
        try #require(result.isGood, "\(result.output)")
        return path
    }

    private func git(_ path: String, _ arguments: [String]) async throws -> ProgramResult {
        let log = folder.appending("log-git").string
        let process = try Programs.process("git", ["-C", path] + arguments, environment: [:], log: log)
        try await process.runToItsEnd()
        return ProgramResult(
            code: process.terminationStatus,
            output: String(decoding: try Data(contentsOf: URL(filePath: log)), as: UTF8.self))
    }
}
