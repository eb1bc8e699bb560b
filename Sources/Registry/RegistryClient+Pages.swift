// Lists come in pages: where the next one is.
import NIOHTTP1

extension RegistryClient {
    /// `Link: </v2/…?last=…>; rel="next"` (RFC 8288), which has to stay at the registry.
    func nextPage(_ answer: Answer, _ endpoint: Endpoint, _ asked: Asked) throws -> WebAddress? {
        for link in answer.headers[canonicalForm: "link"] {
            guard let open = link.firstIndex(of: "<"), let close = link[open...].firstIndex(of: ">"),
                link[close...].filter({ $0 != " " && $0 != "\"" }).contains("rel=next")
            else { continue }
            let reference = String(link[link.index(after: open)..<close])
            guard let next = answer.address.resolving(reference), next.isSameOrigin(as: endpoint.address) else {
                throw RegistryError(.unusable, asked, reason: "its next page is at another host")
            }
            return next
        }
        return nil
    }
}
