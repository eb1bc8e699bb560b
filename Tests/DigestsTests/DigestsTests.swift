// The hash primitives against published vectors and those of werf's own tests.
import Digests
import Testing

@Suite struct `Hash primitives` {
    @Test func `SHA-256 and SHA3-224 of standard messages`() {
        #expect(BlobDigest(of: []).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(JoinedHash.sha256(["abc"]) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(JoinedHash.sha3(["abc"]) == "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf")
    }

    @Test func `parts are joined by three colons`() {
        #expect(JoinedHash.sha3(["a", "b"]) == "79dd04f1b62d7ca1423b75bc1f7b37a2a8f2b79d7e2f56f549ecd632")
        #expect(JoinedHash.sha3([]) == "6b4e03423667dbb73b6e15454f0eb1abd4597f9a1b078e3f5b5a6bc7")
        #expect(JoinedHash.sha256(["a", "b"]) == "d730e193a29ffa63510df122175a2ec7650070da876fa0004c08f1e496959f79")
    }

    @Test func `murmur drops leading zeros`() {
        #expect(JoinedHash.murmur(["A"]) == "54dcf7ce")
        #expect(JoinedHash.murmur(["da/ta"]) == "afa96f8")
        #expect(JoinedHash.murmur(["-data"]) == "a871d86e")
        #expect(JoinedHash.murmur(["backend"]) == "27dba8ed")
    }

    @Test func `a hash does not depend on how its bytes were cut`() {
        let bytes = (0..<4_099).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for cut in [1, 7, 64, 1_000] {
            var hasher = Hasher(.sha256)
            for start in stride(from: 0, to: bytes.count, by: cut) {
                hasher.update(Array(bytes[start..<min(start + cut, bytes.count)]))
            }
            #expect(BlobDigest(finishing: hasher) == BlobDigest(of: bytes))
        }
    }
}

@Suite struct `Many texts at once` {
    private let texts = [[], ["a", "b"], [""], ["abc"], ["", ""], [String(repeating: "é", count: 1_000), "x"], []]

    private func added(_ texts: [[String]], to joined: inout JoinedTexts) {
        for parts in texts {
            for part in parts { joined.add(part) }
            joined.endText()
        }
    }

    @Test func `have the digests of each alone`() {
        var joined = JoinedTexts()
        added(texts, to: &joined)
        #expect(joined.count == texts.count)
        #expect(joined.stageDigests().map(\.hex) == texts.map(JoinedHash.sha3))
        #expect(joined.blobDigests().map(\.hex) == texts.map(JoinedHash.sha256))
    }

    @Test func `leave nothing behind when they are removed`() {
        var joined = JoinedTexts()
        added(texts.reversed(), to: &joined)
        joined.add("a part of a text that is never ended")
        joined.removeAll()
        #expect(joined.stageDigests() == [] && joined.blobDigests() == [])
        added([["x", "y"]], to: &joined)
        #expect(joined.stageDigests() == [StageDigest(of: ["x", "y"])])
    }

    @Test func `take digests as their digits`() {
        let digest = BlobDigest(of: [1])
        var joined = JoinedTexts()
        joined.add("a")
        joined.add(hexOf: digest)
        joined.add("b")
        joined.endText()
        #expect(joined.stageDigests() == [StageDigest(of: ["a", digest.hex, "b"])])
    }

    @Test func `one hasher can hash one after the other`() {
        var hasher = Hasher(.sha256)
        for count in 0..<200 {
            let bytes = [UInt8](repeating: 7, count: count)
            hasher.update(bytes)
            #expect(BlobDigest(finishing: &hasher) == BlobDigest(of: bytes))
            hasher.restart()
        }
    }
}

@Suite struct `Names of content` {
    @Test func `are the digits that they were read from, in their order`() throws {
        let blobs = (0..<200).map { BlobDigest(of: [UInt8($0)]) }
        let hexes = blobs.map(\.hex)
        #expect(hexes.compactMap { BlobDigest(hex: $0) } == blobs)
        #expect(blobs.sorted().map(\.hex) == hexes.sorted())
        #expect(Set(blobs).count == 200)
        let stages = hexes.map { StageDigest($0.prefix(56)) }
        #expect(stages.map { $0?.hex } == hexes.map { String($0.prefix(56)) })
        #expect(try stages.map { try #require($0) }.sorted().map(\.hex) == hexes.sorted().map { String($0.prefix(56)) })
    }

    @Test(arguments: ["A", "g", "`", "/", ":", "@", " ", "é"])
    func `no digit may be another character`(wrong: String) {
        for place in 0..<56 {
            let hex = String(repeating: "0", count: place) + wrong + String(repeating: "f", count: 55 - place)
            #expect(StageDigest(hex) == nil && StageID(tag: hex + "-1700000000000") == nil)
            let cut = String(hex.utf8.prefix(56)) ?? ""
            #expect(StageDigest(cut) == nil)
        }
    }

    @Test(arguments: [
        "", "sha256:", "sha256:..", "sha512:" + String(repeating: "a", count: 64),
        "sha256:" + String(repeating: "A", count: 64), "sha256:" + String(repeating: "a", count: 63),
        "sha256:" + String(repeating: "a", count: 63) + "/", String(repeating: "a", count: 64),
    ])
    func `what is not a digest is refused`(text: String) {
        #expect(BlobDigest(text) == nil)
    }

    @Test func `a stage id is a digest and thirteen digits`() throws {
        let hex = String(repeating: "0a", count: 28)
        let id = try #require(StageID(tag: hex + "-1700000000000"))
        #expect(id.timestamp == 1_700_000_000_000)
        #expect(id.description == hex + "-1700000000000")
        for tag in [hex, hex + "-170000000000", hex + "-1700000000000-rejected", hex + "-17000000000x0", "-" + hex] {
            #expect(StageID(tag: tag) == nil)
        }
    }

    @Test func `the older stage id comes first`() throws {
        let digest = StageDigest(of: ["x"])
        #expect(StageID(digest: digest, timestamp: 5) < StageID(digest: digest, timestamp: 6))
        #expect(StageID(digest: digest, timestamp: 5).description == digest.hex + "-0000000000005")
    }
}
