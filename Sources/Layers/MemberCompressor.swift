// isa-l at level 1, made to give the same bytes wherever its memory lies.
import CISAL

// Safety: isa-l's state belongs to one object, which frees it once; isa-l's pointers are set anew before every call.

/// isa-l's working memory, one for each thread.
@safe final class MemberCompressor {
    /// Mostly one. All but the first are there for members that the address of the first would change.
    private var streams: [UnsafeMutablePointer<isal_zstream>] = unsafe []
    private let level = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(ISAL_LEVEL1_BUFFER_BYTES))

    /// Members of three bytes and more have at most three hashes to keep clear of; the fewer bytes, the fewer hashes
    /// there are. Beyond this many streams the address is taken as it is.
    private static let streamsMax = 64

    init() { unsafe level.initialize(repeating: 0, count: Int(ISAL_LEVEL1_BUFFER_BYTES)) }

    deinit {
        unsafe streams.forEach { unsafe $0.deallocate() }
        unsafe level.deallocate()
    }

    /// isa-l's result code and the count of bytes made.
    func compress(_ input: UnsafeMutableRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> (CInt, Int) {
        let stream = unsafe stream(for: MemberStart(UnsafeRawBufferPointer(input)))
        unsafe isal_deflate_stateless_init(stream)
        unsafe stream.pointee.level = 1
        unsafe stream.pointee.level_buf = level
        unsafe stream.pointee.level_buf_size = UInt32(ISAL_LEVEL1_BUFFER_BYTES)
        unsafe stream.pointee.gzip_flag = UInt16(IGZIP_GZIP)
        unsafe stream.pointee.end_of_stream = 1
        unsafe stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_in = UInt32(input.count)
        unsafe stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_out = UInt32(output.count)
        let code = unsafe isal_deflate_stateless(stream)
        return unsafe (code, Int(stream.pointee.total_out))
    }

    /// Where the streams lie so far; for tests.
    var addresses: [UInt] { unsafe streams.map { UInt(bitPattern: $0) } }

    private func stream(for start: MemberStart) -> UnsafeMutablePointer<isal_zstream> {
        if let stream = unsafe streams.first(where: { !start.isChanged(by: UInt(bitPattern: $0)) }) {
            return unsafe stream
        }
        while true {
            let stream = unsafe Self.makeStream()
            unsafe streams.append(stream)
            let isFit = !start.isChanged(by: UInt(bitPattern: stream))
            if unsafe isFit || streams.count == Self.streamsMax { return unsafe stream }
        }
    }

    /// isal_deflate_stateless_init leaves `hist_bits` as it finds it, and what lies there decides how far back matches
    /// are looked for: with memory that somebody used before, equal bytes would be compressed in more than one way.
    private static func makeStream() -> UnsafeMutablePointer<isal_zstream> {
        let stream = UnsafeMutablePointer<isal_zstream>.allocate(capacity: 1)
        unsafe UnsafeMutableRawPointer(stream).initializeMemory(
            as: UInt8.self, repeating: 0, count: MemoryLayout<isal_zstream>.size)
        return unsafe stream
    }
}

/// The first places of a member in isa-l's hash table.
///
/// After a member's first byte isa-l 2.30 computes the hash of its third byte from a register that still holds the
/// address of the stream (igzip_icf_body_h1_gr_bt.asm, later corrected), and enters the third byte there. Where that
/// place is also the first or the second byte's, a match with the member's beginning is lost; where it is the third
/// byte's own, one is found that is missed elsewhere: equal bytes were compressed in another way about once in ten
/// thousand members, as the addresses of the process fell. With every other address the result is the same.
struct MemberStart {
    private let places: [UInt32]
    private let mask: UInt32

    /// The table has 8,192 places, fewer for small members.
    private static let placesMax: UInt32 = 8192
    /// Bytes that are hashed.
    private static let hashedBytes = 4

    init(_ bytes: UnsafeRawBufferPointer) {
        let half = UInt32(1) << (31 - UInt32(max(bytes.count, 1)).leadingZeroBitCount)
        mask = min(half, Self.placesMax) - 1
        let mask = mask
        places = (0..<3).filter { $0 + Self.hashedBytes <= bytes.count }.map {
            unsafe Self.hash(bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)) & mask
        }
    }

    /// True when a stream at `address` gives other bytes than most.
    func isChanged(by address: UInt) -> Bool {
        places.contains(Self.hash(UInt32(truncatingIfNeeded: address >> 16)) & mask)
    }

    /// The processor's CRC-32C of four bytes, from 0 and not inverted.
    static func hash(_ word: UInt32) -> UInt32 {
        var state = word
        for _ in 0..<32 { state = state >> 1 ^ (state & 1 == 0 ? 0 : 0x82f6_3b78) }
        return state
    }
}
