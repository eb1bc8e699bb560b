// What is said over a link: the kinds of frames, and their bytes.

/// A frame is one byte of kind and the fields of a message. What is longer than a frame goes as `part`s and a `last`,
/// one such message at a time and side.
enum CallFrame {
    enum Kind: UInt8 {
        case hello = 1
        case call = 2
        case reply = 3
        case failure = 4
        case cancel = 5
        case goodbye = 6
        /// Says nothing: a link that is silent for long is dead.
        case alive = 7
        case part = 8
        case last = 9
        /// The parts so far are of a call that was given up.
        case drop = 10
    }

    case hello(Hello)
    case call(CallRequest)
    case reply(CallReply)
    case failure(CallFailure)
    case cancel(id: UInt64)
    case goodbye(reason: String)
    case alive
    case part(ArraySlice<UInt8>)
    case last(ArraySlice<UInt8>)
    case drop

    /// Bytes of a part of a longer message.
    static let partBytesMax = frameBytesMax - 1

    var bytes: [UInt8] {
        switch self {
        case .hello(let hello): Self.bytes(.hello, hello)
        case .call(let call): Self.bytes(.call, call)
        case .reply(let reply): Self.bytes(.reply, reply)
        case .failure(let failure): Self.bytes(.failure, failure)
        case .cancel(let id): Self.bytes(.cancel, CallNumber(id: id))
        case .goodbye(let reason): Self.bytes(.goodbye, Goodbye(reason: reason))
        case .alive: [Kind.alive.rawValue]
        case .part(let bytes): [Kind.part.rawValue] + bytes
        case .last(let bytes): [Kind.last.rawValue] + bytes
        case .drop: [Kind.drop.rawValue]
        }
    }

    private static func bytes(_ kind: Kind, _ message: some Message) -> [UInt8] { [kind.rawValue] + message.encoded }

    init(_ bytes: [UInt8]) throws(MessageError) {
        guard let first = bytes.first, let kind = Kind(rawValue: first) else {
            throw MessageError("frame", bytes.first.map { .unknownCase(Int($0)) } ?? .missing)
        }
        let rest = bytes.dropFirst()
        switch kind {
        case .hello: self = .hello(try Self.read(rest, "hello"))
        case .call: self = .call(try Self.read(rest, "call"))
        case .reply: self = .reply(try Self.read(rest, "reply"))
        case .failure: self = .failure(try Self.read(rest, "failure"))
        case .cancel: self = .cancel(id: try Self.read(rest, "cancel", as: CallNumber.self).id)
        case .goodbye: self = .goodbye(reason: try Self.read(rest, "goodbye", as: Goodbye.self).reason)
        case .alive: self = .alive
        case .part: self = .part(rest)
        case .last: self = .last(rest)
        case .drop: self = .drop
        }
    }

    private static func read<Value: Message>(
        _ bytes: ArraySlice<UInt8>, _ name: String, as type: Value.Type = Value.self
    ) throws(MessageError) -> Value {
        do throws(MessageError) { return try Value(encoded: Array(bytes)) } catch { throw error.inside(name) }
    }
}
