// Handshakes in memory: who is let in, who is not, and what each side is told.
import LinkTesting
import Testing

@testable import TLS

@Suite struct `TLS in memory` {
    @Test(arguments: [1, 2, 7, 100, 100_000])
    func `both sides open and know each other, however the bytes are cut`(size: Int) throws {
        let server = try End(try peers(.server, "node-1"))
        let client = try End(try peers(.client, "node-2"), peer: .dns("node-1"))
        exchange(client, server) { size }
        #expect(client.isOpen && server.isOpen)
        #expect(client.session?.applicationProtocol == "h2")
        #expect(server.session?.applicationProtocol == "h2")
        #expect(server.session?.peerCertificate == TestCertificates.shared.der("node-2"))
        #expect(client.session?.peerCertificate == TestCertificates.shared.der("node-1"))
        let text = (0..<50_000).map { UInt8(truncatingIfNeeded: $0) }
        try client.write(text)
        try server.write([1, 2, 3])
        exchange(client, server) { size }
        let isSame = server.read == text
        #expect(isSame)
        #expect(client.read == [1, 2, 3])
        client.session?.close()
        exchange(client, server) { size }
        #expect(server.session?.phase == .closedByPeer)
        #expect(server.failure == nil)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `random cuts change nothing`(seed: UInt64) throws {
        var numbers = SeededNumbers(seed: seed)
        let server = try End(try peers(.server, "node-2"))
        let client = try End(try peers(.client, "node-1"), peer: .address("127.0.0.1"))
        var expected: [UInt8] = []
        for _ in 0..<20 {
            exchange(client, server) { Int.random(in: 1...3000, using: &numbers) }
            guard client.isOpen else { continue }
            let piece = (0..<Int.random(in: 0...40_000, using: &numbers)).map { UInt8(truncatingIfNeeded: $0) }
            expected += piece
            try client.write(piece)
        }
        exchange(client, server) { Int.random(in: 1...3000, using: &numbers) }
        let isSame = server.read == expected
        #expect(isSame)
    }

    private func failures(
        client: TLSContext, server: TLSContext, peer: TLSPeerName = .dns("node-1")
    ) throws -> (client: TLSFailure?, server: TLSFailure?) {
        let server = try End(server)
        let client = try End(client, peer: peer)
        exchange(client, server) { 1000 }
        return (client.failure, server.failure)
    }

    private func isRefusal(_ failure: TLSFailure?) -> Bool {
        if case .refusedByPeer = failure { true } else { false }
    }

    @Test func `a client without a certificate is refused and told so`() throws {
        let failures = try failures(client: try peers(.client, nil), server: try peers(.server, "node-1"))
        #expect(failures.server == .noCertificate)
        #expect(isRefusal(failures.client))
    }

    @Test func `a client of another authority is refused`() throws {
        let failures = try failures(client: try peers(.client, "stranger"), server: try peers(.server, "node-1"))
        #expect(failures.server == .unknownAuthority)
        #expect(isRefusal(failures.client))
    }

    @Test func `a server of another authority is refused`() throws {
        let failures = try failures(
            client: try peers(.client, "node-1", authority: "other"), server: try peers(.server, "node-1"))
        #expect(failures.client == .unknownAuthority)
        #expect(isRefusal(failures.server))
    }

    @Test func `a server of another name is refused`() throws {
        let other = try failures(
            client: try peers(.client, "node-1"), server: try peers(.server, "node-2"), peer: .dns("node-1"))
        #expect(other.client == .wrongName)
        let address = try failures(
            client: try peers(.client, "node-1"), server: try peers(.server, "node-2"), peer: .address("10.0.0.1"))
        #expect(address.client == .wrongName)
    }

    @Test func `certificates that have expired or do not hold yet are refused`() throws {
        let later: Int64 = 4_000_000_000
        let expired = try failures(
            client: try peers(.client, "node-1"), server: try peers(.server, "node-1", checkedAt: later))
        #expect(expired.server == .expired)
        let early = try failures(
            client: try peers(.client, "node-1", checkedAt: 1_000_000_000), server: try peers(.server, "node-1"))
        #expect(early.client == .notYetValid)
    }

    @Test func `plain HTTP is told from TLS`() throws {
        for text in ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "SSH-2.0-OpenSSH_9\r\n"] {
            let server = try End(try peers(.server, "node-1"))
            server.receive(Array(text.utf8))
            #expect(server.failure == .notTLS, "\(text)")
        }
    }

    @Test func `sides without a common protocol or version part`() throws {
        let certificates = TestCertificates.shared
        var settings = TLSSettings.peers(
            .client, identity: certificates.identity("node-2"), authorities: certificates.authority("mesh"))
        settings.protocols = ["http/1.1"]
        let failures = try failures(client: try TLSContext(settings), server: try peers(.server, "node-1"))
        #expect(failures.server == .noCommonProtocol)
        #expect(failures.client == .noCommonProtocol)
    }

    @Test func `strangers may come without a certificate where that is optional`() throws {
        let certificates = TestCertificates.shared
        let registry = TLSSettings.registry(
            identity: certificates.identity("registry"), authorities: certificates.authority("mesh"))
        let server = try End(try TLSContext(registry))
        let client = try End(try peers(.client, nil), peer: .dns("localhost"))
        exchange(client, server) { 1000 }
        #expect(server.isOpen && server.session?.peerCertificate == nil)
        let refused = try failures(
            client: try peers(.client, "stranger"), server: try TLSContext(registry), peer: .dns("localhost"))
        #expect(refused.server == .unknownAuthority)
    }
}

@Suite struct `TLS settings` {
    private let certificates = TestCertificates.shared

    private func failure(_ settings: TLSSettings) -> TLSFailure? {
        do throws(TLSFailure) {
            _ = try TLSContext(settings)
            return nil
        } catch {
            return error
        }
    }

    @Test func `certificates and keys that can't be used are refused with a reason`() {
        let mesh = certificates.authority("mesh")
        let other = TLSSettings.Identity(
            certificates: certificates.bytes(of: "node-1.pem"), key: certificates.bytes(of: "node-2.key"))
        #expect(
            failure(.peers(.server, identity: other, authorities: mesh))
                == .badSettings("the private key is not the certificate's"))
        #expect(
            failure(.peers(.server, identity: nil, authorities: mesh))
                == .badSettings("a TLS server needs a certificate"))
        for bytes in [[], Array("nonsense".utf8), Array("-----BEGIN CERTIFICATE-----\nAAAA\n".utf8)] as [[UInt8]] {
            let identity = TLSSettings.Identity(certificates: bytes, key: certificates.bytes(of: "node-1.key"))
            #expect(failure(.peers(.server, identity: identity, authorities: mesh)) != nil)
        }
    }

    @Test func `a client must say whom it expects`() throws {
        let context = try peers(.client, "node-1")
        #expect(throws: TLSFailure.self) { _ = try TLSSession(context) { _ in } }
        #expect(throws: TLSFailure.self) { _ = try TLSSession(context, peer: .address("no address")) { _ in } }
    }

    @Test func `new settings are for new connections, and bad ones change nothing`() throws {
        let mesh = certificates.authority("mesh")
        let holder = try CurrentTLSContext(
            .peers(.server, identity: certificates.identity("node-1"), authorities: mesh))
        let old = try End(holder.current)
        #expect(throws: TLSFailure.self) {
            try holder.replace(by: .peers(.server, identity: nil, authorities: mesh))
        }
        try holder.replace(by: .peers(.server, identity: certificates.identity("node-2"), authorities: mesh))
        let new = try End(holder.current)
        for (server, name) in [(old, "node-1"), (new, "node-2")] {
            let client = try End(try peers(.client, "node-2"), peer: .dns(name))
            exchange(client, server) { 1000 }
            #expect(client.isOpen, "\(name)")
        }
    }
}

@Suite struct `TLS with damaged bytes` {
    /// Records of a whole conversation, damaged in places that the seed says: an error or silence, never a crash, and
    /// never other plaintext than what was sent.
    @Test(arguments: 0..<100 as Range<UInt64>)
    func `no mutation crashes or gives other plaintext`(seed: UInt64) throws {
        var numbers = SeededNumbers(seed: seed)
        let server = try End(try peers(.server, "node-1"))
        let client = try End(try peers(.client, "node-2"), peer: .dns("node-1"))
        let text = (0..<5000).map { UInt8(truncatingIfNeeded: $0) }
        var isWritten = false
        for _ in 0..<12 {
            if client.isOpen, !isWritten {
                try? client.write(text)
                isWritten = true
            }
            server.receive(damaged(client.takeSent(), &numbers))
            client.receive(damaged(server.takeSent(), &numbers))
        }
        #expect(text.starts(with: server.read))
        #expect(client.read.isEmpty)
    }

    private func damaged(_ bytes: [UInt8], _ numbers: inout SeededNumbers) -> [UInt8] {
        var bytes = bytes
        guard !bytes.isEmpty, Int.random(in: 0..<3, using: &numbers) == 0 else { return bytes }
        switch Int.random(in: 0..<4, using: &numbers) {
        case 0: bytes[Int.random(in: 0..<bytes.count, using: &numbers)] ^= UInt8.random(in: 1...255, using: &numbers)
        case 1: bytes.removeLast(Int.random(in: 1...bytes.count, using: &numbers))
        case 2: bytes.insert(contentsOf: bytes.prefix(100), at: Int.random(in: 0...bytes.count, using: &numbers))
        default: bytes = (0..<200).map { _ in UInt8.random(in: 0...255, using: &numbers) }
        }
        return bytes
    }
}
