// The file of --trace: what can't be written is said before the build, and a written one replaces the old.
import Foundation
import Reports
import Testing

@testable import weft

@Suite struct `Trace files` {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "weft-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    private func refusal(_ path: String) -> String? {
        do {
            _ = try TraceFile(path)
            return nil
        } catch { return "\(error)" }
    }

    @Test func `are refused before the build where they can't be written after it`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let missing = folder.appending(path: "missing/trace.json").path
        #expect(refusal(missing)?.contains("there is no folder \(folder.path)/missing") == true)
        #expect(refusal(folder.path)?.contains("no regular file") == true)
        #expect(refusal("/dev/null")?.contains("no regular file") == true)
        #expect(refusal("")?.contains("--trace=") == true)
        #expect(refusal(folder.appending(path: "trace.json").path) == nil)
    }

    @Test func `replace what was there`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "trace.json")
        try Data("old".utf8).write(to: file)
        let trace = try TraceFile(file.path)
        trace.record(.imageStarted(image: "backend"))
        try trace.write()
        #expect(try String(contentsOf: file, encoding: .utf8).contains("\"name\":\"backend\""))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["trace.json"])
    }
}
