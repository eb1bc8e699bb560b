// Peers that mean no good: too much of everything, and damaged bytes.
import HTTPTypes
import LinkTesting
import Testing

@testable import HTTP2

@Suite struct `HTTP2 floods` {
    /// The limit that a server named after `bytes`.
    private func limit(after bytes: [UInt8], _ limits: HTTP2Limits = HTTP2Limits()) throws -> String? {
        let server = try End(.server, limits)
        server.receive(preface + bytes)
        guard case .limit(let name) = server.failure else { return nil }
        // The peer is told, and the session is over.
        server.session.terminate(.enhanceYourCalm)
        #expect(!server.takeSent().isEmpty)
        return name
    }

    @Test func `streams that are begun and reset`() throws {
        var bytes: [UInt8] = []
        for number in 0..<1000 as Range<UInt32> {
            bytes += frame(1, flags: 5, stream: 1 + 2 * number, getFields)
            bytes += frame(3, stream: 1 + 2 * number, [0, 0, 0, 8])
        }
        #expect(try limit(after: bytes) == "resetsMax")
    }

    @Test func `resets that are slow enough are borne`() throws {
        let server = try End(.server)
        server.receive(preface)
        for number in 0..<1000 as Range<UInt32> {
            server.now += .milliseconds(50)
            server.receive(frame(1, flags: 5, stream: 1 + 2 * number, getFields))
            server.receive(frame(3, stream: 1 + 2 * number, [0, 0, 0, 8]))
            _ = server.takeSent()
        }
        #expect(server.failure == nil)
        #expect(server.session.streamCount == 0)
    }

    @Test func `streams that we must reset because of what the peer sends`() throws {
        var bytes: [UInt8] = []
        for number in 0..<1000 as Range<UInt32> {
            bytes += frame(1, flags: 4, stream: 1 + 2 * number, getFields)
            // A window update of nothing is an error of the stream (RFC 9113, section 6.9).
            bytes += frame(8, stream: 1 + 2 * number, [0, 0, 0, 0])
        }
        let server = try End(.server)
        server.receive(preface)
        for start in stride(from: 0, to: bytes.count, by: 1000) {
            server.receive(Array(bytes[start..<min(start + 1000, bytes.count)]))
            _ = server.takeSent()
        }
        #expect(server.failure != nil || server.session.isOver)
        #expect(server.session.streamCount <= Int(HTTP2Limits().streamsMax) * 2)
    }

    @Test func `pings, settings, priorities and empty frames`() throws {
        let ping = frame(6, [UInt8](repeating: 0, count: 8))
        #expect(try limit(after: Array((0..<2000).map { _ in ping }.joined())) == "waitingAcknowledgementsMax")
        #expect(try limit(after: Array((0..<2000).map { _ in frame(4) }.joined())) == "waitingAcknowledgementsMax")
        let answer = frame(6, flags: 1, [UInt8](repeating: 0, count: 8))
        #expect(try limit(after: Array((0..<2000).map { _ in answer }.joined())) == "controlFramesMax")
        let priority = frame(2, stream: 1, [0, 0, 0, 0, 16])
        #expect(try limit(after: Array((0..<2000).map { _ in priority }.joined())) == "controlFramesMax")
        let empty =
            frame(1, flags: 4, stream: 1, getFields) + Array((0..<2000).map { _ in frame(0, stream: 1) }.joined())
        #expect(try limit(after: empty) == "controlFramesMax")
    }

    @Test func `continuations without end`() throws {
        let begin = frame(1, flags: 1, stream: 1, getFields)
        let more = Array((0..<50).map { _ in frame(9, stream: 1, [0x00, 0x01, 0x62, 0x01, 0x63]) }.joined())
        let server = try End(.server)
        server.receive(preface + begin + more)
        #expect(server.failure != nil || server.session.isOver)
        #expect(server.requests.isEmpty)
    }

    @Test func `one head of many bytes`() throws {
        // `accept-encoding: gzip, deflate` again and again.
        let more = frame(9, stream: 1, [UInt8](repeating: 0x90, count: 16_000))
        let bytes = frame(1, flags: 1, stream: 1, getFields) + Array((0..<6).map { _ in more }.joined())
        #expect(try limit(after: bytes) == "headerBlockBytesMax")
    }

    @Test func `a head with too many or too long fields is answered by 431`() throws {
        let many = (0..<200).map { HTTPField(name: HTTPField.Name("x-\($0)") ?? .accept, value: "v") }
        let long = [HTTPField(name: .cookie, value: String(repeating: "a", count: 20_000))]
        for fields in [many, long] {
            var limits = HTTP2Limits()
            limits.headerBytesMax = 1 << 20
            let client = try End(.client, limits)
            let server = try End(.server)
            var head = get
            head.headerFields = HTTPFields(fields)
            let stream = try client.session.request(head, hasBody: false)
            exchange(client, server)
            #expect(server.requests.isEmpty)
            #expect(server.failure == nil)
            let statuses = client.events.compactMap {
                if case .response(stream, let head, _) = $0 { head.status.code } else { nil }
            }
            #expect(statuses == [431])
        }
    }

    @Test func `what is no HTTP2 is refused`() throws {
        let server = try End(.server)
        server.receive(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        #expect(server.failure != nil)
    }

    @Test func `a token bucket fills with time`() {
        var bucket = TokenBucket(capacity: 2, perSecond: 10)
        // The fifth time goes back, which gives nothing.
        let taken = [5000, 5000, 5000, 5050, 5150, 5000].map { bucket.take(at: .milliseconds($0)) }
        #expect(taken == [true, true, false, false, true, false])
    }

    /// Bytes of real conversations, damaged: an error or silence, never a crash, never more than the windows allow.
    @Test(arguments: 0..<120 as Range<UInt64>)
    func `no mutation crashes`(seed: UInt64) throws {
        var numbers = SeededNumbers(seed: seed)
        let client = try End(.client)
        let server = try End(.server)
        for _ in 0..<15 {
            if let stream = try? client.session.request(get, hasBody: Bool.random(using: &numbers)) {
                client.session.send(
                    stream, [UInt8](repeating: 7, count: Int.random(in: 0...9000, using: &numbers)), isLast: true)
            }
            server.receive(damaged(client.takeSent(), &numbers))
            for event in server.takeEvents() {
                guard case .request(let id, _, _) = event else { continue }
                try? server.session.respond(id, HTTPResponse(status: .ok), hasBody: true)
                server.session.send(id, [UInt8](repeating: 8, count: 1000), isLast: Bool.random(using: &numbers))
            }
            client.receive(damaged(server.takeSent(), &numbers))
            #expect(server.session.streamCount <= Int(HTTP2Limits().streamsMax) + 1)
        }
    }

    private func damaged(_ bytes: [UInt8], _ numbers: inout SeededNumbers) -> [UInt8] {
        var bytes = bytes
        guard !bytes.isEmpty, Int.random(in: 0..<4, using: &numbers) == 0 else { return bytes }
        switch Int.random(in: 0..<5, using: &numbers) {
        case 0: bytes[Int.random(in: 0..<bytes.count, using: &numbers)] ^= UInt8.random(in: 1...255, using: &numbers)
        case 1: bytes.removeLast(Int.random(in: 1...bytes.count, using: &numbers))
        case 2: bytes.insert(contentsOf: bytes.prefix(100), at: Int.random(in: 0...bytes.count, using: &numbers))
        case 3:
            let payload = (0..<Int.random(in: 0...60, using: &numbers)).map { _ in
                UInt8.random(in: 0...255, using: &numbers)
            }
            bytes += frame(
                UInt8.random(in: 0...12, using: &numbers), flags: UInt8.random(in: 0...255, using: &numbers),
                stream: UInt32.random(in: 0...9, using: &numbers), payload)
        default: bytes = (0..<200).map { _ in UInt8.random(in: 0...255, using: &numbers) }
        }
        return bytes
    }
}
