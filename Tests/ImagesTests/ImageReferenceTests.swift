// Names of images: the grammar of the distribution project, its normal form, and what it refuses.
import Digests
import Images
import Testing

private let digestText = "sha256:" + String(repeating: "a", count: 64)

@Suite struct `Image references` {
    @Test(arguments: [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("team/app", "docker.io/team/app:latest"),
        ("docker.io/nginx", "docker.io/library/nginx:latest"),
        ("index.docker.io/team/app:v1", "docker.io/team/app:v1"),
        ("localhost/app", "localhost/app:latest"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("Registry.Example.com:443/a/b/c:T_1.x-y", "registry.example.com:443/a/b/c:T_1.x-y"),
        ("[::1]:5000/app:x", "[::1]:5000/app:x"),
        // Only its capitals tell that this is a host.
        ("HOST/app", "HOST/app:latest"),
        ("LocalHost/app", "localhost/app:latest"),
        ("test:5000/repo", "test:5000/repo:latest"),
        ("a__b/c--d/e.f:tag", "docker.io/a__b/c--d/e.f:tag"),
        ("nginx@" + digestText, "docker.io/library/nginx@" + digestText),
        ("nginx:1@" + digestText, "docker.io/library/nginx:1@" + digestText),
    ])
    func `have a normal form`(text: String, normal: String) throws {
        let reference = try ImageReference(text)
        #expect(reference.normal == normal)
        #expect(reference.text == text)
        #expect(try ImageReference(normal) == reference)
    }

    @Test func `are taken apart`() throws {
        let reference = try ImageReference("localhost:5000/team/app:v1@" + digestText)
        #expect(reference.repository.registry == "localhost:5000")
        #expect(reference.repository.path == "team/app")
        #expect(reference.tag == "v1")
        #expect(reference.digest == BlobDigest(digestText))
        #expect(reference.target == digestText)
        #expect(try ImageReference("nginx").target == "latest")
    }

    @Test(arguments: [
        "", ":", "@", "/", "nginx:", "nginx:-x", "nginx:.x", "nginx@", "nginx@sha256:abc", "Nginx", "a//b", "/a", "a/",
        "a_-b", "a___b", "a..b", "-a", "a-", ".a", "_a", "nginx:a b", "a b",
        "nginx:" + String(repeating: "t", count: 129),
        "host:port/a", "host:0/a", "host:65536/a", "host:99999999999/a", "[::1/a", "[::g]/a", "-h.x/a", "h..x/a",
        "nginx@sha512:" + String(repeating: "a", count: 128), "nginx@" + digestText + "x",
        "nginx@sha256:../../etc/passwd",
        "nginx@@" + digestText, String(repeating: "a", count: 64), String(repeating: "a", count: 256) + "/b",
        String(repeating: "a/", count: 100_000), "ngïnx", "nginx:ï", "http://nginx", "nginx\n", "a/b/../c", "scratch",
        "docker.io/library/scratch", "\u{0}",
    ])
    func `that are none are refused with a reason`(text: String) {
        #expect(throws: ImageError.self) { try ImageReference(text) }
    }

    @Test func `say what is wrong`() {
        #expect(throws: ImageError.reference(text: "Nginx", reason: "a repository's path has no upper-case letters")) {
            try ImageReference("Nginx")
        }
        let error = #expect(throws: ImageError.self) { try ImageReference("a\u{1b}[31m") }
        #expect(error?.description.contains("\u{1b}") == false)
        #expect(error?.description.hasPrefix(#""a\u{1b}[31m" doesn't name an image: "#) == true)
    }

    @Test func `of a repository have no tag`() throws {
        #expect(try RepositoryName("localhost:5000/app").description == "localhost:5000/app")
        #expect(try RepositoryName("App.Example/x") == RepositoryName("app.example/x"))
        #expect(throws: ImageError.self) { try RepositoryName("localhost:5000/app:tag") }
        #expect(throws: ImageError.self) { try RepositoryName("app@" + digestText) }
    }

    @Test func `are made of checked parts`() throws {
        let repository = try RepositoryName("localhost:5000/app")
        #expect(ImageReference(repository, tag: "v1")?.normal == "localhost:5000/app:v1")
        #expect(ImageReference(repository, tag: "a/b") == nil)
    }
}

@Suite struct `Platforms` {
    @Test(arguments: [
        ("linux/amd64", "linux/amd64"), ("linux/x86_64", "linux/amd64"), ("linux/arm64/v8", "linux/arm64"),
        ("linux/aarch64", "linux/arm64"), ("linux/arm", "linux/arm/v7"), ("linux/armhf", "linux/arm/v7"),
        ("linux/armel", "linux/arm/v6"), ("Linux/AMD64", "linux/amd64"), ("linux/i386", "linux/386"),
        ("linux/amd64/v1", "linux/amd64"),
    ])
    func `are normal as containerd's are`(text: String, normal: String) throws {
        #expect(try Platform(text).description == normal)
    }

    @Test(arguments: ["", "linux", "linux/", "/amd64", "linux/amd64/v1/x", "linux/a b", "linux/ä"])
    func `that are none are refused`(text: String) {
        #expect(throws: ImageError.self) { try Platform(text) }
    }

    @Test func `an older variant runs on a newer one, and never another architecture`() throws {
        func distance(_ wanted: String, _ offered: String) throws -> Int? {
            try Platform(wanted).distance(to: Platform(offered))
        }
        #expect(try distance("linux/arm/v7", "linux/arm/v6") == 1)
        #expect(try distance("linux/arm/v6", "linux/arm/v7") == nil)
        #expect(try distance("linux/amd64", "linux/amd64/v3") == nil)
        #expect(try distance("linux/amd64/v3", "linux/amd64") == 2)
        #expect(try distance("linux/arm64", "linux/arm/v7") == nil)
        #expect(try distance("linux/amd64", "windows/amd64") == nil)
    }
}
