// One HTTP/2 connection on its event loop: streams' bodies to and from `Body`, with credit for what was read.
import HTTP2
import HTTPMessages
import HTTPTypes
import NIOCore

/// Confined to its event loop; other threads reach it by `mailbox`.
final class HTTP2Link {
    final class Stream {
        let id: StreamID
        /// Where the peer's data goes. Weak: a reader that lets go has left.
        weak var inbound: Body?
        var isInboundOpen = false
        var bytesIn: Int64 = 0
        /// Where our data comes from.
        var outbound: OutboundBody?
        var rate = BodyRate()
        var isRateSeen = false
        var answering: Answering?
        var exchange: PendingExchange?
        var deadline: Scheduled<Void>?
        /// Since when nobody reads it; it is reset when our side is sent.
        var discardedSince: NIODeadline?

        init(_ id: StreamID) { self.id = id }
    }

    /// Bytes of frames made before the socket is asked again whether it takes more.
    private static let pumpBytes = 512 << 10
    /// Between the two goodbyes: longer than a round trip in a data centre.
    private static let goodbyePause = TimeAmount.milliseconds(50)
    /// For what waits to be sent of a stream that nobody reads any more.
    static let discardTimeMax = TimeAmount.seconds(5)
    /// Rounds of pumping after which other connections of the loop have their turn.
    private static let roundsMax = 8

    let session: HTTP2Session
    let limits: LinkLimits
    let mailbox: Mailbox<LinkMail>
    let loop: any EventLoop
    let shell: SecureHandler
    var owner: (any StreamOwner)?
    var streams: [StreamID: Stream] = [:]
    var failure: HTTP2Failure?
    var isOver = false
    var clock = LinkClock()
    private var isSettling = false
    private var isDraining = false
    /// No new streams come: when the last has ended, so does the link.
    private(set) var isLeaving = false

    init(
        _ side: HTTP2Session.Side, limits: LinkLimits, shell: SecureHandler, loop: any EventLoop
    ) throws(HTTP2Failure) {
        self.limits = limits
        self.shell = shell
        self.loop = loop
        mailbox = Mailbox(on: loop)
        session = try HTTP2Session(side, limits: limits.http2) { [unowned shell] in shell.send($0) }
        mailbox.open { [weak self] in self?.mailArrived($0) }
    }

    // MARK: Streams

    /// A body for what the peer sends on `stream`. Whoever gets it holds it; the link doesn't.
    func makeInbound(_ stream: Stream) -> Body {
        let id = stream.id
        let body = Body(
            taken: { [mailbox] in mailbox.post(.consumed(id, $0)) },
            abandoned: { [mailbox] in mailbox.post(.abandoned(id)) })
        stream.inbound = body
        stream.isInboundOpen = true
        return body
    }

    func setOutbound(_ stream: Stream, _ body: OutgoingBody) {
        switch body {
        case .none: break
        case .bytes(let bytes): session.send(stream.id, bytes, isLast: true)
        case .body(let body, let length):
            stream.outbound = OutboundBody(body, length: length)
            feed(stream)
        }
    }

    /// Moves what the body has to the session, up to what the session wants to hold of one stream.
    private func feed(_ stream: Stream) {
        let id = stream.id
        while stream.outbound != nil, session.waitingBytes(of: id) < limits.http2.bodyLowMark {
            let pulled = stream.outbound?.pull { [mailbox] in mailbox.post(.moreToSend(id)) }
            switch pulled {
            case .piece(let piece): session.send(id, piece, isLast: false)
            case .end:
                session.send(id, [], isLast: true)
                stream.outbound = nil
            case .failed:
                stream.outbound = nil
                session.reset(id, .internalError)
            case .later, nil: return
            }
        }
    }

    // MARK: Events

    private func handle(_ event: HTTP2Event) {
        switch event {
        case .ready: owner?.ready()
        case .request(let id, let head, let hasBody):
            let stream = Stream(id)
            streams[id] = stream
            owner?.requestArrived(stream, head, hasBody: hasBody)
        case .response(let id, let head, let hasBody):
            guard let stream = streams[id] else { return }
            owner?.responseArrived(stream, head, hasBody: hasBody)
        case .data(let id, let piece): dataArrived(id, piece)
        case .end(let id): inboundEnded(id)
        case .wantsMore(let id): if let stream = streams[id] { feed(stream) }
        case .closed(let id, let failure): streamClosed(id, failure.map { TransportFailure($0) })
        case .sent(let id): if let stream = streams[id] { owner?.sideSent(stream) }
        case .goingAway:
            isLeaving = true
            owner?.goingAway()
        }
    }

    private func dataArrived(_ id: StreamID, _ piece: [UInt8]) {
        clock.movedAt = .now()
        guard let stream = streams[id] else { return session.consumed(id, piece.count) }
        stream.bytesIn += Int64(piece.count)
        if stream.bytesIn > limits.requestBodyBytesMax, stream.exchange == nil {
            session.consumed(id, piece.count)
            session.reset(id, .enhanceYourCalm)
            stream.inbound?.fail(Body.Failure.broken("it exceeds requestBodyBytesMax"))
        } else if stream.inbound?.offer(piece) != true {
            session.consumed(id, piece.count)
        }
    }

    private func inboundEnded(_ id: StreamID) {
        guard let stream = streams[id] else { return }
        stream.isInboundOpen = false
        stream.inbound?.finish()
    }

    private func streamClosed(_ id: StreamID, _ failure: TransportFailure?) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        end(stream, failure)
    }

    func end(_ stream: Stream, _ failure: TransportFailure?) {
        stream.deadline?.cancel()
        stream.inbound?.fail(failure ?? .reset(nil))
        stream.outbound?.body.abandon()
        stream.outbound = nil
        owner?.streamClosed(stream, failure)
    }

    // MARK: Mail

    private func mailArrived(_ messages: [LinkMail]) {
        for mail in messages {
            switch mail {
            case .consumed(let id, let count): session.consumed(id, count)
            case .moreToSend(let id): if let stream = streams[id] { feed(stream) }
            case .abandoned(let id): if let stream = streams[id] { owner?.readerLeft(stream) }
            case .goOn: break
            case .drain: drain()
            case .sayGoodbye: sayGoodbye()
            case .leave: isLeaving = true
            case .close: session.terminate(.noError)
            case .begin, .cancel, .respond, .answered: owner?.mailArrived(mail)
            }
        }
        settle()
    }

    /// Handles what happened and sends what is to be sent, until there is nothing or the socket is full.
    func settle() {
        guard !isSettling, !isOver else { return }
        isSettling = true
        defer { isSettling = false }
        for _ in 0..<Self.roundsMax {
            for event in session.takeEvents() { handle(event) }
            guard shell.isWritable else { return }
            let hasMore = (try? session.pump(atMost: Self.pumpBytes)) ?? false
            if shell.hasOutgoing { clock.movedAt = .now() }
            shell.flushOutgoing()
            if !hasMore, !session.hasEvents { return closeIfOver() }
        }
        mailbox.post(.goOn)
    }

    private func closeIfOver() {
        if isLeaving, streams.isEmpty { session.terminate(.noError) }
        _ = try? session.pump(atMost: Self.pumpBytes)
        shell.flushOutgoing()
        if session.isOver { shell.close() }
    }

    // MARK: The end

    /// Two goodbyes (RFC 9113, section 6.8): what the peer sent before it heard the first is still served.
    private func drain() {
        guard !isDraining else { return }
        isDraining = true
        session.announceGoodbye()
        loop.scheduleTask(in: Self.goodbyePause) { [mailbox] in mailbox.post(.sayGoodbye) }
    }

    private func sayGoodbye() {
        session.sayGoodbye()
        isLeaving = true
    }
}
