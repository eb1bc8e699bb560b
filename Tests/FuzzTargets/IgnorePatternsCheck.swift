// Ignore files and globs: the first line is a path, the rest are patterns, whose cleaned form must decide alike.
import Dockerfiles
import Projects

func checkIgnorePatterns(_ bytes: [UInt8]) throws(BrokenProperty) {
    let first = bytes.prefix { $0 != UInt8(ascii: "\n") }
    let (path, rest) = (String(decoding: first, as: UTF8.self), Array(bytes.dropFirst(first.count + 1)))
    let patterns: IgnorePatterns
    do throws(DockerfileError) {
        patterns = try IgnorePatterns.parse(rest, name: ".dockerignore")
    } catch {
        let lines = rest.count { $0 == UInt8(ascii: "\n") } + 1
        try require((1...lines).contains(error.location.line) && !error.message.isEmpty, "no place: \(error)")
        return
    }
    try checkCleaned(patterns, of: rest, path)
    try checkPaths(patterns, path)
    for text in patterns.texts { try checkGlobs(text, path) }
}

/// Cleaning is done once: the cleaned texts are the same patterns.
private func checkCleaned(
    _ patterns: IgnorePatterns, of bytes: [UInt8], _ path: String
) throws(BrokenProperty) {
    let bodies = patterns.texts.map { $0.hasPrefix("!") ? $0.dropFirst() : $0[...] }
    // A name that begins like an exception, or with white space, can only be written with `./` in front of it.
    guard !bytes.contains(UInt8(ascii: "!")) || !bytes.contains(UInt8(ascii: "/")) else { return }
    guard bodies.allSatisfy({ $0.utf8.first.map(isWord) ?? false && $0.utf8.last.map(isWord) ?? false }) else { return }
    guard let again = try? IgnorePatterns(patterns.texts) else {
        throw BrokenProperty(description: "taken once, and refused when cleaned: \(patterns.texts)")
    }
    try require(again == patterns, "cleaned twice: \(patterns.texts), \(again.texts)")
    try require(again.matches(path) == patterns.matches(path), "cleaned, they decide otherwise about \(path)")
}

private func isWord(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "!") }

private func checkPaths(_ patterns: IgnorePatterns, _ path: String) throws(BrokenProperty) {
    let isIgnored = patterns.matches(path)
    _ = patterns.matchesOnlyEqualDepth(path)
    _ = patterns.shouldGoThrough(directory: path)
    // Paths are relative to the context.
    guard !path.isEmpty, !path.hasPrefix("/") else { return }
    for same in ["./" + path, path + "/", path + "/."] {
        try require(patterns.matches(same) == isIgnored, "\(same) is decided otherwise than \(path)")
    }
    if isIgnored, !patterns.hasExceptions {
        try require(patterns.matches(path + "/x"), "\(path) is ignored, and what lies in it is not")
    }
}

private func checkGlobs(_ text: String, _ path: String) throws(BrokenProperty) {
    if let glob = try? GoGlob(text) {
        let isEqual = text.unicodeScalars.elementsEqual(path.unicodeScalars)
        let isMatch = glob.matches(path)
        try require(GoGlob.isPattern(text) || isMatch == isEqual, "\(text) is no pattern, and matches \(path) so")
        try require((try? GoGlob(text)) == glob, "read twice, it is another pattern: \(text)")
    }
    guard let pattern = PathPattern(text) else { return }
    let isPlain = !text.unicodeScalars.contains { "*?[]{}\\".unicodeScalars.contains($0) }
    try require(!isPlain || pattern.matches(text), "\(text) is no pattern, and does not match itself")
    _ = pattern.matches(path)
}
