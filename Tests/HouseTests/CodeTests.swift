// Rules about lines of code that a compiler doesn't know.
import Foundation
import Testing

@Suite struct `Code` {
    static let all = SourceTree.sources + SourceTree.tests

    /// Places of `words` in the code of `files`, as `path:line`. A word begins where it says: `Task {` is not in
    /// `addTask {`.
    static func places(of words: [String], in files: [SourceFile]) -> [String] {
        files.flatMap { file in
            file.code.filter { line in words.contains { isWord($0, in: line.text) } }.map { "\(file):\($0.number)" }
        }
    }

    private static func isWord(_ word: String, in text: String) -> Bool {
        var rest = text[...]
        while let found = rest.range(of: word) {
            let isWhole = word.first?.isLetter != true || text[..<found.lowerBound].last?.isLetter != true
            if isWhole { return true }
            rest = text[found.upperBound...]
        }
        return false
    }

    static func files(of modules: Set<String>) -> [SourceFile] {
        SourceTree.sources.filter { modules.contains($0.module) && $0.isSwift }
    }

    static let pure = files(of: `Modules`.values.union(`Modules`.machines))
    static let simulated = pure + files(of: ["Mesh"])

    @Test func `begins with a sentence that says what the file is for`() {
        #expect(Self.all.count > 100, "the repository was not found")
        for file in Self.all {
            let comment = file.lines.prefix { $0.hasPrefix("//") }.map { $0.drop { $0 == "/" } }.joined()
            let isSentence = comment.hasPrefix(" ") && comment.contains { ".:".contains($0) } && comment.count > 15
            #expect(isSentence, "\(file) begins with \(file.lines.first ?? "")")
        }
    }

    @Test func `lies in files that are named after what they hold`() {
        let vague: Set = ["utils", "util", "helpers", "helper", "common", "types", "extensions", "constants", "misc"]
        for file in Self.all {
            let words = file.name.split { $0 == "." || $0 == "+" }.map { $0.lowercased() }
            #expect(vague.isDisjoint(with: words), "\(file)")
            #expect(!file.name.contains(" ") && !file.name.contains("-"), "\(file)")
        }
    }

    @Test func `has nothing left to do`() {
        let marks = ["TO" + "DO", "FIX" + "ME", "HA" + "CK"]
        let found = Self.all.flatMap { file in
            file.lines.enumerated().filter { line in marks.contains { line.element.contains($0) } }
                .map { "\(file):\($0.offset + 1)" }
        }
        #expect(found == [])
    }

    /// They leave the simulation: nobody waits for them, and no seed orders them.
    @Test func `starts no task without a parent in values, machines and Mesh`() {
        let words = ["Task {", "Task(", "Task.detached", "Task.immediate"]
        #expect(Self.places(of: words, in: Self.simulated) == [])
    }

    @Test func `of values and machines has no actor, lock, clock or chance`() {
        let words = [
            "ContinuousClock", "SuspendingClock", "Date()", "clock_gettime", "SystemRandomNumberGenerator", "UUID(",
            ".random(in", ".randomElement(", ".shuffled(",
        ]
        #expect(Self.places(of: words, in: Self.simulated) == [])
        #expect(Self.places(of: ["actor ", "Mutex<", "Mutex(", "NSLock", "DispatchQueue"], in: Self.pure) == [])
    }

    @Test func `says how many events a stream keeps`() {
        for file in SourceTree.sources where file.isSwift {
            for (number, text) in file.code where text.contains("AsyncStream.makeStream(") {
                #expect(text.contains("bufferingPolicy"), "\(file):\(number)")
            }
        }
    }

    @Test func `says why it is safe where the compiler is told so`() {
        for file in SourceTree.sources where file.isSwift {
            let comments = file.lines.map { $0.contains("// Safety:") || $0.contains("/// Safety:") }
            for (number, text) in file.code {
                guard text.contains("@unchecked Sendable") || text.contains("nonisolated(unsafe)") else { continue }
                // Just above, or for the whole file at its top.
                let isNear = comments[max(0, number - 5)..<number].contains(true) || comments.prefix(12).contains(true)
                #expect(isNear, "\(file):\(number)")
            }
        }
    }

    @Test func `is public to nobody, and never traps by force`() {
        #expect(Self.places(of: ["public ", "open class"], in: SourceTree.sources.filter(\.isSwift)) == [])
        #expect(Self.places(of: ["try!", "as!", "fatalError("], in: SourceTree.sources.filter(\.isSwift)) == [])
    }

    @Test func `has no mark of a machine that it was written on`() {
        #expect(Self.places(of: ["#if os(", "/work/", "/root/"], in: SourceTree.sources) == [])
    }
}
