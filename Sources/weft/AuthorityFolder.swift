// The folder that `weft ca` works in: the authority, and a folder per node and client that is copied as it is.
import Authority
import Foundation
import SystemPackage

/// `authority.pem`, `authority.key`, `denied`, `nodes/NAME/…`, `clients/NAME/…`.
struct AuthorityFolder {
    struct Entry {
        let role: PeerRole
        let name: String
        let folder: FilePath
        let files: PeerFiles
    }

    let path: FilePath

    init(_ path: FilePath) { self.path = path }

    var denied: FilePath { path.appending(DenyList.fileName) }

    func entry(_ role: PeerRole, _ name: String) -> Entry {
        let folder = path.appending(role.rawValue + "s").appending(name)
        return Entry(role: role, name: name, folder: folder, files: PeerFiles(folder: folder, name: name))
    }

    /// Who has a certificate here, nodes first, by name.
    func entries() -> [Entry] {
        PeerRole.allCases.flatMap { role in
            let folder = path.appending(role.rawValue + "s").string
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return names.filter { MeshName.problem($0) == nil }.sorted().map { entry(role, $0) }
                .filter { CertificateFiles.exists($0.files.certificate) }
        }
    }

    func authority() throws -> MeshAuthority {
        guard CertificateFiles.exists(path.appending(AuthorityCertificate.fileName)) else {
            throw UsageError(
                "there is no authority in \(path). Make one with `weft ca init`, or say where it is with --dir.")
        }
        return try MeshAuthority(folder: path)
    }

    /// Certificate, key, authority and deny list in the folder of one node or client.
    @discardableResult
    func issue(
        _ subject: CertificateSubject, by authority: MeshAuthority, seconds: Int64?, replaces: Bool
    ) throws -> IssuedRow {
        let entry = entry(subject.role, subject.name)
        try refuseNamesake(of: entry)
        let key = NodeKey()
        let issued = try authority.issue(
            subject, to: key.publicKey, seconds: seconds ?? subject.role.lifetime, now: Clock.seconds)
        try entry.files.write(issued, key: key, replaces: replaces)
        let copy = entry.folder.appending(AuthorityCertificate.fileName)
        try CertificateFiles.write(authority.certificate.pem, to: copy, isSecret: false, replaces: true)
        if subject.role == .node { try writeDenied(to: entry.folder) }
        return IssuedRow(issued.peer, entry)
    }

    // MARK: The ledger

    /// Nil where the mesh has none.
    func ledgerAuthority() throws -> LedgerAuthority? { try LedgerAuthority(folder: path) }

    /// Made when it is first needed; `name` is the mesh's.
    func makeLedgerAuthority(_ name: String) throws -> LedgerAuthority {
        if let authority = try ledgerAuthority() { return authority }
        let authority = try LedgerAuthority.create(name: name, now: Clock.seconds)
        try authority.write(to: path, replaces: false)
        return authority
    }

    /// A voter's certificate of the ledger, beside its own.
    func issueLedger(to voter: CertificateSubject, by authority: LedgerAuthority) throws -> LedgerFile {
        try authority.issue(to: voter, in: entry(.node, voter.name).folder, now: Clock.seconds)
    }

    /// A deny list speaks of names: a node and a client never share one.
    private func refuseNamesake(of entry: Entry) throws {
        let other = self.entry(entry.role == .node ? .client : .node, entry.name)
        guard CertificateFiles.exists(other.files.certificate) else { return }
        throw UsageError("`\(entry.name)` is a \(other.role) already. Choose another name for the \(entry.role).")
    }

    private func writeDenied(to folder: FilePath) throws {
        let text = try CertificateFiles.readIfPresent(denied) ?? DenyList.heading
        try CertificateFiles.write(
            text, to: folder.appending(DenyList.fileName), isSecret: false, replaces: true)
    }

    /// Every node's copy of the deny list.
    func spreadDenied() throws {
        for entry in entries() where entry.role == .node { try writeDenied(to: entry.folder) }
    }
}

enum Clock {
    /// Unix seconds.
    static var seconds: Int64 { Int64(Date().timeIntervalSince1970) }

    /// RFC 3339, UTC.
    static func text(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}
