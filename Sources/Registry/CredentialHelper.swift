// Asks a `docker-credential-NAME` program, as Docker's client does: the host on its input, JSON on its output.
import FoundationEssentials
import Logging
import Subprocess
import SystemPackage

struct CredentialHelper {
    let name: String
    let timeout: Duration
    let logger: Logger

    /// Most of a helper's answer that is read, in bytes.
    static let answerBytesMax = 64 << 10
    /// The user name that says "the secret is an identity token".
    private static let tokenUser = "<token>"

    /// Nil when the helper knows nobody for `host`.
    func credential(for host: String) async throws -> Credential? {
        guard !name.isEmpty, name.utf8.allSatisfy(Self.isNameByte) else {
            throw CredentialError.helper(
                name: name, reason: "its name may hold letters, digits, dashes, dots and underscores")
        }
        let (status, output) = try await withTimeout(asking: host)
        guard status.isSuccess else {
            // The words that docker's client library compares with.
            if output.contains("credentials not found in native keychain") { return nil }
            throw CredentialError.helper(name: name, reason: "it ended with \(status)")
        }
        guard let answer = try? JSONDecoder().decode(HelperAnswer.self, from: Data(output.utf8)) else {
            throw CredentialError.helper(name: name, reason: "its answer isn't JSON with Username and Secret")
        }
        guard !answer.secret.isEmpty else { return nil }
        return answer.username == Self.tokenUser
            ? .identityToken(answer.secret) : .password(user: answer.username, password: answer.secret)
    }

    private func withTimeout(asking host: String) async throws -> (TerminationStatus, String) {
        let (name, timeout) = (name, timeout)
        return try await Deadline.within(
            timeout, otherwise: CredentialError.helper(name: name, reason: "it took longer than \(timeout)")
        ) {
            do {
                let result = try await run(
                    .name("docker-credential-" + name), arguments: ["get"],
                    input: .fileDescriptor(try Self.filled(with: host), closeAfterSpawningProcess: true),
                    output: .string(limit: Self.answerBytesMax), error: .discarded)
                return (result.terminationStatus, result.standardOutput)
            } catch let error as SubprocessError {
                throw CredentialError.helper(name: name, reason: "it can't be run (\(error.code))")
            }
        }
    }

    /// The reading end of a pipe that holds `text`, with nobody at the other end.
    ///
    /// Subprocess 1.0.2 has a trap: a child that ends without reading its `.string` input ends the whole process
    /// ("FileDescriptor was not closed"). A host's name always fits a pipe, so that this write never waits.
    private static func filled(with text: String) throws -> FileDescriptor {
        let ends = try FileDescriptor.pipe()
        try ends.writeEnd.closeAfter { _ = try ends.writeEnd.writeAll(text.utf8) }
        return ends.readEnd
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }
}

private struct HelperAnswer: Decodable {
    let username: String
    let secret: String

    enum CodingKeys: String, CodingKey {
        case username = "Username"
        case secret = "Secret"
    }
}
