// `weft ca show`: what a certificate says, and whether a mesh would believe it.
import ArgumentParser
import Authority
import SystemPackage

struct CAShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print what is in a certificate, and whether it is good.",
        discussion: """
            EXAMPLES
              weft ca show mesh/nodes/a/a.pem
              weft ca show ci.pem --authority authority.pem --denied denied

            The exit code is 1 when the certificate is not good.
            """)

    @Argument(help: "The certificate, PEM.", completion: .file())
    var file: String

    @Option(help: "The authority's certificate. (default: authority.pem beside FILE)", completion: .file())
    var authority: String?

    @Option(help: "The deny list. (default: denied beside FILE, if it is there)", completion: .file())
    var denied: String?

    @Flag(help: "JSON, for scripts.")
    var json = false

    func run() async throws {
        let path = FilePath(file)
        if let own = try? AuthorityCertificate(file: path) { return try showAuthority(own) }
        let certificate = try CertificateFile(path)
        let row = IssuedRow(certificate.leaf, nil, problem: try await problem(certificate, path))
        if json { Output.line(try JSONText.of(row)) } else { Output.print(row.facts) }
        if row.problem != nil { throw ExitCode.failure }
    }

    private func problem(_ certificate: CertificateFile, _ path: FilePath) async throws -> String? {
        let folder = path.removingLastComponent()
        let list = try DenyList(file: denied.map { FilePath($0) } ?? folder.appending(DenyList.fileName))
        if let reason = list.isDenied(certificate.leaf) { return "denied: \(reason)" }
        return try await issuer(certificate, folder).problem(certificate.leafDER, now: Clock.seconds)
    }

    private func issuer(_ certificate: CertificateFile, _ folder: FilePath) throws -> AuthorityCertificate {
        if let authority { return try AuthorityCertificate(file: FilePath(authority)) }
        let beside = folder.appending(AuthorityCertificate.fileName)
        if CertificateFiles.exists(beside) { return try AuthorityCertificate(file: beside) }
        guard let pem = certificate.above.last else {
            throw UsageError("\(file) holds no authority, and none lies beside it. Name it with --authority.")
        }
        Failure.note("Warning: the authority is taken from \(file) itself; --authority checks against another.")
        return try AuthorityCertificate(pem: pem, what: file)
    }

    private func showAuthority(_ own: AuthorityCertificate) throws {
        let problem =
            Clock.seconds > own.notAfter
            ? "it has expired" : Clock.seconds < own.notBefore ? "it is not yet valid" : nil
        let row = AuthorityRow(own, problem: problem)
        if json { Output.line(try JSONText.of(row)) } else { Output.print(row.facts) }
        if problem != nil { throw ExitCode.failure }
    }
}

/// The authority itself, for people and scripts.
struct AuthorityRow: Encodable {
    let name: String
    let fingerprint: String
    let notBefore: String
    let notAfter: String
    let problem: String?

    init(_ authority: AuthorityCertificate, problem: String? = nil) {
        name = authority.name
        fingerprint = authority.fingerprint
        notBefore = Clock.text(authority.notBefore)
        notAfter = Clock.text(authority.notAfter)
        self.problem = problem
    }

    var facts: String {
        [
            ("authority", name), ("valid from", notBefore), ("valid until", notAfter), ("sha256", fingerprint),
            ("problem", problem ?? "none"),
        ].map { "\($0.0.padded(to: 12)) \($0.1)\n" }.joined()
    }
}
