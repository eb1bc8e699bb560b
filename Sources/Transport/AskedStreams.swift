// The client's side of a link: exchanges that tasks wait for.
import HTTP2
import HTTPMessages
import HTTPTypes
import NIOCore
import Synchronization

final class AskedStreams: StreamOwner {
    private unowned let link: HTTP2Link
    private let state: PeerConnection.Shared
    private var streamOf: [ObjectIdentifier: StreamID] = [:]

    init(_ link: HTTP2Link, _ state: PeerConnection.Shared) {
        self.link = link
        self.state = state
    }

    func ready() { state.becameReady(link.mailbox) }

    func goingAway() { state.isUsable.store(false, ordering: .relaxed) }

    func linkEnded(_ failure: TransportFailure) { state.ended(failure) }

    func mailArrived(_ mail: LinkMail) {
        switch mail {
        case .begin(let exchange): begin(exchange)
        case .cancel(let exchange, let failure): cancel(exchange, failure)
        default: break
        }
    }

    private func begin(_ exchange: PendingExchange) {
        guard let id = try? link.session.request(exchange.head, hasBody: exchange.body != nil) else {
            exchange.body?.abandon()
            return exchange.fail(.refused)
        }
        state.counters.exchangeBegan()
        let stream = HTTP2Link.Stream(id)
        stream.exchange = exchange
        link.streams[id] = stream
        streamOf[ObjectIdentifier(exchange)] = id
        if let deadline = exchange.deadline {
            stream.deadline = link.loop.scheduleTask(in: TimeAmount(deadline)) { [mailbox = link.mailbox] in
                mailbox.post(.cancel(exchange, .deadlineExceeded))
            }
        }
        if let body = exchange.body { link.setOutbound(stream, .body(body, length: exchange.head.length)) }
    }

    private func cancel(_ exchange: PendingExchange, _ failure: TransportFailure) {
        guard let id = streamOf[ObjectIdentifier(exchange)], let stream = link.streams.removeValue(forKey: id) else {
            return
        }
        link.session.reset(id, .cancel)
        link.end(stream, failure)
    }

    func responseArrived(_ stream: HTTP2Link.Stream, _ head: HTTPResponse, hasBody: Bool) {
        stream.exchange?.succeed(head, hasBody ? link.makeInbound(stream) : Body([]))
    }

    /// What our side has queued is still sent: the peer then sees an end in order.
    func readerLeft(_ stream: HTTP2Link.Stream) {
        stream.discardedSince = .now()
        if link.session.isSent(stream.id) { link.session.reset(stream.id, .cancel) }
    }

    func sideSent(_ stream: HTTP2Link.Stream) {
        if stream.discardedSince != nil { link.session.reset(stream.id, .cancel) }
    }

    func streamClosed(_ stream: HTTP2Link.Stream, _ failure: TransportFailure?) {
        guard let exchange = stream.exchange else { return }
        streamOf[ObjectIdentifier(exchange)] = nil
        state.counters.exchangeEnded()
        exchange.fail(failure ?? .reset(nil))
    }

    func brokeOff(_ limit: String) { state.counters.brokenOff.add(1, ordering: .relaxed) }
    func requestArrived(_ stream: HTTP2Link.Stream, _ head: HTTPRequest, hasBody: Bool) {}
}

extension HTTPRequest {
    fileprivate var length: Int64? { headerFields[.contentLength].flatMap { Int64($0) } }
}
