// Knows how each registry wants to be asked, and keeps the tokens that it was given.
import Images
import NIOHTTP1

/// Makes the Authorization header of requests to registries.
actor Authorizer {
    private struct TokenKey: Hashable {
        let origin: String
        let scope: Scope
    }

    private struct Token {
        let text: String
        /// On the clock of `Timing`.
        let end: Duration
    }

    private let tokens: TokenService
    private let credentials: any CredentialSource
    private let timing: Timing
    /// What each origin asked for last.
    private var challenges: [String: Challenge] = [:]
    private var kept: [TokenKey: Token] = [:]
    private let gate = KeyedGate<TokenKey>()

    /// Most tokens kept; when there are more, all are forgotten and asked for again.
    private static let tokensMax = 10_000

    init(_ exchange: HTTPExchange, _ configuration: RegistryConfiguration) {
        tokens = TokenService(exchange, configuration)
        credentials = configuration.credentials
        timing = configuration.timing
    }

    /// The header's value for a request to `endpoint`; nil when it hasn't asked for one.
    ///
    /// `rejected` is a value that was answered with 401: it isn't given again, and nil then means "nothing better".
    func header(_ endpoint: Endpoint, _ scope: Scope, rejected: String?, _ asked: Asked) async throws -> String? {
        let origin = endpoint.address.hostAndPort
        switch challenges[origin] {
        case nil: return nil
        case .basic:
            guard case .password(let user, let password)? = try await credential(endpoint, asked) else { return nil }
            let value = BasicHeader.value(user: user, password: password)
            return value == rejected ? nil : value
        case .bearer(let realm, let service, let wanted):
            let key = TokenKey(origin: origin, scope: scope)
            return try await gate.alone(key) {
                if let token = kept[key], token.end > timing.now(), "Bearer " + token.text != rejected {
                    return "Bearer " + token.text
                }
                let scopes = scope.texts.isEmpty ? wanted.map { [$0] } ?? [] : scope.texts
                let asking = TokenQuestion(endpoint: endpoint, realm: realm, service: service, scopes: scopes)
                let answer = try await tokens.token(asking, as: try await credential(endpoint, asked), asked)
                keep(Token(text: answer.text, end: timing.now() + answer.lifetime), key)
                return "Bearer " + answer.text
            }
        }
    }

    /// Takes the challenges of a 401 that came from `endpoint` itself; false when none of them is understood.
    func learn(_ offered: [Challenge], from endpoint: Endpoint) -> Bool {
        guard let first = offered.first else { return false }
        challenges[endpoint.address.hostAndPort] = first
        return true
    }

    private func keep(_ token: Token, _ key: TokenKey) {
        if kept.count >= Self.tokensMax { kept.removeAll() }
        kept[key] = token
    }

    private func credential(_ endpoint: Endpoint, _ asked: Asked) async throws -> Credential? {
        do {
            return try await credentials.credential(for: endpoint.name)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw RegistryError(.unauthorized, asked, reason: Sentence.withoutPeriod("\(error)"))
        }
    }
}
