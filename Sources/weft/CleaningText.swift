// What a cleaning did, for people and for scripts.
import BlobStore
import Cleaning
import Reports

enum CleaningText {
    static func of(_ report: CleaningReport, isDryRun: Bool) -> String {
        var lines = TextTable.lines(
            report.freed.sorted { $0.key < $1.key }.map { kind, sum in
                ["  " + name(of: kind), "\(sum.count)", ReadableNumber.bytes(sum.byteCount)]
            })
        let verb = isDryRun ? "would be freed" : "freed"
        lines.insert(
            "\(ReadableNumber.bytes(report.freedBytes)) \(verb) of \(ReadableNumber.bytes(report.bytesBefore))", at: 0)
        for (reason, byteCount) in report.kept.sorted(by: { $0.key < $1.key }) where byteCount > 0 {
            lines.append("\(ReadableNumber.bytes(byteCount)) kept: \(words(for: reason))")
        }
        if report.skippedCount > 0 {
            lines.append("\(report.skippedCount) items came into use meanwhile and were kept")
        }
        lines += report.failures.map { "not removed: " + $0 }
        if report.shortfall > 0 {
            lines.append(
                "\(ReadableNumber.bytes(report.shortfall)) more were asked for than may go: see what was kept, and why")
        }
        if !isDryRun { lines.append("\(ReadableNumber.bytes(report.available)) are free on the file system") }
        return lines.joined(separator: "\n")
    }

    private static func name(of kind: ItemKind) -> String {
        switch kind {
        case .step: "steps"
        case .flattened: "merged chains"
        case .memory: "remembered stages"
        case .partial: "downloads"
        case .blob: "blobs"
        case .layer: "layers"
        case .cache: "caches"
        case .image: "images"
        }
    }

    private static func words(for reason: KeepReason) -> String {
        switch reason {
        case .pinned: "builds or nodes use them"
        case .root: "images of this host need them"
        case .recent: "used in the last \(CleaningTarget.recentSeconds / 60) minutes"
        case .unasked: "not asked for (--images, --caches)"
        case .small: "what is remembered of steps that stay"
        case .unneeded: "there is room for them"
        }
    }
}

/// The same as JSON.
struct CleaningRow: Encodable {
    struct Sum: Encodable {
        let count: Int
        let bytes: Int64
    }

    let dryRun: Bool
    let bytesBefore: Int64
    let freedBytes: Int64
    /// By kind.
    let freed: [String: Sum]
    /// Bytes by reason.
    let kept: [String: Int64]
    let skipped: Int
    let shortfall: Int64
    let available: Int64
    let failures: [String]

    init(_ report: CleaningReport, isDryRun: Bool) {
        dryRun = isDryRun
        (bytesBefore, freedBytes) = (report.bytesBefore, report.freedBytes)
        freed = Dictionary(
            uniqueKeysWithValues: report.freed.map { ($0.rawValue, Sum(count: $1.count, bytes: $1.byteCount)) })
        kept = Dictionary(uniqueKeysWithValues: report.kept.map { ($0.rawValue, $1) })
        (skipped, shortfall, available) = (report.skippedCount, report.shortfall, report.available)
        failures = report.failures
    }
}
