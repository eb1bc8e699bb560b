// What the fields of a message mean: numbers, texts, bytes, messages and lists of them, each within its bound.

extension FieldReader {
    // MARK: Numbers

    mutating func number(_ tag: Int, _ name: String) throws(MessageError) -> UInt64 {
        try number(at: tag, name) ?? 0
    }

    /// A number that `Value` can hold.
    mutating func count<Value: FixedWidthInteger>(
        _ tag: Int, _ name: String, as type: Value.Type = Value.self
    ) throws(MessageError) -> Value {
        try optionalCount(tag, name) ?? 0
    }

    mutating func optionalCount<Value: FixedWidthInteger>(
        _ tag: Int, _ name: String, as type: Value.Type = Value.self
    ) throws(MessageError) -> Value? {
        guard let number = try number(at: tag, name) else { return nil }
        guard let value = Value(exactly: number) else { throw MessageError(name, .outOfRange) }
        return value
    }

    mutating func signed(_ tag: Int, _ name: String) throws(MessageError) -> Int64 {
        let number = try number(tag, name)
        return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
    }

    mutating func flag(_ tag: Int, _ name: String) throws(MessageError) -> Bool {
        let number = try number(tag, name)
        guard number <= 1 else { throw MessageError(name, .outOfRange) }
        return number == 1
    }

    /// A case of an enumeration that must be there; an unknown one is an error.
    mutating func choice<Value: RawRepresentable<UInt8>>(
        _ tag: Int, _ name: String, as type: Value.Type = Value.self
    ) throws(MessageError) -> Value {
        guard let number = try number(at: tag, name) else { throw MessageError(name, .missing) }
        guard let byte = UInt8(exactly: number), let value = Value(rawValue: byte) else {
            throw MessageError(name, .unknownCase(Int(clamping: number)))
        }
        return value
    }

    // MARK: Bytes

    mutating func data(_ tag: Int, _ name: String, max: Int) throws(MessageError) -> [UInt8] {
        try optionalData(tag, name, max: max) ?? []
    }

    mutating func optionalData(_ tag: Int, _ name: String, max: Int) throws(MessageError) -> [UInt8]? {
        try range(at: tag, name, max: max).map { Array(self[$0]) }
    }

    /// - Parameter max: bytes of each.
    mutating func datas(_ tag: Int, _ name: String, max: Int) throws(MessageError) -> [[UInt8]] {
        var values: [[UInt8]] = []
        while let range = try element(at: tag, name, max: max) {
            guard values.count < MessageLimits.elementsMax else {
                throw MessageError(name, .tooMany(max: MessageLimits.elementsMax))
            }
            values.append(Array(self[range]))
        }
        return values
    }

    mutating func text(
        _ tag: Int, _ name: String, max: Int = MessageLimits.textBytesMax
    ) throws(MessageError) -> String {
        try optionalText(tag, name, max: max) ?? ""
    }

    mutating func optionalText(
        _ tag: Int, _ name: String, max: Int = MessageLimits.textBytesMax
    ) throws(MessageError) -> String? {
        guard let range = try range(at: tag, name, max: max) else { return nil }
        return try string(range, name)
    }

    mutating func texts(
        _ tag: Int, _ name: String, max: Int = MessageLimits.elementsMax
    ) throws(MessageError) -> [String] {
        var texts: [String] = []
        while let range = try element(at: tag, name, max: MessageLimits.textBytesMax) {
            guard texts.count < max else { throw MessageError(name, .tooMany(max: max)) }
            texts.append(try string(range, name))
        }
        return texts
    }

    private func string(_ range: Range<Int>, _ name: String) throws(MessageError) -> String {
        guard let text = String(validating: self[range], as: UTF8.self) else { throw MessageError(name, .notUTF8) }
        return text
    }

    // MARK: Messages

    mutating func message<Value: Message>(
        _ tag: Int, _ name: String, as type: Value.Type = Value.self
    ) throws(MessageError) -> Value {
        guard let value = try optionalMessage(tag, name, as: type) else { throw MessageError(name, .missing) }
        return value
    }

    mutating func optionalMessage<Value: Message>(
        _ tag: Int, _ name: String, as type: Value.Type = Value.self
    ) throws(MessageError) -> Value? {
        guard let range = try range(at: tag, name, max: .max) else { return nil }
        return try value(range, name)
    }

    mutating func messages<Value: Message>(
        _ tag: Int, _ name: String, as type: Value.Type = Value.self, max: Int = MessageLimits.elementsMax
    ) throws(MessageError) -> [Value] {
        var values: [Value] = []
        while let range = try element(at: tag, name, max: .max) {
            guard values.count < max else { throw MessageError(name, .tooMany(max: max)) }
            values.append(try value(range, "\(name)[\(values.count)]"))
        }
        return values
    }

    private func value<Value: Message>(_ range: Range<Int>, _ name: String) throws(MessageError) -> Value {
        var fields = try reader(of: range, name)
        do throws(MessageError) {
            let value = try Value(from: &fields)
            try fields.finish()
            return value
        } catch {
            throw error.inside(name)
        }
    }

    /// A message that has no type of its own; it must be there.
    mutating func group<Value>(
        _ tag: Int, _ name: String, _ read: (inout FieldReader) throws(MessageError) -> Value
    ) throws(MessageError) -> Value {
        guard let range = try range(at: tag, name, max: .max) else { throw MessageError(name, .missing) }
        var fields = try reader(of: range, name)
        do throws(MessageError) {
            let value = try read(&fields)
            try fields.finish()
            return value
        } catch {
            throw error.inside(name)
        }
    }

    /// The tag of the one field of a message that stands for an enumeration: its case.
    mutating func caseTag() throws(MessageError) -> Int {
        guard let tag = try nextTag() else { throw MessageError("", .missing) }
        return tag
    }
}
