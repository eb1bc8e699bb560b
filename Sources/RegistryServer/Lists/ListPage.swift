// A page of a list: names in byte order, and whether others follow; read from a peer's answer with the grammar of names.
import Digests
import Images

struct ListEntry: Hashable, Sendable {
    let name: String
    /// What `name` refers by, in lists of referrers.
    let referrer: Referrer?
    /// In an answer.
    let byteCount: Int

    init(_ name: String) { (self.name, referrer, byteCount) = (name, nil, name.utf8.count) }

    init(_ referrer: Referrer) throws {
        (name, self.referrer, byteCount) = (referrer.digest, referrer, try referrer.json.count)
    }
}

struct ListPage: Hashable, Sendable {
    var entries: [ListEntry]
    var hasMore: Bool

    init(_ entries: [ListEntry], hasMore: Bool) { (self.entries, self.hasMore) = (entries, hasMore) }

    /// The first `count` of `names`, which are in order, after `last`.
    init(_ names: [String], after last: String?, count: Int) {
        let rest = Self.rest(of: names, after: last)
        self.init(rest.prefix(count).map { ListEntry($0) }, hasMore: rest.count > count)
    }

    /// `names` are in order.
    static func rest(of names: [String], after last: String?) -> ArraySlice<String> {
        guard let last else { return names[...] }
        var range = names.startIndex..<names.endIndex
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = names[middle] <= last ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return names[range.lowerBound...]
    }

    /// What a peer answered to the question for `count` names after `last`. What it was not asked for, or is no name, is
    /// left out; the order is ours.
    init(_ answer: ListAnswer, of list: RegistryList, after last: String?, count: Int) throws {
        let entries = try Self.entries(answer.bytes, of: list).filter { entry in last.map { entry.name > $0 } ?? true }
        var names: Set<String> = []
        let known = entries.filter { names.insert($0.name).inserted }.sorted { $0.name < $1.name }
        self.init(Array(known.prefix(count)), hasMore: answer.hasMore || known.count > count)
    }

    private static func entries(_ bytes: [UInt8], of list: RegistryList) throws -> [ListEntry] {
        switch list {
        case .catalog:
            try CatalogDocument(json: bytes).repositories.filter { RepoName($0) != nil }.map { ListEntry($0) }
        case .tags:
            try TagsDocument(json: bytes).tags.filter { ImageReference.isTag($0) }.map { ListEntry($0) }
        case .referrers:
            try ReceivedReferrers(json: bytes).manifests.filter(\.isWellFormed).map { try ListEntry($0) }
        }
    }
}
