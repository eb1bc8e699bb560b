// Heads of requests and responses as fields of HTTP/2: both ways.
import CNghttp2
import HTTPTypes

/// Fields on their way out, flat in one array.
struct FieldLines {
    private struct Line {
        let nameCount: Int
        let valueCount: Int
        let isSecret: Bool
    }

    private var bytes: [UInt8] = []
    private var lines: [Line] = []

    /// Belong to one connection of HTTP/1.1, not to a message (RFC 9113, section 8.2.2); `host` is `:authority`.
    private static let forbidden: Set<String> = [
        "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade", "host", "te",
    ]

    init(_ head: HTTPRequest) {
        add(":method", head.method.rawValue)
        add(":scheme", head.scheme ?? "https")
        if let authority = head.authority { add(":authority", authority) }
        add(":path", head.path ?? "/")
        add(head.headerFields)
    }

    init(_ head: HTTPResponse) {
        add(":status", String(head.status.code))
        add(head.headerFields)
    }

    private mutating func add(_ fields: HTTPFields) {
        for field in fields where !Self.forbidden.contains(field.name.canonicalName) {
            add(field.name.canonicalName, field.value, isSecret: field.name == .authorization)
        }
    }

    private mutating func add(_ name: String, _ value: String, isSecret: Bool = false) {
        lines.append(Line(nameCount: name.utf8.count, valueCount: value.utf8.count, isSecret: isSecret))
        bytes += name.utf8
        bytes += value.utf8
    }

    /// The array that libnghttp2 wants; it copies what it keeps.
    mutating func withNameValues<Result>(_ use: (UnsafePointer<nghttp2_nv>?, Int) -> Result) -> Result {
        let lines = lines
        return unsafe bytes.withUnsafeMutableBufferPointer { bytes in
            var values: [nghttp2_nv] = unsafe []
            unsafe values.reserveCapacity(lines.count)
            var next = bytes.baseAddress
            for line in lines {
                let flags = line.isSecret ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE
                let value = unsafe next?.advanced(by: line.nameCount)
                unsafe values.append(
                    nghttp2_nv(
                        name: next, value: value, namelen: line.nameCount, valuelen: line.valueCount,
                        flags: UInt8(flags.rawValue)))
                unsafe next = value?.advanced(by: line.valueCount)
            }
            return unsafe values.withUnsafeBufferPointer { unsafe use($0.baseAddress, $0.count) }
        }
    }
}

/// A head on its way in, field by field. libnghttp2 has checked names, values and the order of pseudo fields.
struct HeadBuilder {
    /// What a field counts beside its bytes (RFC 9113, section 6.5.2).
    static let fieldOverheadBytes = 32

    private var method: String?
    private var scheme: String?
    private var authority: String?
    private var path: String?
    private(set) var status: Int?
    private var fields = HTTPFields()
    private var byteCount = 0
    private var count = 0

    /// False when the head has grown beyond the limits; nothing more is kept then.
    mutating func add(
        name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>, _ limits: HTTP2Limits
    ) -> Bool {
        byteCount += name.count + value.count + Self.fieldOverheadBytes
        count += 1
        guard byteCount <= limits.headerBytesMax, count <= limits.headerCountMax else { return false }
        let nameText = unsafe String(decoding: name, as: UTF8.self)
        guard nameText.utf8.first == UInt8(ascii: ":") else {
            guard let fieldName = HTTPField.Name(nameText) else { return true }
            unsafe fields.append(HTTPField(name: fieldName, value: value))
            return true
        }
        let text = unsafe String(decoding: value, as: UTF8.self)
        switch nameText {
        case ":method": method = text
        case ":scheme": scheme = text
        case ":authority": authority = text
        case ":path": path = text
        case ":status": status = Int(text)
        default: break
        }
        return true
    }

    var request: HTTPRequest? {
        guard let method = method.flatMap({ HTTPRequest.Method(rawValue: $0) }) else { return nil }
        var fields = fields
        let host = HTTPField.Name("host").flatMap { name in
            defer { fields[name] = nil }
            return fields[name]
        }
        return HTTPRequest(
            method: method, scheme: scheme, authority: authority ?? host, path: path, headerFields: fields)
    }

    var response: HTTPResponse? {
        guard let status, (100...999).contains(status) else { return nil }
        return HTTPResponse(status: .init(code: status), headerFields: fields)
    }

    /// 1xx: the head of the real response is still to come.
    var isInformational: Bool { (100..<200).contains(status ?? 0) }
}
