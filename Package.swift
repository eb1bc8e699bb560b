// swift-tools-version: 6.2
import PackageDescription

// Read from top to bottom: a module may use only the modules above it.
let modules: [Target] = [
    // C: headers of Debian's libraries, shims over system calls, and hashing in vector registers.
    library("COpenSSL", pkgConfig: "openssl", apt: "libssl-dev"),
    library("CNghttp2", pkgConfig: "libnghttp2", apt: "libnghttp2-dev"),
    library("CArchive", pkgConfig: "libarchive", apt: "libarchive-dev"),
    library("CISAL", pkgConfig: "libisal", apt: "libisal-dev"),
    .target(name: "CLinux"),
    .target(name: "CKeccak"),

    // Values: what a build is. No clock, disk, network, actor or lock.
    module("Digests", uses: ["CKeccak", "COpenSSL"]),
    module("Images", uses: ["Digests"]),
    module("Dockerfiles"),
    module("Templates"),
    module("Projects", uses: ["Images", "Templates", .yams]),
    module("Stages", uses: ["Digests", "Dockerfiles", "Images", "Projects"]),
    module("Reports", uses: ["Digests", "Stages"]),
    module("Settings", uses: [.yams]),
    module("HTTPMessages", uses: [.httpTypes]),

    // Machines: decisions, as `step(event) -> [effect]`.
    module("Naming", uses: ["Digests", "Stages"]),
    module("Planning", uses: ["Digests", "Stages"]),
    module("Scheduling"),
    module("Membership"),
    module("Availability", uses: ["Membership"]),
    module("Cleaning"),

    // Actors: the machines, running. They ask for the world through protocols.
    module(
        "Mesh",
        uses: [
            "Availability", "Digests", "Images", "Membership", "Naming", "Planning", "Projects", "Reports",
            "Scheduling", "Stages",
        ]),

    // World: each fulfils a protocol that Mesh declares.
    module("Threads"),
    module("FileTrees", uses: ["CLinux", "Digests", "Threads", .system]),
    module("Git", uses: ["CLinux", "FileTrees", .system]),
    module("Layers", uses: ["CArchive", "CISAL", "CLinux", "Digests", "Threads", .system]),
    module("BlobStore", uses: ["CLinux", "Cleaning", "Digests", "Layers", .system]),
    module("Sandbox", uses: ["CLinux", "Digests", .system]),
    module(
        "Registry", uses: ["Digests", "Images", .http, .logging, .nioCore, .nioHTTP1, .nioSSL, .subprocess, .system]),
    // Before whoever keeps agreed records: it knows of etcd, and nothing of stages.
    module("Etcd", uses: ["CLinux", "Digests", .http, .logging, .nioCore, .nioHTTP1, .nioSSL, .system]),
    // Before Publishing: voters keep the records of repos that they publish nothing to.
    module("Ledgers", uses: ["Digests", "Etcd", .system]),
    module(
        "Building",
        uses: [
            "BlobStore", "Digests", "Dockerfiles", "FileTrees", "Git", "Images", "Layers", "Mesh", "Projects",
            "Registry", "Reports", "Sandbox", "Stages", .system,
        ]),
    module(
        "Publishing",
        uses: [
            "BlobStore", "Building", "Cleaning", "Digests", "Images", "Layers", "Ledgers", "Mesh", "Planning",
            "Registry", "Reports", "Stages", .system,
        ]),

    module(
        "RegistryServer",
        uses: ["BlobStore", "Cleaning", "Digests", "HTTPMessages", "Images", "Layers", "Settings", .httpTypes, .system]),
    module("Authority", uses: [.asn1, .crypto, .system, .x509]),
    module("TLS", uses: ["COpenSSL"]),
    module("HTTP2", uses: ["CNghttp2", .httpTypes]),
    module(
        "Transport",
        uses: ["HTTP2", "HTTPMessages", "Mesh", "TLS", .httpTypes, .logging, .nioCore, .nioHTTP1, .nioPosix]),
    module(
        "Peering",
        uses: [
            "Authority", "Availability", "BlobStore", "Building", "Digests", "FileTrees", "HTTPMessages", "Images",
            "Ledgers", "Membership", "Mesh", "Registry", "RegistryServer", "Reports", "Scheduling", "Settings",
            "Stages", "TLS",
            "Transport", .httpTypes, .logging, .system,
        ]),

    // The command line, and the one place that joins the parts.
    .executableTarget(
        name: "weft",
        dependencies: [
            "Authority", "Availability", "BlobStore", "Building", "Cleaning", "Digests", "Etcd", "FileTrees", "Git",
            "HTTPMessages", "Images", "Ledgers", "Membership", "Mesh", "Naming", "Settings", "Peering", "Planning",
            "Projects", "Publishing", "Registry",
            "RegistryServer", "Reports", "Sandbox", "Scheduling", "Stages", "TLS", "Templates", "Transport", .arguments,
            .httpTypes, .logging,
            .system,
        ],
        swiftSettings: .house
    ),

    // Tests, a folder per module.
    tests(of: "Digests", with: ["CKeccak", "COpenSSL"]),
    tests(of: "Images", with: ["Digests"]),
    tests(of: "Dockerfiles", inputs: true),
    tests(of: "Templates", inputs: true),
    tests(of: "Projects", with: ["Images", "Templates"], inputs: true),
    tests(of: "Reports", with: ["Digests", "Stages"], inputs: true),
    tests(of: "Stages", with: ["Digests", "Dockerfiles", "Images", "Projects"]),
    tests(of: "Planning", with: ["Digests", "Images", "Stages"]),
    tests(of: "Scheduling"),
    tests(of: "Cleaning"),
    .target(
        name: "MeshSimulation",
        dependencies: [
            "Digests", "Images", "Mesh", "Naming", "Planning", "Projects", "Reports", "Scheduling", "Stages",
        ],
        path: "Tests/MeshSimulation", swiftSettings: .house),
    tests(
        of: "Mesh",
        with: [
            "Availability", "Digests", "Images", "Membership", "MembershipSimulation", "MeshSimulation", "Naming",
            "Planning", "Projects", "Reports", "Scheduling", "Stages",
        ], inputs: true),
    .target(
        name: "FuzzTargets",
        dependencies: ["Digests", "Dockerfiles", "Images", "Layers", "Projects", "Stages", "Templates", .system],
        path: "Tests/FuzzTargets", swiftSettings: .house),
    tests(of: "FuzzTargets"),
    .testTarget(name: "HouseTests", swiftSettings: .house),
    .testTarget(
        name: "WeftTests",
        dependencies: [
            "weft", "Authority", "Digests", "FileTrees", "Images", "Mesh", "Naming", "Projects", "Reports",
            "Scheduling",
            "Settings", .arguments, .system,
        ],
        swiftSettings: .house),
    tests(of: "Naming", with: ["Digests", "Dockerfiles", "Images", "Projects", "Stages"]),
    tests(of: "Threads"),
    tests(of: "FileTrees", with: ["Digests", .system]),
    tests(of: "Git", with: ["FileTrees", .system]),
    tests(of: "Layers", with: ["CISAL", "CLinux", "Digests", .system], inputs: true),
    tests(of: "BlobStore", with: ["CLinux", "Cleaning", "Digests", "Layers", .system]),
    tests(of: "Sandbox", with: ["CLinux", "Digests", .system]),
    tests(
        of: "Registry",
        with: ["Digests", "Images", .http, .logging, .nioCore, .nioHTTP1, .nioPosix, .subprocess, .system]),
    .target(
        name: "EtcdTesting", dependencies: ["Etcd", .logging, .system], path: "Tests/EtcdTesting",
        swiftSettings: .house),
    tests(of: "Etcd", with: ["EtcdTesting", "MeshSimulation", .logging, .system]),
    .target(
        name: "LedgerTesting", dependencies: ["Digests", "Ledgers"], path: "Tests/LedgerTesting",
        swiftSettings: .house),
    tests(
        of: "Ledgers",
        with: ["Digests", "Etcd", "EtcdTesting", "LedgerTesting", "MeshSimulation", .system]),
    tests(of: "Building", with: ["Dockerfiles", "FileTrees", "Sandbox"]),
    tests(of: "Publishing", with: ["Digests"]),
    tests(
        of: "Peering",
        with: [
            "Authority", "Availability", "BlobStore", "Building", "Digests", "HTTPMessages", "Images", "Mesh",
            "RegistryServer", "Reports", "Settings", "Stages", "TLS", "Transport", .httpTypes, .logging, .system,
        ]),
    tests(of: "Settings", inputs: true),
    tests(of: "HTTPMessages", with: [.httpTypes]),
    .target(name: "LinkTesting", dependencies: ["TLS"], path: "Tests/LinkTesting", swiftSettings: .house),
    tests(of: "TLS", with: ["LinkTesting"]),
    tests(of: "HTTP2", with: ["LinkTesting", .httpTypes]),
    tests(
        of: "Transport",
        with: [
            "HTTP2", "HTTPMessages", "LinkTesting", "Mesh", "TLS", .httpTypes, .logging, .nioCore, .nioPosix,
        ]),
    .target(
        name: "MembershipSimulation", dependencies: ["Membership"], path: "Tests/MembershipSimulation",
        swiftSettings: .house),
    tests(of: "Membership", with: ["MembershipSimulation"]),
    tests(of: "Availability", with: ["Membership", "MembershipSimulation"]),
    tests(
        of: "RegistryServer",
        with: [
            "BlobStore", "CLinux", "Digests", "HTTPMessages", "Images", "Layers", "Settings", "Threads", .httpTypes,
            .system,
        ]),
    .testTarget(
        name: "RegistryClientsTests",
        dependencies: [
            "RegistryServer", "BlobStore", "Digests", "HTTPMessages", "Images", "Layers", "Settings", "Transport",
            "TLS",
            .httpTypes, .logging, .system,
        ], swiftSettings: .house),
    tests(of: "Authority", with: [.asn1, .crypto, .system, .x509]),
]

/// Only Tests/Fuzzing/run asks for it: its `main` is libFuzzer's, and everything is compiled to count what runs.
let fuzzing: [Target] =
    Context.environment["WEFT_FUZZING"] == nil
    ? []
    : [
        .executableTarget(
            name: "Fuzzing", dependencies: ["FuzzTargets"], path: "Tests/Fuzzing",
            exclude: ["Dictionaries", "Inputs", "run"],
            swiftSettings: .house + [.unsafeFlags(["-parse-as-library"])])
    ]

/// Only those who measure ask for them: the benchmark tool is no dependency of anything else.
let benchmarks: [Target] =
    Context.environment["WEFT_BENCHMARKS"] == nil
    ? []
    : [
        .target(
            name: "ScheduleShapes", dependencies: ["Scheduling"], path: "benchmarks/ScheduleShapes",
            swiftSettings: .house),
        .executableTarget(
            name: "SchedulerDrain", dependencies: ["ScheduleShapes", "Scheduling"], path: "benchmarks/SchedulerDrain",
            swiftSettings: .house),
        .executableTarget(
            name: "MembershipTable", dependencies: ["Membership", "MembershipSimulation"],
            path: "benchmarks/MembershipTable", swiftSettings: .house),
        .target(
            name: "BenchmarkBodies", dependencies: ["Digests", "FileTrees", "Layers", "ScheduleShapes", .system],
            path: "benchmarks/BenchmarkBodies", swiftSettings: .house),
        .target(
            name: "BenchmarkRegistration", dependencies: ["BenchmarkBodies", .benchmark],
            path: "benchmarks/BenchmarkRegistration", swiftSettings: .house),
        .executableTarget(
            name: "Measure", dependencies: ["BenchmarkBodies", "Layers", .system], path: "benchmarks/Measure",
            swiftSettings: .house),
        benchmark(of: "Hashing"),
        benchmark(of: "Layers"),
        benchmark(of: "Scheduling"),
    ]

let package = Package(
    name: "weft",
    dependencies: [
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    ]
        + (benchmarks.isEmpty
            ? [] : [.package(url: "https://github.com/ordo-one/benchmark", exact: "1.38.1", traits: [])]),
    targets: recompiled(modules + fuzzing + benchmarks),
    swiftLanguageModes: [.v6]
)

/// `targets`, each with everything below it as a dependency: values hold values of lower modules, so their layout
/// changes with those, and a build that only looks at direct uses would link modules that do not fit together.
func recompiled(_ targets: [Target]) -> [Target] {
    let shims: Set = ["CKeccak", "CLinux"]
    let swift = Set(targets.filter { $0.type != .system && !shims.contains($0.name) }.map(\.name))
    var below: [String: Set<String>] = [:]
    for target in targets {
        let direct = target.dependencies.compactMap { dependency in
            if case .byNameItem(let name, _) = dependency { name } else { nil }
        }
        let all = direct.reduce(into: Set(direct)) { $0.formUnion(below[$1] ?? []) }
        below[target.name] = all
        target.dependencies += all.subtracting(direct).intersection(swift).sorted().map { .byName(name: $0) }
    }
    return targets
}

extension Target.Dependency {
    static var arguments: Self { .product(name: "ArgumentParser", package: "swift-argument-parser") }
    static var asn1: Self { .product(name: "SwiftASN1", package: "swift-asn1") }
    static var benchmark: Self { .product(name: "Benchmark", package: "benchmark") }
    static var crypto: Self { .product(name: "Crypto", package: "swift-crypto") }
    static var http: Self { .product(name: "AsyncHTTPClient", package: "async-http-client") }
    static var httpTypes: Self { .product(name: "HTTPTypes", package: "swift-http-types") }
    static var logging: Self { .product(name: "Logging", package: "swift-log") }
    static var nioCore: Self { .product(name: "NIOCore", package: "swift-nio") }
    static var nioHTTP1: Self { .product(name: "NIOHTTP1", package: "swift-nio") }
    static var nioPosix: Self { .product(name: "NIOPosix", package: "swift-nio") }
    static var nioSSL: Self { .product(name: "NIOSSL", package: "swift-nio-ssl") }
    static var subprocess: Self { .product(name: "Subprocess", package: "swift-subprocess") }
    static var system: Self { .product(name: "SystemPackage", package: "swift-system") }
    static var x509: Self { .product(name: "X509", package: "swift-certificates") }
    static var yams: Self { .product(name: "Yams", package: "Yams") }
}

extension [SwiftSetting] {
    static var house: Self {
        [
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            .strictMemorySafety(),
            .treatAllWarnings(as: .error),
        ]
    }
}

func module(_ name: String, uses modules: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: modules, swiftSettings: .house)
}

func library(_ name: String, pkgConfig: String, apt package: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// `inputs`: the folder `Inputs` holds saved inputs, which tests read by path.
func tests(of name: String, with modules: [Target.Dependency] = [], inputs: Bool = false) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name)] + modules, exclude: inputs ? ["Inputs"] : [],
        swiftSettings: .house)
}

/// The tool finds its targets by the folder `Benchmarks`.
func benchmark(of subject: String) -> Target {
    .executableTarget(
        name: "\(subject)Benchmarks", dependencies: ["BenchmarkBodies", "BenchmarkRegistration", .benchmark],
        path: "benchmarks/Benchmarks/\(subject)", swiftSettings: .house,
        plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
}
