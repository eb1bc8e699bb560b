// Extended attributes of copied files: file capabilities above all.
import CLinux

// Safety: buffers are sized by the kernel's own answer, bounded, and used within one call.

enum FileAttributes {
    /// XATTR_LIST_MAX and XATTR_SIZE_MAX.
    private static let bytesMax = 64 << 10
    /// The kernel's notes of an overlay's own layers mean nothing in another.
    private static let overlayPrefix = "trusted.overlay."

    /// Copies what the target's file system takes; like BuildKit it leaves the rest out silently.
    static func copy(from source: Handle, to target: Handle) {
        for name in names(source) where !name.text.hasPrefix(overlayPrefix) {
            guard let value = value(of: name, source) else { continue }
            _ = unsafe value.withUnsafeBytes {
                unsafe linux_set_attribute(target.raw, name.bytes, $0.baseAddress, $0.count)
            }
        }
    }

    private static func names(_ source: Handle) -> [FileName] {
        guard linux_attribute_names(source.raw, nil, 0) > 0 else { return [] }
        let list = unsafe [CChar](unsafeUninitializedCapacity: bytesMax) { buffer, count in
            count = unsafe max(0, linux_attribute_names(source.raw, buffer.baseAddress, bytesMax))
        }
        return list.split(separator: 0).map { FileName(content: $0) }
    }

    private static func value(of name: FileName, _ source: Handle) -> [UInt8]? {
        var length = 0
        let value = unsafe [UInt8](unsafeUninitializedCapacity: bytesMax) { buffer, count in
            length = unsafe linux_attribute(source.raw, name.bytes, buffer.baseAddress, bytesMax)
            count = max(0, length)
        }
        return length < 0 ? nil : value
    }
}
