// A service at work: one task for each request, which ends when its caller gives up or its deadline passes.
import HTTPMessages
import HTTPTypes
import Logging
import NIOCore
import Synchronization

/// What every connection of a listener shares.
struct Serving: Sendable {
    let service: any HTTPService
    let limits: LinkLimits
    let logger: Logger
    let counters: TrafficCounters
    let table: ConnectionTable

    /// Nil: the request may be answered.
    func refusal(of head: HTTPRequest) -> HTTPResponse? {
        guard let length = head.headerFields[.contentLength].flatMap({ Int64($0) }),
            length > limits.requestBodyBytesMax
        else { return nil }
        return HTTPResponse(status: .contentTooLarge, headerFields: [.contentLength: "0"])
    }

    func brokeOff(_ limit: String, _ address: String) {
        counters.brokenOff.add(1, ordering: .relaxed)
        logger.info("a connection was broken off", metadata: ["limit": "\(limit)", "peer": "\(address)"])
    }
}

/// The task that answers one request. Owned by its connection, which cancels it when the stream or the connection ends;
/// the listener's `run` waits for it.
final class Answering: Sendable {
    private let task: Mutex<Task<Void, Never>?> = Mutex(nil)

    /// - Parameters:
    ///   - reply: called once with the response, while a streamed body is still being made.
    ///   - ended: called once at the end.
    func start(
        _ request: ServedRequest, _ serving: Serving,
        reply: @escaping @Sendable (HTTPResponse, OutgoingBody) -> Void, ended: @escaping @Sendable () -> Void
    ) {
        serving.counters.exchangeBegan()
        serving.table.taskBegan()
        let running = Task {
            await Self.answer(request, serving.service, reply)
            ended()
            serving.counters.exchangeEnded()
            serving.table.taskEnded()
        }
        task.withLock { $0 = running }
    }

    func cancel() { task.withLock { $0 }?.cancel() }

    private static func answer(
        _ request: ServedRequest, _ service: any HTTPService, _ reply: @Sendable (HTTPResponse, OutgoingBody) -> Void
    ) async {
        let response = await service.answer(request)
        let head = response.headWithLength
        guard request.head.method != .head else { return reply(head, .none) }
        switch response.body {
        case .none: reply(head, .none)
        case .bytes(let bytes): reply(head, bytes.isEmpty ? .none : .bytes(bytes))
        case .file(let part): reply(head, .body(FileReader.body(of: part), length: part.count))
        case .stream(let length, let make):
            let body = Body()
            reply(head, .body(body, length: length))
            do {
                try await make(body)
                body.finish()
            } catch {
                body.fail(error)
            }
        }
    }
}

extension ServedResponse {
    /// The head with a content-length where the body's length is known and the service said none.
    fileprivate var headWithLength: HTTPResponse {
        let length: Int64? =
            switch body {
            case .none: 0
            case .bytes(let bytes): Int64(bytes.count)
            case .file(let part): part.count
            case .stream(let length, _): length
            }
        var head = head
        let mayHaveBody = head.status.code != 204 && head.status.code != 304 && head.status.kind != .informational
        if let length, mayHaveBody, head.headerFields[.contentLength] == nil {
            head.headerFields[.contentLength] = String(length)
        }
        return head
    }
}

extension HTTPRequest {
    var deadline: TimeAmount? {
        guard let text = headerFields[.deadline], let milliseconds = Int64(text), milliseconds >= 0,
            milliseconds < 1 << 40
        else { return nil }
        return .milliseconds(milliseconds)
    }
}

extension HTTPField.Name {
    /// Milliseconds that the caller waits at most, from the request's arrival.
    static let deadline = HTTPField.Name("weft-deadline-ms") ?? .expires
}
