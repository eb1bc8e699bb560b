// The file of `weft build --trace`: events with the time when they were told, written at the end of the build.
import Foundation
import Reports
import Synchronization

/// Takes events from any thread.
final class TraceFile: Sendable {
    private let path: String
    private let start = ContinuousClock().now
    private let trace = Mutex(BuildTrace(program: "weft " + Weft.version))

    /// Finds out before the build that the file can't be written after it.
    init(_ path: String) throws {
        self.path = path
        let url = URL(fileURLWithPath: path)
        let (files, folder) = (FileManager.default, url.deletingLastPathComponent().path)
        var isFolder: ObjCBool = false
        let isThere = unsafe files.fileExists(atPath: folder, isDirectory: &isFolder)
        guard !path.isEmpty, isThere, isFolder.boolValue else {
            throw UsageError("--trace=\(path): there is no folder \(folder): make it, or name another file")
        }
        guard files.isWritableFile(atPath: folder) else {
            throw UsageError("--trace=\(path): files can't be made in \(folder): name another file")
        }
        let type = try? files.attributesOfItem(atPath: url.path)[.type] as? FileAttributeType
        guard type == nil || type == .typeRegular else {
            throw UsageError("--trace=\(path): that is no regular file, which could be replaced: name another one")
        }
    }

    func record(_ event: BuildEvent) {
        trace.withLock { $0.step(event, at: elapsed) }
    }

    private var elapsed: Duration { start.duration(to: ContinuousClock().now) }

    /// In one move: a reader finds the whole trace or the one before.
    func write() throws {
        let bytes = trace.withLock { $0.encoded(at: elapsed) }
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        } catch {
            throw UsageError("can't write the trace \(path): \(error.localizedDescription)")
        }
    }
}
