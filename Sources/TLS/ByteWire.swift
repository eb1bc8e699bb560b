// OpenSSL's way to the wire without a socket: it reads from the span at hand and writes to a function.
import COpenSSL

/// One connection's end of the wire, behind a BIO of our own. A memory BIO instead costs the sender half again as much.
@safe final class ByteWire {
    /// What arrived and OpenSSL has not read; valid only while `TLSSession` works on it.
    var unread = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    private let output: (RawSpan) -> Void

    init(output: @escaping (RawSpan) -> Void) { self.output = output }

    /// A BIO over this wire, which must outlive it.
    func makeBIO() -> OpaquePointer? {
        guard let bio = unsafe BIO_new(ByteWireMethod.shared.pointer) else { return nil }
        unsafe BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        unsafe BIO_set_init(bio, 1)
        return unsafe bio
    }

    fileprivate static func behind(_ bio: OpaquePointer?) -> ByteWire? {
        guard let data = unsafe BIO_get_data(bio) else { return nil }
        return unsafe Unmanaged<ByteWire>.fromOpaque(data).takeUnretainedValue()
    }

    fileprivate func read(_ target: UnsafeMutablePointer<CChar>?, _ count: Int32) -> Int32? {
        let taken = unsafe min(Int(count), unread.count)
        guard taken > 0, let target = unsafe target, let source = unsafe unread.baseAddress else { return nil }
        unsafe UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: taken)
        unsafe unread = UnsafeRawBufferPointer(rebasing: unread[taken...])
        return Int32(taken)
    }

    fileprivate func write(_ source: UnsafePointer<CChar>?, _ count: Int32) {
        unsafe output(UnsafeRawBufferPointer(start: source, count: Int(count)).bytes)
    }
}

// Safety: a BIO_METHOD is immutable after its making, and this one lives as long as the process.
@safe private struct ByteWireMethod: @unchecked Sendable {
    let pointer: OpaquePointer

    static let shared = ByteWireMethod()

    private init() {
        let type = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
        guard let pointer = unsafe BIO_meth_new(type, "byte wire") else {
            preconditionFailure("out of memory for a BIO method")
        }
        unsafe self.pointer = pointer
        unsafe BIO_meth_set_read(pointer) { bio, target, count in
            unsafe weft_BIO_clear_retry_flags(bio)
            if let taken = unsafe ByteWire.behind(bio)?.read(target, count) { return taken }
            unsafe weft_BIO_set_retry_read(bio)
            return -1
        }
        unsafe BIO_meth_set_write(pointer) { bio, source, count in
            unsafe ByteWire.behind(bio)?.write(source, count)
            return count
        }
        unsafe BIO_meth_set_ctrl(pointer) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
    }
}
