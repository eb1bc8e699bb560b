// One HTTP/1.1 connection on its event loop, behind NIO's codec: one exchange at a time, bodies by `Body`.
import HTTPMessages
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1

/// NIO's pipelining handler holds the next request back until this one's response has ended.
final class HTTP1Handler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    let mailbox: Mailbox<HTTP1Mail>
    private let serving: Serving
    private let caller: Caller
    private let scheme: String
    let watch: WireWatch
    private var context: ChannelHandlerContext?
    private(set) var exchange: Exchange?
    private var lastNumber = 0
    private var isReadHeld = false
    private var isDraining = false
    var clock = LinkClock()
    /// Bytes of the connection when the last exchange ended: more are a head that has begun.
    private(set) var bytesBeforeHead: Int

    init(_ serving: Serving, _ caller: Caller, scheme: String, watch: WireWatch, loop: any EventLoop) {
        self.serving = serving
        self.caller = caller
        self.scheme = scheme
        self.watch = watch
        mailbox = Mailbox(on: loop)
        bytesBeforeHead = watch.bytesIn
    }

    var limits: LinkLimits { serving.limits }
    var isSocketWritable: Bool { context?.channel.isWritable ?? false }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        mailbox.open { [weak self] messages in for mail in messages { self?.receive(mail) } }
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelInactive(context: ChannelHandlerContext) {
        end("the other side has gone")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end("\(error)")
        context.close(promise: nil)
    }

    private func end(_ reason: String) {
        for mail in mailbox.close() {
            if case .respond(_, _, .body(let body, _)) = mail { body.abandon() }
        }
        guard let exchange else { return }
        self.exchange = nil
        exchange.deadline?.cancel()
        exchange.inbound?.fail(TransportFailure.lost(reason))
        exchange.outbound?.body.abandon()
        exchange.answering.cancel()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): requestArrived(head, context)
        case .body(let bytes): bodyArrived(bytes, context)
        case .end: inboundEnded(context)
        }
    }

    private func requestArrived(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        lastNumber += 1
        let exchange = Exchange(lastNumber, head)
        self.exchange = exchange
        clock = LinkClock()
        if isDraining { exchange.isKeptAlive = false }
        guard let request = HTTPRequest(head, scheme: scheme) else {
            return refuse(HTTPResponse(status: .badRequest), exchange, context)
        }
        if let refusal = serving.refusal(of: request) { return refuse(refusal, exchange, context) }
        if head.headers["expect"].contains(where: { $0.lowercased() == "100-continue" }) {
            context.writeAndFlush(
                wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
        }
        start(request, exchange, context)
    }

    private func start(_ request: HTTPRequest, _ exchange: Exchange, _ context: ChannelHandlerContext) {
        let number = exchange.number
        let body = Body(taken: { [mailbox] in mailbox.post(.consumed(exchange: number, $0)) })
        exchange.inbound = body
        if let deadline = request.deadline {
            exchange.deadline = context.eventLoop.scheduleTask(in: deadline) { [answering = exchange.answering] in
                answering.cancel()
            }
        }
        exchange.answering.start(
            ServedRequest(head: request, body: body, caller: caller), serving,
            reply: { [mailbox] head, body in
                if !mailbox.post(.respond(exchange: number, head, body)), case .body(let body, _) = body {
                    body.abandon()
                }
            }, ended: {})
    }

    private func refuse(_ head: HTTPResponse, _ exchange: Exchange, _ context: ChannelHandlerContext) {
        exchange.isKeptAlive = false
        respond(exchange, head, .none, context)
    }

    private func bodyArrived(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard let exchange else { return }
        exchange.bytesIn += Int64(bytes.readableBytes)
        guard exchange.bytesIn <= serving.limits.requestBodyBytesMax else { return bodyTooLong(exchange, context) }
        if exchange.inbound?.offer(Array(bytes.readableBytesView)) == true {
            exchange.unread += bytes.readableBytes
            return
        }
        exchange.discarded += bytes.readableBytes
        guard exchange.isSent, exchange.discarded > serving.limits.discardedBytesMax else { return }
        context.close(promise: nil)
    }

    private func bodyTooLong(_ exchange: Exchange, _ context: ChannelHandlerContext) {
        exchange.inbound?.fail(Body.Failure.broken("it exceeds requestBodyBytesMax"))
        exchange.answering.cancel()
        guard !exchange.isAnswered else { return context.close(promise: nil) }
        serving.brokeOff("requestBodyBytesMax", caller.address)
        refuse(HTTPResponse(status: .contentTooLarge, headerFields: [.contentLength: "0"]), exchange, context)
    }

    private func inboundEnded(_ context: ChannelHandlerContext) {
        guard let exchange else { return }
        exchange.isInboundOpen = false
        exchange.inbound?.finish()
        if exchange.isSent { exchangeEnded(exchange, context) }
    }

    /// NIO asks for more whenever it has given everything; the answer waits while the service is behind.
    func read(context: ChannelHandlerContext) {
        if let exchange, exchange.unread > Body.roomMax { isReadHeld = true } else { context.read() }
    }

    // MARK: Responses

    private func receive(_ mail: HTTP1Mail) {
        guard let context else { return }
        switch mail {
        case .respond(let number, let head, let body):
            guard let exchange, exchange.number == number, !exchange.isAnswered else {
                if case .body(let body, _) = body { body.abandon() }
                return
            }
            respond(exchange, head, body, context)
        case .consumed(let number, let count):
            guard let exchange, exchange.number == number else { return }
            exchange.unread -= count
            guard isReadHeld, exchange.unread <= Body.roomMax else { return }
            isReadHeld = false
            context.read()
        case .moreToSend(let number):
            if let exchange, exchange.number == number { feed(exchange, context) }
        case .drain:
            isDraining = true
            exchange?.isKeptAlive = false
            if exchange == nil { context.close(promise: nil) }
        }
    }

    private func respond(
        _ exchange: Exchange, _ head: HTTPResponse, _ body: OutgoingBody, _ context: ChannelHandlerContext
    ) {
        exchange.isAnswered = true
        // The codec would end a chunked body that the response to a HEAD does not have.
        let isHeadOnly = head.isUnbounded && body.isNone
        if isHeadOnly || head.isUnbounded && exchange.version != .http1_1 { exchange.isKeptAlive = false }
        let line = HTTPResponseHead(head, version: exchange.version, isKeptAlive: exchange.isKeptAlive)
        let written = context.write(wrapOutboundOut(.head(line)))
        switch body {
        case .none where isHeadOnly:
            context.flush()
            close(after: written, context)
        case .none: finish(exchange, context)
        case .bytes(let bytes):
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
            finish(exchange, context)
        case .body(let body, let length):
            exchange.outbound = OutboundBody(body, length: length)
            feed(exchange, context)
            context.flush()
        }
    }

    private func feed(_ exchange: Exchange, _ context: ChannelHandlerContext) {
        let number = exchange.number
        while exchange.outbound != nil, context.channel.isWritable {
            switch exchange.outbound?.pull(orCall: { [mailbox] in mailbox.post(.moreToSend(exchange: number)) }) {
            case .piece(let piece):
                clock.movedAt = .now()
                context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: piece)))), promise: nil)
            case .end:
                exchange.outbound = nil
                finish(exchange, context)
            case .failed(let error):
                // Without the end that the head promised: the reader sees that this is not all.
                exchange.outbound = nil
                serving.logger.debug("a response was broken off", metadata: ["reason": "\(error)"])
                context.close(promise: nil)
            case .later, nil: return
            }
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, let exchange { feed(exchange, context) }
        context.fireChannelWritabilityChanged()
    }

    private func finish(_ exchange: Exchange, _ context: ChannelHandlerContext) {
        exchange.isSent = true
        clock.movedAt = .now()
        let end = context.eventLoop.makePromise(of: Void.self)
        exchange.lastWrite = end.futureResult
        // Before the end is written: with it the pipelining handler gives the next request.
        if !exchange.isInboundOpen { exchangeEnded(exchange, context) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: end)
    }

    /// Both sides have ended; the rest of a body that nobody read was thrown away.
    private func exchangeEnded(_ exchange: Exchange, _ context: ChannelHandlerContext) {
        exchange.deadline?.cancel()
        self.exchange = nil
        bytesBeforeHead = watch.bytesIn
        clock = LinkClock()
        if !exchange.isKeptAlive, let lastWrite = exchange.lastWrite { close(after: lastWrite, context) }
    }

    private func close(after write: EventLoopFuture<Void>, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        write.whenComplete { _ in bound.value.close(promise: nil) }
    }
}
