// A mesh in a temporary folder for a test, and openssl beside it as the second opinion.
import Authority
import Foundation
import SystemPackage

/// A fixed day: 2026-11-29, Unix seconds.
let testDay: Int64 = 1_795_910_400

/// Seconds of the real clock, for openssl.
var realTime: Int64 { Int64(Date().timeIntervalSince1970) }

final class TestMesh: Sendable {
    let folder: FilePath
    let authority: MeshAuthority

    init(now: Int64 = realTime, name: String = "test") throws {
        folder = try Self.temporaryFolder()
        authority = try MeshAuthority.create(name: name, now: now)
        try authority.write(to: folder, replaces: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder.string) }

    static func temporaryFolder() throws -> FilePath {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("weft-ca-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        return FilePath(path)
    }

    /// NAME.pem and NAME.key in the folder.
    @discardableResult
    func issue(
        _ name: String, _ role: PeerRole, classes: [String] = [], addresses: [String] = [], days: Int64 = 1,
        now: Int64 = realTime
    ) throws -> IssuedCertificate {
        let subject = try CertificateSubject(
            name: name, role: role, classes: classes, addresses: addresses.map { try HostAddress($0) })
        let key = NodeKey()
        let issued = try authority.issue(subject, to: key.publicKey, seconds: days * MeshAuthority.day, now: now)
        try PeerFiles(folder: folder, name: name).write(issued, key: key, replaces: false)
        return issued
    }

    func path(_ name: String) -> String { folder.appending(name).string }
}

struct OpenSSL {
    let code: Int32
    let output: String

    init(_ arguments: [String], input: String = "") throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        let (stdin, stdout) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stdout
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        output = String(decoding: stdout.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        code = process.terminationStatus
    }
}

/// The same numbers from the same seed (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// `bytes` with one to eight changes: flips, cuts, copies.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...Int.random(in: 0..<8, using: &self) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &self)
            switch Int.random(in: 0..<4, using: &self) {
            case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &self)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + 3))
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 5)], at: place)
            }
        }
        return bytes
    }
}
