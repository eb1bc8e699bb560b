// Publications that were cut short are finished, stages of no use are given up, and a repo has one ledger (design 5.7).
import BlobStore
import Digests
import Images
import Ledgers
import Registry
import Reports
import Stages

extension RegistryRepo {
    /// A publication without its tag is another builder's, who may be at it: so long it is left to that one.
    private static let patience = Duration.seconds(5)
    private static let lookInterval = Duration.milliseconds(250)

    /// The digest's publications once none of them is under way: one that was cut short, by a crash perhaps, is finished
    /// with the same stage id where its parts can be had, and rejected otherwise. Time is counted here, not by its stamp.
    func finishInterrupted(of digest: StageDigest) async throws -> PublicationList {
        let clock = ContinuousClock()
        let start = clock.now
        while true {
            let list = try await ledger.publications(of: digest, .agreed)
            let open = list.publications.filter { $0.state == .won }
            guard !open.isEmpty else { return list }
            if try await ledger.epoch() == nil || start.duration(to: clock.now) >= Self.patience {
                for publication in open { try await end(publication) }
            } else {
                try await Task.sleep(for: Self.lookInterval)
            }
        }
    }

    private func end(_ publication: Publication) async throws {
        if try await finish(publication) {
            try await ledger.mark(publication, as: .tagged)
        } else {
            try await reject(publication.id, reason: "its publication was cut short, and parts of it are gone")
        }
    }

    private func finish(_ publication: Publication) async throws -> Bool {
        if let found = try await tagged(publication.id) { return found == publication.manifest }
        guard let manifest = try manifest(of: publication) else { return false }
        for layer in [manifest.config] + manifest.layers {
            if try await client.blobExists(layer.digest, of: repository) { continue }
            guard store.blobs.contains(layer.digest) else { return false }
            try await push(layer.digest, layer.size, subject: publication.id.description)
        }
        try await client.putManifest(manifest.encoded(), at: .tag(publication.id.description), of: repository)
        report(.detail("finished the publication \(publication.id), which was cut short"))
        return true
    }

    /// The record has it, or this node's store.
    private func manifest(of publication: Publication) throws -> Manifest? {
        let bytes: [UInt8]
        if !publication.image.manifestBytes.isEmpty {
            bytes = publication.image.manifestBytes
        } else if store.blobs.contains(publication.manifest) {
            bytes = try store.blobs.read(publication.manifest, atMost: Manifest.bytesMax)
        } else {
            return nil
        }
        guard case .image(let manifest) = try ManifestDocument(bytes, contentType: nil),
            manifest.encoded().digest == publication.manifest
        else { return nil }
        return manifest
    }

    /// In the ledger first: nobody builds on it from then on.
    func giveUp(_ id: StageID) async throws {
        guard let known = try await ledger.publications(of: id.digest, .agreed).find(id) else { return }
        try await ledger.mark(known, as: .rejected)
    }

    // MARK: One repo, one ledger

    private static let ledgerTagPrefix = "weft-ledger-"

    /// Throws where `tags` say that the repo is another ledger's; the first who publishes to it says whose it is.
    func requireLedger(_ tags: [String]) async throws {
        let owners = tags.filter { $0.hasPrefix(Self.ledgerTagPrefix) }.map { $0.dropFirst(Self.ledgerTagPrefix.count) }
        guard let epoch = try await ledger.epoch() else {
            guard let owner = owners.first else { return }
            throw PublishingError(
                "\(name) is published to by a mesh whose ledger is \(owner), and this build has none: build with --mesh, "
                    + "or publish to another repo")
        }
        if let other = owners.first(where: { $0 != epoch }) {
            throw PublishingError(
                "\(name) is published to by another ledger, \(other), and this build's is \(epoch): two ledgers can't keep "
                    + "one repo. If \(other) is no more, remove the tag \(Self.ledgerTagPrefix)\(other) from the repo")
        }
        guard owners.isEmpty else { return }
        try await putMarker(Self.ledgerTagPrefix + epoch, labels: ["werf": project])
    }
}
