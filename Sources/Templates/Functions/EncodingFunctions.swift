// base64 and JSON.

extension BuiltinFunctions {
    static func addEncodings(_ table: inout [String: TemplateFunction]) {
        table.add("b64enc", 1) { (call) throws(FunctionFailure) in
            let text = try call.string(0)
            try call.budget.spend(bytes: text.utf8.count / 3 * 4 + 4)
            return .string(Base64.encode(Array(text.utf8)))
        }
        table.add("b64dec", 1) { (call) throws(FunctionFailure) in
            guard let bytes = Base64.decode(try call.string(0)) else {
                throw FunctionFailure("the text is not base64.")
            }
            return try call.made(String(decoding: bytes, as: UTF8.self))
        }
        for name in ["toJson", "mustToJson"] {
            table.add(name, 1) { (call) throws(FunctionFailure) in
                .string(try JSONWriter.write(call.arguments[0], call.budget, escapesMarkup: true))
            }
        }
        for name in ["toRawJson", "mustToRawJson"] {
            table.add(name, 1) { (call) throws(FunctionFailure) in
                .string(try JSONWriter.write(call.arguments[0], call.budget, escapesMarkup: false))
            }
        }
        for name in ["toPrettyJson", "mustToPrettyJson"] {
            table.add(name, 1) { (call) throws(FunctionFailure) in
                .string(try JSONWriter.write(call.arguments[0], call.budget, escapesMarkup: true, indentation: 2))
            }
        }
        // Other than sprig's, which gives nil for a text that is no JSON, and so hides it.
        for name in ["fromJson", "mustFromJson"] {
            table.add(name, 1) { (call) throws(FunctionFailure) in
                try JSONReader.read(try call.string(0), call.budget)
            }
        }
    }
}

enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = 0
            for index in 0..<3 { bits = bits << 8 | (index < group.count ? Int(group[start + index]) : 0) }
            for index in 0..<4 {
                result.append(index <= group.count ? alphabet[bits >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Padding is required; line ends are passed over. nil when the text is something else.
    static func decode(_ text: String) -> [UInt8]? {
        let bytes = text.utf8.filter { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard bytes.count % 4 == 0 else { return nil }
        let padding = bytes.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        var values: [UInt8: Int] = [:]
        for (value, byte) in alphabet.enumerated() { values[byte] = value }
        var (result, bits, count): ([UInt8], Int, Int) = ([], 0, 0)
        for byte in bytes.dropLast(padding) {
            guard let value = values[byte] else { return nil }
            bits = (bits << 6 | value) & 0xFFFF
            count += 6
            if count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        return result
    }
}
