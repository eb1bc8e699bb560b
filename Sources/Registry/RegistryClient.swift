// The client of OCI registries: finds the endpoint, authorizes, repeats, and turns refusals into errors.
package import Images
import Logging
import NIOHTTP1

/// Talks to any number of registries over one pool of connections. Call `shutdown` at the end.
package final class RegistryClient: Sendable {
    let configuration: RegistryConfiguration
    let exchange: HTTPExchange
    private let finder: EndpointFinder
    private let authorizer: Authorizer

    package init(_ configuration: RegistryConfiguration) {
        self.configuration = configuration
        exchange = HTTPExchange(configuration)
        finder = EndpointFinder(exchange, configuration)
        authorizer = Authorizer(exchange, configuration)
    }

    /// Closes the idle connections and fails the requests that run.
    package func shutdown() async throws { try await exchange.shutdown() }

    /// Checks that `host` (`docker.io`, `localhost:5000`) is a registry that answers us.
    package func ping(_ host: String) async throws {
        let asked = Asked(what: "reach the registry", host: host)
        let endpoint = try await endpoint(host, asked)
        let answer = try await perform(Request(.GET, endpoint.api("")), endpoint, .registry, asked)
        await exchange.discard(answer)
    }

    /// How far our clock is from that of the repository's registry, as its last answer said; nil when none said it.
    package func clockReading(of repository: RepositoryName) async throws -> ClockReading? {
        let asked = Asked(what: "ask for the time", host: repository.registry)
        return exchange.clocks[try await endpoint(repository.registry, asked).address]
    }

    func endpoint(_ host: String, _ asked: Asked) async throws -> Endpoint {
        do {
            return try await finder.endpoint(host, asked)
        } catch let failure as LinkFailure {
            throw failure.error(asked)
        }
    }

    /// The registry of `repository`, with Docker Hub's mirrors before it; for reading only.
    func endpointsForReading(_ repository: RepositoryName, _ asked: Asked) async throws -> [Endpoint] {
        guard repository.registry == RepositoryName.dockerHub else {
            return [try await endpoint(repository.registry, asked)]
        }
        var endpoints: [Endpoint] = []
        for mirror in configuration.dockerHubMirrors {
            let host = mirror.hasPrefix("https://") ? String(mirror.dropFirst(8).prefix { $0 != "/" }) : mirror
            do {
                endpoints.append(try await endpoint(host, asked))
            } catch let error as RegistryError {
                passOver(mirror, error)
            }
        }
        return endpoints + [try await endpoint(repository.registry, asked)]
    }

    /// The result of `work` at the first endpoint that gives one; the last one's error counts.
    func reading<Value>(
        _ repository: RepositoryName, _ asked: Asked, _ work: (Endpoint) async throws -> Value
    ) async throws -> Value {
        let endpoints = try await endpointsForReading(repository, asked)
        for mirror in endpoints.dropLast() {
            do {
                return try await work(mirror)
            } catch let error as RegistryError {
                passOver(mirror.name, error)
            }
        }
        return try await work(endpoints[endpoints.count - 1])
    }

    func passOver(_ mirror: String, _ error: RegistryError) {
        configuration.logger.info(
            "a mirror didn't serve", metadata: ["mirror": "\(mirror)", "reason": "\(error)"])
    }

    /// Sends `request` until it is answered with success or with a status in `accepting`.
    ///
    /// Only for requests that may arrive twice. Throws `RegistryError`, the source's own error, or a cancellation.
    func perform(
        _ request: Request, _ endpoint: Endpoint, _ scope: Scope, _ asked: Asked, accepting: Set<Int> = []
    ) async throws -> Answer {
        try await repeating(asked) {
            let answer = try await authorized(request, endpoint, scope, asked)
            if (200..<300).contains(answer.status) || accepting.contains(answer.status) { return .done(answer) }
            return .refused(try await refusal(answer, asked), .init(status: answer.status, answer.headers))
        }
    }

    /// The same with the whole body of a success: a connection that is lost in its middle is lost, too.
    func performWhole(
        _ request: Request, _ endpoint: Endpoint, _ scope: Scope, _ asked: Asked, bytesMax: Int
    ) async throws -> (answer: Answer, bytes: [UInt8]) {
        try await repeating(asked) {
            let answer = try await authorized(request, endpoint, scope, asked)
            guard (200..<300).contains(answer.status) else {
                return .refused(try await refusal(answer, asked), .init(status: answer.status, answer.headers))
            }
            return .done((answer, try await exchange.collect(answer, bytesMax: bytesMax, asked)))
        }
    }

    private func repeating<Value>(
        _ asked: Asked, _ attempt: () async throws -> Attempt<Value>
    ) async throws -> Value {
        try await configuration.repeating("a registry answered with a passing error", asked, attempt)
    }

    /// One sending of `request`, repeated only to authorize it: at most `authorizationRoundsMax` times.
    func authorized(_ request: Request, _ endpoint: Endpoint, _ scope: Scope, _ asked: Asked) async throws -> Answer {
        guard request.address.isSameOrigin(as: endpoint.address) else { return try await exchange.send(request, asked) }
        var request = request
        var header = try await authorizer.header(endpoint, scope, rejected: nil, asked)
        var round = 1
        while true {
            if let header { request.headers.replaceOrAdd(name: "Authorization", value: header) }
            let answer = try await exchange.send(request, asked)
            // A 401 from where a redirect led to is no question of the registry's.
            guard answer.status == 401, answer.address.isSameOrigin(as: endpoint.address),
                round < configuration.bounds.authorizationRoundsMax,
                await authorizer.learn(Challenge.parse(answer.headers["WWW-Authenticate"]), from: endpoint),
                let next = try await authorizer.header(endpoint, scope, rejected: header, asked), next != header
            else { return answer }
            await exchange.discard(answer)
            header = next
            round += 1
        }
    }

    func refusal(_ answer: Answer, _ asked: Asked) async throws -> RegistryError {
        let body = (try? await exchange.collect(answer, bytesMax: Refusal.bytesMax, asked)) ?? []
        if Task.isCancelled { throw CancellationError() }
        return Refusal(status: answer.status, body: body).error(asked)
    }
}
