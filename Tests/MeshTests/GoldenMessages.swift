// One value of every message, with something in every field: their bytes stand in Inputs/messages-1.txt.
import Availability
import Digests
import Images
import Mesh
import Reports
import Stages

enum GoldenMessages {
    static let blob = BlobDigest(of: [1])
    static let digest = StageDigest(of: ["a"])
    static let layer = LayerName(diffID: blob, byteCount: 300)
    static let shipped = ShippedLayer(diffID: blob, blob: BlobDigest(of: [2]), byteCount: 7, holders: ["n1", "n2"])

    static let context = ShippedContext(
        patterns: ["src", "*.c"],
        entries: [
            ContextEntry(
                path: Array("src/a.c".utf8), kind: .file, digest: blob, objectID: [UInt8](repeating: 7, count: 20)),
            ContextEntry(path: Array("src/b".utf8), kind: .executable, digest: BlobDigest(of: [4])),
            ContextEntry(path: Array("src/c".utf8), kind: .link, digest: BlobDigest(of: [5])),
        ])

    static let base: BaseImage = {
        var config = ImageConfig(platform: Platform(os: "linux", architecture: "amd64"))
        config.diffIDs = [blob]
        config.config.environment["PATH"] = "/bin"
        let manifest = Manifest(
            config: config.encoded().descriptor,
            layers: [Descriptor(mediaType: .dockerLayerGzip, digest: blob, size: 5)])
        guard let reference = try? ImageReference("alpine:3.20") else { preconditionFailure("a reference") }
        return BaseImage(
            reference: reference, manifestDigest: BlobDigest(of: [3]), manifest: manifest, config: config)
    }()

    static let changes: [ConfigChange] = {
        var healthcheck = Healthcheck(test: ["CMD", "true"])
        healthcheck.interval = 1
        healthcheck.timeout = -2
        healthcheck.startPeriod = 3
        healthcheck.startInterval = 4
        healthcheck.retries = 5
        return [
            .environment(name: "A", value: "b"), .label(name: "l", value: "m"), .command(["c", ""]),
            .entrypoint(["e"], dropsCommand: true), .workingDirectory("/w"), .user("u"), .expose(["80/tcp"]),
            .volumes(["/v"]), .stopSignal("TERM"), .shell(["sh", "-c"]), .healthcheck(healthcheck), .onBuild("RUN x"),
            .clearOnBuild, .author("me"), .history(createdBy: "RUN y", isEmptyLayer: true),
        ]
    }()

    static let run = RunWork(
        arguments: ["sh", "-c", "make"], environment: ["A=b"], proxies: ["no_proxy=x"], workingDirectory: "/w",
        user: "1:2",
        mounts: [
            .bind(from: .context, source: "a", target: "/a", writable: true),
            .cache(
                id: "c", from: .stage(StageIndex(image: 2, number: -1)), source: "s", target: "/c", sharing: .locked,
                readOnly: true, mode: 0o700, uid: 0, gid: 3),
            .tmpfs(target: "/t", byteCount: 4096, readOnly: true),
            .secret(id: "k", target: "/k", environment: "K", required: true, mode: 0o400, uid: 1, gid: 2),
        ], network: .none, hosts: ["h:1.2.3.4"], script: [1, 2], scriptName: "s.sh")

    static let copy = CopyWork(
        source: .scratch, patterns: ["a"], inlineFiles: [InlineFile(name: "i", bytes: [9])],
        remoteFiles: [RemoteFile(url: "https://x/y", checksum: blob, content: blob)], destination: "/d",
        destinationIsDirectory: true,
        owner: "o", mode: "644", excludes: ["e"], keepsParents: true, isLinked: true, unpacksArchives: true,
        unpacksRemoteFiles: true)

    static let record = LedgerRecord(
        id: StageID(digest: digest, timestamp: 1_700_000_000_000), state: .won, text: [1, 2])
    static let place = LedgerPlace(last: record.id, version: 9)

    static let order = ShippedOrder(
        build: "b-1",
        order: StageOrder(
            stage: StageIndex(image: 1, number: 2), title: Drawn.title, digest: digest, work: .run(run),
            parent: StageContent(root: .base(base), layers: [layer], changes: changes),
            sources: [
                StageIndex(image: 3, number: 0): StageContent(root: .scratch),
                StageIndex(image: 0, number: 1): StageContent(
                    root: .published(StageID(digest: digest, timestamp: 1_700_000_000_000))),
            ], isRemembered: true,
            origins: StepOrigins(
                platform: "linux/arm64", below: [.text(digest.hex), .text("scratch")],
                sources: [StageIndex(image: 2, number: -1): [.text("\(blob)")]])),
        contexts: [context], layers: [shipped], secrets: [ShippedSecret(id: "k", bytes: [7, 8])], watcher: "ear-1",
        buildClass: "ci")

    static let works: [(String, StageWork)] = [
        ("config", .config), ("base", .base(base)), ("copy", .copy(copy)),
        ("makeDirectory", .makeDirectory(path: "/m", owner: "o")), ("collect", .collect),
    ]

    static let outcomes: [(String, StageOutcome)] = [
        ("made", .made(StageResult(layer: layer, pulledFrom: .registry, duration: .milliseconds(1_500)))),
        (
            "stated",
            .made(
                StageResult(
                    layer: layer, pulledFrom: nil, duration: .milliseconds(1_500), statement: statement(by: 3)))
        ),
        ("failed", .failed(message: "exit 1", isRetryable: true)), ("stopped", .stopped),
        ("refused", .refused(reason: "drains")), ("unsupplied", .unsupplied(message: "no credentials")),
    ]

    static let events = StageEvents([
        .stageStarted(Drawn.title), .stageOutput(Drawn.title, line: "cc", isError: true),
        .transferred(Transfer(.push, subject: "s", blob: blob), byteCount: 5, total: 9),
        .transferred(Transfer(.pull, subject: "s", blob: blob), byteCount: 5, total: nil), .warning("w"), .detail("d"),
    ])

    static let row = MemberRow(
        name: "n1", peerAddress: "h:1", zone: "z", state: .suspect, incarnation: .max, slots: 4)

    static let remembered = RememberedSteps(steps: [
        digest: StatedStep(RememberedStep(layer: layer, on: .chain(blob)), nil),
        StageDigest(of: ["b"]): StatedStep(RememberedStep(layer: nil, on: .anything), nil),
        StageDigest(of: ["c"]): StatedStep(
            RememberedStep(layer: layer, on: .chain(nil), reading: [nil, blob]), nil),
    ])

    static func statement(by maker: UInt8) -> StepStatement {
        StepStatement(certificate: [maker, 0], buildClass: "ci", madeAt: 1_800_000_000, signature: [7, 8])
    }

    /// Two of one maker, one of another, and one that nobody signed.
    private static let makers: [UInt8?] = [1, 2, 1, nil]
    static let stated = RememberedSteps(
        steps: Dictionary(
            uniqueKeysWithValues: makers.indices.map { number in
                let step = RememberedStep(layer: layer, on: .chain(nil), reading: [blob])
                return (StageDigest(of: ["\(number)"]), StatedStep(step, makers[number].map { statement(by: $0) }))
            }))

    static let want = ClaimWant(
        key: ClaimKey(buildClass: "ci", digest: digest), build: "b-1", isCopy: true, refusesResults: true)
    static let claimQuery = ClaimQuery(number: 300, wants: [want], wait: .milliseconds(1_500))
    static let claimRefresh = ClaimRefresh(claims: [HeldClaim(number: 7, want: want)])
    static let claimReleases = ClaimReleases(releases: [ClaimRelease(number: 8, key: want.key, isMade: true)])
    static let claimAnswers = ClaimAnswers(answers: [
        .granted, .held(by: "n1", build: "b-1"), .settling, .made(at: "n2"), .notHome, .full,
    ])

    /// By the name of their line.
    static let all: [(String, any Message)] =
        [
            ("order", order), ("card", Drawn.card), ("rows", MemberRows(rows: [row])),
            ("availability.query", AvailabilityQuery(names: [HeldName(step: digest), HeldName(layer: blob)])),
            (
                "availability.answer",
                AvailabilityAnswer(
                    rows: [HoldingsRow(name: "n1", count: 300, isLiar: true)],
                    holders: [Holders(nodes: []), Holders(nodes: ["n1", "n2"])])
            ),
            ("ledger.voters?", LedgerQuery(.voters)), ("ledger.epoch?", LedgerQuery(.epoch, epoch: "e")),
            ("ledger.initialise", LedgerQuery(.initialise, epoch: "e")), ("ledger.repos?", LedgerQuery(.repos)),
            (
                "ledger.publications?",
                LedgerQuery(.publications(digest, isAgreed: true), repo: "r/p", buildClass: "c", epoch: "e")
            ),
            ("ledger.propose", LedgerQuery(.propose(record, version: 9), repo: "r/p", buildClass: "c", epoch: "e")),
            (
                "ledger.mark",
                LedgerQuery(.mark(record.id, manifest: blob, as: .tagged), repo: "r/p", buildClass: "c", epoch: "e")
            ),
            ("ledger.page?", LedgerQuery(.page(place), repo: "r/p")),
            ("ledger.voters", LedgerAnswer.voters([LedgerVoter(name: "a", address: "h:1")])),
            ("ledger.epoch", LedgerAnswer.epoch("e")),
            ("ledger.records", LedgerAnswer.records(LedgerRecords([record], version: 9, next: place))),
            ("ledger.won", LedgerAnswer.won),
            ("ledger.lost", LedgerAnswer.lost(LedgerRecords([], version: 9))),
            ("ledger.parentChanged", LedgerAnswer.parentChanged(record.id)),
            ("ledger.marked", LedgerAnswer.marked(.rejected)), ("ledger.repos", LedgerAnswer.repos(["r/p", "s"])),
            ("ledger.failed", LedgerAnswer.failed(LedgerFailure(.outcomeUnknown, ["why"], id: record.id))),
            ("certificate.query", CertificateQuery(request: [1, 2], certificate: [3])),
            ("certificate.granted", CertificateAnswer.granted(pem: "a")),
            ("certificate.refused", CertificateAnswer.refused(reason: "b")),
            ("certificate.keyless", CertificateAnswer.keyless),
            ("gossip", GossipPacket(bytes: [1, 2, 3])), ("steps", StepQuery(steps: [digest], buildClass: "ci")),
            ("remembered", remembered), ("remembered.stated", stated),
            ("needs", NeedsQuery(objects: [blob], layers: [shipped])),
            ("lacking", Lacking(objects: [BlobDigest(of: [6])], layers: [blob])),
            ("query", LayerQuery(diffIDs: [blob])),
            ("blobs", LayerBlobs(blobs: [LayerBlob(diffID: blob, blob: BlobDigest(of: [2]), byteCount: 9)])),
            ("drain", DrainReason("upgrade")), ("events", events),
            ("claim.query", claimQuery), ("claim.answers", claimAnswers), ("claim.refresh", claimRefresh),
            ("claim.releases", claimReleases),
        ] + works.map { ("work." + $0.0, $0.1) } + outcomes.map { ("outcome." + $0.0, $0.1) }
}
