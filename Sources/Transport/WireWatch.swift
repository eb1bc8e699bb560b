// Nearest to the socket: counts bytes, and closes a connection that is slow, idle or silent beyond its limits.
import NIOCore
import Synchronization

/// Says whether a connection is beyond a deadline of its protocol.
protocol Watched: AnyObject {
    /// Words for the log when the connection is to be closed; an empty text closes it without a word.
    func overdue(at now: NIODeadline) -> String?
}

final class WireWatch: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let counters: [TrafficCounters]
    private let limits: LinkLimits
    private let brokeOff: (String) -> Void
    private let startedAt = NIODeadline.now()
    private var ticks: RepeatedTask?
    private(set) var isHandshakeOver = false
    weak var watched: (any Watched)?
    /// Of this connection.
    private(set) var bytesIn = 0

    init(counters: [TrafficCounters], limits: LinkLimits, brokeOff: @escaping (String) -> Void) {
        self.counters = counters
        self.limits = limits
        self.brokeOff = brokeOff
    }

    func handshakeEnded() { isHandshakeOver = true }

    func handlerAdded(context: ChannelHandlerContext) {
        let tick = TimeAmount(limits.tick)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        ticks = context.eventLoop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { _ in
            let (watch, context) = bound.value
            watch.look(context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { ticks?.cancel() }

    private func look(_ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        let isSlow = !isHandshakeOver && now - startedAt > TimeAmount(limits.handshakeTimeMax)
        guard let reason = isSlow ? "handshakeTimeMax" : watched?.overdue(at: now) else { return }
        ticks?.cancel()
        if !reason.isEmpty { brokeOff(reason) }
        context.channel.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let count = unwrapInboundIn(data).readableBytes
        bytesIn += count
        for counter in counters { counter.bytesIn.add(count, ordering: .relaxed) }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let count = unwrapOutboundIn(data).readableBytes
        for counter in counters { counter.bytesOut.add(count, ordering: .relaxed) }
        context.write(data, promise: promise)
    }
}
