// Who may do what with which repo.
package import HTTPMessages

package protocol RegistryRights: Sendable {
    /// `repo`: nil asks whether the caller may come in at all.
    func may(_ action: RegistryAction, _ repo: RepoName?, _ asker: RegistryAsker) async -> RightsAnswer

    /// A token that stands for the caller's credentials for `seconds`, for clients that send passwords only to get one;
    /// nil when the credentials are wrong.
    func token(for asker: RegistryAsker) async -> RegistryToken?
}

package enum RegistryAction: String, Hashable, Sendable, CaseIterable {
    case pull, push, delete
}

package struct RegistryAsker: Sendable {
    package let caller: Caller
    /// The value of the header `Authorization`.
    package let authorization: String?
    /// `http://HOST:PORT` as the caller sees this server, for the way to the tokens; nil when it did not say.
    package let origin: String?

    package init(caller: Caller, authorization: String?, origin: String?) {
        (self.caller, self.authorization, self.origin) = (caller, authorization, origin)
    }
}

package enum RightsAnswer: Hashable, Sendable {
    case allowed
    /// Nobody knows who asks: with credentials it may be allowed. `challenge`: the value of `WWW-Authenticate`.
    case unauthorized(challenge: String)
    /// It is known who asks, or it would not help.
    case denied(reason: String)
}

package struct RegistryToken: Hashable, Sendable {
    package let text: String
    package let seconds: Int

    package init(text: String, seconds: Int) { (self.text, self.seconds) = (text, seconds) }
}
