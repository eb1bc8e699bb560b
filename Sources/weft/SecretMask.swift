// Keeps the values of secrets that werf.yaml itself holds out of everything that `weft explain` prints.
import Projects

struct SecretMask: Sendable {
    private let values: [String]

    /// Characters of a value that is looked for inside of words; a shorter one only counts as a word of its own.
    private static let lengthMin = 4
    private static let stars = "***"

    init(_ images: [DockerfileImage]) {
        let values = images.flatMap(\.secrets).compactMap { secret in
            if case .value(let value) = secret.source, !value.isEmpty { value } else { nil }
        }
        // A value may be a part of another one: the longest goes first.
        self.values = Set(values).sorted { ($0.count, $0) > ($1.count, $1) }
    }

    func masked(_ word: String) -> String {
        values.reduce(word) { word, value in
            guard value.count >= Self.lengthMin else { return word == value ? Self.stars : word }
            return word.replacing(value, with: Self.stars)
        }
    }
}
