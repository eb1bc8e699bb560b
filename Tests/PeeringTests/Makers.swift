// Nodes and others that sign results, honest and not, and a log that is read.
import Authority
import Digests
import Foundation
import Logging
import Stages
import Synchronization
import Testing

@testable import Peering

/// A mesh's authority and what it thinks of its peers; its time is a number.
final class Makers: Sendable {
    static let start: Int64 = 1_900_000_000

    let authority: MeshAuthority
    let log = HeardLog()
    private let time = Mutex(Makers.start)
    private let denied = Mutex(DenyList())

    init(_ name: String = "mesh") throws { authority = try MeshAuthority.create(name: name, now: Self.start) }

    func pass(_ seconds: Int64) { time.withLock { $0 += seconds } }
    func deny(_ line: String) throws {
        let list = try DenyList(line)
        denied.withLock { $0 = list }
    }

    func signer(_ name: String, role: PeerRole = .node) throws -> StepVerdicts.Signer {
        let key = NodeKey()
        let subject = try CertificateSubject(
            name: name, role: role, classes: role == .node ? [] : ["ci"],
            addresses: role == .node ? [HostAddress("127.0.0.1")] : [])
        let issued = try authority.issue(
            subject, to: key.publicKey, seconds: 30 * MeshAuthority.day, now: time.withLock { $0 })
        return try #require(StepVerdicts.Signer(key: key, certificate: issued.der))
    }

    /// What a peer says and believes that has this certificate; nil for one without.
    func verdicts(_ signer: StepVerdicts.Signer?, ahead: Int64 = 0) -> StepVerdicts {
        StepVerdicts(
            signer: signer, authority: authority.certificate, denial: { self.denied.withLock { $0 }.isDenied($0) },
            now: { self.time.withLock { $0 } + ahead }, logger: Logger(label: "test") { _ in self.log })
    }
}

/// Who is warned of, and why, a line each.
final class HeardLog: LogHandler, Sendable {
    private let heard = Mutex<[String]>([])

    var lines: [String] { heard.withLock { $0 } }
    var logLevel: Logger.Level {
        get { .warning }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let words = ["peer", "reason"].map { word in event.metadata?[word].map { "\($0)" } ?? "" }
        heard.withLock { $0.append(words.joined(separator: ": ")) }
    }
}
