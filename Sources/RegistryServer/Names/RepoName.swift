// The name of a repo as it stands in a path: checked, so that it can be a path on the disk too.
import Images

/// Parts of lower-case letters and digits with `.`, `_`, `__` or dashes between them, joined by `/` (distribution-spec,
/// "Pulling manifests"). No part begins with `_` or `.`, so nothing of it leaves a folder or meets the server's own names.
package struct RepoName: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String

    /// Bytes of a name; with a host before it clients take 255.
    package static let bytesMax = 240
    /// A host that no registry has (RFC 2606): the grammar is that of whole names.
    private static let host = "r.invalid/"

    /// Nil when it is no name.
    package init?(_ text: some StringProtocol) {
        guard (1...Self.bytesMax).contains(text.utf8.count) else { return nil }
        let text = String(text)
        guard let name = try? RepositoryName(Self.host + text), name.path == text else { return nil }
        self.text = text
    }

    package var parts: [String] { text.split(separator: "/").map(String.init) }

    package var description: String { text }

    package static func < (left: RepoName, right: RepoName) -> Bool { left.text < right.text }
}
