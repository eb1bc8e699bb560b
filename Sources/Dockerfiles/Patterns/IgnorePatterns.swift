// Ignore files (.dockerignore): which paths of a context don't exist for the build.

package struct IgnorePatterns: Sendable, Equatable {
    private let patterns: [IgnorePattern]

    package var isEmpty: Bool { patterns.isEmpty }
    /// Cleaned, exceptions with their `!`.
    package var texts: [String] { patterns.map { ($0.isException ? "!" : "") + $0.text } }
    package var hasExceptions: Bool { patterns.contains { $0.isException } }

    /// No patterns: nothing is ignored.
    package init() { patterns = [] }

    private init(_ patterns: [IgnorePattern]) { self.patterns = patterns }

    /// Reads the bytes of an ignore file; `name` is only used in messages.
    package static func parse(_ bytes: [UInt8], name: String) throws(DockerfileError) -> IgnorePatterns {
        let source = try SourceText(bytes, file: name)
        var patterns: [IgnorePattern] = []
        for index in 0..<source.lineCount {
            do throws(Fault) {
                guard let pattern = try pattern(source.line(index), isFirst: index == 0) else { continue }
                guard patterns.count < DockerfileLimits.ignorePatternsMax else {
                    throw Fault("more than \(DockerfileLimits.ignorePatternsMax) patterns")
                }
                patterns.append(pattern)
            } catch {
                throw source.error(Fault(error.message, at: error.offset ?? source.line(index).startIndex))
            }
        }
        return IgnorePatterns(patterns)
    }

    /// Patterns in the form that lines of a file have.
    package init(_ texts: [String]) throws(GlobError) {
        var patterns: [IgnorePattern] = []
        for text in texts {
            let line = Array(text.utf8)[...].trimmingSpace()
            if !line.isEmpty { patterns.append(try Self.pattern(trimmed: line)) }
        }
        self.patterns = patterns
    }

    /// The values of `--exclude`, or a source of `COPY --parents`. Only the reader of ignore files takes leading slashes
    /// away: a pattern with one matches nothing here, as paths have none.
    package init(flags texts: [String]) throws(GlobError) {
        var patterns: [IgnorePattern] = []
        for text in texts {
            let line = Array(text.utf8)[...].trimmingSpace()
            guard !line.isEmpty else { continue }
            let cleaned = CleanPath.clean(line.text)
            guard cleaned != "!" else { throw GlobError(pattern: cleaned, reason: "nothing follows the '!'") }
            let isException = cleaned.utf8.first == UInt8(ascii: "!")
            patterns.append(
                try IgnorePattern(isException ? String(cleaned.dropFirst()) : cleaned, isException: isException))
        }
        self.patterns = patterns
    }

    /// nil for blank lines, and for comments, whose `#` is the first character of the line.
    private static func pattern(_ line: ArraySlice<UInt8>, isFirst: Bool) throws(Fault) -> IgnorePattern? {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let line = isFirst && line.starts(with: mark) ? line.dropFirst(mark.count) : line
        let trimmed = line.trimmingSpace()
        guard line.first != UInt8(ascii: "#"), !trimmed.isEmpty else { return nil }
        do {
            return try pattern(trimmed: trimmed)
        } catch {
            throw Fault(error.description, at: trimmed.startIndex)
        }
    }

    /// A leading slash means nothing: all patterns are relative to the root of the context.
    private static func pattern(trimmed line: ArraySlice<UInt8>) throws(GlobError) -> IgnorePattern {
        let isException = line.first == UInt8(ascii: "!")
        let body = isException ? line.dropFirst().trimmingSpace() : line
        guard !body.isEmpty else { throw GlobError(pattern: line.text, reason: "nothing follows the '!'") }
        var text = CleanPath.clean(body.text)
        if text.utf8.count > 1, text.utf8.first == UInt8(ascii: "/") { text = String(text.dropFirst()) }
        return try IgnorePattern(text, isException: isException)
    }

    /// Whether builders leave `path` (relative, slashes) out of the context: the last pattern that matches it or one
    /// of its parents decides. The root itself is never left out.
    ///
    /// A pattern is asked only where it would change the answer, and what it says of a directory holds for all below:
    /// an exception that matches a directory which nothing left out says nothing of what is in it (fsutil's walk with
    /// `MatchesUsingParentResults` of moby's patternmatcher).
    package func matches(_ path: String) -> Bool {
        guard hasExceptions else { return decide(path) { $0.matchesPathOrParent($1) } }
        let scalars = Array(CleanPath.clean(path).unicodeScalars)[...]
        guard !scalars.elementsEqual(".".unicodeScalars) else { return false }
        var matched = Array(repeating: false, count: patterns.count)
        for slash in scalars.indices where scalars[slash] == "/" && slash > scalars.startIndex {
            _ = decide(scalars[..<slash], &matched)
        }
        return decide(scalars, &matched)
    }

    /// `matched` says for each pattern whether it matched the parent, and then whether it matches `path`.
    private func decide(_ path: ArraySlice<Unicode.Scalar>, _ matched: inout [Bool]) -> Bool {
        var isIgnored = false
        for (index, pattern) in patterns.enumerated() {
            if !matched[index], pattern.isException == isIgnored { matched[index] = pattern.matches(path) }
            if matched[index] { isIgnored = !pattern.isException }
        }
        return isIgnored
    }

    /// Whether something below a directory that is left out may be wanted again.
    package func mayKeepSomething(below directory: String) -> Bool {
        guard hasExceptions else { return false }
        let folder = CleanPath.clean(directory) + "/"
        return folder == "./"
            || patterns.contains { $0.isException && ($0.isGlob || ($0.text + "/").hasPrefix(folder)) }
    }

    /// The older rule that werf's checksums still follow: of the parents only the one that has as many parts as the
    /// pattern counts. `**/node_modules` then matches `a/node_modules` but not `a/b/node_modules/file`.
    package func matchesOnlyEqualDepth(_ path: String) -> Bool {
        decide(path) { pattern, scalars in
            if pattern.matches(scalars) { return true }
            let slashes = scalars.indices.filter { scalars[$0] == "/" }
            guard pattern.parts.count >= 1, pattern.parts.count <= slashes.count else { return false }
            return pattern.matches(scalars[..<slashes[pattern.parts.count - 1]])
        }
    }

    private func decide(_ path: String, _ matches: (IgnorePattern, ArraySlice<Unicode.Scalar>) -> Bool) -> Bool {
        guard !patterns.isEmpty else { return false }
        let scalars = Array(CleanPath.clean(path).unicodeScalars)[...]
        guard !scalars.elementsEqual(".".unicodeScalars) else { return false }
        var isIgnored = false
        for pattern in patterns where pattern.isException == isIgnored && matches(pattern, scalars) {
            isIgnored.toggle()
        }
        return isIgnored
    }

    /// werf's question on its walk through a tree: must this directory be entered, or is it decided as a whole?
    /// Of the patterns that fit the directory so far the last one decides: complete means no, begun means yes.
    package func shouldGoThrough(directory: String) -> Bool {
        guard !patterns.isEmpty else { return false }
        let path = CleanPath.clean(directory)
        guard path != "." else { return true }
        let parts = Array(path.unicodeScalars).split(separator: "/")
        var result = false
        for pattern in patterns {
            switch pattern.progress(through: parts) {
            case .complete: result = false
            case .begun: result = true
            case .failed: break
            }
        }
        return result
    }
}

extension IgnorePattern {
    enum Progress {
        case begun, complete, failed
    }

    /// How far the pattern gets with the parts of a directory. Parts beyond a complete match don't matter.
    fileprivate func progress(through directory: [ArraySlice<Unicode.Scalar>]) -> Progress {
        var index = 0
        for part in directory {
            guard index < parts.count else { return .complete }
            guard parts[index].matches(part) else { return .failed }
            if !parts[index].spansParts { index += 1 }
        }
        return index < parts.count ? .begun : .complete
    }
}
