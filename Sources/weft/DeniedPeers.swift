// Certificates that count no more, as the deny list says now.
import Authority
import Synchronization

final class DeniedPeers: Sendable {
    private let list: Mutex<DenyList>

    init(_ list: DenyList) { self.list = Mutex(list) }

    var current: DenyList { list.withLock { $0 } }

    func replace(by list: DenyList) { self.list.withLock { $0 = list } }

    /// Why the certificate (DER) is refused; nil when it is not.
    func refusal(of certificate: [UInt8]) -> String? {
        guard let peer = try? CertifiedPeer(der: certificate) else { return "it is no certificate of a mesh" }
        return list.withLock { $0.isDenied(peer) }.map { "\(peer.name) is denied: \($0)" }
    }
}
