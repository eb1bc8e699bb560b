// The registry that Debian ships, run for one test on a free port.
import Foundation
import Subprocess
import SystemPackage

struct DockerRegistry: Sendable {
    let port: Int

    var host: String { "127.0.0.1:\(port)" }

    /// Without it tests are skipped, except where `CI` is `true`: there they fail.
    static let isExpected: Bool =
        ProcessInfo.processInfo.environment["CI"] == "true"
        || FileManager.default.isExecutableFile(atPath: "/usr/bin/docker-registry")

    static let missing = "docker-registry isn't installed (Debian package docker-registry)"

    enum Variant { case open, password, tls }

    /// name and secret
    private static let passwordFile = "name:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n"

    static func run<Value>(
        _ variant: Variant = .open, _ body: (DockerRegistry) async throws -> Value
    ) async throws -> Value {
        try await withFolder { folder in
            let config = try await write(variant, folder)
            let log = folder.appending("log")
            let output = try FileDescriptor.open(
                log, .writeOnly, options: [.create, .append], permissions: [.ownerReadWrite])
            var value: Value?
            _ = try await Subprocess.run(
                .path("/usr/bin/docker-registry"), arguments: ["serve", config.string], input: .none,
                output: .fileDescriptor(output, closeAfterSpawningProcess: false),
                error: .fileDescriptor(output, closeAfterSpawningProcess: true)
            ) { execution in
                do {
                    value = try await body(DockerRegistry(port: try await port(log)))
                } catch {
                    try execution.send(signal: .kill)
                    throw error
                }
                try execution.send(signal: .kill)
            }
            guard let value else { throw NotStarted(log: "") }
            return value
        }
    }

    struct NotStarted: Error { let log: String }

    private static func port(_ log: FilePath) async throws -> Int {
        // 60 s: loaded machines start slowly. Nothing is asserted about the time.
        for _ in 0..<1_200 {
            let text = (try? String(contentsOfFile: log.string, encoding: .utf8)) ?? ""
            if let found = text.firstMatch(of: /listening on 127\.0\.0\.1:(\d+)/), let port = Int(found.1) {
                return port
            }
            try await ContinuousClock().sleep(for: .milliseconds(50))
        }
        throw NotStarted(log: (try? String(contentsOfFile: log.string, encoding: .utf8)) ?? "")
    }

    private static func write(_ variant: Variant, _ folder: FilePath) async throws -> FilePath {
        var config = """
            version: 0.1
            storage:
              filesystem:
                rootdirectory: \(folder)/data
              delete:
                enabled: true
            http:
              addr: 127.0.0.1:0

            """
        switch variant {
        case .open: break
        case .password:
            try passwordFile.write(toFile: "\(folder)/htpasswd", atomically: false, encoding: .utf8)
            config += "auth:\n  htpasswd:\n    realm: test\n    path: \(folder)/htpasswd\n"
        case .tls:
            try await makeCertificate(folder)
            config += "  tls:\n    certificate: \(folder)/cert.pem\n    key: \(folder)/key.pem\n"
        }
        let path = folder.appending("config.yml")
        try config.write(toFile: path.string, atomically: false, encoding: .utf8)
        return path
    }

    private static func makeCertificate(_ folder: FilePath) async throws {
        _ = try await Subprocess.run(
            .name("openssl"),
            arguments: [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
                "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "\(folder)/key.pem", "-out",
                "\(folder)/cert.pem",
            ], output: .discarded)
    }
}

/// A folder that is gone afterwards.
func withFolder<Value>(_ body: (FilePath) async throws -> Value) async throws -> Value {
    let folder = FilePath(FileManager.default.temporaryDirectory.path).appending("weft-registry-\(UUID().uuidString)")
    try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder.string) }
    return try await body(folder)
}
