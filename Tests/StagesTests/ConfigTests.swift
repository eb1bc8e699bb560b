// Changes of the configuration, beyond what the conformance cases show.
import Images
import Stages
import Testing

@Suite struct `Configuration of images` {
    private static let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    private func config(_ text: String) throws -> ContainerConfig { try lower(recipe(text)).config() }

    @Test func `scratch alone is an image with a PATH and a directory`() throws {
        let image = try lower(recipe("FROM scratch\n"))
        #expect(image.stages.count == 1)
        #expect(image.config().environment.entries == [Self.path])
        #expect(image.config().workingDirectory == "/")
        #expect(try config("FROM scratch AS a\nFROM a AS b\nFROM b\nARG X\n").workingDirectory == "/")
    }

    @Test func `a base without PATH gets the usual one, also when nothing follows`() throws {
        #expect(try config("FROM base\n").environment.entries == [Self.path])
        #expect(try config("FROM base AS a\nFROM a\nENV X=$PATH\n").environment.entries.first == Self.path)
        let own = try base("base") { $0.config.environment = ["A=1", "PATH=/p"] }
        let image = try lower(recipe("FROM base\nENV B=2\n"), bases: ["base": own])
        #expect(image.config().environment.entries == ["A=1", "PATH=/p", "B=2"])
    }

    @Test func `a base alone stays as it is`() throws {
        let own = try base("base") { $0.config.environment["PATH"] = "/p" }
        let image = try lower(recipe("FROM base\n"), bases: ["base": own])
        #expect(image.stages.map(\.publicity) == [.base])
        #expect(image.last == StageIndex(image: 0, number: 0))
    }

    @Test func `triggers are spent, also when they make no stage`() throws {
        let parent = try base("base") { $0.config.onBuild = ["ARG A=1"] }
        #expect(try lower(recipe("FROM base\n"), bases: ["base": parent]).config().onBuild.isEmpty)
        #expect(try config("FROM base AS a\nONBUILD USER x\nFROM a\n").onBuild.isEmpty)
        #expect(try config("FROM base AS a\nONBUILD USER x\nFROM a\n").user == "x")
        #expect(try config("FROM base AS a\nONBUILD USER x\nFROM a\nONBUILD USER y\n").onBuild == ["USER y"])
    }

    @Test(arguments: [
        ("80", ["80/tcp"]), ("80/", ["80/tcp"]), ("080/UDP", ["80/udp"]), ("7-9/sctp", ["7/sctp", "8/sctp", "9/sctp"]),
        ("127.0.0.1:8080:80", ["80/tcp"]), ("8080:80/udp", ["80/udp"]), ("[::1]:80:80", ["80/tcp"]),
        ("1-2:3-4", ["3/tcp", "4/tcp"]), ("8000-9000:80", ["80/tcp"]), ("0", ["0/tcp"]), ("65535", ["65535/tcp"]),
    ])
    func `ports`(_ text: String, _ ports: [String]) throws {
        #expect(try config("FROM base\nEXPOSE \(text)\n").exposedPorts == Set(ports))
    }

    @Test(arguments: ["65536", "-1", "a", "80/http", "9-8", "1-2-3", "x:80", "1-2:3-5", "host:1:80", "/tcp"])
    func `what is no port is refused`(_ text: String) {
        #expect(refusal("FROM base\nEXPOSE \(text)\n").hasPrefix("Dockerfile:2:1: "))
    }

    @Test(arguments: ["SIGTERM", "term", "SIGRTMIN+3", "rtmax-14", "9", "-1", "KILL"])
    func `signals`(_ signal: String) throws {
        #expect(try config("FROM base\nSTOPSIGNAL \(signal)\n").stopSignal == signal)
    }

    @Test(arguments: ["SIGNOPE", "0", "SIGRTMIN+16", "RTMAX-15", "SIG", "$NOTHING"])
    func `what is no signal is refused`(_ signal: String) {
        #expect(refusal("FROM base\nSTOPSIGNAL \(signal)\n").hasPrefix("Dockerfile:2:1: "))
    }

    @Test(arguments: [
        ("WORKDIR a\nWORKDIR b/../c\nWORKDIR ./d/", "/a/c/d", "/a/c/d"), ("WORKDIR /a//b/", "/a//b/", "/a/b"),
        ("WORKDIR /a/../b", "/a/../b", "/b"), ("WORKDIR /a/\nWORKDIR b", "/a/b", "/a/b"),
        ("WORKDIR /a\nWORKDIR $NOTHING", "/a", "/a"), ("WORKDIR ../..", "/", "/"), ("WORKDIR //", "//", "/"),
    ])
    func `a directory is kept as it is written, and used cleaned`(_ text: String, _ kept: String, _ used: String) throws
    {
        let image = try lower(recipe("FROM base\n\(text)\nRUN x\n"))
        #expect(image.config().workingDirectory == kept)
        #expect(image.runs()[0].workingDirectory == used)
    }

    @Test func `the root is not made, other directories are, as the user of the moment`() throws {
        let image = try lower(recipe("FROM base\nUSER me\nWORKDIR /\nWORKDIR /a\n"))
        let made = image.stages.compactMap { stage -> String? in
            guard case .makeDirectory(let path, let owner) = stage.work else { return nil }
            return path + " " + owner
        }
        #expect(made == ["/a me"])
    }

    @Test func `a step keeps its name when only the configuration around it changes`() throws {
        func last(_ text: String) throws -> NameRule? { try lower(recipe(text)).stages.last?.rule }
        #expect(try last("FROM base\nCOPY a /b\n") == last("FROM base\nLABEL x=1\nCOPY a /b\n"))
        #expect(
            try last("FROM base\nLABEL x=1\nCOPY a /b\n")?.inputs
                == last("FROM base\nLABEL x=2\nCOPY a /b\n")?.inputs)
        #expect(try last("FROM base\nENV X=1\nRUN a\n")?.inputs != last("FROM base\nENV X=2\nRUN a\n")?.inputs)
    }

    @Test func `the history has a line for each instruction but ARG`() throws {
        let image = try lower(recipe("FROM base\nARG A=1\nENV B=2\nRUN x\nUSER u\n"))
        #expect(image.stages.compactMap(\.history).count == 3)
        #expect(image.stages.map(\.title.name) == ["FROM", "ENV1", "RUN2", "USER3"])
        #expect(image.stages.map(\.title.place).last == "Dockerfile:5:1")
    }
}
