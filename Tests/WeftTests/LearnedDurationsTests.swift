// Learned durations beside the blobs: kept from build to build, by project, and never a reason to fail.
import Foundation
import Reports
import Scheduling
import Synchronization
import SystemPackage
import Testing

@testable import weft

@Suite struct `Learned durations of a store` {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "weft-\(UUID().uuidString)")

    private func durations(_ project: String, _ said: Said = Said()) -> LearnedDurations {
        LearnedDurations(root: FilePath(folder.path), project: project) { event in
            if case .detail(let text) = event { said.texts.withLock { $0.append(text) } }
        }
    }

    private final class Said: Sendable {
        let texts = Mutex<[String]>([])
    }

    @Test func `are read by the next build of the project, and by no other`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(durations("shop").read() == [])
        durations("shop").add(["run a/RUN1": 1_000])
        durations("shop").add(["run a/RUN1": 2_000, "image a": 5])
        let book = try DurationBook(decoding: durations("shop").read())
        #expect(book.expected("run a/RUN1") == 1_250)
        #expect(book.expected("image a") == 5)
        #expect(durations("other/../shop").read() == [])
    }

    @Test func `are not written when nothing was measured`() {
        defer { try? FileManager.default.removeItem(at: folder) }
        durations("shop").add([:])
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }

    @Test func `that are broken are said and learned anew`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        durations("shop").add(["run a/RUN1": 1_000])
        let file = folder.appending(path: "durations/shop")
        try Data("weft-durations 1\n12 cut o".utf8).write(to: file)
        let said = Said()
        durations("shop", said).add(["run b/RUN1": 7])
        #expect(said.texts.withLock { $0.first?.contains("learned anew") } == true)
        #expect(try DurationBook(decoding: durations("shop").read()).expected("run b/RUN1") == 7)
    }
}
