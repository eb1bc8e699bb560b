// Inflates gzip streams of any number of members with isa-l (RFC 1952).
import CISAL

// Safety: isa-l's state and the input buffer belong to one object, which frees them once; isa-l keeps a pointer into
// the input buffer between calls, and none into the output.

@safe final class GzipReader {
    private let source: ByteSource
    private let state: UnsafeMutablePointer<inflate_state>
    private let input: UnsafeMutableRawBufferPointer
    private var isBetweenMembers = true
    /// Bytes of the last input.
    private var inputCount = 0

    private static let inputBytes = 128 << 10

    static func source(_ source: ByteSource) -> ByteSource {
        let reader = GzipReader(source)
        return unsafe ByteSource { try unsafe reader.read(into: $0) }
    }

    private init(_ source: ByteSource) {
        self.source = source
        unsafe state = .allocate(capacity: 1)
        unsafe input = .allocate(byteCount: Self.inputBytes, alignment: 16)
        unsafe isal_inflate_init(state)
    }

    deinit {
        unsafe state.deallocate()
        unsafe input.deallocate()
    }

    private func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let start = buffer.baseAddress else { return 0 }
        let wanted = UInt32(min(buffer.count, Int(Int32.max)))
        unsafe state.pointee.next_out = start.assumingMemoryBound(to: UInt8.self)
        unsafe state.pointee.avail_out = wanted
        while unsafe state.pointee.avail_out == wanted {
            let hasInput = try refill()
            if isBetweenMembers {
                guard hasInput else { return 0 }
                try readHeader()
                beginMember()
                continue
            }
            // Without input isa-l may still hold output of a full buffer; without progress the stream is cut short.
            try inflate(mustProgress: !hasInput)
        }
        return unsafe Int(wanted - state.pointee.avail_out)
    }

    /// False at the end of the source with nothing left.
    private func refill() throws -> Bool {
        guard unsafe state.pointee.avail_in == 0 else { return true }
        inputCount = try unsafe source.read(input)
        unsafe state.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe state.pointee.avail_in = UInt32(inputCount)
        return inputCount > 0
    }

    /// RFC 1952, 2.3. isa-l's own parser forgets the flags when a header with optional parts comes in pieces (seen with
    /// 2.30: false checksum errors), so it gets the deflate data only.
    private func readHeader() throws {
        var fixed: [UInt8] = []
        for _ in 0..<Self.fixedHeaderBytes { fixed.append(try nextByte()) }
        let flags = fixed[3]
        guard fixed[..<3] == [0x1f, 0x8b, 8], flags & 0xe0 == 0 else {
            throw LayerError.damaged(reason: Self.reason(ISAL_INVALID_WRAPPER))
        }
        if flags & 4 != 0 {
            let count = try Int(nextByte()) | Int(nextByte()) << 8
            for _ in 0..<count { _ = try nextByte() }
        }
        if flags & 8 != 0 { while try nextByte() != 0 {} }
        if flags & 16 != 0 { while try nextByte() != 0 {} }
        if flags & 2 != 0 { for _ in 0..<2 { _ = try nextByte() } }
    }

    private static let fixedHeaderBytes = 10

    private func nextByte() throws -> UInt8 {
        guard try refill(), let next = unsafe state.pointee.next_in else { throw Self.cutShort }
        unsafe state.pointee.next_in = next + 1
        unsafe state.pointee.avail_in -= 1
        return unsafe next.pointee
    }

    private func beginMember() {
        let (next, available) = unsafe (state.pointee.next_in, state.pointee.avail_in)
        let (output, room) = unsafe (state.pointee.next_out, state.pointee.avail_out)
        unsafe isal_inflate_init(state)
        unsafe state.pointee.crc_flag = UInt32(ISAL_GZIP_NO_HDR_VER)
        unsafe (state.pointee.next_in, state.pointee.avail_in) = unsafe (next, available)
        unsafe (state.pointee.next_out, state.pointee.avail_out) = unsafe (output, room)
        isBetweenMembers = false
    }

    private func inflate(mustProgress: Bool) throws {
        let before = unsafe state.pointee.avail_out
        let code = unsafe isal_inflate(state)
        guard code == ISAL_DECOMP_OK || code == ISAL_END_INPUT || code == ISAL_OUT_OVERFLOW else {
            throw LayerError.damaged(reason: Self.reason(code))
        }
        // isa-l gives back what it read ahead; more than it got would lie before the buffer. Not seen, not trusted.
        guard unsafe Int(state.pointee.avail_in) <= inputCount else {
            throw LayerError.damaged(reason: Self.reason(ISAL_INVALID_BLOCK))
        }
        isBetweenMembers = unsafe state.pointee.block_state == ISAL_BLOCK_FINISH
        if mustProgress, !isBetweenMembers, unsafe state.pointee.avail_out == before {
            throw Self.cutShort
        }
    }

    private static let cutShort = LayerError.damaged(reason: "the gzip stream is cut short")

    private static func reason(_ code: CInt) -> String {
        switch code {
        case ISAL_INCORRECT_CHECKSUM: "a gzip checksum does not match its data"
        case ISAL_INVALID_WRAPPER: "bytes between or after gzip members are no gzip header"
        default: "the gzip data is broken (isa-l error \(code))"
        }
    }
}
