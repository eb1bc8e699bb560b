// What COPY and ADD ask for, and what came of it.
package import SystemPackage

/// Where files come from.
package struct CopySource: Sendable {
    package enum Origin: Sendable {
        /// The build context: files belong to root whoever owns them here, hard links and extended attributes are
        /// chance and become plain files.
        case context
        /// Another stage or image: owners, hard links and extended attributes are kept.
        case image
    }

    package var root: RootDirectory
    package var origin: Origin
    /// Paths below `root`, with or without a leading slash; `*`, `?` and `[]` as in Go's filepath.Match. With
    /// `parents`, `/./` marks what is not part of the parents, and what is behind it has a syntax of its own.
    package var patterns: [String]
    /// False where the patterns are plain paths, whatever they hold.
    package var hasWildcards = true

    package init(root: RootDirectory, origin: Origin, patterns: [String]) {
        self.root = root
        self.origin = origin
        self.patterns = patterns
    }
}

package struct CopyRequest: Sendable {
    /// A here-document.
    package struct InlineFile: Sendable {
        package var name: String
        package var content: [UInt8]

        package init(name: String, content: [UInt8]) {
            self.name = name
            self.content = content
        }

        static let mode: UInt32 = 0o644
    }

    /// `--exclude`. Paths are relative to the copied directory; a file that is a source itself, even by a wildcard, is
    /// copied in any case, as BuildKit does.
    package struct Exclusion: Sendable {
        package var excludes: @Sendable (String) -> Bool
        /// True when something below an excluded directory may be wanted again (`!` patterns).
        package var hasExceptions: Bool

        package init(hasExceptions: Bool, excludes: @escaping @Sendable (String) -> Bool) {
            self.excludes = excludes
            self.hasExceptions = hasExceptions
        }
    }

    /// Unpacks local archives of ADD.
    package struct Unpacking: Sendable {
        package var isArchive: @Sendable (_ file: FileDescriptor) throws -> Bool
        /// The file, the destination's root, the directory in it (it exists, links are resolved), the owner that
        /// `--chown` gives.
        package var unpack:
            @Sendable (_ archive: FileDescriptor, _ root: FileDescriptor, _ path: String, _ owner: FileOwner?) throws
                -> Void

        package init(
            isArchive: @escaping @Sendable (FileDescriptor) throws -> Bool,
            unpack: @escaping @Sendable (FileDescriptor, FileDescriptor, String, FileOwner?) throws -> Void
        ) {
            self.isArchive = isArchive
            self.unpack = unpack
        }
    }

    /// `--parents`: reads what is behind the pivot of a source, and gives what says whether a path, or one above it,
    /// matches.
    package typealias Parents = @Sendable (_ pattern: String) throws -> @Sendable (_ path: String) -> Bool

    package var sources: [CopySource]
    package var inlineFiles: [InlineFile] = []
    /// Absolute path in the image. A final `/` means that it is a directory, whatever exists there.
    package var destination: String
    /// `--chown`: `USER[:GROUP]`.
    package var owner: String?
    /// `--chmod`: octal or symbolic.
    package var mode: String?
    package var exclusion: Exclusion?
    package var parents: Parents?
    /// Unix seconds for the times of everything made; nil keeps the sources'.
    package var fixedTime: Int64?
    package var unpacking: Unpacking?
    /// False makes a wildcard that matches nothing an error. BuildKit copies nothing then, silently.
    package var allowsEmptyWildcard = true

    package init(sources: [CopySource], destination: String) {
        self.sources = sources
        self.destination = destination
    }
}

/// What was copied.
package struct CopySummary: Sendable, Equatable {
    package var files = 0
    package var directories = 0
    /// Of file contents; not of unpacked archives.
    package var bytes: Int64 = 0
}
