// Fetches tokens for registries from the servers that they name: the distribution project's token authentication.
import FoundationEssentials
import Images
import Logging
import NIOHTTP1

struct TokenQuestion: Sendable {
    let endpoint: Endpoint
    let realm: String
    let service: String?
    let scopes: [String]
}

/// Which server may get what. Registries name any server as their `realm` (auth.docker.io for docker.io,
/// gitlab.com for registry.gitlab.com), so its host can't be required to be the registry's. What is required:
/// - the challenge came from the registry itself, not from where it redirected to (the caller's duty), and the
///   credential is the one kept for that registry: whoever can make the registry say 401 over TLS could ask for
///   the same credential with Basic, and gains nothing by naming a realm (CVE-2020-15157, CVE-2026-33540);
/// - a registry on https names an https realm: plain http would show the credential to everybody on the way;
/// - a registry on plain http, where anybody on the way can write the challenge, gets the credential sent only to a
///   realm on its own host name;
/// - redirects of the realm lose the credential, and a refresh token in a body is never redirected.
struct TokenService: Sendable {
    struct Token {
        let text: String
        let lifetime: Duration
    }

    private let exchange: HTTPExchange
    private let configuration: RegistryConfiguration

    /// Largest answer of a token server, and largest token, in bytes.
    static let answerBytesMax = 128 << 10
    static let tokenBytesMax = 64 << 10
    /// Lifetime that the specification gives to tokens that name none, and the least it allows.
    static let lifetimeUsual = Duration.seconds(60)
    static let lifetimeMax = Duration.seconds(24 * 60 * 60)
    /// A token is renewed so long before its end: the request that carries it has to arrive.
    static let margin = Duration.seconds(10)

    init(_ exchange: HTTPExchange, _ configuration: RegistryConfiguration) {
        (self.exchange, self.configuration) = (exchange, configuration)
    }

    /// `asked` is the request that the token is for.
    func token(_ question: TokenQuestion, as credential: Credential?, _ asked: Asked) async throws -> Token {
        let realm = try Self.realm(question, hasCredential: credential != nil, asked)
        let asking = Asked(what: "log in for \(question.endpoint.name)", host: realm.hostAndPort)
        var prepared = Self.request(realm, question, credential)
        prepared.headers.add(name: "Accept", value: "application/json")
        let request = prepared
        return try await configuration.repeating("a token server answered with a passing error", asking) {
            let answer = try await exchange.send(request, asking)
            if request.method == .POST, (300..<400).contains(answer.status) {
                throw RegistryError(
                    .unusable, asking, status: answer.status, reason: "it redirects the login elsewhere")
            }
            let body = try await exchange.collect(answer, bytesMax: Self.answerBytesMax, asking)
            guard answer.status == 200 else {
                return .refused(
                    refused(answer.status, body, question, asking), .init(status: answer.status, answer.headers))
            }
            return .done(try Self.token(body, asking))
        }
    }

    static func realm(_ question: TokenQuestion, hasCredential: Bool, _ asked: Asked) throws -> WebAddress {
        let registry = question.endpoint.address
        guard let realm = WebAddress(question.realm) else {
            throw RegistryError(
                .unusable, asked, status: 401,
                reason: "it names \(PrintableText.quoted(question.realm)) as its token server")
        }
        let isSafe =
            registry.scheme == .https
            ? realm.scheme == .https : !hasCredential || realm.host == registry.host
        guard isSafe else {
            throw RegistryError(
                .unauthorized, asked, status: 401,
                reason: "it names \(PrintableText.quoted(realm.description)) as its token server, "
                    + "and credentials aren't sent there",
                advice: registry.scheme == .https
                    ? "The token server has to use https." : "The token server has to be on the registry's own host.")
        }
        return realm
    }

    private static func request(_ realm: WebAddress, _ question: TokenQuestion, _ credential: Credential?) -> Request {
        if case .identityToken(let token)? = credential { return exchangeRequest(realm, question, token) }
        var address = realm
        if let service = question.service { address = address.adding("service", service) }
        for scope in question.scopes { address = address.adding("scope", scope) }
        guard case .password(let user, let password)? = credential else { return Request(.GET, address) }
        var request = Request(.GET, address.adding("account", user))
        request.headers.add(name: "Authorization", value: BasicHeader.value(user: user, password: password))
        return request
    }

    /// OAuth 2's form (RFC 6749 §6), as Docker sends it.
    private static func exchangeRequest(_ realm: WebAddress, _ question: TokenQuestion, _ token: String) -> Request {
        var fields = [("grant_type", "refresh_token"), ("client_id", "weft"), ("refresh_token", token)]
        if let service = question.service { fields.append(("service", service)) }
        if !question.scopes.isEmpty { fields.append(("scope", question.scopes.joined(separator: " "))) }
        var request = Request(.POST, realm)
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        let form = fields.map { "\($0)=\(WebAddress.encodedItem($1))" }.joined(separator: "&")
        request.body = .bytes(Array(form.utf8))
        request.followsRedirects = false
        return request
    }

    private func refused(
        _ status: Int, _ body: [UInt8], _ question: TokenQuestion, _ asking: Asked
    ) -> RegistryError {
        guard [400, 401, 403].contains(status) else { return Refusal(status: status, body: body).error(asking) }
        let name = question.endpoint.name
        return RegistryError(
            .unauthorized, asking, status: status, codes: Refusal(status: status, body: body).codes,
            reason: "the token server doesn't accept the credentials",
            advice: "Log in again with \"docker login \(name)\".")
    }

    private static func token(_ body: [UInt8], _ asking: Asked) throws -> Token {
        let written = try? JSONDecoder().decode(WrittenToken.self, from: Data(body))
        let text = written?.token.flatMap { $0.isEmpty ? nil : $0 } ?? written?.accessToken ?? ""
        // What isn't printable could end the header and begin another.
        guard (1...tokenBytesMax).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw RegistryError(.unusable, asking, status: 200, reason: "its answer holds no token")
        }
        let named = Duration.seconds(min(max(written?.expiresIn ?? 0, 0), 1 << 32))
        let lifetime = min(max(named, lifetimeUsual), lifetimeMax)
        return Token(text: text, lifetime: lifetime - margin)
    }
}

private struct WrittenToken: Decodable {
    let token: String?
    let accessToken: String?
    let expiresIn: Int64?

    enum CodingKeys: String, CodingKey {
        case token
        case accessToken = "access_token"
        case expiresIn = "expires_in"
    }
}

enum BasicHeader {
    /// RFC 7617.
    static func value(user: String, password: String) -> String {
        "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }
}
