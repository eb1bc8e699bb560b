// How a user's password and a token are kept: never themselves.
import Digests

/// `pbkdf2-sha256:ROUNDS:SALT:HASH`, the last two in hexadecimal digits.
package struct PasswordRecord: Hashable, Sendable {
    let rounds: Int32
    let salt: [UInt8]
    let hash: [UInt8]

    private static let name = "pbkdf2-sha256"
    /// A tenth of a second or so: a guess must cost something, a request not too much.
    package static let roundsDefault: Int32 = 200_000
    private static let roundsMax: Int32 = 10_000_000
    private static let saltBytes = 16...64
    /// Bytes of a password; more are never hashed.
    package static let passwordBytesMax = 1_024

    /// `salt`: 16 random bytes of its own.
    package init(password: String, salt: [UInt8], rounds: Int32 = roundsDefault) {
        (self.rounds, self.salt) = (rounds, salt)
        hash = Passwords.stretched(Array(password.utf8), salt: salt, rounds: rounds)
    }

    /// Nil when it is not of this form.
    package init?(text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == Self.name, let rounds = Int32(parts[1]),
            (1...Self.roundsMax).contains(rounds), let salt = Hexadecimal.bytes(parts[2]),
            Self.saltBytes.contains(salt.count), let hash = Hexadecimal.bytes(parts[3]),
            hash.count == Passwords.byteCount
        else { return nil }
        (self.rounds, self.salt, self.hash) = (rounds, salt, hash)
    }

    package var text: String {
        [Self.name, String(rounds), Hexadecimal.text(salt), Hexadecimal.text(hash)].joined(separator: ":")
    }

    /// Takes the same time for every password of a length.
    func isRight(_ password: [UInt8]) -> Bool {
        guard password.count <= Self.passwordBytesMax else { return false }
        return Passwords.areEqual(hash, Passwords.stretched(password, salt: salt, rounds: rounds))
    }

    /// Of a user that does not exist: looking for one takes as long as a wrong password.
    static let nobody = PasswordRecord(password: "", salt: [UInt8](repeating: 0, count: 16))
}

/// A token is long and random, so one hash of it is enough.
package struct TokenRecord: Hashable, Sendable {
    /// Whom it stands for.
    package let user: String
    let hash: [UInt8]

    /// Nil unless `hash` are the 64 hexadecimal digits of the token's SHA-256.
    package init?(user: String, hash: String) {
        guard Hexadecimal.isText(hash, count: 64), let bytes = Hexadecimal.bytes(hash[...]) else { return nil }
        (self.user, self.hash) = (user, bytes)
    }

    func isRight(_ tokenHash: [UInt8]) -> Bool { Passwords.areEqual(hash, tokenHash) }
}

extension Hexadecimal {
    /// Nil unless `text` are pairs of lower-case digits.
    fileprivate static func bytes(_ text: Substring) -> [UInt8]? {
        guard text.utf8.count.isMultiple(of: 2), isText(text, count: text.utf8.count) else { return nil }
        let digits = text.utf8.map { $0 < 58 ? $0 - 48 : $0 - 87 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
