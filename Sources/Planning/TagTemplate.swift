// Names of exported images with the image's own words in them: `registry/app:%image%-latest` (werf.md 7).

package struct TagTemplate: Hashable, Sendable {
    /// What a template is filled with.
    package struct Values: Sendable {
        package let image: String
        /// `DIGEST-TIMESTAMP` of the image's last stage.
        package let contentTag: String

        package init(image: String, contentTag: String) {
            self.image = image
            self.contentTag = contentTag
        }
    }

    private enum Part: Hashable, Sendable {
        case text(String)
        case word(Word)
    }

    package enum Word: String, Hashable, Sendable, CaseIterable {
        case image
        case imageSlug = "image_slug"
        case imageSafeSlug = "image_safe_slug"
        case imageContentBasedTag = "image_content_based_tag"
    }

    package struct Failure: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    private let parts: [Part]

    /// As long as a content based tag, for checks before there is one.
    package static let contentTagStub = String(repeating: "x", count: 70)

    package init(_ text: String) throws(Failure) {
        let pieces = text.split(separator: "%", omittingEmptySubsequences: false)
        guard pieces.count % 2 == 1 else {
            throw Failure(description: "\"\(text)\" has a % without its partner: words stand between two, %image%")
        }
        var parts: [Part] = []
        for (number, piece) in pieces.enumerated() {
            if number % 2 == 0 {
                parts.append(.text(String(piece)))
                continue
            }
            let name = String(piece).split(separator: " ").joined(separator: " ")
            guard let word = Word(rawValue: name) else {
                let known = Word.allCases.map { "%\($0.rawValue)%" }.joined(separator: ", ")
                throw Failure(description: "\"\(text)\": %\(name)% is unknown; there are \(known)")
            }
            parts.append(.word(word))
        }
        self.parts = parts
    }

    package func text(_ values: Values) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .word(.image): values.image
            case .word(.imageSlug): Slug.simplified(values.image)
            case .word(.imageSafeSlug): Slug.tag(values.image)
            case .word(.imageContentBasedTag): values.contentTag
            }
        }.joined()
    }
}
