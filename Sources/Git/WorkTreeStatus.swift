// What in the work tree is not in the commit: changed, staged and untracked files, ignored ones left out.
package import FileTrees

/// One path that differs.
package struct WorkTreeChange: Sendable, Equatable {
    package let path: PathBytes
    package let isUntracked: Bool
    /// A submodule with another commit checked out, changes or untracked files: it stands for all of its files.
    package let isSubmodule: Bool
}

extension Repository {
    /// All differences between HEAD, index and work tree, in git's order.
    package func changes() throws(GitError) -> [WorkTreeChange] {
        try Self.changes(git.run(Self.statusArguments, in: workTree))
    }

    private static let statusArguments = ["status", "--porcelain=v2", "-z", "--untracked-files=all", "--no-renames"]

    /// Starts to look for them.
    func beginChanges() throws -> RunningGit { try git.begin(Self.statusArguments, in: workTree) }

    /// What `begun` found.
    func changes(_ begun: RunningGit) throws -> [WorkTreeChange] {
        let answer = try begun.answer()
        guard answer.status == .exited(0) else { throw git.failure(Self.statusArguments, answer, in: workTree) }
        return try Self.changes(answer.output)
    }

    private static func changes(_ output: [UInt8]) throws(GitError) -> [WorkTreeChange] {
        var changes: [WorkTreeChange] = []
        for record in output.split(separator: 0) {
            guard let change = WorkTreeChange(record: record) else {
                throw .unexpectedOutput(command: "status", String(decoding: record.prefix(200), as: UTF8.self))
            }
            changes.append(change)
        }
        return changes
    }

    /// The changed paths that `matcher`, which sees paths from the top of the work tree, matches.
    package func uncommitted(matching matcher: some PathMatcher) throws(GitError) -> [PathBytes] {
        try changes().filter { $0.isSubmodule ? matcher.isOfInterest($0.path) : matcher.isMatched($0.path) }.map(\.path)
    }
}

extension WorkTreeChange {
    /// `1 XY sub mH mI mW hH hI path`, `u XY sub m1 m2 m3 mW h1 h2 h3 path`, `? path`.
    fileprivate init?(record: ArraySlice<UInt8>) {
        let fieldCount: Int
        switch record.first {
        case UInt8(ascii: "1"): fieldCount = 8
        case UInt8(ascii: "u"): fieldCount = 10
        case UInt8(ascii: "?"): fieldCount = 1
        default: return nil
        }
        let fields = record.split(separator: UInt8(ascii: " "), maxSplits: fieldCount, omittingEmptySubsequences: false)
        guard fields.count == fieldCount + 1, let path = fields.last, !path.isEmpty else { return nil }
        // git names an untracked repository inside the work tree with a slash at its end.
        let isFolder = path.last == UInt8(ascii: "/")
        self.init(
            path: PathBytes(isFolder ? path.dropLast() : path), isUntracked: fieldCount == 1,
            isSubmodule: fieldCount > 1 && fields[2].first == UInt8(ascii: "S") || isFolder)
    }
}
