// A server on loopback that does with each connection what a test says: etcd at its worst.
import Glibc
import Synchronization

// Safety: structures and buffers are passed to socket calls for the length of the call only.

/// One connection after the other, each for one request.
final class StrangeServer: Sendable {
    enum Manner: Sendable {
        /// These bytes, then the end.
        case say(String)
        /// The end, without a word.
        case hangUp
        /// Nothing, until the server ends.
        case keepQuiet

        /// An answer of etcd's.
        static func answer(_ body: String) -> Manner { answer("200 OK", body) }

        static func answer(_ status: String, _ body: String) -> Manner {
            .say("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")
        }
    }

    let endpoint: String
    private let listener: Int32
    private let kept: Mutex<[Int32]> = Mutex([])
    private let heard: Mutex<[String]> = Mutex([])

    struct NoSocket: Error {}

    private init() throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let code = unsafe withUnsafeMutablePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard unsafe bind(listener, address, length) == 0, listen(listener, 16) == 0 else { return Int32(-1) }
                return unsafe getsockname(listener, address, &length)
            }
        }
        guard code == 0 else { throw NoSocket() }
        endpoint = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    }

    /// Requests that came, as far as they were read.
    var requests: [String] { heard.withLock { $0 } }

    static func run<Value: Sendable>(
        _ manner: Manner, _ body: (StrangeServer) async throws -> Value
    ) async throws -> Value {
        let server = try StrangeServer()
        let thread = Thread { server.serve(manner) }
        defer {
            // Wakes the thread that waits for a connection.
            shutdown(server.listener, Int32(SHUT_RDWR))
            thread.join()
            close(server.listener)
            for connection in server.kept.withLock({ $0 }) { close(connection) }
        }
        return try await body(server)
    }

    /// A whole request: head and body come in pieces, and a connection that is closed before all was read loses the
    /// answer, too.
    private static func request(on connection: Int32) -> String {
        var text = ""
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        while !isWhole(text) {
            let count = unsafe recv(connection, &bytes, bytes.count, 0)
            guard count > 0 else { break }
            text += String(decoding: bytes.prefix(count), as: UTF8.self)
        }
        return text
    }

    private static func isWhole(_ request: String) -> Bool {
        let parts = request.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return false }
        let length = parts[0].split(separator: "\r\n").compactMap { line -> Int? in
            let field = line.split(separator: ":", maxSplits: 1)
            guard field.count == 2, field[0].lowercased() == "content-length" else { return nil }
            return Int(field[1].drop { $0 == " " })
        }
        return parts[1].utf8.count >= length.first ?? 0
    }

    private func serve(_ manner: Manner) {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            let request = Self.request(on: connection)
            heard.withLock { $0.append(request) }
            switch manner {
            case .say(let text):
                let words = Array(text.utf8)
                _ = unsafe send(connection, words, words.count, Int32(MSG_NOSIGNAL))
                close(connection)
            case .hangUp: close(connection)
            case .keepQuiet: kept.withLock { $0.append(connection) }
            }
        }
    }
}

private final class Thread {
    private var thread = pthread_t()

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    init(_ run: @escaping @Sendable () -> Void) {
        unsafe pthread_create(
            &thread, nil,
            { context in
                if let context = unsafe context { unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, Unmanaged.passRetained(Body(run)).toOpaque())
    }

    func join() { pthread_join(thread, nil) }
}
