// COPY and ADD: sources, destination, and how files change on the way.

/// A file whose content stands in the Dockerfile.
package struct InlineFile: Sendable, Equatable {
    package let name: String
    package var content: String
    /// Whether variables in the content count.
    package let expands: Bool
}

package struct SourcesAndDestination: Sendable, Equatable {
    package var paths: [String]
    package var files: [InlineFile]
    package var destination: String
}

package struct CopyInstruction: Sendable, Equatable {
    package var sources: SourcesAndDestination
    /// A stage's name or index, or an image; nil means the build context. Never expanded.
    package let from: String?
    package var owner: String?
    package var mode: String?
    package let isLinked: Bool
    /// `--parents`: directories of the sources are kept below the destination.
    package let keepsParents: Bool
    package let excludes: [String]
}

package struct AddInstruction: Sendable, Equatable {
    package var sources: SourcesAndDestination
    package var owner: String?
    package var mode: String?
    package let isLinked: Bool
    /// nil: not written, which means no.
    package let keepsGitDirectory: Bool?
    package var checksum: String?
    /// nil: not written; then local archives are unpacked and remote ones are not.
    package let unpacks: Bool?
    package let excludes: [String]
}
