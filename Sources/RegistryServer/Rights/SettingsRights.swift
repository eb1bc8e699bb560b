// Rights by a node's settings: finds out who asks, and then which line lets them.
import Digests
import HTTPMessages
import Settings

package final class SettingsRights: RegistryRights {
    private let settings: RightsSettings
    /// Whom a verified certificate stands for: its name, and `class:NAME` for each class; empty when it counts for nothing.
    private let certificateNames: @Sendable ([UInt8]) -> Set<String>
    private let now: @Sendable () -> ContinuousClock.Instant
    private let tokens = IssuedTokens()

    /// The service name that clients repeat when they ask for a token.
    private static let service = "weft"

    package init(
        _ settings: RightsSettings, certificateNames: @escaping @Sendable ([UInt8]) -> Set<String> = { _ in [] },
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        (self.settings, self.certificateNames, self.now) = (settings, certificateNames, now)
    }

    private enum Identity: Hashable {
        case nobody
        case user(String)
        case certificate(Set<String>)
        /// Credentials that are wrong.
        case unknown
    }

    // MARK: What is asked

    package func may(_ action: RegistryAction, _ repo: RepoName?, _ asker: RegistryAsker) async -> RightsAnswer {
        let identity = identity(asker)
        guard identity != .unknown else { return unauthorized(action, repo, asker) }
        guard let repo else { return mayComeIn(identity, asker) }
        if isGranted(action, repo, identity) { return .allowed }
        if identity == .nobody, hasCredentials { return unauthorized(action, repo, asker) }
        return .denied(reason: "no rule lets you \(action.rawValue) here")
    }

    /// Clients learn from this answer how to identify themselves later, and send nothing when it was `allowed`: so
    /// everybody who could have credentials is asked for them, and gets a token without, too.
    private func mayComeIn(_ identity: Identity, _ asker: RegistryAsker) -> RightsAnswer {
        guard case .nobody = identity, hasCredentials, Credentials(asker.authorization) == .none else {
            return .allowed
        }
        return unauthorized(.pull, nil, asker)
    }

    package func token(for asker: RegistryAsker) async -> RegistryToken? {
        switch identity(asker) {
        case .unknown: return nil
        case .nobody, .certificate: return RegistryToken(text: IssuedTokens.anonymous, seconds: IssuedTokens.seconds)
        case .user(let user):
            var generator = SystemRandomNumberGenerator()
            return RegistryToken(
                text: tokens.make(for: user, now: now(), using: &generator), seconds: IssuedTokens.seconds)
        }
    }

    private var hasCredentials: Bool { !settings.tokens.isEmpty }

    private func isGranted(_ action: RegistryAction, _ repo: RepoName, _ identity: Identity) -> Bool {
        settings.grants.contains { grant in
            grant.actions.contains(action) && Self.isMeant(identity, by: grant.who) && grant.repos.matches(repo.text)
        }
    }

    private static func isMeant(_ identity: Identity, by who: RightsSettings.Who) -> Bool {
        switch (who, identity) {
        case (.anyone, _): true
        case (.anyoneKnown, .user), (.anyoneKnown, .certificate): true
        case (.user(let name), .user(let user)): name == user
        case (.certificate(let name), .certificate(let own)): own.contains(name)
        default: false
        }
    }

    private func unauthorized(_ action: RegistryAction, _ repo: RepoName?, _ asker: RegistryAsker) -> RightsAnswer {
        guard let origin = asker.origin else { return .unauthorized(challenge: "Basic realm=\"\(settings.realm)\"") }
        var challenge = "Bearer realm=\"\(origin)/v2/token\",service=\"\(Self.service)\""
        if let repo {
            let actions = action == .push ? "pull,push" : action.rawValue
            challenge += ",scope=\"repository:\(repo):\(actions)\""
        }
        return .unauthorized(challenge: challenge)
    }

    // MARK: Who asks

    private func identity(_ asker: RegistryAsker) -> Identity {
        switch Credentials(asker.authorization) {
        case .none: break
        case .unreadable: return .unknown
        case .bearer(IssuedTokens.anonymous): break
        case .bearer(let token): return user(token).map(Identity.user) ?? .unknown
        case .basic(let user, let password):
            return isRight(password, of: user) ? .user(user) : .unknown
        }
        guard let names = asker.caller.certificate.map(certificateNames), !names.isEmpty else { return .nobody }
        return .certificate(names)
    }

    private func user(_ token: String) -> String? {
        if let user = tokens.user(token, now: now()) { return user }
        let hash = Self.hash(token)
        // All of them are looked at: the time says nothing about which one it was.
        return settings.tokens.reduce(String?.none) { found, record in record.isRight(hash) ? record.user : found }
    }

    private static func hash(_ token: String) -> [UInt8] {
        var hasher = Digests.Hasher(.sha256)
        hasher.update(Array(token.utf8))
        return hasher.finish()
    }

    /// A token may come as a password, since some clients know only those.
    private func isRight(_ password: [UInt8], of user: String) -> Bool {
        let hash = Self.hash(String(decoding: password, as: UTF8.self))
        return settings.tokens.reduce(false) { $1.isRight(hash) && $1.user == user || $0 }
    }
}
