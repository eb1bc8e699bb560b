// Ed25519 keys: RFC 8032's own numbers, openssl's signatures, and what is no key.
import Authority
import Foundation
import SystemPackage
import Testing

@Suite struct `A node's key` {
    /// RFC 8032 section 7.1, test 1: a seed, in PKCS#8 as RFC 8410 section 7 lays it out.
    static let pem = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
        -----END PRIVATE KEY-----

        """

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8).map { UInt8($0 < 0x40 ? $0 - 0x30 : $0 - 0x57) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    @Test func `signs as RFC 8032 says`() throws {
        let key = try NodeKey(pem: Self.pem)
        let publicKey = Self.bytes("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
        let signature = Self.bytes(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")
        #expect(key.publicKey == publicKey)
        #expect(NodeKey.verify(signature, of: [], by: publicKey))
        #expect(NodeKey.verify(try key.sign([]), of: [], by: publicKey))
        #expect(!NodeKey.verify(signature, of: [0], by: publicKey))
        #expect(try key.pem() == Self.pem)
    }

    @Test func `is believed only for its own bytes`() throws {
        let (key, other) = (NodeKey(), NodeKey())
        let bytes = Array("a record".utf8)
        let signature = try key.sign(bytes)
        #expect(signature.count == NodeKey.signatureBytes)
        #expect(NodeKey.verify(signature, of: bytes, by: key.publicKey))
        #expect(!NodeKey.verify(signature, of: bytes, by: other.publicKey))
        #expect(!NodeKey.verify(signature, of: bytes + [0], by: key.publicKey))
        for place in [0, 31, 32, 63] {
            var changed = signature
            changed[place] ^= 1
            #expect(!NodeKey.verify(changed, of: bytes, by: key.publicKey))
        }
        for odd in [[], signature + [0], Array(signature.dropLast())] {
            #expect(!NodeKey.verify(odd, of: bytes, by: key.publicKey))
        }
        for odd in [[], [1], [UInt8](repeating: 0, count: 33)] {
            #expect(!NodeKey.verify(signature, of: bytes, by: odd))
        }
    }

    @Test func `is the same to openssl`() throws {
        let folder = try TestMesh.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        let (keyPath, dataPath, signPath) = (folder.appending("k"), folder.appending("d"), folder.appending("s"))
        #expect(try OpenSSL(["genpkey", "-algorithm", "ed25519", "-out", keyPath.string]).code == 0)
        let key = try NodeKey(file: keyPath)
        try Data("a record".utf8).write(to: URL(fileURLWithPath: dataPath.string))
        try Data(try key.sign(Array("a record".utf8))).write(to: URL(fileURLWithPath: signPath.string))
        let check = try OpenSSL([
            "pkeyutl", "-verify", "-rawin", "-inkey", keyPath.string, "-in", dataPath.string, "-sigfile",
            signPath.string,
        ])
        #expect(check.code == 0, "\(check.output)")
    }

    @Test func `of another kind is refused, and never shown`() throws {
        let folder = try TestMesh.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        let path = folder.appending("k")
        let kinds = [
            ["genpkey", "-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:2048"],
            ["genpkey", "-algorithm", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
            ["genpkey", "-algorithm", "x25519"],
        ]
        for kind in kinds {
            #expect(try OpenSSL(kind + ["-out", path.string]).code == 0)
            #expect(
                throws: AuthorityError.unreadable(
                    what: path.string, why: "it is no Ed25519 key in PEM (PKCS#8)")
            ) { try NodeKey(file: path) }
        }
        for text in [
            "", "hello", String(Self.pem.dropLast(40)), Self.pem.replacingOccurrences(of: "MC4C", with: "MC4D"),
        ] {
            #expect(throws: AuthorityError.self) { try NodeKey(pem: text) }
        }
    }
}
