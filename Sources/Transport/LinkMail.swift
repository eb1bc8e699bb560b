// What other threads tell a connection, and what travels between them.
import HTTP2
import HTTPMessages
import HTTPTypes
import Synchronization

enum LinkMail: Sendable {
    case begin(PendingExchange)
    case cancel(PendingExchange, TransportFailure)
    case respond(StreamID, HTTPResponse, OutgoingBody)
    /// The service's task for a stream has ended.
    case answered
    case consumed(StreamID, Int)
    case abandoned(StreamID)
    case moreToSend(StreamID)
    case goOn
    case drain
    case sayGoodbye
    /// Nobody begins exchanges any more: those that run are the last.
    case leave
    case close
}

enum OutgoingBody: Sendable {
    case none
    case bytes([UInt8])
    case body(Body, length: Int64?)
}

/// An exchange that a task waits for: answered once, by a response or a failure.
final class PendingExchange: Sendable {
    typealias Answer = CheckedContinuation<(HTTPResponse, Body), any Error>

    let head: HTTPRequest
    let body: Body?
    let deadline: Duration?
    private let answer: Mutex<Answer?>

    init(_ head: HTTPRequest, _ body: Body?, deadline: Duration?, answer: Answer) {
        self.head = head
        self.body = body
        self.deadline = deadline
        self.answer = Mutex(answer)
    }

    func succeed(_ head: HTTPResponse, _ body: Body) { take()?.resume(returning: (head, body)) }

    func fail(_ failure: TransportFailure) {
        take()?.resume(throwing: failure == .cancelled ? CancellationError() : failure)
    }

    private func take() -> Answer? {
        answer.withLock { answer in
            defer { answer = nil }
            return answer
        }
    }
}
