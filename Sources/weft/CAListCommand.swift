// `weft ca list`: who has a certificate, until when, and what is wrong with it.
import ArgumentParser
import Authority
import SystemPackage

struct CAListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Print who has a certificate, and until when.",
        discussion: """
            EXAMPLES
              weft ca list
              weft ca list --json
            """)

    @OptionGroup var authority: AuthorityFlags

    func run() async throws {
        let files = authority.files
        let issuer = try AuthorityCertificate(file: files.path.appending(AuthorityCertificate.fileName))
        let denied = try DenyList(file: files.denied)
        var rows: [IssuedRow] = []
        for entry in files.entries() {
            let certificate = try CertificateFile(entry.files.certificate)
            let problem: String?
            if let reason = denied.isDenied(certificate.leaf) {
                problem = "denied: \(reason)"
            } else {
                problem = try await issuer.problem(certificate.leafDER, now: Clock.seconds)
            }
            rows.append(IssuedRow(certificate.leaf, entry, problem: problem))
        }
        if authority.json { return Output.line(try JSONText.of(rows)) }
        for line in IssuedRow.lines(rows) { Output.line(line) }
        if rows.isEmpty { Output.line("Nobody has a certificate yet. `weft ca issue` makes one.") }
    }
}
