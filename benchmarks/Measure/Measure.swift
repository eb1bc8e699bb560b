// Runs one benchmark body a number of times, for callgrind; and writes one layer, for comparisons with other programs.
import BenchmarkBodies
import Glibc
import Layers
import SystemPackage

@main
struct Measure {
    private static let usage = """
        usage: Measure list                      the benchmarks whose instructions are counted
               Measure list-all                  these and those on several threads
               Measure run NAME ITERATIONS       prepares one of them once and runs it that often
               Measure layer FOLDER FILE CORES   writes FOLDER as a compressed layer; prints diff id and blob digest

        """

    static func main() {
        do {
            try run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            fail("Measure: \(error)\n", 1)
        }
    }

    private static func run(_ words: [String]) throws {
        switch (words.first, words.count) {
        case ("list", 1):
            for body in BenchmarkBody.all where body.isCounted { print(body.name) }
        case ("list-all", 1):
            for body in BenchmarkBody.all { print(body.name) }
        case ("run", 3):
            guard let body = BenchmarkBody.all.first(where: { $0.name == words[1] }) else {
                fail("Measure: no benchmark is named \(words[1]); Measure list names them\n", 2)
            }
            try run(body, times: try count(words[2]))
        case ("layer", 4): try writeLayer(FilePath(words[1]), FilePath(words[2]), cores: try count(words[3]))
        default: fail(usage, 2)
        }
    }

    private static func count(_ word: String) throws -> Int {
        guard let count = Int(word), count > 0 else { fail("Measure: \(word) is no count from 1 on\n", 2) }
        return count
    }

    private static func run(_ body: BenchmarkBody, times: Int) throws {
        let iteration = try body.prepare()
        for _ in 0..<times { try iteration() }
    }

    private static func writeLayer(_ folder: FilePath, _ path: FilePath, cores: Int) throws {
        guard unsafe setlocale(LC_CTYPE, "C.UTF-8") != nil else { fail("Measure: the locale C.UTF-8 is missing\n", 1) }
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
        let layer = try file.closeAfter {
            try LayerWriter(times: .kept).writeCompressed(folder, to: file, cores: cores)
        }
        print(layer.summary.diffID, layer.blob, layer.summary.byteCount, layer.blobByteCount)
    }

    private static func fail(_ text: String, _ code: Int32) -> Never {
        _ = try? FileDescriptor.standardError.writeAll(text.utf8)
        exit(code)
    }
}
