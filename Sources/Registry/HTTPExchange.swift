// One HTTP request and its answer over async-http-client, redirects followed by hand.
import AsyncHTTPClient
import Images
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL

/// What is sent.
struct Request: Sendable {
    var method: HTTPMethod
    var address: WebAddress
    var headers = HTTPHeaders()
    var body = RequestBody.none
    /// Only for bytes whose digest is checked afterwards.
    var mayLeaveTLS = false
    /// False where the body is a secret: a redirect would hand it to whoever is named there.
    var followsRedirects = true

    init(_ method: HTTPMethod, _ address: WebAddress) { (self.method, self.address) = (method, address) }
}

/// What is received: the head, and the body as it comes.
struct Answer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: HTTPClientResponse.Body
    /// Where it came from, after redirects.
    let address: WebAddress

    func header(_ name: String) -> String? { headers.first(name: name) }

    /// RFC 9110 §8.6; nil when absent or not one number.
    var contentLength: Int64? {
        let values = headers[canonicalForm: "content-length"]
        return values.count == 1 ? Int64(values[0]) : nil
    }
}

/// Sends requests. Credentials never follow a redirect to another origin, and no redirect leaves TLS.
final class HTTPExchange: Sendable {
    private let client: HTTPClient
    private let timeouts: RegistryTimeouts
    private let redirectsMax: Int
    private let bytesPerSecondMin: Int64
    private let userAgent: String
    private let now: @Sendable () -> Int64
    let clocks = ClockReadings()
    private let logger: Logger

    init(_ configuration: RegistryConfiguration) {
        var settings = HTTPClient.Configuration()
        // Blobs run beside each other on their own connections; one shared HTTP/2 connection would slow them.
        settings.httpVersion = .http1Only
        settings.redirectConfiguration = .disallow
        settings.decompression = .disabled
        settings.timeout.connect = TimeAmount(configuration.timeouts.connect)
        settings.timeout.read = TimeAmount(configuration.timeouts.idle)
        settings.timeout.write = TimeAmount(configuration.timeouts.idle)
        settings.connectionPool.retryConnectionEstablishment = false
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = configuration.bounds.connectionsMax
        if configuration.skipsTLSVerification {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.certificateVerification = .none
            settings.tlsConfiguration = tls
        }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
        timeouts = configuration.timeouts
        redirectsMax = configuration.bounds.redirectsMax
        bytesPerSecondMin = configuration.bounds.bytesPerSecondMin
        userAgent = configuration.userAgent
        now = configuration.now
        logger = configuration.logger
    }

    func shutdown() async throws { try await client.shutdown() }

    /// The answer, whatever its status. Throws `LinkFailure`, `RegistryError` and `CancellationError`.
    func send(_ request: Request, _ asked: Asked) async throws -> Answer {
        var request = request
        for _ in 0...redirectsMax {
            let answer = try await sendOnce(request)
            guard request.followsRedirects else { return answer }
            guard let next = try Redirect(of: request, answered: answer, asked)?.request else { return answer }
            await discard(answer)
            request = next
        }
        throw RegistryError(.unusable, asked, reason: "it redirected more than \(redirectsMax) times")
    }

    private func sendOnce(_ request: Request) async throws -> Answer {
        var prepared = HTTPClientRequest(url: request.address.text)
        prepared.method = request.method
        prepared.headers = request.headers
        prepared.headers.replaceOrAdd(name: "User-Agent", value: userAgent)
        prepared.body = request.body.streamed
        let longest = timeouts.document + request.body.duration(slowest: bytesPerSecondMin)
        logger.debug(
            "asking a registry",
            metadata: ["method": "\(request.method)", "address": "\(request.address)"])
        do {
            let sent = now()
            let response = try await client.execute(prepared, deadline: .now() + TimeAmount(longest))
            clocks[request.address] = ClockReading(sent: sent, received: now(), response.headers)
            let status = Int(response.status.code)
            logger.debug(
                "a registry answered", metadata: ["address": "\(request.address)", "status": "\(status)"])
            return Answer(status: status, headers: response.headers, body: response.body, address: request.address)
        } catch {
            throw try LinkFailure.from(error)
        }
    }

    /// The whole body, at most `bytesMax` and within the time for documents.
    func collect(_ answer: Answer, bytesMax: Int, _ asked: Asked) async throws -> [UInt8] {
        let tooLarge = RegistryError(
            .tooLarge, asked, status: answer.status, reason: "the answer has more than \(bytesMax) bytes")
        if let length = answer.contentLength, length > Int64(bytesMax) { throw tooLarge }
        return try await Deadline.within(
            timeouts.document, otherwise: LinkFailure(reason: "the answer didn't end within \(timeouts.document)")
        ) {
            var bytes: [UInt8] = []
            do {
                for try await buffer in answer.body {
                    guard bytes.count + buffer.readableBytes <= bytesMax else { throw tooLarge }
                    bytes.append(contentsOf: buffer.readableBytesView)
                }
            } catch let error as RegistryError {
                throw error
            } catch {
                throw try LinkFailure.from(error)
            }
            return bytes
        }
    }

    /// Reads a short rest, so that the connection can be used again; a long one is cut.
    func discard(_ answer: Answer) async {
        _ = try? await collect(answer, bytesMax: Refusal.bytesMax, Asked(what: "read the rest of an answer", host: ""))
    }
}

extension TimeAmount {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
