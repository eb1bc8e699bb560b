// How exchanges and connections end: cancelled, too late, drained, cut, and links of frames in order.
import HTTP2
import HTTPMessages
import HTTPTypes
import LinkTesting
import Mesh
import Synchronization
import TLS
import Testing

@testable import Transport

/// Says when it was asked and when its task was cancelled; answers only then.
private final class Waiting: HTTPService {
    let asked = Signal()
    let cancelled = Signal()
    let released = Signal()

    func answer(_ request: ServedRequest) async -> ServedResponse {
        await withTaskCancellationHandler {
            asked.fire()
            await released.wait()
        } onCancel: {
            cancelled.fire()
            released.fire()
        }
        return ServedResponse(HTTPResponse(status: .ok), body: .bytes(Array("late".utf8)))
    }
}

private func failure(_ body: () async throws -> Void) async -> TransportFailure? {
    do {
        try await body()
        return nil
    } catch {
        return error as? TransportFailure
    }
}

private let someone = PeerIdentity(name: "someone", role: .node, classes: [])

@Suite struct `Ends of exchanges` {
    @Test func `cancelling the caller cancels the service's task`() async throws {
        let service = Waiting()
        try await withPeersListener(service) { listener in
            let peer = try await connect(to: listener)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: CancellationError.self) { _ = try await peer.exchange(get("/")) }
                }
                await service.asked.wait()
                group.cancelAll()
            }
            await service.cancelled.wait()
            #expect(peer.isUsable)
        }
    }

    @Test func `a deadline ends the exchange on both sides`() async throws {
        let service = Waiting()
        try await withPeersListener(service) { listener in
            let peer = try await connect(to: listener)
            let failure = await failure { _ = try await peer.exchange(get("/"), deadline: .milliseconds(30)) }
            #expect(failure == .deadlineExceeded || failure == .reset(.internalError))
            await service.cancelled.wait()
        }
    }

    @Test func `the server holds the deadline that the header says`() async throws {
        let service = Waiting()
        try await withPeersListener(service) { listener in
            let peer = try await connect(to: listener)
            var head = get("/")
            head.headerFields[.deadline] = "20"
            let (response, _) = try await peer.exchange(head)
            #expect(response.status == .ok)
            await service.cancelled.wait()
        }
    }

    @Test func `letting go of a response stops who makes it`() async throws {
        let stopped = Signal()
        let service = FunctionService { _ in
            ServedResponse(
                HTTPResponse(status: .ok),
                body: .stream(length: nil) { body in
                    defer { stopped.fire() }
                    while true { try await body.write([UInt8](repeating: 1, count: 100_000)) }
                })
        }
        try await withPeersListener(service) { listener in
            let peer = try await connect(to: listener)
            do {
                let (_, body) = try await peer.exchange(get("/"))
                _ = try await body.next()
            }
            await stopped.wait()
            #expect(peer.isUsable)
        }
    }

    @Test func `a reader that waits holds the writer back`() async throws {
        let window = Int(LinkLimits.peers.http2.streamWindowBytes)
        let written = Atomic(0)
        let filled = Signal()
        let stopped = Signal()
        let service = FunctionService { request in
            guard request.path == "/endless" else { return ServedResponse(HTTPResponse(status: .ok)) }
            return ServedResponse(
                HTTPResponse(status: .ok),
                body: .stream(length: nil) { body in
                    defer { stopped.fire() }
                    while true {
                        try await body.write([UInt8](repeating: 1, count: 64 << 10))
                        if written.add(64 << 10, ordering: .relaxed).newValue >= window { filled.fire() }
                    }
                })
        }
        try await withPeersListener(service) { listener in
            let peer = try await connect(to: listener)
            let (_, body) = try await peer.exchange(get("/endless"))
            await filled.wait()
            // Other exchanges pass the one that is held back, and give it time to be wrong.
            for _ in 0..<200 { _ = try await peer.exchange(get("/")) }
            #expect(written.load(ordering: .relaxed) < window + 4 * Body.roomMax)
            body.abandon()
            await stopped.wait()
        }
    }

    @Test func `a response that breaks off does not look whole`() async throws {
        struct Broken: Error {}
        let service = FunctionService { request in
            let length: Int64? = request.path == "/short" ? 1000 : nil
            return ServedResponse(
                HTTPResponse(status: .ok),
                body: .stream(length: length) { body in
                    try await body.write([1, 2, 3])
                    if length == nil { throw Broken() }
                })
        }
        try await withPeersListener(service) { listener in
            let peer = try await connect(to: listener)
            for path in ["/short", "/broken"] {
                let failed = await failure {
                    let (_, body) = try await peer.exchange(get(path))
                    _ = try await body.bytes(atMost: 2000)
                }
                #expect(failed == .reset(.internalError), "\(path)")
            }
        }
    }

    @Test func `a connection that is cut fails what runs on it`() async throws {
        let asked = Signal()
        let service = FunctionService { request in
            ServedResponse(
                HTTPResponse(status: .ok),
                body: .stream(length: nil) { body in
                    try await body.write([1])
                    asked.fire()
                    _ = try await request.body.next()
                })
        }
        try await withPeersListener(service) { listener in
            let peer = try await connect(to: listener)
            let (_, body) = try await peer.exchange(post("/"), body: Body())
            #expect(try await body.next() == [1])
            await asked.wait()
            await listener.drain(within: .zero)
            let failed = await failure { while try await body.next() != nil {} }
            guard case .lost = failed else { return #expect(failed != nil, "the body ended as if it were whole") }
            _ = await peer.ended()
            #expect(!peer.isUsable)
            let later = await failure { _ = try await peer.exchange(get("/")) }
            #expect(later == .refused)
        }
    }
}

@Suite struct `Goodbyes` {
    @Test func `a listener that drains finishes what runs and refuses what is new`() async throws {
        let service = Waiting()
        try await withPeersListener(service) { listener in
            let peer = try await connect(to: listener)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let (head, body) = try await peer.exchange(get("/"))
                    #expect(head.status == .ok)
                    #expect(try await body.bytes(atMost: 10) == Array("late".utf8))
                }
                group.addTask {
                    await service.asked.wait()
                    await listener.drain(within: .seconds(20))
                }
                group.addTask {
                    await service.asked.wait()
                    while peer.isUsable { await Task.yield() }
                    let failed = await failure { _ = try await peer.exchange(get("/")) }
                    #expect(failed == .refused)
                    service.released.fire()
                }
                try await group.waitForAll()
            }
            await #expect(throws: TransportFailure.self) { _ = try await connect(to: listener) }
        }
    }

    @Test func `a peer that closes ends the connection for both`() async throws {
        try await withPeersListener { listener in
            let peer = try await connect(to: listener)
            _ = try await peer.exchange(get("/hello"))
            peer.close()
            _ = await peer.ended()
            while listener.traffic.openConnections > 0 { await Task.yield() }
            #expect(listener.traffic.bytesIn > 0 && listener.traffic.bytesOut > 0)
        }
    }

    @Test func `letting go of a connection closes it`() async throws {
        try await withPeersListener { listener in
            do {
                let peer = try await connect(to: listener)
                _ = try await peer.exchange(get("/hello"))
            }
            while listener.traffic.openConnections > 0 { await Task.yield() }
        }
    }
}

@Suite struct `Links of frames` {
    /// Sends every frame back until the other side closes, then closes.
    private static let mirror = FunctionService { request in
        ServedResponse(
            HTTPResponse(status: .ok),
            body: .stream(length: nil) { body in
                let link = BodyLink(peer: someone, incoming: request.body, outgoing: body)
                while let frame = try await link.next() { try await link.send(frame) }
                link.close()
            })
    }

    private func link(over peer: PeerConnection) async throws -> BodyLink {
        let outgoing = Body()
        let (_, incoming) = try await peer.exchange(post("/weft/calls"), body: outgoing)
        return BodyLink(peer: someone, incoming: incoming, outgoing: outgoing)
    }

    @Test func `frames of all sizes come back whole and in order`() async throws {
        try await withPeersListener(Self.mirror) { listener in
            let peer = try await connect(to: listener)
            let link = try await link(over: peer)
            let sizes = [0, 1, 3, 4, 5, 1000, 16_384, 100_000, frameBytesMax]
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for size in sizes { try await link.send([UInt8](repeating: UInt8(size % 256), count: size)) }
                }
                for size in sizes {
                    let frame = try #require(try await link.next())
                    let isSame = frame == [UInt8](repeating: UInt8(size % 256), count: size)
                    #expect(isSame)
                }
                try await group.waitForAll()
            }
            await #expect(throws: BodyLink.Failure.tooLong(frameBytesMax + 1)) {
                try await link.send([UInt8](repeating: 0, count: frameBytesMax + 1))
            }
            link.close()
        }
    }

    @Test(arguments: [true, false])
    func `the other side reads the end of a link that was closed in order`(closesFirst: Bool) async throws {
        let ended = Signal()
        let service = FunctionService { request in
            ServedResponse(
                HTTPResponse(status: .ok),
                body: .stream(length: nil) { body in
                    let link = BodyLink(peer: someone, incoming: request.body, outgoing: body)
                    try await link.send([9])
                    if closesFirst { return link.close() }
                    defer { ended.fire() }
                    #expect(try await link.next() == [5])
                    #expect(try await link.next() == nil)
                })
        }
        try await withPeersListener(service) { listener in
            let peer = try await connect(to: listener)
            let link = try await link(over: peer)
            #expect(try await link.next() == [9])
            if closesFirst {
                #expect(try await link.next() == nil)
            } else {
                try await link.send([5])
                link.close()
                await ended.wait()
                await #expect(throws: BodyLink.Failure.ended) { try await link.send([1]) }
            }
        }
    }

    @Test func `a link that is cut throws`() async throws {
        let service = FunctionService { request in
            ServedResponse(
                HTTPResponse(status: .ok),
                body: .stream(length: nil) { body in
                    try await body.write([0, 0, 0, 9, 1, 2])
                    body.finish()
                })
        }
        try await withPeersListener(service) { listener in
            let link = try await link(over: try await connect(to: listener))
            await #expect(throws: BodyLink.Failure.cut) { _ = try await link.next() }
        }
    }
}
