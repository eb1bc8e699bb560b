// The bytes of every message as they were when a version was released: they never change, and are always read.
import Digests
import Foundation
import Mesh
import Testing

@Suite struct `Golden messages` {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Inputs/messages-1.txt")

    /// Name and bytes of each line.
    private static func lines() throws -> [(name: String, bytes: [UInt8])] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 2 else { return nil }
            let digits = Array(words[1].utf8)
            let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
                UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
            }
            return (String(words[0]), bytes)
        }
    }

    @Test func `have the bytes that they had`() throws {
        let bytes = Dictionary(uniqueKeysWithValues: try Self.lines())
        for (name, message) in GoldenMessages.all {
            #expect(bytes[name] == message.encoded, "\(name) \(Hexadecimal.text(message.encoded))")
        }
        #expect(bytes.count == GoldenMessages.all.count)
    }

    @Test func `are read, and are written again as they were`() throws {
        let bytes = Dictionary(uniqueKeysWithValues: try Self.lines())
        for (name, message) in GoldenMessages.all {
            #expect(try Self.again(message, bytes[name] ?? []) == bytes[name], "\(name)")
        }
    }

    private static func again<Value: Message>(_ like: Value, _ bytes: [UInt8]) throws -> [UInt8] {
        try Value(encoded: bytes).encoded
    }
}
