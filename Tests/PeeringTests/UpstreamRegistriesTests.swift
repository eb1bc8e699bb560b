// Whose repo a name is, and how the upstream calls it.
import Images
import Testing

@testable import Peering
@testable import Settings

@Suite struct `Upstreams of a node` {
    private func upstream(_ name: String, _ url: String) -> Upstream { Upstream(name: name, url: url, allow: []) }

    @Test(arguments: [
        ("https://registry-1.docker.io", "library/debian", "docker.io/library/debian"),
        ("https://index.docker.io", "library/debian", "docker.io/library/debian"),
        ("https://mirror.example/team/hub", "app", "mirror.example/team/hub/app"),
        ("http://10.0.0.1:5000", "app", "10.0.0.1:5000/app"),
        ("http://mirror", "app", "mirror:80/app"),
        ("https://mirror/deep", "app", "mirror:443/deep/app"),
    ])
    func `are asked for their own names`(url: String, path: String, expected: String) throws {
        #expect(try UpstreamRegistries.repository(path, of: upstream("x.example", url)).description == expected)
    }

    @Test func `own what begins with their names, and Docker Hub the rest`() throws {
        let (quay, hub) = (
            upstream("quay.example", "https://quay.example"), upstream("docker.io", "https://registry-1.docker.io")
        )
        func found(_ repo: String, _ upstreams: [Upstream]) -> String? {
            UpstreamRegistries.upstream(of: repo, in: upstreams).map { "\($0.0.name) \($0.path)" }
        }
        #expect(found("quay.example/a/b", [quay, hub]) == "quay.example a/b")
        #expect(found("docker.io/library/b", [quay, hub]) == "docker.io library/b")
        #expect(found("library/b", [quay, hub]) == "docker.io library/b")
        #expect(found("quay.example.org/b", [quay]) == nil)
        #expect(found("quay.example", [quay]) == nil)
    }

    @Test func `without TLS are those whose address says so`() throws {
        let hosts = try UpstreamRegistries.plainHTTPHosts(of: [
            upstream("a.example", "http://a.example:5000/x"), upstream("b.example", "https://b.example"),
        ])
        #expect(hosts == ["a.example:5000"])
    }
}
