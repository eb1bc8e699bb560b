// Extended attributes: which of them a layer carries, and how they are read and set.
import CLinux
import SystemPackage

// Safety: pointers live for one call.

package struct ExtendedAttribute: Hashable, Sendable {
    package var name: [UInt8]
    package var value: [UInt8]

    package init(name: [UInt8], value: [UInt8]) {
        self.name = name
        self.value = value
    }

    private static let capability = Array("security.capability".utf8)
    private static let userPrefix = Array("user.".utf8)

    /// A layer carries file capabilities and the user's own attributes, as containerd's do; never `trusted.`, with
    /// which an archive could steer the overlay itself.
    static func isCarried(_ name: [UInt8]) -> Bool { name == capability || name.starts(with: userPrefix) }

    static let opaque = ExtendedAttribute(name: Array("trusted.overlay.opaque".utf8), value: [UInt8(ascii: "y")])
    /// A file with one of these holds only part of its contents; weft's own mounts never make them.
    static let redirect = Array("trusted.overlay.redirect".utf8)
    static let metadataOnly = Array("trusted.overlay.metacopy".utf8)
}

extension OpenFile {
    /// Bytes of all names of one file: the kernel's XATTR_LIST_MAX.
    private static let listBytesMax = 64 << 10

    /// Names in byte order.
    package func attributeNames() throws(LayerError) -> [[UInt8]] {
        let needed = linux_flistxattr(descriptor, nil, 0)
        if needed == 0 || needed == -Int(Errno.notSupported.rawValue) { return [] }
        var list = [UInt8](repeating: 0, count: Self.listBytesMax)
        let count = unsafe list.withUnsafeMutableBytes {
            unsafe linux_flistxattr(descriptor, $0.assumingMemoryBound(to: CChar.self).baseAddress, $0.count)
        }
        guard count >= 0 else { throw attributeFailure("list the attributes of", count) }
        return list[..<count].split(separator: 0).map(Array.init).sorted { $0.precedes($1) }
    }

    /// Nil when the file has no such attribute.
    package func attribute(_ name: [UInt8]) throws(LayerError) -> [UInt8]? {
        let size = unsafe withName(name) { unsafe linux_fgetxattr(descriptor, $0, nil, 0) }
        if size == -Int(Errno.noData.rawValue) || size == -Int(Errno.notSupported.rawValue) { return nil }
        guard size >= 0 else { throw attributeFailure("read an attribute of", size) }
        var value = [UInt8](repeating: 0, count: size)
        let count = unsafe withName(name) { unsafe linux_fgetxattr(descriptor, $0, &value, size) }
        guard count == size else { throw attributeFailure("read an attribute of", min(count, 0)) }
        return value
    }

    package func set(_ attribute: ExtendedAttribute) throws(LayerError) {
        let code = unsafe withName(attribute.name) { name in
            unsafe attribute.value.withUnsafeBytes {
                unsafe linux_fsetxattr(descriptor, name, $0.baseAddress, $0.count)
            }
        }
        guard code >= 0 else {
            throw attributeFailure("set attribute \(PathText.printable(attribute.name)) of", code)
        }
    }

    package func removeAttribute(_ name: [UInt8]) throws(LayerError) {
        let code = unsafe withName(name) { unsafe linux_fremovexattr(descriptor, $0) }
        guard code >= 0 else { throw attributeFailure("remove an attribute of", Int(code)) }
    }

    /// The attributes that a layer carries.
    package func carriedAttributes() throws(LayerError) -> [ExtendedAttribute] {
        var carried: [ExtendedAttribute] = []
        for name in try attributeNames() {
            if name == ExtendedAttribute.redirect || name == ExtendedAttribute.metadataOnly {
                throw .unfit(
                    path: place,
                    reason: "overlayfs keeps part of it in a lower layer; mount without redirect_dir and metacopy")
            }
            guard ExtendedAttribute.isCarried(name), let value = try attribute(name) else { continue }
            carried.append(ExtendedAttribute(name: name, value: value))
        }
        return carried
    }

    package var isOpaque: Bool {
        get throws(LayerError) { try attribute(ExtendedAttribute.opaque.name) == ExtendedAttribute.opaque.value }
    }

    package func markOpaque() throws(LayerError) { try set(.opaque) }

    private func attributeFailure(_ action: String, _ code: Int) -> LayerError {
        .system(action: action, path: place, code: Errno(rawValue: CInt(-code)))
    }
}

extension Directory {
    /// The directory as a file with metadata and attributes.
    package func file() throws(LayerError) -> OpenFile { try openFile([Self.dot]) }
}

extension [UInt8] {
    /// Byte order, that of `LC_ALL=C sort`.
    package func precedes(_ other: [UInt8]) -> Bool { lexicographicallyPrecedes(other) }
}
