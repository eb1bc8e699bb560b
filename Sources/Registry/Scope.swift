// What a token is asked for.

/// `repository:PATH:ACTIONS` for one or two repositories (a mount reads a second one); empty for the registry itself.
struct Scope: Hashable, Sendable {
    enum Actions: String, Sendable {
        case pull
        case push = "pull,push"
        case delete = "pull,push,delete"
    }

    let texts: [String]

    static let registry = Scope(texts: [])

    private init(texts: [String]) { self.texts = texts }

    init(_ path: String, _ actions: Actions, reading other: String? = nil) {
        let second = other.map { "repository:\($0):pull" }
        texts = ["repository:\(path):\(actions.rawValue)"] + (second.map { [$0] } ?? [])
    }
}
