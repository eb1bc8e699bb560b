// Tokens of people and programs that use a node's registry without a certificate: made here, kept as hashes.
import Crypto
package import SystemPackage

/// A line each: `NAME:sha256:HEX`, the hash of a token. Tokens are always made by weft from 32 random bytes: they can't
/// be guessed, so a plain hash keeps them safe, and checking one costs a busy registry nothing.
package struct RegistryTokens: Equatable, Sendable {
    /// Random bytes of a token.
    package static let tokenBytes = 32
    package static let entriesMax = 10_000
    /// Nobody must think that a password of their own could stand in the file.
    private static let start = "weft_"

    private var hashes: [String: String] = [:]

    package init() {}

    package init(_ text: String, file: String) throws(AuthorityError) {
        var number = 0
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let text = String(Substring(line)).trimmed
            guard !text.isEmpty, !text.hasPrefix("#") else { continue }
            let fields = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 3, MeshName.problem(fields[0]) == nil, fields[1] == "sha256",
                fields[2].utf8.count == 64, Hexadecimal.isText(fields[2])
            else {
                throw .badLine(
                    file: file, line: number, why: "a line is `NAME:sha256:HEX`, as `weft ca token` writes it")
            }
            guard hashes.count < Self.entriesMax else {
                throw .badLine(file: file, line: number, why: "there are more than \(Self.entriesMax) names")
            }
            guard hashes.updateValue(fields[2], forKey: fields[0]) == nil else {
                throw .badLine(file: file, line: number, why: "`\(fields[0])` has two tokens")
            }
        }
    }

    /// No file is an error: config names it.
    package init(file path: FilePath) throws(AuthorityError) {
        try self.init(try CertificateFiles.read(path), file: path.string)
    }

    package var names: [String] { hashes.keys.sorted() }
    /// SHA-256 of each token as 64 hexadecimal digits, by the name that it stands for.
    package var hashesByName: [String: String] { hashes }

    /// Whether `token` is that of `name`. Takes equally long whatever is wrong.
    package func check(_ token: String, of name: String) -> Bool {
        let given = Array(Self.hash(token).utf8)
        let known = hashes[name].map { Array($0.utf8) } ?? [UInt8](repeating: 0, count: given.count)
        return zip(given, known).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// A new token for `name`, which replaces one it has. The token itself is nowhere but in the answer.
    package mutating func make(for name: String) throws(AuthorityError) -> String {
        try MeshName.check(name)
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<Self.tokenBytes).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        let token = Self.start + Hexadecimal.text(bytes)
        hashes[name] = Self.hash(token)
        return token
    }

    package var text: String {
        "# Who may use a node's registry, a line each: NAME:sha256:HASH of a token. Made by `weft ca token NAME`.\n"
            + names.map { "\($0):sha256:\(hashes[$0] ?? "")\n" }.joined()
    }

    private static func hash(_ token: String) -> String { Hexadecimal.text(SHA256.hash(data: Array(token.utf8))) }
}

extension String {
    /// Without blanks at both ends.
    fileprivate var trimmed: String {
        let isBlank = { (character: Character) in character.isWhitespace }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
