// A subject as alternative names of a certificate, and back: strict, because rights hang on them.
import SwiftASN1
import X509

/// `weft:node/NAME` or `weft:client/NAME` exactly once, `weft:class/CLASS` per class, DNS names, IP addresses.
enum SubjectNames {
    private static let scheme = "weft:"

    static func names(of subject: CertificateSubject) -> SubjectAlternativeNames {
        let identity = GeneralName.uniformResourceIdentifier("\(scheme)\(subject.role.rawValue)/\(subject.name)")
        let classes = subject.classes.map { GeneralName.uniformResourceIdentifier("\(scheme)class/\($0)") }
        return SubjectAlternativeNames([identity] + classes + general(subject.addresses))
    }

    static func names(of addresses: [HostAddress]) -> SubjectAlternativeNames {
        SubjectAlternativeNames(general(addresses))
    }

    private static func general(_ addresses: [HostAddress]) -> [GeneralName] {
        addresses.map { address in
            switch address {
            case .dns(let name): .dnsName(name)
            case .ip(let bytes): .ipAddress(ASN1OctetString(contentBytes: bytes[...]))
            }
        }
    }

    /// - Parameter what: whose names they are, for errors.
    static func subject(
        of names: SubjectAlternativeNames, common: String, what: String
    ) throws(AuthorityError) -> CertificateSubject {
        guard names.count <= CertificateSubject.entriesMax + 2 else {
            throw .unfit(what: what, why: "it has more than \(CertificateSubject.entriesMax) alternative names")
        }
        var parts = SubjectParts(what: what)
        for name in names { try parts.take(name) }
        guard let (role, name) = parts.identity else { throw .unfit(what: what, why: "it names no node or client") }
        guard name == common else {
            throw .unfit(what: what, why: "it is `\(name)` by its identity and `\(common)` by its subject")
        }
        return CertificateSubject(name: name, role: role, classes: parts.classes, addresses: parts.addresses)
    }

    private struct SubjectParts {
        let what: String
        var identity: (PeerRole, String)?
        var classes: Set<String> = []
        var addresses: Set<HostAddress> = []

        mutating func take(_ name: GeneralName) throws(AuthorityError) {
            switch name {
            case .dnsName(let text):
                guard HostAddress.isDNSName(text) else { throw unfit("`\(shown(text))` is no DNS name") }
                try take(.dns(text))
            case .ipAddress(let octets):
                guard octets.bytes.count == 4 || octets.bytes.count == 16 else {
                    throw unfit("an IP address has \(octets.bytes.count) bytes")
                }
                try take(.ip(Array(octets.bytes)))
            case .uniformResourceIdentifier(let text): try takeURI(text)
            default: throw unfit("it has an alternative name that is no DNS name, IP address or URI")
            }
        }

        private mutating func take(_ address: HostAddress) throws(AuthorityError) {
            guard addresses.insert(address).inserted else { throw unfit("it names `\(address)` twice") }
        }

        /// URIs of other schemes say nothing here.
        private mutating func takeURI(_ text: String) throws(AuthorityError) {
            guard text.prefix(scheme.count).lowercased() == scheme else { return }
            let rest = text.dropFirst(scheme.count).split(
                separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard text.hasPrefix(scheme), rest.count == 2, MeshName.problem(String(rest[1])) == nil else {
                throw unfit("`\(shown(text))` is no identity")
            }
            let name = String(rest[1])
            if rest[0] == "class" {
                guard classes.insert(name).inserted else { throw unfit("it names the class `\(name)` twice") }
                return
            }
            guard let role = PeerRole(rawValue: String(rest[0])) else { throw unfit("`\(shown(text))` is no identity") }
            guard identity == nil else { throw unfit("it has two identities") }
            identity = (role, name)
        }

        private func unfit(_ why: String) -> AuthorityError { .unfit(what: what, why: why) }

        /// A stranger's text in a message: short, and nothing that a terminal obeys.
        private func shown(_ text: String) -> String {
            String(String.UnicodeScalarView(text.unicodeScalars.prefix(80).map { (" "..."~").contains($0) ? $0 : "?" }))
        }
    }
}
