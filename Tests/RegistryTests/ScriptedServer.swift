// An HTTP server on loopback that answers as a test tells it to, also wrongly.
import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// One request as it arrived.
struct ServedRequest: Sendable {
    let method: String
    let target: String
    /// Names in lower case.
    let headers: [String: String]
    let body: [UInt8]

    var path: String { String(target.prefix { $0 != "?" }) }
}

enum Reply: Sendable {
    /// A right answer; the connection stays.
    case answer(Int, [String: String] = [:], [UInt8] = [])
    /// These bytes, then the connection is closed.
    case raw(String, [UInt8] = [])
    /// This head, then a mebibyte `count` times or until nobody reads it.
    case flood(String, count: Int)
    /// This head, then a byte 20 times a second.
    case trickle(String)
    /// Nothing, with the connection open.
    case silence

    static func json(_ status: Int, _ text: String, _ headers: [String: String] = [:]) -> Reply {
        .answer(status, headers.merging(["Content-Type": "application/json"]) { $1 }, Array(text.utf8))
    }
}

struct ScriptedServer: Sendable {
    typealias Script = @Sendable (_ request: ServedRequest, _ number: Int) -> Reply

    let port: Int
    private let log: Log

    var host: String { "127.0.0.1:\(port)" }
    /// All requests so far.
    var requests: [ServedRequest] { log.requests.withLock { $0 } }

    private final class Log: Sendable {
        let requests = Mutex<[ServedRequest]>([])
    }

    /// Serves while `body` runs. `script` gets each request and its number, from 0.
    static func run<Value>(
        _ script: @escaping Script, _ body: (ScriptedServer) async throws -> Value
    ) async throws -> Value {
        let listener = try await Listener.bind()
        let log = Log()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await Listener.serve(listener) { inbound, _, channel in
                    try await talk(inbound, channel, script, log)
                }
            }
            defer { group.cancelAll() }
            return try await body(ScriptedServer(port: listener.channel.localAddress?.port ?? 0, log: log))
        }
    }

    private static func talk(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ channel: any Channel, _ script: Script, _ log: Log
    ) async throws {
        var reader = RequestReader()
        for try await buffer in inbound {
            // A TLS handshake begins with 22; who speaks plain HTTP hangs up.
            guard reader.take(buffer) else { return }
            while let request = reader.next() {
                let number = log.requests.withLock { requests in
                    requests.append(request)
                    return requests.count - 1
                }
                guard try await answer(script(request, number), to: request, channel) else { return }
            }
        }
    }

    /// False when the connection is to be closed. Waits for each write to reach the kernel: closing drops the rest.
    private static func answer(
        _ reply: Reply, to request: ServedRequest, _ channel: any Channel
    ) async throws -> Bool {
        switch reply {
        case .answer(let status, let headers, let body):
            var head = "HTTP/1.1 \(status) Told\r\nContent-Length: \(body.count)\r\n"
            for (name, value) in headers { head += "\(name): \(value)\r\n" }
            let sent = request.method == "HEAD" ? [] : body
            try await channel.writeAndFlush(ByteBuffer(bytes: Array((head + "\r\n").utf8) + sent))
            return true
        case .raw(let head, let body):
            try await channel.writeAndFlush(ByteBuffer(bytes: Array(head.utf8) + body))
            return false
        case .flood(let head, let count):
            try await channel.writeAndFlush(ByteBuffer(string: head))
            let mebibyte = ByteBuffer(repeating: 0x20, count: 1 << 20)
            for _ in 0..<count { try await channel.writeAndFlush(mebibyte) }
            return false
        case .trickle(let head):
            try await channel.writeAndFlush(ByteBuffer(string: head))
            while true {
                try await channel.writeAndFlush(ByteBuffer(string: "x"))
                try await ContinuousClock().sleep(for: .milliseconds(50))
            }
        case .silence:
            try await ContinuousClock().sleep(for: .seconds(600))
            return false
        }
    }
}

/// Cuts a stream of bytes into requests; knows Content-Length only.
private struct RequestReader {
    private var bytes: [UInt8] = []

    mutating func take(_ buffer: ByteBuffer) -> Bool {
        bytes += Array(buffer.readableBytesView)
        return bytes.first != 22
    }

    mutating func next() -> ServedRequest? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        let words = lines[0].split(separator: " ").map(String.init)
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count == 2 ? String(parts[1].drop { $0 == " " }) : ""
        }
        let start = text[..<end.upperBound].utf8.count
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        guard bytes.count >= start + length else { return nil }
        let body = Array(bytes[start..<start + length])
        bytes.removeFirst(start + length)
        return ServedRequest(method: words[0], target: words[1], headers: headers, body: body)
    }
}

/// Loopback sockets for servers of tests.
enum Listener {
    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>
    typealias Server = NIOAsyncChannel<Connection, Never>

    static func bind() async throws -> Server {
        try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Connection(wrappingChannelSynchronously: channel)
                }
            }
    }

    static func serve(
        _ server: Server,
        _ talk:
            @escaping @Sendable (
                NIOAsyncChannelInboundStream<ByteBuffer>, NIOAsyncChannelOutboundWriter<ByteBuffer>, any Channel
            ) async throws -> Void
    ) async throws {
        try await server.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections {
                    group.addTask {
                        // A client that hangs up is no failure of the server.
                        try? await connection.executeThenClose { try await talk($0, $1, connection.channel) }
                    }
                }
            }
        }
    }
}
