// One gzip member: its bytes before and after isa-l's level 1.
import CISAL
import Digests

// Safety: buffers and isa-l's state belong to one object each, which frees them once; isa-l's pointers are set anew
// before every call.

/// Buffers are made when they are first needed: a small layer touches one.
@safe final class GzipMember {
    private var input: UnsafeMutableRawBufferPointer?
    private var result: UnsafeMutableRawBufferPointer?
    private var inputCount = 0
    private var resultCount = 0
    private var failure: CInt = 0

    /// What stored blocks, header and trailer can add to a member that does not compress.
    private static let overheadBytes = 4096

    deinit {
        unsafe input?.deallocate()
        unsafe result?.deallocate()
    }

    var isEmpty: Bool { inputCount == 0 }
    var isFull: Bool { inputCount == GzipMembers.memberBytes }

    /// Takes the beginning of `bytes`; how much it took.
    func fill(_ bytes: UnsafeRawBufferPointer) -> Int {
        let input = unsafe self.input ?? .allocate(byteCount: GzipMembers.memberBytes, alignment: 64)
        unsafe self.input = input
        let count = min(bytes.count, GzipMembers.memberBytes - inputCount)
        let room = unsafe UnsafeMutableRawBufferPointer(rebasing: input[inputCount...])
        unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        inputCount += count
        return count
    }

    func clear() { (inputCount, resultCount, failure) = (0, 0, 0) }

    func compress(with compressor: MemberCompressor) {
        let result =
            unsafe self.result
            ?? .allocate(byteCount: GzipMembers.memberBytes + Self.overheadBytes, alignment: 64)
        unsafe self.result = result
        let bytes = unsafe UnsafeMutableRawBufferPointer(start: input?.baseAddress, count: inputCount)
        (failure, resultCount) = unsafe compressor.compress(bytes, into: result)
    }

    func compressed() throws(LayerError) -> UnsafeRawBufferPointer {
        guard failure == COMP_OK else { throw .damaged(reason: "isa-l could not compress (error \(failure))") }
        return unsafe UnsafeRawBufferPointer(start: result?.baseAddress, count: resultCount)
    }
}

/// isa-l's working memory, one for each thread.
@safe final class MemberCompressor {
    private let stream = UnsafeMutablePointer<isal_zstream>.allocate(capacity: 1)
    private let level = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(ISAL_LEVEL1_BUFFER_BYTES))

    /// isal_deflate_stateless_init leaves `hist_bits` as it finds it, and what lies there decides how far back matches
    /// are looked for: with memory that somebody used before, equal bytes would be compressed in more than one way.
    init() {
        unsafe UnsafeMutableRawPointer(stream).initializeMemory(
            as: UInt8.self, repeating: 0, count: MemoryLayout<isal_zstream>.size)
        unsafe level.initialize(repeating: 0, count: Int(ISAL_LEVEL1_BUFFER_BYTES))
    }

    deinit {
        unsafe stream.deallocate()
        unsafe level.deallocate()
    }

    /// isa-l's result code and the count of bytes made.
    func compress(_ input: UnsafeMutableRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> (CInt, Int) {
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
}

extension GzipMembers {
    /// Names what decides the compressed bytes: library, level, member size, and a digest of what it makes of a fixed
    /// text, which differs where another version or another processor's code path gives other bytes.
    package static let compressor: String = {
        var text: [UInt8] = []
        var state: UInt32 = 1
        for _ in 0..<fingerprintBytes {
            state = state &* 1_664_525 &+ 1_013_904_223
            text.append(UInt8(truncatingIfNeeded: state >> 28))
        }
        let member = GzipMember()
        _ = unsafe text.withUnsafeBytes { unsafe member.fill($0) }
        member.compress(with: MemberCompressor())
        guard let bytes = try? unsafe Array(member.compressed()) else { return "isa-l-1-unknown" }
        return "isa-l-1-1MiB-" + BlobDigest(of: bytes).short
    }()

    private static let fingerprintBytes = 64 << 10
}
