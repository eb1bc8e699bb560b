// Arguments become bytes, and bytes arguments.
package import Distributed

/// Made by the compiler's stub of a distributed function. Generic functions are refused: their types would have to be
/// looked up by names from the network.
package struct CallEncoder: DistributedTargetInvocationEncoder {
    package typealias SerializationRequirement = any Message

    private(set) var arguments: [[UInt8]] = []

    package mutating func recordGenericSubstitution<Value>(_ type: Value.Type) throws {
        throw CallError.unlisted(target: "a generic function")
    }

    package mutating func recordArgument<Value: Message>(_ argument: RemoteCallArgument<Value>) throws {
        arguments.append(argument.value.encoded)
    }

    package mutating func recordErrorType<Failure: Error>(_ type: Failure.Type) throws {}
    package mutating func recordReturnType<Value: Message>(_ type: Value.Type) throws {}
    package mutating func doneRecording() throws {}
}

package struct CallDecoder: DistributedTargetInvocationDecoder {
    package typealias SerializationRequirement = any Message

    private var arguments: ArraySlice<[UInt8]>

    init(_ arguments: [[UInt8]]) { self.arguments = arguments[...] }

    package mutating func decodeGenericSubstitutions() throws -> [any Any.Type] { [] }

    package mutating func decodeNextArgument<Value: Message>() throws -> Value {
        guard let bytes = arguments.popFirst() else { throw MessageError("argument", .missing) }
        return try Value(encoded: bytes)
    }

    package mutating func decodeErrorType() throws -> (any Any.Type)? { nil }
    package mutating func decodeReturnType() throws -> (any Any.Type)? { nil }
}
