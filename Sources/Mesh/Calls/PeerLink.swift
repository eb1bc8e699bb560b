// The link that calls travel over: a pipe of frames to another node or client, whoever makes it.

/// Who is at the other end of a link, as its certificate says.
package struct PeerIdentity: Hashable, Sendable {
    package enum Role: String, Hashable, Sendable {
        case node
        case client
    }

    /// Name of the node or client: `[a-z0-9.-]`, 1 to 63 bytes.
    package let name: String
    package let role: Role
    /// The class whose rights it has (design 5.8).
    package let classes: [String]

    package init(name: String, role: Role, classes: [String]) {
        self.name = name
        self.role = role
        self.classes = classes
    }
}

/// A two-way pipe of frames to another node or client. Frames arrive whole and in their order, or the link ends.
package protocol PeerLink: Sendable {
    var peer: PeerIdentity { get }
    /// Waits while the other side doesn't read. Throws when the link has ended. At most `frameBytesMax` bytes.
    func send(_ frame: [UInt8]) async throws
    /// The next frame; nil when the other side has closed the link in order. One reader.
    func next() async throws -> [UInt8]?
    /// Ends the link for both; a call that waits throws. May be called again.
    func close()
}

/// Bytes of one frame.
package let frameBytesMax = 1 << 20
