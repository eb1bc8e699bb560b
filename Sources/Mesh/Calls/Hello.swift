// The first frame of each side: who speaks, and in which versions of the protocol.

/// Its fields never change their meaning: all versions must be able to tell each other which is the older one.
struct Hello: Message, Hashable {
    /// Versions of frames and messages that it speaks, from the oldest to the newest.
    let versions: ClosedRange<UInt32>
    /// The version of weft.
    let program: String
    /// As in its certificate.
    let name: String

    /// Versions that this program speaks.
    static let spoken: ClosedRange<UInt32> = 1...1

    init(versions: ClosedRange<UInt32>, program: String, name: String) {
        self.versions = versions
        self.program = program.cut(toBytes: WireName.nodeBytesMax)
        self.name = name
    }

    func write(to fields: inout FieldWriter) {
        fields.count(1, versions.lowerBound)
        fields.count(2, versions.upperBound)
        fields.text(3, program)
        fields.text(4, name)
    }

    init(from fields: inout FieldReader) throws(MessageError) {
        let oldest: UInt32 = try fields.count(1, "oldest")
        let newest: UInt32 = try fields.count(2, "newest")
        guard oldest >= 1, newest >= oldest else { throw MessageError("newest", .outOfRange) }
        versions = oldest...newest
        program = try fields.text(3, "program", max: WireName.nodeBytesMax)
        name = try fields.nodeName(4, "name")
    }

    /// The newest version that both speak; nil when there is none.
    func version(with other: Hello) -> UInt32? {
        guard versions.overlaps(other.versions) else { return nil }
        return min(versions.upperBound, other.versions.upperBound)
    }

    /// What the two that share no version are told: the same words at both ends.
    func mismatch(with other: Hello) -> String {
        let older = versions.upperBound < other.versions.lowerBound ? self : other
        let newer = older == self ? other : self
        return "\(older.words) and \(newer.words): upgrade \(older.name)"
    }

    private var words: String {
        let range =
            versions.count == 1
            ? "version \(versions.lowerBound)" : "versions \(versions.lowerBound) to \(versions.upperBound)"
        return "\(name) (weft \(program)) speaks \(range) of the mesh's protocol"
    }
}
