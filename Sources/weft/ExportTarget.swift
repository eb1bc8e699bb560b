// Where `weft export` puts images, and what it calls them there.
import Images
import Planning
import SystemPackage

enum ExportTarget {
    /// `--tag`: a registry, under names made of the template.
    case registry(TagTemplate)
    /// `--output oci:DIR[:NAME]`
    case layout(FilePath, name: TagTemplate?)
    /// `--output docker-archive:FILE[:REF]`
    case archive(FilePath, name: TagTemplate?)

    private static let layoutPrefix = "oci:"
    private static let archivePrefix = "docker-archive:"

    init(tag: String?, output: String?) throws {
        switch (tag, output) {
        case (let tag?, nil): self = .registry(try Self.template(tag, of: "--tag"))
        case (nil, let output?): self = try Self.output(output)
        case (nil, nil): throw UsageError("say where to: --tag REPO:TAG, --output oci:DIR or docker-archive:FILE")
        case (_?, _?): throw UsageError("--tag pushes to a registry and --output writes files: give one of them")
        }
    }

    private static func output(_ text: String) throws -> ExportTarget {
        for prefix in [layoutPrefix, archivePrefix] where text.hasPrefix(prefix) {
            let parts = text.dropFirst(prefix.count).split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let path = parts.first, !path.isEmpty else { break }
            let name = try parts.count > 1 ? template(String(parts[1]), of: "--output") : nil
            return prefix == layoutPrefix
                ? .layout(FilePath(String(path)), name: name) : .archive(FilePath(String(path)), name: name)
        }
        throw UsageError("--output=\(text): oci:DIR and docker-archive:FILE are known, each with a :NAME behind it")
    }

    private static func template(_ text: String, of flag: String) throws -> TagTemplate {
        do {
            return try TagTemplate(text)
        } catch {
            throw UsageError("\(flag): \(error)")
        }
    }

    // MARK: Names

    /// The name of an image at the target: a reference, except in a layout, where a tag is enough.
    func name(of image: String, project: String, contentTag: String) throws -> String {
        let values = TagTemplate.Values(image: image, contentTag: contentTag)
        switch self {
        case .registry(let template): return try checked(template.text(values)).normal
        case .archive(_, let template?): return try checked(template.text(values)).normal
        case .archive(_, nil): return try checked(Self.defaultName(image, project: project) + ":latest").normal
        case .layout(_, let template?): return template.text(values)
        case .layout(_, nil): return Slug.tag(image.isEmpty ? project : image)
        }
    }

    func reference(_ name: String) throws -> ImageReference { try checked(name) }

    /// The image's own name where a repository may have it.
    private static func defaultName(_ image: String, project: String) -> String {
        let name = image.isEmpty ? project : image
        return (try? RepositoryName(name)) == nil ? Slug.tag(name).lowercased() : name
    }

    private func checked(_ text: String) throws -> ImageReference {
        let reference: ImageReference
        do {
            reference = try ImageReference(text)
        } catch {
            throw UsageError("the image can't be called \"\(text)\": \(error)")
        }
        guard reference.digest == nil else {
            throw UsageError("the image can't be called \"\(text)\": a digest comes from its content")
        }
        return reference
    }

    /// Before anything is built: every image gets a good name of its own.
    func check(_ images: [String], project: String) throws {
        var taken: [String: String] = [:]
        for image in images {
            let name = try name(of: image, project: project, contentTag: TagTemplate.contentTagStub)
            if let other = taken[name] {
                throw UsageError(
                    "the images \(other) and \(image) would both be called \(name): put %image% into the name")
            }
            taken[name] = image
        }
    }
}
