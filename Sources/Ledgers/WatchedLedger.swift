// A ledger whose records can be listed and followed: so a node plans without asking.
package import Digests

package enum LedgerChange: Hashable, Sendable {
    /// What was told before is void: all that is there follows.
    case startsAnew
    case recorded(Publication)
    case marked(StageID, Publication.State)
    /// Cleaned away.
    case removed(StageID)
    /// All that happened up to this version was told.
    case isComplete(PublicationList.Version)
}

package struct LedgerPage: Sendable {
    package let publications: [Publication]
    /// The same for all pages of a listing: they are of one moment.
    package let version: PublicationList.Version
    /// Nil at the end.
    package let next: LedgerCursor?

    package init(publications: [Publication], version: PublicationList.Version, next: LedgerCursor?) {
        self.publications = publications
        self.version = version
        self.next = next
    }
}

/// Where a listing goes on.
package struct LedgerCursor: Hashable, Sendable {
    package let last: StageID
    package let version: PublicationList.Version

    package init(last: StageID, version: PublicationList.Version) { (self.last, self.version) = (last, version) }
}

package protocol WatchedLedger: Ledger {
    /// All publications by digest and time, page by page. Throws `ListingTooOld` when the moment of the first page is no
    /// longer known: the listing has to begin anew.
    func page(after cursor: LedgerCursor?) async throws -> LedgerPage

    /// What happens after `version`, for as long as it is asked for; without a version everything that is there first.
    /// Lost connections are made again and again; when what happened since is no longer known it starts anew.
    func changes(after version: PublicationList.Version?) -> LedgerChanges
}

package struct ListingTooOld: Error {
    package init() {}
}

/// Where changes come from; for one reader.
package protocol ChangeSource {
    /// Waits for the next ones. Throws `LedgerError` when there can be no more, and `CancellationError`.
    mutating func next() async throws -> [LedgerChange]
}

package struct LedgerChanges: AsyncSequence, Sendable {
    private let source: @Sendable () -> any ChangeSource

    package init(_ source: @escaping @Sendable () -> any ChangeSource) { self.source = source }

    package func makeAsyncIterator() -> Iterator { Iterator(source: source()) }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate var source: any ChangeSource
        private var told: ArraySlice<LedgerChange> = []

        fileprivate init(source: any ChangeSource) { self.source = source }

        package mutating func next() async throws -> LedgerChange? {
            while told.isEmpty { told = try await source.next()[...] }
            return told.removeFirst()
        }
    }
}
