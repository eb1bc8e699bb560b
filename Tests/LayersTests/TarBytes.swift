// Tar archives written by hand, so that they may say what no library would write (POSIX.1-2017, pax: ustar format).
import Layers

struct TarBytes {
    private(set) var bytes: [UInt8] = []

    static let blockBytes = 512

    /// One ustar header; `size` may lie about `data`.
    mutating func add(
        _ name: String, type: Character = "0", data: [UInt8] = [], size: Int64? = nil, mode: Int = 0o644,
        owner: Int64 = 0, group: Int64 = 0, time: Int64 = 1_000_000_000, link: String = "", major: Int = 0,
        minor: Int = 0
    ) {
        addRaw(
            Array(name.utf8), type: type, data: data, size: size, mode: mode, owner: owner, group: group, time: time,
            link: Array(link.utf8), major: major, minor: minor)
    }

    mutating func addRaw(
        _ name: [UInt8], type: Character = "0", data: [UInt8] = [], size: Int64? = nil, mode: Int = 0o644,
        owner: Int64 = 0, group: Int64 = 0, time: Int64 = 1_000_000_000, link: [UInt8] = [], major: Int = 0,
        minor: Int = 0
    ) {
        var header = [UInt8](repeating: 0, count: Self.blockBytes)
        func put(_ bytes: some Sequence<UInt8>, at start: Int, atMost count: Int) {
            for (index, byte) in bytes.prefix(count).enumerated() { header[start + index] = byte }
        }
        func putNumber(_ value: Int64, at start: Int, digits: Int) {
            if value < 0 || value >= Int64(1) << Int64(3 * digits) {
                // GNU's base 256.
                for index in 0...digits {
                    let shift = 8 * (digits - index)
                    header[start + index] = UInt8(
                        truncatingIfNeeded: shift >= 64 ? (value < 0 ? -1 : 0) : value >> Int64(shift))
                }
                header[start] = value < 0 ? 0xff : header[start] | 0x80
                return
            }
            let text = String(value, radix: 8)
            put(Array((String(repeating: "0", count: digits - text.utf8.count) + text).utf8), at: start, atMost: digits)
        }
        put(name, at: 0, atMost: 100)
        putNumber(Int64(mode), at: 100, digits: 7)
        putNumber(owner, at: 108, digits: 7)
        putNumber(group, at: 116, digits: 7)
        putNumber(size ?? Int64(data.count), at: 124, digits: 11)
        putNumber(time, at: 136, digits: 11)
        header[156] = type.asciiValue ?? 48
        put(link, at: 157, atMost: 100)
        put(Array("ustar\0".utf8) + Array("00".utf8), at: 257, atMost: 8)
        putNumber(Int64(major), at: 329, digits: 7)
        putNumber(Int64(minor), at: 337, digits: 7)
        put(Array("        ".utf8), at: 148, atMost: 8)
        let sum = header.reduce(0) { $0 + Int64($1) }
        putNumber(sum, at: 148, digits: 6)
        header[154] = 0
        header[155] = 32
        bytes += header
        addData(data)
    }

    mutating func addData(_ data: [UInt8]) {
        bytes += data
        let rest = data.count % Self.blockBytes
        if rest > 0 { bytes += [UInt8](repeating: 0, count: Self.blockBytes - rest) }
    }

    /// Extended header for the next entry.
    mutating func addPax(_ records: [(String, [UInt8])], type: Character = "x") {
        var body: [UInt8] = []
        for (key, value) in records {
            let rest = key.utf8.count + value.count + 3
            var count = rest + 1
            while String(count).utf8.count + rest != count { count += 1 }
            body += Array("\(count) \(key)=".utf8) + value + [10]
        }
        add("PaxHeader", type: type, data: body)
    }

    mutating func addPax(_ records: [(String, String)]) { addPax(records.map { ($0.0, Array($0.1.utf8)) }) }

    /// With the two zero blocks of the end.
    var closed: [UInt8] { bytes + [UInt8](repeating: 0, count: 2 * Self.blockBytes) }

    static func of(_ build: (inout TarBytes) -> Void) -> [UInt8] {
        var tar = TarBytes()
        build(&tar)
        return tar.closed
    }
}

extension Scratch {
    /// Unpacks a layer given as bytes.
    @discardableResult
    func extract(
        _ bytes: [UInt8], into name: String, limits: LayerLimits = .standard
    ) throws -> UnpackedLayer {
        try LayerReader(limits: limits).extract(from: ByteSource(bytes), into: self[name], expecting: nil)
    }
}
