// Who may do something, as config says it: `user:NAME`, `client:NAME`, `node:NAME`, `class:NAME` or `anyone`.

package enum Principal: Hashable, Sendable, CustomStringConvertible {
    /// Of the file of users.
    case user(String)
    /// By certificate.
    case client(String)
    case node(String)
    case ofClass(String)
    /// Everybody who got in; without a name only where `auth.anonymousPull` lets people in.
    case anyone

    package init?(_ text: String) {
        if text == "anyone" {
            self = .anyone
            return
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, SettingsName.problem(parts[1]) == nil else { return nil }
        switch parts[0] {
        case "user": self = .user(parts[1])
        case "client": self = .client(parts[1])
        case "node": self = .node(parts[1])
        case "class": self = .ofClass(parts[1])
        default: return nil
        }
    }

    package var description: String {
        switch self {
        case .user(let name): "user:\(name)"
        case .client(let name): "client:\(name)"
        case .node(let name): "node:\(name)"
        case .ofClass(let name): "class:\(name)"
        case .anyone: "anyone"
        }
    }
}
