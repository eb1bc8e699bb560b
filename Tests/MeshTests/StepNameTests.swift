// A node finds the digest of a step from the work that it is given: what is called by another's name is refused.
import Digests
import Mesh
import Naming
import Stages
import Testing

@Suite struct `The digest of an order` {
    private static let base = BlobDigest(of: [1])
    private static let other = StageIndex(image: 0, number: 3)
    private static let origins = StepOrigins(
        platform: nil, below: [.text("\(base)")], sources: [other: [.text(StageDigest(of: ["other"]).hex)]])
    private static let context = ShippedContext(
        patterns: ["src"],
        entries: [
            ContextEntry(
                path: Array("src/a".utf8), kind: .file, digest: BlobDigest(of: [2]),
                objectID: [UInt8](repeating: 3, count: 20)),
            ContextEntry(path: Array("src/b".utf8), kind: .file, digest: BlobDigest(of: [4])),
        ])

    private static func run(
        arguments: [String] = ["sh", "-c", "make"], environment: [String] = ["A=b"], proxies: [String] = [],
        directory: String = "/w", user: String = "", mounts: [RunMount] = [], network: RunNetwork = .host,
        hosts: [String] = [], script: [UInt8]? = nil
    ) -> StageWork {
        .run(
            RunWork(
                arguments: arguments, environment: environment, proxies: proxies, workingDirectory: directory,
                user: user, mounts: mounts, network: network, hosts: hosts, script: script,
                scriptName: script.map { _ in "s" }))
    }

    private static func copy(
        _ source: ContentSource = .context, patterns: [String] = ["src"], to destination: String = "/d",
        inline: [InlineFile] = [], owner: String? = nil, excludes: [String] = [], remotes: [RemoteFile] = []
    ) -> StageWork {
        .copy(
            CopyWork(
                source: source, patterns: patterns, inlineFiles: inline, remoteFiles: remotes, destination: destination,
                destinationIsDirectory: false, owner: owner, mode: nil, excludes: excludes, keepsParents: false,
                isLinked: false, unpacksArchives: false))
    }

    private static func digest(of work: StageWork, _ context: ShippedContext = context) throws -> StageDigest? {
        var namer = Namer()
        let rule = try StepNames.rule(of: work, origins) { _ in context.name }
        guard case .named(_, let digest)? = namer.step(.added(StageIndex(image: 0, number: 1), rule)).first else {
            return nil
        }
        return digest
    }

    private static func problem(
        _ work: StageWork, called digest: StageDigest?, origins: StepOrigins? = origins,
        context: ShippedContext = context
    ) -> String? {
        let order = StageOrder(
            stage: StageIndex(image: 0, number: 1), title: Drawn.title, digest: digest, work: work,
            parent: StageContent(root: .scratch), sources: [:], isRemembered: true, origins: origins)
        return ShippedOrder(
            build: "b", order: order,
            contexts: [context, ShippedContext(patterns: ["src", "b"], entries: context.entries)], layers: [],
            secrets: [], watcher: "ear", buildClass: "ci"
        ).nameProblem
    }

    private static let mounts: [RunMount] = [
        .bind(from: .context, source: "/src", target: "/in", writable: false),
        .bind(from: .stage(other), source: "/out", target: "/out", writable: false),
        .cache(
            id: "c", from: nil, source: "/", target: "/c", sharing: .locked, readOnly: false, mode: nil, uid: nil,
            gid: nil),
    ]

    /// No two of them are the same step.
    private static let works: [StageWork] = [
        run(), run(arguments: ["sh", "-c", "make "]), run(arguments: ["sh", "-c", "make", "environment#1"]),
        run(arguments: ["sh"], environment: ["-c", "make", "A=b"]), run(environment: []), run(directory: "/"),
        run(user: "1"), run(network: .none), run(hosts: ["h:1.2.3.4"]), run(script: [1]), run(script: [2]),
        run(script: [0xFF]), run(script: [0xFE]), run(mounts: mounts), run(mounts: Array(mounts.dropFirst())),
        run(mounts: Array(mounts.reversed())),
        run(mounts: [.secret(id: "a", target: "/s", environment: nil, required: true, mode: 0, uid: 0, gid: 0)]),
        run(mounts: [.tmpfs(target: "/s", byteCount: nil, readOnly: false)]),
        copy(), copy(.stage(other)), copy(.scratch), copy(patterns: ["src", "b"]), copy(to: "/e"), copy(owner: "1"),
        copy(excludes: ["x"]), copy(patterns: [], inline: [InlineFile(name: "a", bytes: [1])]),
        copy(patterns: [], inline: [InlineFile(name: "a", bytes: [2])]),
        copy(patterns: [], remotes: [RemoteFile(url: "https://x/y", checksum: nil, content: base)]),
        copy(patterns: [], remotes: [RemoteFile(url: "https://x/y", checksum: nil, content: BlobDigest(of: [9]))]),
        .makeDirectory(path: "/d", owner: ""), .makeDirectory(path: "/d", owner: "1"),
    ]

    @Test func `is found again, and belongs to one work only`() throws {
        let digests = try Self.works.map { try Self.digest(of: $0) }
        #expect(Set(digests).count == Self.works.count && !digests.contains(nil))
        for (number, work) in Self.works.enumerated() {
            for (other, digest) in digests.enumerated() {
                let problem = Self.problem(work, called: digest)
                #expect((problem == nil) == (number == other), "\(number) as \(other): \(problem ?? "taken")")
            }
        }
    }

    @Test func `says nothing of proxies, and how a cache is shared`() throws {
        #expect(Self.problem(Self.run(proxies: ["http_proxy=x"]), called: try Self.digest(of: Self.run())) == nil)
    }

    @Test func `counts every file of its context`() throws {
        let digest = try Self.digest(of: Self.copy())
        let entries = Self.context.entries
        let changed: [[ContextEntry]] = [
            [], [entries[0]], entries.reversed(),
            [entries[0], ContextEntry(path: entries[1].path, kind: .executable, digest: entries[1].digest)],
            [entries[0], ContextEntry(path: Array("src/c".utf8), kind: .file, digest: entries[1].digest)],
            [entries[0], ContextEntry(path: entries[1].path, kind: .file, digest: entries[0].digest)],
            [
                ContextEntry(
                    path: entries[0].path, kind: .file, digest: entries[0].digest,
                    objectID: [UInt8](repeating: 4, count: 20)), entries[1],
            ],
            [ContextEntry(path: entries[0].path, kind: .file, digest: entries[0].digest), entries[1]],
        ]
        for (number, entries) in changed.enumerated() {
            let context = ShippedContext(patterns: ["src"], entries: entries)
            #expect(Self.problem(Self.copy(), called: digest, context: context) != nil, "\(number)")
        }
        let absent = ShippedContext(patterns: ["lib"], entries: Self.context.entries)
        #expect(Self.problem(Self.copy(), called: digest, context: absent)?.contains("without its context") == true)
    }

    @Test func `needs what lies below; no word of it is anything but a digest`() throws {
        let digest = try Self.digest(of: Self.run())
        #expect(Self.problem(Self.run(), called: digest, origins: nil) != nil)
        let below = StepOrigins(platform: nil, below: [.text("scratch")], sources: [:])
        #expect(Self.problem(Self.run(), called: digest, origins: below) != nil)
        let arm = StepOrigins(platform: "linux/arm64", below: Self.origins.below, sources: [:])
        #expect(Self.problem(Self.run(), called: digest, origins: arm) != nil)
        for word in ["", "x", "\(Self.base):::user#0", "scratch:::a"] {
            let origins = StepOrigins(platform: nil, below: [.text(word)], sources: [:])
            #expect(throws: MessageError.self, "\(word)") { try StepOrigins(encoded: origins.encoded) }
        }
    }

    @Test func `of other variables than proxies may not come as proxies`() {
        let order = Self.run(proxies: ["PATH=/evil"])
        #expect(throws: MessageError.self) { try StageWork(encoded: order.encoded) }
    }

    @Test func `is kept for its class, and for those that trust it`() {
        let step = StageDigest(of: ["a"])
        let (tests, release) = (
            StepScope(buildClass: "tests"), StepScope(buildClass: "release", trusted: ["tests"])
        )
        #expect(release.keys(of: step).contains(tests.key(of: step)))
        #expect(!tests.keys(of: step).contains(release.key(of: step)))
        #expect(StepScope.owner.keys(of: step) == [step])
        #expect(tests.key(of: step) != step)
    }
}
