// A peer or an upstream that is asked for lists of what it has itself, page by page.
package import Images

/// What it answers is a stranger's word: `ListPage` reads it with the server's own grammar and bounds.
package struct ListSource: Sendable {
    package let source: MissingSource
    /// Nil when it has no such repo. More than was asked for is no harm.
    package let get: Get

    /// `path`: with its query, as clients of registries ask. `bytesMax`: of the answer; a longer one is an error.
    package typealias Get = @Sendable (_ path: String, _ bytesMax: Int) async throws -> ListAnswer?

    package init(_ source: MissingSource, get: @escaping Get) { (self.source, self.get) = (source, get) }
}

package struct ListAnswer: Hashable, Sendable {
    package let bytes: [UInt8]
    /// It came with a header `Link`: names follow. Where they are is asked for by the last name, never by the link.
    package let hasMore: Bool

    package init(bytes: [UInt8], hasMore: Bool) { (self.bytes, self.hasMore) = (bytes, hasMore) }

    /// All of a list of referrers.
    package init(_ referrers: [Referrer]) throws {
        self.init(bytes: try ReferrersDocument(manifests: referrers).json, hasMore: false)
    }
}
