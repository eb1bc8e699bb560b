// The border where JSON from registries and peers becomes values: bounded, and strict about what it takes.
import Digests
import FoundationEssentials

/// Which document is decoded, for bounds and messages.
enum DocumentKind: String {
    case manifest
    case index
    case config = "image config"

    func refused(_ reason: String) -> ImageError { .document(kind: rawValue, reason: reason) }

    /// Foundation's decoder bounds the depth of nesting itself (512).
    func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8], bytesMax: Int) throws(ImageError) -> Value {
        guard bytes.count <= bytesMax else {
            throw refused("it has \(bytes.count) bytes, and at most \(bytesMax) are taken")
        }
        // UTF-16, which JSON was allowed once, has zeros.
        guard !bytes.contains(0) else { throw refused("it isn't JSON in UTF-8") }
        do {
            let value = try JSONDecoder().decode(type, from: Data(bytes))
            if let name = MemberNames.repeated(in: bytes) {
                throw refused("it has two members \(PrintableText.quoted(name))")
            }
            return value
        } catch let error as ImageError {
            throw error
        } catch let error as DecodingError {
            throw refused(Self.sentence(error))
        } catch {
            throw refused("it isn't JSON")
        }
    }

    func digest(_ text: String, of what: String) throws(ImageError) -> BlobDigest {
        guard let digest = BlobDigest(text) else {
            throw refused(
                "the digest of \(what), \(PrintableText.quoted(text)), isn't sha256: and 64 lower-case hexadecimal digits"
            )
        }
        return digest
    }

    private static func sentence(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): "\(place(context, key)) is missing"
        case .typeMismatch(_, let context): "\(place(context)) has the wrong type"
        case .valueNotFound(_, let context): "\(place(context)) is null"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "it isn't JSON, or a number in it is too large" : "\(place(context)) has a value that doesn't fit"
        @unknown default: "it isn't the JSON that was expected"
        }
    }

    private static func place(_ context: DecodingError.Context, _ key: (any CodingKey)? = nil) -> String {
        let path = (context.codingPath + (key.map { [$0] } ?? [])).map { key in
            key.intValue.map { "[\($0)]" } ?? "." + key.stringValue
        }
        let joined = path.joined()
        return PrintableText.escaped(joined.isEmpty ? "it" : String(joined.drop { $0 == "." }))
    }
}

/// A descriptor as it stands in JSON, not yet checked.
struct WrittenDescriptor: Decodable {
    let mediaType: String
    let digest: String
    let size: Int64
    let urls: [String]?
    let annotations: [String: String]?
    let platform: WrittenPlatform?

    /// `what` names it in messages: "layer 3".
    func checked(_ kind: DocumentKind, _ what: String) throws(ImageError) -> Descriptor {
        guard let type = MediaType(mediaType) else {
            throw kind.refused("the media type of \(what), \(PrintableText.quoted(mediaType)), isn't one")
        }
        // Blobs elsewhere than in the repo: a way to make clients send requests, and credentials, to other hosts.
        guard urls?.isEmpty ?? true else {
            throw kind.refused("\(what) is a foreign layer (it has urls), and those are never fetched")
        }
        guard (0...Descriptor.sizeMax).contains(size) else {
            throw kind.refused("the size of \(what) is \(size), and 0 to \(Descriptor.sizeMax) bytes are taken")
        }
        let platform = platform.map { Platform(os: $0.os, architecture: $0.architecture, variant: $0.variant) }
        return Descriptor(
            mediaType: type, digest: try kind.digest(digest, of: what), size: size, platform: platform,
            annotations: annotations ?? [:])
    }
}

struct WrittenPlatform: Decodable {
    let os: String
    let architecture: String
    let variant: String?
}
