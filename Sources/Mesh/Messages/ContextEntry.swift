// The files of a build context by their names and digests: what a node must have to COPY from it.
package import Digests

/// One entry of a context: path from the context's folder, `/` between parts, no `.` or `..`, not absolute.
package struct ContextEntry: Hashable, Sendable {
    package enum Kind: UInt8, Sendable {
        case file = 1
        case executable = 2
        case link = 3
    }

    package let path: [UInt8]
    package let kind: Kind
    /// SHA-256 of the bytes, or of the link's target: a git id of SHA-1 is no name to trust between builders.
    package let digest: BlobDigest
    /// Git's name of the same bytes, 20 or 32 bytes, which is in the names of steps; nil for a file that is not git's.
    package let objectID: [UInt8]?

    /// `path` is checked where it comes from another node, not here.
    package init(path: [UInt8], kind: Kind, digest: BlobDigest, objectID: [UInt8]? = nil) {
        self.path = path
        self.kind = kind
        self.digest = digest
        self.objectID = objectID
    }
}

/// What the patterns of one instruction take from its context.
package struct ShippedContext: Hashable, Sendable {
    package let patterns: [String]
    package let entries: [ContextEntry]

    package init(patterns: [String], entries: [ContextEntry]) {
        self.patterns = patterns
        self.entries = entries
    }
}

extension ContextEntry: Message {
    package func write(to fields: inout FieldWriter) {
        fields.data(1, path)
        fields.count(2, kind.rawValue)
        fields.digest(3, digest)
        fields.data(4, present: objectID)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        let path = try fields.data(1, "path", max: ContextPath.bytesMax)
        if let reason = ContextPath.refusal(of: path) { throw MessageError("path", .invalid(reason)) }
        let kind: Kind = try fields.choice(2, "kind")
        let digest = try fields.blobDigest(3, "digest")
        let objectID = try fields.optionalData(4, "objectID", max: 32)
        guard objectID.map({ [20, 32].contains($0.count) }) ?? true else {
            throw MessageError("objectID", .invalid("is no name of git's"))
        }
        self.init(path: path, kind: kind, digest: digest, objectID: objectID)
    }
}

extension ShippedContext: Message {
    package func write(to fields: inout FieldWriter) {
        fields.texts(1, patterns)
        fields.messages(2, entries)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        patterns = try fields.texts(1, "patterns")
        entries = try fields.messages(2, "entries", max: MessageLimits.entriesMax)
        // A file below a link would be written where the link points to.
        if let path = ContextPath.conflict(in: entries.map(\.path)) {
            throw MessageError("entries", .invalid("have a file or link at or above another: \(path)"))
        }
    }
}
