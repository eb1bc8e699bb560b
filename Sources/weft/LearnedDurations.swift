// How long a project's stages took, kept beside the blobs from build to build: the scheduler asks what is slow.
import Foundation
import Planning
import Reports
import Scheduling
import SystemPackage

/// A build is right without them, so that nothing here fails: what is wrong is said in the log.
struct LearnedDurations {
    private let folder: FilePath
    private let file: FilePath
    private let report: @Sendable (BuildEvent) -> Void

    init(root: FilePath, project: String, report: @escaping @Sendable (BuildEvent) -> Void) {
        folder = root.appending("durations")
        file = folder.appending(Slug.tag(project))
        self.report = report
    }

    /// The encoded book; empty when there is none.
    func read() -> [UInt8] {
        let size = (try? FileManager.default.attributesOfItem(atPath: file.string))?[.size] as? Int ?? 0
        guard size > 0 else { return [] }
        guard size <= DurationBook.encodedBytesMax, let data = FileManager.default.contents(atPath: file.string) else {
            report(.detail("the learned durations \(file) have \(size) bytes or can't be read: they are not used"))
            return []
        }
        return [UInt8](data)
    }

    /// Adds what a build measured to what is there by now. Of two builds that end in the same moment one may be
    /// forgotten: both are estimates, and the file is whole in any case.
    func add(_ measured: [String: Int64]) {
        guard !measured.isEmpty else { return }
        var book = DurationBook()
        do {
            let known = read()
            if !known.isEmpty { book = try DurationBook(decoding: known) }
        } catch { report(.detail("\(file): \(error); they are learned anew")) }
        for (key, duration) in measured.sorted(by: { $0.key < $1.key }) { book.record(key, duration: duration) }
        do {
            try FileManager.default.createDirectory(
                atPath: folder.string, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try Data(book.encode()).write(to: URL(fileURLWithPath: file.string), options: .atomic)
        } catch { report(.detail("what this build's stages took was not kept: \(error)")) }
    }
}
