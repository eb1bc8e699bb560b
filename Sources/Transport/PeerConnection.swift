// A connection to a peer: many exchanges at once over one HTTP/2 link.
import Glibc
import HTTP2
package import HTTPMessages
package import HTTPTypes
package import Logging
import NIOCore
import NIOPosix
import Synchronization
package import TLS

/// Whom a client connects to, and by which certificates.
package struct PeerTLS: Sendable {
    package let context: TLSContext
    package let name: TLSPeerName

    package init(context: TLSContext, name: TLSPeerName) {
        self.context = context
        self.name = name
    }
}

/// Ends by `close`, when the peer leaves, or when the last reference has gone and the last exchange has ended. It does not
/// connect anew: make another.
package final class PeerConnection: Sendable {
    private let shared: Shared
    private let mailbox: Mailbox<LinkMail>

    private init(_ shared: Shared, _ mailbox: Mailbox<LinkMail>) {
        self.shared = shared
        self.mailbox = mailbox
    }

    deinit { mailbox.post(.leave) }

    /// Connects, and waits until the peer has accepted our certificate.
    /// - Throws: `TransportFailure`, or `CancellationError`.
    package static func connect(
        to host: String, port: Int, tls: PeerTLS, deadline: Duration, limits: LinkLimits = .peers, logger: Logger
    ) async throws -> PeerConnection {
        try Task.checkCancellation()
        let shared = Shared()
        let channel = try await open(host, port, tls, deadline, limits, shared)
        let last = channel.eventLoop.scheduleTask(in: TimeAmount(deadline)) {
            shared.ended(.deadlineExceeded)
            channel.close(promise: nil)
        }
        await withTaskCancellationHandler {
            await shared.settled()
        } onCancel: {
            shared.ended(.cancelled)
            channel.close(promise: nil)
        }
        last.cancel()
        guard let mailbox = shared.mailbox, shared.failure == nil else {
            channel.close(promise: nil)
            try Task.checkCancellation()
            let failure = shared.failure ?? .cancelled
            logger.debug("no connection", metadata: ["peer": "\(host):\(port)", "reason": "\(failure)"])
            throw failure
        }
        return PeerConnection(shared, mailbox)
    }

    private static func open(
        _ host: String, _ port: Int, _ tls: PeerTLS, _ deadline: Duration, _ limits: LinkLimits, _ shared: Shared
    ) async throws -> any Channel {
        var limits = limits
        limits.isIdleClosed = false
        let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(TimeAmount(deadline))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: SocketBuffers.waterMark)
            .channelOption(.recvAllocator, value: SocketBuffers.allocator)
            .channelInitializer { [limits] channel in
                channel.eventLoop.makeCompletedFuture { try install(on: channel, tls, limits, shared) }
            }
        do {
            return try await Self.open(bootstrap, host, port)
        } catch is CancellationError {
            throw CancellationError()
        } catch let failure as TLSFailure {
            throw TransportFailure.tls(failure)
        } catch {
            if isRefusal(error) { throw TransportFailure.absent("\(host):\(port)") }
            throw TransportFailure.unreachable("\(host):\(port): \(error)")
        }
    }

    /// The loop goes on connecting when the task is cancelled, and closes what it then has.
    private static func open(_ bootstrap: ClientBootstrap, _ host: String, _ port: Int) async throws -> any Channel {
        let connecting = bootstrap.connect(host: host, port: port)
        let outcome = connecting.eventLoop.makePromise(of: (any Channel).self)
        connecting.cascade(to: outcome)
        outcome.futureResult.whenFailure { _ in connecting.whenSuccess { $0.close(promise: nil) } }
        return try await withTaskCancellationHandler {
            try await outcome.futureResult.get()
        } onCancel: {
            outcome.fail(CancellationError())
        }
    }

    /// Whether every address of the peer refused the connection.
    private static func isRefusal(_ error: any Error) -> Bool {
        switch error {
        case let error as IOError: error.errnoCode == ECONNREFUSED
        case let error as NIOConnectionError:
            !error.connectionErrors.isEmpty && error.connectionErrors.allSatisfy { isRefusal($0.error) }
        default: false
        }
    }

    private static func install(
        on channel: any Channel, _ tls: PeerTLS, _ limits: LinkLimits, _ shared: Shared
    ) throws {
        let watch = WireWatch(counters: [shared.counters], limits: limits) { shared.ended(.lost($0)) }
        let secure = try SecureHandler(
            tls.context, peer: tls.name, watch: watch,
            chooseProtocol: { secure, _ in
                guard secure.applicationProtocol == "h2" else { throw TLSFailure.noCommonProtocol }
                let link = try HTTP2Link(.client, limits: limits, shell: secure, loop: channel.eventLoop)
                link.owner = AskedStreams(link, shared)
                shared.showed(secure.peerCertificate)
                secure.hand(to: link)
                watch.watched = link
                link.settle()
            },
            handshakeFailed: { shared.ended(.tls($0)) })
        try channel.pipeline.syncOperations.addHandlers([watch, secure])
    }

    // MARK: Use

    /// New exchanges can begin here.
    package var isUsable: Bool { shared.isUsable.load(ordering: .relaxed) }
    package var traffic: Traffic { shared.counters.snapshot }
    /// DER of the peer's certificate, which was checked.
    package var certificate: [UInt8]? { shared.certificate }

    /// Sends a request and returns when the head of its response is there. The response's body is read by the caller;
    /// letting go of it, or cancelling the task before the response, tells the peer to stop.
    /// - Parameters:
    ///   - body: written by the caller meanwhile. Ends by `finish` or `fail`.
    ///   - deadline: for the whole exchange; told to the peer.
    /// - Throws: `TransportFailure`, or `CancellationError`.
    package func exchange(
        _ head: HTTPRequest, body: Body? = nil, deadline: Duration? = nil
    ) async throws -> (HTTPResponse, Body) {
        try Task.checkCancellation()
        var head = head
        if let deadline {
            head.headerFields[.deadline] = String(max(0, Int64(deadline / .milliseconds(1))))
        }
        let slot = ExchangeSlot()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let exchange = PendingExchange(head, body, deadline: deadline, answer: continuation)
                slot.exchange.withLock { $0 = exchange }
                guard mailbox.post(.begin(exchange)) else {
                    body?.abandon()
                    return exchange.fail(.refused)
                }
                if Task.isCancelled { mailbox.post(.cancel(exchange, .cancelled)) }
            }
        } onCancel: {
            guard let exchange = slot.exchange.withLock({ $0 }) else { return }
            mailbox.post(.cancel(exchange, .cancelled))
        }
    }

    private final class ExchangeSlot: Sendable {
        let exchange = Mutex<PendingExchange?>(nil)
    }

    /// Says goodbye and ends the connection; exchanges that run fail.
    package func close() {
        shared.isUsable.store(false, ordering: .relaxed)
        mailbox.post(.close)
    }

    /// Returns when the connection has ended, and says why.
    package func ended() async -> TransportFailure {
        await shared.end()
        return shared.failure ?? .cancelled
    }
}
