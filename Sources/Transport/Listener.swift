// A listening socket and its connections: TLS or not, HTTP/2 and HTTP/1.1, one service behind.
import HTTP2
package import HTTPMessages
package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
package import TLS

/// Serves from `bind` on; `run` waits for its end and for the end of everything it began.
package final class Listener: Sendable {
    /// The port that was bound: useful when 0 was asked for.
    package let port: Int
    private let channel: any Channel
    private let serving: Serving

    private init(_ channel: any Channel, _ serving: Serving) {
        self.channel = channel
        self.serving = serving
        port = channel.localAddress?.port ?? 0
    }

    /// - Parameters:
    ///   - address: a numeric address or a name of this host.
    ///   - tls: nil for plain HTTP/1.1. Its ALPN names decide about HTTP/2 and HTTP/1.1.
    /// - Throws: `TransportFailure.unreachable` when the address can't be bound.
    package static func bind(
        address: String, port: Int, tls: CurrentTLSContext?, service: any HTTPService, limits: LinkLimits,
        logger: Logger
    ) async throws -> Listener {
        let counters = TrafficCounters()
        let table = ConnectionTable()
        let serving = Serving(service: service, limits: limits, logger: logger, counters: counters, table: table)
        let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: SocketBuffers.waterMark)
            .childChannelOption(.recvAllocator, value: SocketBuffers.allocator)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try accept(channel, tls, serving) }
            }
        do {
            let channel = try await bootstrap.bind(host: address, port: port).get()
            channel.closeFuture.whenComplete { _ in table.listenerClosed() }
            return Listener(channel, serving)
        } catch {
            throw TransportFailure.unreachable("\(address):\(port): \(error)")
        }
    }

    package var traffic: Traffic { serving.counters.snapshot }

    /// Returns after `drain`; when the task is cancelled, closes everything first.
    package func run() async {
        await withTaskCancellationHandler {
            await serving.table.ended()
        } onCancel: {
            stop()
        }
    }

    private func stop() {
        channel.close(promise: nil)
        serving.table.closeAll()
    }

    /// Takes no more connections, says goodbye on those there are, and lets their exchanges end; what has not ended
    /// after `time` is broken off.
    package func drain(within time: Duration) async {
        let table = serving.table
        channel.close(promise: nil)
        table.drain()
        let last = channel.eventLoop.scheduleTask(in: TimeAmount(time)) { table.closeAll() }
        await table.ended()
        last.cancel()
    }

    // MARK: Connections

    private static func accept(_ channel: any Channel, _ tls: CurrentTLSContext?, _ serving: Serving) throws {
        let address = channel.remoteAddress
        let entry = ConnectionTable.Entry(
            address: address?.ipAddress ?? "unknown", close: { channel.close(promise: nil) }, drain: nil)
        guard let number = serving.table.admit(entry, serving.limits) else {
            serving.counters.refusedConnections.add(1, ordering: .relaxed)
            serving.logger.debug("a connection is one too many", metadata: ["peer": "\(entry.address)"])
            throw TransportFailure.refused
        }
        serving.counters.connections.add(1, ordering: .relaxed)
        serving.counters.openConnections.add(1, ordering: .relaxed)
        channel.closeFuture.whenComplete { _ in
            serving.counters.openConnections.subtract(1, ordering: .relaxed)
            serving.table.left(number)
        }
        let name = "\(entry.address):\(address?.port ?? 0)"
        let accepted = AcceptedConnection(number: number, address: name, serving: serving)
        try accepted.install(on: channel, tls: tls?.current)
    }
}

enum SocketBuffers {
    /// Bytes that wait for the socket: from the second on a sender stops, below the first it goes on.
    static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 256 << 10, high: 1 << 20)
    static let allocator = AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 16384, maximum: 256 << 10)
}

/// A connection between its accept and the choice of its protocol.
struct AcceptedConnection {
    let number: Int
    let address: String
    let serving: Serving

    func install(on channel: any Channel, tls: TLSContext?) throws {
        let address = address
        let serving = serving
        let watch = WireWatch(counters: [serving.counters], limits: serving.limits) { serving.brokeOff($0, address) }
        try channel.pipeline.syncOperations.addHandler(watch)
        guard let tls else {
            watch.handshakeEnded()
            return try speakHTTP1(channel, watch, scheme: "http", certificate: nil)
        }
        let secure = try SecureHandler(
            tls, peer: nil, watch: watch,
            chooseProtocol: { secure, _ in try choose(secure, channel, watch, tls.settings.protocols) },
            handshakeFailed: { failure in
                serving.counters.failedHandshakes.add(1, ordering: .relaxed)
                serving.logger.info("a handshake failed", metadata: ["reason": "\(failure)", "peer": "\(address)"])
            })
        try channel.pipeline.syncOperations.addHandler(secure)
    }

    private func choose(
        _ secure: SecureHandler, _ channel: any Channel, _ watch: WireWatch, _ offered: [String]
    ) throws {
        switch secure.applicationProtocol {
        case "h2": try speakHTTP2(secure, channel, watch)
        case nil where !offered.contains("http/1.1"): throw TLSFailure.noCommonProtocol
        default: try speakHTTP1(channel, watch, scheme: "https", certificate: secure.peerCertificate)
        }
    }

    private func speakHTTP2(_ secure: SecureHandler, _ channel: any Channel, _ watch: WireWatch) throws {
        let link = try HTTP2Link(.server, limits: serving.limits, shell: secure, loop: channel.eventLoop)
        link.owner = ServedStreams(link, serving, Caller(address: address, certificate: secure.peerCertificate))
        secure.hand(to: link)
        watch.watched = link
        serving.table.setDrain(number) { [mailbox = link.mailbox] in mailbox.post(.drain) }
    }

    private func speakHTTP1(
        _ channel: any Channel, _ watch: WireWatch, scheme: String, certificate: [UInt8]?
    ) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = serving.limits.http2.headerBytesMax
        limits.maxHeaderListSize = serving.limits.http2.headerBytesMax
        limits.maxHeaderFieldCount = serving.limits.http2.headerCountMax
        let pipeline = channel.pipeline.syncOperations
        try pipeline.configureHTTPServerPipeline(
            withPipeliningAssistance: true, withErrorHandling: true,
            withEncoderConfiguration: HTTPResponseEncoder.Configuration(), withDecoderLimitConfiguration: limits)
        let handler = HTTP1Handler(
            serving, Caller(address: address, certificate: certificate), scheme: scheme, watch: watch,
            loop: channel.eventLoop)
        try pipeline.addHandler(handler)
        watch.watched = handler
        serving.table.setDrain(number) { [mailbox = handler.mailbox] in mailbox.post(.drain) }
    }
}
