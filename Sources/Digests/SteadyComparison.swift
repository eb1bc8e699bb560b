// Comparing secrets in a time that says nothing about them.
import COpenSSL

// Safety: each buffer lives for one call.

package enum SteadyComparison {
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
