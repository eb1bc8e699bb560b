// config.json and helper programs, as Docker's client reads and runs them.
import Foundation
import Logging
import SystemPackage
import Testing

@testable import Registry

private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// `user:password`, `user` and so on; `token:…` for identity tokens.
private func found(_ config: String, _ host: String) async throws -> String? {
    try await withFolder { folder in
        try config.write(toFile: "\(folder)/config.json", atomically: false, encoding: .utf8)
        return words(try await DockerCredentials(directory: folder, logger: quiet).credential(for: host))
    }
}

private func words(_ credential: Credential?) -> String? {
    switch credential {
    case nil: nil
    case .password(let user, let password): "\(user):\(password)"
    case .identityToken(let token): "token:\(token)"
    }
}

@Suite struct `Docker's credentials` {
    @Test(arguments: [
        (#"{"auths":{"r.example":{"auth":"bmFtZTpzZWM6cmV0"}}}"#, "r.example", "name:sec:ret"),
        (#"{"auths":{"https://r.example/v1/":{"auth":"bmFtZTpzZWNyZXQ="}}}"#, "r.example", "name:secret"),
        (#"{"auths":{"localhost:5000":{"username":"u","password":"p"}}}"#, "localhost:5000", "u:p"),
        (#"{"auths":{"https://index.docker.io/v1/":{"auth":"bmFtZTpzZWNyZXQ="}}}"#, "docker.io", "name:secret"),
        (#"{"auths":{"r.example":{"auth":"bmFtZTpzZWNyZXQ=","identitytoken":"t"}}}"#, "r.example", "token:t"),
    ])
    func `are found`(config: String, host: String, expected: String) async throws {
        #expect(try await found(config, host) == expected)
    }

    @Test(arguments: [
        ("{}", "r.example"), (#"{"auths":{"r.example":{}}}"#, "r.example"),
        (#"{"auths":{"r.example":{"auth":"bmFtZTpzZWNyZXQ="}}}"#, "other.example"),
        (#"{"auths":{"r.example":{"auth":"bmFtZTpzZWNyZXQ="}}}"#, "example"),
        (#"{"auths":{"r.example:5000":{"auth":"bmFtZTpzZWNyZXQ="}}}"#, "r.example"),
    ])
    func `of other hosts aren't given`(config: String, host: String) async throws {
        #expect(try await found(config, host) == nil)
    }

    @Test func `aren't needed`() async throws {
        try await withFolder { folder in
            let none = try await DockerCredentials(directory: folder, logger: quiet).credential(for: "r.example")
            #expect(words(none) == nil)
        }
    }

    @Test(arguments: [
        "", "[]", "{", #"{"auths":{"r.example":{"auth":"*secret*"}}}"#, #"{"auths":{"r.example":{"auth":"c2VjcmV0"}}}"#,
        #"{"auths":"secret"}"#,
    ])
    func `that can't be read are an error that shows none of them`(config: String) async throws {
        let error = await #expect(throws: CredentialError.self) { try await found(config, "r.example") }
        #expect(error?.description.contains("config.json: can't read credentials") == true)
        #expect(error?.description.contains("secret") == false && error?.description.contains("c2Vj") == false)
    }

    @Test func `of absurd size are refused`() async throws {
        await #expect(throws: CredentialError.self) {
            try await found(String(repeating: " ", count: DockerCredentials.bytesMax + 1), "r.example")
        }
    }
}

/// Helper programs are looked up in PATH, so that these tests share one.
@Suite(.serialized) struct `Credential helpers` {
    private func ask(_ script: String, timeout: Duration = .seconds(60)) async throws -> String? {
        try await withFolder { folder in
            let name = "weft-test-\(UUID().uuidString)"
            let program = "\(folder)/docker-credential-\(name)"
            try ("#!/bin/sh\n" + script).write(toFile: program, atomically: false, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            #expect(unsafe setenv("PATH", "\(folder):\(path)", 1) == 0)
            defer { unsafe setenv("PATH", path, 1) }
            try #"{"credHelpers":{"r.example":"\#(name)"}}"#.write(
                toFile: "\(folder)/config.json", atomically: false, encoding: .utf8)
            let source = DockerCredentials(directory: folder, helperTimeout: timeout, logger: quiet)
            return words(try await source.credential(for: "r.example"))
        }
    }

    @Test func `are given the host and give a name and secret`() async throws {
        let script = #"[ "$1" = get ] && printf '{"ServerURL":"x","Username":"u","Secret":"%s"}' "$(cat)""#
        #expect(try await ask(script) == "u:r.example")
    }

    @Test func `may give an identity token`() async throws {
        #expect(try await ask(#"echo '{"Username":"<token>","Secret":"t"}'"#) == "token:t")
    }

    @Test func `may know nobody`() async throws {
        #expect(try await ask("echo credentials not found in native keychain; exit 1") == nil)
    }

    @Test func `that fail, babble, flood or hang are errors`() async throws {
        for script in ["exit 3", "echo secret", "cat /dev/zero"] {
            let error = await #expect(throws: CredentialError.self) { try await ask(script) }
            #expect(error?.description.contains("secret") == false)
        }
        await #expect(throws: CredentialError.self) { try await ask("exec sleep 600", timeout: .milliseconds(200)) }
    }

    @Test func `have plain names`() async throws {
        for name in ["", "../../bin/sh", "a b", "a;b"] {
            let helper = CredentialHelper(name: name, timeout: .seconds(1), logger: quiet)
            await #expect(throws: CredentialError.self) { try await helper.credential(for: "r.example") }
        }
    }
}
