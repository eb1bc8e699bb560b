// Heads of HTTP/1.1 as NIO's codec has them, and as services have them: both ways.
import HTTPTypes
import NIOCore
import NIOHTTP1

extension HTTPRequest {
    /// Nil when the request has no sense for a server: no path, or a method that is no token.
    init?(_ head: HTTPRequestHead, scheme: String) {
        guard let method = HTTPRequest.Method(rawValue: head.method.rawValue),
            let path = HTTPRequest.originForm(of: head.uri)
        else { return nil }
        var fields = HTTPFields()
        var authority: String?
        for (name, value) in head.headers {
            guard let name = HTTPField.Name(name) else { return nil }
            guard name.canonicalName != "host" else {
                guard authority == nil else { return nil }
                authority = value
                continue
            }
            fields.append(HTTPField(name: name, value: value))
        }
        self.init(method: method, scheme: scheme, authority: authority, path: path, headerFields: fields)
    }

    /// A target in absolute form (RFC 9112, section 3.2.2) without scheme and authority.
    private static func originForm(of uri: String) -> String? {
        if uri.hasPrefix("/") || uri == "*" { return uri }
        for scheme in ["http://", "https://"] where uri.lowercased().hasPrefix(scheme) {
            let rest = uri.dropFirst(scheme.count)
            guard let slash = rest.firstIndex(of: "/") else { return "/" }
            return String(rest[slash...])
        }
        return nil
    }
}

extension HTTPResponseHead {
    init(_ head: HTTPResponse, version: HTTPVersion, isKeptAlive: Bool) {
        var headers = HTTPHeaders()
        for field in head.headerFields where field.name != .connection {
            headers.add(name: field.name.rawName, value: field.value)
        }
        if !isKeptAlive {
            headers.add(name: "connection", value: "close")
        } else if version == .http1_0 {
            headers.add(name: "connection", value: "keep-alive")
        }
        let status = HTTPResponseStatus(statusCode: head.status.code, reasonPhrase: head.status.reasonPhrase)
        self.init(version: version, status: status, headers: headers)
    }
}

extension HTTPResponse {
    /// Only its end says how long its body is.
    var isUnbounded: Bool {
        headerFields[.contentLength] == nil && status.code != 204 && status.code != 304
    }
}

extension OutgoingBody {
    var isNone: Bool { if case .none = self { true } else { false } }
}
