// Certificates that are not believed any more, although they are valid: by serial number or by name.
package import SystemPackage

/// A line each: `serial HEX REASON…` or `name NAME REASON…`; blanks and lines that begin with `#` are passed over.
/// A name is denied with every certificate that bears it, those to come too, until the line is taken away.
package struct DenyList: Equatable, Sendable {
    package static let fileName = "denied"
    /// Lines that deny.
    package static let entriesMax = 10_000
    /// Bytes of a reason.
    package static let reasonBytesMax = 200
    /// Hexadecimal digits of a serial number: 20 bytes.
    private static let serialDigitsMax = 40

    package static let heading = """
        # Certificates of this mesh that are not believed any more, a line each:
        #   serial HEX REASON    one certificate
        #   name NAME REASON     all certificates of a node or client, those to come too

        """

    private var serials: [String: String] = [:]
    private var names: [String: String] = [:]

    package init() {}

    /// A line that says nothing clear is an error: to pass over it would let in whom it denies.
    package init(_ text: String, file: String = fileName) throws(AuthorityError) {
        var number = 0
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let words = Substring(line).split(maxSplits: 2) { $0 == " " || $0 == "\t" || $0 == "\r" }
            guard let kind = words.first, !kind.hasPrefix("#") else { continue }
            guard serials.count + names.count < Self.entriesMax else {
                throw .badLine(file: file, line: number, why: "there are more than \(Self.entriesMax) entries")
            }
            let reason = words.count == 3 ? Self.reason(words[2]) : "no reason given"
            let subject = words.count > 1 ? String(words[1]) : ""
            if kind == "serial", Hexadecimal.isText(subject), subject.utf8.count <= Self.serialDigitsMax {
                serials[subject] = reason
            } else if kind == "name", MeshName.problem(subject) == nil {
                names[subject] = reason
            } else {
                throw .badLine(
                    file: file, line: number,
                    why: "a line is `serial HEX REASON` or `name NAME REASON`, and this is not")
            }
        }
    }

    /// No file: nobody is denied.
    package init(file path: FilePath) throws(AuthorityError) {
        try self.init(try CertificateFiles.readIfPresent(path) ?? "", file: path.string)
    }

    package var count: Int { serials.count + names.count }

    /// The reason; nil when the peer is not denied.
    package func isDenied(_ peer: CertifiedPeer) -> String? { serials[peer.serial] ?? names[peer.name] }

    /// The line that denies `subject`, a serial number's 40 digits or a name.
    package static func line(for subject: String, reason: String) throws(AuthorityError) -> String {
        let clean = Self.reason(reason[...])
        if subject.utf8.count == serialDigitsMax, Hexadecimal.isText(subject) { return "serial \(subject) \(clean)\n" }
        try MeshName.check(subject)
        return "name \(subject) \(clean)\n"
    }

    /// One line of visible characters.
    private static func reason(_ text: Substring) -> String {
        let visible = text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
        let words = String(String.UnicodeScalarView(visible)).split(separator: " ").joined(separator: " ")
        return words.isEmpty ? "no reason given" : String(decoding: words.utf8.prefix(reasonBytesMax), as: UTF8.self)
    }
}
