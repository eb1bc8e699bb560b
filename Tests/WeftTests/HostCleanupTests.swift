// `weft host cleanup`: what its flags mean.
import ArgumentParser
import Testing

@testable import weft

@Suite struct `Host cleanup` {
    private func parse(_ words: String...) throws -> HostCleanupCommand {
        try #require(try Weft.parseAsRoot(["host", "cleanup"] + words) as? HostCleanupCommand)
    }

    @Test func `takes sizes and times with units`() throws {
        let command = try parse("--budget", "20GiB", "--reserve=0B", "--older-than", "7d")
        #expect(command.budget == 20 << 30 && command.reserve == 0 && command.olderThan == 7 * 86_400)
        #expect(try parse().budget == nil && parse().reserve == 5 << 30 && parse().olderThan == nil)
    }

    @Test(arguments: ["--budget=20", "--budget=-1B", "--reserve=many", "--older-than=7"])
    func `refuses numbers without a unit`(_ word: String) {
        #expect(throws: (any Error).self) { try parse(word) }
    }

    @Test func `takes neither images nor caches unless asked`() throws {
        let command = try parse()
        #expect(!command.images && !command.caches && !command.dryRun && !command.json)
    }
}
