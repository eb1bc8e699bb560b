// Cleaning of this host's store, with all that says what must stay: of the command, and of a node now and then.
import BlobStore
import Building
import Foundation
import Logging
import Publishing
import RegistryServer
import Reports
import Settings
import Stages
import SystemPackage

struct StoreCleaning {
    private let store: Store

    /// Between two looks of a node at its disk.
    private static let nodeInterval = Duration.seconds(60)

    init(_ store: Store) { self.store = store }

    /// A folder that is none of a store is not made into one. What killed processes left is cleared away first, unless
    /// one only looks.
    init(existing root: FilePath, isDryRun: Bool, log: @escaping @Sendable (String) -> Void) throws {
        guard FileManager.default.fileExists(atPath: root.appending("layers").string) else {
            throw UsageError("\(root) is no store of weft: name one with --backend-storage-path")
        }
        store = try Store(root: root, log: log)
        guard !isDryRun else { return }
        try NodeParts.makeStateFolder()
        try NodeParts.endDead(of: store) { event in
            if case .warning(let text) = event { log(text) }
        }
    }

    /// Nil while another process cleans the store.
    func clean(_ request: CleaningRequest, checkpoint: () throws -> Void = {}) throws -> CleaningReport? {
        let pushed = RegistryClaims(StoredContents(store: store, cores: 1), now: NodeParts.now() / 1_000)
        let cleaner = StoreCleaner(
            store, owners: [TagClaims(store), pushed], layersOfStep: { RememberedStep.layers(ofRecord: $0) })
        return try cleaner.clean(request, checkpoint: checkpoint)
    }

    func close() { try? store.close() }

    /// Keeps a node's disk within its capacity until it is cancelled.
    static func keep(_ store: Store, within capacity: CapacitySettings, on threads: BlockingThreads, _ logger: Logger)
        async
    {
        let request = CleaningRequest(budget: capacity.disk.map { Int64($0) }, reserve: Int64(capacity.reserve))
        let cleaning = StoreCleaning(store)
        while (try? await Task.sleep(for: nodeInterval)) != nil {
            do {
                let report = try await withTaskExecutorPreference(threads) {
                    try cleaning.clean(request) { try Task.checkCancellation() }
                }
                if let report { note(report, logger) }
            } catch is CancellationError {
                return
            } catch { logger.warning("the disk was not cleaned", metadata: ["reason": "\(error)"]) }
        }
    }

    private static func note(_ report: CleaningReport, _ logger: Logger) {
        if report.freedBytes > 0 {
            logger.info("room was made on the disk", metadata: ["freed": "\(ReadableNumber.bytes(report.freedBytes))"])
        }
        guard report.shortfall > 0 || !report.failures.isEmpty else { return }
        logger.warning(
            "the disk is fuller than the config allows",
            metadata: [
                "lacking": "\(ReadableNumber.bytes(report.shortfall))",
                "available": "\(ReadableNumber.bytes(report.available))",
                "failures": "\(report.failures.joined(separator: "; "))",
            ])
    }
}
