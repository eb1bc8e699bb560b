// `weft ca token`: a token for somebody who uses a node's registry without a certificate.
import ArgumentParser
import Authority
import SystemPackage

struct CATokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make a token for a node's registry, as docker login asks for.",
        discussion: """
            EXAMPLES
              weft ca token ann --file users
              docker login -u ann -p weft_… a.example.com:5080

            The file keeps a hash; the token is shown once. `registry.auth.users` in a node's config names the file.
            """)

    @Argument(help: "Name of a person or program.")
    var name: String

    @Option(help: "File of names and tokens.", completion: .file())
    var file = "users"

    @Flag(help: "Replace the token that the name has.")
    var force = false

    func run() async throws {
        let path = FilePath(file)
        let text = try CertificateFiles.readIfPresent(path)
        var tokens = try text.map { try RegistryTokens($0, file: file) } ?? RegistryTokens()
        guard force || !tokens.names.contains(name) else {
            throw UsageError("`\(name)` has a token in \(file). Say --force to replace it; the old one ends then.")
        }
        let token = try tokens.make(for: name)
        try CertificateFiles.write(tokens.text, to: path, isSecret: true, replaces: true)
        Output.line(token)
    }
}
