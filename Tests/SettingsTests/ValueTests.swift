// Sizes, durations, addresses, patterns and principals, one by one.
import Testing

@testable import Settings

@Suite struct `A size` {
    @Test(arguments: [
        ("0B", 0, "0B"), ("1B", 1, "1B"), ("2 KiB", 2_048, "2KiB"), ("20GiB", 20 << 30, "20GiB"),
        ("1024MiB", 1 << 30, "1GiB"), ("3TiB", 3 << 40, "3TiB"), ("5MB", 5_000_000, "5000000B"),
        ("1kB", 1_000, "1000B"),
    ])
    func `is read and written`(text: String, bytes: Int, shown: String) {
        #expect(ByteSize(text)?.bytes == bytes)
        #expect(ByteSize(text)?.description == shown)
    }

    @Test(arguments: [
        "", "B", "1", "-1B", "+1B", "1.5GiB", "1 G", "1gib", "0x1B", "9223372036854775808B", "9000000TiB",
    ])
    func `is nothing else`(text: String) { #expect(ByteSize(text) == nil) }
}

@Suite struct `A duration` {
    @Test(arguments: [
        ("0s", Duration.zero, "0s"), ("1500ms", .milliseconds(1_500), "1500ms"), ("60s", .seconds(60), "1m"),
        ("90 m", .seconds(5_400), "90m"), ("48h", .seconds(172_800), "2d"),
    ])
    func `is read and written`(text: String, duration: Duration, shown: String) {
        #expect(TimeSpan(text)?.duration == duration)
        #expect(TimeSpan(text)?.description == shown)
    }

    @Test(arguments: ["", "s", "1", "-1s", "1.5s", "1 sec", "1S", "1h30m", "40000d", "9223372036854775807d"])
    func `is nothing else`(text: String) { #expect(TimeSpan(text) == nil) }
}

@Suite struct `An endpoint` {
    @Test(arguments: ["10.0.0.1:5090", "[::1]:1", "[fd00::1]:65535", "a.example.com:80", "localhost:5080", "A-1:2"])
    func `is read and written`(text: String) { #expect(Endpoint(text)?.description == text) }

    @Test(arguments: [
        "", ":", ":1", "a", "a:", "a:0", "a:65536", "a:-1", "a:+1", "a:1 ", " a:1", "::1:1", "[a]:1", "[]:1", "[::1]",
        "a_b:1", "http://a:1", "a/b:1", "a:1:2", "[::1%eth0]:1", "ä:1",
    ])
    func `is nothing else`(text: String) { #expect(Endpoint(text) == nil) }

    @Test func `knows who can reach it`() {
        let loopback = ["127.0.0.1:1", "127.0.0.3:1", "[::1]:1", "localhost:1"].map { Endpoint($0)?.isLoopback }
        #expect(loopback == [true, true, true, true])
        #expect(Endpoint("10.0.0.1:1")?.isLoopback == false)
        #expect(Endpoint("0.0.0.0:1")?.isWildcard == true && Endpoint("[::]:1")?.isWildcard == true)
        #expect(Endpoint("10.0.0.1:1")?.isWildcard == false)
    }
}

@Suite struct `A pattern of repos` {
    @Test(arguments: [
        ("**", "a", true), ("**", "a/b/c", true), ("*", "a", true), ("*", "a/b", false), ("shop/*", "shop/api", true),
        ("shop/*", "shop", false), ("shop/*", "shop/api/v1", false), ("shop/**", "shop", true),
        ("shop/**", "shop/api/v1", true), ("shop/**", "shopping/api", false), ("**/api", "api", true),
        ("**/api", "shop/v1/api", true), ("**/api", "shop/apis", false), ("a/**/b", "a/b", true),
        ("a/**/b", "a/x/y/b", true), ("a/**/b", "a/x/y", false), ("team-*/api", "team-1/api", true),
        ("team-*/api", "team-/api", true), ("*a*b", "xaxxb", true), ("*a*b", "xaxxbc", false), ("shop", "shop", true),
        ("shop", "shop/api", false), ("localhost:5000/shop/*", "localhost:5000/shop/api", true), ("**/**", "a", true),
    ])
    func `matches`(pattern: String, repo: String, isMatch: Bool) {
        #expect(RepoPattern(pattern)?.matches(repo) == isMatch)
    }

    @Test(arguments: ["", "/", "a/", "/a", "a//b", "A", "a b", "a/../b", ".", "***", "a**", "**a", "a?", "[a]"])
    func `is nothing else`(text: String) { #expect(RepoPattern(text) == nil) }

    /// Each star could be tried at each place; patterns are the admin's, names are everybody's.
    @Test func `never takes long`() throws {
        let pattern = try #require(RepoPattern(String(repeating: "*a", count: 100) + "b"))
        #expect(!pattern.matches(String(repeating: "a", count: 20_000)))
        let deep = try #require(RepoPattern(String(repeating: "**/a/", count: 40) + "b"))
        #expect(!deep.matches(String(repeating: "a/", count: 2_000) + "c"))
    }
}

@Suite struct `A principal` {
    @Test(arguments: ["user:ann", "client:ci", "node:a", "class:default", "anyone"])
    func `is read and written`(text: String) { #expect(Principal(text)?.description == text) }

    @Test(arguments: ["", "ann", "user:", "user:A", "users:ann", "anyone:x", "user:ann:x", "*"])
    func `is nothing else`(text: String) { #expect(Principal(text) == nil) }

    @Test func `may do what a rule says, where it says`() throws {
        let rule = RepoRule(repos: try [#require(RepoPattern("shop/*"))], who: [.user("ann"), .ofClass("ci")])
        #expect(rule.allows([.user("ann")], repo: "shop/api"))
        #expect(rule.allows([.client("x"), .ofClass("ci")], repo: "shop/api"))
        #expect(!rule.allows([.user("ann")], repo: "shop"))
        #expect(!rule.allows([.client("ann")], repo: "shop/api"))
        #expect(!rule.allows([], repo: "shop/api"))
    }
}
