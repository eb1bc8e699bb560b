// A temporary folder with a store in it, and layers to put there.
import CLinux
import Digests
import Foundation
import Glibc
import Layers
import Synchronization
import SystemPackage
import Testing

@testable import BlobStore

enum Privilege {
    /// Without root these tests are skipped, except where CI promises root: there they run and fail.
    static let isExpected = geteuid() == 0 || ProcessInfo.processInfo.environment["CI"] == "true"
    static let trait: ConditionTrait = .enabled(if: isExpected, "needs root: devices and trusted.* attributes")
}

final class Scratch: Sendable {
    let path: FilePath
    let store: Store
    /// What the store complained about.
    let log: Log
    private static let hasLocale = unsafe setlocale(LC_CTYPE, "C.UTF-8") != nil

    final class Log: Sendable {
        let lines = Mutex<[String]>([])
    }

    init() throws {
        #expect(Self.hasLocale)
        let (path, log) = (FilePath("/tmp/weft-test-\(UInt64.random(in: .min ... .max))"), Log())
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: false)
        (self.path, self.log) = (path, log)
        store = try Store(root: path.appending("store")) { line in log.lines.withLock { $0.append(line) } }
    }

    deinit { _ = try? run("/bin/rm", "-rf", path.string) }

    subscript(name: String) -> FilePath { path.appending(name) }

    func write(_ name: String, _ text: String) throws {
        let url = URL(filePath: self[name].string)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    func text(_ path: FilePath) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path.string)), as: UTF8.self)
    }

    func names(_ path: FilePath) throws -> [String] {
        try Directory(path).names().map { String(decoding: $0, as: UTF8.self) }.sorted()
    }

    /// All files of the store but those in work areas and locks.
    func stored() throws -> [String] {
        try run("/bin/sh", "-c", "cd \"$0/store\" && find . -type f | grep -v -e /run/ -e lock | sort", path.string)
            .split(separator: "\n").map(String.init)
    }

    /// What the process has unfinished.
    func unfinished() throws -> [String] { try names(store.work.path).filter { $0 != "lock" && $0 != Pins.fileName } }

    /// An upper directory with `files`, adopted as a layer.
    @discardableResult
    func adopt(_ files: [String: String], removed: [String] = [], opaque: [String] = []) throws -> LayerSummary {
        let name = "upper-\(UInt64.random(in: .min ... .max))"
        let summary = try makeUpper(name, files, removed: removed, opaque: opaque)
        try adopt(name, summary)
        return summary
    }

    /// The upper directory `name` becomes a layer.
    @discardableResult
    func adopt(_ name: String, _ summary: LayerSummary) throws -> FilePath {
        let folder = self["layer-\(UInt64.random(in: .min ... .max))"]
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: false)
        try FileManager.default.moveItem(
            atPath: self[name].string, toPath: folder.appending(LayerFolder.filesName).string)
        return try store.layers.adopt(folder, summary)
    }

    func makeUpper(
        _ name: String, _ files: [String: String], removed: [String] = [], opaque: [String] = []
    ) throws -> LayerSummary {
        try FileManager.default.createDirectory(atPath: self[name].string, withIntermediateDirectories: true)
        for (file, text) in files { try write(name + "/" + file, text) }
        for file in removed {
            let path = self[name].appending(file)
            try FileManager.default.createDirectory(
                atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
            let last = try #require(path.lastComponent)
            try Directory(path.removingLastComponent()).makeWhiteout(Array(last.string.utf8))
        }
        for file in opaque { try Directory(file.isEmpty ? self[name] : self[name].appending(file)).file().markOpaque() }
        return try LayerWriter(times: .fixed(1)).summarize(self[name])
    }
}

struct CommandFailure: Error {
    let command: [String]
    let code: Int32
}

@discardableResult
func run(_ command: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: command[0])
    process.arguments = Array(command.dropFirst())
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
        throw CommandFailure(command: command, code: process.terminationStatus)
    }
    return String(decoding: data, as: UTF8.self)
}
