// TLS on an event loop: ciphertext of the socket to the protocol that both sides agreed on, and back.
import HTTP2
import NIOCore
import TLS

/// What receives the plaintext of a connection whose protocol is spoken by a byte machine.
protocol PlaintextOwner: AnyObject {
    func receive(_ plaintext: RawSpan)
    /// Everything that one read of the socket brought has been given.
    func readCycleEnded()
    func writabilityChanged()
    func connectionEnded(_ failure: TransportFailure)
}

/// HTTP/2 gets plaintext straight from the TLS machine; HTTP/1.1 gets it as buffers through the pipeline.
final class SecureHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Ciphertext that waits for the end of the read cycle.
    private final class Outgoing {
        var bytes = ByteBuffer()
    }

    private let tls: TLSSession
    private let outgoing: Outgoing
    private let watch: WireWatch
    /// Called once, when the handshake is over.
    private let chooseProtocol: (SecureHandler, ChannelHandlerContext) throws -> Void
    private let handshakeFailed: (TLSFailure) -> Void
    private var owner: (any PlaintextOwner)?
    private var context: ChannelHandlerContext?
    private var plaintext = ByteBuffer()
    private var isOver = false
    private var isClosing = false

    /// For what waits for the socket when the connection is being closed.
    private static let closeTimeMax = TimeAmount.seconds(5)

    init(
        _ context: TLSContext, peer: TLSPeerName?, watch: WireWatch,
        chooseProtocol: @escaping (SecureHandler, ChannelHandlerContext) throws -> Void,
        handshakeFailed: @escaping (TLSFailure) -> Void
    ) throws(TLSFailure) {
        let outgoing = Outgoing()
        self.outgoing = outgoing
        tls = try TLSSession(context, peer: peer) { outgoing.bytes.writeBytes($0) }
        self.watch = watch
        self.chooseProtocol = chooseProtocol
        self.handshakeFailed = handshakeFailed
    }

    var applicationProtocol: String? { tls.applicationProtocol }
    var peerCertificate: [UInt8]? { tls.peerCertificate }
    var isWritable: Bool { context?.channel.isWritable ?? false }

    func hand(to owner: any PlaintextOwner) { self.owner = owner }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { start(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    private func start(_ context: ChannelHandlerContext) {
        do throws(TLSFailure) { try tls.start() } catch { fail(error, context) }
        flushOutgoing()
    }

    func channelInactive(context: ChannelHandlerContext) {
        handshakeEnded(.truncated)
        end(.lost("the other side has gone"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        handshakeEnded(.broken("\(error)"))
        end(.lost("\(error)"))
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }

    /// Tells once that there was no handshake.
    private func handshakeEnded(_ failure: TLSFailure) {
        if !watch.isHandshakeOver, !isOver { handshakeFailed(failure) }
    }

    private func end(_ failure: TransportFailure) {
        guard !isOver else { return }
        isOver = true
        owner?.connectionEnded(failure)
        owner = nil
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        let buffer = unwrapInboundIn(data)
        var choice: (any Error)?
        do throws(TLSFailure) {
            try tls.receive(
                buffer.readableBytesSpan,
                handshakeDone: {
                    watch.handshakeEnded()
                    do { try chooseProtocol(self, context) } catch { choice = error }
                },
                plaintext: { bytes in
                    if let owner { owner.receive(bytes) } else { plaintext.writeBytes(bytes) }
                })
        } catch {
            return fail(error, context)
        }
        if let choice { return fail(choice as? TLSFailure ?? .broken("\(choice)"), context) }
        firePlaintext(context)
    }

    private func firePlaintext(_ context: ChannelHandlerContext) {
        guard plaintext.readableBytes > 0 else { return }
        let bytes = plaintext
        plaintext = ByteBuffer()
        context.fireChannelRead(wrapInboundOut(bytes))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        owner?.readCycleEnded()
        flushOutgoing()
        context.fireChannelReadComplete()
        if tls.phase == .closedByPeer {
            end(.lost("the other side has closed it"))
            close()
        }
    }

    private func fail(_ failure: TLSFailure, _ context: ChannelHandlerContext) {
        // An alert tells the peer why.
        flushOutgoing()
        handshakeEnded(failure)
        end(.tls(failure))
        context.close(promise: nil)
    }

    // MARK: Writing

    /// For the owner; ciphertext is gathered until `flushOutgoing`.
    func send(_ plaintext: RawSpan) {
        guard !isOver, let context else { return }
        do throws(TLSFailure) { try tls.write(plaintext) } catch { fail(error, context) }
    }

    var hasOutgoing: Bool { outgoing.bytes.readableBytes > 0 }

    func flushOutgoing() {
        guard outgoing.bytes.readableBytes > 0, let context else { return }
        context.writeAndFlush(wrapOutboundOut(takeOutgoing()), promise: nil)
    }

    private func takeOutgoing() -> ByteBuffer {
        let bytes = outgoing.bytes
        outgoing.bytes = ByteBuffer()
        return bytes
    }

    /// From the handlers of HTTP/1.1.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isOver else { return promise?.fail(ChannelError.ioOnClosedChannel) ?? () }
        let plaintext = unwrapOutboundIn(data)
        do throws(TLSFailure) {
            try tls.write(plaintext.readableBytesSpan)
            context.write(wrapOutboundOut(takeOutgoing()), promise: promise)
        } catch {
            promise?.fail(error)
            fail(error, context)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        owner?.writabilityChanged()
        context.fireChannelWritabilityChanged()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .all {
            tls.close()
            flushOutgoing()
        }
        context.close(mode: mode, promise: promise)
    }

    /// The protocol's own failure.
    func breakOff(_ failure: TransportFailure) {
        end(failure)
        close()
    }

    /// Says goodbye and closes the connection when all that was written before has gone, or after a while.
    func close() {
        guard let context, !isClosing else { return }
        isClosing = true
        tls.close()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let last = context.eventLoop.scheduleTask(in: Self.closeTimeMax) { bound.value.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(takeOutgoing())).whenComplete { _ in
            last.cancel()
            bound.value.close(promise: nil)
        }
    }
}
