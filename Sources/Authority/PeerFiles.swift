// A node's or client's certificate and key as a pair of files: NAME.pem and NAME.key in one folder.
package import SystemPackage

package struct PeerFiles: Sendable {
    package let certificate: FilePath
    package let key: FilePath

    package init(folder: FilePath, name: String) {
        certificate = folder.appending("\(name).pem")
        key = folder.appending("\(name).key")
    }

    package init(certificate: FilePath, key: FilePath) {
        self.certificate = certificate
        self.key = key
    }

    /// The key of a certificate that is about to come.
    private var nextKey: FilePath { FilePath(key.string + ".next") }

    /// Puts a new pair in the place of the one there. A process that is killed on the way leaves a pair that fits, or one
    /// that `settle` mends.
    package func renew(_ issued: IssuedCertificate, key nodeKey: NodeKey) throws(AuthorityError) {
        try CertificateFiles.write(try nodeKey.pem(), to: nextKey, isSecret: true, replaces: true)
        try CertificateFiles.write(issued.pem, to: certificate, isSecret: false, replaces: true)
        try CertificateFiles.move(nextKey, to: key)
    }

    /// Ends what a killed process began with `renew`.
    package func settle() throws(AuthorityError) {
        guard CertificateFiles.exists(nextKey) else { return }
        let isOfCertificate = try NodeKey(file: nextKey).publicKey == read().publicKey
        if isOfCertificate { try CertificateFiles.move(nextKey, to: key) } else { CertificateFiles.remove(nextKey) }
    }

    /// The key first: a certificate without its key would be of no use, and a key waits for its certificate.
    package func write(_ issued: IssuedCertificate, key nodeKey: NodeKey, replaces: Bool) throws(AuthorityError) {
        try CertificateFiles.makeFolder(certificate.removingLastComponent())
        for path in [certificate, key] where !replaces && CertificateFiles.exists(path) {
            throw .exists(path: path.string)
        }
        try CertificateFiles.write(try nodeKey.pem(), to: key, isSecret: true, replaces: replaces)
        try CertificateFiles.write(issued.pem, to: certificate, isSecret: false, replaces: replaces)
    }

    /// The first certificate of the file.
    package func read() throws(AuthorityError) -> CertifiedPeer { try CertificateFile(certificate).leaf }
}

/// What a PEM file of a peer holds: its own certificate, and those above it.
package struct CertificateFile: Sendable {
    package let leaf: CertifiedPeer
    package let leafDER: [UInt8]
    /// The certificates above the first, as PEM.
    package let above: [String]

    package init(_ path: FilePath) throws(AuthorityError) {
        try self.init(pem: try CertificateFiles.read(path), what: path.string)
    }

    package init(pem: String, what: String) throws(AuthorityError) {
        let all = try PEMCertificates.read(pem, what: what)
        guard let first = all.first else { throw .unreadable(what: what, why: "it holds no certificate") }
        leaf = try CertifiedPeer(first.certificate, der: first.der, what: what)
        leafDER = first.der
        above = all.dropFirst().map(\.pem)
    }
}
