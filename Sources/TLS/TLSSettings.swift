// What is agreed about a link before it begins: side, versions, certificates, protocols. Values only.

package struct TLSSettings: Sendable {
    package enum Side: Hashable, Sendable { case client, server }

    package enum Version: Hashable, Sendable { case tls12, tls13 }

    /// What a server asks of its clients. A client always asks its server for a certificate.
    package enum ClientCertificates: Hashable, Sendable { case required, optional, none }

    /// A certificate, the certificates between it and the authority, and its key. All PEM.
    package struct Identity: Sendable {
        package let certificates: [UInt8]
        package let key: [UInt8]

        package init(certificates: [UInt8], key: [UInt8]) {
            self.certificates = certificates
            self.key = key
        }
    }

    package var side: Side
    package var leastVersion = Version.tls13
    /// ALPN names, the preferred first. Without any, none is negotiated.
    package var protocols: [String]
    /// Required of a server.
    package var identity: Identity?
    /// PEM of the authorities that certificates of the other side are checked against. Nothing else is trusted.
    package var authorities: [UInt8]
    package var clientCertificates = ClientCertificates.required
    /// Seconds since 1970 at which certificates are checked; nil: now.
    package var checkedAt: Int64?

    package init(side: Side, protocols: [String], identity: Identity?, authorities: [UInt8]) {
        self.side = side
        self.protocols = protocols
        self.identity = identity
        self.authorities = authorities
    }

    /// Between nodes: TLS 1.3, certificates on both sides, HTTP/2.
    package static func peers(_ side: Side, identity: Identity?, authorities: [UInt8]) -> TLSSettings {
        TLSSettings(side: side, protocols: ["h2"], identity: identity, authorities: authorities)
    }

    /// For docker, skopeo and people: old versions and HTTP/1.1 too, certificates of clients only where they have one.
    package static func registry(identity: Identity, authorities: [UInt8] = []) -> TLSSettings {
        var settings = TLSSettings(
            side: .server, protocols: ["h2", "http/1.1"], identity: identity, authorities: authorities)
        settings.leastVersion = .tls12
        settings.clientCertificates = authorities.isEmpty ? .none : .optional
        return settings
    }
}

/// Whom a client expects at the other end.
package enum TLSPeerName: Hashable, Sendable {
    /// A name in the certificate's DNS names; sent to the server (SNI), too.
    case dns(String)
    /// An address in the certificate's IP addresses.
    case address(String)
}
