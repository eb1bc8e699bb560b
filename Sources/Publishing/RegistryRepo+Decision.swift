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
            let list = try await finishInterrupted(of: order.digest)
            let tags = try await listed()
            try await requireLedger(tags)
            let listing = TagListing(tags, now: now())
            switch try await choose(order, list, listing) {
            case .adopted(let published):
                try await noteDifference(published, image, order)
                return (published, true)
            case .listChanged: continue
            case .nothing: break
            }
            if let published = try await record(order, manifest, image, list, listing) {
                if let older = try await older(than: published.id, order) { return (older, true) }
                return (published, false)
            }
        }
        throw PublishingError("the stage \(order.title) was published by others \(Self.roundsMax) times in a row")
    }

    private enum Choice {
        case adopted(PublishedStage)
        /// Somebody wrote to the ledger meanwhile: it is to be read again.
        case listChanged
        case nothing
    }

    /// The oldest stage that can be used. One of which the ledger does not know is recorded before it is adopted.
    private func choose(_ order: PublishOrder, _ list: PublicationList, _ listing: TagListing) async throws -> Choice {
        for id in listing.candidates(of: order.digest, notBefore: order.parent?.timestamp ?? 0) {
            let known = list.find(id)
            guard known?.state != .rejected, let published = try await describe(id) else { continue }
            if let known, let found = published.facts.manifestDigest, found != known.manifest {
                try await reject(id, reason: "its tag holds \(found), and \(known.manifest) was published under it")
                continue
            }
            if known == nil, case .lost = try await importTag(id, list.version) { return .listChanged }
            return .adopted(published)
        }
        return .nothing
    }

    /// What the repo had before the ledger did.
    @discardableResult
    private func importTag(_ id: StageID, _ version: PublicationList.Version) async throws -> Proposed {
        let stored = try await images.stored(id)
        let bytes = try store.blobs.read(stored.manifestDigest, atMost: Manifest.bytesMax)
        let image = Publication.Image(
            manifestBytes: bytes, config: stored.configDigest, diffIDs: stored.config.diffIDs)
        let commit = stored.summary.commit
        return try await ledger.append(
            Publication(
                id: id, nonce: nonce(), image: image, commits: commit.isEmpty ? [] : [commit], origin: .tag,
                state: .tagged), on: version)
    }

    /// Equal digests and other bytes: whoever built later goes on with what was published first, and says so.
    private func noteDifference(
        _ published: PublishedStage, _ image: Publication.Image, _ order: PublishOrder
    ) async throws {
        guard try await images.summary(published.id).diffIDs != image.diffIDs else { return }
        let theirs = published.facts.manifestDigest?.description ?? published.id.description
        report(
            .warning(
                "the stage \(order.title) was published by another build with other contents, which are used: theirs is "
                    + "\(theirs), this build's \(image.manifest). Its instructions don't give the same files each time")
        )
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
        let commit = order.labels["werf-project-repo-commit"] ?? ""
        let publication = Publication(
            id: id, nonce: nonce(), image: image, parents: try await parents(order),
            commits: commit.isEmpty ? [] : [commit])
        switch try await ledger.append(publication, on: list.version) {
        case .won: break
        case .lost: return nil
        case .parentChanged(let parent):
            throw PublishingError(
                "the stage \(order.title) was not published: \(parent), which it was built on, was rejected meanwhile. "
                    + "Build again")
        }
        guard try await putTag(publication, manifest) else { return nil }
        let known = try images.remember(id, manifest.digest)
        return known.summary.published(id, repo: name, isRemote: true, added: order.content.layers.last?.byteCount)
    }

    /// False when the publication came to nothing: its tag is somebody's, or others gave it up meanwhile.
    private func putTag(_ publication: Publication, _ manifest: EncodedDocument) async throws -> Bool {
        let id = publication.id
        // A tag that exists is somebody's: it is never overwritten.
        if let found = try await tagged(id), found != manifest.digest {
            try await ledger.mark(publication, as: .rejected)
            return false
        }
        try await client.putManifest(manifest, at: .tag(id.description), of: repository)
        let stored = try await client.manifestDigest(.tag(id.description), of: repository)
        guard stored == manifest.digest else {
            throw PublishingError("the tag \(name):\(id) holds \(stored) and not what was pushed, \(manifest.digest)")
        }
        return try await ledger.mark(publication, as: .tagged) == .tagged
    }

    /// What the tag of `id` holds; nil when there is none.
    func tagged(_ id: StageID) async throws -> BlobDigest? {
        do {
            return try await client.manifestDigest(.tag(id.description), of: repository)
        } catch let error as RegistryError where error.isNotFound {
            return nil
        }
    }

    /// What the stage was built on. The repo may have had it before there was a ledger: it is recorded now.
    private func parents(_ order: PublishOrder) async throws -> [Publication.Parent] {
        guard let parent = order.parent else { return [] }
        var list = try await ledger.publications(of: parent.digest, .known)
        if list.find(parent) == nil {
            list = try await ledger.publications(of: parent.digest, .agreed)
            // Who is faster here records the same.
            if list.find(parent) == nil { try await importTag(parent, list.version) }
            list = try await ledger.publications(of: parent.digest, .agreed)
        }
        guard let found = list.find(parent) else { return [] }
        return [Publication.Parent(id: parent, manifest: found.manifest)]
    }
}
