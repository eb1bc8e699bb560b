// Draws values of every message from a seed.
import Digests
import Images
import Mesh
import MeshSimulation
import Reports
import Stages

struct MessageDrawing {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    // MARK: Parts

    mutating func flag() -> Bool { random.chance(50) }

    mutating func optional<Value>(_ draw: (inout MessageDrawing) -> Value) -> Value? { flag() ? draw(&self) : nil }

    mutating func list<Value>(max: Int = 3, _ draw: (inout MessageDrawing) -> Value) -> [Value] {
        (0..<random.below(max + 1)).map { _ in draw(&self) }
    }

    mutating func text() -> String {
        random.pick([
            "", "a", "COPY . /app", "ünï\u{1F600}", "\r\n\t\"\\", String(repeating: "x", count: 300), "--from=a",
        ])
    }

    mutating func word() -> String { random.pick(["a", "n1", "node-2.example", "0"]) }

    mutating func bytes(max: Int = 40) -> [UInt8] {
        (0..<random.below(max)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    mutating func count() -> Int64 { random.pick([0, 1, 127, 128, 1 << 33, .max]) }
    mutating func small() -> Int { random.pick([0, 1, 200, 70_000]) }
    mutating func blob() -> BlobDigest { BlobDigest(of: bytes()) }
    mutating func digest() -> StageDigest { StageDigest(of: ["\(random.next())"]) }
    mutating func stage() -> StageIndex { StageIndex(image: small(), number: random.below(3) - 1) }

    mutating func title() -> StageTitle { StageTitle(image: text(), name: text(), text: text(), place: text()) }
    mutating func layer() -> LayerName { LayerName(diffID: blob(), byteCount: count()) }

    // MARK: Images

    mutating func base() -> BaseImage {
        var config = ImageConfig(
            platform: Platform(os: "linux", architecture: "arm64", variant: optional { _ in "v8" }))
        config.author = text()
        config.config.labels = ["b": text(), "a": text()]
        config.config.environment["PATH"] = "/bin"
        config.config.command = optional { [$0.text(), "x"] }
        config.diffIDs = list { $0.blob() }
        config.history = [HistoryEntry(created: "2020-01-01T00:00:00Z", createdBy: text(), isEmptyLayer: flag())]
        let isOCI = flag()
        let document = config.encoded(as: isOCI ? .ociConfig : .dockerConfig)
        let layers = config.diffIDs.map { _ in
            Descriptor(mediaType: isOCI ? .ociLayerGzip : .dockerLayerGzip, digest: blob(), size: 12)
        }
        let manifest = Manifest(
            mediaType: isOCI ? .ociManifest : .dockerManifest, config: document.descriptor, layers: layers,
            annotations: isOCI ? ["k": "v"] : [:])
        guard let reference = try? ImageReference("registry.example:5000/a/b:tag") else { preconditionFailure() }
        return BaseImage(reference: reference, manifestDigest: blob(), manifest: manifest, config: config)
    }

    mutating func content() -> StageContent {
        let root: ContentRoot =
            switch random.below(3) {
            case 0: .scratch
            case 1: .base(base())
            default: .published(StageID(digest: digest(), timestamp: 1_700_000_000_123))
            }
        return StageContent(root: root, layers: list { $0.layer() }, changes: list(max: 6) { $0.change() })
    }

    mutating func change() -> ConfigChange {
        switch random.below(15) {
        case 0: .environment(name: text(), value: text())
        case 1: .label(name: text(), value: text())
        case 2: .command(list { $0.text() })
        case 3: .entrypoint(list { $0.text() }, dropsCommand: flag())
        case 4: .workingDirectory(text())
        case 5: .user(text())
        case 6: .expose(list { $0.text() })
        case 7: .volumes(list { $0.text() })
        case 8: .stopSignal(text())
        case 9: .shell(list { $0.text() })
        case 10: .healthcheck(healthcheck())
        case 11: .onBuild(text())
        case 12: .clearOnBuild
        case 13: .author(text())
        default: .history(createdBy: text(), isEmptyLayer: flag())
        }
    }

    private mutating func healthcheck() -> Healthcheck {
        var value = Healthcheck(test: list { $0.text() })
        value.interval = count()
        value.timeout = -count()
        value.startPeriod = count()
        value.startInterval = count()
        value.retries = count()
        return value
    }

    // MARK: Work

    mutating func source() -> ContentSource {
        switch random.below(3) {
        case 0: .context
        case 1: .stage(stage())
        default: .scratch
        }
    }

    mutating func work() -> StageWork {
        switch random.below(6) {
        case 0: .config
        case 1: .base(base())
        case 2: .run(run())
        case 3: .copy(copy())
        case 4: .makeDirectory(path: text(), owner: text())
        default: .collect
        }
    }

    mutating func run() -> RunWork {
        RunWork(
            arguments: list { $0.text() }, environment: list { $0.text() }, proxies: flag() ? ["HTTP_PROXY=x"] : [],
            workingDirectory: text(), user: text(), mounts: list(max: 5) { $0.mount() },
            network: flag() ? .host : .none, hosts: list { $0.text() },
            script: optional { $0.bytes() }, scriptName: optional { $0.text() })
    }

    mutating func mount() -> RunMount {
        switch random.below(4) {
        case 0: .bind(from: source(), source: text(), target: text(), writable: flag())
        case 1:
            .cache(
                id: text(), from: optional { $0.source() }, source: text(), target: text(),
                sharing: random.pick([.shared, .private, .locked]), readOnly: flag(), mode: optional { _ in 0o755 },
                uid: optional { _ in 0 }, gid: optional { _ in .max })
        case 2: .tmpfs(target: text(), byteCount: optional { $0.count() }, readOnly: flag())
        default:
            .secret(
                id: text(), target: optional { $0.text() }, environment: optional { $0.text() }, required: flag(),
                mode: 0o400, uid: 0, gid: 12)
        }
    }

    mutating func copy() -> CopyWork {
        CopyWork(
            source: source(), patterns: list { $0.text() },
            inlineFiles: list { InlineFile(name: $0.text(), bytes: $0.bytes()) },
            remoteFiles: list {
                RemoteFile(url: $0.text(), checksum: $0.optional { $0.blob() }, content: $0.optional { $0.blob() })
            },
            destination: text(), destinationIsDirectory: flag(), owner: optional { $0.text() },
            mode: optional { $0.text() },
            excludes: list { $0.text() }, keepsParents: flag(), isLinked: flag(), unpacksArchives: flag(),
            unpacksRemoteFiles: flag())
    }

    mutating func order() -> StageOrder {
        StageOrder(
            stage: stage(), title: title(), digest: optional { $0.digest() }, work: work(), parent: content(),
            sources: Dictionary(list { ($0.stage(), $0.content()) }) { first, _ in first }, isRemembered: flag(),
            origins: optional { $0.origins() })
    }

    mutating func origins() -> StepOrigins {
        StepOrigins(
            platform: optional { $0.word() }, below: list { .text($0.digest().hex) },
            sources: Dictionary(list { ($0.stage(), [.text("scratch"), .text("\($0.blob())")]) }) { first, _ in first })
    }
}
