// A proxy on loopback that loses connections after so many bytes, as networks do.
import NIOCore
import NIOPosix
import Synchronization

struct CuttingProxy: Sendable {
    let port: Int

    var host: String { "127.0.0.1:\(port)" }

    /// Forwards to `upstream` while `body` runs. The first connections that carry so much are cut after `cuts[0]`,
    /// `cuts[1]`, … bytes in the direction chosen; later ones are whole.
    static func run<Value>(
        to upstream: Int, cuts: [Int], upwards: Bool, _ body: (CuttingProxy) async throws -> Value
    ) async throws -> Value {
        let listener = try await Listener.bind()
        let limits = Limits(cuts)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await Listener.serve(listener) { inbound, outbound, _ in
                    let other = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                        .connect(host: "127.0.0.1", port: upstream) { channel in
                            channel.eventLoop.makeCompletedFuture {
                                try Listener.Connection(wrappingChannelSynchronously: channel)
                            }
                        }
                    try await other.executeThenClose { otherInbound, otherOutbound in
                        try await withThrowingTaskGroup(of: Void.self) { pipes in
                            pipes.addTask { try await pipe(inbound, to: otherOutbound, upwards ? limits : nil) }
                            pipes.addTask { try await pipe(otherInbound, to: outbound, upwards ? nil : limits) }
                            // The first side that ends, ends both.
                            defer { pipes.cancelAll() }
                            try await pipes.next()
                        }
                    }
                }
            }
            defer { group.cancelAll() }
            return try await body(CuttingProxy(port: listener.channel.localAddress?.port ?? 0))
        }
    }

    private static func pipe(
        _ source: NIOAsyncChannelInboundStream<ByteBuffer>, to sink: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        _ limits: Limits?
    ) async throws {
        var count = 0
        for try await buffer in source {
            count += buffer.readableBytes
            if let limits, limits.cuts(at: count) { return }
            try await sink.write(buffer)
        }
    }

    private final class Limits: Sendable {
        private let left: Mutex<[Int]>

        init(_ cuts: [Int]) { left = Mutex(cuts) }

        func cuts(at count: Int) -> Bool {
            left.withLock { left in
                guard let limit = left.first, count > limit else { return false }
                left.removeFirst()
                return true
            }
        }
    }
}
