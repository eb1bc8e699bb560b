// A request with its path and query understood.
import Digests
import HTTPMessages
import HTTPTypes

struct RegistryRequest: Sendable {
    let route: RegistryRoute
    let query: RequestQuery
    let served: ServedRequest

    init(_ served: ServedRequest, route: RegistryRoute, query: RequestQuery) {
        (self.served, self.route, self.query) = (served, route, query)
    }

    var method: HTTPRequest.Method { served.head.method }
    var fields: HTTPFields { served.head.headerFields }
    var body: Body { served.body }

    /// Nil where the caller does not say, as with chunks of HTTP.
    var contentLength: Int64? { fields[.contentLength].flatMap { Int64($0) } }

    /// The digest in the query; nil when there is none.
    func digest() throws(RegistryRefusal) -> BlobDigest? {
        guard let text = query["digest"] else { return nil }
        guard let digest = BlobDigest(text) else { throw RegistryRoute.badDigest(text) }
        return digest
    }

    var asker: RegistryAsker {
        RegistryAsker(caller: served.caller, authorization: fields[.authorization], origin: origin)
    }

    /// Letters of a host with its port: nothing else goes back into an answer.
    private var origin: String? {
        guard let host = served.head.authority, (1...Self.hostBytesMax).contains(host.utf8.count),
            host.utf8.allSatisfy(Self.isHostByte)
        else { return nil }
        return (served.head.scheme == "https" ? "https://" : "http://") + host
    }

    private static let hostBytesMax = 300

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: ".-:[]".utf8.contains(byte)
        }
    }
}
