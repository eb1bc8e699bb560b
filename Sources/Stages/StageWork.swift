// What has to be done to make a stage's layer: everything expanded and resolved, nothing left to decide.
package import Digests
package import Images

package enum StageWork: Sendable {
    /// Only the configuration changes: no process, no disk.
    case config
    /// An image of a registry, whose layers are fetched when something is built on it.
    case base(BaseImage)
    case run(RunWork)
    case copy(CopyWork)
    /// Creates a directory, and its parents, where there is none; `owner` is a USER text, empty for root.
    case makeDirectory(path: String, owner: String)
    /// The whole of an unstaged image: its parent's content under werf's digest.
    case collect

    /// True when the stage can add a layer.
    package var changesFiles: Bool {
        switch self {
        case .config, .base, .collect: false
        case .run, .copy, .makeDirectory: true
        }
    }
}

extension StageWork {
    /// Its layer does not depend on what is below it.
    package var needsNothingBelow: Bool { if case .copy(let copy) = self { copy.needsNothingBelow } else { false } }
}

/// A base image as it was resolved: immutable from here on.
package struct BaseImage: Sendable {
    package let reference: ImageReference
    package let manifestDigest: BlobDigest
    package let manifest: Manifest
    package let config: ImageConfig

    package init(
        reference: ImageReference, manifestDigest: BlobDigest, manifest: Manifest, config: ImageConfig
    ) {
        self.reference = reference
        self.manifestDigest = manifestDigest
        self.manifest = manifest
        self.config = config
    }
}

/// Where a COPY, ADD or bind mount takes its files from.
package enum ContentSource: Hashable, Sendable {
    /// The build context of the image.
    case context
    case stage(StageIndex)
    /// An empty root: `FROM scratch` as a source.
    case scratch
}

package struct RunWork: Sendable {
    /// The process's arguments; the first is the program.
    package let arguments: [String]
    /// `NAME=value`, build arguments included.
    package let environment: [String]
    /// More of them: proxy settings, which are in no name.
    package let proxies: [String]
    package let workingDirectory: String
    /// As USER wrote it; empty for root.
    package let user: String
    package let mounts: [RunMount]
    package let network: RunNetwork
    /// More lines for /etc/hosts: `host:address`.
    package let hosts: [String]
    /// A script that is the program itself (`RUN <<EOF` with a `#!` line), placed beside the process.
    package let script: [UInt8]?
    package let scriptName: String?

    package init(
        arguments: [String], environment: [String], proxies: [String] = [], workingDirectory: String, user: String,
        mounts: [RunMount],
        network: RunNetwork, hosts: [String], script: [UInt8]?, scriptName: String?
    ) {
        self.arguments = arguments
        self.environment = environment
        self.proxies = proxies
        self.workingDirectory = workingDirectory
        self.user = user
        self.mounts = mounts
        self.network = network
        self.hosts = hosts
        self.script = script
        self.scriptName = scriptName
    }
}

extension RunWork {
    /// Variables that may reach a process without being declared; each has a spelling in capitals, too.
    package static let proxyNames = ["http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy"]

    /// Whether `NAME=value` is one of them.
    package static func isProxy(_ entry: String) -> Bool {
        guard let name = entry.split(separator: "=", omittingEmptySubsequences: false).first, name != entry[...] else {
            return false
        }
        return proxyNames.contains { $0 == name || $0.uppercased() == name }
    }
}

package enum RunNetwork: String, Sendable {
    case host
    case none
}

package enum CacheSharing: String, Sendable {
    case shared
    case `private`
    case locked
}

package enum RunMount: Sendable {
    case bind(from: ContentSource, source: String, target: String, writable: Bool)
    /// `mode`, `uid` and `gid` are nil where nothing was written: caches with and without them are different ones.
    case cache(
        id: String, from: ContentSource?, source: String, target: String, sharing: CacheSharing, readOnly: Bool,
        mode: UInt32?, uid: UInt32?, gid: UInt32?)
    case tmpfs(target: String, byteCount: Int64?, readOnly: Bool)
    /// `target` nil: only the environment variable is wanted.
    case secret(
        id: String, target: String?, environment: String?, required: Bool, mode: UInt32, uid: UInt32, gid: UInt32)
}

package struct InlineFile: Hashable, Sendable {
    package let name: String
    package let bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

package struct RemoteFile: Hashable, Sendable {
    package let url: String
    /// What the Dockerfile asks for.
    package let checksum: BlobDigest?
    /// What the address held when its step was named; nil where the name is the address's alone.
    package let content: BlobDigest?

    package init(url: String, checksum: BlobDigest?, content: BlobDigest?) {
        self.url = url
        self.checksum = checksum
        self.content = content
    }
}

package struct CopyWork: Sendable {
    package let source: ContentSource
    /// Patterns relative to the source's root, in the order they were written.
    package let patterns: [String]
    package let inlineFiles: [InlineFile]
    package let remoteFiles: [RemoteFile]
    /// Absolute and cleaned.
    package let destination: String
    /// It was written with a slash at its end, or as the directory itself.
    package let destinationIsDirectory: Bool
    package let owner: String?
    package let mode: String?
    package let excludes: [String]
    package let keepsParents: Bool
    /// `--link`: the layer does not depend on what is below it.
    package let isLinked: Bool
    /// ADD unpacks local archives.
    package let unpacksArchives: Bool
    /// Archives from the web are unpacked only on demand.
    package let unpacksRemoteFiles: Bool

    /// A linked copy is made on nothing, unless a name of its owner has to be looked up below.
    package var needsNothingBelow: Bool {
        isLinked
            && (owner ?? "").split(separator: ":").allSatisfy { part in
                part == "root" || part.utf8.allSatisfy { (48...57).contains($0) }
            }
    }

    package init(
        source: ContentSource, patterns: [String], inlineFiles: [InlineFile] = [], remoteFiles: [RemoteFile] = [],
        destination: String, destinationIsDirectory: Bool, owner: String?, mode: String?, excludes: [String],
        keepsParents: Bool, isLinked: Bool, unpacksArchives: Bool, unpacksRemoteFiles: Bool = false
    ) {
        self.source = source
        self.patterns = patterns
        self.inlineFiles = inlineFiles
        self.remoteFiles = remoteFiles
        self.destination = destination
        self.destinationIsDirectory = destinationIsDirectory
        self.owner = owner
        self.mode = mode
        self.excludes = excludes
        self.keepsParents = keepsParents
        self.isLinked = isLinked
        self.unpacksArchives = unpacksArchives
        self.unpacksRemoteFiles = unpacksRemoteFiles
    }
}
