// git's status, asked once for everybody who needs it in one build: on a large tree it is what costs most.
import Synchronization

package final class SeenChanges: Sendable {
    private let repository: Repository
    private let seen = Mutex<[WorkTreeChange]?>(nil)

    package init(_ repository: Repository) { self.repository = repository }

    /// What `Repository.changes` gave the first time.
    package func all() throws -> [WorkTreeChange] {
        try seen.withLock { seen in
            if let seen { return seen }
            let changes = try repository.changes()
            seen = changes
            return changes
        }
    }
}
