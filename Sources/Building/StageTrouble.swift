// A stage that failed through something else than its own command: on a node, another try may do.
import BlobStore
import Mesh
import Registry

/// Where there is one host only it is a failure like any other.
package struct StageTrouble: Error, CustomStringConvertible {
    package enum Cause: Hashable, Sendable {
        /// A base could not be fetched: who may fetch it can send it.
        case base
        case fullDisk
        /// A file or layer on the disk was damaged; it was removed.
        case damage
        case missedLayer
    }

    package let cause: Cause
    package let description: String

    /// Nil for a fault of the stage itself.
    init?(_ error: any Error, _ description: String) {
        switch error {
        case is RegistryError: cause = .base
        case let error as StoreError where error.isDiskFull: cause = .fullDisk
        case StoreError.corrupt, StoreError.absentBlob: cause = .damage
        case is any RetryableFailure: cause = .missedLayer
        default: return nil
        }
        self.description = description
    }
}
