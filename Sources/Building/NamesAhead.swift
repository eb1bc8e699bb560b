// The names of a context's files before it is known whether they are committed.
import Stages
import Synchronization

/// Names an unstaged image without asking whether its sources are committed, and keeps what would have been asked.
final class NamesAhead: ContextNames {
    private let context: ImageContext
    private let asked = Mutex<[[String]]>([])

    init(_ context: ImageContext) { self.context = context }

    var sources: [[String]] { asked.withLock { $0 } }

    func unstagedChecksum(sources: [String]) throws -> String {
        asked.withLock { $0.append(sources) }
        return try context.checksum(sources: sources)
    }

    // Nothing else is asked for the name of a whole image.
    func stagedChecksum(globs: [String]) throws -> String { try context.stagedChecksum(globs: globs) }
    func stagedChecksum(paths: [String]) throws -> String { try context.stagedChecksum(paths: paths) }
    func contentName(patterns: [String]) throws -> String { try context.contentName(patterns: patterns) }
}
