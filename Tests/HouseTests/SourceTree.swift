// The repository's own files, as tests about the code read them.
import Foundation

/// One file of Swift or C.
struct SourceFile: CustomStringConvertible {
    /// Relative to the repository.
    let path: String
    let lines: [String]

    var description: String { path }
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    /// `Mesh` of `Sources/Mesh/Worker.swift`, `MeshTests` of `Tests/MeshTests/Seeds.swift`.
    var module: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
    var isSwift: Bool { path.hasSuffix(".swift") }

    /// The lines without comments and texts, numbered from 1.
    var code: [(number: Int, text: String)] {
        var isInText = false
        return lines.enumerated().compactMap { number, line in
            let wasInText = isInText
            if line.components(separatedBy: "\"\"\"").count.isMultiple(of: 2) { isInText.toggle() }
            guard !wasInText else { return nil }
            return (number + 1, Self.withoutTextsAndComments(line))
        }
    }

    private static func withoutTextsAndComments(_ line: String) -> String {
        var kept = ""
        var isInText = false
        var previous: Character = " "
        for character in line {
            if character == "\"", previous != "\\" { isInText.toggle() }
            if !isInText, character == "/", previous == "/" { return String(kept.dropLast()) }
            if !isInText { kept.append(character) }
            previous = previous == "\\" && character == "\\" ? " " : character
        }
        return kept
    }

    /// Modules that the file imports.
    var imports: [String] {
        code.compactMap { line in
            var words = line.text.split(separator: " ")
            while let first = words.first, first.hasPrefix("@") || ["package", "internal", "private"].contains(first) {
                words.removeFirst()
            }
            guard words.first == "import", words.count > 1 else { return nil }
            return words.last.map(String.init)
        }
    }
}

enum SourceTree {
    /// Found by the place of this file.
    static let root: URL = {
        var folder = URL(filePath: #filePath).resolvingSymlinksInPath()
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        return folder
    }()

    static let sources = files("Sources")
    static let tests = files("Tests")
    static let manifest = text("Package.swift")

    static func text(_ path: String) -> String {
        (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
    }

    private static func files(_ folder: String) -> [SourceFile] {
        let walk = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
        let paths = (walk?.allObjects as? [String] ?? []).sorted()
        return paths.filter { path in
            [".swift", ".c", ".h"].contains { path.hasSuffix($0) } && !path.contains("/Inputs/")
        }
        .map { path in
            let text = text(folder + "/" + path)
            return SourceFile(path: folder + "/" + path, lines: text.components(separatedBy: "\n"))
        }
    }
}
