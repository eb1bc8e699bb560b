// `weft ca deny`: a certificate, or all of a name, that is not believed any more.
import ArgumentParser
import Authority
import SystemPackage

struct CADenyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deny", abstract: "Do not believe a certificate any more, though it is valid.",
        discussion: """
            EXAMPLES
              weft ca deny ann --reason 'left the team'
              weft ca deny 4c1f…(40 digits, see weft ca list --json) --reason 'lost laptop'

            A name denies all its certificates, those to come too. To take it back, take its line out of the file.
            """)

    @Argument(help: "Name of a node or client, or a certificate's serial number.")
    var subject: String

    @Option(help: "Why; it is shown to who is denied.")
    var reason = ""

    @OptionGroup var authority: AuthorityFlags

    func run() async throws {
        let files = authority.files
        _ = try AuthorityCertificate(file: files.path.appending(AuthorityCertificate.fileName))
        let old = try CertificateFiles.readIfPresent(files.denied) ?? DenyList.heading
        let line = try DenyList.line(for: subject, reason: reason)
        let text = old + (old.hasSuffix("\n") || old.isEmpty ? "" : "\n") + line
        let list = try DenyList(text, file: files.denied.string)
        try CertificateFiles.write(text, to: files.denied, isSecret: false, replaces: true)
        try files.spreadDenied()
        let known = files.entries().contains { $0.name == subject || (try? $0.files.read().serial) == subject }
        if !known { Failure.note("Warning: `\(subject)` is nobody in \(files.path).") }
        if authority.json { return Output.line(try JSONText.of(["denied": list.count])) }
        Output.line("\(files.denied) denies \(list.count) now. Copy it to each node's folder; nodes read it again.")
    }
}
