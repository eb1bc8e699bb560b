// The decision of a publication: candidates, choice, record, tag, check (design 5.7).
import BlobStore
import Building
import Digests
import Images
import Ledgers
import Mesh
import Planning
import Registry
import Reports
import Stages

extension RegistryRepo {
    /// Rounds of "somebody was faster": each means that another builder published meanwhile.
    private static let roundsMax = 16

    /// Under the lock: look again, choose, and only where nobody published record and tag.
    func decide(
        _ order: PublishOrder, _ manifest: EncodedDocument, _ image: Publication.Image
    ) async throws -> (PublishedStage, Bool) {
        let held = try await locks.take(project: project, digest: order.digest)
        defer { held.release() }
        for _ in 0..<Self.roundsMax {
            let list = try await finishInterrupted(ledger.publications(of: order.digest, .agreed))
            let listing = TagListing(try await listed(), now: now())
            for id in listing.candidates(of: order.digest, notBefore: order.parent?.timestamp ?? 0)
            where list.find(id)?.state != .rejected {
                if let published = try await describe(id) { return (published, true) }
            }
            if let published = try await record(order, manifest, image, list, listing) {
                if let older = try await older(than: published.id, order) { return (older, true) }
                return (published, false)
            }
        }
        throw PublishingError("the stage \(order.title) was published by others \(Self.roundsMax) times in a row")
    }

    /// Milliseconds that this host's clock may be off the registry's (design 5.7).
    private static let clockOffsetMax: Int64 = 2_000

    /// Everybody chooses the oldest stage: one that bears a wrong time would displace others, or never be chosen.
    private func requireRightClock() async throws {
        let offset = try await client.clockReading(of: repository)?.certainOffset ?? 0
        guard abs(offset) > Self.clockOffsetMax else { return }
        throw PublishingError(
            "this host's clock is at least \(abs(offset) / 1_000) s \(offset > 0 ? "ahead of" : "behind") that of "
                + "\(repository.registry): stages are chosen by the time of their publication, so nothing is published. "
                + "Set the clock that is wrong (NTP) and build again")
    }

    /// A stage that another host published at the same time: werf and weft alike choose the oldest from now on, so this
    /// build goes on with it, too (design 5.7).
    private func older(than id: StageID, _ order: PublishOrder) async throws -> PublishedStage? {
        guard isSharedUnknown else { return nil }
        let listing = TagListing(try await listed(), now: now())
        guard let first = listing.choice(of: order.digest, notBefore: order.parent?.timestamp ?? 0), first < id else {
            return nil
        }
        return try await describe(first)
    }

    /// A publication that was recorded and has no tag was cut short, by a crash perhaps: it is finished with the same
    /// stage id where its parts are still here, and rejected otherwise. We hold the digest's lock, so nobody is at it.
    private func finishInterrupted(_ list: PublicationList) async throws -> PublicationList {
        let interrupted = list.publications.filter { $0.state == .won }
        guard let digest = interrupted.first?.id.digest else { return list }
        for publication in interrupted {
            try await ledger.mark(publication, as: finish(publication) ? .tagged : .rejected)
        }
        return try await ledger.publications(of: digest, .agreed)
    }

    private func finish(_ publication: Publication) async throws -> Bool {
        if let found = try await tagged(publication.id) { return found == publication.manifest }
        guard let image = try? StoredImage.read(publication.manifest, from: store.blobs) else { return false }
        for layer in [image.manifest.config] + image.manifest.layers {
            if try await client.blobExists(layer.digest, of: repository) { continue }
            guard store.blobs.contains(layer.digest) else { return false }
            try await push(layer.digest, layer.size, subject: publication.id.description)
        }
        try await client.putManifest(image.manifest.encoded(), at: .tag(publication.id.description), of: repository)
        report(.detail("finished the publication \(publication.id), which was cut short"))
        return true
    }

    /// What the tag of `id` holds; nil when there is none.
    private func tagged(_ id: StageID) async throws -> BlobDigest? {
        do {
            return try await client.manifestDigest(.tag(id.description), of: repository)
        } catch let error as RegistryError where error.isNotFound {
            return nil
        }
    }

    static func stageID(_ order: PublishOrder, _ timestamp: Int64) throws -> StageID {
        guard timestamp <= Timestamps.greatest else {
            throw PublishingError(
                "the stage \(order.title) can't be published: a tag of its digest has the last timestamp there is")
        }
        return StageID(digest: order.digest, timestamp: timestamp)
    }

    /// Records the publication and makes its tag; nil when somebody was faster.
    private func record(
        _ order: PublishOrder, _ manifest: EncodedDocument, _ image: Publication.Image, _ list: PublicationList,
        _ listing: TagListing
    ) async throws -> PublishedStage? {
        try await requireRightClock()
        let given = [listing.greatestTimestamp(of: order.digest), list.greatestTimestamp].compactMap { $0 }.max()
        let timestamp = Timestamps.next(now: now(), greatestGiven: given, parent: order.parent?.timestamp)
        let id = try Self.stageID(order, timestamp)
        let publication = Publication(id: id, nonce: nonce(), image: image, parents: try await parents(order))
        switch try await ledger.append(publication, on: list.version) {
        case .won: break
        case .lost: return nil
        case .parentChanged(let parent):
            throw PublishingError(
                "the stage \(order.title) was not published: \(parent), which it was built on, was rejected meanwhile. "
                    + "Build again")
        }
        // A tag that exists is somebody's: it is never overwritten.
        if let found = try await tagged(id), found != manifest.digest {
            try await ledger.mark(publication, as: .rejected)
            return nil
        }
        try await client.putManifest(manifest, at: .tag(id.description), of: repository)
        let stored = try await client.manifestDigest(.tag(id.description), of: repository)
        guard stored == manifest.digest else {
            throw PublishingError("the tag \(name):\(id) holds \(stored) and not what was pushed, \(manifest.digest)")
        }
        let known = try images.remember(id, manifest.digest)
        try await ledger.mark(publication, as: .tagged)
        return known.summary.published(id, repo: name, isRemote: true, added: order.content.layers.last?.byteCount)
    }

    /// What the stage was built on, where the ledger knows it; others may have published that before there was one.
    private func parents(_ order: PublishOrder) async throws -> [Publication.Parent] {
        guard let parent = order.parent,
            let found = try await ledger.publications(of: parent.digest, .known).find(parent)
        else { return [] }
        return [Publication.Parent(id: parent, manifest: found.manifest)]
    }
}
