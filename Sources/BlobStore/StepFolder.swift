// Results of steps by their digest: bytes of the caller's, checksummed.
package import Digests
import SystemPackage

package struct StepFolder: Sendable {
    let path: FilePath
    private let work: WorkArea
    let record: SealedRecord

    /// Bytes of one result.
    package static let recordBytesMax = 1 << 20

    init(path: FilePath, work: WorkArea, log: @escaping @Sendable (String) -> Void) {
        self.path = path
        self.work = work
        record = SealedRecord(
            kind: "step", version: 1, bytesMax: Self.recordBytesMax, useInterval: UseInterval.usual, log: log)
    }

    /// Nil when there is none, or only a damaged one.
    package func read(_ digest: StageDigest) -> [UInt8]? { record.read(path(of: digest)) }

    /// Replaces what was there, in one move.
    package func write(_ digest: StageDigest, _ bytes: [UInt8]) throws {
        let sealed = try record.sealed(bytes)
        let temporary = work.temporaryPath("step")
        do {
            try Disk.write(sealed, to: temporary)
            try Disk.rename(temporary, to: path(of: digest))
        } catch {
            try? Disk.remove(temporary)
            throw error
        }
    }

    /// Nothing there is no error.
    package func remove(_ digest: StageDigest) throws { try Disk.remove(path(of: digest)) }

    private func path(of digest: StageDigest) -> FilePath { path.appending(digest.hex) }
}
