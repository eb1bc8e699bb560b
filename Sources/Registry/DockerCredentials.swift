// Credentials as Docker keeps them: the `config.json` of a folder, and the helper programs that it names.
import FoundationEssentials
import Images
package import Logging
package import SystemPackage

/// Reads `config.json` at each question, so that a login during a long build counts.
package struct DockerCredentials: CredentialSource {
    private let file: FilePath
    private let helperTimeout: Duration
    private let logger: Logger

    /// Largest `config.json` taken, in bytes.
    static let bytesMax = 1 << 20
    /// Docker Hub's name in `config.json`, for historical reasons.
    static let dockerHubKey = "https://index.docker.io/v1/"

    /// `directory` is `~/.docker` or what `DOCKER_CONFIG` names.
    package init(directory: FilePath, helperTimeout: Duration = RegistryTimeouts().credentialHelper, logger: Logger) {
        file = directory.appending("config.json")
        self.helperTimeout = helperTimeout
        self.logger = logger
    }

    /// The order is Docker's: the host's helper, the general helper, the text in the file.
    package func credential(for host: String) async throws -> Credential? {
        guard let config = try read() else { return nil }
        let keys = Self.keys(for: host)
        if let helper = keys.lazy.compactMap({ config.credHelpers?[$0] }).first ?? config.credsStore {
            let runner = CredentialHelper(name: helper, timeout: helperTimeout, logger: logger)
            if let credential = try await runner.credential(for: keys[0]) { return credential }
        }
        let entry =
            config.auths?.first { keys.contains($0.key) } ?? config.auths?.first { Self.host(of: $0.key) == host }
        return try entry.flatMap { try $0.value.credential(file: file, host: host) }
    }

    private static func keys(for host: String) -> [String] {
        host == RepositoryName.dockerHub
            ? [dockerHubKey, "docker.io", "index.docker.io", "registry-1.docker.io"]
            : [host, "https://" + host, "http://" + host]
    }

    /// Old clients wrote addresses with paths: `https://host/v1/`.
    private static func host(of key: String) -> String {
        let plain = key.range(ofFirst: "://").map { key[$0.upperBound...] } ?? key[...]
        return plain.prefix { $0 != "/" }.lowercased()
    }

    private func read() throws -> WrittenDockerConfig? {
        let bytes: [UInt8]
        do {
            bytes = try BoundedFile.read(file, bytesMax: Self.bytesMax)
        } catch Errno.noSuchFileOrDirectory {
            return nil
        } catch {
            throw CredentialError.unreadable(file: file.string, reason: "\(error)")
        }
        do {
            return try JSONDecoder().decode(WrittenDockerConfig.self, from: Data(bytes))
        } catch {
            // The decoder's own words could quote a secret.
            throw CredentialError.unreadable(file: file.string, reason: "it isn't the JSON that docker login writes")
        }
    }
}

/// Why credentials could not be had; a sentence that never holds one.
package enum CredentialError: Error, CustomStringConvertible {
    case unreadable(file: String, reason: String)
    case helper(name: String, reason: String)

    package var description: String {
        switch self {
        case .unreadable(let file, let reason):
            "\(file): can't read credentials: \(reason). Correct the file or log in again with \"docker login\"."
        case .helper(let name, let reason):
            "The credential helper docker-credential-\(PrintableText.escaped(name)) gave nothing: \(reason). "
                + "Install it, or remove it from Docker's config.json."
        }
    }
}

private struct WrittenDockerConfig: Decodable {
    let auths: [String: WrittenAuth]?
    let credHelpers: [String: String]?
    let credsStore: String?
}

private struct WrittenAuth: Decodable {
    let auth: String?
    let username: String?
    let password: String?
    let identitytoken: String?

    func credential(file: FilePath, host: String) throws -> Credential? {
        if let identitytoken, !identitytoken.isEmpty { return .identityToken(identitytoken) }
        if let username, let password, !username.isEmpty { return .password(user: username, password: password) }
        guard let auth, !auth.isEmpty else { return nil }
        guard let data = Data(base64Encoded: auth), let text = String(validating: data, as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else {
            throw CredentialError.unreadable(
                file: file.string, reason: "auth of \(PrintableText.escaped(host)) isn't the base64 of name:password")
        }
        // Docker pads passwords with NUL bytes in some versions.
        let password = text[text.index(after: colon)...].trimming { $0 == "\0" }
        return .password(user: String(text[..<colon]), password: password)
    }
}

extension Substring {
    func trimming(_ drops: (Character) -> Bool) -> String {
        var rest = drop(while: drops)
        while let last = rest.last, drops(last) { rest.removeLast() }
        return String(rest)
    }
}
