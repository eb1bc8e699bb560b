// A service and connections to it, for tests over loopback.
import HTTPMessages
import HTTPTypes
import LinkTesting
import Logging
import Synchronization
import TLS

@testable import Transport

/// Answers by a function.
struct FunctionService: HTTPService {
    let body: @Sendable (ServedRequest) async -> ServedResponse

    init(_ body: @escaping @Sendable (ServedRequest) async -> ServedResponse) { self.body = body }

    func answer(_ request: ServedRequest) async -> ServedResponse { await body(request) }
}

/// `/echo` gives the request's body back while it comes; `/hello` says hello; the rest is not there.
let echo = FunctionService { request in
    switch request.path {
    case "/hello": ServedResponse(HTTPResponse(status: .ok), body: .bytes(Array("hello".utf8)))
    case "/echo":
        ServedResponse(
            HTTPResponse(status: .ok),
            body: .stream(length: nil) { body in
                while let piece = try await request.body.next() { try await body.write(piece) }
            })
    case "/who":
        ServedResponse(HTTPResponse(status: .ok), body: .bytes(request.caller.certificate ?? []))
    default: ServedResponse(HTTPResponse(status: .notFound))
    }
}

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

func peersContext(_ side: TLSSettings.Side, _ name: String) throws -> TLSContext {
    let certificates = TestCertificates.shared
    return try TLSContext(
        .peers(side, identity: certificates.identity(name), authorities: certificates.authority("mesh")))
}

/// A listener for nodes, as node-1.
func withPeersListener(
    _ service: any HTTPService = echo, limits: LinkLimits = .peers,
    _ body: (Listener) async throws -> Void
) async throws {
    let tls = CurrentTLSContext(try peersContext(.server, "node-1"))
    let listener = try await Listener.bind(
        address: "127.0.0.1", port: 0, tls: tls, service: service, limits: limits, logger: quiet)
    try await running(listener, body)
}

/// A listener for strangers: plain, or with TLS.
func withRegistryListener(
    _ service: any HTTPService = echo, tls: Bool, limits: LinkLimits = .registry,
    _ body: (Listener) async throws -> Void
) async throws {
    let certificates = TestCertificates.shared
    let settings = TLSSettings.registry(
        identity: certificates.identity("registry"), authorities: certificates.authority("mesh"))
    let listener = try await Listener.bind(
        address: "127.0.0.1", port: 0, tls: tls ? try CurrentTLSContext(settings) : nil, service: service,
        limits: limits, logger: quiet)
    try await running(listener, body)
}

private func running(_ listener: Listener, _ body: (Listener) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await listener.run() }
        try await body(listener)
        group.cancelAll()
    }
}

func connect(
    to listener: Listener, as name: String = "node-2", limits: LinkLimits = .peers
) async throws -> PeerConnection {
    try await PeerConnection.connect(
        to: "127.0.0.1", port: listener.port,
        tls: PeerTLS(context: try peersContext(.client, name), name: .dns("node-1")), deadline: .seconds(120),
        limits: limits, logger: quiet)
}

func get(_ path: String) -> HTTPRequest {
    HTTPRequest(method: .get, scheme: "https", authority: "node-1", path: path)
}

func post(_ path: String) -> HTTPRequest {
    HTTPRequest(method: .post, scheme: "https", authority: "node-1", path: path)
}

/// Fires once, for those who wait and those who come later.
final class Signal: Sendable {
    private struct State: Sendable {
        var isFired = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())

    func fire() {
        let waiters = state.withLock { state in
            state.isFired = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isFired = state.withLock { state in
                if !state.isFired { state.waiters.append(continuation) }
                return state.isFired
            }
            if isFired { continuation.resume() }
        }
    }
}
