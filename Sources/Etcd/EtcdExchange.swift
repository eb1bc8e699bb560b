// Requests to etcd's JSON gateway over async-http-client, bounded; sorts what can go wrong by whether it was sent.
import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL

final class EtcdExchange: Sendable {
    private let client: HTTPClient
    private let bounds: EtcdBounds
    private let callLimit: Duration
    private let logger: Logger

    /// `silence`: nothing was read for so long.
    init(_ configuration: EtcdConfiguration, silence: Duration) throws(EtcdSetupError) {
        var settings = HTTPClient.Configuration()
        settings.httpVersion = .http1Only
        settings.redirectConfiguration = .disallow
        settings.decompression = .disabled
        settings.timeout.connect = TimeAmount(configuration.timeouts.connect)
        settings.timeout.read = TimeAmount(silence)
        settings.connectionPool.retryConnectionEstablishment = false
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = configuration.bounds.connectionsMax
        if let tls = configuration.tls { settings.tlsConfiguration = try Self.configuration(tls) }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
        bounds = configuration.bounds
        callLimit = configuration.timeouts.call
        logger = configuration.logger
    }

    private static func configuration(_ tls: EtcdTLS) throws(EtcdSetupError) -> TLSConfiguration {
        var settings = TLSConfiguration.makeClientConfiguration()
        do {
            settings.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(tls.authorities))
            settings.certificateChain = try NIOSSLCertificate.fromPEMBytes(tls.certificate).map { .certificate($0) }
            settings.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: tls.key, format: .pem))
        } catch {
            throw EtcdSetupError("the certificates or the key for etcd are no PEM")
        }
        return settings
    }

    func shutdown() async throws { try await client.shutdown() }

    // The HTTP client ends the whole program when it goes without this; the second time it does nothing.
    deinit { client.shutdown { _ in } }

    /// The whole answer to a call that etcd did. Throws `EtcdError` and `CancellationError`.
    func collect(_ call: EtcdCall, at endpoint: String) async throws -> [UInt8] {
        let deadline = NIODeadline.now() + TimeAmount(call.limit ?? callLimit)
        let response = try await send(call, at: endpoint, deadline: deadline)
        return try await rest(of: response, call, endpoint, deadline: deadline)
    }

    /// The messages of a stream. The stream may last for ever, its beginning not.
    func open(_ call: EtcdCall, at endpoint: String) async throws -> EtcdMessages {
        let deadline = NIODeadline.now() + TimeAmount(call.limit ?? callLimit)
        let response = try await send(call, at: endpoint, deadline: deadline)
        return EtcdMessages(response.body, call, endpoint, bytesMax: bounds.watchMessageBytesMax)
    }

    private func send(
        _ call: EtcdCall, at endpoint: String, deadline: NIODeadline
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: endpoint + call.path)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: call.body))
        let response: HTTPClientResponse
        do {
            response = try await client.execute(request, deadline: deadline, logger: logger)
        } catch {
            throw try Self.failure(error, call, endpoint)
        }
        guard response.status != .ok else { return response }
        let body = try await rest(of: response, call, endpoint, deadline: deadline)
        let refusal = Refusal(status: Int(response.status.code), body: body)
        throw call.error(refusal.kind, refusal.outcome, at: endpoint, refusal.reason)
    }

    private func rest(
        of response: HTTPClientResponse, _ call: EtcdCall, _ endpoint: String, deadline: NIODeadline
    ) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            for try await buffer in response.body {
                guard bytes.count + buffer.readableBytes <= bounds.answerBytesMax else {
                    throw call.error(
                        .unusable, .unknown, at: endpoint,
                        "the answer has more than \(bounds.answerBytesMax) bytes")
                }
                bytes.append(contentsOf: buffer.readableBytesView)
                guard NIODeadline.now() < deadline else { throw HTTPClientError.deadlineExceeded }
            }
        } catch let error as EtcdError {
            throw error
        } catch {
            throw try Self.failure(error, call, endpoint)
        }
        return bytes
    }

    /// Sorts what the HTTP client throws; a cancelled task stays a cancellation.
    static func failure(_ error: any Error, _ call: EtcdCall, _ endpoint: String) throws -> EtcdError {
        if error is CancellationError || Task.isCancelled { throw CancellationError() }
        if let error = error as? HTTPClientError {
            switch error {
            case .connectTimeout, .tlsHandshakeTimeout:
                return call.error(.unreachable, .notApplied, at: endpoint, "no connection in time")
            case .readTimeout, .deadlineExceeded:
                return call.error(.timedOut, .unknown, at: endpoint, "no answer in time")
            default: break
            }
        }
        let text = Refusal.printable(String(describing: error))
        // NIOPosix's errors have no fields worth a dependency on NIOPosix.
        if text.contains("Connection refused") || text.contains("Connection errors") || text.contains("DNS error") {
            return call.error(.unreachable, .notApplied, at: endpoint, "no connection: \(text)")
        }
        // Only a handshake, before which nothing is sent, gives these.
        if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("WRONG_VERSION_NUMBER")
            || error is NIOSSLExtraError
        {
            return call.error(.unreachable, .notApplied, at: endpoint, "no TLS connection: \(text)")
        }
        return call.error(.lost, .unknown, at: endpoint, "the connection was lost: \(text)")
    }
}

extension TimeAmount {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
