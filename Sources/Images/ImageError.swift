// What can be wrong with an image's name or documents, as sentences for users.

package enum ImageError: Error, Hashable, CustomStringConvertible {
    /// A text that names no image or repository.
    case reference(text: String, reason: String)
    /// A manifest, index or config that can't be used. `kind` is "manifest", "index" or "image config".
    case document(kind: String, reason: String)
    /// A text that names no platform.
    case platform(text: String)
    /// The index has no image for the platform that was asked for.
    case noSuchPlatform(wanted: Platform, available: [Platform])

    package var description: String {
        switch self {
        case .reference(let text, let reason):
            "\(PrintableText.quoted(text)) doesn't name an image: \(reason)."
        case .document(let kind, let reason):
            "The \(kind) can't be used: \(reason)."
        case .platform(let text):
            "\(PrintableText.quoted(text)) isn't a platform: write os/architecture or os/architecture/variant, "
                + "for example linux/amd64."
        case .noSuchPlatform(let wanted, let available):
            "The image has nothing for \(wanted). It offers: "
                + (available.isEmpty
                    ? "no platform" : PrintableText.escaped(available.map(\.description).joined(separator: ", ")))
                + ". Choose one of these platforms or another image."
        }
    }
}

/// Text from outside, made safe to print: bounded, and without control characters.
package enum PrintableText {
    /// Longest piece of foreign text shown in a message, in characters.
    package static let charactersMax = 300

    /// `text` in double quotes.
    package static func quoted(_ text: String) -> String { "\"" + escaped(text) + "\"" }

    /// Control characters, and those that turn the direction of writing, become `\u{…}`; the rest is cut.
    package static func escaped(_ text: String, charactersMax: Int = charactersMax) -> String {
        var result = ""
        for (index, scalar) in text.unicodeScalars.enumerated() {
            guard index < charactersMax else { return result + "…" }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            default:
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
