// The messages of a stream of etcd's gateway: one line of JSON each, `{"result": …}` or `{"error": …}`.
import AsyncHTTPClient
import NIOCore

/// For one reader.
struct EtcdMessages {
    private var body: HTTPClientResponse.Body.AsyncIterator
    private let call: EtcdCall
    private let endpoint: String
    private let bytesMax: Int
    private var cutter: LineCutter
    private var lines: [LineCutter.Line] = []
    private var isAtEnd = false

    init(_ body: HTTPClientResponse.Body, _ call: EtcdCall, _ endpoint: String, bytesMax: Int) {
        self.body = body.makeAsyncIterator()
        self.call = call
        self.endpoint = endpoint
        self.bytesMax = bytesMax
        cutter = LineCutter(bytesMax: bytesMax)
    }

    /// Nil at the end of the stream. Throws `EtcdError` and `CancellationError`.
    mutating func next<Value: Decodable>(_ type: Value.Type) async throws -> Value? {
        while true {
            while !lines.isEmpty {
                switch lines.removeFirst() {
                case .whole(let line) where line.isEmpty: continue
                case .whole(let line): return try read(type, line)
                case .cut:
                    throw call.error(
                        .unusable, .unknown, at: endpoint, "a message has more than \(bytesMax) bytes")
                }
            }
            guard !isAtEnd else { return nil }
            try await receive()
        }
    }

    func ended(_ reason: String) -> EtcdError { call.error(.lost, .unknown, at: endpoint, reason) }

    private mutating func receive() async throws {
        do {
            if let buffer = try await body.next(isolation: #isolation) {
                lines = cutter.take(buffer.readableBytesView)
            } else {
                isAtEnd = true
                lines = cutter.finish().map { [.whole($0)] } ?? []
            }
        } catch {
            throw try EtcdExchange.failure(error, call, endpoint)
        }
    }

    private func read<Value: Decodable>(_ type: Value.Type, _ line: [UInt8]) throws -> Value {
        guard let written = AnswerText.decode(WrittenResult<Value>.self, line) else {
            throw call.error(.unusable, .unknown, at: endpoint, "a message is not what etcd says")
        }
        if let error = written.error {
            let refusal = Refusal(error)
            throw call.error(refusal.kind, refusal.outcome, at: endpoint, refusal.reason)
        }
        guard let result = written.result else {
            throw call.error(.unusable, .unknown, at: endpoint, "a message is not what etcd says")
        }
        return result
    }
}
