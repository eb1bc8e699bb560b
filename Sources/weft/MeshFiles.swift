// Certificates of a node or client from disk: what TLS, signatures and rights are made of; read again when they change.
import Authority
import Foundation
import SystemPackage
import TLS

struct MeshFiles {
    let certificate: String
    let key: String
    let authority: String
    let denied: String?

    /// What one reading of the files gave.
    struct Read {
        let certificate: [UInt8]
        let key: [UInt8]
        let authority: [UInt8]
        let leaf: [UInt8]
        let peer: CertifiedPeer

        var identity: TLSSettings.Identity { TLSSettings.Identity(certificates: certificate, key: key) }

        func settings(_ side: TLSSettings.Side) -> TLSSettings {
            TLSSettings.peers(side, identity: identity, authorities: authority)
        }
    }

    func read() throws -> Read {
        let file = try CertificateFile(FilePath(certificate))
        return Read(
            certificate: Array(try CertificateFiles.read(FilePath(certificate)).utf8),
            key: Array(try CertificateFiles.read(FilePath(key)).utf8),
            authority: Array(try CertificateFiles.read(FilePath(authority)).utf8), leaf: file.leafDER, peer: file.leaf)
    }

    func denyList() throws -> DenyList {
        guard let denied, CertificateFiles.exists(FilePath(denied)) else { return DenyList() }
        return try DenyList(file: FilePath(denied))
    }

    /// When any of the files changed last, Unix seconds.
    var changedAt: TimeInterval {
        [certificate, key, authority, denied ?? ""].map { path in
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            return (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        }.reduce(0, max)
    }
}
