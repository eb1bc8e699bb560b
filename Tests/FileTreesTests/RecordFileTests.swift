// Flat files of records: found by key, bounded, shared.
import Foundation
import SystemPackage
import Testing

@testable import FileTrees

@Suite struct `Record files` {
    let folder: SampleTree

    init() throws { folder = try SampleTree() }

    private static let shape = RecordShape(magic: "test\n", keyWords: 2, valueWords: 1, recordsMax: 100)

    private func file(_ shape: RecordShape = shape) -> RecordFile {
        RecordFile(shape, path: folder.folder.appending("records"))
    }

    private func record(_ key: Int, _ value: Int) -> [UInt64] {
        RecordTable.record(Self.shape, [UInt64(key), UInt64(key * 7), 0, 0], [UInt64(value)])
    }

    private func value(_ key: Int, in table: RecordTable) -> Int? {
        table.value(of: [UInt64(key), UInt64(key * 7), 0, 0]).map { Int(table.words[$0]) }
    }

    @Test func `of two records with one key the later counts`() throws {
        try file().append(record(1, 10) + record(2, 20))
        try file().append(record(1, 11))
        let table = try file().load()
        #expect(table.recordCount == 3 && table.count == 2)
        #expect(value(1, in: table) == 11)
        #expect(value(2, in: table) == 20)
        #expect(value(3, in: table) == nil)
    }

    @Test func `a table grows and finds all of many keys`() {
        let shape = RecordShape(magic: "test\n", keyWords: 4, valueWords: 1, recordsMax: 100_000)
        var table = RecordTable(shape)
        for key in 0..<20_000 { table.insert([UInt64(key), 1, 2, UInt64(key) << 40], [UInt64(key * 3)]) }
        #expect(table.count == 20_000)
        for key in 0..<20_000 {
            #expect(table.value(of: [UInt64(key), 1, 2, UInt64(key) << 40]).map { table.words[$0] } == UInt64(key * 3))
            if table.value(of: [UInt64(key), 1, 3, UInt64(key) << 40]) != nil { #expect(Bool(false)) }
        }
        let again = RecordTable(shape, words: table.words)
        #expect(again.value(of: [19_999, 1, 2, 19_999 << 40]).map { again.words[$0] } == 59_997)
    }

    @Test func `a full file keeps the newest half, and never holds more than its bound`() throws {
        for key in 0..<260 {
            try file().append(record(key, key))
            let table = try file().load()
            #expect(table.recordCount <= Self.shape.recordsMax)
            #expect(value(key, in: table) == key)
        }
        let table = try file().load()
        for key in 220..<260 { #expect(value(key, in: table) == key) }
        try file().append((0..<500).flatMap { record($0, $0 + 1) })
        let last = try file().load()
        #expect(last.recordCount == Self.shape.recordsMax)
        #expect(value(499, in: last) == 500)
    }

    @Test func `what was replaced is thrown out when it is the greater part`() throws {
        let shape = RecordShape(magic: "test\n", keyWords: 2, valueWords: 1, recordsMax: 1_000_000)
        let file = file(shape)
        try file.append((0..<RecordFile.staleMin + 10).flatMap { record($0 % 3, $0) })
        try file.tidy(try file.load())
        let table = try file.load()
        #expect(table.recordCount == 3)
        #expect(value((RecordFile.staleMin + 9) % 3, in: table) == RecordFile.staleMin + 9)
    }

    @Test func `a damaged record hides none but its own`() throws {
        try file().append((0..<50).flatMap { record($0, $0) })
        let url = folder.url.appendingPathComponent("records")
        let whole = try Data(contentsOf: url)
        for byte in 0..<32 {
            var bytes = whole
            bytes[RecordFile.headerBytes + 20 * 32 + byte] ^= 0x10
            try bytes.write(to: url)
            let table = try file().load()
            for key in 0..<50 { #expect(value(key, in: table) == (key == 20 ? nil : key)) }
        }
    }

    @Test func `half a record at the end is cut off by the next writer`() throws {
        try file().append(record(1, 1))
        let url = folder.url.appendingPathComponent("records")
        try (Data(contentsOf: url) + Data([1, 2, 3, 4, 5])).write(to: url)
        try file().append(record(2, 2))
        let table = try file().load()
        #expect(value(1, in: table) == 1 && value(2, in: table) == 2)
    }
}
