// Many texts in one buffer, each made of parts joined by `:::`, hashed together.
import CKeccak

// Safety: buffers are handed to C with the ends of the texts in them, within one call.

/// Collects texts part by part, without a string for any of them, and hashes all of them.
package struct JoinedTexts: Sendable {
    /// Bytes: room for the text of one stage digest.
    private static let growthMin = 256

    /// The texts, and behind them room for more.
    private var bytes: [UInt8] = []
    private var used = 0
    /// Where each text ends in `bytes`.
    private var ends: [Int] = []
    private var hasPart = false

    package init() {}

    /// Texts that are ended.
    package var count: Int { ends.count }

    package mutating func add(_ part: String) {
        let isAdded: Void? = unsafe part.utf8.withContiguousStorageIfAvailable { text in
            unsafe addPart(text.count) { unsafe $0.copyMemory(from: UnsafeRawBufferPointer(text)) }
        }
        guard isAdded == nil else { return }
        var copy = part
        copy.makeContiguousUTF8()
        add(copy)
    }

    /// Adds the hexadecimal digits of `digest`, without its algorithm.
    package mutating func add(hexOf digest: BlobDigest) {
        unsafe addPart(2 * BlobDigest.byteCount) { unsafe digest.writeHex(to: $0) }
    }

    private mutating func addPart(_ count: Int, _ write: (UnsafeMutableRawBufferPointer) -> Void) {
        let start = used + (hasPart ? JoinedHash.separator.utf8.count : 0)
        let end = start + count
        if end > bytes.count {
            let growth = max(bytes.count, end - bytes.count, Self.growthMin)
            bytes.append(contentsOf: repeatElement(0, count: growth))
        }
        unsafe bytes.withUnsafeMutableBytes { bytes in
            for place in used..<start { unsafe bytes[place] = UInt8(ascii: ":") }
            unsafe write(UnsafeMutableRawBufferPointer(rebasing: bytes[start..<end]))
        }
        used = end
        hasPart = true
    }

    /// The next part is the first one of the next text. A text may be without parts.
    package mutating func endText() {
        ends.append(used)
        hasPart = false
    }

    /// Begins anew, in the same memory.
    package mutating func removeAll() {
        used = 0
        ends.removeAll(keepingCapacity: true)
        hasPart = false
    }

    /// SHA3-224 (FIPS 202) of each text, several side by side.
    package func stageDigests() -> [StageDigest] {
        let size = StageDigest.byteCount
        // A single text would leave all lanes but one empty, and each round takes longer in many lanes than in one.
        let form = count > 1 ? keccak_fastest() : keccak_portable
        return unsafe withUnsafeTemporaryAllocation(byteCount: max(1, count * size), alignment: 8) { output in
            unsafe keccak_sha3_224(form, bytes, ends, count, output.baseAddress)
            return (0..<count).map { index in
                unsafe StageDigest(UnsafeRawBufferPointer(rebasing: output[index * size..<(index + 1) * size]))
            }
        }
    }

    /// SHA-256 of each text.
    package func blobDigests() -> [BlobDigest] {
        var hasher = Hasher(.sha256)
        var start = 0
        return unsafe bytes.withUnsafeBytes { bytes in
            ends.map { end in
                defer {
                    hasher.restart()
                    start = end
                }
                unsafe hasher.update(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                return BlobDigest(finishing: &hasher)
            }
        }
    }
}
