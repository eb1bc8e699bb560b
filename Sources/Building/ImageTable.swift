// What is known of the images of a build on this node: contexts, secrets, ignore rules; made when first asked for.
import Dockerfiles
package import FileTrees
package import Projects
import Stages
import Synchronization

/// The images of one build by their number.
package final class ImageTable: Sendable {
    private let images: [DockerfileImage]
    private let tree: ProjectTree
    private let files: ProjectFileSet
    private let hashes: BlobHashes
    private let hasher: TreeHasher
    private let environment: [String: String]
    private let contexts = Mutex<[Int: ImageContext]>([:])
    private let ahead = Mutex<[Int: NameAhead]>([:])
    /// By path: many images may be targets of one file, and each is asked for more than once.
    private let dockerfiles = Mutex<[String: Dockerfile]>([:])

    package init(
        images: [DockerfileImage], tree: ProjectTree, files: ProjectFileSet, hashes: BlobHashes,
        hasher: TreeHasher, environment: [String: String]
    ) {
        self.images = images
        self.tree = tree
        self.files = files
        self.hashes = hashes
        self.hasher = hasher
        self.environment = environment
        files.dockerfiles.expect(Set(images.map(Self.dockerfilePath)).sorted())
    }

    /// A name, and the sources that must be committed for it to be true.
    struct NameAhead: Sendable {
        let rule: NameRule
        let sources: [[String]]
    }

    func keep(_ name: NameAhead, of number: Int) { ahead.withLock { $0[number] = name } }
    func nameAhead(of number: Int) -> NameAhead? { ahead.withLock { $0[number] } }

    func image(_ number: Int) -> DockerfileImage { images[number] }

    func context(of number: Int) throws -> ImageContext {
        if let known = contexts.withLock({ $0[number] }) { return known }
        let made = try makeContext(images[number])
        return contexts.withLock { contexts in
            if let known = contexts[number] { return known }
            contexts[number] = made
            return made
        }
    }

    /// `DOCKERFILE.dockerignore` goes before `.dockerignore`. Digests count the Dockerfile even where it is ignored; the
    /// files for COPY leave it out then.
    private func makeContext(_ image: DockerfileImage) throws -> ImageContext {
        var found = try IgnorePatterns([])
        for name in [image.dockerfile + ".dockerignore", ".dockerignore"] {
            let path = Self.joined(image.context, name)
            guard try files.ignoreFiles.isAnywhere(path) else { continue }
            found = try IgnorePatterns.parse(try ignoreFile(path), name: path)
            break
        }
        let patterns = found
        let exact = try Self.keeping(image.dockerfile, patterns) { $0.matchesOnlyEqualDepth($1) }
        let context = ImageContext(
            image, tree: tree,
            ignore: IgnoreFile(
                isIgnored: { patterns.matches($0) },
                shouldGoThrough: { patterns.shouldGoThrough(directory: $0) || patterns.mayKeepSomething(below: $0) }),
            digestIgnore: IgnoreFile(
                isIgnored: { exact.matchesOnlyEqualDepth($0) },
                shouldGoThrough: { exact.shouldGoThrough(directory: $0) }),
            hashes: hashes, hasher: hasher)
        do {
            try context.checkAddedFiles()
        } catch let error as FileTreeError {
            throw BuildingError("\(image.location): \(error)")
        }
        return context
    }

    /// An ignore file that only the disk has is never passed over: what it should keep out would be taken.
    private func ignoreFile(_ path: String) throws -> [UInt8] {
        guard let bytes = try files.ignoreFiles.read(path) else {
            throw BuildingError(
                "\(path): is not in the commit, and an ignore file must be committed. Commit it: `git add -f \(path)` and "
                    + "`git commit`; or allow it in config.dockerfile.allowUncommittedDockerignoreFiles")
        }
        return bytes
    }

    private static func keeping(
        _ dockerfile: String, _ patterns: IgnorePatterns, _ isIgnored: (IgnorePatterns, String) -> Bool
    ) throws -> IgnorePatterns {
        isIgnored(patterns, dockerfile) ? try IgnorePatterns(patterns.texts + ["!" + dockerfile]) : patterns
    }

    static func joined(_ folder: String, _ name: String) -> String { folder.isEmpty ? name : folder + "/" + name }

    func dockerfilePath(_ number: Int) -> String { Self.dockerfilePath(images[number]) }

    private static func dockerfilePath(_ image: DockerfileImage) -> String { joined(image.context, image.dockerfile) }

    /// The parsed Dockerfile of an image.
    func dockerfile(_ number: Int) throws -> Dockerfile {
        let path = dockerfilePath(number)
        if let known = dockerfiles.withLock({ $0[path] }) { return known }
        guard let bytes = try files.dockerfiles.read(path) else {
            throw BuildingError(
                "\(images[number].location): the Dockerfile \(path) was not found in the project git repository")
        }
        let parsed = try Dockerfile.parse(bytes, name: path)
        dockerfiles.withLock { $0[path] = parsed }
        return parsed
    }

    /// Throws when a secret of an image can't be had: asked before anything is built, as werf does.
    package func checkSecrets() throws {
        for image in images {
            for secret in image.secrets {
                do throws(BuildingError) {
                    try check(secret)
                } catch {
                    throw BuildingError("\(image.location): \(error)")
                }
            }
        }
    }

    private func check(_ secret: Secret) throws(BuildingError) {
        switch secret.source {
        case .value: return
        case .environment(let name):
            guard environment[name] == nil else { return }
            throw BuildingError("secret \(secret.id): the environment variable \(name) is not set")
        case .file(let path): try SecretFile.check(path, id: secret.id)
        }
    }

    /// The bytes of a secret; nil when the image has none with that id.
    func secret(_ id: String, of number: Int) throws -> [UInt8]? {
        guard let secret = images[number].secrets.first(where: { $0.id == id }) else { return nil }
        switch secret.source {
        case .value(let value): return Array(value.utf8)
        case .environment(let name):
            guard let value = environment[name] else {
                throw BuildingError("secret \(id): the environment variable \(name) is not set")
            }
            return Array(value.utf8)
        case .file(let path): return try SecretFile.read(path, id: id)
        }
    }
}
