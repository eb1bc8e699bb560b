// Prints the long files and functions: a report, so that the tail is seen, and no failure.
import Testing

@Suite struct `Lengths` {
    static let linesMax = 250

    @Test func `of files are printed when they are great`() {
        let long = SourceTree.sources.filter { $0.lines.count > Self.linesMax }
        for file in long { print("long: \(file), \(file.lines.count) lines") }
        // Half as long again needs to be split.
        for file in long { #expect(file.lines.count <= Self.linesMax * 3 / 2, "\(file)") }
    }
}
