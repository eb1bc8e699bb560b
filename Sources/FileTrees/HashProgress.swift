// How far a hashing is: counted by its threads, read by whoever shows it.
import Synchronization

package final class HashProgress: Sendable {
    private let files = Atomic(0)
    private let bytes = Atomic(0)

    package init() {}

    package var fileCount: Int { files.load(ordering: .relaxed) }
    package var byteCount: Int { bytes.load(ordering: .relaxed) }

    func add(fileCount: Int) { files.add(fileCount, ordering: .relaxed) }
    func add(byteCount: Int) { bytes.add(byteCount, ordering: .relaxed) }
}
