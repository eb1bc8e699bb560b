// A big blob that several nodes fetch at once: they give each other what they have, and believe nobody.
import BlobStore
import Digests
import Foundation
import HTTPMessages
import HTTPTypes
import Reports
import Synchronization
import SystemPackage
import Testing

@testable import Peering

@Suite struct `A big blob between nodes` {
    private static let blob = TestBlob(parts: 12)

    private let nodes: TestNodes

    init() throws { nodes = try TestNodes() }

    /// All fetch it at once, and have it then.
    private func fetchAll(_ fetchers: [TestNode]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in fetchers {
                group.addTask {
                    let isFound = try await node.fetch(Self.blob)
                    #expect(isFound, "\(node.name)")
                }
            }
            try await group.waitForAll()
        }
        for node in fetchers {
            let has = try node.has(Self.blob)
            #expect(has, "\(node.name)")
            // What came in order beyond a part's end comes again in parts.
            let fetched = node.layers.fetchedBytes
            #expect((Self.blob.size...Self.blob.size + BlobParts.byteCount).contains(fetched), "\(node.name)")
        }
    }

    @Test func `is sent by the one who has it far fewer times than there are fetchers`() async throws {
        let maker = try await nodes.add("maker", [Self.blob], partTime: .milliseconds(80))
        var fetchers: [TestNode] = []
        for name in ["a", "b", "c", "d"] { fetchers.append(try await nodes.add(name, partTime: .milliseconds(20))) }
        try await nodes.running { try await fetchAll(fetchers) }
        let copies = Double(maker.uplink.sentBytes) / Double(Self.blob.size)
        #expect((1...2.5).contains(copies), "\(copies) copies for 4")
        #expect(fetchers.reduce(0) { $0 + $1.uplink.sentBytes } > Self.blob.size)
        #expect(fetchers.contains { $0.layers.arriving.servedBytes > 0 })
    }

    @Test func `comes to one node once, and its progress grows to the end`() async throws {
        let maker = try await nodes.add("maker", [Self.blob])
        let fetcher = try await nodes.add("a")
        let counts = Mutex<[Int64]>([])
        try await nodes.running {
            let isFound = try await fetcher.fetch(Self.blob) { event in
                if case .transferred(let transfer, let count, let total) = event {
                    counts.withLock { $0.append(count) }
                    #expect(transfer.subject == "maker" && total == Self.blob.size)
                }
            }
            #expect(isFound)
        }
        let grown = counts.withLock { $0 }
        #expect(grown.last == Self.blob.size)
        #expect(maker.uplink.requests(of: PeerPath.blob(Self.blob.digest)) == 1)
        #expect(maker.uplink.requests(of: PeerPath.partDigests(Self.blob.digest)) == 0, "nobody needs them")
        #expect(zip(grown, grown.dropFirst()).allSatisfy { $0 < $1 })
        #expect(maker.uplink.sentBytes == Self.blob.size)
        let has = try fetcher.has(Self.blob)
        #expect(has && fetcher.layers.fetchedBytes == Self.blob.size)
    }

    @Test func `that came in order goes on in parts when another wants it, too`() async throws {
        let maker = try await nodes.add("maker", [Self.blob], partTime: .milliseconds(100))
        let (first, second) = (try await nodes.add("a"), try await nodes.add("b"))
        try await nodes.running {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await fetchAll([first]) }
                while !first.store.blobs.contains(Self.blob.digest),
                    first.store.blobs.partialBytes(of: Self.blob.digest) < 2 * BlobParts.byteCount
                {
                    try await Task.sleep(for: .milliseconds(5))
                }
                group.addTask { try await fetchAll([second]) }
                try await group.waitForAll()
            }
        }
        #expect(maker.uplink.sentBytes < Self.blob.size * 7 / 4, "\(maker.uplink.sentBytes) of \(Self.blob.size)")
        #expect(first.uplink.sentBytes > 0 && first.layers.arriving.servedBytes > 0)
    }

    @Test func `comes from two that have it`() async throws {
        let makers = [
            try await nodes.add("maker", [Self.blob], partTime: .milliseconds(20)),
            try await nodes.add("other", [Self.blob], partTime: .milliseconds(20)),
        ]
        let fetcher = try await nodes.add("a", holders: ["maker", "other"])
        try await nodes.running { try await fetchAll([fetcher]) }
        #expect(makers.allSatisfy { $0.uplink.sentBytes >= BlobParts.byteCount })
        #expect(makers.reduce(0) { $0 + $1.uplink.sentBytes } <= Self.blob.size + 2 * BlobParts.byteCount)
    }

    /// As nodes answer that know nothing of parts.
    private static func older(_ request: ServedRequest, _ answer: ServedResponse) -> ServedResponse? {
        request.path.hasPrefix("/weft/part") ? .text(.notFound, "there is no such thing here") : nil
    }

    @Test func `comes from older nodes as it did`() async throws {
        let maker = try await nodes.add("maker", [Self.blob]) { Self.older($0, $1) }
        let fetchers = [try await nodes.add("a"), try await nodes.add("b")]
        try await nodes.running { try await fetchAll(fetchers) }
        #expect(maker.uplink.sentBytes == 2 * Self.blob.size)
    }

    @Test func `comes from an older node, too, where another says what the parts are`() async throws {
        let older = try await nodes.add("maker", [Self.blob], partTime: .milliseconds(20)) { Self.older($0, $1) }
        let newer = try await nodes.add("newer", [Self.blob], partTime: .milliseconds(20))
        let fetcher = try await nodes.add("a", holders: ["maker", "newer"])
        try await nodes.running { try await fetchAll([fetcher]) }
        #expect(older.uplink.sentBytes > 0 && newer.uplink.sentBytes > 0)
    }

    /// The answer with its last byte changed.
    private static func wrong(_ answer: ServedResponse, of request: ServedRequest) -> ServedResponse? {
        guard case .file(let part) = answer.body, request.path.hasPrefix(PeerPath.blobs) else { return nil }
        var bytes = Array(blob.bytes[Int(part.offset)..<Int(part.offset + part.count)])
        bytes[bytes.count - 1] ^= 1
        return ServedResponse(answer.head, body: .bytes(bytes))
    }

    @Test func `is whole though a fetcher gives wrong parts`() async throws {
        _ = try await nodes.add("maker", [Self.blob], partTime: .milliseconds(50))
        let liar = try await nodes.add("liar") { Self.wrong($1, of: $0) }
        let fetchers = [try await nodes.add("a"), try await nodes.add("b"), liar]
        try await nodes.running { try await fetchAll(fetchers) }
    }

    @Test func `is whole though one of two that have it gives wrong bytes`() async throws {
        _ = try await nodes.add("maker", [Self.blob], partTime: .milliseconds(20))
        _ = try await nodes.add("liar", [Self.blob]) { Self.wrong($1, of: $0) }
        let fetcher = try await nodes.add("a", holders: ["maker", "liar"])
        try await nodes.running { try await fetchAll([fetcher]) }
    }

    /// As a holder answers that knows of another fetcher: one alone needs no parts.
    private static func crowd(_ request: ServedRequest) -> ServedResponse? {
        guard request.path.hasPrefix(PeerPath.parts) else { return nil }
        return .text(.ok, PartsAnswer(nodes: ["ghost", "a"]).text)
    }

    /// What fits parts that are not the blob's.
    @Test func `is fetched anew in order when parts were what was said of them and the blob is not`() async throws {
        let forged = [UInt8](repeating: 9, count: Int(BlobParts.byteCount))
        let maker = try await nodes.add("maker", [Self.blob]) { request, answer in
            if let crowd = Self.crowd(request) { return crowd }
            if request.path.hasPrefix(PeerPath.partDigests) {
                let lines = (0..<12).map {
                    ($0 == 3 ? BlobDigest(of: forged) : BlobDigest(of: Self.blob.part($0))).hex + "\n"
                }
                return ServedResponse(HTTPResponse(status: .ok), body: .bytes(Array(lines.joined().utf8)))
            }
            guard case .file(let part) = answer.body, part.offset == 3 * BlobParts.byteCount else { return nil }
            return ServedResponse(answer.head, body: .bytes(forged))
        }
        let fetcher = try await nodes.add("a")
        try await nodes.running {
            let isFound = try await fetcher.fetch(Self.blob)
            #expect(isFound)
        }
        let has = try fetcher.has(Self.blob)
        #expect(has)
        #expect(maker.uplink.requests(of: PeerPath.blob(Self.blob.digest)) == 13, "12 parts, then all of it")
    }

    @Test(arguments: ["", "xyz\n", String(repeating: "0", count: 12 * 65), String(repeating: "a", count: 100)])
    func `is not had from one who says nonsense of its parts`(text: String) async throws {
        _ = try await nodes.add("maker", [Self.blob]) { request, _ in
            guard request.path.hasPrefix(PeerPath.partDigests) else { return Self.crowd(request) }
            return ServedResponse(HTTPResponse(status: .ok), body: .bytes(Array(text.utf8)))
        }
        _ = try await nodes.add("other", [Self.blob])
        let fetcher = try await nodes.add("a", holders: ["maker"])
        try await nodes.running { try await fetchAll([fetcher]) }
    }

    @Test func `goes on where it stopped`() async throws {
        let maker = try await nodes.add("maker", [Self.blob])
        let fetcher = try await nodes.add("a")
        let parts = try #require(BlobParts(size: Self.blob.size))
        do {
            let begun = try #require(try fetcher.store.blobs.scattered(Self.blob.digest, parts))
            for part in [2, 5, 11] {
                let bytes = Self.blob.part(part)
                #expect(try begun.put(bytes, as: part, expecting: BlobDigest(of: bytes)))
            }
        }
        try await nodes.running {
            let isFound = try await fetcher.fetch(Self.blob)
            #expect(isFound)
        }
        let has = try fetcher.has(Self.blob)
        #expect(has)
        #expect(maker.uplink.sentBytes == 9 * BlobParts.byteCount)
    }

    /// The maker sends half of each part, and breaks off.
    @Test func `comes though every part is cut short again and again`() async throws {
        let maker = try await nodes.add("maker", [Self.blob]) { request, answer in
            guard case .file(let part) = answer.body, part.count > 1_000_000 else { return Self.crowd(request) }
            let half = Self.blob.bytes[Int(part.offset)..<Int(part.offset + part.count / 2)]
            return ServedResponse(
                answer.head,
                body: .stream(length: nil) { body in
                    try await body.write(Array(half))
                    throw Body.Failure.broken("the link is slow")
                })
        }
        let fetcher = try await nodes.add("a")
        try await nodes.running {
            var tries = 0
            while try await !fetcher.fetch(Self.blob), tries < 100 { tries += 1 }
            #expect(tries < 100)
        }
        let has = try fetcher.has(Self.blob)
        #expect(has && fetcher.layers.fetchedBytes == Self.blob.size)
        #expect(maker.uplink.requests(of: PeerPath.blob(Self.blob.digest)) <= 12 * 4)
    }

    @Test func `does not believe what was kept of a part`() async throws {
        _ = try await nodes.add("maker", [Self.blob]) { request, _ in Self.crowd(request) }
        let fetcher = try await nodes.add("a")
        fetcher.layers.cut.keep([UInt8](repeating: 77, count: 1 << 20), of: 5, Self.blob.digest)
        try await nodes.running { try await fetchAll([fetcher]) }
        #expect(fetcher.layers.cut.take(5, Self.blob.digest).isEmpty)
    }

    @Test func `is given while it is fetched, as far as it was checked`() async throws {
        let node = try await nodes.add("a")
        let parts = try #require(BlobParts(size: Self.blob.size))
        let arriving = try #require(try node.store.blobs.scattered(Self.blob.digest, parts))
        let bytes = Self.blob.part(1)
        #expect(try arriving.put(bytes, as: 1, expecting: BlobDigest(of: bytes)))
        let fetch = PartsFetch(
            arriving, claimer: .init(name: "maker", address: PeerAddress(host: "127.0.0.1", port: 1)), name: "a")
        func part(_ range: Range<Int64>) -> FilePart? { node.layers.arriving.part(Self.blob.digest, { _ in range })?.0 }
        #expect(part(parts.bytes(of: 1)) == nil, "nobody fetches it")
        node.layers.arriving.begin(fetch)
        #expect(part(parts.bytes(of: 1))?.offset == BlobParts.byteCount)
        #expect(part(BlobParts.byteCount + 5..<BlobParts.byteCount + 6)?.count == 1)
        for range in [0..<1, BlobParts.byteCount - 1..<BlobParts.byteCount + 1, 5..<5] { #expect(part(range) == nil) }
        #expect(node.layers.arriving.answer(Self.blob.digest)?.has?.hex == "0200")
        #expect(node.layers.arriving.servedBytes == BlobParts.byteCount + 1)
        node.layers.arriving.end(fetch)
        #expect(part(parts.bytes(of: 1)) == nil)
    }
}

extension BlobFolder {
    /// Bytes of what was received of a blob.
    fileprivate func partialBytes(of digest: BlobDigest) -> Int64 {
        let path = path(of: digest).removingLastComponent().removingLastComponent().removingLastComponent()
            .appending("partial/" + digest.hex).string
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.int64Value ?? 0
    }
}
