// Hashes over libcrypto's EVP interface: algorithms fetched once, contexts that begin anew without allocation.
import COpenSSL

// Safety: the EVP context is owned by one non-copyable value, freed once in `deinit`, and never escapes.

/// A hash algorithm that libcrypto provides.
package enum HashAlgorithm: Sendable {
    /// Only for git's object names; never for trust.
    case sha1
    case sha256

    /// Size of the result in bytes.
    package var byteCount: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        }
    }

    fileprivate var fetched: FetchedAlgorithm {
        switch self {
        case .sha1: FetchedAlgorithm.sha1
        case .sha256: FetchedAlgorithm.sha256
        }
    }
}

/// An `EVP_MD` fetched once for the life of the process: fetching costs three times a small hash.
// Safety: an EVP_MD is immutable after the fetch and libcrypto counts its references atomically.
@safe private struct FetchedAlgorithm: @unchecked Sendable {
    let pointer: OpaquePointer

    static let sha1 = FetchedAlgorithm(named: "SHA1")
    static let sha256 = FetchedAlgorithm(named: "SHA2-256")

    private init(named name: String) {
        guard let pointer = unsafe EVP_MD_fetch(nil, name, nil) else {
            preconditionFailure("libcrypto has no \(name): its default provider is missing")
        }
        unsafe self.pointer = pointer
    }
}

/// Hashes bytes as they come. For many small inputs, one hasher that begins anew with each costs a third less than one
/// for each.
@safe package struct Hasher: ~Copyable {
    private let context: OpaquePointer
    private let algorithm: HashAlgorithm

    package init(_ algorithm: HashAlgorithm = .sha256) {
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory for a hash context") }
        let started = unsafe EVP_DigestInit_ex2(context, algorithm.fetched.pointer, nil)
        precondition(started == 1, "libcrypto refused to start a hash")
        unsafe self.context = context
        self.algorithm = algorithm
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        let updated = unsafe EVP_DigestUpdate(context, base, bytes.count)
        precondition(updated == 1, "libcrypto refused to hash")
    }

    package mutating func update(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe update($0) }
    }

    package mutating func update(_ text: String) {
        var text = text
        text.withUTF8 { unsafe update(UnsafeRawBufferPointer($0)) }
    }

    /// Writes the hash of everything given so far to the beginning of `output`; then `restart` is called, or nothing.
    package mutating func finish(into output: UnsafeMutableRawBufferPointer) {
        precondition(output.count >= algorithm.byteCount, "a hash is written to a buffer that is too small for it")
        let address = unsafe output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let finished = unsafe EVP_DigestFinal_ex(context, address, nil)
        precondition(finished == 1, "libcrypto refused to finish a hash")
    }

    /// Begins anew.
    package mutating func restart() {
        let started = unsafe EVP_DigestInit_ex2(context, nil, nil)
        precondition(started == 1, "libcrypto refused to restart a hash")
    }

    /// The hash of everything given so far.
    package consuming func finish() -> [UInt8] {
        let count = algorithm.byteCount
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            unsafe finish(into: UnsafeMutableRawBufferPointer(buffer))
            initialized = count
        }
    }
}
