// Those who should not get in, or not for long: over real sockets.
import Foundation
import HTTPMessages
import HTTPTypes
import LinkTesting
import NIOCore
import NIOPosix
import TLS
import Testing

@testable import Transport

/// A socket that says what it is told, and returns what came until the other side closed.
private func talk(to port: Int, _ pieces: [String]) async throws -> String {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let done = loop.makePromise(of: String.self)
    let channel = try await ClientBootstrap(group: loop).channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(Collector(done))
        }
    }.connect(host: "127.0.0.1", port: port).get()
    for piece in pieces { try? await channel.writeAndFlush(ByteBuffer(string: piece)) }
    return try await done.futureResult.get()
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private var bytes = ByteBuffer()
    private let done: EventLoopPromise<String>

    init(_ done: EventLoopPromise<String>) { self.done = done }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var more = unwrapInboundIn(data)
        bytes.writeBuffer(&more)
    }

    func channelInactive(context: ChannelHandlerContext) { done.succeed(String(buffer: bytes)) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

private func failure(_ body: () async throws -> Void) async -> TransportFailure? {
    do {
        try await body()
        return nil
    } catch {
        return error as? TransportFailure
    }
}

@Suite struct `Hostile peers` {
    @Test func `peers without or with a wrong certificate are refused, told so and counted`() async throws {
        try await withPeersListener { listener in
            let mesh = TestCertificates.shared.authority("mesh")
            for identity in [nil, TestCertificates.shared.identity("stranger")] {
                let context = try TLSContext(.peers(.client, identity: identity, authorities: mesh))
                let failed = await failure {
                    _ = try await PeerConnection.connect(
                        to: "127.0.0.1", port: listener.port, tls: PeerTLS(context: context, name: .dns("node-1")),
                        deadline: .seconds(10), logger: quiet)
                }
                guard case .tls(.refusedByPeer) = failed else {
                    Issue.record("\(String(describing: failed))")
                    return
                }
            }
            let wrongName = await failure {
                _ = try await PeerConnection.connect(
                    to: "127.0.0.1", port: listener.port,
                    tls: PeerTLS(context: try peersContext(.client, "node-2"), name: .dns("node-9")),
                    deadline: .seconds(10), logger: quiet)
            }
            #expect(wrongName == .tls(.wrongName))
            while listener.traffic.failedHandshakes < 3 { await Task.yield() }
            #expect(listener.traffic.exchanges == 0)
        }
    }

    @Test func `plain HTTP on a TLS port is closed`() async throws {
        try await withPeersListener { listener in
            _ = try await talk(to: listener.port, ["GET / HTTP/1.1\r\nhost: a\r\n\r\n"])
            #expect(listener.traffic.failedHandshakes == 1)
        }
    }

    @Test func `nobody may be slow with a handshake or a head`() async throws {
        var limits = LinkLimits.registry
        limits.handshakeTimeMax = .milliseconds(50)
        limits.headTimeMax = .milliseconds(50)
        try await withPeersListener(limits: limits) { listener in
            _ = try await talk(to: listener.port, ["\u{16}\u{3}"])
            #expect(listener.traffic.brokenOff == 1)
        }
        try await withRegistryListener(tls: false, limits: limits) { listener in
            let answer = try await talk(to: listener.port, ["GET /hello HTTP/1.1\r\nhost: a\r\nx-slow: "])
            #expect(answer.isEmpty)
            #expect(listener.traffic.brokenOff == 1)
        }
    }

    @Test func `a body that is too slow ends the connection`() async throws {
        var limits = LinkLimits.registry
        limits.bodyRateWindow = .milliseconds(50)
        try await withRegistryListener(tls: false, limits: limits) { listener in
            let request = "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\nab"
            _ = try await talk(to: listener.port, [request])
            #expect(listener.traffic.brokenOff == 1)
        }
    }

    @Test func `an idle connection is closed, which is no offence`() async throws {
        var limits = LinkLimits.registry
        limits.idleTimeMax = .milliseconds(50)
        try await withRegistryListener(tls: false, limits: limits) { listener in
            _ = try await talk(to: listener.port, [])
            #expect(listener.traffic.brokenOff == 0)
        }
    }

    @Test func `heads and bodies beyond their limits are refused`() async throws {
        var limits = LinkLimits.registry
        limits.requestBodyBytesMax = 1000
        limits.headTimeMax = .milliseconds(200)
        try await withRegistryListener(tls: false, limits: limits) { listener in
            let long = String(repeating: "a", count: 40_000)
            let head = try await talk(to: listener.port, ["GET / HTTP/1.1\r\nhost: a\r\nx: \(long)\r\n\r\n"])
            #expect(!head.contains("200 OK"))
            let said = try await talk(
                to: listener.port, ["POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 5000\r\n\r\n"])
            #expect(said.hasPrefix("HTTP/1.1 413"))
            let chunks = "POST /hold HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n7d0\r\n"
            let unsaid = try await talk(
                to: listener.port, [chunks, String(repeating: "b", count: 2000) + "\r\n0\r\n\r\n"])
            #expect(unsaid.contains("413") || unsaid.contains("404"))
        }
    }

    @Test func `a response is not smuggled: two lengths, bad chunks and no host are refused`() async throws {
        try await withRegistryListener(tls: false) { listener in
            let both =
                "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
            let lengths = "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd"
            let hosts = "GET /hello HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n"
            for text in [both, lengths, hosts] {
                let answer = try await talk(to: listener.port, [text])
                #expect(answer.hasPrefix("HTTP/1.1 400"), "\(text)")
            }
        }
    }

    @Test func `requests that come all at once are answered one by one`() async throws {
        try await withRegistryListener(tls: false) { listener in
            let one = "GET /hello HTTP/1.1\r\nhost: a\r\n\r\n"
            let last = "POST /echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 3\r\n\r\nend"
            let answer = try await talk(to: listener.port, [one + one + one + last])
            #expect(answer.components(separatedBy: "HTTP/1.1 200 OK").count == 5)
            #expect(answer.contains("end"))
        }
    }

    @Test func `more connections than allowed are turned away`() async throws {
        var limits = LinkLimits.peers
        limits.connectionsPerAddressMax = 2
        try await withPeersListener(limits: limits) { listener in
            let first = try await connect(to: listener)
            let second = try await connect(to: listener)
            await #expect(throws: TransportFailure.self) { _ = try await connect(to: listener) }
            #expect(listener.traffic.refusedConnections == 1)
            _ = try await first.exchange(get("/hello"))
            second.close()
            while listener.traffic.openConnections > 1 { await Task.yield() }
            _ = try await connect(to: listener)
        }
    }

    @Test func `an upload that nobody reads is thrown away and the connection goes on`() async throws {
        let body = String(repeating: "x", count: 200_000)
        try await withRegistryListener(tls: false) { listener in
            let first = "POST /hello HTTP/1.1\r\nhost: a\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
            let last = "GET /hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
            let answer = try await talk(to: listener.port, [first, last])
            #expect(answer.components(separatedBy: "HTTP/1.1 200 OK").count == 3)
        }
    }
}
