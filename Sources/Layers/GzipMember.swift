// One gzip member: its bytes before and after isa-l's level 1.
import CISAL
import Digests

// Safety: buffers belong to one object, which frees them once.

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

    /// What it was filled with.
    var content: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: input?.baseAddress, count: inputCount) }

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
