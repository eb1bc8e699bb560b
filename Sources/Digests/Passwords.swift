// Passwords as they are kept: salted and stretched by PBKDF2 with HMAC-SHA-256; and comparing that takes the same time.
import COpenSSL

// Safety: each buffer lives for one call.

package enum Passwords {
    /// Bytes of a stretched password.
    package static let byteCount = 32

    /// PBKDF2 (RFC 8018 5.2) with HMAC-SHA-256. `rounds` is at least 1; a hundred thousand take some 30 ms.
    package static func stretched(_ password: [UInt8], salt: [UInt8], rounds: Int32) -> [UInt8] {
        precondition(rounds > 0, "a password is stretched at least once")
        var result = [UInt8](repeating: 0, count: byteCount)
        let done = unsafe password.withUnsafeBytes { password in
            unsafe salt.withUnsafeBufferPointer { salt in
                unsafe result.withUnsafeMutableBufferPointer { result in
                    // A missing password is the empty one: the pointer may be nil only with the length 0.
                    let text = unsafe password.baseAddress?.assumingMemoryBound(to: CChar.self)
                    return unsafe PKCS5_PBKDF2_HMAC(
                        text, Int32(password.count), salt.baseAddress, Int32(salt.count), rounds, EVP_sha256(),
                        Int32(result.count), result.baseAddress)
                }
            }
        }
        precondition(done == 1, "libcrypto refused to stretch a password")
        return result
    }

    /// Whether both are the same, in a time that only their lengths decide.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return unsafe left.withUnsafeBytes { left in
            unsafe right.withUnsafeBytes { right in
                guard let first = left.baseAddress, let second = right.baseAddress else { return true }
                return unsafe CRYPTO_memcmp(first, second, left.count) == 0
            }
        }
    }
}
