// Where a registry is reached: its name in image references, and its address.
import Images
import NIOHTTP1

struct Endpoint: Hashable, Sendable {
    /// `docker.io`, `localhost:5000`: the name under which credentials are kept.
    let name: String
    /// With the target `/`.
    let address: WebAddress

    /// Docker Hub answers the API elsewhere than its name says.
    static let dockerHubHost = "registry-1.docker.io"

    /// Nil when `name` isn't a host.
    init?(name: String, scheme: WebAddress.Scheme) {
        let host = name == RepositoryName.dockerHub ? Self.dockerHubHost : name
        guard let address = WebAddress("\(scheme.rawValue)://\(host)/") else { return nil }
        self.init(name: name, address: address)
    }

    init(name: String, address: WebAddress) { (self.name, self.address) = (name, address) }

    /// The address below `/v2/`; `path` is made of checked names.
    func api(_ path: String) -> WebAddress { address.with(target: "/v2/" + path) }
}

/// Finds out once for each registry whether it speaks TLS, where plain HTTP is allowed at all.
///
/// Plain HTTP is for loopback hosts and for those that the user allows it; they too are asked by TLS first, so that
/// a flag meant for one registry doesn't bare the credentials of another. The question carries no credentials.
actor EndpointFinder {
    private let exchange: HTTPExchange
    private let allowsPlainHTTP: Bool
    private let plainHTTPHosts: Set<String>
    private var found: [String: Endpoint] = [:]
    private let gate = KeyedGate<String>()

    init(_ exchange: HTTPExchange, _ configuration: RegistryConfiguration) {
        self.exchange = exchange
        allowsPlainHTTP = configuration.allowsPlainHTTP
        plainHTTPHosts = configuration.plainHTTPHosts
    }

    func endpoint(_ name: String, _ asked: Asked) async throws -> Endpoint {
        if let endpoint = found[name] { return endpoint }
        return try await gate.alone(name) {
            if let endpoint = found[name] { return endpoint }
            let endpoint = try await probe(name, asked)
            found[name] = endpoint
            return endpoint
        }
    }

    private func probe(_ name: String, _ asked: Asked) async throws -> Endpoint {
        guard let safe = Endpoint(name: name, scheme: .https), let plain = Endpoint(name: name, scheme: .http) else {
            throw RegistryError(.unusable, asked, reason: "\(PrintableText.quoted(name)) isn't a host")
        }
        guard name != RepositoryName.dockerHub,
            allowsPlainHTTP || plainHTTPHosts.contains(name) || safe.address.isLoopback
        else { return safe }
        do {
            _ = try await answers(safe, asked)
            return safe
        } catch let failure as LinkFailure {
            // An untrusted certificate still proves that TLS is spoken: going on without it would be a downgrade.
            if failure.tls == .notTrusted { throw failure.error(asked) }
            guard try await answers(plain, asked) else { throw failure.error(asked) }
            return plain
        }
    }

    /// True for any answer of a registry; servers for TLS answer 400 to plain HTTP.
    private func answers(_ endpoint: Endpoint, _ asked: Asked) async throws -> Bool {
        let answer = try await exchange.send(Request(.GET, endpoint.api("")), asked)
        await exchange.discard(answer)
        return answer.status != 400
    }
}
