// A big blob in order from one who has it, as long as nobody else fetches it: parts cost more, and are of use to others only.
import BlobStore
import Digests
import Mesh
import Reports

extension PeerLayers {
    /// Between two looks at whether somebody else fetches the blob.
    private static let aloneInterval = Duration.milliseconds(100)

    /// False when the holder does not have it; nil when the rest is to be fetched in parts.
    func fetchAlone(
        _ digest: BlobDigest, _ parts: BlobParts, from holder: Holder,
        _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> Bool? {
        // What is in parts is not begun anew.
        guard !store.blobs.isScattered(digest, parts) else { return nil }
        guard let others = await others(who: digest, parts, holder) else {
            return try await fetchInOrder(digest, size: parts.size, from: holder, report)
        }
        guard !others else { return nil }
        return try await withThrowingTaskGroup(of: Bool?.self) { group in
            group.addTask { try await self.fetchInOrder(digest, size: parts.size, from: holder, report) }
            group.addTask {
                repeat {
                    try await Task.sleep(for: Self.aloneInterval)
                } while await self.others(who: digest, parts, holder) != true
                return nil
            }
            let end = try await group.next() ?? nil
            group.cancelAll()
            return end
        }
    }

    /// Whether other nodes fetch the blob; nil when the holder does not say.
    private func others(who digest: BlobDigest, _ parts: BlobParts, _ holder: Holder) async -> Bool? {
        await answer(of: holder, digest, parts)?.nodes.contains { $0 != links.system.name }
    }
}
