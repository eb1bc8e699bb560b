// What passes between a service and whoever moves its bytes: requests, responses, callers. No sockets, no framing.
package import HTTPTypes

/// Answers requests, over whatever protocol they came.
package protocol HTTPService: Sendable {
    /// Called in a task of its own for every request; the task is cancelled when the caller gives up. The body of a
    /// request that was not read to its end is thrown away.
    func answer(_ request: ServedRequest) async -> ServedResponse
}

package struct ServedRequest: Sendable {
    package let head: HTTPRequest
    package let body: Body
    package let caller: Caller

    package init(head: HTTPRequest, body: Body, caller: Caller) {
        self.head = head
        self.body = body
        self.caller = caller
    }

    /// The path without its query; as it came, nothing decoded.
    package var path: Substring { (head.path ?? "/").prefix { $0 != "?" } }
}

/// Who asks.
package struct Caller: Hashable, Sendable {
    /// `10.0.0.1:4711`, for logs and limits.
    package let address: String
    /// DER of the certificate that the caller showed and that was verified; nil without one.
    package let certificate: [UInt8]?

    package init(address: String, certificate: [UInt8]?) {
        self.address = address
        self.certificate = certificate
    }
}

package struct ServedResponse: Sendable {
    package var head: HTTPResponse
    package var body: ResponseBody

    package init(_ head: HTTPResponse, body: ResponseBody = .none) {
        self.head = head
        self.body = body
    }
}

package enum ResponseBody: Sendable {
    case none
    case bytes([UInt8])
    /// Part of a file, read as it is sent.
    case file(FilePart)
    /// Made while it is sent: `make` writes and returns at the end; what it throws breaks the response off so that the
    /// caller sees it. `length` is sent as content-length where it is known.
    case stream(length: Int64?, make: @Sendable (Body) async throws -> Void)
}

/// Bytes `offset ..< offset + count` of an open file; closed when the last copy of this value goes.
package final class FilePart: Sendable {
    package let descriptor: Int32
    package let offset: Int64
    package let count: Int64
    private let close: @Sendable () -> Void

    package init(
        descriptor: Int32, offset: Int64, count: Int64, close: @escaping @Sendable () -> Void
    ) {
        self.descriptor = descriptor
        self.offset = offset
        self.count = count
        self.close = close
    }

    deinit { close() }
}
