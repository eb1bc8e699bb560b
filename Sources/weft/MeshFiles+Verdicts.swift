// With what a node signs its results, and by what those of others are checked: made of the files of its certificate.
import Authority
import Logging
import Peering
import SystemPackage

extension MeshFiles {
    func signer(_ read: Read) throws -> StepVerdicts.Signer {
        guard let signer = StepVerdicts.Signer(key: try NodeKey(file: FilePath(key)), certificate: read.leaf) else {
            throw UsageError("\(key) is not the key of \(certificate): `weft ca renew` makes a new pair")
        }
        return signer
    }
}

extension StepVerdicts {
    convenience init(
        _ files: MeshFiles, signer: Signer?, denial: @escaping @Sendable (CertifiedPeer) -> String?, _ logger: Logger
    ) throws {
        self.init(
            signer: signer, authority: try AuthorityCertificate(file: FilePath(files.authority)), denial: denial,
            now: { Clock.seconds }, logger: logger)
    }
}
