// Repos page by page, out of folders in folders.
import Images
import Testing

@testable import RegistryServer

@Suite struct `Repos of a store` {
    @Test func `are found in the order of their names, from any name on`() throws {
        let scratch = try Scratch()
        let names = ["a", "a-b", "a-b/c", "a.b/c", "a/b", "a/b/c", "a0", "b/c/d/e", "b/c/d-e", "c", "z/a"]
        let manifest = try StoredManifest(TestImage("x").manifest.bytes, contentType: nil)
        for name in names { try scratch.contents.remember(manifest, tag: nil, of: #require(RepoName(name))) }
        let sorted = names.sorted()
        for last in [nil] + ["", "a-a", "a/", "a/b0", "b", "b/c/", "zz"].map(Optional.some) + names.map(Optional.some) {
            let rest = sorted.filter { name in last.map { name > $0 } ?? true }
            for count in [0, 1, 2, 5, 100] {
                let found = try scratch.contents.repos(after: last, count: count).map(\.text)
                #expect(found == Array(rest.prefix(count)), "\(last ?? "") \(count)")
            }
        }
    }
}
