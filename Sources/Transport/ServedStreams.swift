// The server's side of a link: a request in, a task of the service, its response out.
import HTTP2
import HTTPMessages
import HTTPTypes
import NIOCore

final class ServedStreams: StreamOwner {
    private unowned let link: HTTP2Link
    private let serving: Serving
    private let caller: Caller
    /// Tasks of this connection; a stream that was reset may have one that has not ended.
    private var running = 0

    /// Tasks for each stream that may be open: a caller that begins and resets streams can't have more.
    private static let tasksPerStreamMax = 2

    init(_ link: HTTP2Link, _ serving: Serving, _ caller: Caller) {
        self.link = link
        self.serving = serving
        self.caller = caller
    }

    func requestArrived(_ stream: HTTP2Link.Stream, _ head: HTTPRequest, hasBody: Bool) {
        guard running < Int(serving.limits.http2.streamsMax) * Self.tasksPerStreamMax else {
            return link.session.reset(stream.id, .refusedStream)
        }
        if let refusal = serving.refusal(of: head) { return refuse(stream, refusal) }
        let request = ServedRequest(
            head: head, body: hasBody ? link.makeInbound(stream) : Body([]), caller: caller)
        let answering = Answering()
        stream.answering = answering
        if let deadline = head.deadline {
            stream.deadline = link.loop.scheduleTask(in: deadline) { answering.cancel() }
        }
        running += 1
        let mailbox = link.mailbox
        let id = stream.id
        answering.start(
            request, serving,
            reply: { head, body in
                if !mailbox.post(.respond(id, head, body)), case .body(let body, _) = body { body.abandon() }
            },
            ended: { mailbox.post(.answered) })
    }

    private func refuse(_ stream: HTTP2Link.Stream, _ head: HTTPResponse) {
        try? link.session.respond(stream.id, head, hasBody: false)
    }

    func mailArrived(_ mail: LinkMail) {
        switch mail {
        case .answered: running -= 1
        case .respond(let id, let head, let body): respond(id, head, body)
        default: break
        }
    }

    private func respond(_ id: StreamID, _ head: HTTPResponse, _ body: OutgoingBody) {
        let hasBody = if case .none = body { false } else { true }
        guard let stream = link.streams[id], (try? link.session.respond(id, head, hasBody: hasBody)) != nil else {
            if case .body(let body, _) = body { body.abandon() }
            return
        }
        link.setOutbound(stream, body)
    }

    /// The rest of the request is not wanted, and the response is whole (RFC 9113, section 8.1).
    func sideSent(_ stream: HTTP2Link.Stream) { link.session.reset(stream.id, .noError) }

    func streamClosed(_ stream: HTTP2Link.Stream, _ failure: TransportFailure?) {
        if failure != nil { stream.answering?.cancel() }
    }

    func linkEnded(_ failure: TransportFailure) {}

    func brokeOff(_ limit: String) { serving.brokeOff(limit, caller.address) }

    func ready() {}
    func goingAway() {}
    func readerLeft(_ stream: HTTP2Link.Stream) {}
    func responseArrived(_ stream: HTTP2Link.Stream, _ head: HTTPResponse, hasBody: Bool) {}
}
