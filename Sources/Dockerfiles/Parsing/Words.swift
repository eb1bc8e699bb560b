// Cutting an instruction's arguments into words: by blanks, by quotes, and the flags in front.

/// Text with its offset in the logical line.
struct Word: Sendable, Equatable {
    let text: String
    let offset: Int
}

enum Words {
    /// Split at runs of ASCII blanks; quotes mean nothing here.
    static func byBlanks(_ rest: ArraySlice<UInt8>) -> [Word] {
        rest.split { $0.isBlank }.map { Word(text: $0.text, offset: $0.startIndex) }
    }

    /// The first word and what follows the blanks behind it.
    static func head(_ rest: ArraySlice<UInt8>) -> (head: ArraySlice<UInt8>, tail: ArraySlice<UInt8>)? {
        guard let end = rest.firstIndex(where: { $0.isBlank }) else { return nil }
        return (rest[..<end], rest[end...].drop { $0.isBlank })
    }

    /// Split at white space outside quotes. Quotes and escapes stay in the words: expansion removes them later.
    static func quoted(_ rest: ArraySlice<UInt8>, escape: EscapeToken) -> [Word] {
        var words: [Word] = []
        var index = rest.startIndex
        while index < rest.endIndex {
            let (scalar, length) = rest.scalar(at: index)
            if scalar.isSpace {
                index += length
            } else {
                let word = quotedWord(rest, &index, escape)
                if !word.text.isEmpty { words.append(word) }
            }
        }
        return words
    }

    private static func quotedWord(_ rest: ArraySlice<UInt8>, _ index: inout Int, _ escape: EscapeToken) -> Word {
        let start = index
        var bytes: [UInt8] = []
        var quote: UInt8?
        while index < rest.endIndex {
            let (scalar, length) = rest.scalar(at: index)
            let byte = rest[index]
            if quote == nil, scalar.isSpace { break }
            if byte == escape.byte, quote != UInt8(ascii: "'") {
                // An escape at the very end is dropped.
                guard index + 1 < rest.endIndex else {
                    index += 1
                    break
                }
                let next = rest.scalar(at: index + 1).length
                bytes += rest[index..<(index + 1 + next)]
                index += 1 + next
                continue
            }
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                quote = byte
            }
            bytes += rest[index..<(index + length)]
            index += length
        }
        return Word(text: String(decoding: bytes, as: UTF8.self), offset: start)
    }

    /// The words in front that begin with `--`, unquoted, and what follows them. A lone `--` ends the flags.
    static func flags(_ rest: ArraySlice<UInt8>, escape: EscapeToken) -> (flags: [Word], rest: ArraySlice<UInt8>) {
        var flags: [Word] = []
        var rest = rest.trimmingLeadingSpace()
        while rest.starts(with: [0x2D, 0x2D]) {
            var index = rest.startIndex
            let word = flag(rest, &index, escape)
            rest = rest[index...]
            if word.text == "--" { break }
            flags.append(word)
            rest = rest.trimmingLeadingSpace()
        }
        return (flags, rest)
    }

    private static func flag(_ rest: ArraySlice<UInt8>, _ index: inout Int, _ escape: EscapeToken) -> Word {
        let start = index
        var bytes: [UInt8] = []
        var quote: UInt8?
        while index < rest.endIndex {
            var byte = rest[index]
            if let open = quote, byte == open {
                quote = nil
                index += 1
                continue
            }
            if quote == nil {
                if rest.scalar(at: index).scalar.isSpace { break }
                if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                    quote = byte
                    index += 1
                    continue
                }
            }
            if byte == escape.byte {
                index += 1
                guard index < rest.endIndex else { break }
                byte = rest[index]
            }
            bytes.append(byte)
            index += 1
        }
        return Word(text: String(decoding: bytes, as: UTF8.self), offset: start)
    }
}
