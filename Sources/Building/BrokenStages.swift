// Published stages of which a build found a part missing: whoever can write to the repo marks them as rejected.
package import Digests
import Synchronization

package final class BrokenStages: Sendable {
    private let found = Mutex<[StageID: String]>([:])

    func note(_ stage: StageID, reason: String) { found.withLock { $0[stage] = $0[stage] ?? reason } }

    /// Each stage with the reason, as a sentence; none of them is given a second time.
    package func take() -> [StageID: String] {
        found.withLock { found in
            defer { found = [:] }
            return found
        }
    }
}
