// Addresses: one reading only, and no way around the comparison of hosts.
import AsyncHTTPClient
import NIOHTTP1
import Testing

@testable import Registry

@Suite struct `Web addresses` {
    @Test(arguments: [
        ("https://Example.COM", "https://example.com/"),
        ("HTTPS://example.com:443/a?b#c", "https://example.com/a?b"),
        ("http://example.com:80", "http://example.com/"),
        ("http://example.com:8080/a b", "http://example.com:8080/a%20b"),
        ("http://[::1]:5000/x", "http://[::1]:5000/x"),
        ("https://a.example?x=1", "https://a.example/?x=1"),
        ("https://a.example/ä%20", "https://a.example/%C3%A4%20"),
        ("https://a.example\\@evil.example/", "https://a.example/%5C@evil.example/"),
    ])
    func `are written in one way`(text: String, written: String) {
        #expect(WebAddress(text)?.text == written)
    }

    @Test(arguments: [
        "", "example.com", "ftp://example.com/", "file:///etc/passwd", "http://", "http:///x", "http://name@host/",
        "http://name:secret@host/", "http://host:0/", "http://host:65536/", "http://host:+1/", "http://host:1:2/",
        "http://[::1/", "http://[::1]x/", "http://a b/", "http://ä.example/", "http://a%2eb/", "http://a\u{0}b/",
        "http://a\r\nb/", "unix:///x", "https:/example.com", "http://" + String(repeating: "a", count: 20_000),
    ])
    func `that could be read in two ways are refused`(text: String) {
        #expect(WebAddress(text) == nil)
    }

    @Test(arguments: [
        ("/x?y", "https://a.example:8443/x?y"), ("?n=1", "https://a.example:8443/v2/app/tags/list?n=1"),
        ("next", "https://a.example:8443/v2/app/tags/next"), ("//b.example/x", "https://b.example/x"),
        ("http://b.example/x#f", "http://b.example/x"),
        ("/x?u=http://b.example", "https://a.example:8443/x?u=http://b.example"),
    ])
    func `are resolved`(reference: String, written: String) throws {
        let base = try #require(WebAddress("https://a.example:8443/v2/app/tags/list?n=5"))
        #expect(base.resolving(reference)?.text == written)
    }

    @Test func `show no query`() {
        #expect(WebAddress("https://a.example/x?signature=secret").map { "\($0)" } == "https://a.example/x")
    }

    @Test(arguments: [
        ("localhost", true), ("127.0.0.1", true), ("127.9.8.7", true), ("[::1]", true), ("a.localhost", true),
        ("127.0.0.1.evil.example", false), ("localhost.evil.example", false), ("10.0.0.1", false), ("127.0.0", false),
    ])
    func `know their own machine`(host: String, isLoopback: Bool) {
        #expect(WebAddress.isLoopback(host) == isLoopback)
    }
}

@Suite struct `Redirects` {
    private func next(_ from: String, _ to: String, leavesTLS: Bool = false) throws -> Request? {
        var request = Request(.GET, try #require(WebAddress(from)))
        request.headers.add(name: "Authorization", value: "Basic x")
        request.mayLeaveTLS = leavesTLS
        let answer = Answer(
            status: 302, headers: ["Location": to], body: .init(), address: request.address)
        return try Redirect(of: request, answered: answer, Asked(what: "x", host: "x"))?.request
    }

    @Test(arguments: [
        ("https://a.example/", "https://a.example/y", true), ("https://a.example/", "/y", true),
        ("https://a.example/", "https://a.example:8443/y", false), ("https://a.example/", "https://b.example/", false),
        ("http://a.example/", "https://a.example/", false),
    ])
    func `take credentials only to the same origin`(from: String, to: String, keeps: Bool) throws {
        #expect(try next(from, to)?.headers.contains(name: "Authorization") == keeps)
    }

    @Test func `never leave TLS, unless the bytes are checked`() throws {
        #expect(throws: RegistryError.self) { try next("https://a.example/", "http://a.example/") }
        #expect(try next("https://a.example/", "http://a.example/", leavesTLS: true)?.address.scheme == .http)
        #expect(throws: RegistryError.self) { try next("https://a.example/", "ftp://a.example/") }
    }
}

@Suite struct `Dates of HTTP` {
    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000),
    ])
    func `are read`(text: String, seconds: Int64) {
        #expect(HTTPDate.seconds(text) == seconds)
    }

    @Test(arguments: ["", "now", "Sun, 06 Nov 1994", "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT"])
    func `that are none aren't`(text: String) {
        #expect(HTTPDate.seconds(text) == nil)
    }
}
