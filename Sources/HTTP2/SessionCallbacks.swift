// The bridge from libnghttp2's C callbacks to a session, and the options that every session begins with.
import CNghttp2

// Safety: callbacks are read-only after their making and live as long as the process.
@safe struct SessionCallbacks: @unchecked Sendable {
    let pointer: OpaquePointer?

    static let shared = SessionCallbacks()

    private init() {
        var callbacks: OpaquePointer?
        let made = unsafe nghttp2_session_callbacks_new(&callbacks)
        precondition(made == 0, "out of memory for the callbacks of HTTP/2")
        unsafe pointer = callbacks
        setFrames()
        setHeads()
        setBodies()
    }

    private func setFrames() {
        unsafe nghttp2_session_callbacks_set_on_begin_frame_callback(pointer) { _, header, context in
            guard let session = unsafe HTTP2Session.from(context), let header = unsafe header?.pointee else { return 0 }
            return session.frameBegins(
                type: UInt32(header.type), flags: header.flags, length: header.length, stream: header.stream_id)
        }
        unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(pointer) { _, frame, context in
            guard let session = unsafe HTTP2Session.from(context), let frame = unsafe frame else { return 0 }
            let header = unsafe frame.pointee.hd
            let isGoodbye = UInt32(header.type) == NGHTTP2_GOAWAY.rawValue
            return session.frameArrived(
                type: UInt32(header.type), flags: header.flags, stream: header.stream_id,
                code: isGoodbye ? unsafe frame.pointee.goaway.error_code : 0)
        }
        unsafe nghttp2_session_callbacks_set_on_frame_send_callback(pointer) { _, frame, context in
            guard let session = unsafe HTTP2Session.from(context), let header = unsafe frame?.pointee.hd else {
                return 0
            }
            session.frameSent(type: UInt32(header.type), flags: header.flags, stream: header.stream_id)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(pointer) { _, stream, code, context in
            unsafe HTTP2Session.from(context)?.streamClosed(stream, code: code) ?? 0
        }
    }

    private func setHeads() {
        unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(pointer) { _, frame, context in
            guard let frame = unsafe frame else { return 0 }
            let isRequest = unsafe frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST
            unsafe HTTP2Session.from(context)?.headBegins(stream: frame.pointee.hd.stream_id, isRequest: isRequest)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_header_callback(pointer) {
            _, frame, name, nameCount, value, valueCount, _, context in
            guard let frame = unsafe frame, let session = unsafe HTTP2Session.from(context) else { return 0 }
            return unsafe session.fieldArrived(
                stream: frame.pointee.hd.stream_id, name: UnsafeBufferPointer(start: name, count: nameCount),
                value: UnsafeBufferPointer(start: value, count: valueCount))
        }
    }

    private func setBodies() {
        unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(pointer) {
            _, _, stream, bytes, count, context in
            unsafe HTTP2Session.from(context)?
                .dataArrived(stream: stream, bytes: UnsafeBufferPointer(start: bytes, count: count))
            return 0
        }
        unsafe nghttp2_session_callbacks_set_data_source_read_length_callback(pointer) {
            _, _, _, sessionWindow, streamWindow, frameMax, context in
            let ownMax = unsafe HTTP2Session.from(context)?.limits.sentFrameBytesMax ?? RecordStage.recordBytes
            return max(1, min(Int(sessionWindow), Int(streamWindow), Int(frameMax), ownMax))
        }
        unsafe nghttp2_session_callbacks_set_send_data_callback(pointer) { _, frame, header, count, _, context in
            guard let frame = unsafe frame, let session = unsafe HTTP2Session.from(context) else {
                return Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
            }
            let sent = unsafe session.sendData(
                stream: frame.pointee.hd.stream_id, header: UnsafeRawBufferPointer(start: header, count: 9),
                count: count)
            guard let sent else { return Int32(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue) }
            return sent ? 0 : Int32(NGHTTP2_ERR_WOULDBLOCK.rawValue)
        }
    }
}

extension HTTP2Session {
    fileprivate static func from(_ context: UnsafeMutableRawPointer?) -> HTTP2Session? {
        guard let context = unsafe context else { return nil }
        return unsafe Unmanaged<HTTP2Session>.fromOpaque(context).takeUnretainedValue()
    }

    /// Bodies are not copied by libnghttp2: it asks how much there is, and later for the frame to be written.
    var bodyProvider: nghttp2_data_provider {
        unsafe nghttp2_data_provider(source: nghttp2_data_source(fd: 0)) { _, stream, _, length, flags, _, context in
            guard let next = unsafe HTTP2Session.from(context)?.nextData(stream: stream, atMost: length) else {
                return Int(NGHTTP2_ERR_DEFERRED.rawValue)
            }
            if next.count > 0 { unsafe flags?.pointee |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue }
            if next.isLast { unsafe flags?.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
            return next.count
        }
    }
}

@safe struct SessionOptions: ~Copyable {
    private(set) var pointer: OpaquePointer?

    init(_ limits: HTTP2Limits) {
        unsafe pointer = nil
        let made = unsafe nghttp2_option_new(&pointer)
        precondition(made == 0, "out of memory for the options of HTTP/2")
        unsafe nghttp2_option_set_no_auto_window_update(pointer, 1)
        unsafe nghttp2_option_set_no_closed_streams(pointer, 1)
        unsafe nghttp2_option_set_max_outbound_ack(pointer, limits.waitingAcknowledgementsMax)
        unsafe nghttp2_option_set_max_continuations(pointer, limits.continuationsMax)
    }

    deinit { unsafe nghttp2_option_del(pointer) }
}
