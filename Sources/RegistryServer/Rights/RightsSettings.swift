// Rights as a node's settings give them: lines of who, what, and which repos.
package import Settings

package struct RightsSettings: Hashable, Sendable {
    package enum Who: Hashable, Sendable {
        /// Everybody, without credentials too.
        case anyone
        /// Everybody with credentials that are right.
        case anyoneKnown
        case user(String)
        /// A client's or node's certificate, by the name in it, or `class:NAME` by a class in it.
        case certificate(String)
    }

    package struct Grant: Hashable, Sendable {
        package let who: Who
        package let actions: Set<RegistryAction>
        package let repos: RepoPattern

        package init(who: Who, actions: Set<RegistryAction>, repos: RepoPattern) {
            (self.who, self.actions, self.repos) = (who, actions, repos)
        }
    }

    package var grants: [Grant] = []
    package var tokens: [TokenRecord] = []
    /// Shown by clients that ask for a password.
    package var realm = "weft"

    package init() {}
}
