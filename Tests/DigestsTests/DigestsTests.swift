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

@Suite struct `Names of content` {
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
