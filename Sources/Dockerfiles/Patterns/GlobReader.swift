// Reading the pieces that all globs share: escapes and brackets, with the syntax of Go's filepath.Match.

/// Why a pattern is malformed, as a phrase.
package struct GlobError: Error, Sendable, Equatable, CustomStringConvertible {
    package let pattern: String
    package let reason: String

    package var description: String { "malformed pattern \(quoted(pattern)): \(reason)" }
}

struct GlobReader {
    let pattern: String
    private let scalars: [Unicode.Scalar]
    private(set) var index = 0

    init(_ pattern: String) throws(GlobError) {
        self.pattern = pattern
        scalars = Array(pattern.unicodeScalars)
        guard pattern.utf8.count <= DockerfileLimits.globBytesMax else {
            throw failure("it has more than \(DockerfileLimits.globBytesMax) bytes")
        }
    }

    func failure(_ reason: String) -> GlobError { GlobError(pattern: pattern, reason: reason) }

    func peek() -> Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    mutating func take() -> Unicode.Scalar? {
        guard let scalar = peek() else { return nil }
        index += 1
        return scalar
    }

    mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard peek() == scalar else { return false }
        index += 1
        return true
    }

    /// Behind a backslash.
    mutating func escaped() throws(GlobError) -> Unicode.Scalar {
        guard let scalar = take() else { throw failure("the backslash at the end escapes nothing") }
        return scalar
    }

    /// Behind `[`: at least one character or range; `]` and `-` stand for themselves only when escaped.
    mutating func bracket(negations: String.UnicodeScalarView) throws(GlobError) -> ScalarClass {
        var result = ScalarClass()
        if let scalar = peek(), negations.contains(scalar) {
            index += 1
            result.isNegated = true
        }
        repeat {
            let low = try bracketed()
            let high = skip("-") ? try bracketed() : low
            guard low <= high else { throw failure("the range \(low)-\(high) is turned around") }
            result.ranges.append(low...high)
        } while !skip("]")
        return result
    }

    private mutating func bracketed() throws(GlobError) -> Unicode.Scalar {
        switch take() {
        case nil: throw failure("a bracket is not closed")
        case "]": throw failure("a bracket needs a character, or the end of a range, before it closes")
        case "-": throw failure("a '-' in brackets needs a character on both sides")
        case "\\": return try escaped()
        case let scalar?: return scalar
        }
    }
}
