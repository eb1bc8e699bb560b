// Streams between two sessions of ours: heads, bodies, credit, resets, goodbyes.
import HTTPTypes
import LinkTesting
import Testing

@testable import HTTP2

@Suite struct `Streams in memory` {
    @Test(arguments: [1, 5, 64, 100_000])
    func `a request and its response go over whole, however the bytes are cut`(size: Int) throws {
        let client = try End(.client)
        let server = try End(.server)
        var head = get
        head.headerFields[.accept] = "text/plain"
        head.headerFields[.connection] = "keep-alive"
        let stream = try client.session.request(head, hasBody: true)
        let text = (0..<30_000).map { UInt8(truncatingIfNeeded: $0) }
        client.session.send(stream, text, isLast: true)
        exchange(client, server) { size }
        let (id, request) = try #require(server.requests.first)
        #expect(request.path == "/x" && request.authority == "a" && request.method == .get)
        #expect(request.headerFields[.accept] == "text/plain")
        #expect(request.headerFields[.connection] == nil)
        let isSame = server.body(of: id) == text
        #expect(isSame)
        #expect(server.isEnded(id))
        try server.session.respond(id, HTTPResponse(status: .init(code: 207)), hasBody: true)
        server.session.send(id, [1, 2], isLast: false)
        exchange(client, server) { size }
        server.session.send(id, [3], isLast: true)
        exchange(client, server) { size }
        #expect(client.body(of: stream) == [1, 2, 3])
        #expect(client.closing(of: stream) == .some(nil))
        #expect(server.closing(of: id) == .some(nil))
        let statuses = client.events.compactMap {
            if case .response(_, let head, _) = $0 { head.status.code } else { nil }
        }
        #expect(statuses == [207])
    }

    @Test func `a sender stops at the window until the reader has taken bytes`() throws {
        var limits = HTTP2Limits()
        limits.streamWindowBytes = 100_000
        let client = try End(.client, limits)
        let server = try End(.server)
        let stream = try client.session.request(get, hasBody: false)
        exchange(client, server)
        let id = try #require(server.requests.first).0
        try server.session.respond(id, HTTPResponse(status: .ok), hasBody: true)
        server.session.send(id, [UInt8](repeating: 1, count: 250_000), isLast: true)
        exchange(client, server)
        #expect(client.body(of: stream).count == 100_000)
        #expect(server.session.waitingBytes(of: id) == 150_000)
        client.session.consumed(stream, 100_000)
        exchange(client, server)
        #expect(client.body(of: stream).count == 200_000)
        client.session.consumed(stream, 100_000)
        exchange(client, server)
        #expect(client.isEnded(stream))
    }

    @Test func `a pump gives about what it may`() throws {
        let client = try End(.client)
        let server = try End(.server)
        let stream = try client.session.request(get, hasBody: false)
        exchange(client, server)
        let id = try #require(server.requests.first).0
        try server.session.respond(id, HTTPResponse(status: .ok), hasBody: true)
        server.session.send(id, [UInt8](repeating: 1, count: 3 << 20), isLast: true)
        var total = 0
        while true {
            let bytes = server.takeSent(atMost: 100_000)
            guard !bytes.isEmpty else { break }
            #expect(bytes.count <= 100_000 + HTTP2Limits().sentFrameBytesMax + 100)
            total += bytes.count
            client.receive(bytes)
        }
        #expect(total > 3 << 20)
        #expect(client.body(of: stream).count == 3 << 20)
    }

    @Test func `a body that its sender resets is no whole body`() throws {
        for code in [HTTP2Code.cancel, .noError] {
            let client = try End(.client)
            let server = try End(.server)
            let stream = try client.session.request(get, hasBody: false)
            exchange(client, server)
            let id = try #require(server.requests.first).0
            try server.session.respond(id, HTTPResponse(status: .ok), hasBody: true)
            server.session.send(id, [1], isLast: false)
            exchange(client, server)
            server.session.reset(id, code)
            exchange(client, server)
            #expect(!client.isEnded(stream))
            #expect(client.closing(of: stream) == .some(.reset(code: code.rawValue)))
        }
    }

    @Test func `a lying content-length is an error for the reader`() throws {
        let client = try End(.client)
        let server = try End(.server)
        let stream = try client.session.request(get, hasBody: false)
        exchange(client, server)
        let id = try #require(server.requests.first).0
        let head = HTTPResponse(status: .ok, headerFields: [.contentLength: "10"])
        try server.session.respond(id, head, hasBody: true)
        server.session.send(id, [1, 2, 3], isLast: true)
        exchange(client, server)
        #expect(!client.isEnded(stream))
        #expect(client.closing(of: stream) == .some(.reset(code: HTTP2Code.protocolError.rawValue)))
    }

    @Test func `a goodbye lets streams end and refuses new ones`() throws {
        let client = try End(.client)
        let server = try End(.server)
        let stream = try client.session.request(get, hasBody: false)
        exchange(client, server)
        server.session.announceGoodbye()
        let late = try client.session.request(get, hasBody: false)
        exchange(client, server)
        #expect(!client.session.canRequest)
        #expect(throws: HTTP2Failure.closed) { _ = try client.session.request(get, hasBody: false) }
        #expect(server.requests.count == 2, "a stream on its way is served after the first goodbye")
        server.session.sayGoodbye()
        for (id, _) in server.requests { try server.session.respond(id, HTTPResponse(status: .ok), hasBody: false) }
        exchange(client, server)
        #expect(client.closing(of: stream) == .some(nil))
        #expect(client.closing(of: late) == .some(nil))
    }

    @Test func `a refused stream can be tried again`() throws {
        let client = try End(.client)
        let server = try End(.server)
        let stream = try client.session.request(get, hasBody: false)
        exchange(client, server)
        server.session.reset(try #require(server.requests.first).0, .refusedStream)
        exchange(client, server)
        #expect(client.closing(of: stream) == .some(.refused))
    }

    @Test func `more requests than streams wait their turn`() throws {
        var limits = HTTP2Limits()
        limits.streamsMax = 3
        let client = try End(.client)
        let server = try End(.server, limits)
        exchange(client, server)
        for _ in 0..<10 { _ = try client.session.request(get, hasBody: false) }
        var served = 0
        while served < 10 {
            exchange(client, server)
            let waiting = server.takeEvents().compactMap {
                if case .request(let id, _, _) = $0 { id } else { nil }
            }
            #expect(waiting.count <= 3 && !waiting.isEmpty)
            guard !waiting.isEmpty else { return }
            for id in waiting { try server.session.respond(id, HTTPResponse(status: .ok), hasBody: false) }
            served += waiting.count
        }
        exchange(client, server)
        #expect(client.session.streamCount == 0)
    }
}
