// A small build to report on: two images, stages with given names, and texts that are compared as lines.
import Digests
import Foundation
import Reports
import Stages

enum SmallWorld {
    static let repo = "registry.example/app"
    static let commit = "0123456789abcdef0123456789abcdef01234567"

    static func title(_ image: String, _ name: String, _ text: String = "", place: String = "") -> StageTitle {
        StageTitle(image: image, name: name, text: text, place: place)
    }

    /// Facts of a stage whose digests begin with `start`: 2026-01-02 03:04:05 UTC, 5.3 MiB.
    static func facts(
        _ start: String = "2fd1", timestamp: Int64 = 1_700_000_000_000, manifest: Bool = true,
        byteCount: Int64 = 5_557_453, added: Int64? = nil, commit: String = ""
    ) throws -> StageFacts {
        let digest = try required(StageDigest(start + String(repeating: "0", count: 56 - start.count)))
        let blob = try required(BlobDigest(hex: start + "456789ab" + String(repeating: "c", count: 56 - start.count)))
        let id = StageID(digest: digest, timestamp: timestamp)
        return StageFacts(
            id: id, name: "\(repo):\(id)", imageID: blob, manifestDigest: manifest ? blob : nil,
            createdAt: 1_767_323_045_000_000_000, byteCount: byteCount, addedByteCount: added, commit: commit)
    }

    static func record(
        _ name: String, facts: StageFacts, isFinal: Bool = true, isRebuilt: Bool = false,
        duration: Duration = .milliseconds(12_340), stages: [StageRecord] = [],
        type: ImageRecord.ConfigType = .dockerfile
    ) -> ImageRecord {
        ImageRecord(
            name: name, configType: type, repo: repo, facts: facts, platform: "linux/amd64", isFinal: isFinal,
            isRebuilt: isRebuilt, duration: duration, stages: stages)
    }

    static func blob(_ digit: String) throws -> BlobDigest {
        try required(BlobDigest(hex: String(repeating: digit, count: 64)))
    }

    static func input(_ name: String, from file: String = #filePath) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Inputs")
        return [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
    }

    private struct Missing: Error {}

    private static func required<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Missing() }
        return value
    }
}

/// Tells `log` of `events`, one each second, and joins what it says to each stream.
func told(_ log: inout ConsoleLog, _ events: [BuildEvent]) -> (output: String, errors: String) {
    var text = (output: "", errors: "")
    for (second, event) in events.enumerated() {
        let said = log.step(event, at: .seconds(second))
        text.output += said.output
        text.errors += said.errors
    }
    return text
}
