// The messages that frames are made of: a call, its answer, and what ends it.

/// Calls are numbered by their caller, from 1, each link anew.
struct CallRequest: Message {
    let id: UInt64
    /// `node.card/1`
    let target: String
    let actor: String
    /// Nanoseconds that are left for it.
    let timeLeft: Int64
    let arguments: [[UInt8]]

    /// Arguments of one call.
    static let argumentsMax = 8

    init(id: UInt64, target: String, actor: String, timeLeft: Duration, arguments: [[UInt8]]) {
        self.id = id
        self.target = target
        self.actor = actor
        self.timeLeft = timeLeft.nanoseconds
        self.arguments = arguments
    }

    func write(to fields: inout FieldWriter) {
        fields.number(1, id)
        fields.text(2, target)
        fields.text(3, actor)
        fields.count(4, timeLeft)
        for argument in arguments { fields.data(5, present: argument) }
    }

    init(from fields: inout FieldReader) throws(MessageError) {
        id = try fields.number(1, "id")
        target = try fields.text(2, "target", max: WireName.buildBytesMax)
        actor = try fields.text(3, "actor", max: WireName.buildBytesMax)
        timeLeft = try fields.count(4, "timeLeft")
        var arguments: [[UInt8]] = []
        while let range = try fields.element(at: 5, "arguments", max: .max) {
            guard arguments.count < Self.argumentsMax else {
                throw MessageError("arguments", .tooMany(max: Self.argumentsMax))
            }
            arguments.append(Array(fields[range]))
        }
        self.arguments = arguments
    }
}

struct CallReply: Message {
    let id: UInt64
    /// Empty for a call that answers nothing.
    let result: [UInt8]

    init(id: UInt64, result: [UInt8]) { (self.id, self.result) = (id, result) }

    func write(to fields: inout FieldWriter) {
        fields.number(1, id)
        fields.data(2, result)
    }

    init(from fields: inout FieldReader) throws(MessageError) {
        self.init(id: try fields.number(1, "id"), result: try fields.data(2, "result", max: .max))
    }
}

struct CallFailure: Message, Error {
    enum Kind: UInt8 {
        case failed = 1
        case refused = 2
        case busy = 3
        case late = 4
        case unreadable = 5
    }

    let id: UInt64
    let kind: Kind
    let text: String

    /// Bytes of the text that are sent; the rest is cut.
    static let textBytesMax = 4096

    init(id: UInt64, _ kind: Kind, _ text: String) {
        (self.id, self.kind) = (id, kind)
        self.text = text.cut(toBytes: Self.textBytesMax)
    }

    func write(to fields: inout FieldWriter) {
        fields.number(1, id)
        fields.count(2, kind.rawValue)
        fields.text(3, text)
    }

    init(from fields: inout FieldReader) throws(MessageError) {
        let id = try fields.number(1, "id")
        // A kind that only a newer version knows is a failure, too.
        let kind = UInt8(exactly: try fields.number(2, "kind")).flatMap(Kind.init(rawValue:)) ?? .failed
        self.init(id: id, kind, try fields.text(3, "text"))
    }

    func error(peer: String, late: CallError) -> CallError {
        switch kind {
        case .failed: .failed(peer: peer, message: text)
        case .refused: .refused(peer: peer, reason: text)
        case .busy: .busy(peer: peer)
        case .late: late
        case .unreadable: .unreadable(peer: peer, reason: text)
        }
    }
}

struct CallNumber: Message {
    let id: UInt64

    init(id: UInt64) { self.id = id }

    func write(to fields: inout FieldWriter) { fields.number(1, id) }

    init(from fields: inout FieldReader) throws(MessageError) { id = try fields.number(1, "id") }
}

struct Goodbye: Message {
    let reason: String

    init(reason: String) { self.reason = reason.cut(toBytes: CallFailure.textBytesMax) }

    func write(to fields: inout FieldWriter) { fields.text(1, reason) }

    init(from fields: inout FieldReader) throws(MessageError) { self.init(reason: try fields.text(1, "reason")) }
}

extension String {
    /// The longest beginning of at most `count` bytes that ends with a whole character.
    func cut(toBytes count: Int) -> String {
        guard utf8.count > count else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: count)
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { utf8.formIndex(before: &end) }
        return String(self[..<end])
    }
}
