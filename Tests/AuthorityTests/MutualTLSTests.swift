// TLS 1.3 with certificates on both sides, by openssl's own server and client.
import Foundation
import SystemPackage
import Testing

@testable import Authority

@Suite struct `TLS on both sides` {
    /// A server of node `a` that turns one line around.
    private static func answer(
        _ mesh: TestMesh, client: [String], name: [String] = ["-verify_hostname", "a"]
    ) throws -> String {
        let server = Process()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        server.arguments = [
            "s_server", "-accept", "127.0.0.1:0", "-cert", mesh.path("a.pem"), "-key", mesh.path("a.key"),
            "-CAfile", mesh.path("authority.pem"), "-Verify", "2", "-verify_return_error", "-tls1_3", "-naccept", "1",
            "-rev",
        ]
        let output = Pipe()
        server.standardOutput = output
        server.standardError = FileHandle.nullDevice
        try server.run()
        defer {
            server.terminate()
            server.waitUntilExit()
        }
        let port = try Self.port(output.fileHandleForReading)
        return try OpenSSL(
            [
                "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", mesh.path("authority.pem"), "-tls1_3",
                "-verify_return_error", "-ign_eof", "-quiet",
            ] + name + client, input: "hello\nCLOSE\n"
        ).output
    }

    /// It says where it listens: `ACCEPT 127.0.0.1:40123`.
    private static func port(_ output: FileHandle) throws -> Int {
        var text = ""
        while true {
            let data = output.availableData
            try #require(!data.isEmpty, "openssl s_server ended: \(text)")
            text += String(decoding: data, as: UTF8.self)
            guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("ACCEPT ") }), text.hasSuffix("\n")
            else { continue }
            return try #require(line.split(separator: ":").last.flatMap { Int($0) })
        }
    }

    private static func certificate(_ mesh: TestMesh, _ name: String) -> [String] {
        ["-cert", mesh.path("\(name).pem"), "-key", mesh.path("\(name).key")]
    }

    @Test func `works between nodes, and for clients`() throws {
        let mesh = try TestMesh()
        try mesh.issue("a", .node, addresses: ["127.0.0.1"])
        try mesh.issue("b", .node)
        try mesh.issue("ci", .client)
        for name in ["b", "ci"] {
            #expect(try Self.answer(mesh, client: Self.certificate(mesh, name)).contains("olleh"))
        }
        let byAddress = try Self.answer(
            mesh, client: Self.certificate(mesh, "b"), name: ["-verify_ip", "127.0.0.1"])
        #expect(byAddress.contains("olleh"))
    }

    @Test func `refuses who is not of the mesh, or not now`() throws {
        let mesh = try TestMesh()
        let stranger = try TestMesh()
        try mesh.issue("a", .node, addresses: ["127.0.0.1"])
        try mesh.issue("over", .client, now: realTime - 3 * MeshAuthority.day)
        try mesh.issue("early", .client, now: realTime + 3 * MeshAuthority.day)
        try stranger.issue("ci", .client)
        let callers = [
            "expired": Self.certificate(mesh, "over"), "not yet valid": Self.certificate(mesh, "early"),
            "of another mesh": Self.certificate(stranger, "ci"), "without one": [],
        ]
        for (what, caller) in callers {
            #expect(try !Self.answer(mesh, client: caller).contains("olleh"), "\(what)")
        }
    }

    @Test func `refuses a node under another name or address`() throws {
        let mesh = try TestMesh()
        try mesh.issue("a", .node, addresses: ["127.0.0.2"])
        try mesh.issue("b", .node)
        let caller = Self.certificate(mesh, "b")
        #expect(try !Self.answer(mesh, client: caller, name: ["-verify_hostname", "c"]).contains("olleh"))
        #expect(try !Self.answer(mesh, client: caller, name: ["-verify_ip", "127.0.0.1"]).contains("olleh"))
    }
}
