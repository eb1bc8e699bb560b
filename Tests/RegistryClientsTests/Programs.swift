// Runs programs of others, and says which of them are here.
import Foundation
import Synchronization
import Testing

enum Programs {
    /// All of them are here, or this is CI, which has them all: there tests fail without.
    static func areExpected(_ names: String...) -> Bool {
        ProcessInfo.processInfo.environment["CI"] == "true" || names.allSatisfy { path(of: $0) != nil }
    }

    /// Beside the tests' own program first: there builds put `weft`.
    static func path(of name: String) -> String? {
        let environment = ProcessInfo.processInfo.environment
        if name == "weft", let own = environment["WEFT_PROGRAM"] { return own }
        let beside = URL(filePath: CommandLine.arguments.first ?? "").deletingLastPathComponent().path
        let folders = [beside] + (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return folders.map { $0 + "/" + name }.first {
            var isFolder: ObjCBool = false
            return unsafe FileManager.default.fileExists(atPath: $0, isDirectory: &isFolder) && !isFolder.boolValue
                && FileManager.default.isExecutableFile(atPath: $0)
        }
    }

    struct Absent: Error { let name: String }

    /// A program of which nothing was started yet; its output goes to `log`.
    static func process(
        _ name: String, _ arguments: [String], environment: [String: String], log: String
    ) throws -> Process {
        guard let path = path(of: name) else { throw Absent(name: name) }
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let output = try FileHandle(forWritingTo: URL(filePath: log))
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        return process
    }
}

struct ProgramResult {
    let code: Int32
    /// Both streams.
    let output: String
    var isGood: Bool { code == 0 }
}

extension Process {
    /// Starts it, and waits without holding a thread.
    func runToItsEnd() async throws {
        let error = await withCheckedContinuation { (continuation: CheckedContinuation<(any Error)?, Never>) in
            terminationHandler = { _ in continuation.resume(returning: nil) }
            do { try run() } catch { continuation.resume(returning: error) }
        }
        if let error { throw error }
    }
}
