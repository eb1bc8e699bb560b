// Exchanges between nodes over loopback: mutual TLS and HTTP/2, both sides ours.
import HTTPMessages
import HTTPTypes
import LinkTesting
import Testing

@testable import Transport

@Suite struct `Exchanges between nodes` {
    @Test func `a request gets its response and the certificates are known to both`() async throws {
        try await withPeersListener { listener in
            let peer = try await connect(to: listener)
            let (head, body) = try await peer.exchange(get("/hello"))
            #expect(head.status == .ok)
            #expect(head.headerFields[.contentLength] == "5")
            #expect(try await body.bytes(atMost: 100) == Array("hello".utf8))
            let (_, who) = try await peer.exchange(get("/who"))
            #expect(try await who.bytes(atMost: 10_000) == TestCertificates.shared.der("node-2"))
            #expect(peer.certificate == TestCertificates.shared.der("node-1"))
        }
    }

    @Test func `a body goes there and back while it is written`() async throws {
        try await withPeersListener { listener in
            let peer = try await connect(to: listener)
            let request = Body()
            let (_, response) = try await peer.exchange(post("/echo"), body: request)
            for count in [1, 100, 16_384, 300_000] {
                try await request.write([UInt8](repeating: UInt8(count % 251), count: count))
                var read = 0
                while read < count {
                    let piece = try #require(try await response.next())
                    #expect(piece.allSatisfy { $0 == UInt8(count % 251) })
                    read += piece.count
                }
                #expect(read == count)
            }
            request.finish()
            #expect(try await response.next() == nil)
        }
    }

    @Test func `a thousand exchanges run at once on one connection`() async throws {
        try await withPeersListener { listener in
            let peer = try await connect(to: listener)
            let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<1000 {
                    group.addTask {
                        let (_, body) = try await peer.exchange(
                            post("/echo"), body: Body([UInt8](repeating: 7, count: number)))
                        return try await body.bytes(atMost: 1 << 20).count
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(sum == 999 * 1000 / 2)
            #expect(listener.traffic.exchanges == 1000)
            #expect(listener.traffic.connections == 1)
        }
    }

    @Test func `a big body arrives whole`() async throws {
        let size = 16 << 20
        let service = FunctionService { _ in
            ServedResponse(
                HTTPResponse(status: .ok),
                body: .stream(length: Int64(size)) { body in
                    let piece = [UInt8](repeating: 42, count: 1 << 20)
                    for _ in 0..<16 { try await body.write(piece) }
                })
        }
        try await withPeersListener(service) { listener in
            let peer = try await connect(to: listener)
            let (head, body) = try await peer.exchange(get("/blob"))
            #expect(head.headerFields[.contentLength] == "\(size)")
            var count = 0
            while let piece = try await body.next() { count += piece.count }
            #expect(count == size)
        }
    }
}
